"""The amount of one administration at the ends of what is believed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ehrivig.features.dose import amount_ng, gives_mass, grams, grams_per_kg, ratio

START = datetime(2020, 1, 1, 10)
KNOWN = {"dose": 1.0, "dose_unit": "g", "concentration_g_per_l": 50.0, "strength_g": 2.5}
KNOWN |= {"weight_kg": 80.0, "billing_unit_g": 0.5, "started_at": START, "stopped_at": START}
SCHEMA = {
    **{"dose": pl.Float64, "dose_unit": pl.String, "concentration_g_per_l": pl.Float64},
    **{"strength_g": pl.Float64, "weight_kg": pl.Float64, "billing_unit_g": pl.Float64},
    **{"started_at": pl.Datetime("us"), "stopped_at": pl.Datetime("us")},
}


def of(**cells: Any) -> int | None:
    """Whole nanograms of one administration."""
    frame = pl.DataFrame([KNOWN | cells], schema=SCHEMA)
    found: int | None = frame.select(amount_ng(frame["dose_unit"].to_list())).item()
    return found


@pytest.mark.parametrize(
    ("cells", "ng"),
    [
        ({}, 1_000_000_000),
        ({"dose_unit": "mg"}, 1_000_000),
        ({"dose_unit": "ug"}, 1_000),
        ({"dose_unit": "ng"}, 1),
        ({"dose_unit": "mL"}, 50_000_000),
        ({"dose_unit": "vial"}, 2_500_000_000),
        ({"dose_unit": "unit"}, 500_000_000),
        ({"dose_unit": "g/kg"}, 80_000_000_000),
        ({"dose_unit": "mg/kg"}, 80_000_000),
        ({"dose_unit": "ug/kg"}, 80_000),
        ({"dose_unit": "ng/kg"}, 80),
        ({"dose_unit": "IU"}, None),
        ({"dose_unit": None}, None),
        ({"dose": None}, None),
        ({"dose": 0.0}, None),
        ({"dose": -1.0}, None),
        ({"dose": 0.6, "dose_unit": "ng"}, 1),  # below half a nanogram there is nothing
        ({"dose": 0.4, "dose_unit": "ng"}, None),
        ({"dose": 100_000.0}, 100_000 * 10**9),
        ({"dose": 100_001.0}, None),
    ],
)
def test_an_amount(cells: dict[str, Any], ng: int | None) -> None:
    assert of(**cells) == ng


@pytest.mark.parametrize(
    ("unit", "minutes", "ng"),
    [
        ("g/h", 60, 10**9),
        ("g/h", 90, 1_500_000_000),
        ("g/min", 60, 60 * 10**9),
        ("g/day", 1440, 10**9),
        ("mg/kg/h", 60, 80_000_000),
        ("mL/h", 120, 100_000_000),
        ("mg/h", 7 * 1440, 168_000_000),
        ("mg/h", 7 * 1440 + 1, None),  # nobody charted its end
        ("g/h", 0, None),
        ("g/h", -60, None),
        ("vial/h", 60, None),  # no rate that can be grams
        ("g", 0, 10**9),
    ],
)
def test_a_rate_is_given_for_as_long_as_it_ran(unit: str, minutes: int, ng: int | None) -> None:
    assert of(dose_unit=unit, stopped_at=START + timedelta(minutes=minutes)) == ng
    assert unit == "g" or of(dose_unit=unit, stopped_at=None) is None


@pytest.mark.parametrize(
    ("unit", "does"), [("g", True), ("mg/kg/h", True), ("vial", True), ("IU", False), ("x", False)]
)
def test_units_that_can_be_grams(unit: str, does: bool) -> None:
    assert gives_mass(unit) is does


@pytest.mark.parametrize(
    ("weight", "per_kg"),
    [(80.0, 0.0125), (0.8, 1.25), (0.0, None), (-80.0, None), (float("inf"), None), (None, None)],
)
def test_grams_per_kilogram_of_a_body_of_any_weight(
    weight: float | None, per_kg: float | None
) -> None:
    frame = pl.DataFrame({"ng": [10**9], "kg": [weight]}, schema={"ng": pl.Int64, "kg": pl.Float64})
    assert frame.select(grams_per_kg(pl.col("ng"), pl.col("kg"))).item() == per_kg


@pytest.mark.parametrize(("ng", "g"), [(0, 0.0), (499, 0.0), (500, 1e-6), (10**9 + 1499, 1.000001)])
def test_grams_are_rounded_to_the_microgram_half_up(ng: int, g: float) -> None:
    assert pl.DataFrame({"ng": [ng]}).select(grams(pl.col("ng"))).item() == g


def test_a_quotient_is_correctly_rounded() -> None:
    frame = pl.DataFrame({"n": list(range(1, 2000))})
    found = frame.select(ratio(pl.col("n"), 1_000_000))["n"].to_list()
    assert found == [n / 1_000_000 for n in range(1, 2000)]
