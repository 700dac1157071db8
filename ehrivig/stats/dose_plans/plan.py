"""Dose plans, and what each demands on a day: one state machine for every method.

A plan says when dosing starts, on how many days running at least and on how many days at most, and
how many grams a day of dosing has. Whoever has died or left the hospital departs from no plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

FREE, START, DOSE, NO_DOSE = 0, 1, 2, 3
"""What a plan demands on a day: nothing, a start by the plan's own chance, a dose, or none."""


@dataclass(frozen=True)
class DosePlan:
    """Start within grace, dose on `days_at_least` days running, on no more than `days_at_most`.

    days_at_most 0 is the plan of never dosing; None sets no end. grams_at_least, grams_at_most :
    of each day with a dose, both ends included; None: any amount, known or not. Raises
    AnalysisError where the plan contradicts itself.
    """

    name: str
    days_at_least: int = 1
    days_at_most: int | None = None
    grams_at_least: float | None = None
    grams_at_most: float | None = None

    def __post_init__(self) -> None:
        reason = contradiction(
            self.days_at_least, self.days_at_most, self.grams_at_least, self.grams_at_most
        )
        if reason:
            raise AnalysisError(f"dose plan {self.name}: {reason}.")

    @property
    def never(self) -> bool:
        """Whether the plan is not to dose at all."""
        return self.days_at_most == 0

    @property
    def grams(self) -> tuple[float, float] | None:
        """The least and most grams of a day with a dose; None where any amount will do."""
        if self.grams_at_least is None and self.grams_at_most is None:
            return None
        most = math.inf if self.grams_at_most is None else self.grams_at_most
        return self.grams_at_least or 0.0, most


def contradiction(
    days_at_least: int,
    days_at_most: int | None,
    grams_at_least: float | None,
    grams_at_most: float | None,
) -> str:
    """Why nobody could follow a plan of these numbers; empty where somebody could."""
    grams = (grams_at_least, grams_at_most)
    if days_at_most == 0:
        return "is of no dose, and asks for grams" if grams != (None, None) else ""
    if days_at_least < 1:
        return "days_at_least is below 1; the plan of no dose has days_at_most = 0"
    if days_at_most is not None and days_at_most < days_at_least:
        return f"days_at_least {days_at_least} is above days_at_most {days_at_most}"
    if any(g is not None and not g > 0 for g in grams):
        return "grams of a day with a dose must be above 0"
    if grams_at_least is not None and grams_at_most is not None and grams_at_most < grams_at_least:
        return f"grams_at_least {grams_at_least:g} is above grams_at_most {grams_at_most:g}"
    return ""


def in_range(plan: DosePlan, grams: FloatArray) -> BoolArray:
    """Whether amounts (m,) are those of the plan; unknown ones (nan) are not, where it has any."""
    if plan.grams is None:
        return np.ones(grams.shape, dtype=np.bool_)
    low, high = plan.grams
    return np.asarray((grams >= low) & (grams <= high))


def demands(plan: DosePlan, day: IntArray, count: FloatArray, grace_days: int) -> IntArray:
    """What the plan demands on days (m,) of whoever was dosed on `count` (m,) days before.

    Days count from 0; all have kept to the plan so far.
    """
    if plan.never:
        return np.full(day.shape, NO_DOSE)
    before = np.where(day < grace_days, START, NO_DOSE)
    most = math.inf if plan.days_at_most is None else plan.days_at_most
    after = np.where(count < plan.days_at_least, DOSE, np.where(count >= most, NO_DOSE, FREE))
    return np.asarray(np.where(count == 0, before, after), dtype=np.int64)


def kept(
    plan: DosePlan, demanded: IntArray, last_chance: BoolArray, dosed: BoolArray, grams: FloatArray
) -> BoolArray:
    """Whether what was done on days (m,) is what the plan demanded then.

    last_chance : the last day of grace, on which whoever has not started must.
    """
    must = (demanded == DOSE) | ((demanded == START) & last_chance)
    right = np.where(dosed, demanded != NO_DOSE, ~must)
    return np.asarray(right & (~dosed | in_range(plan, grams)))
