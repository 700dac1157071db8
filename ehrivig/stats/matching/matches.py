"""What a match is: pairs of row numbers, and the weights and set numbers that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, repr=False)
class Matches(Shown):
    """Pairs of a treated and a control row, ascending by treated row, its nearest first.

    `treated`, `control` (m,) are row numbers of the input, `distance` (m,) the absolute difference
    of their distances. With a ratio k a treated row stands in up to k pairs; with replacement a
    control row may too. `n` rows went in, `n_treated` and `n_control` of each arm.
    """

    treated: IntArray
    control: IntArray
    distance: FloatArray
    n: int
    n_treated: int
    n_control: int
    method: str
    order: str
    caliper: float
    ratio: int
    replace: bool
    tie_rule: str
    exact_groups: int
    seed: int | None = None

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self.treated)

    @property
    def total_distance(self) -> float:
        """The sum of the pair distances."""
        return float(self.distance.sum())

    def set_id(self) -> IntArray:
        """The matched set of each input row, (n,), from 0 in the order of the treated; -1: none.

        Undefined with replacement, where a control is in many sets: there the row numbers of the
        pairs are the only record, and a control carries the first of its sets.
        """
        sets = np.full(self.n, -1, dtype=np.int64)
        number = np.unique(self.treated, return_inverse=True)[1]
        sets[self.treated] = number
        sets[self.control[::-1]] = number[::-1]
        return sets

    def weights(self, *, normalise: bool = False) -> FloatArray:
        """The ATT weight of each input row, (n,): 1 for matched treated, 0 for unmatched rows.

        A treated row shares a weight of 1 among its controls; a control sums its shares.
        `normalise=True` scales the controls to sum to the number of matched controls, as MatchIt.
        """
        weight = np.zeros(self.n)
        weight[self.treated] = 1.0
        mates = np.bincount(self.treated, minlength=self.n)
        shares = np.bincount(self.control, 1.0 / mates[self.treated], self.n)
        if normalise and len(self.control):
            shares *= np.count_nonzero(shares) / shares.sum()
        return np.asarray(weight + shares)
