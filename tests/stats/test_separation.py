"""Separation is found when it is there and only then: a linear programme is the judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.special import expit

from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.firth import penalised_profile
from ehrivig.stats.regression.firth_likelihood import prepare
from ehrivig.stats.regression.logistic import logistic


def separated(y: np.ndarray, x: np.ndarray) -> bool:
    """Whether some direction never points against an event and sometimes for one (Konis 2007)."""
    signed = (2 * y - 1)[:, None] * np.column_stack([np.ones(len(y)), x])
    k = signed.shape[1]
    best = linprog(-signed.sum(0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=[(-1, 1)] * k)
    return bool(-best.fun > 1e-7)


@given(st.integers(0, 10**6), st.sampled_from(["binary", "whole", "normal"]), st.floats(0.5, 5))
@settings(max_examples=200, deadline=None)
def test_a_linear_programme_agrees(seed: int, kind: str, strength: float) -> None:
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(6, 40)), int(rng.integers(1, 4))
    x = {
        "binary": rng.integers(0, 2, (n, p)).astype(float),
        "whole": rng.integers(-3, 4, (n, p)).astype(float),
        "normal": rng.normal(size=(n, p)),
    }[kind]
    y = (rng.random(n) < expit(x @ rng.normal(size=p) * strength)).astype(float)
    full = np.linalg.matrix_rank(np.column_stack([np.ones(n), x])) == p + 1
    if not full or not 0 < y.sum() < n:
        with pytest.raises(AnalysisError):
            logistic(y, x)
    elif separated(y, x):
        with pytest.raises(AnalysisError, match="separation"):
            logistic(y, x)
    else:
        fit = logistic(y, x)
        score = np.column_stack([np.ones(n), x]).T @ (y - expit(fit.coef[0] + x @ fit.coef[1:]))
        assert np.abs(score).max() < 1e-7


def test_firth_refuses_a_singular_information_in_words() -> None:
    x = np.random.default_rng(3).choice([-1.0, 1.0], size=(30, 1))
    event = (x[:, 0] > 0).astype(float)
    far = 1e6  # where every probability is 0 or 1, and nobody carries information
    with pytest.raises(AnalysisError, match="drop or coarsen"):
        penalised_profile(prepare(event, x, None), 1, far, np.zeros(2))
