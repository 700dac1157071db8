"""Until when the data know of deaths, where the study file names no last day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis import strategies
from ehrivig.concepts import data_end
from ehrivig.concepts.data_end import last_moments, lost_at_the_end
from ehrivig.errors import UsageError
from ehrivig.study import Study

DAY = datetime(2020, 3, 1)


def days(n: float) -> datetime:
    return DAY + timedelta(days=n)


@pytest.fixture
def plan() -> Study:
    return study.load("ivig_covid19")


@pytest.fixture
def undated(plan: Study) -> Study:
    return plan.model_copy(
        update={"extract": plan.extract.model_copy(update={"extract_date": None})}
    )


def screened() -> pl.LazyFrame:
    """A tells until its day 40, by a death; B until its day 20, by an admission."""
    rows: list[dict[str, Any]] = [
        {"hospital_id": "A", "admitted_at": days(1), "discharged_at": days(9), "death_at": None},
        {"hospital_id": "A", "admitted_at": days(2), "discharged_at": None, "death_at": days(40.5)},
        {"hospital_id": "B", "admitted_at": days(20.2), "discharged_at": None, "death_at": None},
    ]
    return pl.LazyFrame(rows, schema_overrides={"death_at": pl.Datetime("us")})


def people() -> pl.DataFrame:
    """Hospital, day of time zero, dead within 28 days (None: unknown already), followed, event."""
    rows = [
        ("A", 1, False, 28.0, False),
        ("A", 13, False, 28.0, False),  # the data end with day 41: exactly 28 days
        ("A", 14, False, 28.0, False),
        ("A", 14, True, 3.0, True),
        ("B", 14, None, 2.0, False),
        ("B", 14, False, 28.0, False),
    ]
    names = ("hospital_id", "zero", "death_28d", "time_days", "event")
    made = pl.DataFrame(rows, schema=names, orient="row")
    zero = pl.lit(DAY) + pl.duration(days=pl.col("zero"))
    return made.with_columns(zero.cast(pl.Datetime("us")).alias("time_zero"))


def test_the_last_day_of_a_hospital_is_the_last_it_tells_of() -> None:
    found = dict(last_moments(screened()).iter_rows())
    assert found == {"A": days(41), "B": days(21)}


def test_mistyped_moments_are_not_the_end() -> None:
    """A death of 2029 ends no data; five such do, and one of a hospital of few admissions."""
    many = pl.concat([screened().head(1)] * 100)
    stray = pl.LazyFrame({"hospital_id": ["A"] * 4, "death_at": [datetime(2029, 1, 1)] * 4})
    for count, end in ((1, days(41)), (4, days(41)), (5, datetime(2029, 1, 2))):
        strays = (
            pl.concat([stray, stray])
            .head(count)
            .with_columns(
                pl.lit(None, pl.Datetime("us")).alias(name)
                for name in ("admitted_at", "discharged_at")
            )
        )
        own = strays.select(screened().collect_schema().names())
        assert dict(last_moments(pl.concat([many, screened(), own])).iter_rows())["A"] == end
        few = dict(last_moments(pl.concat([screened(), own])).iter_rows())
        assert few["A"] == datetime(2029, 1, 2)
    assert data_end._without_strays([None]) is None


def test_who_was_not_followed_to_the_horizon_is_lost(undated: Study) -> None:
    found = lost_at_the_end(people(), last_moments(screened()), undated)
    assert found["death_28d"].to_list() == [False, False, None, None, None, None]
    assert found["time_days"].to_list() == [28.0, 28.0, 27.0, 3.0, 2.0, 7.0]
    assert found.columns == people().columns


def test_a_declared_last_day_is_believed(plan: Study) -> None:
    assert isinstance(plan.extract.extract_date, date)
    table = people()
    assert lost_at_the_end(table, last_moments(screened()), plan).equals(table)


def test_nobody_followed_so_long_is_refused(undated: Study) -> None:
    lost = people().with_columns(pl.lit(None, pl.Boolean).alias("death_28d"))
    with pytest.raises(
        UsageError, match=r"nobody in the cohort is followed for 28 days .*extract_"
    ):
        strategies.refuse_unreached(lost, undated)
    strategies.refuse_unreached(people(), undated)
