"""Gray's test: do the groups share one cumulative incidence of a cause?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.follow_up_input import event_status, follow_up_time, labelled
from ehrivig.stats.survival.risk_sets import build_risk_sets


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
    found = gray_tests(
        time,
        status,
        group,
        causes=(cause,),
        strata=strata,
        rho=rho,
        timefix=timefix,
        event_labels=None if event_label is None else {cause: event_label},
    )
    return found[cause]


def gray_tests(
    time: ArrayLike,
    status: ArrayLike,
    group: ArrayLike,
    *,
    causes: Sequence[int] | None = None,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    timefix: bool = True,
    event_labels: dict[int, str] | None = None,
) -> dict[int, GrayTest]:
    """Return `gray_test` of each cause (all that occur by default); the times are sorted once.

    Raises AnalysisError as `gray_test`.
    """
    t = follow_up_time(time)
    s = event_status(status, t.size)
    g = labelled("group", group, t.size)
    strata_codes = labelled("strata", strata, t.size)
    if len(g.labels) < 2:
        raise AnalysisError("Gray's test: there is only one group; it needs two or more.")
    wanted = np.unique(s[s > 0]).tolist() if causes is None else list(causes)
    for cause in wanted:
        if not np.any(s == cause):
            raise AnalysisError(f"Gray's test: there is no event of cause {cause}.")
    parts = []
    for k in range(len(strata_codes.labels)):
        member = slice(None) if len(strata_codes.labels) == 1 else strata_codes.codes == k
        parts.append(_part(t[member], s[member], g.codes[member], len(g.labels), timefix))
    found = {}
    for cause in wanted:
        score, covariance = _sums(parts, cause, rho)
        statistic = _quadratic(score, covariance)
        found[cause] = GrayTest(
            groups=g.labels,
            cause=cause,
            n=tuple(int(k) for k in np.bincount(g.codes)),
            events=tuple(int(k) for k in np.bincount(g.codes, s == cause)),
            score=score,
            covariance=covariance,
            chi2=statistic,
            df=len(g.labels) - 1,
            p=float(chi2.sf(statistic, len(g.labels) - 1)),
            rho=float(rho),
            n_strata=len(strata_codes.labels),
            event_label=(event_labels or {}).get(cause, f"cause {cause}"),
        )
    return found


@dataclass(frozen=True)
class _Part:
    """One stratum of n rows in K groups, with T event times.

    n_risk, n_any : (K, T) at risk, and events of any cause. status, cell : of the rows with an
    event, their cause and their place in a (K, T) table.
    """

    n_risk: FloatArray
    n_any: FloatArray
    status: IntArray
    cell: IntArray

    def events(self, cause: int) -> FloatArray:
        """Events of one cause, (K, T)."""
        return _table(self.cell[self.status == cause], self.n_risk.shape)


def _part(
    time: FloatArray, status: IntArray, codes: IntArray, n_groups: int, timefix: bool
) -> _Part:
    """Return the counts of one stratum that do not depend on the cause."""
    sets = build_risk_sets(time, status > 0, timefix=timefix)
    size = sets.size
    left = _table(codes * (size + 1) + sets.slot, (n_groups, size + 1))[:, 1:]
    cell = codes[sets.event_rows] * size + sets.event_index
    n_risk: FloatArray = np.cumsum(left[:, ::-1], axis=1, dtype=np.float64)[:, ::-1]
    return _Part(n_risk, _table(cell, (n_groups, size)), status[sets.event_rows], cell)


def _table(cell: IntArray, shape: tuple[int, ...]) -> FloatArray:
    """Return how often each cell of a table occurs."""
    counts = np.bincount(cell, minlength=int(np.prod(shape)))
    return counts.astype(np.float64).reshape(shape)


def _sums(parts: list[_Part], cause: int, rho: float) -> tuple[FloatArray, FloatArray]:
    """Return the score and its covariance, summed over the strata with an event of the cause."""
    k = parts[0].n_risk.shape[0] - 1
    score, covariance = np.zeros(k), np.zeros((k, k))
    for part in parts:
        own = part.events(cause)
        if own.any():
            u, v = _stratum(_Counts(part.n_risk, own, part.n_any - own), rho)
            score, covariance = score + u, covariance + v
    return score, covariance


@dataclass(frozen=True)
class _Counts:
    """At T event times for K groups, (K, T): at risk, events of the cause, other events."""

    n_risk: FloatArray
    n_event: FloatArray
    n_other: FloatArray


@dataclass(frozen=True)
class _Curves:
    """Estimates at T event times; those by group are (K, T), pooled ones (T,).

    before, survival : Kaplan-Meier S(t-) and S(t). own_before : incidence F(t-) of the group.
    scaled : at risk / S(t-), Gray's h; total : its sum over groups. pooled_before, pooled : the
    common incidence at t- and t. died : events of the cause in all groups.
    """

    before: FloatArray
    survival: FloatArray
    own_before: FloatArray
    scaled: FloatArray
    total: FloatArray
    pooled_before: FloatArray
    pooled: FloatArray
    died: FloatArray


def _curves(c: _Counts) -> _Curves:
    """Return the curves of one stratum."""
    present = c.n_risk > 0
    at_risk = np.where(present, c.n_risk, 1.0)
    survival: FloatArray = np.cumprod(
        1 - (c.n_event + c.n_other) / at_risk, axis=1, dtype=np.float64
    )
    before = _lag(survival, 1.0)
    own: FloatArray = np.cumsum(before * c.n_event / at_risk, axis=1, dtype=np.float64)
    scaled = np.where(present, c.n_risk / np.where(before > 0, before, 1.0), 0.0)
    total, died = scaled.sum(axis=0), c.n_event.sum(axis=0)
    pooled: FloatArray = np.cumsum(died / total, dtype=np.float64)
    pooled_before = np.append(0.0, pooled[:-1])
    return _Curves(before, survival, _lag(own, 0.0), scaled, total, pooled_before, pooled, died)


def _stratum(c: _Counts, rho: float) -> tuple[FloatArray, FloatArray]:
    """Return the score (K - 1,) and its covariance (K - 1, K - 1) in one stratum."""
    f = _curves(c)
    weight = (1 - f.pooled_before) ** rho
    adjusted = f.scaled * (1 - f.own_before)
    expected = f.died * adjusted / adjusted.sum(axis=0)
    score = (c.n_event - expected)[:-1] @ weight
    return score, _covariance(c, f, weight)


def _covariance(c: _Counts, f: _Curves, weight: FloatArray) -> FloatArray:
    """Return the covariance of the score, (K - 1, K - 1); the sums of Gray's routine `crst`.

    By group k, every jump of its curves moves score i by (first, own) when it is an event of the
    cause and by (second, other) when it is another event, now and, through c(i, k), at the end.
    """
    n_groups = f.scaled.shape[0]
    rate = f.died / (f.total * (1 - f.pooled_before))
    covariance = np.zeros((n_groups - 1, n_groups - 1))
    for k in range(n_groups):
        share = np.where(f.survival[k] > 0, 1 - f.pooled, 0.0)
        share /= np.where(f.survival[k] > 0, f.survival[k], 1.0)
        own, other = _jump_variances(c, f, k)
        first, second, last = [], [], np.empty(n_groups - 1)
        for i in range(n_groups - 1):
            spread = -weight * f.scaled[i] * f.scaled[k] / f.total
            if i == k:
                spread += weight * f.scaled[k]
            running = np.cumsum(spread * rate)
            last[i] = running[-1]
            first.append(spread - (1 - share) * running)
            second.append(share * running)
        u, v = np.array(first), np.array(second)
        cross = u @ ((1 - share) * own) - v @ (share * other)
        covariance += (u * own) @ u.T + (v * other) @ v.T
        covariance += np.outer(last, last) * float((1 - share) ** 2 @ own + share**2 @ other)
        covariance += np.outer(last, cross) + np.outer(cross, last)
    return covariance


def _jump_variances(c: _Counts, f: _Curves, k: int) -> tuple[FloatArray, FloatArray]:
    """Return the variances (T,) of group k's jumps by the cause, and by other events."""
    present = c.n_risk[k] > 0
    at_risk = np.where(present, c.n_risk[k], 1.0)
    several = (f.died > 1) & present
    tie = 1 - (f.died - 1) / np.where(several, f.total * f.before[k] - 1, 1.0)
    own = np.where(several, tie, 1.0) * f.before[k] * f.died / (f.total * at_risk)
    several = c.n_other[k] > 1
    tie = 1 - (c.n_other[k] - 1) / np.where(several, at_risk - 1, 1.0)
    other = np.where(several, tie, 1.0) * f.before[k] ** 2 * c.n_other[k] / at_risk**2
    return np.where(present, own, 0.0), np.where(f.survival[k] > 0, other, 0.0)


def _lag(values: FloatArray, first: float) -> FloatArray:
    """Return `values` (K, T) one column later, starting with `first`: the value just before."""
    return np.hstack((np.full((values.shape[0], 1), first), values[:, :-1]))


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
