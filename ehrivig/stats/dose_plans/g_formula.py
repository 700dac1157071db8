"""The parametric g-formula over dose plans: everybody's course simulated under each plan.

Models of what moves, of leaving, of dosing, of amounts and of death, each day by what came before,
are put together anew: people with the covariates of those observed live through the days, dosed as
nature has it or as a plan demands. Deaths are not drawn: each carries the chance of being alive.
Source: Robins 1986; Young et al. 2011 (Stat Biosci 3:119); Young, Hernán and Robins 2014 (amounts
of a range, drawn as observed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, checked_level
from ehrivig.stats.dose_plans.clone_censor_weight import (
    kept_counts,
    plan_copies,
    planned_starts,
    risk_by_day,
)
from ehrivig.stats.dose_plans.contrasts import (
    PlanRisks,
    bootstrapped,
    checked_plans,
    plan_effects,
)
from ehrivig.stats.dose_plans.days import UNKNOWN, DoseDays, Metric
from ehrivig.stats.dose_plans.nature import Nature, drawn_people
from ehrivig.stats.dose_plans.plan import DosePlan
from ehrivig.stats.dose_plans.simulate import Rule, never_given, simulated_risks
from ehrivig.stats.result import Effect, FloatArray

METHOD = "parametric g-formula"
N_SIMULATED = 20_000
"""People simulated for the answer; in a replicate as many as there are, within limits."""
_IN_REPLICATE = (1_000, 10_000)
LARGEST_GAP = 0.02
"""A simulated risk further from the observed one on any day fails the natural-course check."""


@dataclass(frozen=True)
class GFormula:
    """Risks under each plan by day, and the natural-course check.

    risk : (P, D). natural, observed : (D,) the risk by day if dosed as nature has it, simulated and
    as it was observed. effects : of each plan but the first.
    """

    risk: FloatArray
    natural: FloatArray
    observed: FloatArray
    effects: list[tuple[Effect, ...] | AnalysisError]

    @property
    def gap(self) -> float:
        """The largest difference of the simulated natural course from the observed one."""
        return float(np.abs(self.natural - self.observed).max())

    @property
    def holds(self) -> bool:
        """Whether the natural course is near the observed one."""
        return self.gap <= LARGEST_GAP


class Problem:
    """All that a replicate needs; built once."""

    def __init__(
        self, days: DoseDays, plans: tuple[DosePlan, ...], metric: Metric, grace_days: int
    ) -> None:
        self.days, self.plans, self.grace_days = days, plans, grace_days
        self.nature = Nature(days, metric)

    def risks(
        self, frequency: FloatArray, m: int, seed: object, *, natural: bool = True
    ) -> tuple[FloatArray, tuple[str, ...], tuple[str, ...]]:
        """Risks by day (P, D), with `natural` that of nature as well, last; why a plan has none;
        what is unusual.
        """
        fit = self.nature.fit(frequency)
        starts = np.zeros(0)
        if not all(plan.never for plan in self.plans):
            starts = planned_starts(self.days, frequency, self.grace_days)
        who = drawn_people(frequency, m)
        reasons = tuple(never_given(self.nature, plan) for plan in self.plans)
        able = [place for place, reason in enumerate(reasons) if not reason]
        rules = [Rule(self.plans[place], starts) for place in able]
        risk = np.full((len(self.plans) + natural, self.days.n_days), np.nan)
        rows = [*able, len(self.plans)] if natural else able
        if rows:
            rules = [*rules, Rule()] if natural else rules
            risk[rows] = simulated_risks(self.nature, fit, rules, who, seed)
        return risk, reasons, fit.notes


def dose_g_formula(
    days: DoseDays,
    plans: Sequence[DosePlan],
    *,
    metric: Metric = "dose_days",
    grace_days: int = 2,
    horizon_days: float,
    bootstraps: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> GFormula:
    """Return, for each plan but the first, the risk difference and ratio of the first against it.

    days : n patients on a grid of days, by `dose_days`. horizon_days : the grid's own. Deaths
    depend on the doses so far by `metric` alone: a metric that is not how the drug acts gives wrong
    answers. n_exposed and n_control are the people observed never to depart from a plan, events
    their deaths. Percentile limits of a bootstrap of patients, all models fitted anew.

    Raises AnalysisError for fewer than two plans, for plans of grams under the metric dose_days
    (which cannot tell them apart), where nobody starts within grace, where nobody is followed after
    leaving, and for fewer deaths than coefficients.
    """
    level, horizon_days = checked_level(level), above_zero(horizon_days, "horizon_days")
    plans = checked_plans(plans, grace_days, days.n_days)
    of_grams = [plan.name for plan in plans if plan.grams is not None]
    if metric == "dose_days" and of_grams:
        raise AnalysisError(
            f"plans of grams ({', '.join(of_grams)}) need the dose metric grams: by dose_days a "
            "death does not depend on them"
        )
    if days.left.any() and not (days.at_risk & ~days.present).any():
        raise AnalysisError(
            "nobody is followed after leaving the hospital, so their risk cannot be simulated"
        )
    problem = Problem(days, plans, metric, grace_days)
    everybody = np.ones(days.n)
    risk, reasons, notes = problem.risks(everybody, N_SIMULATED, seed)
    m = int(np.clip(days.n, *_IN_REPLICATE))
    drawn = bootstrapped(
        lambda f, number: problem.risks(f, m, [seed, number], natural=False)[0][:, -1],
        days.n,
        bootstraps,
        seed,
    )
    observed = risk_by_day(days, np.ones(days.died.shape), everybody)
    found = GFormula(risk[:-1], risk[-1], observed, [])
    told = (
        _natural_course(found),
        *notes,
        *((UNKNOWN,) if problem.nature.unknown else ()),
    )
    copies = [plan_copies(days, plan, grace_days) for plan in plans]
    rests = PlanRisks(
        plans,
        risk[:-1, -1],
        reasons,
        *kept_counts(days, copies),
        ((),) * len(plans),
        told,
    )
    estimand = (
        f"starts within {grace_days * 24} h at times like those of who did, and doses on days "
        f"running; deaths depend on {metric} so far"
    )
    words = (days.event_label, METHOD, estimand)
    effects = plan_effects(rests, drawn, words=words, horizon_days=horizon_days, level=level)
    return replace(found, effects=effects)


def _natural_course(found: GFormula) -> str:
    """The natural-course check in words."""
    day = int(np.abs(found.natural - found.observed).argmax())
    what = (
        f"natural course by day {day + 1}: simulated risk {found.natural[day]:.3f}, observed "
        f"{found.observed[day]:.3f}"
    )
    if found.holds:
        return f"{what} (the largest gap, within {LARGEST_GAP:g})"
    return f"NATURAL COURSE NOT REPRODUCED, the models do not fit: {what}"
