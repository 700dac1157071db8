"""Whether the arms differ in squares and products of what is in the score, beyond chance.

A score that is linear in its covariates balances them alone. Where treatment bends (a square, a
product) and the outcome bends alike, every estimator that rests on that score leans, and nothing
that balances means shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.dataset import Floats
from ehrivig.stats.expansion import squares_and_products
from ehrivig.stats.result import BoolArray
from ehrivig.stats.wald import quantile
from ehrivig.stats.weighting.weight import effective_sample_size

_FEW_VALUES, _FEWEST = 4, 10
"""A product of two yes/no columns has four values; means of fewer than ten people are not told."""


@dataclass(frozen=True)
class Bent:
    """The square or product that is farthest off: by how much beyond chance, and its name."""

    beyond: float
    term: str


def farthest(
    arm: BoolArray, x: Floats, names: tuple[str, ...], weight: Floats, plain: int = 0
) -> Bent | None:
    """The standardised difference (of the spread in all people) less what chance can do.

    arm : (n,). x : (n, p) finite, the last `plain` columns without products. weight : (n,) of the
    comparison. What few people of an arm have is left out: it is chance, and would tell of them.
    Chance: the 95% of the largest of so many (Bonferroni). None without any term.
    """
    if arm.all() or not arm.any():
        return None
    bent = np.arange(x.shape[1] - plain)
    bent = bent[_common(x[:, bent], arm)]
    terms, every = squares_and_products(x[:, bent], [names[k] for k in bent])
    kept = _common(terms, arm)
    terms, labels = terms[:, kept], [label for label, k in zip(every, kept, strict=True) if k]
    if not labels:
        return None
    means = [np.average(terms[side], axis=0, weights=weight[side]) for side in (arm, ~arm)]
    spread = terms.std(axis=0)
    sizes = [effective_sample_size(weight[side]) for side in (arm, ~arm)]
    error = np.sqrt(1 / sizes[0] + 1 / sizes[1]) * quantile(1 - 0.05 / len(labels))
    beyond = np.abs(means[0] - means[1]) / spread - error
    worst = int(beyond.argmax())
    return Bent(max(float(beyond[worst]), 0.0), labels[worst])


def _common(columns: Floats, arm: BoolArray) -> BoolArray:
    """Which columns are numbers, or of few values that ten people of each arm have (or nobody)."""
    return np.array([_is_common(column, arm) for column in columns.T], dtype=bool)


def _is_common(column: Floats, arm: BoolArray) -> bool:
    values = np.unique(column.round(9))
    if len(values) > _FEW_VALUES:
        return True
    counts = [int((column[side].round(9) == v).sum()) for side in (arm, ~arm) for v in values]
    return min((n for n in counts if n), default=0) >= _FEWEST
