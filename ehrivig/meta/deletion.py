"""What single studies do to the pool: leave-one-out, cumulative, and deletion diagnostics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.stats import chi2

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.pooled import Plan, Pooled, pool, pool_effects
from ehrivig.meta.study_data import StudyData
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, repr=False)
class Influence(Shown):
    """Deletion diagnostics (k,) of each study in an inverse-variance pool, as metafor's.

    `rstudent` is the externally standardised residual, `dffits` and `dfbetas` the shift of the pool
    in its standard errors, `cook_d` Cook's distance, `cov_r` the ratio of variances without and
    with the study, `tau2_without` and `q_without` the heterogeneity without it, `hat` its
    proportion of weight, `influential` the mark by the usual cut-offs. NaN for studies without an
    estimate.
    """

    rstudent: FloatArray
    dffits: FloatArray
    dfbetas: FloatArray
    cook_d: FloatArray
    cov_r: FloatArray
    tau2_without: FloatArray
    q_without: FloatArray
    hat: FloatArray
    influential: BoolArray


def leave_one_out(data: StudyData, plan: Plan) -> tuple[Pooled | None, ...]:
    """The pool without each study in turn (k,); None where the rest cannot be pooled."""
    rows = np.arange(data.k)
    return tuple(_pool_or_none(data.take(rows[rows != row]), plan) for row in rows)


def cumulative(data: StudyData, plan: Plan, order: Sequence[int]) -> tuple[Pooled | None, ...]:
    """The pool of the first 1, 2, ... k studies of `order` (row numbers); None where impossible.

    Raises UsageError when `order` is not a permutation of the studies.
    """
    given = numbers(order, "cumulative: order")
    if sorted(given.ravel().tolist()) != list(range(data.k)):
        raise UsageError("cumulative: the order must name every study once.")
    rows: IntArray = given.ravel().astype(np.int64)
    return tuple(_pool_or_none(data.take(rows[: n + 1]), plan) for n in range(data.k))


def influence(effects: EffectSizes, plan: Plan) -> Influence:
    """Deletion diagnostics of an inverse-variance or Peto pool. Source: Viechtbauer, Cheung 2010.

    Raises AnalysisError with fewer than two estimable studies.
    """
    used: IntArray = np.flatnonzero(effects.estimable).astype(np.int64)
    k = len(used)
    if k < 2:
        raise AnalysisError("influence: two studies with an estimate are needed.")
    full = pool_effects(effects, plan)
    hat = full.weights[used]
    rest = [pool_effects(effects.without(int(row)), plan) for row in used]
    y, v = effects.y[used], effects.v[used]
    theta, se = np.array([r.theta for r in rest]), np.array([r.se for r in rest])
    tau2 = np.nan_to_num(np.array([r.tau2 for r in rest]))
    scale = np.array([_scale(r, effects, int(row)) for r, row in zip(rest, used, strict=True)])
    shift = full.theta - theta
    dffits = shift / np.sqrt(scale * hat * (tau2 + v))
    dfbetas = shift / np.sqrt(scale / np.array([np.sum(1 / (v + t)) for t in tau2]))
    cook_d = (shift / full.se) ** 2
    marked = (
        (np.abs(dffits) > 3 * np.sqrt(1 / (k - 1)))
        | (chi2.cdf(cook_d, 1) > 0.5)
        | (hat > 3 / k)
        | (np.abs(dfbetas) > 1)
    )
    spread = partial(_spread, used=used, k=len(effects.y))
    influential = np.zeros(len(effects.y), dtype=np.bool_)
    influential[used] = marked
    return Influence(
        rstudent=spread((y - theta) / np.sqrt(scale * (v + tau2) + se**2)),
        dffits=spread(dffits),
        dfbetas=spread(dfbetas),
        cook_d=spread(cook_d),
        cov_r=spread((se / full.se) ** 2),
        tau2_without=spread(tau2),
        q_without=spread(np.array([r.dispersion.q for r in rest])),
        hat=spread(hat),
        influential=influential,
    )


def _pool_or_none(data: StudyData, plan: Plan) -> Pooled | None:
    """A pool, or None where nothing can be estimated."""
    if data.k == 0:
        return None
    try:
        return pool(data, plan)
    except AnalysisError:
        return None


def _scale(rest: Pooled, effects: EffectSizes, row: int) -> float:
    """Hartung-Knapp's multiplier of the variance in the fit without a study; 1 otherwise."""
    if np.isnan(rest.df):
        return 1.0
    keep = effects.without(row).estimable
    w = 1 / (effects.v[keep] + rest.tau2)
    return max(1.0, float(np.sum(w * (effects.y[keep] - rest.theta) ** 2) / rest.df))


def _spread(values: FloatArray, used: IntArray, k: int) -> FloatArray:
    """Values of the used studies at their places among k, NaN elsewhere."""
    out = np.full(k, np.nan)
    out[used] = values
    return out
