"""The test that hazard ratios do not change with time (Grambsch and Therneau), as `cox.zph`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.cox import CoxFit
from ehrivig.stats.survival.cox_likelihood import CoxDesign, Moments, information, moments
from ehrivig.stats.survival.cox_score import event_means
from ehrivig.stats.survival.kaplan_meier import kaplan_meier

Transform = Literal["km", "identity", "log", "rank"]


@dataclass(frozen=True, repr=False)
class ProportionalHazards(Shown):
    """Score tests of x * g(time) added to the model: one per covariate, and all p together.

    chi2, p : (p,) with 1 degree of freedom each; global_chi2 has `global_df` = p.
    time, transformed : (m,) event times and g of them; scaled_residual : (m, p) whose smooth is
    the log hazard ratio against time.
    """

    names: tuple[str, ...]
    chi2: FloatArray
    p: FloatArray
    global_chi2: float
    global_df: int
    global_p: float
    time: FloatArray
    transformed: FloatArray
    scaled_residual: FloatArray
    transform: str
    method: str = "score test (Grambsch and Therneau 1994, as survival 3.5 cox.zph)"


def proportional_hazards_test(fit: CoxFit, transform: Transform = "km") -> ProportionalHazards:
    """Return the tests for `fit`; `transform` is g: 1 - S(t-) (`km`), t, log t, or rank of t.

    Rows of the residuals are by stratum, then time. Raises AnalysisError for the log of a time of
    0 and where the test is singular (a covariate that varies at one event time only).
    Source: R survival 3.5 `cox.zph`; an exact-ties fit is tested with Breslow's terms, as there.
    """
    if transform not in get_args(Transform):
        raise AnalysisError(f"transform: {transform!r} is not one of {get_args(Transform)}.")
    data = fit.design
    m = moments(data, fit.coef * data.scale)
    g = _transformed(fit, transform)
    rows, index = data.sets.event_rows, data.sets.event_index
    g = g - float(g[index].mean())
    score = _time_score(data, m, g)
    base, cross, square = (information(data, m, g**k) for k in range(3))
    singles = np.array([_statistic(base, cross, square, score, [j]) for j in range(score.size)])
    everything = _statistic(base, cross, square, score, list(range(score.size)))
    residual = (data.x[rows] - event_means(data, m)[index]) @ np.linalg.inv(base) * rows.size
    return ProportionalHazards(
        names=fit.names,
        chi2=singles,
        p=chdtrc(1, singles),
        global_chi2=everything,
        global_df=score.size,
        global_p=float(chdtrc(score.size, everything)),
        time=data.sets.event_time[index],
        transformed=_transformed(fit, transform)[index],
        scaled_residual=residual / data.scale + fit.coef,
        transform=transform,
    )


def _transformed(fit: CoxFit, transform: Transform) -> FloatArray:
    """Return g at each event time, shape (J,)."""
    data = fit.design
    times = data.sets.event_time
    if transform == "identity":
        return times
    if transform == "log":
        if np.any(times <= 0):
            raise AnalysisError("proportional hazards: the log of a time of 0. Use another scale.")
        return np.log(times)
    if transform == "rank":
        return _rank(data)
    return 1 - _survival_before(data)


def _rank(data: CoxDesign) -> FloatArray:
    """Return the mean rank among all rows' times of each event time, shape (J,)."""
    ascending = np.sort(data.time)
    low = np.searchsorted(ascending, data.sets.event_time, side="left")
    high = np.searchsorted(ascending, data.sets.event_time, side="right")
    return np.asarray((low + high + 1) / 2, dtype=np.float64)


def _survival_before(data: CoxDesign) -> FloatArray:
    """Return the pooled, unweighted Kaplan-Meier estimate just before each event time, (J,)."""
    event = np.zeros(data.time.size, dtype=np.bool_)
    event[data.sets.event_rows] = True
    curve = _pooled_curve(data, event)
    row = np.searchsorted(curve[0], data.sets.event_time, side="left")
    return np.append(1.0, curve[1])[row]


def _pooled_curve(data: CoxDesign, event: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return times and survival of all rows together."""
    curve = kaplan_meier(data.time, event, entry=data.entry).curves[0]
    return curve.time, curve.survival


def _time_score(data: CoxDesign, m: Moments, g: FloatArray) -> FloatArray:
    """Return the score of x * g(time) at coefficient 0 of it, shape (p,)."""
    rows, index = data.sets.event_rows, data.sets.event_index
    weight = np.ones(rows.size) if data.weights is None else data.weights[rows]
    deviation = data.x[rows] - event_means(data, m)[index]
    return np.asarray((weight * g[index]) @ deviation)


def _statistic(
    base: FloatArray, cross: FloatArray, square: FloatArray, score: FloatArray, columns: list[int]
) -> float:
    """Return the score chi-square of the time terms of `columns`, the main effects estimated."""
    c = cross[:, columns]
    variance = square[np.ix_(columns, columns)] - c.T @ np.linalg.solve(base, c)
    scale = np.sqrt(np.abs(np.diag(square)[columns]))
    flat = bool((scale == 0).any())
    if flat or np.linalg.matrix_rank(variance / np.outer(scale, scale), tol=1e-10) < len(columns):
        raise AnalysisError(
            "proportional hazards: too few distinct event times to tell a trend from none."
        )
    return float(score[columns] @ np.linalg.solve(variance, score[columns]))
