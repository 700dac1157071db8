"""The propensity score."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.match.score import propensity

NAMES = ("severity", "age", "copd")


def cohort(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1, 5, 1] + [0, 60, 0]
    x[:, 2] = x[:, 2] > 0.3
    return rng.random(n) < 1 / (1 + np.exp(-0.8 * x[:, 0])), x


def test_the_scores_reproduce_the_exposed() -> None:
    """The equations of the maximum: the scores add up to the exposed, and to their covariates."""
    arm, x = cohort(400, 5)
    score = propensity(arm, x, NAMES)
    assert score.sum() == pytest.approx(arm.sum(), rel=1e-10)
    np.testing.assert_allclose(score @ x, x[arm].sum(0), rtol=1e-9)
    where = np.random.default_rng(0).permutation(400)
    np.testing.assert_allclose(propensity(arm[where], x[where]), score[where], rtol=1e-9)


def test_a_covariate_alike_in_all_is_left_out() -> None:
    arm, x = cohort(200, 6)
    with_constant = np.column_stack([np.full(200, 7.0), x])
    np.testing.assert_array_equal(propensity(arm, with_constant), propensity(arm, x))
    assert propensity(arm, np.ones((200, 1))).tolist() == [arm.mean()] * 200


def test_a_covariate_that_decides_the_exposure_is_named() -> None:
    arm, x = cohort(100, 6)
    with pytest.warns(NumericalWarning, match="penalised") as said:
        score = propensity(arm, np.column_stack([x, arm]), (*NAMES, "order"))
    assert any("separation by order" in str(one.message) for one in said)
    assert 0 < score.min() < score.max() < 1
    for everybody, empty in ((True, "unexposed"), (False, "exposed")):
        with pytest.raises(AnalysisError, match=f"no {empty} admission"):
            propensity(np.full(10, everybody), np.arange(10.0)[:, None])
