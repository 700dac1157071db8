"""What each kind of table loses for a count that can be had from it, from the least on."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release import copies
from ehrivig.release.attack import outside
from ehrivig.release.attack.attack import Cell
from ehrivig.release.attack.known import Place
from ehrivig.release.attack.left_out import SIZES
from ehrivig.release.remedies import remedy_of

SMALLEST = 5
ARMS = ("all", "exposed", "control")


def mended(
    frame: pl.DataFrame, row: int, level: int = 1, words: str = "x", *, shown: bool = False
) -> pl.DataFrame:
    """A table after so many times of asking for a count in one of its rows."""
    values = () if shown else (3,)
    cell = Cell(Place("x.csv", row, words), shown, values, SMALLEST)
    return remedy_of(frame)(frame, cell, level)


def gone(before: pl.DataFrame, after: pl.DataFrame) -> list[set[str]]:
    """Row by row the columns that are other than before."""
    pairs = zip(before.iter_rows(named=True), after.iter_rows(named=True), strict=True)
    return [{name for name in one if one[name] != two[name]} for one, two in pairs]


@pytest.mark.parametrize(
    ("level", "shown", "sizes"),
    [(1, False, False), (5, False, False), (6, False, True), (1, True, True)],
)
def test_a_described_row_keeps_of_how_many_it_is_as_long_as_it_can(
    level: int, shown: bool, sizes: bool
) -> None:
    numbers = ("events", "percent", "mean", "sd", "median", "q1", "q3", "n")
    row: dict[str, Any] = {f"{what}_{arm}": 9.0 for what in numbers for arm in ARMS}
    row |= {f"text_{arm}": "9" for arm in ARMS} | {"variable": "v", "label": "V", "kind": "binary"}
    row |= {"p": 0.1, "smd": 0.2, "test": "t", "suppressed": False}
    frame = pl.DataFrame([row, row])
    other, this = gone(frame, mended(frame, 1, level, shown=shown))
    kept = {"variable", "label", "kind"} | ({f"n_{arm}" for arm in ARMS} if not sizes else set())
    assert (other, this) == (set(), set(row) - kept)


@pytest.mark.parametrize(
    ("level", "words", "shown", "everybody"),
    [
        *((1, "x", False, False), (3, "x", False, False), (4, "x", False, True)),
        *((1, "Age: all, exposed", True, True), (1, "Age: matched, exposed", True, False)),
        (1, "Age: all, exposed", False, False),
    ],
)
def test_a_covariate_loses_the_matched_first(
    level: int, words: str, shown: bool, everybody: bool
) -> None:
    numbers = {when: set(copies.half(when)) for when in ("matched", "unmatched")}
    row = {"covariate": "age"} | dict.fromkeys((*numbers["matched"], *numbers["unmatched"]), 0.5)
    frame = pl.DataFrame([row, row])
    (this, other) = gone(frame, mended(frame, 0, level, words, shown=shown))
    assert this == numbers["matched"] | (numbers["unmatched"] if everybody else set())
    assert other == set()
    assert numbers["matched"] == {
        f"{what}_matched"
        for what in ("mean_exposed", "mean_control", "smd", "variance_ratio", "ks")
    }


def attrition() -> pl.DataFrame:
    """Six steps of all and of four hospitals, of which step 3 excludes 9, 7, 0 and 8."""
    excluded = {"A": 9, "B": 7, "C": 0, "D": 8, "all": 24}
    return pl.DataFrame(
        [
            {"step": step, "hospital_id": name, "patients": 99, "admissions": 99}
            | {"excluded": n if step == 3 else 20, "excluded_not_measured": 0}
            for step in range(6)
            for name, n in excluded.items()
        ]
    )


@pytest.mark.parametrize(
    ("level", "hospitals", "steps"),
    [
        *((1, "A", [2, 3, 4]), (2, "AB", [2, 3, 4]), (3, "AB", [1, 2, 3, 4, 5])),
        *((4, "ABD", [1, 2, 3, 4, 5]), (5, "ABCDall", [3, 4])),
    ],
)
def test_steps_are_told_together_of_more_and_more_hospitals(
    level: int, hospitals: str, steps: list[int]
) -> None:
    frame = attrition()
    row = next(
        n for n, r in enumerate(frame.to_dicts()) if (r["step"], r["hospital_id"]) == (3, "A")
    )
    found = mended(frame, row, level, "step 3: excluded, A")
    hidden = found.filter(pl.col("excluded").is_null())
    assert sorted(set(hidden["step"])) == steps
    assert set(hidden["hospital_id"]) == {
        name for name in ("A", "B", "C", "D", "all") if name in hospitals
    }
    left = found.filter(pl.col("admissions").is_null())
    assert sorted(set(left["step"])) == steps[:-1]  # what the last of them leaves is told
    patients = mended(frame, row, level, "step 3: patients left out, A")
    assert patients["excluded"].null_count() == patients["admissions"].null_count() == 0
    assert patients["patients"].null_count() == left.height


@pytest.mark.parametrize(("level", "n"), [(1, 1), (2, 2), (3, 3), (4, 5), (5, 30)])
def test_for_who_was_admitted_again_only_patients_go(level: int, n: int) -> None:
    found = mended(attrition(), 15, level, "step 3: A, admitted again")
    hidden = found.select(pl.exclude("step", "hospital_id").null_count()).row(0, named=True)
    assert hidden == {"patients": n, "admissions": 0, "excluded": 0, "excluded_not_measured": 0}
    of_all = found.filter(hospital_id="all")["patients"].null_count()
    assert of_all == {5: 6, 4: 1}.get(level, 0)


def test_at_last_all_patients_go_and_then_all_counts() -> None:
    frame = attrition()
    counts = ("patients", "admissions", "excluded", "excluded_not_measured")
    told = [mended(frame, 15, level).select(counts).null_count().row(0) for level in (6, 7)]
    assert told == [(30, 0, 0, 0), (30, 30, 30, 30)]


@pytest.mark.parametrize(("level", "n"), [(1, 3), (2, 4)])
def test_the_ledger_loses_the_rows_used_and_then_those_read(level: int, n: int) -> None:
    names = ["rows_quarantined", "rows_out_of_scope", "rows_used", "rows_read"]
    frame = pl.DataFrame([{"table": "lab", "hospital_id": "A"} | dict.fromkeys(names, 9)] * 2)
    assert gone(frame, mended(frame, 1, level)) == [set(), set(names[:n])]


def test_bins_lose_the_smallest_that_is_left_of_the_arm() -> None:
    frame = pl.DataFrame({"exposed": [3, 9, 0, 7], "control": [9, 9, 9, 8]})
    found = mended(frame, 0, words="bin 0: exposed")
    assert found["exposed"].to_list() == [None, 9, 0, None]
    assert found["control"].equals(frame["control"])
    last = mended(frame.head(1), 0, words="bin 0: control")
    assert last.rows() == [(3, None)]


def test_bins_of_a_feature_lose_the_smallest_and_at_last_all() -> None:
    frame = pl.DataFrame({"feature": ["a", "a", "a", "b"], "lo": 0.0, "hi": 1.0, "n": [3, 9, 0, 4]})
    one = mended(frame, 0)
    assert one["n"].to_list() == [None, None, 0, 4]
    assert mended(one, 0)["n"].to_list() == [None, None, None, 4]
    assert mended(frame.drop("feature"), 0)["n"].to_list() == [None, 9, 0, None]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("exposed: unknown", {"unknown", "share_unknown", "transferred"}),
        ("numbers of few people more than before", {"median_days", "q1_days", "q3_days"}),
    ],
)
def test_follow_up_loses_who_is_unknown_or_how_long_it_was(words: str, names: set[str]) -> None:
    row = dict.fromkeys(("unknown", "share_unknown", "transferred"), 9.0) | {"n": 90}
    row |= dict.fromkeys(("median_days", "q1_days", "q3_days"), 28.0)
    frame = pl.DataFrame([{"arm": arm} | row for arm in ("exposed", "control")])
    assert gone(frame, mended(frame, 1, words=words)) == [set(), names]


COUNTS = {"n_exposed": 40, "events_exposed": 9, "n_control": 50, "events_control": 8}
EFFECT: dict[str, Any] = COUNTS | {"contrast": "a vs b", "note": "late", "adjusted": False}
EFFECT |= {"estimate": 0.8, "risk_exposed": 0.225, "risk_control": 0.16, "percent_exposed": 22.5}


@pytest.mark.parametrize(
    ("words", "level", "names"),
    [
        (f"who is left out, {SIZES}", 1, {"n_exposed", "n_control"}),
        ("left, events exposed", 1, {"events_exposed", "risk_exposed", "estimate", "note"}),
        ("left, events control", 2, {"events_control", "risk_control", "estimate", "note"}),
        ("counts control", 1, {"n_control", "events_control", "risk_control", "estimate", "note"}),
        ("left, events exposed", 3, set(EFFECT) - {"contrast", "adjusted"}),
        ("n exposed", 1, set(EFFECT) - {"contrast", "adjusted"}),
    ],
)
def test_a_comparison_loses_an_arm_with_its_estimate_and_then_all(
    words: str, level: int, names: set[str]
) -> None:
    frame = pl.DataFrame([EFFECT, EFFECT])
    found = mended(frame, 0, level, words)
    assert gone(frame, found) == [names, set()]
    assert (
        "note" not in names or found["note"][0] == "not shown: it would tell a count of few people"
    )


def test_an_adjusted_estimate_stays_and_its_note_says_what_does_not() -> None:
    frame = pl.DataFrame([EFFECT | {"adjusted": True, "risk_exposed": 0.2213, "risk_control": 0.1}])
    one = mended(frame, 0, words="left, events exposed")
    assert gone(frame, one) == [{"events_exposed", "note"}]
    assert one["note"].item() == "late; not shown: it would tell a count of few people"
    two = mended(one, 0, words="left, events control")
    assert two["note"].item() == "late; not shown: it would tell a count of few people"
    assert gone(one, two) == [{"events_control", "risk_exposed", "risk_control"}]  # 5 of 50
    bare = mended(frame.with_columns(note=pl.lit(None, pl.String)), 0, words="left, events exposed")
    assert bare["note"].item() == "not shown: it would tell a count of few people"


def test_a_model_loses_its_people_and_then_the_row() -> None:
    row = {"term": "age", "n": 90, "events": 9, "odds_ratio": 1.1}
    frame = pl.DataFrame([{"outcome": one} | row for one in ("a", "a", "b")])
    assert gone(frame, mended(frame, 0)) == [{"n", "events"}, {"n", "events"}, set()]
    assert gone(frame, mended(frame, 0, 2)) == [{"n", "events", "odds_ratio"}, set(), set()]


def used() -> pl.DataFrame:
    parts = [("all", "all", 90), ("h", "A", 60), ("h", "B", 30), ("m", "1", 50), ("m", "2", 40)]
    return pl.DataFrame(
        [
            {"dimension": of, "level": level, "patients": n, "courses": n, "grams": 9.0 * n}
            | {"administrations": n, "courses_per_kg": 1.0 * n, "suppressed": False}
            for of, level, n in parts
        ]
    )


@pytest.mark.parametrize(
    ("row", "level", "patients"),
    [
        (1, 1, [90, None, 30, 50, 40]),
        (1, 2, [90, None, None, 50, 40]),
        (1, 3, [90, None, None, 50, 40]),
        (1, 4, [None, None, None, 50, None]),
        (0, 2, [None, 60, None, 50, None]),
    ],
)
def test_use_loses_a_part_then_all_courses_and_the_smallest_beside_it(
    row: int, level: int, patients: list[int | None]
) -> None:
    found = mended(used(), row, level)
    assert found["patients"].to_list() == patients
    assert found["suppressed"].to_list() == [n is None for n in patients]
    hidden = [n is None or level > 1 for n in patients]
    assert [n is None for n in found["courses"]] == hidden
    assert [n is None for n in found["courses_per_kg"]] == hidden
    assert [n is None for n in found["grams"]] == [n is None for n in patients]


def test_amounts_of_few_outside_are_those_of_all_and_of_the_smallest_parts() -> None:
    found = mended(used(), 0, words=outside.WORDS)
    names = {"grams", "administrations", "courses_per_kg"}
    assert gone(used(), found) == [names, set(), names, set(), names]
    assert mended(found, 0, words=outside.WORDS).equals(found)  # each dimension has one already


def test_regimens_lose_the_smallest_of_the_same_and_at_last_all() -> None:
    frame = pl.DataFrame(
        {"regimen": ["a", "a", "a", "b"], "persons": [3, 9, 7, 5], "suppressed": False}
    )
    one = mended(frame, 0)
    assert one["persons"].to_list() == [None, 9, None, 5]
    assert one["suppressed"].to_list() == [True, False, True, False]
    two = mended(mended(one, 0), 0)
    assert two["persons"].to_list() == [None] * 4
    assert two["suppressed"].all()
    assert mended(frame.rename({"persons": "cycles"}), 3)["cycles"].to_list() == [None] * 4


def test_a_curve_goes_as_a_whole() -> None:
    frame = pl.DataFrame(
        {
            "curve": ["km", "km", "km", "cif"],
            "population": ["all", "all", "matched", "all"],
            "group": ["exposed", "exposed", "exposed", "exposed"],
            "time": [0.0, 3.0, 0.0, 0.0],
            "estimate": 1.0,
        }
    )
    assert mended(frame, 1)["population"].to_list() == ["matched", "all"]
    assert mended(frame, 4).equals(frame)


def test_a_table_of_another_kind_loses_the_numbers_of_the_row() -> None:
    frame = pl.DataFrame({"what": ["a", "b"], "x": [1, 2], "y": [0.5, 0.6]})
    assert mended(frame, 1).rows() == [("a", 1, 0.5), ("b", None, None)]


MISSING = "3 of 9 admissions left out: a covariate missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 of 47 died", "few or nearly all of 47 died"),
        ("4 of 47 died", "few or nearly all of 47 died"),
        ("5 of 47 died", "5 of 47 died"),
        ("43 of 47 died", "few or nearly all of 47 died"),
        ("42 of 47 died", "42 of 47 died"),
        ("0 of 47 and 47 of 47", "0 of 47 and 47 of 47"),
        ("1,001 of 1,004 pairs", "few or nearly all of 1,004 pairs"),
        (MISSING, MISSING),  # Table 1 tells it as well
        *((f"3 {one} left", f"few {one} left") for one in ("patients", "pairs", "rows", "deaths")),
        *((f"{n} patients", f"{n} patients") for n in ("0", "5", "1.3", "1,003")),
        ("3 exactly on the cut", "few exactly on the cut"),
        ("3 days", "3 days"),
    ],
)
def test_a_sentence_tells_no_small_count_of_people(text: str, said: str) -> None:
    assert copies.words(text, SMALLEST) == said
    frame = pl.DataFrame({"note": [text, None], "message": [text, ""], "label": [text, text]})
    found = copies.worded(frame, SMALLEST)
    assert found.rows() == [(said, said, text), (None, "", text)]
