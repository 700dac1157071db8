"""Small-study effects: Egger's and Peters' tests, trim and fill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import rankdata

from ehrivig.errors import AnalysisError
from ehrivig.meta.effects import EffectSizes, effect_sizes
from ehrivig.meta.heterogeneity import estimate_tau2, intercept, weighted_fit
from ehrivig.meta.intervals import two_sided_p
from ehrivig.meta.pooled import Plan, Pooled, pool_effects
from ehrivig.meta.study_data import Counts
from ehrivig.stats.arrays import one_of
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown

Side = Literal["left", "right"]


@dataclass(frozen=True, repr=False)
class AsymmetryTest(Shown):
    """A regression test of funnel asymmetry with k - 2 df.

    `coefficient` is Egger's intercept (bias per standard error), or Peters' slope on 1 / n; `limit`
    the effect that the line predicts for an infinitely large study, on the analysis scale.
    """

    name: str
    coefficient: float
    se: float
    statistic: float
    df: int
    p: float
    limit: float
    k: int


@dataclass(frozen=True, repr=False)
class TrimAndFill(Shown):
    """Studies thought missing on one side of the funnel, and the pool with their mirror images.

    `k0` is their estimated number with `k0_se`; `filled_y` and `filled_v` (k0,) the mirrored
    effects on the analysis scale; `pooled` the pool of observed and filled studies. `p_k0` tests
    that none is missing (R0 only, else NaN).
    """

    side: Side
    estimator: str
    k0: int
    k0_se: float
    p_k0: float
    filled_y: FloatArray
    filled_v: FloatArray
    pooled: Pooled


def egger_test(effects: EffectSizes) -> AsymmetryTest:
    """Egger's test: the intercept of y/se on 1/se, unweighted. Source: Egger et al. 1997.

    Advised only from 10 studies on. Raises AnalysisError below 3 studies or with equal precision.
    """
    used = effects.estimable
    se = np.sqrt(effects.v[used])
    return _asymmetry("Egger", effects.y[used], se, 1 / effects.v[used])


def peters_test(data: Counts, measure: str = "OR") -> AsymmetryTest:
    """Peters' test: log ratio on 1/n, weighted by 1 / (1/events + 1/non-events).

    Robust where an odds ratio and its own standard error are correlated. Source: Peters et al.
    2006. Raises UsageError for a measure other than OR or RR, AnalysisError as Egger's.
    """
    one_of("Peters' test: measure", measure, ("OR", "RR"))
    effects = effect_sizes(data, measure)
    used = effects.estimable
    events = (data.events_treated + data.events_control)[used]
    n = data.n[used]
    return _asymmetry("Peters", effects.y[used], 1 / n, events * (n - events) / n)


def trim_and_fill(
    effects: EffectSizes,
    plan: Plan,
    *,
    estimator: Literal["L0", "R0"] = "L0",
    side: Side | None = None,
) -> TrimAndFill:
    """Trim and fill around an inverse-variance pool. Source: Duval and Tweedie 2000.

    `side` is where studies are thought missing; by default the side opposite to the regression of
    effect on standard error. Raises AnalysisError below 3 studies or without convergence.
    """
    one_of("trim and fill: estimator", estimator, ("L0", "R0"))
    y, v = effects.y[effects.estimable], effects.v[effects.estimable]
    if len(y) < 3:
        raise AnalysisError("trim and fill: three studies with an estimate are needed.")
    side = side or _missing_side(y, v, plan)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    mirrored, variance = sign * y[order], v[order]
    k0, k0_se, center = _iterate(effects, mirrored, variance, plan, estimator)
    filled_y = sign * (2 * center - mirrored[len(y) - k0 :])
    filled_v = variance[len(y) - k0 :]
    both = _plain(effects, np.concatenate([y, filled_y]), np.concatenate([v, filled_v]))
    return TrimAndFill(
        side=side,
        estimator=estimator,
        k0=k0,
        k0_se=k0_se,
        p_k0=0.5 ** (k0 + 1) if estimator == "R0" else np.nan,
        filled_y=filled_y,
        filled_v=filled_v,
        pooled=pool_effects(both, plan),
    )


def _asymmetry(name: str, y: FloatArray, predictor: FloatArray, w: FloatArray) -> AsymmetryTest:
    """Weighted regression of y on a predictor with estimated dispersion, k - 2 df."""
    k = len(y)
    if k < 3:
        raise AnalysisError(f"{name}'s test: three studies with an estimate are needed.")
    if np.ptp(predictor) <= 1e-12 * np.max(np.abs(predictor)):
        raise AnalysisError(f"{name}'s test: all studies are equally large.")
    x = np.column_stack([np.ones(k), predictor])
    beta, covariance = weighted_fit(y, w, x)
    dispersion = float(np.sum(w * (y - x @ beta) ** 2)) / (k - 2)
    se = float(np.sqrt(dispersion * covariance[1, 1]))
    if not se > 0:
        raise AnalysisError(f"{name}'s test: the studies do not scatter about their line.")
    statistic = float(beta[1]) / se
    p = two_sided_p(statistic, k - 2)
    return AsymmetryTest(name, float(beta[1]), se, statistic, k - 2, p, float(beta[0]), k)


def _missing_side(y: FloatArray, v: FloatArray, plan: Plan) -> Side:
    """Small studies with larger effects leave the left empty, and the other way round."""
    x = np.column_stack([np.ones(len(y)), np.sqrt(v)])
    if np.ptp(v) <= 1e-12 * np.max(v):
        return "left"
    tau2 = estimate_tau2(y, v, x, plan.tau2) if plan.model == "random" else 0.0
    beta, _ = weighted_fit(y, 1 / (v + tau2), x)
    return "right" if beta[1] < 0 else "left"


def _iterate(
    effects: EffectSizes, y: FloatArray, v: FloatArray, plan: Plan, estimator: str
) -> tuple[int, float, float]:
    """(k0, its standard error, the centre): trims the largest effects until k0 stays the same."""
    k, k0 = len(y), 0
    for _ in range(100):
        keep = max(k - k0, 1)
        center = _center(y[:keep], v[:keep], plan)
        raw, error = _missing_count(y - center, estimator)
        seen, k0 = k0, max(0, round(raw))
        if k0 == seen:
            return k0, error, center
    raise AnalysisError("trim and fill: the number of missing studies did not settle.")


def _center(y: FloatArray, v: FloatArray, plan: Plan) -> float:
    """The inverse-variance mean of the studies that are left."""
    random = plan.model == "random"
    tau2 = estimate_tau2(y, v, intercept(len(y)), plan.tau2) if random else 0.0
    w = 1 / (v + tau2)
    return float(np.sum(w * y) / np.sum(w))


def _missing_count(centered: FloatArray, estimator: str) -> tuple[float, float]:
    """The estimated number of missing studies and its standard error, from signed ranks."""
    k = len(centered)
    ranks = np.sign(centered) * rankdata(np.abs(centered), method="ordinal")
    if estimator == "R0":
        below = -ranks[ranks < 0]
        raw = float(k - (below.max() if len(below) else 0) - 1)
        return raw, float(np.sqrt(2 * max(0.0, raw) + 2))
    raw = float((4 * ranks[ranks > 0].sum() - k * (k + 1)) / (2 * k - 1))
    polynomial = 10 * raw**3 + 27 * raw**2 + 17 * raw - 18 * k * raw**2 - 18 * k * raw
    variance = (k * (k + 1) * (2 * k + 1) + polynomial + 6 * k**2 * raw) / 24
    return raw, float(4 * np.sqrt(max(0.0, variance)) / (2 * k - 1))


def _plain(effects: EffectSizes, y: FloatArray, v: FloatArray) -> EffectSizes:
    """Effects that are all estimable, of the same measure."""
    every: BoolArray = np.ones(len(y), dtype=np.bool_)
    return EffectSizes(effects.measure, y, v, every, ~every)
