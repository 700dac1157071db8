"""Outcomes of laboratory values: what is to be reached, and by when it can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem

if TYPE_CHECKING:
    from ehrivig.study.variables import Outcome
    from ehrivig.study.whole import Study

REACHED = ("at_least", "at_most", "times_baseline_at_least", "times_baseline_at_most")
"""The limits of `lab_reached`: a result counts that is within all that are given."""
CHANGE_DAYS = 7.0
"""The horizon of a change without one of its own."""


def impossible_results(study: Study) -> Iterator[Problem]:
    """Results without a limit, between limits that exclude each other, or too early to be later."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.source == "lab_reached":
            for key, text in _limits(outcome):
                yield Problem(("outcomes", "variables", number, key), text)
        if outcome.source == "lab_change":
            days = CHANGE_DAYS if outcome.within_days is None else outcome.within_days
            end = study.covariates.window_hours[1]
            if days * 24 <= end:
                text = (
                    f"{days:g} days are over when the window of the baseline ends, {end:g} h after "
                    "time zero: no result could be later. Write more days, or end [covariates] "
                    "window_hours sooner"
                )
                yield Problem(("outcomes", "variables", number, "within_days"), text)


def _limits(outcome: Outcome) -> Iterator[tuple[str, str]]:
    if all(getattr(outcome, key) is None for key in REACHED):
        yield "from", f"what is to be reached is not said. Write one of {', '.join(REACHED)}"
    for low, high in (REACHED[:2], REACHED[2:]):
        least, most = getattr(outcome, low), getattr(outcome, high)
        if least is not None and most is not None and least > most:
            yield high, f"{high} = {most:g} is below {low} = {least:g}: nothing is both. Mend one"
