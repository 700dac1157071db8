"""The ways in which a logistic likelihood can have no maximum: dependent columns, separation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.collinear import refuse_dependent
from ehrivig.stats.design_matrix import INTERCEPT
from ehrivig.stats.newton import Check, Curve, Maximum, climb
from ehrivig.stats.result import FloatArray

STUCK = 1e3
"""Times the flattened curvature: less than that, where no step arrives, is separation as well."""
FLATTENED = 1e-9  # of the first curvature: the maximum has run to infinity


def maximum(
    curve_at: Callable[[FloatArray], Curve],
    start: FloatArray,
    labels: Sequence[str],
    *,
    what: str,
    max_iterations: int = 60,
    unit: float = 1.0,
) -> Maximum:
    """The maximum of a concave log-likelihood whose coefficients are all of the order of one.

    `labels` name the k columns in messages, `what` the model; `unit` as in `climb`. Raises
    AnalysisError for constant or collinear columns, for separation (the maximum lies at infinity)
    and for no convergence.
    """

    last: list[tuple[float, FloatArray]] = []

    def guard(first: Curve) -> Check:
        refuse_dependent(first.information, labels, what)
        diagonal = np.diag(first.information)
        flat = FLATTENED * _least(first.information, diagonal)

        def check(beta: FloatArray, curve: Curve, step: FloatArray) -> None:
            least = _least(curve.information, diagonal)
            last[:] = [(least / flat, step)]
            if least < flat:
                raise _separated(step, labels, what)

        return check

    try:
        return climb(
            curve_at, start, what=what, guard=guard, max_iterations=max_iterations, unit=unit
        )
    except AnalysisError:
        # On its way to infinity, stuck where the likelihood rises by less than its rounding.
        if last and 1 <= last[0][0] < STUCK:
            raise _separated(last[0][1], labels, what) from None
        raise


def _least(information: FloatArray, diagonal: FloatArray) -> float:
    """The least curvature in any direction, columns measured by the given diagonal (k,)."""
    if not np.isfinite(information).all():
        return 0.0
    root = np.sqrt(diagonal)
    return float(np.linalg.eigvalsh(information / np.outer(root, root)).min(initial=1.0))


def _separated(step: FloatArray, labels: Sequence[str], what: str) -> SeparationError:
    """The error that names the columns along which the fit runs to infinity."""
    size = np.abs(step)
    moving = [labels[j] for j in np.flatnonzero(size > 0.1 * size.max()).tolist() if labels[j]]
    named = ", ".join(name for name in moving if name != INTERCEPT) or "the covariates"
    return SeparationError(
        f"{what}: separation by {named}: the events are predicted without error and no finite "
        "odds ratio exists.",
        named,
        "Use firth=True, or drop or coarsen the covariate.",
    )
