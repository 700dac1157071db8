"""Gray's test: do the groups share one cumulative incidence of a cause?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import finite_number, labelled, whole_number
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.follow_up_input import entry_time, event_status, follow_up_time
from ehrivig.stats.survival.gray_score import Counts, score_of_stratum
from ehrivig.stats.survival.risk_sets import build_risk_sets


@dataclass(frozen=True, repr=False)
class GrayTest(Shown):
    """The test that K groups share one subdistribution of `cause` within every stratum.

    score : (K - 1,) for all groups but the last; covariance : (K - 1, K - 1). chi2 has `df` = K - 1
    degrees of freedom; `p` is its survival function, so it does not round to 0.
    """

    ONE_ROW: ClassVar[bool] = True

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
    entry: ArrayLike | None = None,
    rho: float = 0.0,
    timefix: bool = True,
    event_label: str | None = None,
) -> GrayTest:
    """Return Gray's K-sample test of the cumulative incidence of `cause`.

    time, status, group, strata, entry : (n,). status is 0 for censored, 1, 2, ... for the cause; a
        row is at risk in (entry, time] (left truncation, which `cmprsk` does not know).
    rho : weight (1 - F(t-))^rho.

    All counts are floating point: `cmprsk` multiplies 32-bit integers (events at one time x number
    at risk), which overflows in large data with ties. Raises AnalysisError with one group, no event
    of the cause, a singular variance, or a group that empties before its last entry.
    Source: Gray 1988, Ann Stat 16:1141; cmprsk `crstm`.
    """
    found = gray_tests(
        time,
        status,
        group,
        causes=(cause,),
        strata=strata,
        entry=entry,
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
    entry: ArrayLike | None = None,
    rho: float = 0.0,
    timefix: bool = True,
    event_labels: dict[int, str] | None = None,
) -> dict[int, GrayTest]:
    """Return `gray_test` of each cause (all that occur by default); the times are sorted once.

    Raises AnalysisError as `gray_test`.
    """
    rho = finite_number(rho, "rho")
    t = follow_up_time(time)
    s = event_status(status, t.size)
    e = entry_time(entry, t)
    g = labelled("group", group, t.size)
    strata_codes = labelled("strata", strata, t.size)
    if len(g.labels) < 2:
        raise AnalysisError("Gray's test: there is only one group; it needs two or more.")
    given = np.unique(s[s > 0]).tolist() if causes is None else list(causes)
    wanted = [whole_number(cause, "cause", 1) for cause in given]
    for cause in wanted:
        if not np.any(s == cause):
            raise AnalysisError(f"Gray's test: there is no event of cause {cause}.")
    parts = []
    for k in range(len(strata_codes.labels)):
        member = slice(None) if len(strata_codes.labels) == 1 else strata_codes.codes == k
        entered = None if e is None else e[member]
        parts.append(_part(t[member], s[member], g.codes[member], len(g.labels), entered, timefix))
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
            p=float(chdtrc(len(g.labels) - 1, statistic)),
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
    time: FloatArray,
    status: IntArray,
    codes: IntArray,
    n_groups: int,
    entry: FloatArray | None,
    timefix: bool,
) -> _Part:
    """Return the counts of one stratum that do not depend on the cause."""
    sets = build_risk_sets(time, status > 0, entry=entry, timefix=timefix)
    size = sets.size
    left = _table(codes * (size + 1) + sets.slot, (n_groups, size + 1))[:, 1:]
    if sets.entry_slot is not None:
        left -= _table(codes * (size + 1) + sets.entry_slot, (n_groups, size + 1))[:, 1:]
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
            u, v = score_of_stratum(Counts(part.n_risk, own, part.n_any - own), rho)
            score, covariance = score + u, covariance + v
    return score, covariance


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
