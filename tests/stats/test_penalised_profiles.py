"""Limits of Firth's penalised profile where the other coefficients have several tops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from ehrivig.stats.regression.firth_likelihood import _curve, prepare
from ehrivig.stats.regression.logistic import logistic

CHI2_95 = 3.841458820694124


def penalised_loglik(beta: np.ndarray, z: np.ndarray, y: np.ndarray) -> float:
    eta = z @ beta
    root = z * np.exp(-0.5 * (np.logaddexp(0, eta) + np.logaddexp(0, -eta)))[:, None]
    sign, logdet = np.linalg.slogdet(root.T @ root)
    fit = float((y * eta - np.logaddexp(0, eta)).sum())
    return fit + 0.5 * float(logdet) if sign > 0 else -1e10


def highest(z: np.ndarray, y: np.ndarray, held: dict[int, float]) -> float:
    """The height with some coefficients held, by a general optimiser from 20 places."""
    rng = np.random.default_rng(1)
    free = [j for j in range(z.shape[1]) if j not in held]

    def depth(values: np.ndarray) -> float:
        beta = np.zeros(z.shape[1])
        beta[free], beta[list(held)] = values, list(held.values())
        return -penalised_loglik(beta, z, y)

    starts = rng.normal(0, 3, (20, len(free)))
    return -min(float(minimize(depth, s, method="BFGS").fun) for s in starts)


@pytest.mark.parametrize("seed", range(12))
def test_limits_of_separated_data_are_of_the_highest_profile(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.random(40) < 0.4, rng.normal(size=40)]).astype(float)
    y = x[:, 0]
    z = np.column_stack([np.ones(40), x])
    fit = logistic(y, x, firth=True)
    top = highest(z, y, {})
    for limit in (fit.lo[1], fit.hi[1]):
        fall = 2 * (top - highest(z, y, {1: float(np.log(limit))}))
        assert fall == pytest.approx(CHI2_95, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_p_does_not_depend_on_the_level(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.random(25) < 0.4, rng.normal(size=(25, 2))]).astype(float)
    y = np.where(x[:, 0] > 0, 1.0, rng.random(25) < 0.3)
    first, *others = (logistic(y, x, firth=True, level=level).p for level in (0.5, 0.8, 0.99))
    assert all((p == first).all() for p in others)


@pytest.mark.parametrize("intercept", [-690, -700, -705, -708, -715, -740, -800])
def test_chances_next_to_nothing_raise_no_alarm_of_the_arithmetic(intercept: float) -> None:
    """A profile far out meets information of 1e-303, whose inverse holds infinities."""
    rng = np.random.default_rng(3)
    x = np.column_stack([np.arange(60) % 2, rng.normal(50, 10, 60), rng.normal(2000, 3, 60)])
    data = prepare((rng.random(60) < 0.4).astype(float), x, None, centred=False)
    beta = np.zeros(data.z.shape[1])
    beta[0] = intercept
    curve = _curve(data, beta)
    assert not np.isnan(curve.loglik)
