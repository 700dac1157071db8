"""The score of Gray's test in one stratum and its covariance, as his routine `crst` sums them.

Source: Gray 1988, Ann Stat 16:1141; cmprsk `crstm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import FloatArray


@dataclass(frozen=True)
class Counts:
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


def _curves(c: Counts) -> _Curves:
    """Return the curves of one stratum."""
    present = c.n_risk > 0
    at_risk = np.where(present, c.n_risk, 1.0)
    survival: FloatArray = np.cumprod(
        1 - (c.n_event + c.n_other) / at_risk, axis=1, dtype=np.float64
    )
    before = _lag(survival, 1.0)
    if bool(np.any(present & (before <= 0))):
        raise AnalysisError(
            "Gray's test: everybody at risk in a group had an event before others of the group "
            "entered, so its incidence is undefined from there. Start follow-up later."
        )
    own: FloatArray = np.cumsum(before * c.n_event / at_risk, axis=1, dtype=np.float64)
    scaled = np.where(present, c.n_risk / np.where(before > 0, before, 1.0), 0.0)
    total, died = scaled.sum(axis=0), c.n_event.sum(axis=0)
    pooled: FloatArray = np.cumsum(died / total, dtype=np.float64)
    pooled_before = np.append(0.0, pooled[:-1])
    return _Curves(before, survival, _lag(own, 0.0), scaled, total, pooled_before, pooled, died)


def score_of_stratum(c: Counts, rho: float) -> tuple[FloatArray, FloatArray]:
    """Return the score (K - 1,) and its covariance (K - 1, K - 1) in one stratum."""
    f = _curves(c)
    weight = (1 - f.pooled_before) ** rho
    adjusted = f.scaled * (1 - f.own_before)
    expected = f.died * adjusted / adjusted.sum(axis=0)
    score = (c.n_event - expected)[:-1] @ weight
    return score, _covariance(c, f, weight)


def _covariance(c: Counts, f: _Curves, weight: FloatArray) -> FloatArray:
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


def _jump_variances(c: Counts, f: _Curves, k: int) -> tuple[FloatArray, FloatArray]:
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
