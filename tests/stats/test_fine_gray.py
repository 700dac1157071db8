"""The Fine-Gray model against its definition, computed the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from oracles.fine_gray_expansion import fine_gray_expansion

from ehrivig.errors import AnalysisError
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray


def _data(n: int = 80, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    t1 = rng.exponential(8 * np.exp(-x @ [0.5, -0.3]))
    t2, c = rng.exponential(10, n), rng.uniform(1, 15, n)
    time = np.minimum(np.minimum(t1, t2), c)
    return np.ceil(time * 2), np.select([time == t1, time == t2], [1, 2], 0), x


def _uncensored_before(time: np.ndarray, status: np.ndarray, t: float) -> float:
    g = 1.0
    for u in np.unique(time[(status == 0) & (time < t)]):
        g *= 1 - np.sum((time == u) & (status == 0)) / np.sum(time >= u)
    return g


def _slow(
    b: np.ndarray, time: np.ndarray, status: np.ndarray, x: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, information and crr's variance by double loops over pairs of rows."""
    n, p = x.shape
    g = np.array([_uncensored_before(time, status, t) for t in time])
    events = np.flatnonzero(status == 1)
    risk = np.exp(x @ b)

    def weights(t: float) -> np.ndarray:
        gt = _uncensored_before(time, status, t)
        return np.where(time >= t, 1.0, np.where(status > 1, gt / g, 0.0))

    loglik, information, eta = 0.0, np.zeros((p, p)), np.zeros((n, p))
    means, totals = {}, {}
    for j in events:
        w = weights(time[j]) * risk
        total, mean = w.sum(), w @ x / w.sum()
        means[j], totals[j] = mean, total
        loglik += float(x[j] @ b - np.log(total))
        information += (x - mean).T @ ((x - mean) * (w / total)[:, None])
        eta[j] += x[j] - mean
        eta -= (x - mean) * (w / total)[:, None]
    for u in np.unique(time[status == 0]):
        n_risk = np.sum(time >= u)
        q = np.zeros(p)
        for j in events:
            if time[j] >= u:
                w = np.where((time < u) & (status > 1), weights(time[j]) * risk, 0.0)
                q += w @ (x - means[j]) / totals[j]
        now = (time == u) & (status == 0)
        eta[now] += q / n_risk
        eta[time >= u] -= now.sum() * q / n_risk**2
    inverse = np.linalg.inv(information)
    return loglik, information, inverse @ (eta.T @ eta) @ inverse


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_against_the_double_loop(seed: int) -> None:
    time, status, x = _data(seed=seed)
    fit = fine_gray(time, status, x)
    loglik, information, variance = _slow(fit.coef, time, status, x)
    np.testing.assert_allclose(fit.loglik, loglik, rtol=1e-12)
    np.testing.assert_allclose(fit.cov, variance, rtol=1e-8)
    np.testing.assert_allclose(fit.naive_se**2, np.diag(np.linalg.inv(information)), rtol=1e-8)
    for step in 0.02 * np.vstack((np.eye(2), -np.eye(2))):
        assert _slow(fit.coef + step, time, status, x)[0] < loglik


def test_without_censoring_competing_rows_stay_at_risk_for_ever() -> None:
    """Then Fine-Gray is a Cox model in which they are censored after the last time."""
    time, status, x = _data(seed=3)
    status = np.where(status == 0, 2, status)
    fit = fine_gray(time, status, x)
    late = cox(np.where(status == 2, 1000.0, time), status == 1, x, ties="breslow", robust=True)
    np.testing.assert_allclose(fit.coef, late.coef, rtol=1e-6)
    np.testing.assert_allclose(fit.se, late.se, rtol=1e-5)


def test_without_competing_events_it_is_a_cox_model() -> None:
    time, status, x = _data(seed=4)
    single = np.where(status == 2, 0, status)
    a, b = fine_gray(time, single, x), cox(time, single, x, ties="breslow", robust=True)
    np.testing.assert_allclose(a.coef, b.coef, rtol=1e-6)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-6)


def test_robust_variance_is_that_of_the_expanded_data_without_ties() -> None:
    rng = np.random.default_rng(5)
    time, status, x = _data(seed=5)
    time = time + rng.permutation(time.size) * 1e-4
    for cause in (1, 2):
        e = fine_gray_expansion(time, status, cause)
        slow = cox(e.stop, e.event, x[e.row], entry=e.start, weights=e.weight, cluster=e.row)
        fast = fine_gray(time, status, x, cause, variance="robust")
        np.testing.assert_allclose(fast.coef, slow.coef, rtol=1e-6)
        np.testing.assert_allclose(fast.se, slow.se, rtol=1e-6)
        np.testing.assert_allclose(fast.naive_se, slow.naive_se, rtol=1e-6)


def test_entry_at_the_origin_changes_nothing() -> None:
    time, status, x = _data(seed=6)
    a = fine_gray(time, status, x, variance="robust")
    b = fine_gray(time, status, x, entry=np.zeros(time.size))
    np.testing.assert_allclose(b.coef, a.coef, rtol=1e-12)
    np.testing.assert_allclose(b.se, a.se, rtol=1e-12)
    assert "weights taken as known" in b.variance


def test_invariances() -> None:
    time, status, x = _data(n=200, seed=7)
    arm = x[:, 0] > 0
    a, b = fine_gray(time, status, arm), fine_gray(time, status, ~arm)
    np.testing.assert_allclose(a.hazard_ratio, 1 / b.hazard_ratio, rtol=1e-7)
    np.testing.assert_allclose(a.se, b.se, rtol=1e-7)
    order = np.random.default_rng(8).permutation(200)
    c = fine_gray(time[order], status[order], arm[order])
    np.testing.assert_allclose(c.coef, a.coef, rtol=1e-9)
    np.testing.assert_allclose(c.se, a.se, rtol=1e-9)
    own = fine_gray(time, status, arm, cluster=np.arange(200))
    np.testing.assert_allclose(own.se, a.se, rtol=1e-12)
    assert own.variance.endswith("by cluster")


def test_prediction_is_near_the_crude_incidence_at_the_null() -> None:
    rng = np.random.default_rng(9)
    time, status, _ = _data(n=800, seed=9)
    noise = rng.normal(size=800)
    t, incidence = fine_gray(time, status, noise).predict([[0.0]])
    from ehrivig.stats.survival.competing import cumulative_incidence

    crude = cumulative_incidence(time, status).curve(1).at(t).incidence
    np.testing.assert_allclose(incidence[:, 0], crude, atol=0.02)


def test_effect() -> None:
    time, status, x = _data(n=200)
    arm = x[:, 0] > 0
    effect = fine_gray(time, status, arm, event_label="discharge").effect(0, arm)
    assert effect.measure == "SHR"
    assert effect.events_exposed == np.sum(arm & (status == 1))
    assert effect.n_control == np.sum(~arm)
    assert effect.event_label == "discharge"


def test_refusals() -> None:
    time, status, x = _data()
    with pytest.raises(AnalysisError, match="no event of cause 3"):
        fine_gray(time, status, x, 3)
    with pytest.raises(AnalysisError, match="no event of cause 3"):
        fine_gray_expansion(time, status, 3)
    with pytest.raises(AnalysisError, match="constant"):
        fine_gray(time, status, np.ones(80))
    with pytest.raises(AnalysisError, match="collinear"):
        fine_gray(time, status, np.column_stack((x, x[:, 0] * 2)))
    with pytest.raises(AnalysisError, match="not defined here with entry"):
        fine_gray(time, status, x, entry=np.zeros(80), variance="crr")
    with pytest.raises(AnalysisError, match="naive variance ignores clusters"):
        fine_gray(time, status, x, cluster=np.arange(80), variance="naive")
    with pytest.raises(AnalysisError, match="variance"):
        fine_gray(time, status, x, variance="best")  # type: ignore[arg-type]
    with pytest.raises(AnalysisError, match="infinity"):
        fine_gray(time, np.where(x[:, 0] > 0, status, 0), x[:, 0] > 0)
    with pytest.raises(AnalysisError, match="needs 2 columns"):
        fine_gray(time, status, x).predict([[1.0]])
    with pytest.raises(AnalysisError, match="missing or infinite"):
        fine_gray(time, status, np.where(x > 1, np.nan, x))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny(n: int) -> None:
    with pytest.raises(AnalysisError):
        fine_gray(np.arange(1.0, n + 1), np.ones(n), np.arange(n))


@pytest.mark.parametrize("kind", ["naive", "robust", "crr"])
def test_only_the_naive_variance_refuses_clusters(kind: str) -> None:
    rng = np.random.default_rng(2)
    time, status = rng.exponential(5, 90), rng.integers(0, 3, 90)
    x, cluster = rng.normal(size=90), np.arange(90) // 2
    assert fine_gray(time, status, x, variance=kind).variance  # type: ignore[arg-type]
    if kind == "naive":
        with pytest.raises(AnalysisError, match="ignores clusters"):
            fine_gray(time, status, x, variance=kind, cluster=cluster)
    else:
        found = fine_gray(time, status, x, variance=kind, cluster=cluster)  # type: ignore[arg-type]
        assert "by cluster" in found.variance
