"""What a night read, beside the night before: told anew only of enough patients."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ehrivig.release.attack import told_anew
from ehrivig.release.attack.attack import table
from ehrivig.release.steady import steady

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


def test_a_row_that_was_not_there_has_no_count() -> None:
    one = {name: frame.filter(hospital_id="A") for name, frame in night(60, 2_000).items()}
    shown = steady(night(90, 3_000), one)
    of = {h: rows for (h,), rows in shown["ledger.csv"].group_by("hospital_id")}
    assert of["A"]["rows_read"].to_list() == [90, 3_000]
    assert of["B"]["rows_read"].to_list() == [None, None]


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
            tables[name] = table(path)
        nights.append(tables)
    shown = steady(nights[1], nights[0])["ledger.csv"]
    assert shown.filter(hospital_id="007", table="lab")["rows_read"].item() == 2_000
