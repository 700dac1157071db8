"""The one loop that climbs: halved steps, the last step, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.newton import Curve, climb


def hyperbola(beta: np.ndarray) -> Curve:
    """-sqrt(1 + b^2): beyond |b| = 1 a whole Newton step lands farther out than it began."""
    root = np.sqrt(1 + beta**2)
    return Curve(-float(root.sum()), -beta / root, np.diag(1 / root**3))


def parabola(beta: np.ndarray) -> Curve:
    return Curve(5.0 - 2.0 * float(beta @ beta), -4.0 * beta, 4.0 * np.eye(len(beta)))


def test_a_step_that_would_fall_is_halved() -> None:
    top = climb(hyperbola, np.array([4.0, -0.2]), what="hyperbola")
    assert top.beta == pytest.approx([0, 0], abs=1e-9)
    assert top.loglik == pytest.approx(-2.0, rel=1e-14)
    assert top.first.loglik == hyperbola(np.array([4.0, -0.2])).loglik


def test_a_parabola_takes_one_step_and_one_look() -> None:
    top = climb(parabola, np.array([3.0]), what="parabola")
    assert (top.iterations, top.loglik, float(top.beta[0])) == (2, 5.0, 0.0)
    assert top.covariance.tolist() == [[0.25]]
    assert top.score_test == pytest.approx(36.0)


def test_the_last_step_is_taken_or_left() -> None:
    def arrived(curve: Curve, step: np.ndarray) -> bool:
        return True

    for last_step, expected in ((True, (0.0, 5.0)), (False, (1.0, 3.0))):
        top = climb(
            parabola, np.array([1.0]), what="parabola", arrived=arrived, last_step=last_step
        )
        assert (float(top.beta[0]), top.loglik) == expected


def test_a_climb_without_end_or_without_a_step_up_is_an_error() -> None:
    def slope(beta: np.ndarray) -> Curve:
        return Curve(float(beta[0]), np.ones(1), np.eye(1))

    with pytest.raises(AnalysisError, match="slope: not converged after 7 Newton steps"):
        climb(slope, np.zeros(1), what="slope", max_iterations=7)

    def cliff(beta: np.ndarray) -> Curve:
        return Curve(0.0 if beta[0] == 0 else -1.0, np.ones(1), np.eye(1))

    with pytest.raises(AnalysisError, match="cliff: the log-likelihood cannot be raised"):
        climb(cliff, np.zeros(1), what="cliff")


def test_the_guard_sees_the_start_and_every_point_after_it() -> None:
    seen: list[float] = []

    def guard(first: Curve):  # type: ignore[no-untyped-def]
        seen.append(first.loglik)
        return lambda beta, curve, step: seen.append(curve.loglik)

    climb(parabola, np.array([2.0]), what="parabola", guard=guard)
    assert seen == [-3.0, 5.0]
