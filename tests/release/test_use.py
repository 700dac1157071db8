"""Courses and patients of the drug: who had it again is a count of people, too."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Known
from ehrivig.release.attack.use import detectable
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe
from ehrivig.report.answer import verdict

SMALLEST = 5


def used(*rows: tuple[str, str, int | None, int | None]) -> pl.DataFrame:
    """Dimension, level, courses, patients."""
    names = ("dimension", "level", "courses", "patients")
    return pl.DataFrame(
        [
            dict(zip(names, row, strict=True)) | {"courses_per_kg": row[2], "suppressed": False}
            for row in rows
        ],
        infer_schema_length=None,
    )


def disclosed(frame: pl.DataFrame) -> list[Cell]:
    return [c for c in of_tables({"utilisation.csv": frame}, SMALLEST) if c.disclosed]


def test_one_more_course_than_patients_is_one_who_had_it_again() -> None:
    frame = used(
        ("all", "all", 146, 144), ("hospital_id", "A", 53, 52), ("hospital_id", "B", 93, 92)
    )
    assert {(c.place.row, c.values) for c in disclosed(frame)} == {(0, (2,)), (1, (1,)), (2, (1,))}
    shown = first("utilisation.csv", frame, SMALLEST)
    assert shown["courses"].null_count() == shown["courses_per_kg"].null_count() == 3
    assert shown["patients"].to_list() == [144, 52, 92]
    assert disclosed(shown) == []


def test_nobody_or_enough_again_is_told() -> None:
    frame = used(
        ("all", "all", 150, 144), ("hospital_id", "A", 90, 84), ("hospital_id", "B", 60, 60)
    )
    assert disclosed(frame) == []
    assert first("utilisation.csv", frame, SMALLEST).equals(frame)


def test_a_hidden_part_is_all_without_the_others() -> None:
    """Of 50 courses 40 and 8 are told: 2 of few patients are left."""
    parts = (
        ("hospital_id", "A", 40, 40),
        ("hospital_id", "B", 8, 8),
        ("hospital_id", "C", None, None),
    )
    frame = used(("all", "all", 50, 50), *parts)
    assert any("C" in cell.place.words for cell in disclosed(frame))
    _, done, left = until_safe({"utilisation.csv": frame}, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    assert done


def test_courses_of_all_are_those_of_its_parts_and_each_patient_has_one() -> None:
    """30 and 22 courses of 50 patients: two had it again, though no row says how many courses."""
    parts = (("hospital_id", "A", 30, None), ("hospital_id", "B", 22, None))
    frame = used(("all", "all", None, 50), *parts)
    found = {c.place.words: c.values for c in of_tables({"utilisation.csv": frame}, SMALLEST)}
    assert found["all all: courses beyond the first of a patient"] == (2,)
    assert found["hospital_id A: patients"] == (28,)


def test_without_a_row_of_all_its_parts_have_no_sum() -> None:
    parts = (("hospital_id", "A", 30, None), ("hospital_id", "B", None, 22))
    found = of_tables({"utilisation.csv": used(*parts)}, SMALLEST)
    assert not any(cell.disclosed for cell in found)


def test_a_table_of_indications_names_them() -> None:
    frame = used(("x", "y", 30, None)).drop("dimension", "level")
    frame = frame.with_columns(indication=pl.lit("GBS"))
    (cell,) = [
        c for c in of_tables({"indications.csv": frame}, SMALLEST) if "patients" in c.place.words
    ]
    assert cell.place.words == "indication GBS: patients"


def judged(*persons: int | None) -> pl.DataFrame:
    """Persons of four verdicts of each of two regimens."""
    said = (("adherent", ""), ("deviates", "late"), ("deviates", "low"), ("not_assessable", ""))
    rows = [
        {"regimen": name, "verdict": verdict, "reason": reason, "suppressed": False}
        for name in ("gbs", "cidp")
        for verdict, reason in said
    ]
    return pl.DataFrame(rows).with_columns(persons=pl.Series(persons, dtype=pl.Int64))


def test_the_persons_of_two_regimens_are_the_same() -> None:
    """Of one 5 are hidden in two rows, of the other one row: those who had the drug are 57.

    A verdict that nobody has is no row: each of two is of 1 to 4.
    """
    frame = judged(40, 12, None, None, 30, 19, 5, None)
    tables = {
        "regimens.csv": frame,
        "utilisation.csv": used(("all", "all", None, 57)),
    }
    found = [c for c in of_tables(tables, SMALLEST) if c.disclosed]
    assert len(found) == 3
    tables, _, left = until_safe(tables, SMALLEST)
    assert not any(cell.disclosed for cell in left)
    hidden = tables["regimens.csv"].filter(pl.col("persons").is_null())
    assert 3 < hidden.height < 8
    assert hidden["suppressed"].all()


def test_persons_of_a_regimen_are_as_many_as_had_the_drug() -> None:
    """57 had it: of a regimen 30, 19 and 5 are told, the fourth verdict is of three."""
    frame = judged(None, None, None, None, 30, 19, 5, None)
    tables = {"regimens.csv": frame, "utilisation.csv": used(("all", "all", None, 57))}
    found = {c.place.words: c for c in of_tables(tables, SMALLEST)}
    assert found["cidp, not_assessable: persons"].values == (3,)
    alone = {c.place.words: c for c in of_tables({"regimens.csv": frame}, SMALLEST)}
    assert alone["cidp, not_assessable: persons"].values == (1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("to", "whole", "values"),
    [
        *((1, 58, (3,)), (1, 40, (1, 2, 3, 4, 5))),  # 55 are told of 40: others were counted
        *((5, 75, (12,)), (5, 50, (1,))),  # 30, 20 and 5 are 51 to 61
    ],
)
def test_persons_of_one_regimen_are_about_as_many_as_had_the_drug(
    to: int, whole: int, values: tuple[int, ...]
) -> None:
    rounding = pl.DataFrame({"counts_rounded_to": [to], "smallest_cell": [SMALLEST]})
    tables = {
        "regimens.csv": judged(30, 20, 5, None, None, None, None, None).head(4),
        "utilisation.csv": used(("all", "all", None, whole)),
        "rounding.csv": rounding,
    }
    (cell,) = [c for c in of_tables(tables, SMALLEST) if "not_assessable" in c.place.words]
    assert cell.values == values


def test_each_verdict_that_stands_there_is_of_somebody() -> None:
    """Of 55 with the drug 30 and 19 are told: of two verdicts are six, and neither of nobody."""
    frame = judged(30, 19, None, None, None, None, None, None).head(4)
    tables = {"regimens.csv": frame, "utilisation.csv": used(("all", "all", None, 55))}
    found = [c.values for c in of_tables(tables, SMALLEST) if "gbs" in c.place.words]
    assert found == [(1, 2, 3, 4, 5)] * 2


def test_cycles_of_one_regimen_say_nothing_of_another() -> None:
    frame = judged(40, 12, 9, 8, 30, 19, 9, None).rename({"persons": "cycles"})
    found = of_tables({"regimens.csv": frame}, SMALLEST)
    assert [(c.place.words, c.values) for c in found] == [
        ("cidp, not_assessable: cycles", (1, 2, 3, 4, 5))
    ]


def two_days(control: int, exposed: int) -> pl.DataFrame:
    """Values of days 1 and 3 of one analyte, in each arm."""
    rows = [
        {
            **{"variable": "crp", "label": "CRP", "arm": arm, "n_pairs": n, "note": ""},
            **{"median_day1": 9.4, "shift": -2.0, "p_wilcoxon": 0.1, "ancova_p": 0.2},
        }
        for arm, n in (("control", control), ("exposed", exposed))
    ]
    return pl.DataFrame(rows)


def test_no_median_of_few_with_values_on_both_days() -> None:
    assert [c.place.row for c in of_tables({"table_s5.csv": two_days(40, 7)}, SMALLEST)] == [1]
    shown = first("table_s5.csv", two_days(40, 7), SMALLEST)
    assert shown["median_day1"].to_list() == [9.4, None]
    assert shown["ancova_p"].to_list() == [None, None]
    assert shown["n_pairs"].to_list() == [40, 7]
    assert of_tables({"table_s5.csv": shown}, SMALLEST) == []
    assert first("table_s5.csv", two_days(40, 3), SMALLEST)["n_pairs"].to_list() == [40, None]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        *(("median_day1", 9.4), ("median_day3", 8.1), ("shift", -2.0)),
        *(("p_wilcoxon", 0.9), ("p_paired_t", 0.1)),
    ],
)
@pytest.mark.parametrize(("pairs", "few"), [(9, True), (10, False)])
def test_each_number_of_both_days_is_of_ten_or_more(
    column: str, told: float, pairs: int, few: bool
) -> None:
    row: dict[str, Any] = {"label": "CRP", "arm": "control", "n_pairs": pairs}
    found = of_tables({"table_s5.csv": pl.DataFrame([row | {column: told}])}, SMALLEST)
    assert [c.place.words for c in found] == ["CRP, control: values on both days"] * few
    assert of_tables({"table_s5.csv": pl.DataFrame([row | {"ancova_p": 0.2}])}, SMALLEST) == []


def test_a_small_count_of_a_model_is_found_and_hidden() -> None:
    """Of 60 people of a model 57 had its event: who had not is one of three."""
    rows = [
        {"outcome": "death", "term": one, "label": one, "odds_ratio": 1.2, "n": 60, "events": 57}
        for one in ("age", "sex")
    ]
    tables, done, left = until_safe({"table_s2.csv": pl.DataFrame(rows)}, SMALLEST)
    assert [c.place.words for c in left if c.disclosed] == []
    assert done
    assert tables["table_s2.csv"]["events"].null_count() == 2


def test_a_diagnostic_is_told_to_three_digits() -> None:
    """A share to the last digit is its count of people."""
    names = ["equipoise", "largest_weight", "minimum_detectable", "positivity"]
    frame = pl.DataFrame(
        {
            "diagnostic": names,
            "value": [0.4490521327014218, 1234.5, 0.000123456, None],
            "threshold": [0.5, 20.0, None, 0.95],
            "verdict": ["fail", "fail", "not assessed", "not assessed"],
            "decides": [False, True, False, True],
        }
    )
    told = first("diagnostics.csv", frame, SMALLEST)["value"].to_list()
    assert told == [0.449, 1230.0, 0.000123, None]


def test_a_verdict_beside_a_hidden_share_of_few_is_not_shown() -> None:
    frame = pl.DataFrame(
        {
            "diagnostic": ["lost_to_follow_up", "equipoise", "positivity"],
            "value": [None, 0.7, None],
            "threshold": [0.05, 0.5, None],
            "verdict": ["pass", "fail", "not assessed"],
            "decides": [True, False, True],
        }
    )
    assert [c.place.row for c in of_tables({"diagnostics.csv": frame}, SMALLEST)] == [0]
    shown = first("diagnostics.csv", frame, SMALLEST)
    assert shown["verdict"].to_list() == ["not shown", "fail", "not assessed"]
    assert of_tables({"diagnostics.csv": shown}, SMALLEST) == []
    said = verdict(shown)
    assert said.startswith("Nobody can say from here whether the estimate may be read as an effect")
    assert "0 of 1 diagnostics pass" in said
    assert "not shown, for it is of few people: lost to follow up" in said


def test_the_standard_error_of_an_answer_that_is_not_shown_is_not_told() -> None:
    """exp(2.8 x SE): of 21 and 21 people three digits of it are the events of both arms."""
    answer = {
        **{"analysis": "main", "contrast": "a vs b", "outcome": "death", "population": "matched"},
        **{"n_exposed": 21, "events_exposed": 7, "n_control": 21, "events_control": None},
        **{"measure": "OR", "model": "m", "role": "primary", "adjusted": False, "note": ""},
    }
    found = {"diagnostic": "minimum_detectable", "value": 3.87, "verdict": "not assessed"}
    for estimate, told in ((None, False), (0.4545, True)):
        effects = pl.DataFrame(
            [answer | {"estimate": estimate, "events_control": 11 if told else None}]
        )
        tables = {"effects.csv": effects, "diagnostics.csv": pl.DataFrame([found])}
        shown = until_safe(tables, SMALLEST)[0]["diagnostics.csv"]["value"].item()
        assert (shown is not None) == told


@pytest.mark.parametrize(
    ("estimates", "value", "few"),
    [
        *(((None, 1.5), 3.87, True), ((0.5, None), 3.87, False), ((None, None), None, False)),
        ((None,), 3.87, False),
    ],
)
def test_the_effect_that_could_be_found_beside_a_primary_answer_that_is_hidden(
    estimates: tuple[float | None, ...], value: float | None, few: bool
) -> None:
    """Nothing is told where the primary answer is shown, the value is not, or none is primary."""
    roles = ["primary", "safe"] if len(estimates) == 2 else ["safe"]
    said = ["overlap", "minimum_detectable"]
    tables = {
        "a.csv": pl.DataFrame({"role": roles, "estimate": list(estimates)}),
        "b.csv": pl.DataFrame({"diagnostic": said, "value": [0.5, value], "verdict": "pass"}),
    }
    known = Known()
    detectable(known, tables)
    assert [(place.file, place.row) for place in known.told_of_few] == [("b.csv", 1)] * few
