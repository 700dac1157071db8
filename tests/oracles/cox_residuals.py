"""Residuals of a Cox model and its baseline hazard, put together from what the fit itself runs on.

R certifies them, and with them the score rows, the risk-set means and the cumulative hazards that
the robust variance and the test of proportional hazards are made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox import CoxFit
from ehrivig.stats.survival.cox_likelihood import CoxDesign, exposure, information, moments
from ehrivig.stats.survival.cox_score import event_means, score_rows


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
    naive = np.linalg.inv(information(data, m))
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
