"""Clusters of rows that may depend on each other, and how few are too few."""

from __future__ import annotations

import warnings

from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.arrays import labelled
from ehrivig.stats.result import IntArray

FEW_CLUSTERS = 40  # below it the sandwich is too small (Cameron & Miller 2015; Angrist & Pischke)


def clusters_of(
    cluster: ArrayLike, n: int, *, corrected: bool = False, reducible: bool = False
) -> tuple[int, IntArray]:
    """The number of clusters and the number of each row's cluster, 0 .. G-1, shape (n,).

    Raises AnalysisError with fewer than two clusters, which have no variance; warns with fewer
    than 40, unless the variance is `corrected` for their small number; `reducible`: the estimator
    has such a variance.
    """
    found = labelled("cluster", cluster, n)
    groups = len(found.labels)
    if groups < 2:
        raise AnalysisError(
            "cluster: fewer than two clusters; no clustered variance exists. "
            "Leave cluster= out, or give the labels of smaller groups."
        )
    if groups < FEW_CLUSTERS and not corrected:
        warnings.warn(
            f"clustered variance from {groups} clusters: below {FEW_CLUSTERS} it is too small and "
            "its intervals too narrow; prefer fixed effects of the clusters"
            + (', or variance="CR2".' if reducible else "."),
            NumericalWarning,
            stacklevel=3,
        )
    return groups, found.codes
