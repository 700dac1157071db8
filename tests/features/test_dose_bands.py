"""Groups by dose: on which side the cut lies, and what an incomplete amount proves."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from doses_drawn import drawn, exposure, features, people, row

from ehrivig.concepts.bands import bands, boundary_count
from ehrivig.features.dosing import dosing
from ehrivig.study import Band


def band(feature: str, cut: float, boundary: str = "low") -> Band:
    return Band.model_validate(
        {
            "name": "b",
            "feature": feature,
            "cut": cut,
            "boundary": boundary,
            "low_label": "low",
            "high_label": "high",
        }
    )


@pytest.mark.parametrize(
    ("dose", "boundary", "group", "on_cut"),
    [
        (10.0, "low", "low", 1),
        (10.0, "high", "high", 1),
        (10.000001, "low", "high", 0),
        (9.999999, "high", "low", 0),
    ],
)
def test_the_cut_belongs_to_the_side_that_the_study_names(
    dose: float, boundary: str, group: str, on_cut: int
) -> None:
    cut = band("max_daily_g", 10, boundary)
    setting = exposure(bands=(cut,))
    got = dosing(drawn(row(1, "09:00", dose, "g")), people(a1=50.0, a2=50.0), setting).collect()
    assert got.with_columns(bands(setting))["band_b"].to_list() == [group, None]
    assert boundary_count(got, cut) == on_cut


@pytest.mark.parametrize(
    ("feature", "cut", "group"),
    [
        ("max_daily_g", 5, "high"),
        ("max_daily_g", 20, None),
        ("total_g_per_kg", 0.1, "high"),
        ("total_g_per_kg", 2, None),
        ("mean_daily_g", 5, None),
        ("hours_to_first_dose", 48, "low"),
        ("duration_days", 8, "low"),
        ("n_dose_days", 1, "high"),
    ],
)
def test_an_incomplete_amount_can_only_prove_the_high_group(
    feature: str, cut: float, group: str | None
) -> None:
    setting = exposure(bands=(band(feature, cut),))
    rows = drawn(row(1, "09:00", 10.0, "g"), row(2, "09:00", 100.0, "mL"))
    got = dosing(rows, people(a1=50.0), setting).collect().with_columns(bands(setting))
    assert got["band_b"].to_list() == [group]


def test_the_bands_and_the_cut_add_up_to_the_exposed() -> None:
    setting = exposure(bands=(band("max_daily_g", 10),))
    rows = [
        row(1, "09:00", 10.0, "g"),
        row(1, "09:00", 25.0, "g", admission_id=2),
        row(1, "09:00", 10.0, "mL", admission_id=3),
        row(1, "09:00", 5.0, "g", admission_id=5),
    ]
    who = people(a1=50.0, a2=50.0, a3=50.0, a4=50.0, a5=50.0)
    got = dosing(drawn(*rows), who, setting).collect().with_columns(bands(setting))
    # one without an amount is in no group, one on the cut is in the low one, one is not exposed
    assert got.sort("admission_id")["band_b"].to_list() == ["low", "high", None, None, "low"]
    assert boundary_count(got, setting.bands[0]) == 1
    nobody = dosing(drawn(*rows).clear(), who.clear(), setting).collect()
    assert boundary_count(nobody, setting.bands[0]) == 0


def test_ten_grams_in_three_parts_are_ten_grams() -> None:
    third = [row(3, f"{hour:02}:00", 10 / 3, "g") for hour in (9, 12, 15)]
    assert features(*third)["max_daily_g"] == 10.0
    per_kg = [row(day, "09:00", 0.4, "g/kg", weight_kg=63.7) for day in range(1, 6)]
    assert features(*per_kg, weight=63.7)["total_g_per_kg"] == 2.0
    assert features(*per_kg, weight=63.7)["max_daily_g_per_kg"] == 0.4


def test_days_from_the_onset_of_symptoms_to_the_first_dose() -> None:
    onset = pl.Series("symptom_onset_at", [datetime(2020, 1, 29, 22), None])
    who = people(a1=50.0, a2=50.0).collect().with_columns(onset)
    rows = drawn(row(3, "10:00", 5.0, "g"), row(5, "10:00", 5.0, "g", admission_id=2))
    setting = exposure(bands=(band("days_from_onset_to_first_dose", 5),))
    got = dosing(rows, who.lazy(), setting).collect()
    assert got["days_from_onset_to_first_dose"].to_list() == [4.5, None]
    assert got.with_columns(bands(setting))["band_b"].to_list() == ["low", None]
