"""The Cox model against its definition, computed the slow way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.cox_residuals import (
    baseline_hazard,
    dfbeta,
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from scipy.optimize import minimize

from ehrivig.errors import AnalysisError
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test

Data = dict[str, np.ndarray]


def _data(n: int = 60, p: int = 2, seed: int = 0, tied: bool = True) -> Data:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    time = rng.exponential(6 * np.exp(-x @ np.full(p, 0.4)))
    time = np.ceil(time) if tied else time
    return {
        "time": time,
        "event": rng.random(n) < 0.8,
        "x": x,
        "entry": time * rng.choice([0.0, 0.3, 0.6], n) - 0.01,
        "strata": rng.integers(0, 3, n),
        "weights": rng.uniform(0.4, 2, n),
    }


def _slow_loglik(b: np.ndarray, d: Data, ties: str, use: set[str]) -> float:
    """The partial log-likelihood as it is defined, one event time at a time."""
    time, event, x = d["time"], d["event"], d["x"]
    entry = d["entry"] if "entry" in use else np.full(time.size, -1.0)
    strata = d["strata"] if "strata" in use else np.zeros(time.size)
    w = d["weights"] if "weights" in use else np.ones(time.size)
    eta, total = x @ b, 0.0
    for s in np.unique(strata):
        for t in np.unique(time[event & (strata == s)]):
            risk = (strata == s) & (time >= t) & (entry < t)
            dead = (strata == s) & (time == t) & event
            k = int(dead.sum())
            total += float(w[dead] @ eta[dead])
            if ties == "exact":
                subsets = combinations(np.flatnonzero(risk), k)
                total -= float(np.log(sum(np.exp(eta[list(c)].sum()) for c in subsets)))
                continue
            s0 = float(w[risk] @ np.exp(eta[risk]))
            d0 = float(w[dead] @ np.exp(eta[dead])) if ties == "efron" else 0.0
            total -= w[dead].mean() * sum(np.log(s0 - i / k * d0) for i in range(k))
    return total


USES = [set(), {"entry"}, {"strata"}, {"weights"}, {"entry", "strata", "weights"}]


@pytest.mark.parametrize("use", USES, ids=lambda u: "+".join(sorted(u)) or "plain")
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_it_maximises_the_partial_likelihood(ties: str, use: set[str]) -> None:
    d = _data()
    fit = cox(d["time"], d["event"], d["x"], ties=ties, **{k: d[k] for k in use})  # type: ignore[arg-type]
    np.testing.assert_allclose(fit.loglik, _slow_loglik(fit.coef, d, ties, use), rtol=1e-12)
    np.testing.assert_allclose(fit.loglik_null, _slow_loglik(np.zeros(2), d, ties, use), rtol=1e-12)
    best = minimize(lambda b: -_slow_loglik(b, d, ties, use), np.zeros(2), tol=1e-10)
    np.testing.assert_allclose(fit.coef, best.x, atol=1e-4)
    h = 1e-4
    hessian = [
        [
            sum(
                s * q * _slow_loglik(fit.coef + h * (s * a + q * b), d, ties, use)
                for s in (1, -1)
                for q in (1, -1)
            )
            / (4 * h * h)
            for a in np.eye(2)
        ]
        for b in np.eye(2)
    ]
    np.testing.assert_allclose(fit.naive_se**2, np.diag(np.linalg.inv(-np.array(hessian))), 1e-4)


@pytest.mark.parametrize("use", [set(), {"entry"}, {"strata"}], ids=["plain", "entry", "strata"])
def test_exact_ties_sum_over_all_subsets(use: set[str]) -> None:
    d = _data(n=14)
    fit = cox(d["time"], d["event"], d["x"], ties="exact", **{k: d[k] for k in use})  # type: ignore[arg-type]
    np.testing.assert_allclose(fit.loglik, _slow_loglik(fit.coef, d, "exact", use), rtol=1e-10)
    for step in 0.05 * np.vstack((np.eye(2), -np.eye(2))):
        assert _slow_loglik(fit.coef + step, d, "exact", use) < fit.loglik


def test_without_ties_all_methods_agree() -> None:
    d = _data(tied=False)
    fits = [cox(d["time"], d["event"], d["x"], ties=t) for t in ("efron", "breslow", "exact")]  # type: ignore[arg-type]
    for fit in fits[1:]:
        np.testing.assert_allclose(fit.coef, fits[0].coef, rtol=1e-9)
        np.testing.assert_allclose(fit.se, fits[0].se, rtol=1e-9)


def test_score_residuals_are_the_derivative_in_a_rows_weight() -> None:
    """dfbeta is the numerical change of the coefficients when one row weighs a little more."""
    d = _data(n=30, seed=5)
    use = {k: d[k] for k in ("entry", "strata", "weights")}
    fit = cox(d["time"], d["event"], d["x"], **use)
    np.testing.assert_allclose(score_residuals(fit).T @ d["weights"], 0, atol=1e-8)
    step = 1e-5
    influence = dfbeta(fit)
    for i in (0, 7, 19):
        if np.sum(d["event"] & (d["time"] == d["time"][i]) & (d["strata"] == d["strata"][i])) > 1:
            continue  # Efron's mean weight of ties makes the derivative differ, as in R
        moved = []
        for sign in (1, -1):
            weights = d["weights"].copy()
            weights[i] += sign * step
            moved.append(cox(d["time"], d["event"], d["x"], **{**use, "weights": weights}).coef)
        numeric = (moved[0] - moved[1]) / (2 * step) * d["weights"][i]
        np.testing.assert_allclose(influence[i], numeric, atol=1e-5)


def test_robust_variances() -> None:
    d = _data()
    plain = cox(d["time"], d["event"], d["x"])
    robust = cox(d["time"], d["event"], d["x"], robust=True)
    own = cox(d["time"], d["event"], d["x"], cluster=np.arange(60))
    np.testing.assert_allclose(own.cov, robust.cov, rtol=1e-12)
    np.testing.assert_allclose(robust.naive_se, plain.se, rtol=1e-12)
    np.testing.assert_allclose(robust.cov, dfbeta(plain).T @ dfbeta(plain), rtol=1e-9)
    twice = np.repeat(np.arange(60), 2)
    doubled = cox(d["time"][twice], d["event"][twice], d["x"][twice], cluster=twice, ties="breslow")
    single = cox(d["time"], d["event"], d["x"], robust=True, ties="breslow")
    np.testing.assert_allclose(doubled.cov, single.cov, rtol=1e-9)
    assert doubled.n_clusters == 60
    assert "cluster" in doubled.variance
    assert plain.variance.startswith("model")


def test_whole_weights_are_repeated_rows_with_breslow() -> None:
    d = _data()
    count = np.random.default_rng(1).integers(1, 4, 60)
    row = np.repeat(np.arange(60), count)
    a = cox(d["time"], d["event"], d["x"], weights=count, ties="breslow")
    b = cox(d["time"][row], d["event"][row], d["x"][row], ties="breslow")
    np.testing.assert_allclose(a.coef, b.coef, rtol=1e-9)
    np.testing.assert_allclose(a.naive_se, b.se, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_invariances(seed: int) -> None:
    d = _data(n=80, p=1, seed=seed)
    arm = d["x"][:, 0] > 0
    if not (d["event"] & arm).any() or not (d["event"] & ~arm).any():
        return
    fit = cox(d["time"], d["event"], arm)
    other = cox(d["time"], d["event"], ~arm)
    np.testing.assert_allclose(other.hazard_ratio, 1 / fit.hazard_ratio, rtol=1e-9)
    np.testing.assert_allclose(other.se, fit.se, rtol=1e-8)
    order = np.random.default_rng(seed).permutation(80)
    again = cox(d["time"][order], d["event"][order], arm[order])
    np.testing.assert_allclose(again.coef, fit.coef, rtol=1e-9, atol=1e-12)
    scaled = cox(d["time"] * 24, d["event"], arm * 1e6 + 1e9)
    np.testing.assert_allclose(scaled.coef * 1e6, fit.coef, rtol=1e-6, atol=1e-9)


def test_splitting_follow_up_changes_nothing() -> None:
    d = _data()
    half = d["time"] / 2
    fit = cox(d["time"], d["event"], d["x"])
    split = cox(
        np.concatenate((half, d["time"])),
        np.concatenate((np.zeros(60, bool), d["event"])),
        np.vstack((d["x"], d["x"])),
        entry=np.concatenate((np.zeros(60), half)),
    )
    np.testing.assert_allclose(split.coef, fit.coef, rtol=1e-9)
    np.testing.assert_allclose(split.se, fit.se, rtol=1e-9)


def test_martingale_and_schoenfeld_residuals_sum_to_zero() -> None:
    d = _data()
    for ties in ("efron", "breslow"):
        fit = cox(d["time"], d["event"], d["x"], strata=d["strata"], ties=ties)  # type: ignore[arg-type]
        assert abs(martingale_residuals(fit).sum()) < 1e-9
        residual = schoenfeld_residuals(fit)
        np.testing.assert_allclose(residual.residual.sum(axis=0), 0, atol=1e-7)
        assert residual.time.size == d["event"].sum()
        np.testing.assert_array_equal(d["time"][residual.row], residual.time)


def test_baseline_hazard_at_chosen_covariates() -> None:
    d = _data()
    fit = cox(d["time"], d["event"], d["x"], ties="breslow")
    zero = baseline_hazard(fit)
    t = zero.time[0]
    by_hand = (
        np.sum(d["event"] & (d["time"] == t)) / np.exp(d["x"] @ fit.coef)[d["time"] >= t].sum()
    )
    np.testing.assert_allclose(zero.hazard[0], by_hand)
    at = np.array([0.5, -1.0])
    np.testing.assert_allclose(
        baseline_hazard(fit, at).cumulative_hazard,
        zero.cumulative_hazard * np.exp(at @ fit.coef),
    )


def test_proportional_hazards_test_sees_a_changing_effect() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    x = rng.integers(0, 2, n).astype(float)
    steady = rng.exponential(np.where(x, 0.5, 1.0))
    early = np.where(x, 0.2, 1.0)
    first = rng.exponential(early)
    changing = np.where(first < 0.3, first, 0.3 + rng.exponential(np.where(x, 5.0, 1.0)))
    assert proportional_hazards_test(cox(steady, np.ones(n), x)).p[0] > 0.01
    assert proportional_hazards_test(cox(changing, np.ones(n), x)).p[0] < 1e-6
    with pytest.raises(AnalysisError, match="transform"):
        proportional_hazards_test(cox(steady, np.ones(n), x), "cube")  # type: ignore[arg-type]


def test_effect_counts_its_own_event() -> None:
    d = _data()
    arm = d["x"][:, 0] > 0
    fit = cox(d["time"], d["event"], arm, names=["treated"], event_label="death")
    effect = fit.effect("treated", arm, estimand="all")
    assert effect.measure == "HR"
    assert effect.event_label == "death"
    assert effect.events_exposed == (d["event"] & arm).sum()
    assert effect.events_control == (d["event"] & ~arm).sum()
    assert effect.n_exposed + effect.n_control == 60
    assert effect.lo < effect.estimate < effect.hi


def _refused(message: str, **change: object) -> None:
    d: dict[str, object] = {k: v for k, v in _data().items() if k in ("time", "event", "x")}
    d.update(change)
    with pytest.raises(AnalysisError, match=message):
        cox(**d)  # type: ignore[arg-type]


def test_refusals() -> None:
    base = _data()
    x = base["x"]
    _refused("no event", event=np.zeros(60))
    _refused("x1: constant", x=np.column_stack((x[:, 0], np.ones(60))))
    _refused("collinear covariates: x0, x1, x2", x=np.column_stack((x, x @ [1, 2])))
    _refused("constant in every risk set", x=base["strata"], strata=base["strata"])
    _refused("missing or infinite", x=np.where(x > 1, np.nan, x))
    _refused("columns", x=np.where(x > 1, np.inf, x))
    _refused("has shape", x=x[:5])
    _refused("negative", time=base["time"] - 50)
    _refused("not above 0", weights=np.zeros(60))
    _refused("entry >= time", entry=base["time"])
    _refused("ties", ties="cubic")
    _refused("names", names=["a"])
    _refused("no exact partial likelihood", ties="exact", weights=base["weights"])
    _refused("no robust variance", ties="exact", cluster=np.arange(60))


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_all_events_in_one_arm_is_an_error(ties: str) -> None:
    arm = np.arange(40) % 2
    with pytest.raises(AnalysisError, match="arm runs to infinity"):
        cox(np.arange(1, 41) // 3 + 1, arm == 1, arm, ties=ties, names=["arm"])  # type: ignore[arg-type]


def test_separation_by_a_combination_is_an_error() -> None:
    """The later, the lower x0 + x1, without exception: neither alone separates."""
    rng = np.random.default_rng(9)
    x = rng.normal(size=(50, 2))
    time = np.empty(50)
    time[np.argsort(-x.sum(axis=1))] = np.arange(1, 51)
    with pytest.raises(AnalysisError, match="infinity"):
        cox(time, np.ones(50), x)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny(n: int) -> None:
    with pytest.raises(AnalysisError):
        cox(np.arange(1.0, n + 1), np.ones(n), np.arange(n))


def test_everybody_dies_at_once() -> None:
    """One event time with all rows tied holds information for Efron, none for exact ties."""
    x = np.array([0.0, 1, 0, 1, 1])
    with pytest.raises(AnalysisError):
        cox(np.ones(5), np.ones(5), x, ties="exact")
    fit = cox(np.ones(5), np.ones(5), x, ties="breslow")
    assert abs(fit.coef[0]) < 1e-6
