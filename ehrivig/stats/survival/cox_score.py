"""Each row's part of the score of a Cox model, and the robust variance that follows from it.

Written with the sums of `cox_likelihood`, so the cost is O(n p).
"""

from __future__ import annotations

import numpy as np

from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox_likelihood import CoxDesign, Moments, exposure, moments


def event_means(data: CoxDesign, m: Moments) -> FloatArray:
    """Return the mean covariate of the risk set at each event time, over its tie terms; (J, p)."""
    d = data.sets.tied()
    mean = m.s1 * (m.inverse[0] / d)[:, None]
    at = data.tied.index
    mean[at] -= m.d1 * (m.inverse[1] / d)[at, None]
    return mean


def score_rows(data: CoxDesign, coef: FloatArray) -> FloatArray:
    """Return each row's contribution to the score, not weighted, shape (n, p), rows in order.

    A row gains x - mean at its event and loses risk times the integral of (x - mean) dH over its
    time at risk; a tied death is charged 1 - k/d of Efron's term k.
    """
    m = moments(data, coef)
    sets, w = data.sets, data.mean_weight
    rows, index, at = sets.event_rows, sets.event_index, data.tied.index
    charge = exposure(data, m)
    risk, hazard = m.risk, charge
    if data.weights is not None:
        risk, hazard = m.risk / data.weights, charge / data.weights
    means = event_means(data, m)
    residual = np.empty(data.x.shape, order="F")
    for j in range(data.x.shape[1]):
        drift = w * (m.inverse2[0] * m.s1[:, j])
        drift[at] -= (w * m.inverse2[1])[at] * m.d1[:, j]
        tied_drift = w * m.inverse2[1] * m.s1[:, j]
        tied_drift[at] -= (w * m.inverse2[2])[at] * m.d1[:, j]
        column = -data.x[:, j] * hazard + risk * sets.until(drift)
        column[rows] += data.x[rows, j] - means[index, j] - risk[rows] * tied_drift[index]
        residual[:, j] = column
    return residual


def robust_covariance(
    data: CoxDesign, coef: FloatArray, naive: FloatArray, clusters: IntArray | None
) -> FloatArray:
    """Return the sandwich D'D of the weighted dfbeta D, summed by cluster first; (p, p).

    `clusters` (n,) are codes in the caller's row order. Source: Lin and Wei 1989, as coxph.
    """
    rows = score_rows(data, coef)
    if data.weights is not None:
        rows *= data.weights[:, None]
    if clusters is not None:
        codes = clusters[data.row]
        size = int(codes.max()) + 1
        rows = np.column_stack([np.bincount(codes, rows[:, j], size) for j in range(rows.shape[1])])
    return np.asarray(naive @ (rows.T @ rows) @ naive)
