"""A pooled logistic model of patients and intervals, without a row per patient and interval.

A covariate is the same in every interval of a patient, so the sums over the long table are sums
over patients of weights added up over intervals: a K-th of the work and of the memory, for the very
same maximum. Source: D'Agostino et al. 1990 (the model).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ehrivig.stats.design_matrix import INTERCEPT
from ehrivig.stats.expansion import scaled
from ehrivig.stats.newton import Curve
from ehrivig.stats.regression.glm import expit, log1p_exp
from ehrivig.stats.regression.separation import maximum
from ehrivig.stats.result import BoolArray, FloatArray

WHAT = "pooled logistic regression"


def pooled_chance(
    started: BoolArray,
    weight: FloatArray,
    terms: FloatArray,
    x: FloatArray,
    names: Sequence[str],
    *,
    penalised: bool = False,
) -> FloatArray:
    """Return the modelled chance of starting in each interval, shape (n, K), for every patient.

    `penalised`: time and covariates have a log-F(1, 1) prior per standard deviation, under which no
    fit runs to infinity, and strong effects are hardly shrunken (Greenland & Mansournia 2015).

    started : (n, K). weight : (n, K), how often the interval of the patient counts, 0 where the
    patient is not at risk. terms : (K, q) columns of time; x : (n, p) of the patient, finite.
    Raises AnalysisError for constant or collinear columns, separation, and no convergence.
    """
    time = np.column_stack((np.ones(len(terms)), scaled(terms)))
    patient = scaled(x)
    total = weight.sum()
    share = float((weight * started).sum() / total) if total else 0.0
    start = np.zeros(time.shape[1] + patient.shape[1])
    if 0 < share < 1:
        start[0] = np.log(share / (1 - share))
    labels = (INTERCEPT, *(f"time {j + 1}" for j in range(terms.shape[1])), *names)

    def curve_at(beta: FloatArray) -> Curve:
        curve = _curve(beta, started, weight, time, patient)
        return _with_prior(curve, beta) if penalised else curve

    top = maximum(curve_at, start, labels, what=WHAT)
    return expit(_log_odds(top.beta, time, patient))


def _with_prior(curve: Curve, beta: FloatArray) -> Curve:
    """A curve with the log-F(1, 1) prior of all coefficients but the intercept."""
    mine = np.arange(len(beta)) > 0
    half = expit(beta)
    return Curve(
        curve.loglik + float(np.sum((beta / 2 - log1p_exp(beta))[mine])),
        curve.score + np.where(mine, 0.5 - half, 0.0),
        curve.information + np.diag(np.where(mine, half * (1 - half), 0.0)),
    )


def _log_odds(beta: FloatArray, time: FloatArray, patient: FloatArray) -> FloatArray:
    q = time.shape[1]
    return np.asarray((patient @ beta[q:])[:, None] + time @ beta[:q])


def _curve(
    beta: FloatArray,
    started: BoolArray,
    weight: FloatArray,
    time: FloatArray,
    patient: FloatArray,
) -> Curve:
    """Log-likelihood, score and information of the long table, summed over intervals first."""
    eta = _log_odds(beta, time, patient)
    chance = expit(eta)
    loglik = float(np.sum(weight * (started * eta - log1p_exp(eta))))
    residual = weight * (started - chance)
    score = np.concatenate((time.T @ residual.sum(axis=0), patient.T @ residual.sum(axis=1)))
    curvature = weight * chance * (1 - chance)
    corner = (time.T * curvature.sum(axis=0)) @ time
    side = time.T @ (curvature.T @ patient)
    rest = (patient.T * curvature.sum(axis=1)) @ patient
    return Curve(loglik, score, np.block([[corner, side], [side.T, rest]]))
