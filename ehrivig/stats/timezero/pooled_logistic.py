"""A pooled logistic model of patients and intervals, without a row per patient and interval.

A covariate is the same in every interval of a patient, so the sums over the long table are sums
over patients of weights added up over intervals: a K-th of the work and of the memory, for the very
same maximum. Covariates that move come beside them, a value per patient and interval.
Source: D'Agostino et al. 1990 (the model).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ehrivig.stats.collinear import dependent_columns
from ehrivig.stats.design_matrix import INTERCEPT
from ehrivig.stats.expansion import scaled
from ehrivig.stats.newton import Curve
from ehrivig.stats.regression.glm import expit, log1p_exp
from ehrivig.stats.regression.separation import maximum
from ehrivig.stats.result import BoolArray, FloatArray

WHAT = "pooled logistic regression"


class Columns(NamedTuple):
    """Scaled columns of time (K, 1 + q), of patients (n, p), and moving ones (n, K, r) or None."""

    time: FloatArray
    patient: FloatArray
    moving: FloatArray | None


def pooled_chance(
    started: BoolArray,
    weight: FloatArray,
    terms: FloatArray,
    x: FloatArray,
    names: Sequence[str],
    *,
    penalised: bool = False,
    moving: FloatArray | None = None,
) -> FloatArray:
    """Return the modelled chance of starting in each interval, shape (n, K), for every patient.

    `penalised`: time and covariates have a log-F(1, 1) prior per standard deviation, under which no
    fit runs to infinity, and strong effects are hardly shrunken (Greenland & Mansournia 2015).

    started : (n, K). weight : (n, K), how often the interval of the patient counts, 0 where the
    patient is not at risk. terms : (K, q) columns of time; x : (n, p) of the patient, finite.
    moving : (n, K, r) of the patient in each interval, finite, names : p, and r after them. Those
    that time and the others determine are left out, which changes nothing.
    Raises AnalysisError for constant or collinear columns, separation, and no convergence.
    """
    columns = Columns(
        np.column_stack((np.ones(len(terms)), scaled(terms))),
        scaled(x),
        None
        if moving is None
        else scaled(moving.reshape(-1, moving.shape[2])).reshape(moving.shape),
    )
    total = weight.sum()
    share = float((weight * started).sum() / total) if total else 0.0
    labels = (INTERCEPT, *(f"time {j + 1}" for j in range(terms.shape[1])), *names)
    start = np.zeros(len(labels))
    if 0 < share < 1:
        start[0] = np.log(share / (1 - share))

    def curve_at(beta: FloatArray) -> Curve:
        curve = _curve(beta, started, weight, columns)
        return with_prior(curve, beta) if penalised else curve

    keep = () if moving is None else _own(curve_at(start), moving.shape[2])
    if moving is not None and len(keep) < moving.shape[2]:
        left = moving[:, :, keep] if keep else None
        named = (*names[: x.shape[1]], *(names[x.shape[1] + j] for j in keep))
        return pooled_chance(started, weight, terms, x, named, penalised=penalised, moving=left)
    top = maximum(curve_at, start, labels, what=WHAT)
    return expit(_log_odds(top.beta, columns))


def _own(curve: Curve, n_moving: int) -> tuple[int, ...]:
    """Which of the moving columns, the last ones, say what no other does where people are at risk.

    On the first day severity may be the baseline's own; a day on which nobody has a value is time.
    """
    gone = dependent_columns(curve.information)
    fixed = len(curve.score) - n_moving
    return tuple(j for j in range(n_moving) if j + fixed not in gone)


def with_prior(curve: Curve, beta: FloatArray) -> Curve:
    """A curve with the log-F(1, 1) prior of all coefficients but the intercept."""
    mine = np.arange(len(beta)) > 0
    half = expit(beta)
    return Curve(
        curve.loglik + float(np.sum((beta / 2 - log1p_exp(beta))[mine])),
        curve.score + np.where(mine, 0.5 - half, 0.0),
        curve.information + np.diag(np.where(mine, half * (1 - half), 0.0)),
    )


def _log_odds(beta: FloatArray, columns: Columns) -> FloatArray:
    time, patient, moving = columns
    q = time.shape[1]
    p = q + patient.shape[1]
    eta = (patient @ beta[q:p])[:, None] + time @ beta[:q]
    return np.asarray(eta if moving is None else eta + moving @ beta[p:])


def _curve(beta: FloatArray, started: BoolArray, weight: FloatArray, columns: Columns) -> Curve:
    """Log-likelihood, score and information of the long table, summed over intervals first."""
    time, patient, moving = columns
    eta = _log_odds(beta, columns)
    chance = expit(eta)
    loglik = float(np.sum(weight * (started * eta - log1p_exp(eta))))
    residual = weight * (started - chance)
    score = np.concatenate((time.T @ residual.sum(axis=0), patient.T @ residual.sum(axis=1)))
    curvature = weight * chance * (1 - chance)
    corner = (time.T * curvature.sum(axis=0)) @ time
    side = time.T @ (curvature.T @ patient)
    rest = (patient.T * curvature.sum(axis=1)) @ patient
    fixed = np.block([[corner, side], [side.T, rest]])
    if moving is None:
        return Curve(loglik, score, fixed)
    curved = curvature[:, :, None] * moving
    flat = moving.reshape(-1, moving.shape[2])
    side = np.vstack((time.T @ curved.sum(axis=0), patient.T @ curved.sum(axis=1)))
    return Curve(
        loglik,
        np.concatenate((score, flat.T @ residual.ravel())),
        np.block([[fixed, side], [side.T, flat.T @ curved.reshape(flat.shape)]]),
    )
