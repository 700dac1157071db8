"""The models of what happens to people day by day that the g-formula puts together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ehrivig.stats.dose_plans.days import DoseDays, Metric, history, metric_of
from ehrivig.stats.dose_plans.dosing import Amounts, Dosing, SplitFit
from ehrivig.stats.dose_plans.models import (
    Fit,
    PooledLogistic,
    State,
    columns_of,
    day_terms,
    model_of,
    names_of,
    rows_of,
    states,
)
from ehrivig.stats.result import BoolArray, FloatArray, IntArray

DEATH, DEATH_OUTSIDE = "death in the hospital", "death after leaving"
LEAVING, SEVERITY = "leaving the hospital", "severity"
N_QUANTILES = 2_048
"""Of the residuals of what moves, from which those of simulated people are drawn."""


def drawn_people(frequency: FloatArray, m: int) -> IntArray:
    """m of those who count `frequency` (n,) times, evenly and in order, without chance."""
    at = (np.arange(m) + 0.5) * frequency.sum() / m
    return np.asarray(np.searchsorted(np.cumsum(frequency), at, side="right"), dtype=np.int64)


@dataclass(frozen=True)
class MoveFit:
    """What one moving covariate is on the next day: its chance, or its mean and what is left of it.

    binary : the logistic fit. coef : (k + 1,) of a linear one, with even quantiles of its
    residuals. lowest, highest : what was observed.
    """

    binary: Fit | None
    coef: FloatArray
    residual: FloatArray
    lowest: float
    highest: float

    def drawn(self, columns: FloatArray, uniform: FloatArray) -> FloatArray:
        """Values (m,) for columns (m, k), at the quantiles `uniform` of what is left to chance."""
        if self.binary is not None:
            high = uniform < self.binary.chance(columns)
            return np.asarray(np.where(high, self.highest, self.lowest))
        left = self.residual[(uniform * self.residual.size).astype(np.int64)]
        mean = self.coef[0] + columns @ self.coef[1:]
        return np.asarray(np.clip(mean + left, self.lowest, self.highest))


class Move:
    """The model of one moving covariate; earlier ones of the same day are among its columns."""

    def __init__(
        self,
        columns: FloatArray,
        value: FloatArray,
        patient: IntArray,
        words: tuple[str, tuple[str, ...]],
    ) -> None:
        self._patient, self._value = patient, value
        kinds = np.unique(value)
        self._ends = (float(kinds[0]), float(kinds[-1])) if kinds.size else (0.0, 0.0)
        self._binary = None
        self._design = np.hstack((np.ones((len(columns), 1)), columns))
        if kinds.size <= 2:
            what, names = words
            self._binary = PooledLogistic(what, columns, value == self._ends[1], patient, names)

    def fit(self, frequency: FloatArray) -> MoveFit:
        """The fit where patients count `frequency` (n,) times."""
        weight = frequency[self._patient]
        none = np.zeros(1)
        if self._binary is not None:
            return MoveFit(self._binary.fit(weight), none, none, *self._ends)
        root = np.sqrt(weight)
        fitted = np.linalg.lstsq(self._design * root[:, None], self._value * root, rcond=None)
        coef = np.asarray(fitted[0], dtype=np.float64)
        residual = self._value - self._design @ coef
        order = np.argsort(residual, kind="stable")
        even = drawn_people(weight[order], N_QUANTILES)
        return MoveFit(None, coef, residual[order][even], *self._ends)


@dataclass(frozen=True)
class NatureFit:
    """All models fitted to patients who count some times."""

    moves: tuple[MoveFit, ...]
    leaving: Fit
    dosing: SplitFit
    amounts: tuple[SplitFit, ...]
    death: Fit
    outside: Fit

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about them."""
        single = (fit.note for fit in (self.leaving, self.death, self.outside) if fit.note)
        split = (note for fit in (self.dosing, *self.amounts) for note in fit.notes)
        return tuple(dict.fromkeys((*split, *single)))


class Nature:
    """The models of a cohort with a declared metric; built once, fitted often.

    Person-days after a dose of unknown amount are left out where the metric is grams; `unknown`:
    there are some.
    """

    def __init__(self, days: DoseDays, metric: Metric) -> None:
        past = history(days)
        self.days, self.metric = days, metric
        so_far = metric_of(metric, past)
        known = ~np.isnan(so_far)
        self.terms = day_terms(days.n_days)
        self.unknown = bool((days.present & ~known).any())
        self.dosing = Dosing(days, past, so_far)
        self.amounts = Amounts(days, past, so_far) if metric == "grams" else None

        def model(
            what: str, chosen: BoolArray, event: BoolArray, *, strict: bool = False
        ) -> PooledLogistic:
            rows = rows_of(chosen & known)
            state = states(days, past, so_far, rows)
            return model_of(what, days, state, rows[0], event[rows], lenient=not strict)

        self.leaving = model(LEAVING, days.present & ~days.died, days.left)
        self.death = model(DEATH, days.present, days.died, strict=True)
        self.outside = model(DEATH_OUTSIDE, days.at_risk & ~days.present, days.died)
        stays = days.present & known
        stays[:, 0] = False
        rows = rows_of(stays)
        self.moves = self._moves(states(days, past, so_far, rows), rows)

    def _moves(self, state: State, rows: tuple[IntArray, IntArray]) -> tuple[Move, ...]:
        """The model of each moving covariate on a day, by those of the day before."""
        days = self.days
        today = days.moving[rows]
        state = replace(state, moving=days.moving[rows[0], rows[1] - 1])
        names = names_of(SEVERITY, days, self.terms.shape[1])
        columns = columns_of(SEVERITY, state, self.terms)
        made = []
        for j, name in enumerate(days.moving_names):
            known = (*names, *(f"{other} today" for other in days.moving_names[:j]))
            made.append(
                Move(np.hstack((columns, today[:, :j])), today[:, j], rows[0], (name, known))
            )
        return tuple(made)

    def fit(self, frequency: FloatArray) -> NatureFit:
        """The fits where patients count `frequency` (n,) times."""

        def fitted(model: PooledLogistic) -> Fit:
            return model.fit(frequency[model.patient])

        return NatureFit(
            moves=tuple(move.fit(frequency) for move in self.moves),
            leaving=fitted(self.leaving),
            dosing=self.dosing.fit(frequency),
            amounts=self.amounts.fit(frequency) if self.amounts else (),
            death=fitted(self.death),
            outside=fitted(self.outside),
        )
