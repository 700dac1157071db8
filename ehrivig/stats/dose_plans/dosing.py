"""The chance of being dosed on a day, and of an amount.

Whoever has not been dosed yet is modelled apart from whoever has. Amounts have no distribution
assumed: they are cut into at most four classes, whose chances are a sequence of logistic models
(each class against those above it); within a class amounts are those observed.
Source: Agresti 2013, section 8.3 (continuation ratio).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.dose_plans.days import DoseDays, History
from ehrivig.stats.dose_plans.models import (
    Fit,
    PooledLogistic,
    Rows,
    State,
    columns_of,
    day_terms,
    model_of,
    rows_of,
    states,
)
from ehrivig.stats.dose_plans.plan import DosePlan, in_range
from ehrivig.stats.result import BoolArray, FloatArray

N_CLASSES = 4
DOSING = ("starting", "dosing once started")
AMOUNT = ("the first amount", "a later amount")


@dataclass(frozen=True)
class SplitFit:
    """Fits of whoever has not been dosed yet, and of whoever has."""

    what: tuple[str, str]
    before: Fit
    after: Fit

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about them."""
        return tuple(filter(None, (self.before.note, self.after.note)))

    def chance(self, state: State, terms: FloatArray, *, adjusted: bool = True) -> FloatArray:
        """The chance in states (m,)."""
        first, later = (columns_of(what, state, terms, adjusted=adjusted) for what in self.what)
        both = self.before.chance(first), self.after.chance(later)
        return np.where(state.dosed_days > 0, both[1], both[0])


class SplitModel:
    """Two models of one event: of person-days before the first dose, and after it."""

    def __init__(
        self,
        what: tuple[str, str],
        days: DoseDays,
        state: State,
        rows: Rows,
        event: BoolArray,
        *,
        adjusted: bool,
    ) -> None:
        later = state.dosed_days > 0
        self._what = what
        self._models: list[PooledLogistic] = []
        for name, mine in zip(what, (~later, later), strict=True):
            who = rows[0][mine]
            model = model_of(name, days, state.of(mine), who, event[mine], adjusted=adjusted)
            self._models.append(model)

    def fit(self, frequency: FloatArray) -> SplitFit:
        """The fits where patients count `frequency` (n,) times."""
        before, after = (model.fit(frequency[model.patient]) for model in self._models)
        return SplitFit(self._what, before, after)


class Dosing:
    """The models of being dosed on the days on which somebody decides; built once, fitted often."""

    def __init__(
        self, days: DoseDays, past: History, metric: FloatArray, *, adjusted: bool = True
    ) -> None:
        self._adjusted, self._terms = adjusted, day_terms(days.n_days)
        self._rows = rows_of(days.decides)
        self._state = states(days, past, metric, self._rows)
        dosed = days.dosed[self._rows]
        self._model = SplitModel(DOSING, days, self._state, self._rows, dosed, adjusted=adjusted)

    def fit(self, frequency: FloatArray) -> SplitFit:
        """The fits where patients count `frequency` (n,) times."""
        return self._model.fit(frequency)

    def chances(self, fit: SplitFit, shape: tuple[int, ...]) -> FloatArray:
        """The chance of a dose on each day (n, D), 0 where nobody decides."""
        chance = np.zeros(shape)
        chance[self._rows] = fit.chance(self._state, self._terms, adjusted=self._adjusted)
        return chance


class Amounts:
    """Classes of known amounts, each in (edges[k - 1], edges[k]]; and their models.

    rows : the days (m,) with a dose of known amount, and of known amounts before. grams, place :
    (m,) what was given, and its class.
    """

    def __init__(
        self, days: DoseDays, past: History, metric: FloatArray, *, adjusted: bool = True
    ) -> None:
        self._adjusted, self._terms = adjusted, day_terms(days.n_days)
        known = days.dosed & ~np.isnan(days.grams) & ~np.isnan(past.last_grams)
        self.rows = rows_of(known)
        self.grams = days.grams[self.rows]
        self.edges = class_edges(self.grams)
        self.place = np.searchsorted(self.edges, self.grams, side="left")
        self._state = states(days, past, metric, self.rows)
        self._models: list[SplitModel] = []
        for k in range(self.edges.size - 1):
            mine = self.place >= k
            rows = self.rows[0][mine], self.rows[1][mine]
            here, state = self.place[mine] == k, self._state.of(mine)
            self._models.append(SplitModel(AMOUNT, days, state, rows, here, adjusted=adjusted))

    def fit(self, frequency: FloatArray) -> tuple[SplitFit, ...]:
        """The fit of each class but the last against those above it."""
        return tuple(model.fit(frequency) for model in self._models)

    def chances(self, fits: tuple[SplitFit, ...], state: State) -> FloatArray:
        """The chance of each class (m, K) for a dose in states (m,)."""
        chance = np.empty((state.day.size, self.edges.size))
        left = np.ones(state.day.size)
        for k, fit in enumerate(fits):
            here = fit.chance(state, self._terms, adjusted=self._adjusted)
            chance[:, k], left = left * here, left * (1 - here)
        chance[:, -1] = left
        return chance

    def of_own_class(self, fits: tuple[SplitFit, ...]) -> FloatArray:
        """The chance of the class that was given, of the rows (m,)."""
        return self.chances(fits, self._state)[np.arange(self.place.size), self.place]


def class_edges(grams: FloatArray) -> FloatArray:
    """Upper ends of at most four classes of amounts, each with a share of them alike."""
    values = np.unique(grams)
    if values.size <= N_CLASSES:
        return values
    ends = np.quantile(grams, np.arange(1, N_CLASSES + 1) / N_CLASSES, method="inverted_cdf")
    return np.unique(ends)


class InRange:
    """The model of an amount being one that a plan asks for, on days with a dose.

    An amount that is not known is not. Rows are those whose amounts before are known.
    """

    def __init__(self, days: DoseDays, past: History, plan: DosePlan) -> None:
        self._terms = day_terms(days.n_days)
        self._rows = rows_of(days.dosed & ~np.isnan(past.last_grams))
        self._state = states(days, past, past.dosed_days, self._rows)
        right = in_range(plan, days.grams[self._rows])
        self._model = SplitModel(AMOUNT, days, self._state, self._rows, right, adjusted=True)

    def chances(
        self, frequency: FloatArray, shape: tuple[int, ...]
    ) -> tuple[FloatArray, tuple[str, ...]]:
        """The chance on each day with a dose (n, D), 1 elsewhere; and what is unusual about it."""
        fit = self._model.fit(frequency)
        chance = np.ones(shape)
        chance[self._rows] = fit.chance(self._state, self._terms)
        return chance, fit.notes
