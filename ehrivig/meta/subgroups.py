"""Subgroup pools and the test between them, as in the Cochrane review format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.heterogeneity import Dispersion, dispersion, intercept, q_statistic
from ehrivig.meta.pooled import Plan, Pooled, pool
from ehrivig.meta.study_data import StudyData


@dataclass(frozen=True)
class Subgroup:
    """One subgroup: its name, the row numbers of its studies, its pool, or why there is none."""

    name: str
    rows: tuple[int, ...]
    pooled: Pooled | None
    note: str = ""


@dataclass(frozen=True)
class SubgroupAnalysis:
    """The subgroups in order of first appearance and the test that they differ.

    `between` is the Q of the pooled subgroup effects on (number of pooled subgroups - 1) df; its
    `q_p` is NaN with fewer than two pooled subgroups.
    """

    groups: tuple[Subgroup, ...]
    between: Dispersion


def subgroup_analysis(data: StudyData, labels: Sequence[str], plan: Plan) -> SubgroupAnalysis:
    """Pools each subgroup on its own (its own tau2) and tests the difference between them.

    `labels` (k,) names the subgroup of each study. Raises UsageError when the lengths differ.
    Source: Borenstein and Higgins 2013; RevMan 5 for Mantel-Haenszel.
    """
    if len(labels) != data.k:
        raise UsageError(f"subgroups: {len(labels)} labels for {data.k} studies. Give one each.")
    groups = tuple(_subgroup(data, labels, name, plan) for name in dict.fromkeys(labels))
    return SubgroupAnalysis(groups, difference_test([g.pooled for g in groups if g.pooled]))


def difference_test(pools: Sequence[Pooled]) -> Dispersion:
    """Cochran's Q of pooled effects around their weighted mean: do they differ?"""
    usable = [pooled for pooled in pools if pooled.se > 0]
    return difference_of([p.theta for p in usable], [p.se for p in usable])


def difference_of(theta: Sequence[float], se: Sequence[float]) -> Dispersion:
    """Cochran's Q of g independent effects with standard errors, on g - 1 df (g may be 0)."""
    y, v = np.asarray(theta, dtype=np.float64), np.asarray(se, dtype=np.float64) ** 2
    if len(y) < 2:
        return dispersion(0.0, 0)
    return dispersion(q_statistic(y, v, intercept(len(y))), len(y) - 1)


def _subgroup(data: StudyData, labels: Sequence[str], name: str, plan: Plan) -> Subgroup:
    """The studies of one name, pooled when that is possible."""
    rows = np.flatnonzero(np.asarray(labels, dtype=object) == name)
    places = tuple(int(row) for row in rows)
    try:
        return Subgroup(name, places, pool(data.take(rows), plan))
    except AnalysisError as problem:
        return Subgroup(name, places, None, str(problem))
