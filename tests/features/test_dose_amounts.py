"""Units and amounts of a dose, and rates for as long as they run: worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from doses_drawn import features, row

from ehrivig.codes.dose_units import dose_unit
from ehrivig.features.dose import grams, ratio


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("g", "g"),
        (" G ", "g"),
        ("ＭＧ", "mg"),
        ("㎎", "mg"),
        ("㎖", "mL"),
        ("mL", "mL"),
        ("ml.", "mL"),
        ("支", "vial"),
        ("瓶", "vial"),
        ("Vial(s)", "vial"),
        ("µg", "ug"),
        ("mcg", "ug"),
        ("g / kg", "g/kg"),
        ("mg/kg", "mg/kg"),
        ("Unit", "unit"),
        ("g/day", "g/day"),
        ("mL/h", "mL/h"),
        ("IU", "IU"),
        ("gr", None),
        ("", None),
        (None, None),
    ],
)
def test_a_unit_is_known_or_it_is_none(written: str | None, unit: str | None) -> None:
    assert dose_unit(written) == unit


HALF_PAST_NINE = {"stopped_at": datetime(2020, 2, 1, 9, 30)}
"""An hour and a half after a start at eight."""


@pytest.mark.parametrize(
    ("rate", "unit", "more", "total_g"),
    [
        (2.0, "ug/kg/min", {"weight_kg": 70.0}, 0.0126),  # 2 x 70 x 90 ug
        (0.1, "mcg/kg/min", {"weight_kg": 63.7}, 0.000573),  # 573.3 ug
        (5.0, "ug/min", {}, 0.00045),
        (10.0, "mg/h", {}, 0.015),
        (4.0, "mg/kg/h", {"weight_kg": 50.0}, 0.3),
        (1.0, "g/day", {}, 0.0625),
        (300.0, "ng/kg/min", {"weight_kg": 70.0}, 0.00189),
        (20.0, "mL/h", {"concentration_g_per_l": 0.064}, 0.00192),  # 30 mL of 64 mg/L
        (1.0, "mL/min", {"concentration_g_per_l": 100.0}, 9.0),
        (20.0, "mL/h", {}, None),
        (2.0, "ug/kg/min", {"weight_kg": None}, None),
        (2.4, "units/h", {}, None),  # units of activity are no grams
        (0.04, "units/min", {}, None),
        (5.0, "mEq/h", {}, None),
    ],
)
def test_a_rate_is_given_for_as_long_as_it_runs(
    rate: float, unit: str, more: dict[str, Any], total_g: float | None
) -> None:
    got = features(row(1, "08:00", rate, unit, **HALF_PAST_NINE, **more))
    assert got["total_g"] == total_g
    assert got["dose_coverage"] == (0.0 if total_g is None else 1.0)
    assert features(row(1, "08:00", rate, unit, **more))["total_g"] is None  # without an end


def test_charted_changes_are_pieces_that_add_up() -> None:
    at = [datetime(2020, 2, 1, 8, 0) + timedelta(minutes=minute) for minute in (0, 20, 65, 90)]
    pieces = [
        row(1, "08:00", rate, "ug/kg/min", started_at=start, stopped_at=stop)
        for rate, start, stop in zip((0.2, 0.4, 0.1), at, at[1:], strict=False)
    ]
    # (0.2 x 20 + 0.4 x 45 + 0.1 x 25) x 50 kg = 1225 ug
    assert features(*pieces)["total_g"] == 0.001225
    assert features(*pieces)["n_administrations"] == 3


def test_a_rate_over_midnight_is_shared_by_its_days() -> None:
    night = row(1, "18:00", 10.0, "mg/h", stopped_at=datetime(2020, 2, 2, 6, 0))
    assert features(night)["max_daily_g"] == 0.12
    assert features(night, midnight="pro_rata")["max_daily_g"] == 0.06


def test_a_rate_whose_end_nobody_charted_is_not_believed() -> None:
    week = row(1, "08:00", 1.0, "mg/h", stopped_at=datetime(2020, 2, 8, 8, 0))
    longer = row(1, "08:00", 1.0, "mg/h", stopped_at=datetime(2020, 2, 8, 8, 1))
    assert features(week)["total_g"] == 0.168
    assert features(longer)["total_g"] is None


@pytest.mark.parametrize(
    ("dose", "unit", "more", "total_g"),
    [
        (10.0, "g", {}, 10.0),
        (2500.0, "mg", {}, 2.5),
        (50.0, "mL", {"concentration_g_per_l": 50.0}, 2.5),
        (100.0, "ML", {"concentration_g_per_l": 100.0}, 10.0),
        (100.0, "mL", {}, None),
        (100.0, "mL", {"concentration_g_per_l": 0.0}, None),
        (4.0, "vial", {"strength_g": 2.5}, 10.0),
        (2.0, "支", {"strength_g": 5.0}, 10.0),
        (1.0, "瓶", {"strength_g": 2.5}, 2.5),
        (4.0, "bottle", {}, None),
        (0.4, "g/kg", {"weight_kg": 63.7}, 25.48),
        (400.0, "mg/kg", {"weight_kg": 63.7}, 25.48),
        (0.4, "g/kg", {"weight_kg": None}, None),
        (0.4, "g/kg", {"weight_kg": 0.0}, None),
        (0.4, "g/kg", {"weight_kg": float("nan")}, None),
        (20.0, "unit", {"billing_unit_g": 0.5}, 10.0),
        (20.0, "unit", {}, None),
        (250.0, "ug", {}, 0.00025),
        (10.0, "IU", {}, None),
        (10.0, None, {}, None),
        (None, "g", {}, None),
        (float("nan"), "g", {}, None),
        (float("inf"), "g", {}, None),
    ],
)
def test_an_amount_is_known_or_it_is_null(
    dose: float | None, unit: str | None, more: dict[str, Any], total_g: float | None
) -> None:
    got = features(row(1, "09:00", dose, unit, **more))
    assert got["ivig_any"] is True
    assert got["total_g"] == total_g
    assert got["max_daily_g"] == total_g
    assert got["mean_daily_g"] == total_g
    assert got["dose_coverage"] == (0.0 if total_g is None else 1.0)
    assert got["dose_complete"] is (total_g is not None)
    assert got["n_dose_days"] == 1


def test_ratio_and_grams_are_the_doubles_that_python_gives() -> None:
    numbers = [1, 3, 7_300_001, 10_000_000, 123_456_789, 2**52 + 1, *range(137, 200_000, 137)]
    frame = pl.DataFrame({"x": numbers})
    assert frame.select(ratio(pl.col("x"), 1_000_000)).to_series().to_list() == [
        x / 1_000_000 for x in numbers
    ]
    halves = pl.DataFrame({"x": [499, 500, 1_499, 1_500, None]})
    assert halves.select(grams(pl.col("x"))).to_series().to_list() == [0, 1e-6, 1e-6, 2e-6, None]
