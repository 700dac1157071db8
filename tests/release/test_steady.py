"""What a night read, beside the night before: told anew only of enough patients."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig.release.attack import told_anew
from ehrivig.release.steady import steady
from ehrivig.store.cells import read

Tables = dict[str, pl.DataFrame]


def night(patients: int, labs: int) -> Tables:
    """Two hospitals; only the first changes."""
    ledger = [
        {
            **{"hospital_id": name, "table": table, "rows_read": n, "rows_used": n // 2},
            **{"rows_out_of_scope": n - n // 2, "rows_quarantined": 0},
        }
        for name, (people, results) in {"A": (patients, labs), "B": (50, 900)}.items()
        for table, n in (("patient", people), ("lab", results))
    ]
    checks = [
        {"hospital_id": name, "table": "patient", "check": "patient.death", "violated": 0}
        | {"denominator": n, "verdict": "pass"}
        for name, n in (("A", patients // 5 * 5), ("B", 50), ("all", 100))
    ]
    return {"ledger.csv": pl.DataFrame(ledger), "quality.csv": pl.DataFrame(checks)}


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, False), (9, False), (10, True)])
def test_the_record_of_few_is_told_by_no_difference(more: int, told: bool) -> None:
    one, two = night(60, 2_000), night(60 + more, 2_044)
    shown = steady(two, one)
    labs = shown["ledger.csv"].filter(hospital_id="A", table="lab")["rows_read"].item()
    assert labs == (2_044 if told else 2_000)
    checked = shown["quality.csv"].filter(hospital_id="A")["denominator"].item()
    assert checked == (70 if told else 60)


@pytest.mark.parametrize(("more", "told"), [(10, False), (15, True)])
def test_where_rows_are_rounded_down_more_must_be_new(more: int, told: bool) -> None:
    """70 and 60, rounded down to 5, may differ by six people."""
    one, two = night(60, 2_000), night(60 + more, 2_045)
    for tables in (one, two):
        tables["ledger.csv"] = tables["ledger.csv"].with_columns(rounded_down_to=5)
    labs = steady(two, one)["ledger.csv"].filter(hospital_id="A", table="lab")["rows_read"]
    assert labs.item() == (2_045 if told else 2_000)


def rows_read(tables: Tables, hospital: str) -> list[int | None]:
    return tables["ledger.csv"].filter(hospital_id=hospital)["rows_read"].to_list()


def without(tables: Tables, **what: str) -> Tables:
    """A night without the rows of a hospital or a table."""
    gone = [pl.col(name) == value for name, value in what.items()]
    return {name: frame.filter(~pl.all_horizontal(gone)) for name, frame in tables.items()}


def test_a_row_that_was_not_there_has_no_count() -> None:
    """The first results of a hospital with one patient more are those of the one."""
    one = without(night(60, 2_000), hospital_id="A", table="lab")
    assert rows_read(steady(night(61, 44), one), "A") == [60, None]
    assert rows_read(steady(night(70, 44), one), "A") == [70, 44]


@pytest.mark.parametrize(("people", "told"), [(9, False), (10, True)])
def test_a_hospital_that_joins_is_told_of_once_it_has_enough(people: int, told: bool) -> None:
    alone = without(night(60, 2_000), hospital_id="A")
    shown = steady(night(people, 300), alone)
    assert rows_read(shown, "A") == ([people, 300] if told else [None, None])
    assert rows_read(shown, "B") == [50, 900]
    checks = shown["quality.csv"].filter(hospital_id="all")["denominator"].item()
    assert checks == 100


def test_a_hospital_that_comes_back_is_no_new_one() -> None:
    """It had 60 patients before it was left out: with 61 tonight, what is new is of one."""
    first, alone = night(60, 2_000), without(night(60, 2_000), hospital_id="A")
    tonight = night(61, 2_044)
    assert rows_read(steady(tonight, alone, first), "A") == [None, None]
    assert rows_read(steady(tonight, alone), "A") == [61, 2_044]


def test_without_rows_of_before_nobody_is_known_to_be_new() -> None:
    assert rows_read(steady(night(60, 2_000), {}), "A") == [None, None]


@pytest.mark.parametrize(("more", "told"), [(0, False), (18, False), (19, True)])
def test_what_a_blocked_night_did_not_tell_is_told_once_enough_are_new(
    more: int, told: bool
) -> None:
    """Its checks are all that left: multiples of 10, so of up to nine people more."""
    blocked = {"quality.csv": night(60, 2_000)["quality.csv"]}
    second = steady(night(60, 2_000), blocked)
    assert second["ledger.csv"].filter(hospital_id="A")["rows_read"].to_list() == [None, None]
    third = steady(night(60 + more, 3_000), second)
    labs = third["ledger.csv"].filter(hospital_id="A", table="lab")["rows_read"].item()
    assert labs == (3_000 if told else None)


def test_a_share_goes_with_its_numbers() -> None:
    """Of 15 of 269 tonight 16 of 270: the percentage would tell."""
    row = {"arm": "exposed", "outcome": "death", "n": 100}
    one, two = (
        {"follow_up.csv": pl.DataFrame([row | {"evidence": text}])}
        for text in ("15 of 269 died later (5.6%)", "16 of 270 died later (5.9%)")
    )
    (said,) = told_anew.texts(two, one, 5)["follow_up.csv"]["evidence"]
    assert said == "some of some died later (some)"
    (same,) = told_anew.texts(one, one, 5)["follow_up.csv"]["evidence"]
    assert same == "15 of 269 died later (5.6%)"


def test_hospitals_that_look_like_numbers_are_names(tmp_path: Path) -> None:
    """A second night of a network of hospitals 007 and 12 stopped in a traceback."""
    one, two = night(60, 2_000), night(61, 2_044)
    nights = []
    for number, tables in enumerate((one, two)):
        for name, frame in tables.items():
            named = frame.with_columns(pl.col("hospital_id").replace({"A": "007", "B": "12"}))
            named.write_csv(path := tmp_path / f"{number}-{name}")
            tables[name] = read(path)
        nights.append(tables)
    shown = steady(nights[1], nights[0])["ledger.csv"]
    assert shown.filter(hospital_id="007", table="lab")["rows_read"].item() == 2_000
