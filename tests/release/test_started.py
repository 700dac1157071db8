"""How the exposed were dosed, in bins, beside landmarks, grace and groups that cut the bins."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables
from ehrivig.release.hidden import until_safe

SMALLEST = 5
LABEL = {"hours_to_first_dose": "Time", "max_daily_g": "Dose", "duration_days": "Duration"}
HOURS = [(0.0, 19.0, 15), (19.0, 38.0, 31), (38.0, 57.0, 13), (57.0, 76.0, 7), (76.0, 190.0, 18)]
"""Hours to the first dose of 84 exposed of the demo of 600."""
DOSES = [(0.0, 5.0, 0), (5.0, 10.0, 16), (10.0, 15.0, 54), (15.0, 20.0, 7), (20.0, 24.0, 7)]
Tables = dict[str, pl.DataFrame]


def bins(rows: list[tuple[float, float, int]], feature: str) -> pl.DataFrame:
    named = [{"feature": feature, "label": LABEL[feature]} for _ in rows]
    return pl.DataFrame(
        [{**one, "lo": lo, "hi": hi, "n": n} for one, (lo, hi, n) in zip(named, rows, strict=True)]
    )


def effect(contrast: str, n: int | None, population: str = "all", note: str = "") -> dict[str, Any]:
    return {
        **{"analysis": "time_zero", "contrast": contrast, "outcome": "death_28d", "note": note},
        **{"model": "m", "measure": "RD", "population": population, "estimate": None},
        **{"n_exposed": n, "events_exposed": None, "n_control": None, "events_control": None},
    }


def sizes(file: str, exposed: int, control: int) -> pl.DataFrame:
    """A table of which the sizes of both arms are told by a row with its events."""
    told = {f"n_{arm}": float(n) for arm, n in (("exposed", exposed), ("control", control))}
    had = {
        f"events_{arm}": float(n // 2) for arm, n in (("exposed", exposed), ("control", control))
    }
    every = {"n_all": float(exposed + control), "events_all": sum(had.values())}
    named = {"group": "", "variable": "male", "label": "Male", "kind": "binary"}
    return pl.DataFrame([{**named, **told, **had, **every}])


def tables(histogram: pl.DataFrame, *rows: dict[str, Any]) -> Tables:
    return {
        "table1.csv": sizes("table1.csv", 84, 86),
        "table_unmatched.csv": sizes("table_unmatched.csv", 41, 43),
        "dosing_histogram.csv": histogram,
        "effects.csv": pl.DataFrame(rows, infer_schema_length=None),
    }


def had(found: Tables) -> set[str]:
    return {cell.place.words for cell in of_tables(found, SMALLEST) if cell.disclosed}


@pytest.mark.parametrize(("followed", "few"), [(64, True), (60, False)])
def test_who_began_or_was_gone_near_a_landmark_is_told_by_the_bins(
    followed: int, few: bool
) -> None:
    """By 76 h 66 began, and 64 are followed at 72 h: two began later, or were gone."""
    found = tables(
        bins(HOURS, "hours_to_first_dose"),
        effect("IVIG by 72 h vs not yet (landmark)", followed),
    )
    both = {"beyond 72 h, within its bin", "began by 72 h, and died or left before"}
    assert (had(found) & both == both) is few
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    assert safe["effects.csv"]["n_exposed"].to_list() == [followed]


@pytest.mark.parametrize(("started", "few"), [(48, True), (53, False)])
def test_who_began_within_grace_cuts_a_bin(started: int, few: bool) -> None:
    note = f"{started} of 169 start within 48 h"
    found = tables(
        bins(HOURS, "hours_to_first_dose"),
        effect("IVIG within 48 h vs not (clone-censor-weight)", None, note=note),
    )
    assert ("to 48 h, within its bin" in had(found)) is few


@pytest.mark.parametrize(("matched", "few"), [(5, False), (12, True)])
def test_the_matched_of_a_group_less_its_bins_are_the_unmatched(matched: int, few: bool) -> None:
    """Fourteen of the exposed had more than 10 g a day."""
    contrast = "IVIG >10 g/day vs no IVIG"
    found = tables(bins(DOSES, "max_daily_g"), effect(contrast, matched, "matched"))
    assert ("unmatched, >10 g/day" in had(found)) is few


def test_a_cut_beyond_the_bins_tells_nothing() -> None:
    found = tables(
        bins(HOURS, "hours_to_first_dose"),
        effect("IVIG by 500 h vs not yet (landmark)", 83),
    )
    assert had(found) == set()
