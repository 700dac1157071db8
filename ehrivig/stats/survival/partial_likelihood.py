"""The maximum of a partial likelihood, and the ways in which it has none: each a named error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ehrivig.errors import AnalysisError, SeparationError
from ehrivig.stats.newton import Check, Curve, Maximum, climb, little_gain
from ehrivig.stats.result import BoolArray, FloatArray

_COLLINEAR = 1e-10
_VANISHED = 1e-8
_BEYOND_REASON = 25.0  # log ratio per standard deviation


def maximum(
    evaluate: Callable[[FloatArray], Curve],
    names: Sequence[str],
    *,
    method: str,
    n_events: float,
    last_step: bool = True,
) -> Maximum:
    """Return the maximum over the p coefficients, climbed from 0.

    Covariates must be standardised: each then has an information of about `n_events` (the summed
    weight of the events), unless it hardly varies within the risk sets. Stops when the step is
    below 1e-7 standard errors; with `last_step` takes that step too (the error left is then about
    its square).

    Raises AnalysisError, naming columns, when the covariates are collinear, when a coefficient runs
    to infinity, or without convergence.
    """

    def guard(first: Curve) -> Check:
        _refuse_singular(first.information, n_events, names, method)

        def check(beta: FloatArray, curve: Curve, step: FloatArray) -> None:
            _refuse_infinite(beta, curve.information, first.information, names, method)

        return check

    unit = min(1.0, n_events)
    return climb(
        evaluate,
        np.zeros(len(names)),
        what=method,
        arrived=partial(little_gain, unit=unit),
        guard=guard,
        last_step=last_step,
        unit=unit,
    )


def _refuse_singular(
    information: FloatArray, n_events: float, names: Sequence[str], method: str
) -> None:
    """Raise AnalysisError when a covariate says nothing, or nothing beyond the others."""
    diagonal = np.diag(information)
    flat = _chosen(names, ~(diagonal > _COLLINEAR * n_events))
    if flat:
        raise AnalysisError(
            f"{method}: {flat}: constant in every risk set, so no effect can "
            "be estimated. Leave the column out."
        )
    scale = np.sqrt(diagonal)
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < _COLLINEAR:
        weight = np.abs(vectors[:, 0])
        involved = _chosen(names, weight > 1e-3 * weight.max())
        raise AnalysisError(f"{method}: collinear covariates: {involved}. Leave one of them out.")


def _refuse_infinite(
    coef: FloatArray, information: FloatArray, start: FloatArray, names: Sequence[str], method: str
) -> None:
    """Raise AnalysisError when the information about some contrast has vanished since the start.

    That is what a coefficient on its way to infinity looks like (all events in one arm); so is one
    that is beyond reason.
    """
    if np.max(np.abs(coef)) > _BEYOND_REASON:
        raise _infinite(np.abs(coef), names, method)
    scale = np.sqrt(np.diag(start))
    outer = np.outer(scale, scale)
    root = np.linalg.inv(np.linalg.cholesky(start / outer))
    values, vectors = np.linalg.eigh(root @ (information / outer) @ root.T)
    if not values[0] > _VANISHED:
        raise _infinite(np.abs(root.T @ vectors[:, 0]), names, method)


def _infinite(weight: FloatArray, names: Sequence[str], method: str) -> AnalysisError:
    """Return the error that names the covariates with a large `weight` (p,)."""
    involved = _chosen(names, weight > 0.1 * weight.max())
    return SeparationError(
        f"{method}: the coefficient of {involved} runs to infinity: all events lie on "
        "one side of it.",
        involved,
        "Merge categories, leave it out, or use an exact or penalised test.",
    )


def _chosen(names: Sequence[str], chosen: BoolArray) -> str:
    """Return the names at which `chosen` (p,) is True, as a list in words."""
    return ", ".join(name for name, wanted in zip(names, chosen, strict=True) if wanted)
