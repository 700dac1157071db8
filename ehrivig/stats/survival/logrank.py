"""The log-rank test and its family: do the groups share one hazard?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import finite_number, labelled
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.shown import Shown
from ehrivig.stats.survival.follow_up_input import (
    entry_time,
    event_indicator,
    follow_up_time,
)
from ehrivig.stats.survival.risk_sets import RiskSets, build_risk_sets


@dataclass(frozen=True, repr=False)
class LogRank(Shown):
    """The test that K groups share one hazard within every stratum.

    observed, expected : (K,) events and their (weighted) expectation, in the order of `groups`.
    covariance : (K, K) of observed - expected (hypergeometric). chi2 has `df` degrees of freedom;
    `p` is its survival function, so it does not round to 0. n, events : (K,) rows and events.
    """

    ONE_ROW: ClassVar[bool] = True

    groups: tuple[object, ...]
    n: tuple[int, ...]
    events: tuple[int, ...]
    observed: FloatArray
    expected: FloatArray
    covariance: FloatArray
    chi2: float
    df: int
    p: float
    rho: float
    n_strata: int
    method: str
    event_label: str


def logrank(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
    entry: ArrayLike | None = None,
    timefix: bool = True,
    event_label: str = "event",
) -> LogRank:
    """Return the log-rank test of `group`, as R's `survdiff`; `strata` may be matched pairs.

    time, event, group, strata, entry : (n,). A row is at risk in (entry, time].
    rho : weight S(t-)^rho (Fleming-Harrington G-rho): 0 log-rank, 1 Peto-Peto Wilcoxon.

    Raises AnalysisError with fewer than two groups, no event, or a group without any information.
    Source: Harrington and Fleming 1982; R survival 3.5 `survdiff`.
    """
    rho = finite_number(rho, "rho")
    t = follow_up_time(time)
    d = event_indicator(event, t.size)
    g = labelled("group", group, t.size)
    s = labelled("strata", strata, t.size)
    if len(g.labels) < 2:
        raise AnalysisError("log-rank: there is only one group; it needs two or more.")
    if not d.any():
        raise AnalysisError("log-rank: there is no event, so nothing can be compared.")
    sets = build_risk_sets(t, d, stratum=s.codes, entry=entry_time(entry, t), timefix=timefix)
    share, died, weight, spread = _group_tables(sets, g.codes, len(g.labels), rho)
    observed = weight @ died
    expected = (weight * sets.tied()) @ share
    covariance = np.diag(spread @ share) - share.T @ (share * spread[:, None])
    statistic, df = _quadratic(observed - expected, covariance, expected)
    return LogRank(
        groups=g.labels,
        n=tuple(int(k) for k in np.bincount(g.codes)),
        events=tuple(int(k) for k in np.bincount(g.codes, d)),
        observed=observed,
        expected=expected,
        covariance=covariance,
        chi2=statistic,
        df=df,
        p=float(chdtrc(df, statistic)),
        rho=rho,
        n_strata=len(s.labels),
        method="log-rank" if rho == 0 else f"G-rho, rho = {rho:g}",
        event_label=event_label,
    )


def _group_tables(
    sets: RiskSets, codes: IntArray, n_groups: int, rho: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the group shares at risk (J, K), deaths (J, K), weights (J,) and variance terms (J,).

    The variance term is weight^2 d (n - d) / (n - 1), 0 where one row is at risk.
    """
    n_risk, n_event = sets.at_risk(), sets.tied()
    died = np.empty((sets.size, n_groups))
    share = np.empty((sets.size, n_groups))
    for k in range(n_groups):
        member = (codes == k).astype(np.float64)
        share[:, k] = sets.at_risk(member) / n_risk
        died[:, k] = sets.tied(member)
    weight = np.ones(sets.size) if rho == 0 else _survival_before(sets, n_risk, n_event) ** rho
    alone = n_risk <= 1
    spread = np.where(
        alone, 0.0, weight**2 * n_event * (n_risk - n_event) / np.where(alone, 1.0, n_risk - 1)
    )
    return share, died, weight, spread


def _survival_before(sets: RiskSets, n_risk: FloatArray, n_event: FloatArray) -> FloatArray:
    """Return the Kaplan-Meier estimate of the stratum just before each event time, shape (J,)."""
    before = np.ones(sets.size)
    for lo, hi in pairwise(np.append(sets.first_of_stratum, sets.size)):
        before[lo + 1 : hi] = np.cumprod(1 - n_event[lo : hi - 1] / n_risk[lo : hi - 1])
    return before


def _quadratic(
    excess: FloatArray, covariance: FloatArray, expected: FloatArray
) -> tuple[float, int]:
    """Return the chi-square and degrees of freedom over the groups that were ever at risk."""
    informed = np.flatnonzero(expected > 0)
    if informed.size < 2:
        raise AnalysisError("log-rank: only one group was at risk when events happened.")
    keep = informed[1:]
    block = covariance[np.ix_(keep, keep)]
    scale = np.sqrt(np.diag(block))
    if np.any(scale == 0) or np.linalg.matrix_rank(block / np.outer(scale, scale)) < keep.size:
        raise AnalysisError(
            "log-rank: the variance is singular: within every stratum (or at every event) only one "
            "group was at risk, so nothing can be compared."
        )
    return float(excess[keep] @ np.linalg.solve(block, excess[keep])), int(keep.size)
