"""How much the studies' true effects differ: Q, I2, H2, tau2 and its interval.

Everything takes `y` (k,) effects, `v` (k,) variances, and for meta-regression a design `x` (k, p)
whose first column is usually 1. Notation of Viechtbauer 2005 and the metafor package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from ehrivig.meta.measures import Tau2
from ehrivig.stats.arrays import checked_level
from ehrivig.stats.result import FloatArray
from ehrivig.stats.shown import Shown

_RELATIVE = 4 * np.finfo(np.float64).eps


@dataclass(frozen=True, repr=False)
class Dispersion(Shown):
    """Heterogeneity of one pooled set: Cochran's Q on `q_df` degrees of freedom, and its forms.

    `i2` = max(0, (Q - df) / Q) is a proportion from 0 to 1; `h2` = Q / df. With one study `q` is 0
    and the others are NaN.
    """

    q: float
    q_df: int
    q_p: float
    i2: float
    h2: float


def dispersion(q: float, df: int) -> Dispersion:
    """The forms of a Q statistic. Source: Higgins and Thompson 2002."""
    if df < 1:
        return Dispersion(0.0, 0, np.nan, np.nan, np.nan)
    i2 = max(0.0, (q - df) / q) if q > 0 else 0.0
    return Dispersion(q, df, float(chi2.sf(q, df)), i2, q / df)


def intercept(k: int) -> FloatArray:
    """The design (k, 1) of a model without moderators."""
    return np.ones((k, 1))


def weighted_fit(y: FloatArray, w: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted least-squares coefficients (p,) and (X'WX)^-1 (p, p)."""
    covariance: FloatArray = np.asarray(np.linalg.inv((x.T * w) @ x), dtype=np.float64)
    return covariance @ (x.T @ (w * y)), covariance


def q_statistic(y: FloatArray, v: FloatArray, x: FloatArray, tau2: float = 0.0) -> float:
    """Weighted residual sum of squares with weights 1 / (v + tau2): Cochran's Q at tau2 = 0."""
    w = 1 / (v + tau2)
    beta, _ = weighted_fit(y, w, x)
    return float(np.sum(w * (y - x @ beta) ** 2))


def knapp_hartung(y: FloatArray, v: FloatArray, x: FloatArray, tau2: float) -> float:
    """The factor by which Hartung and Knapp multiply the variance: Q(tau2) over its df, at least 1.

    Below 1 the studies agree better than chance lets them, which is no gain in precision; with
    equal effects the interval would have no width. Sources: Knapp and Hartung 2003; Jackson et
    al. 2017; Rover et al. 2015 (metafor's `test = "adhoc"`).
    """
    return max(1.0, float(q_statistic(y, v, x, tau2)) / (len(y) - int(x.shape[1])))


def estimate_tau2(y: FloatArray, v: FloatArray, x: FloatArray, method: Tau2) -> float:
    """The between-study variance by DerSimonian-Laird, REML or Paule-Mandel; never negative.

    Zero when there are no more studies than coefficients.
    """
    if len(y) <= x.shape[1]:
        return 0.0
    if method == "DL":
        return tau2_dl(y, v, x)
    return tau2_reml(y, v, x) if method == "REML" else tau2_pm(y, v, x)


def tau2_dl(y: FloatArray, v: FloatArray, x: FloatArray) -> float:
    """Method-of-moments tau2. Source: DerSimonian and Laird 1986; Raudenbush 2009 for p > 1."""
    excess = q_statistic(y, v, x) - (len(y) - x.shape[1])
    return float(max(0.0, excess / _trace_p(1 / v, x)))


def tau2_pm(y: FloatArray, v: FloatArray, x: FloatArray) -> float:
    """tau2 at which Q(tau2) equals its degrees of freedom. Source: Paule and Mandel 1982."""
    return _solve_q(y, v, x, float(len(y) - x.shape[1]))


def tau2_reml(y: FloatArray, v: FloatArray, x: FloatArray) -> float:
    """Restricted maximum likelihood tau2: the highest point of the likelihood on [0, inf).

    A grid finds the peak, so that a likelihood with two peaks cannot trap the search; the root of
    the score then gives it to machine precision. Source: Viechtbauer 2005.
    """
    top = _upper_bound(y, v)
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * top, top, 400)])
    best = int(np.argmax(_reml_logliks(grid, y, v, x)))
    left, right = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    score = _reml_score(y, v, x)
    if best == 0 and score(0.0) <= 0:
        return 0.0
    if score(left) > 0 > score(right):
        return float(brentq(score, left, right, xtol=1e-14 * top, rtol=_RELATIVE))
    peak = minimize_scalar(
        lambda tau2: -_reml_logliks(np.array([tau2]), y, v, x)[0],
        bounds=(left, right),
        method="bounded",
    )
    return float(peak.x)


def tau2_interval(
    y: FloatArray, v: FloatArray, x: FloatArray, level: float = 0.95
) -> tuple[float, float]:
    """Q-profile confidence limits (lo, hi) of tau2; (0, 0) when the set of values is empty.

    NaN for one study. Source: Viechtbauer 2007, Stat Med 26:37-52.
    """
    df = len(y) - x.shape[1]
    if df < 1:
        return np.nan, np.nan
    alpha = 1 - checked_level(level)
    lo = _solve_q(y, v, x, float(chi2.isf(alpha / 2, df)))
    hi = _solve_q(y, v, x, float(chi2.ppf(alpha / 2, df)))
    return lo, hi


def typical_variance(v: FloatArray, x: FloatArray) -> float:
    """The "typical" sampling variance by which tau2 and I2 are linked (Higgins and Thompson)."""
    return float((len(v) - x.shape[1]) / _trace_p(1 / v, x))


def i2_from_tau2(tau2: float, v: FloatArray, x: FloatArray) -> float:
    """I2 as tau2 / (tau2 + typical variance), in [0, 1]: the form of REML and Paule-Mandel fits."""
    return tau2 / (tau2 + typical_variance(v, x))


def _trace_p(w: FloatArray, x: FloatArray) -> float:
    """Trace of P = W - W X (X'WX)^-1 X'W."""
    covariance = np.linalg.inv((x.T * w) @ x)
    return float(np.sum(w) - np.trace(covariance @ ((x.T * w**2) @ x)))


def _upper_bound(y: FloatArray, v: FloatArray) -> float:
    """A tau2 that no estimator can exceed in earnest: ten times the spread of the effects."""
    return float(10 * np.ptp(y) ** 2 + 10 * np.max(v) + 1e-12)


def _solve_q(y: FloatArray, v: FloatArray, x: FloatArray, target: float) -> float:
    """The tau2 >= 0 at which Q(tau2), which falls, reaches `target`; 0 when it starts below."""
    if q_statistic(y, v, x) <= target:
        return 0.0
    top = _upper_bound(y, v)
    while q_statistic(y, v, x, top) > target:
        top *= 10
    return float(
        brentq(
            lambda tau2: q_statistic(y, v, x, tau2) - target,
            0.0,
            top,
            xtol=1e-15 * top,
            rtol=_RELATIVE,
            maxiter=500,
        )
    )


def _reml_logliks(tau2: FloatArray, y: FloatArray, v: FloatArray, x: FloatArray) -> FloatArray:
    """Restricted log-likelihoods (g,) at g values of tau2, without their constant."""
    w = 1 / (v + tau2[:, None])
    information = np.einsum("kp,gk,kq->gpq", x, w, x)
    beta = np.linalg.solve(information, np.einsum("kp,gk,k->gp", x, w, y)[:, :, None])[:, :, 0]
    residual = np.sum(w * (y - beta @ x.T) ** 2, axis=1)
    logdet = np.linalg.slogdet(information)[1]
    return np.asarray(0.5 * (np.sum(np.log(w), axis=1) - logdet - residual))


def _reml_score(y: FloatArray, v: FloatArray, x: FloatArray) -> Callable[[float], float]:
    """The slope of the restricted log-likelihood in tau2: (y'PPy - tr P) / 2."""

    def slope(tau2: float) -> float:
        w = 1 / (v + tau2)
        beta, _ = weighted_fit(y, w, x)
        return 0.5 * (float(np.sum((w * (y - x @ beta)) ** 2)) - _trace_p(w, x))

    return slope
