"""Residuals of a Cox model, its robust variance and its baseline hazard.

All are written with the sums of `cox_likelihood`, so they cost O(n p).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ehrivig.stats.regression.ascent import inverse
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox_likelihood import CoxDesign, Moments, exposure, information, moments

if TYPE_CHECKING:
    from ehrivig.stats.survival.cox import CoxFit


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


def score_residuals(fit: CoxFit) -> FloatArray:
    """Return each row's contribution to the score (not weighted), (n, p), in the caller's order."""
    data = fit.design
    scaled = score_rows(data, fit.coef * data.scale) * data.scale
    return _caller_order(data, scaled)


def dfbeta(fit: CoxFit) -> FloatArray:
    """Return the approximate change of each coefficient that a row causes, weighted; (n, p)."""
    data = fit.design
    scaled = score_rows(data, fit.coef * data.scale)
    if data.weights is not None:
        scaled *= data.weights[:, None]
    m = moments(data, fit.coef * data.scale)
    naive = inverse(information(data, m))
    return _caller_order(data, (scaled @ naive) / data.scale)


def martingale_residuals(fit: CoxFit) -> FloatArray:
    """Return events minus the expected number of each row, shape (n,), in the caller's order."""
    data = fit.design
    expected = exposure(data, moments(data, fit.coef * data.scale))
    if data.weights is not None:
        expected /= data.weights
    residual = -expected
    residual[data.sets.event_rows] += 1
    return _caller_order(data, residual)


@dataclass(frozen=True)
class Schoenfeld:
    """One row per event, by stratum, then time.

    residual : (m, p) covariate minus its mean in the risk set, on the covariates' scale.
    time, stratum : (m,); row : (m,) the caller's row number of the event.
    """

    residual: FloatArray
    time: FloatArray
    stratum: IntArray
    row: IntArray


def schoenfeld_residuals(fit: CoxFit) -> Schoenfeld:
    """Return the Schoenfeld residuals, as R's `residuals(fit, "schoenfeld")`."""
    data = fit.design
    sets = data.sets
    means = event_means(data, moments(data, fit.coef * data.scale))
    residual = (data.x[sets.event_rows] - means[sets.event_index]) * data.scale
    return Schoenfeld(
        residual=residual,
        time=sets.event_time[sets.event_index],
        stratum=sets.stratum[sets.event_index],
        row=data.row[sets.event_rows],
    )


@dataclass(frozen=True)
class BaselineHazard:
    """The cumulative hazard of a row with covariates `at`, by stratum, then event time.

    time, stratum, hazard, cumulative_hazard, survival : (J,); `hazard` is the jump at each time.
    """

    at: FloatArray
    time: FloatArray
    stratum: IntArray
    hazard: FloatArray
    cumulative_hazard: FloatArray
    survival: FloatArray


def baseline_hazard(fit: CoxFit, at: FloatArray | None = None) -> BaselineHazard:
    """Return the cumulative hazard at covariates `at` (p,); at 0 by default (R's `basehaz`, not
    centred). Efron's or Breslow's estimate, by the fit's ties.
    """
    data = fit.design
    coef = fit.coef * data.scale
    eta_top = float((data.x @ coef).max())
    m = moments(data, coef)
    values = np.zeros(fit.coef.size) if at is None else np.asarray(at, dtype=np.float64)
    relative = float(((values - data.center) / data.scale) @ coef) - eta_top
    hazard = data.mean_weight * m.inverse[0] * np.exp(relative)
    cumulative = data.sets.cumulate(hazard)
    return BaselineHazard(
        at=values,
        time=data.sets.event_time,
        stratum=data.sets.stratum,
        hazard=hazard,
        cumulative_hazard=cumulative,
        survival=np.exp(-cumulative),
    )


def _caller_order(data: CoxDesign, values: FloatArray) -> FloatArray:
    """Return `values` (n, ...) with rows as the caller gave them."""
    out = np.empty(values.shape)
    out[data.row] = values
    return out
