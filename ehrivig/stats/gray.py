"""Gray's test: do the groups share one cumulative incidence of a cause?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.risk_sets import build_risk_sets
from ehrivig.stats.survival_input import event_status, follow_up_time, labelled


@dataclass(frozen=True)
class GrayTest:
    """The test that K groups share one subdistribution of `cause` within every stratum.

    score : (K - 1,) for all groups but the last; covariance : (K - 1, K - 1). chi2 has `df` = K - 1
    degrees of freedom; `p` is its survival function, so it does not round to 0.
    """

    groups: tuple[object, ...]
    cause: int
    n: tuple[int, ...]
    events: tuple[int, ...]
    score: FloatArray
    covariance: FloatArray
    chi2: float
    df: int
    p: float
    rho: float
    n_strata: int
    event_label: str
    method: str = "Gray's test (as cmprsk cuminc)"


def gray_test(
    time: ArrayLike,
    status: ArrayLike,
    group: ArrayLike,
    *,
    cause: int = 1,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    timefix: bool = True,
    event_label: str | None = None,
) -> GrayTest:
    """Return Gray's K-sample test of the cumulative incidence of `cause`.

    time, status, group, strata : (n,). status is 0 for censored, 1, 2, ... for the cause.
    rho : weight (1 - F(t-))^rho.

    All counts are floating point: `cmprsk` multiplies 32-bit integers (events at one time x number
    at risk), which overflows in large data with ties. Raises AnalysisError with one group, no event
    of the cause, or a singular variance. Source: Gray 1988, Ann Stat 16:1141; cmprsk `crstm`.
    """
    t = follow_up_time(time)
    s = event_status(status, t.size)
    g = labelled("group", group, t.size)
    strata_codes = labelled("strata", strata, t.size)
    if len(g.labels) < 2:
        raise AnalysisError("Gray's test: there is only one group; it needs two or more.")
    if not np.any(s == cause):
        raise AnalysisError(f"Gray's test: there is no event of cause {cause}.")
    n_groups = len(g.labels)
    score, covariance = np.zeros(n_groups - 1), np.zeros((n_groups - 1, n_groups - 1))
    for k in range(len(strata_codes.labels)):
        member = strata_codes.codes == k
        u, v = _stratum(t[member], s[member], g.codes[member], n_groups, cause, rho, timefix)
        score, covariance = score + u, covariance + v
    statistic = _quadratic(score, covariance)
    return GrayTest(
        groups=g.labels,
        cause=cause,
        n=tuple(int(k) for k in np.bincount(g.codes)),
        events=tuple(int(k) for k in np.bincount(g.codes, s == cause)),
        score=score,
        covariance=covariance,
        chi2=statistic,
        df=n_groups - 1,
        p=float(chi2.sf(statistic, n_groups - 1)),
        rho=float(rho),
        n_strata=len(strata_codes.labels),
        event_label=event_label or f"cause {cause}",
    )


@dataclass(frozen=True)
class _Counts:
    """At T event times by K groups, (T, K): at risk, events of the cause, other events."""

    n_risk: FloatArray
    n_event: FloatArray
    n_other: FloatArray


def _counts(
    time: FloatArray, status: IntArray, codes: IntArray, n_groups: int, cause: int, timefix: bool
) -> _Counts:
    """Return the counts at every time of any event in the stratum."""
    sets = build_risk_sets(time, status > 0, timefix=timefix)
    tables = np.empty((3, sets.size, n_groups))
    for k in range(n_groups):
        member = codes == k
        tables[0, :, k] = sets.at_risk(member.astype(np.float64))
        tables[1, :, k] = sets.tied((member & (status == cause)).astype(np.float64))
        tables[2, :, k] = sets.tied((member & (status > 0) & (status != cause)).astype(np.float64))
    return _Counts(tables[0], tables[1], tables[2])


def _stratum(
    time: FloatArray,
    status: IntArray,
    codes: IntArray,
    n_groups: int,
    cause: int,
    rho: float,
    timefix: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return the score (K - 1,) and its covariance (K - 1, K - 1) in one stratum."""
    if not np.any(status == cause):
        return np.zeros(n_groups - 1), np.zeros((n_groups - 1, n_groups - 1))
    c = _counts(time, status, codes, n_groups, cause, timefix)
    present = c.n_risk > 0
    at_risk = np.where(present, c.n_risk, 1.0)
    leaving = np.where(present, (c.n_event + c.n_other) / at_risk, 0.0)
    survival = np.cumprod(1 - leaving, axis=0)
    # exactly 0 once a group has run out of survivors, as (n - d) / n is
    survival = np.where(
        np.cumsum((c.n_event + c.n_other == c.n_risk) & present, axis=0) > 0, 0.0, survival
    )
    before = _lag(survival, 1.0)
    own = np.cumsum(np.where(present, before * c.n_event / at_risk, 0.0), axis=0)
    scaled = np.where(present, c.n_risk / np.where(before > 0, before, 1.0), 0.0)
    total = scaled.sum(axis=1)
    died = c.n_event.sum(axis=1)
    pooled = np.cumsum(died / total)
    pooled_before = _lag(pooled[:, None], 0.0)[:, 0]
    weight = (1 - pooled_before) ** rho
    adjusted = scaled * (1 - _lag(own, 0.0))
    expected = died[:, None] * adjusted / adjusted.sum(axis=1, keepdims=True)
    score = (weight[:, None] * (c.n_event - expected))[:, :-1].sum(axis=0)
    spread = weight[:, None, None] * (
        np.eye(n_groups) * scaled[:, :, None]
        - scaled[:, :, None] * scaled[:, None, :] / total[:, None, None]
    )
    rate = died / (total * (1 - pooled_before))
    running = np.cumsum(spread * rate[:, None, None], axis=0)
    covariance = _covariance(c, before, survival, pooled, total, died, spread, running)
    return score, covariance


def _covariance(
    c: _Counts,
    before: FloatArray,
    survival: FloatArray,
    pooled: FloatArray,
    total: FloatArray,
    died: FloatArray,
    spread: FloatArray,
    running: FloatArray,
) -> FloatArray:
    """Return the covariance of the score, in the notation of Gray's Fortran routine `crst`."""
    present = c.n_risk > 0
    at_risk = np.where(present, c.n_risk, 1.0)
    alive = survival > 0
    share = np.where(alive, (1 - pooled)[:, None] / np.where(alive, survival, 1.0), 0.0)
    gap = 1 - share
    several = (died > 1)[:, None] & present
    expected_n = np.where(several, total[:, None] * before - 1, 1.0)
    tie = np.where(several, 1 - (died[:, None] - 1) / expected_n, 1.0)
    own = np.where(present, tie * before * died[:, None] / (total[:, None] * at_risk), 0.0)
    lone = c.n_other > 1
    tie = np.where(lone, 1 - (c.n_other - 1) / np.where(lone, at_risk - 1, 1.0), 1.0)
    other = np.where(alive, tie * before**2 * c.n_other / at_risk**2, 0.0)
    first = spread[:, :-1, :] - gap[:, None, :] * running[:, :-1, :]
    second = share[:, None, :] * running[:, :-1, :]
    v = np.einsum("tik,tjk,tk->ij", first, first, own, optimize=True)
    v += np.einsum("tik,tjk,tk->ij", second, second, other, optimize=True)
    v2 = np.einsum("tik,tk->ik", first, gap * own) - np.einsum("tik,tk->ik", second, share * other)
    v3 = (gap**2 * own + share**2 * other).sum(axis=0)
    last = running[-1, :-1, :]
    cross = last @ v2.T
    return np.asarray(v + (last * v3) @ last.T + cross + cross.T)


def _lag(values: FloatArray, first: float) -> FloatArray:
    """Return `values` (T, K) one row later, starting with `first`: the value just before."""
    return np.vstack((np.full((1, values.shape[1]), first), values[:-1]))


def _quadratic(score: FloatArray, covariance: FloatArray) -> float:
    """Return the chi-square of the score."""
    scale = np.sqrt(np.diag(covariance))
    singular = bool(np.any(scale == 0)) or (
        np.linalg.matrix_rank(covariance / np.outer(scale, scale)) < score.size
    )
    if singular:
        raise AnalysisError(
            "Gray's test: the variance is singular: a group was never at risk together with "
            "another when the event happened."
        )
    return float(score @ np.linalg.solve(covariance, score))
