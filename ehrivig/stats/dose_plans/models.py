"""The models of person-days that all methods share: pooled logistic regression on histories.

Where covariates separate, or there are fewer events than coefficients, a model has a log-F(1, 1)
prior, and says so; one of the deaths with fewer events than coefficients is refused instead.
Source: D'Agostino et al. 1990; Greenland and Mansournia 2015 (the prior).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.collinear import dependent_columns
from ehrivig.stats.design_matrix import INTERCEPT
from ehrivig.stats.dose_plans.days import DoseDays, History
from ehrivig.stats.newton import Curve
from ehrivig.stats.regression.glm import expit, log1p_exp
from ehrivig.stats.regression.separation import maximum
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.timezero.pooled_logistic import with_prior

BY_HISTORY: dict[str, tuple[str, ...]] = {
    "starting": (),
    "dosing once started": ("yesterday", "dosed_days"),
    "the first amount": (),
    "a later amount": ("dosed_days", "last_grams"),
    "leaving the hospital": ("yesterday", "metric"),
    "death in the hospital": ("metric",),
    "death after leaving": ("metric",),
    "severity": ("yesterday", "metric"),
}
"""What of the doses so far each model has, beside the day and covariates."""
_WORDS = {
    "yesterday": "dosed yesterday",
    "dosed_days": "days dosed",
    "last_grams": "last amount",
    "metric": "dose so far",
}


@dataclass(frozen=True)
class State:
    """What is known of people (m,) on a day each, before the dose of it.

    x : (m, p). moving : (m, r). The doses so far as `History` and the declared metric have them.
    """

    day: IntArray
    x: FloatArray
    moving: FloatArray
    yesterday: FloatArray
    dosed_days: FloatArray
    metric: FloatArray
    last_grams: FloatArray

    def of(self, mine: BoolArray | IntArray) -> State:
        """The states of some of them."""
        return State(**{field.name: getattr(self, field.name)[mine] for field in fields(self)})


Rows = tuple[IntArray, IntArray]
"""Patients (m,) and days (m,)."""


def rows_of(chosen: BoolArray) -> Rows:
    """The patients and days (n, D) that are chosen."""
    patient, day = np.nonzero(chosen)
    return patient.astype(np.int64), day.astype(np.int64)


def states(days: DoseDays, past: History, metric: FloatArray, rows: Rows) -> State:
    """The observed states of patients and days."""
    return State(
        day=rows[1],
        x=days.x[rows[0]],
        moving=days.moving[rows],
        yesterday=past.yesterday[rows],
        dosed_days=past.dosed_days[rows],
        metric=metric[rows],
        last_grams=past.last_grams[rows],
    )


def day_terms(n_days: int) -> FloatArray:
    """Columns of time of days 0 .. D - 1, shape (D, q): a smooth course."""
    day = np.arange(1, n_days + 1, dtype=np.float64)
    return np.column_stack((day, day**2, np.log(day)))[:, : min(3, n_days - 1)]


def columns_of(what: str, state: State, terms: FloatArray, *, adjusted: bool = True) -> FloatArray:
    """The columns of a model, (m, k); without covariates where it is not `adjusted`."""
    doses = [getattr(state, name)[:, None] for name in BY_HISTORY[what]]
    known = [state.x, state.moving] if adjusted else []
    return np.hstack((terms[state.day], *known, *doses))


def names_of(what: str, days: DoseDays, n_terms: int, *, adjusted: bool = True) -> tuple[str, ...]:
    """The names of the columns of `columns_of`."""
    known = (*days.names, *days.moving_names) if adjusted else ()
    time = tuple(f"time {j + 1}" for j in range(n_terms))
    return (*time, *known, *(_WORDS[name] for name in BY_HISTORY[what]))


@dataclass(frozen=True)
class Fit:
    """Coefficients (k + 1,) of scaled columns, the intercept first; and what is unusual."""

    beta: FloatArray
    centre: FloatArray
    scale: FloatArray
    note: str = ""

    def chance(self, columns: FloatArray) -> FloatArray:
        """The modelled chance for columns (m, k), shape (m,)."""
        own = self.beta[1:] / self.scale
        return expit(columns @ own + (self.beta[0] - self.centre @ own))

    @property
    def coef(self) -> FloatArray:
        """Coefficients of the columns as they were given, the intercept first."""
        own = self.beta[1:] / self.scale
        return np.append(self.beta[0] - self.centre @ own, own)


class PooledLogistic:
    """One model, to be fitted with many weights of the same rows.

    columns : (m, k). event : (m,). patient : (m,). names : k. lenient : whether it is penalised
    with fewer events than coefficients; else it raises AnalysisError.
    """

    def __init__(
        self,
        what: str,
        columns: FloatArray,
        event: BoolArray,
        patient: IntArray,
        names: tuple[str, ...],
        *,
        lenient: bool = True,
    ) -> None:
        self.what, self.patient, self.names, self.lenient = what, patient, names, lenient
        self.event = event.astype(np.float64)
        some = len(columns) > 0
        self._centre = columns.mean(axis=0) if some else np.zeros(columns.shape[1])
        spread = columns.std(axis=0) if some else self._centre
        self._scale = np.where(spread > 1e-12 * np.abs(self._centre), spread, 1.0)
        scaled = (columns - self._centre) / self._scale
        self._design = np.hstack((np.ones((len(columns), 1)), scaled))

    def fit(self, weight: FloatArray) -> Fit:
        """The fit with weights (m,) of the rows."""
        events, total = float(weight @ self.event), float(weight.sum())
        beta = np.zeros(self._design.shape[1])
        if not 0 < events < total:
            return self._of_one_kind(beta, all_of_them=total > 0 and events > 0)
        beta[0] = np.log(events / (total - events))
        gone = dependent_columns(self._curve(beta, weight, slice(None)).information)
        keep = np.setdiff1d(np.arange(beta.size), gone)
        few = min(events, total - events) < keep.size
        if few and not self.lenient:
            raise AnalysisError(
                f"the model of {self.what} has {keep.size} coefficients and fewer events than that"
            )
        try:
            if few:
                raise SeparationError(self.what, "fewer events than coefficients", "")
            beta[keep] = self._maximum(beta, weight, keep, penalised=False)
            note = ""
        except SeparationError as error:
            beta[keep] = self._maximum(beta, weight, keep, penalised=True)
            why = error.columns if few else f"separation by {error.columns}"
            note = f"the model of {self.what} is penalised (log-F): {why}"
        return Fit(beta, self._centre, self._scale, note)

    def _of_one_kind(self, beta: FloatArray, *, all_of_them: bool) -> Fit:
        """The certain chance where all rows are alike."""
        if not self.lenient:
            raise AnalysisError(f"the model of {self.what} has no event to learn from")
        beta[0] = np.inf if all_of_them else -np.inf
        return Fit(beta, self._centre, self._scale)

    def _maximum(
        self, null: FloatArray, weight: FloatArray, keep: IntArray, *, penalised: bool
    ) -> FloatArray:
        def curve_at(beta: FloatArray) -> Curve:
            curve = self._curve(beta, weight, keep)
            return with_prior(curve, beta) if penalised else curve

        labels = tuple((INTERCEPT, *self.names)[j] for j in keep)
        return maximum(curve_at, null[keep], labels, what=f"the model of {self.what}").beta

    def _curve(self, beta: FloatArray, weight: FloatArray, keep: IntArray | slice) -> Curve:
        design = self._design[:, keep]
        eta = design @ beta
        chance = expit(eta)
        loglik = float(weight @ (self.event * eta - log1p_exp(eta)))
        score = design.T @ (weight * (self.event - chance))
        curvature = weight * chance * (1 - chance)
        return Curve(loglik, score, (design.T * curvature) @ design)


def model_of(
    what: str,
    days: DoseDays,
    state: State,
    patient: IntArray,
    event: BoolArray,
    *,
    adjusted: bool = True,
    lenient: bool = True,
) -> PooledLogistic:
    """A model of person-days in some states, to be fitted."""
    terms = day_terms(days.n_days)
    return PooledLogistic(
        what,
        columns_of(what, state, terms, adjusted=adjusted),
        event,
        patient,
        names_of(what, days, terms.shape[1], adjusted=adjusted),
        lenient=lenient,
    )
