"""Strategies that nobody, or everybody, follows are refused; others are not."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from ehrivig.analysis.strategies import refuse_unfollowed, refuse_unreached
from ehrivig.errors import UsageError
from ehrivig.study import Study, load

STUDY = load("ivig_covid19")


def _asking(answer: str) -> Study:
    estimand = STUDY.study.estimand.model_copy(update={"analysis": answer})
    named = STUDY.study.model_copy(update={"estimand": estimand})
    return STUDY.model_copy(update={"study": named})


def _cohort(*hours: float | None) -> pl.DataFrame:
    start = pl.Series("hours_to_first_dose", hours, dtype=pl.Float64)
    return pl.DataFrame({"exposed": start.is_not_null(), "hours_to_first_dose": start})


@pytest.mark.parametrize(("answer", "late"), [("clone_censor_weight", 49.0), ("landmark", 25.0)])
def test_nobody_starts_in_time(answer: str, late: float) -> None:
    assert (STUDY.grace_hours, STUDY.analysis.landmark_hours[0]) == (48, 24)
    with pytest.raises(UsageError, match=r"analysis\.\w+_hours: nobody .* Write more hours"):
        refuse_unfollowed(_cohort(late, None, None), _asking(answer))
    refuse_unfollowed(_cohort(late - 1, None, None), _asking(answer))


def test_everybody_starts_in_time() -> None:
    with pytest.raises(UsageError, match=r"grace_hours: everybody .* Write fewer hours"):
        refuse_unfollowed(_cohort(1, 2, 48), STUDY)
    refuse_unfollowed(_cohort(1, 2, 49), STUDY)


def test_a_dose_before_time_zero_follows_no_strategy() -> None:
    with pytest.raises(UsageError, match="nobody"):
        refuse_unfollowed(_cohort(-1, None), STUDY)


@pytest.mark.parametrize("cohort", [_cohort(), _cohort(None, None)], ids=["empty", "untreated"])
def test_where_nobody_is_exposed_at_all_it_is_not_the_hours(cohort: pl.DataFrame) -> None:
    refuse_unfollowed(cohort, STUDY)


def test_other_answers_have_no_deadline() -> None:
    refuse_unfollowed(_cohort(1000, None), _asking("matched"))


@pytest.mark.parametrize(
    ("first", "refused"),
    [
        (datetime(2020, 6, 2, 23, 59), False),  # 28 days later is the last day of the extract
        (datetime(2020, 6, 3), True),
    ],
)
def test_a_horizon_that_nobody_reaches(first: datetime, refused: bool) -> None:
    assert str(STUDY.extract.extract_date) == "2020-06-30"
    table = pl.DataFrame({"time_zero": [datetime(2020, 6, 20), first]})
    if not refused:
        refuse_unreached(table, STUDY)
        return
    said = r"outcomes\.death_28d\.within_days: 28 days .* beyond the extract \(2020-06-30\)"
    with pytest.raises(UsageError, match=said):
        refuse_unreached(table, STUDY)


def test_without_a_last_day_or_people_nothing_is_said_of_it() -> None:
    late = pl.DataFrame({"time_zero": [datetime(2020, 6, 20)], "death_28d": [False]})
    section = STUDY.extract.model_copy(update={"extract_date": None})
    refuse_unreached(late, STUDY.model_copy(update={"extract": section}))
    refuse_unreached(late.clear(), STUDY)
