"""Whether an effect differs between subgroups: one test, not a comparison of p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.stats.arrays import labelled
from ehrivig.stats.design_matrix import arm_vector, binary_vector, column_names, finite_matrix
from ehrivig.stats.regression.logistic import LogisticFit, likelihood_ratio, logistic
from ehrivig.stats.result import Arms, Effect, arms_of
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, repr=False)
class Interaction(Shown):
    """How the odds ratio of the exposure differs between the levels of a subgroup.

    `ratios` has the odds ratio in each level but the first over that in the first, with Wald's
    interval; their p, like `p`, is that of the one likelihood-ratio test that all are 1, with
    chi-square `chi2` and `df` = levels - 1. `fit` is the model with the interaction.
    """

    levels: tuple[object, ...]
    ratios: tuple[Effect, ...]
    chi2: float
    df: int
    p: float
    fit: LogisticFit


def interaction(
    event: ArrayLike,
    exposed: ArrayLike,
    side: ArrayLike,
    x: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> Interaction:
    """The interaction of exposure and subgroup in a logistic model of the event.

    `event`, `exposed` (n,) 0/1; `side` (n,) two or more labels, the first in sorted order the one
    that the others are held against; `x` (n, p) further covariates. Raises UsageError for wrong
    shapes; AnalysisError as `logistic` does: one level alone is a constant column, and a level
    without an arm makes its product with the exposure collinear.
    Source: Altman & Bland 2003; Wang et al. 2007.
    """
    y = binary_vector(event, "event")
    arm = arm_vector(exposed, "exposed", len(y))
    sides_of = labelled("side", side, len(y))
    levels = sides_of.labels
    # one alone is constant: the fit refuses it
    others = np.arange(1, len(levels)) if len(levels) > 1 else np.zeros(1, dtype=np.int64)
    rest = np.zeros((len(y), 0)) if x is None else finite_matrix(x, "x", len(y))
    inside = (sides_of.codes[:, np.newaxis] == others).astype(float)
    main = np.column_stack([arm.astype(float), inside, rest])
    sides = ["side"] if len(others) == 1 else [f"side {levels[k]}" for k in others]
    terms = ["exposed", *sides, *column_names(names, rest.shape[1])]
    products = [f"exposed x {name}" for name in sides]
    smaller = logistic(y, main, names=terms)
    larger = logistic(
        y,
        np.column_stack([main, arm[:, np.newaxis] * inside]),
        names=[*terms, *products],
        event_label=event_label,
        level=level,
    )
    chi2, df, p = likelihood_ratio(larger, smaller)
    ratios = tuple(_ratio(larger, name, p, arms_of(y, arm)) for name in products)
    return Interaction(levels, ratios, chi2, df, p, larger)


def _ratio(fit: LogisticFit, term: str, p: float, arms: Arms) -> Effect:
    """The ratio of the odds ratios of one level and the first."""
    j = fit.index(term)
    return Effect.between(
        arms,
        "ROR",
        (fit.odds_ratio[j], fit.lo[j], fit.hi[j], fit.se[j], p),
        event_label=fit.event_label,
        method="logistic with interaction",
        variance=f"{fit.variance}; limits Wald's, p of the likelihood ratio",
        estimand="ratio of the odds ratios of both sides",
        level=fit.level,
    )
