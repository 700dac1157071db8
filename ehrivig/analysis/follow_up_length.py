"""How long people were followed, by arm (STROBE 14c, TARGET 10)."""

from __future__ import annotations

import polars as pl

from ehrivig import disclosure
from ehrivig.concepts.follow_up import Answerable

SCHEMA = {f"{name}_days": pl.Float64 for name in ("median", "q1", "q3")}
"""Days from time zero to the first of: the event, the last day on which it could be seen, the
horizon. Whole days, over whose follow-up is known."""
_QUANTILES = {"q1_days": 0.25, "median_days": 0.5, "q3_days": 0.75}


def of_arm(people: pl.DataFrame, answerable: Answerable) -> dict[str, float | None]:
    """Median and quartiles of an arm; None of few people, and where no death is followed."""
    column = "time_days" if _beyond_the_stay(answerable) else "stay_days"
    if column not in people.columns:
        return dict.fromkeys(_QUANTILES)
    days = people[column].drop_nulls()
    if days.len() < disclosure.FEWEST_DESCRIBED:
        return dict.fromkeys(_QUANTILES)
    found = {name: days.quantile(q, "linear") for name, q in _QUANTILES.items()}
    return {name: None if value is None else float(round(value)) for name, value in found.items()}


def _beyond_the_stay(answerable: Answerable) -> bool:
    """Whether who left the hospital alive is followed on."""
    return answerable.study.primary.source == "death" and not answerable.weighted_for_lost
