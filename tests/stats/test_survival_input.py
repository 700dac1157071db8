"""Checked arrays: categories and standardised covariates."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import labelled
from ehrivig.stats.survival.follow_up_input import (
    constant_columns,
    design_matrix,
    standardised,
)

VALUES = [
    [True, False, True],
    [3, -2, 3, 7],
    np.array([250, 3, 250], dtype=np.uint8),
    np.array([-128, 127, 0], dtype=np.int8),
    [1.0, 0.0, 2.0],
    [0.5, 1.5, 0.5],
    [10**9, 0, 10**9],
    [2**60, 2**60 + 1],
    ["b", "a", "b"],
    [1e300, -1e300],
]


@pytest.mark.parametrize("values", VALUES, ids=str)
def test_categories_are_those_of_unique(values: list[object]) -> None:
    found = labelled("group", values, len(values))
    labels, codes = np.unique(np.asarray(values), return_inverse=True)
    assert list(found.labels) == labels.tolist()
    assert [type(v) for v in found.labels] == [type(v) for v in labels.tolist()]
    np.testing.assert_array_equal(found.codes, codes)


def test_standardised_columns() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal([5, -3, 1e6], [2, 1e-3, 10], (9001, 3))
    order = rng.permutation(9001)
    z, center, scale = standardised(x, order)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(z * scale + center, x[order], rtol=1e-12)


def test_constant_columns_beyond_the_first_rows() -> None:
    x = np.ones((3000, 3))
    x[2999, 1] = 2
    assert constant_columns(x) == [0, 2]


def test_shapes_are_named() -> None:
    with pytest.raises(AnalysisError, match="has shape"):
        design_matrix(np.ones((3, 2, 2)), 3)
    with pytest.raises(AnalysisError, match="columns \\[1\\]"):
        design_matrix([[1, np.nan], [2, 3]], 2)
    with pytest.raises(UsageError, match="not an array of numbers"):
        design_matrix(["a", "b"], 2)
