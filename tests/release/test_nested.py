"""What is held by something else: the difference of two counts is a count of people too."""

from __future__ import annotations

import tomllib
from typing import Any

import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.nested import nested
from ehrivig.release.attack.attack import of_tables
from ehrivig.release.hidden import until_safe
from ehrivig.study import Study

SMALLEST = 5
COLUMNS = ("kind", "part", "whole", "yields")
Tables = dict[str, pl.DataFrame]


def holding(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


def described(**events: tuple[int, int]) -> pl.DataFrame:
    """Yes/no variables: events of 60 exposed and 70 controls."""
    rows = []
    for name, (exposed, control) in events.items():
        row: dict[str, Any] = {"variable": name, "label": name, "kind": "binary", "smd": None}
        told = (("all", exposed + control, 130), ("exposed", exposed, 60), ("control", control, 70))
        for arm, count, n in told:
            row |= {f"events_{arm}": count, f"n_{arm}": n, f"text_{arm}": f"{count}/{n} (1%)"}
            row |= {f"percent_{arm}": 100 * count / n}
        rows.append(row)
    return pl.DataFrame(rows)


def compared(*rows: tuple[str, str, tuple[int, int, int, int]]) -> pl.DataFrame:
    """Comparisons: contrast, outcome, and n and events of both arms."""
    names = ("n_exposed", "events_exposed", "n_control", "events_control")
    same = {
        "analysis": "table3",
        "population": "matched",
        "model": "adjusted for age",
        "measure": "OR",
    }
    return pl.DataFrame(
        [
            {"contrast": contrast, "outcome": outcome, **dict(zip(names, counts, strict=True))}
            | same
            | {"estimate": 1.5, "adjusted": True, "note": ""}
            for contrast, outcome, counts in rows
        ]
    )


def disclosed(tables: Tables) -> list[str]:
    return [cell.place.words for cell in of_tables(tables, SMALLEST) if cell.disclosed]


def test_deaths_by_two_days_give_the_death_between_them() -> None:
    table = described(death_28d=(24, 20), death_27d=(23, 20), death_7d=(10, 10))
    held = [("variable", f"death_{d}d", "death_28d", f"death_{d}d") for d in (27, 7)]
    held.append(("variable", "death_7d", "death_27d", "death_7d"))
    tables = {"table2.csv": table, "nested.csv": holding(*held)}
    assert "death_28d without death_27d, table2.csv, exposed" in disclosed(tables)
    hidden, _, _ = until_safe(tables, SMALLEST)
    assert not disclosed(hidden)
    assert hidden["table2.csv"]["events_exposed"].to_list() == [24, None, 10]
    assert not disclosed({"table2.csv": table})  # of what nobody says that it is held


def test_any_of_two_gives_who_has_the_other_alone() -> None:
    table = described(copd=(20, 20), stroke=(12, 12), any=(23, 30))
    held = holding(*(("any_of", part, "any", "any") for part in ("copd", "stroke")))
    hidden, _, _ = until_safe({"table1.csv": table, "nested.csv": held}, SMALLEST)
    assert hidden["table1.csv"]["events_exposed"].to_list() == [20, 12, None]


def test_who_has_any_of_them_has_one_of_them() -> None:
    """Of 9 who have any, 8 and 0 have the two that are told: the third has 1 to 9."""
    table = described(copd=(8, 20), stroke=(0, 12), cirrhosis=(1, 0), any=(9, 30))
    counts = [f"{what}_{arm}" for what in ("events", "percent") for arm in ("all", "exposed")]
    third = pl.col("variable") == "cirrhosis"
    table = table.with_columns(pl.when(~third).then(pl.col(name)).alias(name) for name in counts)
    table = table.with_columns(
        pl.when(third).then(pl.lit("suppressed")).otherwise(pl.col(n)).alias(n)
        for n in ("text_all", "text_exposed")
    )
    held = [("any_of", part, "any", "any") for part in ("copd", "stroke", "cirrhosis")]
    cells = of_tables({"table1.csv": table, "nested.csv": holding(*held)}, SMALLEST)
    (third_of,) = [c for c in cells if c.place.words == "cirrhosis, exposed"]
    assert third_of.values[0] == 1


@pytest.mark.parametrize(
    ("kind", "wide", "narrow"),
    [("side", "65 y: yes", "66 y: yes"), ("group", "a <=50 h vs no a", "a <=48 h vs no a")],
)
def test_of_two_cuts_the_people_between_them(kind: str, wide: str, narrow: str) -> None:
    frame = compared((wide, "death", (40, 12, 50, 20)), (narrow, "death", (38, 11, 50, 20)))
    held = holding((kind, narrow, wide, narrow))
    hidden, done, _ = until_safe({"effects.csv": frame, "nested.csv": held}, SMALLEST)
    assert any(wide in words for words in done)
    assert hidden["effects.csv"]["n_exposed"].to_list() == [40, None]
    assert hidden["effects.csv"]["events_exposed"].to_list() == [12, None]


def test_of_many_people_between_two_cuts_the_deaths_of_few() -> None:
    frame = compared(("65 y: yes", "d", (60, 12, 60, 20)), ("66 y: yes", "d", (40, 9, 40, 10)))
    held = holding(("side", "66 y: yes", "65 y: yes", "66 y: yes"))
    hidden, _, _ = until_safe({"effects.csv": frame, "nested.csv": held}, SMALLEST)
    assert hidden["effects.csv"]["events_exposed"].to_list() == [12, None]
    assert hidden["effects.csv"]["events_control"].to_list() == [20, 10]
    assert hidden["effects.csv"]["n_exposed"].to_list() == [60, 40]


def test_outcomes_of_the_matched_that_hold_each_other() -> None:
    frame = compared(("a", "death_28d", (60, 12, 60, 20)), ("a", "in_hospital", (60, 13, 60, 20)))
    held = holding(("variable", "death_28d", "in_hospital", "in_hospital"))
    hidden, _, _ = until_safe({"effects.csv": frame, "nested.csv": held}, SMALLEST)
    assert hidden["effects.csv"]["events_exposed"].to_list() == [12, None]


def test_one_variable_in_two_windows_differs_by_the_value_of_few() -> None:
    def row(name: str, n: int, mean: float) -> dict[str, Any]:
        found: dict[str, Any] = {"variable": name, "label": name, "kind": "continuous"}
        for arm in ("all", "exposed", "control"):
            numbers = {"n": n, "mean": mean, "sd": 1.0, "median": mean, "q1": 1.0, "q3": 3.0}
            found |= {f"{what}_{arm}": value for what, value in numbers.items()}
            found |= {f"events_{arm}": None, f"text_{arm}": "2.0"}
        return found

    held = holding(("measured", "wbc", "wbc_late", "wbc_late"))
    few = pl.DataFrame([row("wbc", 40, 2.0), row("wbc_late", 41, 2.1)])
    hidden, _, _ = until_safe({"table1.csv": few, "nested.csv": held}, SMALLEST)
    assert hidden["table1.csv"]["mean_all"].to_list() == [2.0, None]
    for told in ([row("wbc", 40, 2.0), row("wbc_late", 60, 2.1)], [row("wbc", 40, 2.0)]):
        assert not disclosed({"table1.csv": pl.DataFrame(told), "nested.csv": held})


def changed(**sections: dict[str, list[dict[str, Any]]]) -> Study:
    """The packaged study with more outcomes, covariates, subgroups or groups of the exposed."""
    content = tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))
    for section, more in sections.items():
        for name, rows in more.items():
            content[section][name] += rows
    return study.parse(content)


def pairs(of: Study, kind: str) -> set[tuple[str, str, str]]:
    rows = nested(of).filter(pl.col("kind") == kind)
    return set(rows.select("part", "whole", "yields").iter_rows())


def test_deaths_by_an_earlier_day_are_held_and_the_primary_outcome_stays() -> None:
    def death(name: str, source: str, days: float | None = None) -> dict[str, Any]:
        found = {"name": name, "label": name, "from": source, "event_label": name}
        return found if days is None else found | {"within_days": days}

    stay = "in_hospital_death"
    more = [death("death_90d", "death", 90), death("in_stay_7d", stay, 7)]
    assert pairs(changed(outcomes={"variables": more}), "variable") == {
        ("death_28d", "death_90d", "death_90d"),
        ("in_stay_7d", "death_28d", "in_stay_7d"),
        ("in_stay_7d", "death_90d", "in_stay_7d"),
        ("in_stay_7d", "death_in_hospital", "in_stay_7d"),
    }


def test_what_any_of_several_and_a_longer_window_hold() -> None:
    two = {"from": "any_of", "any_of": ["copd", "diabetes"]}
    steroid = {"from": "medication", "code": "dexamethasone", "window_hours": [-24, 0]}
    more = [
        {"name": "two", "label": "two"} | two,
        {"name": "early", "label": "early"} | steroid,
        {"name": "late", "label": "late"} | steroid | {"window_hours": [-24, 24]},
        {"name": "wbc_late", "label": "w", "from": "lab", "code": "wbc", "unit": "10^9/L"}
        | {"window_hours": [-24, 48]},
    ]
    of = changed(covariates={"variables": more})
    held = {("two", "any_comorbidity", "two"), ("early", "late", "late")}
    assert held <= pairs(of, "variable")
    assert {("copd", "two", "two"), ("diabetes", "two", "two")} <= pairs(of, "any_of")
    assert pairs(of, "measured") == {("wbc", "wbc_late", "wbc_late")}


def test_sides_and_groups_with_two_cuts() -> None:
    age = {"name": "old", "label": "Age >= 80 y", "variable": "age", "cut": 80}
    band = {"name": "half", "feature": "max_daily_g", "cut": 10, "boundary": "high"}
    words = {"low_label": "<10 g/day", "high_label": ">=10 g/day"}
    of = changed(analysis={"subgroups": [age]}, exposure={"bands": [band | words]})
    assert {
        ("Age >= 80 y: yes", "Age >= 65 y: yes", "Age >= 80 y: yes"),
        ("Age >= 65 y: no", "Age >= 80 y: no", "Age >= 80 y: no"),
        ("COPD: yes", "Any chronic disease: yes", "Any chronic disease: yes"),
    } <= pairs(of, "side")
    assert pairs(of, "group") == {
        (f"IVIG {part} vs no IVIG", f"IVIG {whole} vs no IVIG", f"IVIG {of} vs no IVIG")
        for part, whole, of in (
            ("<10 g/day", "<=10 g/day", "<10 g/day"),
            (">10 g/day", ">=10 g/day", ">=10 g/day"),
        )
    }


def ventilated() -> Tables:
    """Of 60 exposed 30 are matched; 10 were ventilated, of whom 7 are matched."""
    matched = compared(
        ("a vs b", "imv", (30, 7, 30, 9)),
        ("IMV: yes", "death", (7, 5, 9, 5)),
        ("IMV: no", "death", (23, 6, 21, 8)),
    )
    rest = described(male=(15, 20)).with_columns(
        *(pl.lit(n).alias(f"n_{arm}") for arm, n in (("all", 70), ("exposed", 30), ("control", 40)))
    )
    return {
        "table1.csv": described(male=(30, 35)),
        "table_unmatched.csv": rest,
        "table2.csv": described(imv=(10, 20)),
        "effects.csv": matched,
        "nested.csv": holding(("subgroup", "IMV", "imv", "IMV")),
    }


def test_a_side_of_the_matched_tells_of_few_unmatched() -> None:
    """Of 10 ventilated exposed 7 are matched: so many are on the side, and three are left."""
    said = disclosed(ventilated())
    assert "IMV: yes: the unmatched, n exposed" in said
    assert "IMV: no: the unmatched, n exposed, the others" in said
    hidden, _, _ = until_safe(ventilated(), SMALLEST)
    assert not disclosed(hidden)
    assert hidden["effects.csv"]["n_exposed"].to_list()[1:] == [None, None]


def test_an_outcome_that_is_hidden_is_not_told_as_a_side() -> None:
    tables = ventilated()
    frame = tables["effects.csv"].with_columns(
        pl.when(pl.col("outcome") != "imv").then("events_exposed").alias("events_exposed")
    )
    known = of_tables(tables | {"effects.csv": frame}, SMALLEST)
    values = {cell.place.words: cell.values for cell in known}
    assert values["a vs b imv matched: events exposed"] == (7,)
