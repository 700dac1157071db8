"""The difference of weighted means by what each row gives, and its refusal without a variance."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.linear import WeightedMeans


def test_the_difference_by_hand() -> None:
    """Rows give 3, -1, -2, 0 to the difference: its standard error is the root of 14, over 4."""
    influence = np.array([[2.0, -1.0], [0.0, 1.0], [-1.0, 1.0], [4.0, 4.0]])
    arm = np.array([True, False, False, True])
    means = WeightedMeans(np.array([5.0, 3.0]), influence, arm, "influence function")
    effect = means.difference("days", method="weighted", estimand="ATO")
    se = np.sqrt(14) / 4
    assert (effect.measure, effect.estimate) == ("MD", 2.0)
    assert effect.se == pytest.approx(se)
    assert (effect.lo, effect.hi) == pytest.approx((2 - 1.959964 * se, 2 + 1.959964 * se))
    assert effect.p == pytest.approx(0.0325, abs=5e-4)  # z = 2.138
    assert (effect.n_exposed, effect.n_control) == (2, 2)


def test_an_outcome_that_does_not_vary_has_no_test() -> None:
    means = WeightedMeans(np.ones(2), np.ones((3, 2)), np.array([True, False, True]), "none")
    with pytest.raises(AnalysisError, match="does not vary"):
        means.difference("days", method="weighted", estimand="ATO")


def test_rounding_is_no_variance() -> None:
    """What is left of 0.1 less a mean of 0.1."""
    influence = np.array([[1e-17, -2e-17], [0.0, 1e-17], [-1e-17, 0.0]])
    means = WeightedMeans(np.array([0.1, 0.1]), influence, np.array([True, False, True]), "none")
    with pytest.raises(AnalysisError, match="does not vary"):
        means.difference("days", method="weighted", estimand="ATO")
