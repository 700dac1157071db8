"""Whether an effect differs between subgroups: one test, not a comparison of p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.design_matrix import arm_vector, binary_vector, column_names, finite_matrix
from ehrivig.stats.regression.logistic import LogisticFit, likelihood_ratio, logistic
from ehrivig.stats.result import BoolArray, Effect, FloatArray, IntArray


@dataclass(frozen=True)
class InteractionTest:
    """The odds ratio of the exposure in each level of a subgroup, and whether they differ.

    `effects` (one per level, in the order of `levels`) come from the one model with the
    interaction, so their adjustment is the same; the likelihood-ratio and the Wald chi-square have
    `df` = levels - 1 degrees of freedom.
    """

    levels: tuple[str, ...]
    effects: tuple[Effect, ...]
    df: int
    chi2_likelihood_ratio: float
    p_likelihood_ratio: float
    chi2_wald: float
    p_wald: float


def interaction_test(
    event: ArrayLike,
    exposed: ArrayLike,
    subgroup: ArrayLike,
    x: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> InteractionTest:
    """The interaction of exposure and subgroup in a logistic model of the event.

    `event`, `exposed` (n,) 0/1; `subgroup` (n,) two or more labels; `x` (n, p) further covariates.
    Raises UsageError for wrong shapes; AnalysisError with fewer than two levels, when a level lacks
    an arm, and as `logistic` does. Source: Altman & Bland 2003; Wang et al. 2007.
    """
    y = binary_vector(event, "event")
    arm = arm_vector(exposed, "exposed", len(y))
    labels = np.asarray(subgroup)
    if labels.shape != y.shape:
        raise UsageError(f"subgroup: expected {len(y)} labels, got shape {labels.shape}.")
    if labels.dtype.kind == "f" and not bool(np.isfinite(labels).all()):
        raise AnalysisError("subgroup: some labels are missing; leave those rows out.")
    found, index = np.unique(labels, return_inverse=True)
    _refuse_empty(arm, index, [str(v) for v in found.tolist()])
    rest = np.zeros((len(y), 0)) if x is None else finite_matrix(x, "x", len(y))
    inside = (index[:, np.newaxis] == np.arange(len(found))).astype(float)
    covariates = np.concatenate([inside[:, 1:], rest], axis=1)
    strata = [f"subgroup {v}" for v in found.tolist()]
    other = [*strata[1:], *column_names(names, rest.shape[1])]
    larger = logistic(
        y,
        np.concatenate([inside * arm[:, np.newaxis], covariates], axis=1),
        names=[f"exposed in {s}" for s in strata] + other,
        event_label=event_label,
        level=level,
    )
    smaller = logistic(
        y, np.column_stack([arm.astype(float), covariates]), names=["exposed", *other]
    )
    chi2, df, p = likelihood_ratio(larger, smaller)
    wald = _wald_equal(larger, len(found))
    effects = tuple(
        _level_effect(larger, j + 1, y[index == j], arm[index == j]) for j in range(len(found))
    )
    names_found = tuple(str(v) for v in found.tolist())
    return InteractionTest(names_found, effects, df, chi2, p, wald, float(chdtrc(df, wald)))


def _refuse_empty(arm: BoolArray, index: IntArray, levels: list[str]) -> None:
    """Raise AnalysisError with fewer than two levels or a level without both arms."""
    if len(levels) < 2:
        raise AnalysisError("interaction: the subgroup has fewer than two levels.")
    treated = np.bincount(index[arm], minlength=len(levels))
    control = np.bincount(index[~arm], minlength=len(levels))
    for name, a, b in zip(levels, treated, control, strict=True):
        if min(a, b) == 0:
            raise AnalysisError(f"interaction: level {name} of the subgroup has one arm only.")


def _wald_equal(fit: LogisticFit, levels: int) -> float:
    """The Wald chi-square that the exposure has one log odds ratio in all levels."""
    contrast = np.zeros((levels - 1, len(fit.coef)))
    for j in range(levels - 1):
        contrast[j, 1], contrast[j, j + 2] = -1.0, 1.0
    gap = contrast @ fit.coef
    return float(gap @ np.linalg.solve(contrast @ fit.covariance @ contrast.T, gap))


def _level_effect(fit: LogisticFit, j: int, event: FloatArray, arm: BoolArray) -> Effect:
    """The odds ratio of the exposure in one level, with the events of that level."""
    return Effect(
        measure="OR",
        estimate=float(fit.odds_ratio[j]),
        lo=float(fit.lo[j]),
        hi=float(fit.hi[j]),
        se=float(fit.se[j]),
        p=float(fit.p[j]),
        event_label=fit.event_label,
        n_exposed=int(arm.sum()),
        events_exposed=int(event[arm].sum()),
        n_control=int((~arm).sum()),
        events_control=int(event[~arm].sum()),
        method=f"{fit.method}, exposure by subgroup",
        variance=fit.variance,
        level=fit.level,
    )
