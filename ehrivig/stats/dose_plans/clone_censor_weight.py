"""Clone, censor, weight over dose plans: what would happen if everybody kept to each.

Every patient is copied into every plan; a copy is censored on the first day on which what was done
is not what the plan demands, and those left are weighted by one over the modelled chance of having
kept to it. Starts within grace come at the times of those who did start within it, whatever their
severity; where a plan demands nothing, what happens is left to nature.
Source: Hernán and Robins 2016; Cain et al. 2010 (starts by a plan); Maringe et al. 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, checked_level
from ehrivig.stats.dose_plans.contrasts import (
    PlanRisks,
    bootstrapped,
    checked_plans,
    largest_said,
    plan_effects,
)
from ehrivig.stats.dose_plans.days import DoseDays, history
from ehrivig.stats.dose_plans.dosing import Dosing, InRange
from ehrivig.stats.dose_plans.plan import (
    DOSE,
    NO_DOSE,
    START,
    DosePlan,
    demands,
    kept,
)
from ehrivig.stats.result import BoolArray, Effect, FloatArray, IntArray
from ehrivig.stats.weighting.weight import effective_sample_size

METHOD = "clone-censor-weight over dose plans"
UNUSED = "doses on the day of a death or of leaving count for nothing"
_FEWEST_TOLD = 10
"""Of fewer people no number is told that would be theirs."""


@dataclass(frozen=True)
class PlanCopies:
    """The copies of everybody in one plan, (n, D) each: what it demands, and who keeps to it.

    keeps : has done what was demanded on every day until this one, and on it. complete : (n,)
    has met all that the plan demands to be done (dosed long enough, or never, to the end), and
    not died or left before.
    """

    plan: DosePlan
    demanded: IntArray
    keeps: BoolArray
    complete: BoolArray

    @property
    def kept(self) -> BoolArray:
        """Who never departed from the plan, (n,): also who died or left before it asked more."""
        return np.asarray(self.keeps[:, -1])

    @property
    def uncensored(self) -> BoolArray:
        """Who still kept to the plan as each day begins, (n, D)."""
        first = np.ones((len(self.keeps), 1), dtype=np.bool_)
        return np.hstack((first, self.keeps[:, :-1]))


def plan_copies(days: DoseDays, plan: DosePlan, grace_days: int) -> PlanCopies:
    """The copies of a plan. Where nobody decides (dead, left, lost) nothing is demanded."""
    past = history(days)
    day = np.broadcast_to(np.arange(days.n_days), days.died.shape)
    demanded = demands(plan, day, past.dosed_days, grace_days)
    right = kept(plan, demanded, day == grace_days - 1, days.dosed, days.grams)
    keeps = np.logical_and.accumulate(right | ~days.decides, axis=1)
    length = days.dosed.sum(axis=1)
    done = days.decides.any(axis=1) if plan.never else length >= plan.days_at_least
    return PlanCopies(plan, demanded, keeps, keeps[:, -1] & done)


def planned_starts(days: DoseDays, frequency: FloatArray, grace_days: int) -> FloatArray:
    """The chance (K,) of starting on each day of grace, not having before, if all start within it.

    As those who started within grace did, whatever their severity. Raises AnalysisError where
    nobody does.
    """
    not_yet = days.decides & (np.cumsum(days.dosed, axis=1) - days.dosed == 0)
    at_risk = frequency @ not_yet[:, :grace_days]
    starts = frequency @ (not_yet & days.dosed)[:, :grace_days]
    share = np.divide(starts, at_risk, out=np.zeros(grace_days), where=at_risk > 0)
    planned = share * np.append(1.0, np.cumprod(1 - share))[:-1]
    if not planned.sum() > 0:
        raise AnalysisError("nobody starts within grace")
    last = int(np.flatnonzero(planned).max())
    left = np.cumsum(planned[::-1])[::-1]
    chance = np.divide(planned, left, out=np.zeros(grace_days), where=left > 0)
    chance[last:] = 1.0
    return np.asarray(chance)


class Problem:
    """All that a replicate needs; built once."""

    def __init__(self, days: DoseDays, plans: Sequence[DosePlan], grace_days: int) -> None:
        self.days, self.plans, self.grace_days = days, tuple(plans), grace_days
        past = history(days)
        self.dosing = Dosing(days, past, past.dosed_days)
        self.copies = [plan_copies(days, plan, grace_days) for plan in plans]
        self.ranges = {
            plan.grams: InRange(days, past, plan) for plan in plans if plan.grams is not None
        }

    def weights(self, frequency: FloatArray) -> tuple[list[FloatArray], tuple[str, ...]]:
        """Of each plan the weights (n, D) of copies as each day begins, 0 once censored; notes."""
        fit = self.dosing.fit(frequency)
        shape = self.days.died.shape
        chance = self.dosing.chances(fit, shape)
        amounts = {key: model.chances(frequency, shape) for key, model in self.ranges.items()}
        notes = (*fit.notes, *(note for _, told in amounts.values() for note in told))
        starts = None
        if not all(plan.never for plan in self.plans):
            starts = planned_starts(self.days, frequency, self.grace_days)
        weights = []
        for copies in self.copies:
            right = None if copies.plan.grams is None else amounts[copies.plan.grams][0]
            weights.append(plan_weights(self.days, copies, chance, right, starts))
        return weights, notes

    def risks(self, frequency: FloatArray) -> FloatArray:
        """The risk by the end of each day under each plan, (P, D); nan where nobody is left."""
        weights, _ = self.weights(frequency)
        return np.stack([risk_by_day(self.days, one, frequency) for one in weights])


def plan_weights(
    days: DoseDays,
    copies: PlanCopies,
    chance: FloatArray,
    right_amount: FloatArray | None,
    starts: FloatArray | None,
) -> FloatArray:
    """Weights (n, D) of the copies of a plan as each day begins; 0 for those censored before.

    chance : (n, D) of a dose. right_amount : (n, D) of an amount in the plan's range, where it has
    one. starts : (K,) the plan's own chance of starting on each day of grace.
    """
    demanded, dosed = copies.demanded, days.dosed
    factor = np.ones(dosed.shape)
    gives = np.where(dosed, chance, 1 - chance)
    certain = (demanded == DOSE) | (demanded == NO_DOSE)
    if starts is not None:
        planned = np.append(starts, np.zeros(days.n_days - starts.size))
        begins = days.decides & copies.keeps & (demanded == START)
        factor[begins] = (np.where(dosed, planned, 1 - planned) / _above_0(gives))[begins]
    forced = days.decides & copies.keeps & certain
    factor[forced] = 1 / _above_0(gives[forced])
    if right_amount is not None:
        given = days.decides & copies.keeps & dosed
        factor[given] /= _above_0(right_amount[given])
    factor[~copies.keeps] = 0.0
    product = np.cumprod(factor, axis=1)
    return np.hstack((np.ones((len(product), 1)), product[:, :-1]))


def _above_0(chance: FloatArray) -> FloatArray:
    """Chances, of what did happen, that are not below a rounding error."""
    return np.maximum(chance, 1e-12)


def risk_by_day(days: DoseDays, weight: FloatArray, frequency: FloatArray) -> FloatArray:
    """One minus the product of the weighted chances of living through each day, (D,)."""
    n_risk = frequency @ (weight * days.at_risk)
    n_died = frequency @ (weight * days.died)
    hazard = np.divide(n_died, n_risk, out=np.full(days.n_days, np.nan), where=n_risk > 0)
    return np.asarray(1 - np.cumprod(1 - hazard))


def dose_clone_censor_weight(
    days: DoseDays,
    plans: Sequence[DosePlan],
    *,
    grace_days: int = 2,
    horizon_days: float,
    bootstraps: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> list[tuple[Effect, ...] | AnalysisError]:
    """Return, for each plan but the first, the risk difference and ratio of the first against it.

    days : n patients on a grid of days, by `dose_days`. horizon_days : the grid's own. n_exposed
    and n_control are the people who never departed from a plan, events their deaths; whoever died
    or left early is of both. Weights are not truncated; the largest is in the notes. Percentile
    limits of a bootstrap of patients, all models fitted anew.

    A plan that nobody follows, or whose deaths cannot be counted, has its reason in place of its
    effects. Raises AnalysisError for fewer than two plans, and where nobody starts within grace.
    """
    level, horizon_days = checked_level(level), above_zero(horizon_days, "horizon_days")
    plans = checked_plans(plans, grace_days, days.n_days)
    problem = Problem(days, plans, grace_days)
    weights, notes = problem.weights(np.ones(days.n))
    found = _found(problem, weights, notes)
    drawn = bootstrapped(lambda f, _: problem.risks(f)[:, -1], days.n, bootstraps, seed)
    hours = grace_days * 24
    estimand = (
        f"starts within {hours} h at times like those of who did, and doses on days running; "
        "nothing is demanded of whoever has died or left the hospital"
    )
    words = (days.event_label, METHOD, estimand)
    return plan_effects(found, drawn, words=words, horizon_days=horizon_days, level=level)


def _found(problem: Problem, weights: list[FloatArray], notes: tuple[str, ...]) -> PlanRisks:
    """The risks of everybody, and what they rest on."""
    days, ones = problem.days, np.ones(problem.days.n)
    risk = np.array([risk_by_day(days, one, ones)[-1] for one in weights])
    reasons, told = [], []
    for copies, weight, value in zip(problem.copies, weights, risk, strict=True):
        reasons.append(_reason(days, copies, value))
        told.append(_told(copies, weight[copies.complete], days))
    return PlanRisks(
        problem.plans,
        risk,
        tuple(reasons),
        *kept_counts(days, problem.copies),
        tuple(told),
        (*notes, UNUSED) if days.unused else notes,
    )


def kept_counts(
    days: DoseDays, copies: Sequence[PlanCopies]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many never departed from each plan, and how many of them died."""
    died = days.died.any(axis=1)
    return (
        tuple(int(one.kept.sum()) for one in copies),
        tuple(int((one.kept & died).sum()) for one in copies),
    )


def _reason(days: DoseDays, copies: PlanCopies, risk: float) -> str:
    """Why a plan has no risk; empty where it has."""
    if not copies.complete.any():
        return "nobody follows it"
    if copies.complete.sum() < _FEWEST_TOLD:
        return f"fewer than {_FEWEST_TOLD} people follow it, and cannot stand for everybody"
    if np.isnan(risk):
        last = int((copies.uncensored & days.at_risk).any(axis=0).sum())
        return f"nobody who keeps to it is seen beyond day {last}"
    return ""


def _told(copies: PlanCopies, weight: FloatArray, days: DoseDays) -> tuple[str, ...]:
    """The weights of those who kept to a plan, and whether unknown amounts took any out of it."""
    last = weight[:, -1] if weight.size else np.zeros(0)
    worth = effective_sample_size(last) if (last > 0).any() else 0.0
    people = f"fewer than {_FEWEST_TOLD}" if worth < _FEWEST_TOLD else f"{worth:.0f}"
    name = copies.plan.name
    told = [
        f"{name}: weights as they are, the largest {largest_said(last)}; whoever kept to it is "
        f"worth {people} people"
    ]
    unknown = copies.uncensored & days.dosed & np.isnan(days.grams)
    if copies.plan.grams is not None and unknown.any():
        told.append(f"{name}: some leave it with a dose of unknown amount")
    return tuple(told)
