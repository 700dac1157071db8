"""Marginal effects: two standardised risks, their covariance, and the contrasts that follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.clusters import clusters_of
from ehrivig.stats.design_matrix import (
    arm_vector,
    binary_vector,
    column_names,
    finite_matrix,
    near_zero,
)
from ehrivig.stats.result import (
    BoolArray,
    Effect,
    FloatArray,
    IntArray,
    Risk,
    Risks,
    arms_of,
)
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import p_value, quantile


@dataclass(frozen=True, repr=False)
class MarginalEffects(Shown):
    """Standardised risks of the event under both exposures, and their three contrasts.

    `covariance` (2, 2) of the risks (exposed first). `failed` counts bootstrap samples without a
    fit (0 without a bootstrap).
    """

    risk_exposed: float
    risk_control: float
    covariance: FloatArray
    risk_difference: Effect
    risk_ratio: Effect
    odds_ratio: Effect
    failed: int = 0


@dataclass(frozen=True)
class Cohort:
    """Checked input: event (n,), exposed (n,), covariates (n, p), cluster numbers (n,) or None."""

    event: FloatArray
    exposed: BoolArray
    x: FloatArray
    names: tuple[str, ...]
    cluster: IntArray | None
    groups: int

    def take(self, rows: IntArray) -> Cohort:
        """The cohort of these rows (with repeats), clusters left out."""
        return Cohort(self.event[rows], self.exposed[rows], self.x[rows], self.names, None, 0)


def cohort_of(
    event: ArrayLike,
    exposed: ArrayLike,
    x: ArrayLike,
    cluster: ArrayLike | None,
    names: Sequence[str] | None,
) -> Cohort:
    """The input, checked; AnalysisError when an arm is empty."""
    y = binary_vector(event, "event")
    arm = arm_vector(exposed, "exposed", len(y))
    matrix = finite_matrix(x, "x", len(y))
    if not arm.any() or arm.all():
        raise AnalysisError("marginal effects: one arm is empty; there is no contrast.")
    matrix = near_zero(matrix)
    labels = column_names(names, matrix.shape[1])
    if cluster is None:
        return Cohort(y, arm, matrix, labels, None, 0)
    groups, index = clusters_of(cluster, len(y))
    return Cohort(y, arm, matrix, labels, index, groups)


def influence_covariance(cohort: Cohort, influence: FloatArray) -> FloatArray:
    """The (2, 2) covariance of two means from influence values (n, 2), summed within clusters."""
    n = len(influence)
    if cohort.cluster is None:
        return np.asarray(influence.T @ influence / n**2)
    sums = np.column_stack(
        [np.bincount(cohort.cluster, influence[:, j], cohort.groups) for j in range(2)]
    )
    return np.asarray(cohort.groups / (cohort.groups - 1) * (sums.T @ sums) / n**2)


@dataclass(frozen=True)
class Report:
    """What all three contrasts of one analysis have in common."""

    cohort: Cohort
    event_label: str
    level: float
    estimand: str
    method: str

    def from_covariance(
        self, risks: FloatArray, covariance: FloatArray, variance: str
    ) -> MarginalEffects:
        """Wald intervals, symmetric on the log for the ratios."""
        z = quantile(self.level)
        contrasts = _contrasts(risks)
        both = _risks_of(risks, covariance, z)
        effects = []
        for measure, value, gradient in contrasts:
            se = float(np.sqrt(gradient @ covariance @ gradient))
            p = p_value(value / se) if se > 0 else float("nan")
            ends = (value, value - z * se, value + z * se)
            effects.append(self._effect(measure, ends, se, p, variance, both))
        return _marginal(risks, covariance, effects, 0)

    def from_draws(self, risks: FloatArray, draws: FloatArray, failed: int) -> MarginalEffects:
        """Percentile intervals, at rank tail x (B + 1); p is Wald's with the bootstrap's SE."""
        tail = (1 - checked_level(self.level)) / 2
        samples = [[value for _, value, _ in _contrasts(draw)] for draw in draws]
        ends_of = np.quantile(draws, [tail, 1 - tail], axis=0, method="weibull")
        both = (_risk(risks[0], ends_of[:, 0]), _risk(risks[1], ends_of[:, 1]))
        effects = []
        for (measure, value, _), column in zip(_contrasts(risks), np.array(samples).T, strict=True):
            se = float(np.std(column, ddof=1))
            p = p_value(value / se) if se > 0 else float("nan")
            lo, hi = np.quantile(column, [tail, 1 - tail], method="weibull")
            name = f"bootstrap, {len(draws)} samples, percentile limits; p by their SE"
            ends = (value, float(lo), float(hi))
            effects.append(self._effect(measure, ends, se, p, name, both))
        return _marginal(risks, np.cov(draws.T), effects, failed)

    def _effect(
        self,
        measure: str,
        ends: tuple[float, float, float],
        se: float,
        p: float,
        variance: str,
        risks: Risks,
    ) -> Effect:
        """One contrast; `ends` on the scale of its standard error."""
        back = (lambda v: v) if measure == "RD" else np.exp
        estimate, lo, hi = (float(back(v)) for v in ends)
        return Effect.between(
            arms_of(self.cohort.event, self.cohort.exposed),
            measure,
            (estimate, lo, hi, se, p),
            event_label=self.event_label,
            method=self.method,
            variance=variance,
            estimand=self.estimand,
            level=self.level,
            risks=risks,
        )


def _risks_of(risks: FloatArray, covariance: FloatArray, z: float) -> Risks:
    """Both risks with intervals that are symmetric on the logit, so that they stay in [0, 1]."""
    logit = np.log(risks / (1 - risks))
    half = z * np.sqrt(np.diag(covariance)) / (risks * (1 - risks))
    ends = 1 / (1 + np.exp(-(logit + np.outer([-1, 1], half))))
    return _risk(risks[0], ends[:, 0]), _risk(risks[1], ends[:, 1])


def _risk(value: float, ends: FloatArray) -> Risk:
    return Risk(float(value), float(ends[0]), float(ends[1]))


def _marginal(
    risks: FloatArray, covariance: FloatArray, effects: list[Effect], failed: int
) -> MarginalEffects:
    """The risks with their contrasts in the order of `_contrasts`."""
    difference, ratio, odds = effects
    return MarginalEffects(
        float(risks[0]), float(risks[1]), covariance, difference, ratio, odds, failed
    )


def _contrasts(risks: FloatArray) -> list[tuple[str, float, FloatArray]]:
    """Measure, value (log for ratios) and gradient in (risk exposed, risk control)."""
    a, b = float(risks[0]), float(risks[1])
    if not (0 < a < 1 and 0 < b < 1):
        raise AnalysisError(
            "nobody in one arm had the event, or everybody: no ratio and no variance exist. "
            "See the crude risk difference."
        )
    log_odds = np.log(a / (1 - a)) - np.log(b / (1 - b))
    return [
        ("RD", a - b, np.array([1.0, -1.0])),
        ("RR", float(np.log(a / b)), np.array([1 / a, -1 / b])),
        ("OR", float(log_odds), np.array([1 / (a * (1 - a)), -1 / (b * (1 - b))])),
    ]
