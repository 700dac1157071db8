"""Differences of coded covariates by hand: yes and no, numbers, and arms without weight."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from ehrivig.match.coded_balance import _differences, _told

ARM = np.array([True, True, True, True, False, False, False, False])
HAS = np.array([[1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0], [1] * 8]).T.astype(float)


def test_of_what_some_have_by_the_spread_before_matching() -> None:
    """3 of 4 against 1 of 4: a half over the root of 3/16; all against none; everybody."""
    found = _differences(ARM, csr_matrix(HAS), None)
    np.testing.assert_allclose(found, [0.5 / np.sqrt(3 / 16), np.inf, np.nan])
    turned = _differences(~ARM, csr_matrix(HAS), None)
    np.testing.assert_allclose(turned, [-0.5 / np.sqrt(3 / 16), -np.inf, np.nan])


def test_weights_move_the_means_and_not_the_spread() -> None:
    weight = np.array([1.0, 1, 0, 2, 3, 1, 1, 1])  # 2 of 4, and 3 of 6
    found = _differences(ARM, csr_matrix(HAS), weight)
    np.testing.assert_allclose(found, [0.0, np.inf, np.nan])


def test_an_arm_without_weight_has_no_difference() -> None:
    for nobody in (ARM, ~ARM):
        found = _differences(ARM, csr_matrix(HAS), np.where(nobody, 0.0, 1.0))
        assert np.isnan(found).all()


def test_a_number_has_the_spread_of_a_number() -> None:
    """1, 3 against 2, 6: variances (divisor n) of 1 and 4, so 2 over the root of 2.5."""
    arm, x = np.array([True, True, False, False]), np.array([[1.0], [3.0], [2.0], [6.0]])
    found = _differences(arm, csr_matrix(x), None, binary=False)
    np.testing.assert_allclose(found, [-2 / np.sqrt(2.5)])


def test_what_few_have_or_lack_in_an_arm_matched_or_not_is_not_told() -> None:
    arm = np.repeat([True, False], 10)
    columns = np.zeros((20, 4))
    columns[[*range(5), *range(10, 15)], 0] = 1  # 5 of 10 in both
    columns[[*range(6), *range(10, 15)], 1] = 1  # 4 of the exposed lack it
    columns[[*range(5), *range(10, 14)], 2] = 1  # 4 of the others have it
    columns[:10, 3] = 1  # all and none
    x = csr_matrix(columns)
    assert _told(arm, x, [], 5).tolist() == [True, False, False, True]
    half = (np.arange(20) % 5 != 4).astype(float)  # 4 of each half of an arm are matched
    assert _told(arm, x, [half], 5).tolist() == [False, False, False, False]
    assert _told(arm, x, [half], 0).all()
