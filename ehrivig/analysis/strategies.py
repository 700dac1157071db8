"""Strategies that nobody follows, a horizon that nobody reaches: there is nothing to compare."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import polars as pl

from ehrivig.errors import UsageError, many
from ehrivig.study import Study


def refuse_unfollowed(table: pl.DataFrame, study: Study) -> None:
    """Raise UsageError where nobody, or everybody, of a cohort starts in time for the answer.

    `table`: one row per person, `exposed` and `hours_to_first_dose` (from time zero; null without a
    dose). A cohort in which nobody was exposed at all is another matter: there is nothing to
    compare, whatever is asked.
    """
    hours, key = deadline(study)
    if not hours or table.is_empty() or not table["exposed"].any():
        return
    n_starting = table.filter(pl.col("hours_to_first_dose").is_between(0, hours)).height
    if 0 < n_starting < table.height:
        return
    drug = study.exposure.label
    who, others = ("nobody", "do") if not n_starting else ("everybody", "do not")
    cure = "Write more hours" if not n_starting else "Write fewer hours"
    raise UsageError(
        f"study: analysis.{key}: {who} in the cohort starts {drug} within {hours:g} h of time "
        f"zero, and the declared answer compares those who {others} with the rest. {cure}, or "
        "another study.estimand.analysis."
    )


def refuse_unreached(table: pl.DataFrame, study: Study) -> None:
    """Raise UsageError where the extract ends before anybody of a cohort reaches the horizon.

    `table`: one row per person, with `time_zero` and the primary outcome, unknown of a death of
    whom the data end before. Nothing is said where no horizon is declared.
    """
    days, end = study.primary.within_days, study.extract.extract_date
    if end is None and days is not None and not table.is_empty():
        _refuse_all_lost(table, study)
    first = None if table.is_empty() else table["time_zero"].min()
    if days is None or end is None or not isinstance(first, datetime):
        return
    if first + timedelta(days=days) <= datetime.combine(end, time.max):
        return
    raise UsageError(
        f"study: outcomes.{study.primary.name}.within_days: {many(days, 'day')} after time zero "
        f"lie beyond the extract ({end}) for everybody in the cohort: nobody can be followed so "
        "long. Shorten it, or mend extract.extract_date."
    )


def _refuse_all_lost(table: pl.DataFrame, study: Study) -> None:
    """Raise UsageError where of nobody is known that they lived to the horizon, by the data."""
    primary = study.primary
    known = table[primary.name]
    if primary.source != "death" or known.null_count() == 0 or not known.fill_null(True).all():
        return
    raise UsageError(
        f"study: outcomes.{primary.name}.within_days: nobody in the cohort is followed for "
        f"{primary.within_days:g} days after time zero: the data end before. Shorten it, or write "
        "the last day that they know of: extract.extract_date."
    )


def deadline(study: Study) -> tuple[float, str]:
    """The hours within which the declared answer asks people to start, and the key that says so.

    0 where it asks for no time.
    """
    if study.answer == "clone_censor_weight":
        return study.grace_hours, "grace_hours"
    if study.answer == "landmark":
        return study.analysis.landmark_hours[0], "landmark_hours"
    return 0, ""
