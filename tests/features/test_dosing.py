"""Dosing: the expected rows were worked out by hand from the drawn administrations."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from doses_drawn import ADMITTED, drawn, exposure, features, people, row

from ehrivig.features.courses import courses, daily_doses
from ehrivig.features.dosing import dosing


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
