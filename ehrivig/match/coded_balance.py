"""Balance of all that was coded: before matching, in the pairs of the study, and in others."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from ehrivig.dataset import KEY, exposed, matrix
from ehrivig.match.coded import Coded
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.weighting.lasso_score import LassoScore
from ehrivig.study import Study

SIDES = ("unmatched", "matched", "large_scale")
"""Everybody, the pairs of the study, the pairs of the large-scale score."""
DECLARED = "declared"
"""The kind of a matching variable, among kinds of what was coded."""
_FLAT = 1e-6
"""A smaller spread, or difference, is that of rounding."""


def coded_balance(
    people: pl.DataFrame,
    declared: tuple[tuple[str, ...], csr_matrix],
    found: Coded,
    learned: LassoScore | None,
    matched: tuple[pl.DataFrame, pl.DataFrame],
    study: Study,
) -> pl.DataFrame:
    """One row for each covariate: how many have it, its differences, what it is in the score.

    `shown`: whether no count of people behind it is small, in an arm, matched or not.
    """
    arm, smallest = exposed(people), study.report.smallest_cell
    own, (names, scaled) = csr_matrix(found.x), declared
    weights = [_weights(people, one) for one in matched]
    sides = [_differences(arm, own, w) for w in (None, *weights)]
    of_declared = [_differences(arm, scaled, w, binary=False) for w in (None, *weights)]
    told = [_may_be_told(people, name, weights, smallest) for name in names]
    share = [np.asarray(own[side].mean(axis=0)).ravel() for side in (arm, ~arm)]
    none = [None] * len(names)
    return pl.DataFrame(
        {
            "covariate": [*names, *found.names],
            "kind": [*([DECLARED] * len(names)), *found.kinds],
            "n": [*none, *np.asarray(own.sum(axis=0)).ravel().astype(int).tolist()],
            "share_exposed": [*none, *share[0].tolist()],
            "share_control": [*none, *share[1].tolist()],
            **{
                f"smd_{side}": pl.Series(np.concatenate(pair)).fill_nan(None)
                for side, pair in zip(SIDES, zip(of_declared, sides, strict=True), strict=True)
            },
            "coefficient": None if learned is None else learned.coef,
            "shown": told + _told(arm, own, weights, smallest).tolist(),
        }
    )


def _may_be_told(people: pl.DataFrame, name: str, weights: list[FloatArray], smallest: int) -> bool:
    """Whether a matching variable is a number, or yes and no of enough people everywhere."""
    x = matrix(people, (name,))
    if not np.isin(x, (0.0, 1.0)).all():
        return True
    return bool(_told(exposed(people), csr_matrix(x), weights, smallest)[0])


def _weights(people: pl.DataFrame, matched: pl.DataFrame) -> FloatArray:
    """The weight of each row in the matched, 0 for who is in no pair."""
    joined = people.select(KEY).join(
        matched.select(*KEY, "weight"), on=KEY, how="left", maintain_order="left"
    )
    return joined["weight"].fill_null(0.0).to_numpy()


def _differences(
    arm: BoolArray, x: csr_matrix, weight: FloatArray | None, *, binary: bool = True
) -> FloatArray:
    """The standardised difference of each column, (p,), by the spread before matching.

    Infinite where all of one arm have it and nobody of the other; NaN where nothing varies.
    """
    w = np.ones(len(arm)) if weight is None else weight
    if not (w[arm].sum() > 0 and w[~arm].sum() > 0):
        return np.full(x.shape[1], np.nan)
    means = [(x[side].T @ w[side]) / w[side].sum() for side in (arm, ~arm)]
    before = [np.asarray(x[side].sum(axis=0)).ravel() / side.sum() for side in (arm, ~arm)]
    if binary:
        spread = [p * (1 - p) for p in before]
    else:
        squared = csr_matrix(x.multiply(x))
        squares = [np.asarray(squared[side].mean(axis=0)).ravel() for side in (arm, ~arm)]
        spread = [np.maximum(s - m**2, 0.0) for s, m in zip(squares, before, strict=True)]
    pooled = np.sqrt((spread[0] + spread[1]) / 2)
    difference = means[0] - means[1]
    flat, apart = pooled < _FLAT, np.abs(difference) > _FLAT
    without = np.where(apart, np.copysign(np.inf, difference), np.nan)
    return np.where(flat, without, difference / np.where(flat, 1.0, pooled))


def _told(arm: BoolArray, x: csr_matrix, weights: list[FloatArray], smallest: int) -> BoolArray:
    """Of which columns no count is small: with and without it, in each arm, matched or not."""
    fine = np.ones(x.shape[1], dtype=bool)
    everybody = np.ones(len(arm), dtype=bool)
    for people in (everybody, *(w > 0 for w in weights), *(w <= 0 for w in weights)):
        for side in (arm, ~arm):
            n, have = int((people & side).sum()), np.asarray(x[people & side].sum(axis=0)).ravel()
            for count in (have, n - have):
                fine &= (count <= 0) | (count >= smallest)
    return fine
