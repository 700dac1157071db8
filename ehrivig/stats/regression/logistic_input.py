"""What a logistic fit is given, checked: options that go together, rows that can be fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import checked_level, labelled
from ehrivig.stats.design_matrix import (
    INTERCEPT,
    binary_vector,
    column_names,
    finite_matrix,
    weight_vector,
)
from ehrivig.stats.result import FloatArray

Variance = Literal["model", "quasi", "HC0", "HC1", "HC2", "HC3", "cluster", "CR2"]

VARIANCE_NAMES = {
    "model": "model (inverse Fisher information)",
    "quasi": "model times Pearson dispersion (R quasibinomial)",
    "HC0": "HC0 (White)",
    "HC1": "HC1 (HC0 times n/(n-k))",
    "HC2": "HC2 (leverage)",
    "HC3": "HC3 (squared leverage)",
    "cluster": "cluster HC1 (statsmodels, R vcovCL type HC1)",
    "CR2": "clustered CR2, t with Satterthwaite df",
}


@dataclass(frozen=True)
class Problem:
    """Checked input of one fit."""

    event: FloatArray
    x: FloatArray
    weights: FloatArray | None
    names: tuple[str, ...]
    level: float


def refuse_contradictions(
    weights: ArrayLike | None,
    cluster: ArrayLike | None,
    variance: str | None,
    interval: str,
    firth: bool | str,
    level: float,
) -> None:
    """Raise UsageError for options that exclude each other."""
    if variance is not None and variance not in VARIANCE_NAMES:
        raise UsageError(f"variance: {variance!r} is none of {', '.join(VARIANCE_NAMES)}.")
    if (variance in ("cluster", "CR2")) != (cluster is not None) and not (
        cluster is not None and variance is None
    ):
        raise UsageError('variance="cluster" or "CR2" and cluster= belong together.')
    if variance == "CR2" and weights is not None:
        raise UsageError('variance="CR2" takes no weights: it is right for rows of known variance.')
    if interval not in ("wald", "profile", "none") or firth not in (True, False, "auto"):
        raise UsageError('interval is "wald", "profile" or "none"; firth is True, False or "auto".')
    robust = variance not in (None, "model") or weights is not None or cluster is not None
    if robust and (interval == "profile" or firth is True):
        raise UsageError("profile intervals and Firth's fit use the model variance, no weights.")
    checked_level(level)


def checked(
    event: ArrayLike,
    x: ArrayLike,
    weights: ArrayLike | None,
    cluster: ArrayLike | None,
    names: Sequence[str] | None,
    level: float,
) -> tuple[Problem, ArrayLike | None]:
    """The input as arrays without rows of weight zero, and the clusters of those rows."""
    y = binary_vector(event, "event")
    matrix = finite_matrix(x, "x", len(y))
    w = weight_vector(weights, len(y))
    labels: ArrayLike | None = cluster
    if w is not None and bool((w == 0).any()):
        used = w > 0
        y, matrix, w = y[used], matrix[used], w[used]
        labels = None if cluster is None else labelled("cluster", cluster, len(used)).codes[used]
    if len(y) == 0:
        raise AnalysisError("logistic regression: no rows.")
    if not 0 < y.sum() < len(y):
        kind = "no event" if y.sum() == 0 else "nothing but events"
        raise AnalysisError(
            f"logistic regression: {kind} among {len(y)} rows; there is no odds ratio."
        )
    if len(y) <= matrix.shape[1]:
        raise AnalysisError(
            f"logistic regression: {len(y)} rows cannot carry {matrix.shape[1] + 1} coefficients."
        )
    full = (INTERCEPT, *column_names(names, matrix.shape[1]))
    return Problem(y, matrix, w, full, level), labels
