"""Squares and products of covariates: which there are, and what a constant makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.stats.expansion import scaled, squares_and_products

X = np.column_stack(([1.0, 2, 6, 7, 9], [0.0, 1, 0, 1, 1], np.full(5, 0.1)))


@pytest.mark.parametrize("n", [3, 5, 7, 1000])
def test_columns_all_alike_stay_0(n: int) -> None:
    """The mean of so many tenths is not a tenth."""
    found = scaled(np.column_stack((np.full(n, 0.1), np.arange(n))))
    assert (found[:, 0] == 0).all()
    assert found[:, 1].mean() == pytest.approx(0, abs=1e-12)
    assert found[:, 1].std() == pytest.approx(1)


def test_squares_and_products_by_hand() -> None:
    """No square of a yes or no, and nothing of a column that is the same of all."""
    columns, names = squares_and_products(X, ["age", "male", "same"])
    assert names == ("age squared", "age x male")
    age, male = ((x - x.mean()) / x.std() for x in X.T[:2])
    np.testing.assert_allclose(columns, np.column_stack((age**2, age * male)))


def test_plain_columns_have_neither() -> None:
    _, names = squares_and_products(X[:, [0, 1]], ["age", "male"], plain=1)
    assert names == ("age squared",)
    columns, none = squares_and_products(X[:, [1]], ["male"])
    assert (columns.shape, none) == ((5, 0), ())
