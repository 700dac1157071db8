"""A marginal structural model: the hazard of death in the hospital by the dose so far.

Person-days in the hospital are weighted by one over the modelled chance of the doses that were
given and of having stayed, stabilised by the same chance by day and doses so far alone. So neither
dosing nor leaving goes with severity among those weighted, and the hazard by the dose so far is
that of nobody leaving. Covariates are in the weights alone.
Source: Robins, Hernán and Brumback 2000 (Epidemiology 11:550); Hernán et al. 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level, constant
from ehrivig.stats.dose_plans.contrasts import MOST_FAILED, bootstrapped, largest_said
from ehrivig.stats.dose_plans.days import UNKNOWN, DoseDays, History, Metric, history, metric_of
from ehrivig.stats.dose_plans.dosing import Amounts, Dosing
from ehrivig.stats.dose_plans.models import (
    PooledLogistic,
    State,
    columns_of,
    day_terms,
    model_of,
    rows_of,
    states,
)
from ehrivig.stats.result import Arms, BoolArray, Effect, FloatArray, IntArray
from ehrivig.stats.timezero.contrast import effect_of

GRAMS_STEP = 10.0
"""The hazard ratio of grams is of so many."""
METHOD = "marginal structural model, pooled logistic"
_LEAVING, _DEATH = "leaving the hospital", "death in the hospital"
_LEAST = 1e-12
"""Chances, of what did happen, are not below a rounding error."""


@dataclass(frozen=True)
class StructuralModel:
    """The hazard ratio per step of the metric, and its weighted long table.

    patient, day, died, metric, weight : (m,) person-days in the hospital. replicates : (B,) log
    hazard ratios, nan where a model failed.
    """

    effect: Effect
    patient: IntArray
    day: IntArray
    died: BoolArray
    metric: FloatArray
    weight: FloatArray
    replicates: FloatArray

    @property
    def largest(self) -> float:
        """The largest weight."""
        return float(self.weight.max())


def dose_structural_model(
    days: DoseDays,
    *,
    metric: Metric = "dose_days",
    bootstraps: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> StructuralModel:
    """Return the hazard ratio of a death in the hospital per day dosed, or per 10 g, so far.

    days : n patients on a grid of days, by `dose_days`. The odds of a death on a day stand for its
    hazard. Percentile limits of a bootstrap of patients, all models fitted anew (robust standard
    errors, which take the weights as known, were too small in simulated cohorts). With grams,
    whoever had a dose of unknown amount is followed until then. n_exposed and n_control: people
    dosed in the hospital, and not.

    Raises AnalysisError where nobody, or everybody, is dosed, where the dose so far differs between
    none who are at risk on a day, for fewer deaths than coefficients,
    and where more than 5% of replicates fail.
    """
    level = checked_level(level)
    ever = np.asarray((days.dosed & days.present).any(axis=1))
    if ever.all() or not ever.any():
        raise AnalysisError(f"{'nobody' if ever.all() else 'everybody'} is without a dose")
    problem = Problem(days, metric)
    value, weight, notes = problem.slope(np.ones(days.n))
    drawn = bootstrapped(
        lambda frequency, _: np.array(problem.slope(frequency)[0]), days.n, bootstraps, seed
    )
    good = drawn[~np.isnan(drawn)]
    failed = drawn.size - good.size
    if failed > MOST_FAILED * drawn.size:
        raise AnalysisError(f"the models fail in {failed} of {drawn.size} bootstrap samples")
    if constant(good):
        raise AnalysisError(
            "the dose so far is the same for all who are at risk on a day: no slope exists"
        )
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(good, tails, method="weibull")
    step = f"{GRAMS_STEP:g} g so far" if metric == "grams" else "day dosed so far"
    dead = np.isin(np.arange(days.n), problem.rows[0][problem.died])
    sides = (ever, dead), (~ever, dead)
    counts = [(int(one.sum()), int((one & other).sum())) for one, other in sides]
    told = (
        f"weights for dosing and for leaving as they are, the largest {largest_said(weight)}",
        "deaths in the hospital; the odds of a day stand for its hazard",
        *((UNKNOWN,) if problem.unknown else ()),
        *notes,
    )
    effect = effect_of(
        "HR",
        value,
        float(good.std(ddof=1)),
        days.event_label,
        Arms(*counts[0], *counts[1]),
        METHOD,
        f"bootstrap of patients, {good.size} replicates, percentile limits",
        f"per {step}, of the hazard of {days.event_label} in the hospital on a day if nobody left",
        limits=(float(low), float(high)),
        notes=tuple(dict.fromkeys(told)),
        level=level,
    )
    so_far = problem.state.metric
    return StructuralModel(effect, *problem.rows, problem.died, so_far, weight, drawn)


class Problem:
    """All models of the weights and of the deaths; built once, fitted often."""

    def __init__(self, days: DoseDays, metric: Metric) -> None:
        past = history(days)
        so_far = metric_of(metric, past)
        known = ~np.isnan(so_far)
        self._days, self._by_grams = days, metric == "grams"
        self.unknown = bool((days.present & ~known).any())
        self._dosing = [Dosing(days, past, so_far, adjusted=adjusted) for adjusted in _BOTH]
        self._amounts: list[Amounts] = []
        if self._by_grams:
            self._amounts = [Amounts(days, past, so_far, adjusted=adjusted) for adjusted in _BOTH]
        self._staying = Staying(days, past, so_far, known)
        self.rows = rows_of(days.present & known)
        self.state = states(days, past, so_far, self.rows)
        self.died = days.died[self.rows]
        self._death = model_of(
            _DEATH, days, self.state, self.rows[0], self.died, adjusted=False, lenient=False
        )

    def slope(self, frequency: FloatArray) -> tuple[float, FloatArray, tuple[str, ...]]:
        """The log hazard ratio of a step, the weights (m,) of person-days, and what is unusual."""
        weights, notes = self._weights(frequency)
        weight = weights[self.rows]
        fit = self._death.fit(weight * frequency[self.rows[0]])
        notes = (*notes, fit.note) if fit.note else notes
        step = GRAMS_STEP if self._by_grams else 1.0
        return float(fit.coef[-1]) * step, weight, notes

    def _weights(self, frequency: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
        """Stabilised weights (n, D) of each day for the doses and the days stayed before it."""
        days, shape = self._days, self._days.died.shape
        fits = [model.fit(frequency) for model in self._dosing]
        chances = [m.chances(fit, shape) for m, fit in zip(self._dosing, fits, strict=True)]
        given = [np.where(days.dosed, chance, 1 - chance) for chance in chances]
        ratio = np.ones(shape)
        np.divide(given[0], np.maximum(given[1], _LEAST), out=ratio, where=days.decides)
        stayed, notes = self._staying.ratio(frequency, shape)
        ratio *= stayed
        notes = (*fits[1].notes, *notes)
        if self._amounts:
            split = [amounts.fit(frequency) for amounts in self._amounts]
            of_class = [a.of_own_class(fit) for a, fit in zip(self._amounts, split, strict=True)]
            ratio[self._amounts[0].rows] *= of_class[0] / np.maximum(of_class[1], _LEAST)
            notes = (*notes, *(note for fit in split[1] for note in fit.notes))
        product = np.cumprod(ratio, axis=1)
        return np.hstack((np.ones((days.n, 1)), product[:, :-1])), notes


_BOTH = (False, True)
"""Without the covariates, for the numerator of the weights, and with them."""


class Staying:
    """The models of leaving alive, for the weights of whoever stays."""

    def __init__(self, days: DoseDays, past: History, so_far: FloatArray, known: BoolArray) -> None:
        self._rows = rows_of(days.present & ~days.died & known)
        state: State = states(days, past, so_far, self._rows)
        self._left = days.left[self._rows]
        self._models: list[PooledLogistic] = []
        self._columns: list[FloatArray] = []
        for adjusted in _BOTH:
            model = model_of(_LEAVING, days, state, self._rows[0], self._left, adjusted=adjusted)
            self._models.append(model)
            terms = day_terms(days.n_days)
            self._columns.append(columns_of(_LEAVING, state, terms, adjusted=adjusted))

    def ratio(
        self, frequency: FloatArray, shape: tuple[int, ...]
    ) -> tuple[FloatArray, tuple[str, ...]]:
        """The stabilised weight (n, D) of having stayed through each day; what is unusual."""
        fits = [model.fit(frequency[self._rows[0]]) for model in self._models]
        stays = [1 - fit.chance(x) for fit, x in zip(fits, self._columns, strict=True)]
        ratio = np.ones(shape)
        ratio[self._rows] = np.where(self._left, 1.0, stays[0] / np.maximum(stays[1], _LEAST))
        return ratio, (fits[1].note,) if fits[1].note else ()
