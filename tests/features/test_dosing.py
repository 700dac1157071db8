"""Dosing: the expected rows were worked out by hand from the drawn administrations."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig import codes
from ehrivig.codes.dose_units import dose_unit
from ehrivig.concepts import define_given
from ehrivig.concepts.bands import bands, boundary_count
from ehrivig.database import Database
from ehrivig.features.courses import courses, daily_doses, day_sums, survey
from ehrivig.features.dose import grams, ratio
from ehrivig.features.dosing import administrations, dosing
from ehrivig.study import Band, Exposure, Study, load

ADMITTED = datetime(2020, 2, 1, 8, 0)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "hospital_id": pl.String,
    "admission_id": pl.Int64,
    "patient_id": pl.Int64,
    "medication_id": pl.Int64,
    "dose": pl.Float64,
    "dose_unit": pl.String,
    "concentration_g_per_l": pl.Float64,
    "strength_g": pl.Float64,
    "billing_unit_g": pl.Float64,
    "product_type": pl.String,
    "started_at": pl.Datetime("us"),
    "stopped_at": pl.Datetime("us"),
    "weight_kg": pl.Float64,
    "time_zero": pl.Datetime("us"),
    "discharged_at": pl.Datetime("us"),
}


def exposure(**settings: Any) -> Exposure:
    return Exposure(name="ivig", label="IVIG", codelist="ivig", **settings)


def row(day: int, clock: str, dose: float | None, unit: str | None, **more: Any) -> dict[str, Any]:
    """One administration on day `day` of February 2020 at hh:mm."""
    hour, minute = map(int, clock.split(":"))
    base = {
        "hospital_id": "A",
        "admission_id": 1,
        "patient_id": 11,
        "medication_id": 1,
        "product_type": "standard",
        "started_at": datetime(2020, 2, 1, hour, minute) + timedelta(days=day - 1),
        "weight_kg": 50.0,
        "time_zero": ADMITTED,
        "discharged_at": datetime(2020, 3, 31),
    }
    return {**base, "dose": dose, "dose_unit": unit, **more}


def drawn(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA).lazy()


def people(**weights: float | None) -> pl.LazyFrame:
    """Candidates a1, a2, ... with their weights."""
    return pl.DataFrame(
        [
            {
                "hospital_id": "A",
                "admission_id": int(name[1:]),
                "patient_id": 10 + int(name[1:]),
                "time_zero": ADMITTED,
                "weight_kg": weight,
            }
            for name, weight in weights.items()
        ],
        schema={
            k: SCHEMA[k]
            for k in ("hospital_id", "admission_id", "patient_id", "time_zero", "weight_kg")
        },
    ).lazy()


def features(*rows: dict[str, Any], weight: float | None = 50.0, **settings: Any) -> dict[str, Any]:
    """The dosing row of the one candidate, admission 1."""
    got = dosing(drawn(*rows), people(a1=weight), exposure(**settings)).collect()
    assert got.height == 1
    return got.row(0, named=True)


# ---------------------------------------------------------------- units


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


# ---------------------------------------------------------------- features


def test_every_feature_of_one_drawn_admission() -> None:
    got = features(
        row(3, "10:00", 5.0, "g"),
        row(3, "16:00", 5.0, "g"),
        row(3, "23:30", 2.5, "g"),
        row(4, "10:00", 10.0, "g"),
        row(6, "10:00", 200.0, "mL", concentration_g_per_l=50.0),
        row(6, "18:00", 100.0, "mL"),
    )
    assert got == {
        "hospital_id": "A",
        "admission_id": 1,
        "ivig_any": True,
        "n_administrations": 6,
        "first_dose_at": datetime(2020, 2, 3, 10, 0),
        "hours_to_first_dose": 50.0,
        "days_from_onset_to_first_dose": None,
        "max_daily_g": 12.5,
        "mean_daily_g": 10.833333,
        "total_g": 32.5,
        "total_g_per_kg": 0.65,
        "max_daily_g_per_kg": 0.25,
        "n_dose_days": 3,
        "duration_days": 4,
        "n_courses": 1,
        "product_type": "standard",
        "dose_coverage": 5 / 6,
        "dose_complete": False,
    }


def test_days_from_the_onset_of_symptoms_to_the_first_dose() -> None:
    onset = pl.Series("symptom_onset_at", [datetime(2020, 1, 29, 22), None])
    who = people(a1=50.0, a2=50.0).collect().with_columns(onset)
    rows = drawn(row(3, "10:00", 5.0, "g"), row(5, "10:00", 5.0, "g", admission_id=2))
    setting = exposure(bands=(band("days_from_onset_to_first_dose", 5),))
    got = dosing(rows, who.lazy(), setting).collect()
    assert got["days_from_onset_to_first_dose"].to_list() == [4.5, None]
    assert got.with_columns(bands(setting))["band_b"].to_list() == ["low", None]


def test_a_day_without_an_amount_does_not_pull_the_mean_down() -> None:
    got = features(row(3, "10:00", 10.0, "g"), row(4, "10:00", 100.0, "mL"))
    assert (got["mean_daily_g"], got["max_daily_g"], got["n_dose_days"]) == (10.0, 10.0, 2)
    assert got["duration_days"] == 2


def test_an_infusion_over_midnight_belongs_to_its_start_day() -> None:
    late = row(3, "23:00", 10.0, "g", stopped_at=datetime(2020, 2, 4, 3, 0))
    midnight = row(5, "00:00", 5.0, "g")
    got = features(late, midnight)
    assert (got["max_daily_g"], got["n_dose_days"], got["duration_days"]) == (10.0, 2, 3)


def test_pro_rata_shares_an_infusion_over_its_days_by_time() -> None:
    late = row(3, "23:00", 10.0, "g", stopped_at=datetime(2020, 2, 4, 3, 0))
    days = daily_doses(drawn(late), exposure(midnight="pro_rata")).collect()
    assert days["day"].to_list() == [date(2020, 2, 3), date(2020, 2, 4)]
    assert days["dose_g"].to_list() == [2.5, 7.5]
    assert days["n_given"].to_list() == [1, 0]
    got = features(late, midnight="pro_rata")
    assert (got["max_daily_g"], got["total_g"], got["n_administrations"]) == (7.5, 10.0, 1)
    assert (got["n_dose_days"], got["duration_days"], got["dose_coverage"]) == (2, 2, 1.0)
    assert got["first_dose_at"] == datetime(2020, 2, 3, 23, 0)


@pytest.mark.parametrize(
    "stopped_at",
    [
        None,
        datetime(2020, 2, 3, 22, 0),
        datetime(2020, 2, 3, 23, 0),
        datetime(2020, 2, 4, 0, 0),
        datetime(2020, 2, 28, 0, 0),
    ],
)
def test_pro_rata_keeps_an_infusion_whole_without_a_usable_stop(stopped_at: datetime) -> None:
    got = features(row(3, "23:00", 10.0, "g", stopped_at=stopped_at), midnight="pro_rata")
    assert (got["max_daily_g"], got["n_dose_days"]) == (10.0, 1)


def test_pro_rata_of_an_unknown_amount_is_unknown_on_both_days() -> None:
    late = row(3, "23:00", 10.0, "mL", stopped_at=datetime(2020, 2, 4, 3, 0))
    got = features(late, midnight="pro_rata")
    assert (got["total_g"], got["n_dose_days"], got["dose_coverage"]) == (None, 2, 0.0)


@pytest.mark.parametrize(("last_day", "n_courses"), [(8, 1), (9, 2), (10, 2)])
def test_a_course_ends_after_a_gap_of_more_than_seven_days(last_day: int, n_courses: int) -> None:
    rows = [row(1, "09:00", 10.0, "g"), row(last_day, "09:00", 10.0, "g")]
    got = features(*rows)
    assert (got["n_courses"], got["duration_days"]) == (n_courses, last_day)
    assert features(*rows, course_gap_days=last_day - 1)["n_courses"] == 1


def test_gaps_of_one_admission_say_nothing_about_the_next() -> None:
    rows = [
        row(1, "09:00", 1.0, "g"),
        row(20, "09:00", 1.0, "g"),
        row(40, "09:00", 1.0, "g", admission_id=2),
    ]
    got = dosing(drawn(*rows), people(a1=None, a2=None), exposure()).collect()
    assert got["n_courses"].to_list() == [2, 1]


def test_courses_are_listed_with_their_own_sums() -> None:
    rows = [
        row(1, "09:00", 10.0, "g"),
        row(1, "12:00", 2.5, "g"),
        row(8, "09:00", 10.0, "g"),
        row(16, "09:00", 5.0, "g", product_type="igma_enriched"),
        row(17, "09:00", 5.0, "mL"),
        row(2, "09:00", 1.0, "g", admission_id=2, weight_kg=None),
    ]
    got = courses(drawn(*rows), people(a1=50.0, a2=None, a3=60.0), exposure()).collect()
    named = ["admission_id", "course", "started_on", "stopped_on", "n_dose_days", "n_usable"]
    assert got.select(named).rows() == [
        (1, 1, date(2020, 2, 1), date(2020, 2, 8), 2, 3),
        (1, 2, date(2020, 2, 16), date(2020, 2, 17), 2, 1),
        (2, 1, date(2020, 2, 2), date(2020, 2, 2), 1, 1),
    ]
    assert got["total_g"].to_list() == [22.5, 5.0, 1.0]
    assert got["max_daily_g"].to_list() == [12.5, 5.0, 1.0]
    assert got["total_g_per_kg"].to_list() == [0.45, 0.1, None]
    assert got["complete"].to_list() == [True, False, True]
    assert got["product_type"].to_list() == ["standard", "mixed", "standard"]
    assert got["n_administrations"].to_list() == [3, 2, 1]


def test_the_product_is_the_single_type_or_mixed() -> None:
    first = row(1, "09:00", 1.0, "g")
    assert features(first, row(2, "09:00", 1.0, "g"))["product_type"] == "standard"
    assert (
        features(first, row(2, "09:00", 1.0, "g", product_type="igma_enriched"))["product_type"]
        == "mixed"
    )
    assert features(row(1, "09:00", 1.0, "g", product_type=None))["product_type"] == "unknown"


def test_a_candidate_without_administrations_keeps_a_row() -> None:
    got = dosing(drawn(row(1, "09:00", 5.0, "g")), people(a2=70.0, a1=None), exposure()).collect()
    assert got["admission_id"].to_list() == [1, 2]
    assert got["ivig_any"].to_list() == [True, False]
    assert got["n_administrations"].to_list() == [1, 0]
    bare = got.row(1, named=True)
    rest = [name for name in got.columns[4:] if bare[name] is not None]
    assert rest == []
    known = got.row(0, named=True)
    assert (known["total_g"], known["total_g_per_kg"]) == (5.0, None)


DOSES = (row(2, "09:00", 5.0, "g"), row(3, "09:00", 5.0, "g"))


@pytest.mark.parametrize(
    ("unread_day", "any_", "coverage", "days"),
    [(None, True, 1.0, 2), (1, None, 2 / 3, None), (3, True, 2 / 3, None)],
)
def test_what_may_be_a_dose_leaves_the_rest_a_lower_bound(
    unread_day: int | None, any_: bool | None, coverage: float, days: int | None
) -> None:
    """Before the first dose nobody knows when it was; after it nobody knows how many days."""
    start = datetime(2020, 2, unread_day, 8) if unread_day else None
    who = people(a1=50.0).with_columns(
        sends_medication=pl.lit(True),
        n_unread=pl.lit(0 if unread_day is None else 1, pl.Int64),
        unread_from=pl.lit(start, pl.Datetime("us")),
    )
    got = dosing(drawn(*DOSES), who, exposure()).collect().row(0, named=True)
    assert got["ivig_any"] is any_
    assert (got["first_dose_at"] is None) == (any_ is None)
    assert (got["hours_to_first_dose"] is None) == (any_ is None)
    assert got["dose_coverage"] == pytest.approx(coverage)
    assert got["dose_complete"] is (unread_day is None)
    assert [got[name] for name in ("n_dose_days", "duration_days")] == [days, days]
    assert got["total_g"] == 10.0


def test_administrations_to_others_are_left_out() -> None:
    got = dosing(drawn(row(1, "09:00", 5.0, "g", admission_id=9)), people(a1=50.0), exposure())
    assert got.collect()["ivig_any"].to_list() == [False]


def test_without_a_time_zero_nothing_is_known() -> None:
    who = people(a1=50.0).with_columns(time_zero=pl.lit(None, pl.Datetime("us")))
    got = dosing(drawn(row(1, "09:00", 5.0, "g", time_zero=None)), who, exposure()).collect()
    assert got.row(0)[2:] == (None,) * (got.width - 2)


@pytest.mark.parametrize("text_key", [False, True])
@pytest.mark.parametrize("midnight", ["start_day", "pro_rata"])
def test_empty_inputs_keep_the_schema(text_key: bool, midnight: str) -> None:
    key = pl.col("admission_id").cast(pl.String if text_key else pl.Int64)
    some = drawn(row(1, "09:00", 5.0, "g")).with_columns(key)
    who = people(a1=50.0).with_columns(key)
    setting = exposure(midnight=midnight)
    full = dosing(some, who, setting).collect()
    none = dosing(some.clear(), who, setting).collect()
    nobody = dosing(some, who.clear(), setting).collect()
    assert none.schema == full.schema == nobody.schema
    assert (none.height, nobody.height) == (1, 0)
    assert none["ivig_any"].to_list() == [False]
    assert courses(some.clear(), who, setting).collect().height == 0
    assert (
        daily_doses(some.clear(), setting).collect().schema
        == daily_doses(some, setting).collect().schema
    )


# ---------------------------------------------------------------- window


@pytest.mark.parametrize(
    ("started_at", "settings", "inside"),
    [
        (ADMITTED, {}, True),
        (ADMITTED - timedelta(microseconds=1), {}, False),
        (ADMITTED - timedelta(hours=6), {"start_hours": -6}, True),
        (ADMITTED + timedelta(hours=48), {"end_hours": 48}, True),
        (ADMITTED + timedelta(hours=48, microseconds=1), {"end_hours": 48}, False),
        (datetime(2020, 3, 31), {}, True),
        (datetime(2020, 3, 31, 23, 59), {}, True),  # discharged at midnight: a bare date
        (datetime(2020, 4, 1), {}, False),
        (datetime(2020, 4, 1), {"end_hours": 24 * 365}, False),
        (None, {}, False),
    ],
)
def test_the_window_is_closed_at_both_ends(
    started_at: datetime | None, settings: dict[str, Any], inside: bool
) -> None:
    given = row(1, "09:00", 5.0, "g", started_at=started_at)
    assert features(given, **settings)["ivig_any"] is inside


def test_an_unknown_discharge_sets_no_end() -> None:
    assert features(row(58, "09:00", 5.0, "g", discharged_at=None))["ivig_any"] is True


# ---------------------------------------------------------------- bands


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


# ---------------------------------------------------------------- properties

AMOUNTS = st.one_of(
    st.decimals(min_value="0.001", max_value="200", places=3).map(lambda d: (float(d), "g")),
    st.decimals(min_value="0.1", max_value="90000", places=1).map(lambda d: (float(d), "mg")),
    st.decimals(min_value="0.1", max_value="2000", places=1).map(lambda d: (float(d), "mL")),
    st.integers(1, 20).map(lambda n: (float(n), "支")),
)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 6),
        AMOUNTS,
        st.integers(0, 30 * 24 * 60),
        st.integers(0, 3 * 24 * 60),
        st.sampled_from([None, 50.0, 100.0]),
        st.sampled_from([None, 2.5, 5.0]),
    ),
    max_size=40,
)


def built(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        row(
            1,
            "08:00",
            dose,
            unit,
            admission_id=admission,
            concentration_g_per_l=concentration,
            strength_g=strength,
            started_at=ADMITTED + timedelta(minutes=start),
            stopped_at=ADMITTED + timedelta(minutes=start + length),
        )
        for admission, (dose, unit), start, length, concentration, strength in rows
    ]


def naive_grams(given: dict[str, Any]) -> Decimal | None:
    """The amount in decimal arithmetic, from the definitions alone."""
    dose = Decimal(str(given["dose"]))
    factor = {
        "g": Decimal(1),
        "mg": Decimal("0.001"),
        "mL": given["concentration_g_per_l"]
        and Decimal(str(given["concentration_g_per_l"])) / 1000,
        "支": given["strength_g"] and Decimal(str(given["strength_g"])),
    }[given["dose_unit"]]
    return dose * factor if factor else None


def naive(rows: list[dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
    """Any, total, largest day, dose days, duration, courses, coverage per admission, by loops."""
    result = {}
    for admission in sorted({r["admission_id"] for r in rows}):
        mine = [r for r in rows if r["admission_id"] == admission]
        days = sorted({r["started_at"].date() for r in mine})
        usable = [r for r in mine if naive_grams(r) is not None]
        sums: dict[date, Decimal] = {}
        for r in usable:
            amount, day = naive_grams(r), r["started_at"].date()
            assert amount is not None
            sums[day] = sums.get(day, Decimal(0)) + amount
        gaps = [(b - a).days for a, b in pairwise(days)]
        micro = Decimal("0.000001")
        result[admission] = (
            float(sum(sums.values()).quantize(micro, ROUND_HALF_UP)) if sums else None,
            float(max(sums.values()).quantize(micro, ROUND_HALF_UP)) if sums else None,
            len(days),
            (days[-1] - days[0]).days + 1,
            1 + sum(gap > 7 for gap in gaps),
            len(usable) / len(mine),
            len(mine),
        )
    return result


CHECKED = [
    "total_g",
    "max_daily_g",
    "n_dose_days",
    "duration_days",
    "n_courses",
    "dose_coverage",
    "n_administrations",
]
WHO = people(a1=50.0, a2=50.0, a3=50.0, a4=50.0, a5=50.0, a6=50.0)


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_features_equal_naive_decimal_sums(rows: list[Any]) -> None:
    mine = built(rows)
    got = dosing(drawn(*mine), WHO, exposure()).collect().filter("ivig_any")
    found = {r["admission_id"]: tuple(r[name] for name in CHECKED) for r in got.to_dicts()}
    assert found == naive(mine)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.sampled_from(["start_day", "pro_rata"]))
def test_row_order_file_order_and_key_type_never_matter(
    rows: list[Any], chance: random.Random, midnight: str
) -> None:
    setting = exposure(midnight=midnight)
    straight, shuffled = built(rows), built(rows)
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    files = pl.concat([drawn(*shuffled[cut:]), drawn(*shuffled[:cut])])
    expected = dosing(drawn(*straight), WHO, setting).collect()
    assert dosing(files, WHO, setting).collect().equals(expected)
    text = pl.col("admission_id").cast(pl.String)
    as_text = dosing(files.with_columns(text), WHO.with_columns(text), setting).collect()
    assert as_text.equals(expected.with_columns(text))
    wide = pl.col("admission_id") + 2**50
    as_wide = dosing(files.with_columns(wide), WHO.with_columns(wide), setting).collect()
    assert as_wide.equals(expected.with_columns(wide))


@settings(max_examples=80, deadline=None)
@given(ROWS, st.data())
def test_splitting_an_infusion_conserves_the_dose(rows: list[Any], data: st.DataObject) -> None:
    """An infusion written as several rows of the same day gives the same amounts and days."""
    whole = built(rows)
    split = []
    for given_row in whole:
        n = data.draw(st.integers(1, 4))
        split += [{**given_row, "dose": given_row["dose"] / n} for _ in range(n)]
    kept = [name for name in CHECKED if name not in ("dose_coverage", "n_administrations")]
    one = dosing(drawn(*whole), WHO, exposure()).collect().select(kept)
    many = dosing(drawn(*split), WHO, exposure()).collect().select(kept)
    assert many.equals(one)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_pro_rata_conserves_the_dose_of_each_admission(rows: list[Any]) -> None:
    mine = drawn(*built(rows))
    sums = []
    for midnight in ("start_day", "pro_rata"):
        setting = exposure(midnight=midnight)
        days = day_sums(mine, setting, survey(mine)).group_by("admission_id")
        sums.append(
            days.agg(pl.col("amount_ng").sum(), pl.col("n_given").sum(), pl.col("n_usable").sum())
            .sort("admission_id")
            .collect()
        )
    assert sums[0].equals(sums[1])


def test_many_rows_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    """Large enough for several threads and morsels; parts of grams that floats cannot add up."""
    count = 300_000
    frame = pl.DataFrame({"n": pl.int_range(count, eager=True)}).select(
        pl.lit("A").alias("hospital_id"),
        (pl.col("n") % 20_011).alias("admission_id"),
        (pl.col("n") % 20_011).alias("patient_id"),
        pl.col("n").alias("medication_id"),
        ((pl.col("n") % 97 + 1) / 7).alias("dose"),
        pl.when(pl.col("n") % 3 == 0)
        .then(pl.lit("g"))
        .otherwise(pl.lit("vial"))
        .alias("dose_unit"),
        pl.lit(None, pl.Float64).alias("concentration_g_per_l"),
        pl.lit(0.1).alias("strength_g"),
        pl.lit(None, pl.Float64).alias("billing_unit_g"),
        pl.when(pl.col("n") % 5 == 0)
        .then(pl.lit("igma_enriched"))
        .otherwise(pl.lit("standard"))
        .alias("product_type"),
        (pl.lit(ADMITTED) + pl.duration(minutes=pl.col("n") * 7919 % 60_000)).alias("started_at"),
        pl.lit(None, pl.Datetime("us")).alias("stopped_at"),
        pl.lit(61.3).alias("weight_kg"),
        pl.lit(ADMITTED).cast(pl.Datetime("us")).alias("time_zero"),
        pl.lit(None, pl.Datetime("us")).alias("discharged_at"),
    )
    who = frame.select("hospital_id", "admission_id", "time_zero", "weight_kg").unique().lazy()
    seen = set()
    for seed in range(3):
        part = frame.sample(fraction=1.0, shuffle=True, seed=seed)
        first, second = tmp_path / f"a{seed}.parquet", tmp_path / f"b{seed}.parquet"
        part.head(100_000 * (seed + 1) // 2).write_parquet(first, row_group_size=10_000)
        part.tail(count - 100_000 * (seed + 1) // 2).write_parquet(second, row_group_size=7_000)
        files = pl.scan_parquet([second, first])
        out = tmp_path / f"out{seed}.parquet"
        dosing(files, who, exposure()).collect(engine="streaming").write_parquet(out)
        seen.add(out.read_bytes())
    assert len(seen) == 1
    naive_days = (
        frame.with_columns(day=pl.col("started_at").dt.date())
        .group_by("admission_id")
        .agg(pl.col("day").unique().sort())
        .sort("admission_id")
    )
    got = pl.read_parquet(tmp_path / "out0.parquet")
    by_loop = [
        1 + sum((b - a).days > 7 for a, b in pairwise(days)) for days in naive_days["day"].to_list()
    ]
    assert got["n_courses"].to_list() == by_loop
    assert got["n_dose_days"].to_list() == naive_days["day"].list.len().to_list()


def test_the_large_part_runs_in_the_streaming_engine(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    drawn(row(1, "09:00", 5.0, "g")).collect().write_parquet(path)
    for midnight in ("start_day", "pro_rata"):
        plan = dosing(pl.scan_parquet(path), WHO, exposure(midnight=midnight)).show_graph(
            engine="streaming", plan_stage="physical", raw_output=True
        )
        nodes = [line for line in (plan or "").splitlines() if "[label=" in line]
        assert len(nodes) > 5
        assert not [n for n in nodes if "in-memory-map" in n or 'fillcolor="0.0 0.3 1.0"' in n]


# ---------------------------------------------------------------- from the database


def hospital(folder: Path) -> Database:
    """A hospital with three candidates and every product trap, which may write into a folder."""
    db = Database(within=[folder])
    db.execute("CREATE SCHEMA ref")
    db.execute(
        """CREATE TABLE ref.drug AS SELECT * FROM (VALUES
            (1, 'ATC', 'J06BA02', 'IVIG 5%', 'iv'), (2, 'ATC', 'J06BA02', 'IVIG 5%', 'im'),
            (3, 'ATC', 'J06BB04', 'Hepatitis B Ig', 'iv'), (4, 'HCPCS', 'J1561', 'Gamunex', 'iv'),
            (5, 'local', '丙种球蛋白', '丙种球蛋白', 'iv'), (6, 'local', 'X', 'two lines', 'iv'),
            (7, 'ATC', 'H02AB02', 'dexamethasone', 'iv'), (8, 'local', 'Y', 'IgM', 'iv'))
            AS t(drug, vocabulary, drug_code, drug_name, route)"""
    )
    db.execute(
        """CREATE TABLE ref.drug_class AS
        SELECT drug, codelist, verdict, product_type, concentration_g_per_l::DOUBLE AS
            concentration_g_per_l, strength_g::DOUBLE AS strength_g, FALSE AS route_implied
        FROM (VALUES
            (1, 'ivig', 'include', 'standard', 50.0, 2.5),
            (2, 'ivig', 'include', 'standard', 50.0, 2.5),
            (3, 'ivig', 'exclude', 'hyperimmune', NULL, NULL),
            (4, 'ivig', 'include', NULL, 100.0, NULL),
            (5, 'ivig', 'quarantine', NULL, NULL, NULL),
            (6, 'ivig', 'include', 'standard', 50.0, NULL),
            (6, 'ivig', 'exclude', NULL, NULL, NULL),
            (7, 'glucocorticoid', 'include', NULL, NULL, NULL),
            (1, 'other', 'include', NULL, 1.0, 1.0),
            (8, 'ivig', 'include', 'igma_enriched', 50.0, 1.0),
            (8, 'ivig', 'include', 'igma_enriched', 100.0, 1.0))
            AS t(drug, codelist, verdict, product_type, concentration_g_per_l, strength_g)"""
    )
    db.execute(
        "CREATE TABLE ref.drug_hint AS SELECT 4 AS drug, 'ivig' AS codelist, TRUE AS watched, "
        "0.5::DOUBLE AS billing_unit_g, FALSE AS route_denied"
    )
    db.execute(
        """CREATE TABLE candidate AS
        SELECT 'A' AS hospital_id, admission_id::BIGINT AS admission_id,
            admission_id::BIGINT + 10 AS patient_id, weight_kg::DOUBLE AS weight_kg,
            TIMESTAMP '2020-02-01 08:00' AS time_zero,
            TIMESTAMP '2020-03-01 08:00' AS discharged_at
        FROM (VALUES (1, 50.0), (2, NULL), (3, 70.0)) AS t(admission_id, weight_kg)"""
    )
    define_given(db)
    return db


def medicate(db: Database, *lines: tuple[Any, ...]) -> None:
    """Rows: medication_id, admission_id, drug, dose, unit, concentration, strength, status."""
    db.execute(
        """CREATE TABLE medication (hospital_id VARCHAR, admission_id BIGINT, medication_id BIGINT,
            order_id BIGINT, drug_code VARCHAR, vocabulary VARCHAR, drug_name VARCHAR, dose DOUBLE,
            dose_unit VARCHAR, concentration_g_per_l DOUBLE, strength_g DOUBLE, route VARCHAR,
            status VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP, drug INTEGER)"""
    )
    for number, admission, drug, dose, unit, concentration, strength, status in lines:
        db.execute(
            """INSERT INTO medication SELECT 'A', $admission, $number, NULL, drug_code, vocabulary,
                drug_name, $dose, $unit, $concentration, $strength, route, $status,
                TIMESTAMP '2020-02-03 08:00', NULL, drug FROM ref.drug WHERE drug = $drug""",
            {
                "admission": admission,
                "number": number,
                "drug": drug,
                "dose": dose,
                "unit": unit,
                "concentration": concentration,
                "strength": strength,
                "status": status,
            },
        )


@pytest.fixture(scope="module")
def study() -> Study:
    return load("ivig_covid19")


def test_only_given_included_products_by_allowed_routes_are_written(
    study: Study, tmp_path: Path
) -> None:
    with hospital(tmp_path) as db:
        medicate(
            db,
            (1, 1, 1, 100.0, "mL", None, None, "given"),
            (2, 1, 1, 250.0, "mL", 40.0, None, "stopped"),
            (3, 1, 1, 4.0, "支", None, None, "given"),
            (4, 1, 2, 5.0, "g", None, None, "given"),
            (5, 1, 3, 5.0, "g", None, None, "given"),
            (6, 2, 4, 20.0, "unit", None, None, "given"),
            (7, 2, 4, 20.0, " ", None, None, "given"),
            (8, 2, 1, 20.0, "unit", None, None, "given"),
            (9, 2, 5, 5.0, "g", None, None, "given"),
            (10, 2, 6, 5.0, "g", None, None, "given"),
            (11, 2, 7, 5.0, "g", None, None, "given"),
            (12, 1, 1, 5.0, "g", None, None, "cancelled"),
            (13, 1, 1, 5.0, "g", None, None, "unknown"),
            (14, 99, 1, 5.0, "g", None, None, "given"),
            (15, 2, 8, 50.0, "mL", None, None, "given"),
            (16, 1, 1, 10.0, "mL", -1.0, None, "given"),
            (17, 3, 1, 100.0, "mL", 74.0, None, "given"),
            (18, 3, 1, 100.0, "mL", 100.0, None, "given"),
        )
        path = administrations(db, study, tmp_path / "hospital a")
    kept = pl.read_parquet(path).sort("medication_id")
    assert kept["medication_id"].to_list() == [1, 2, 3, 6, 7, 8, 15, 16, 17, 18]
    # diluted is possible, a rounded strength too; twice as strong as the product is not
    strong = [50, 40, 50, 100, 100, 50, None, 50, 74, None]
    assert kept["concentration_g_per_l"].to_list() == strong
    assert kept["strength_g"].to_list() == [2.5, 2.5, 2.5, None, None, 2.5, 1.0, 2.5, 2.5, 2.5]
    assert kept["billing_unit_g"].to_list() == [*[None] * 3, 0.5, 0.5, *[None] * 5]
    units = ["mL", "mL", "支", "unit", "unit", "unit", "mL", "mL", "mL", "mL"]
    assert kept["dose_unit"].to_list() == units
    types = [*["standard"] * 3, "unknown", "unknown", "standard", "igma_enriched"]
    assert kept["product_type"].to_list() == [*types, *["standard"] * 3]
    who = pl.DataFrame(
        {
            "hospital_id": "A",
            "admission_id": [3, 2, 1],
            "time_zero": [ADMITTED] * 3,
            "weight_kg": [70.0, None, 50.0],
        },
        schema_overrides={"admission_id": kept.schema["admission_id"]},
    )
    got = dosing(pl.scan_parquet(path), who.lazy(), study.exposure).collect()
    # admission 1: 5 + 10 + 10 + 0.5 g; admission 2: 10 + 10 g in units, two rows without an amount
    assert got["total_g"].to_list() == [25.5, 20.0, 7.4]
    assert got["dose_coverage"].to_list() == [1.0, 0.5, 0.5]
    assert got["hours_to_first_dose"].to_list() == [48.0, 48.0, 48.0]
    groups = got.with_columns(bands(study.exposure))
    assert groups["band_timing"].to_list() == ["low", "low", "low"]
    assert groups["band_dose"].to_list() == ["high", "high", None]
    assert groups["band_duration"].to_list() == ["low", "low", "low"]


def test_a_hospital_without_the_drug_writes_an_empty_file(study: Study, tmp_path: Path) -> None:
    with hospital(tmp_path) as db:
        medicate(db)
        path = administrations(db, study, tmp_path)
        db.copy("SELECT * FROM candidate", tmp_path / "candidate.parquet")
    got = dosing(
        pl.scan_parquet(path), pl.scan_parquet(tmp_path / "candidate.parquet"), study.exposure
    ).collect()
    assert got["ivig_any"].to_list() == [False, False, False]
    assert got["total_g"].to_list() == [None, None, None]


def test_every_billing_code_is_one_of_the_specified() -> None:
    rows = codes.SHIPPED.drug_rows("ivig")
    billed = {row["value"]: row["billing_unit_g"] for row in rows if row["billing_unit_g"]}
    assert set(billed.values()) == {"0.5"}
    assert " ".join(sorted(billed)) == "J1459 J1556 J1557 J1561 J1566 J1568 J1569 J1572 J1599"
