"""Marginal effects and interaction tests: symmetries, agreement of variances, known truth."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.match.score import propensity
from ehrivig.stats.regression.glm import expit, maximise
from ehrivig.stats.regression.marginal import Cohort, cohort_of
from ehrivig.stats.regression.sandwich import heteroscedastic
from ehrivig.stats.regression.standardise import _left_out, aipw, bootstrap, g_computation
from ehrivig.stats.tables.two_by_two import risk_difference, risk_ratio


def cohort(n: int, seed: int, effect: float = -0.8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    exposed = (rng.random(n) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    eta = -0.5 + 0.9 * x[:, 0] + 0.4 * x[:, 1] + effect * exposed
    return (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int), exposed, x


def test_without_covariates_it_is_the_table() -> None:
    y, arm, _ = cohort(300, 0)
    none = np.zeros((300, 0))
    counts = (int(y[arm == 1].sum()), int(arm.sum()), int(y[arm == 0].sum()), int((1 - arm).sum()))
    for variance in ("delta", "influence"):
        got = g_computation(y, arm, none, variance=variance)  # type: ignore[arg-type]
        wald = risk_difference(*counts, interval="wald")
        assert got.risk_difference.estimate == pytest.approx(wald.estimate, rel=1e-9)
        assert got.risk_difference.se == pytest.approx(wald.se, rel=1e-6)
        assert got.risk_ratio.se == pytest.approx(risk_ratio(*counts).se, rel=1e-6)
    flat = aipw(y, arm, none, propensity=propensity(arm, none))
    assert flat.risk_difference.estimate == pytest.approx(wald.estimate, rel=1e-9)
    assert flat.risk_difference.se == pytest.approx(wald.se, rel=1e-6)


@pytest.mark.parametrize("population", ["all", "exposed", "control"])
@pytest.mark.parametrize("interactions", [False, True])
def test_relabelling_arms_turns_the_effect(population: str, interactions: bool) -> None:
    y, arm, x = cohort(400, 1)
    other = {"all": "all", "exposed": "control", "control": "exposed"}[population]
    a = g_computation(y, arm, x, population=population, interactions=interactions)  # type: ignore[arg-type]
    b = g_computation(y, 1 - arm, x, population=other, interactions=interactions)  # type: ignore[arg-type]
    assert a.risk_difference.estimate == pytest.approx(-b.risk_difference.estimate, rel=1e-8)
    assert a.risk_ratio.estimate * b.risk_ratio.estimate == pytest.approx(1, rel=1e-8)
    assert a.odds_ratio.lo * b.odds_ratio.hi == pytest.approx(1, rel=1e-7)
    assert (
        a.risk_difference.estimand == {"all": "ATE", "exposed": "ATT", "control": "ATC"}[population]
    )


def test_the_mean_risk_of_the_exposed_is_their_own() -> None:
    y, arm, x = cohort(500, 2)
    got = g_computation(y, arm, x, population="exposed", interactions=True)
    assert got.risk_exposed == pytest.approx(y[arm == 1].mean(), rel=1e-8)


@pytest.mark.slow
def test_both_estimators_find_the_truth_and_cover_it() -> None:
    _, _, x = cohort(200_000, 99)
    base = -0.5 + 0.9 * x[:, 0] + 0.4 * x[:, 1]
    truth = float(np.mean(1 / (1 + np.exp(0.8 - base)) - 1 / (1 + np.exp(-base))))
    inside = np.zeros(3)
    estimates = []
    for seed in range(200):
        y, arm, x = cohort(500, seed)
        results = (
            g_computation(y, arm, x).risk_difference,
            aipw(y, arm, x, propensity=propensity(arm, x)).risk_difference,
            g_computation(y, arm, x, variance="delta").risk_difference,
        )
        inside += [e.lo < truth < e.hi for e in results]
        estimates.append([e.estimate for e in results])
    bias = np.mean(estimates, axis=0) - truth
    assert np.abs(bias).max() < 3.5 * np.std(estimates) / np.sqrt(200)
    assert (inside >= 200 * 0.90).all()
    assert (inside <= 200 * 0.99).all()


def small_null(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """200 people, five strong confounders, no effect."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(200, 5))
    exposed = rng.random(200) < expit(x @ [0.8, 0.6, 0.4, 0.3, 0.2])
    return rng.random(200) < expit(x @ [0.8, 0.5, 0.4, 0.3, 0.2] - 0.6), exposed, x


def test_leaving_one_out_keeps_small_intervals_wide_enough() -> None:
    """M19 (simulated, 400 cohorts): 93% by the influence function, 95% leaving each row out."""
    inside = np.zeros(4)
    for seed in range(400):
        y, arm, x = small_null(seed)
        score = propensity(arm, x)
        for k, variance in enumerate(("influence", "leave_one_out")):
            g = g_computation(y, arm, x, variance=variance)  # type: ignore[arg-type]
            a = aipw(y, arm, x, propensity=score, variance=variance)  # type: ignore[arg-type]
            inside[k] += a.risk_difference.lo < 0 < a.risk_difference.hi
            inside[2 + k] += g.risk_difference.lo < 0 < g.risk_difference.hi
    assert inside[0] < inside[1]
    assert inside[2] < inside[3]
    assert min(inside[1], inside[3]) >= 0.935 * 400


def test_what_is_left_out_is_that_of_hc3() -> None:
    """Scores with the residuals of rows left out make the HC3 covariance, which equals R's."""
    y, arm, x = small_null(1)
    columns = np.column_stack((arm, x))
    ml = maximise(y.astype(float), columns)
    full = np.column_stack((np.ones(200), columns))
    fitted = expit(full @ ml.coef)
    scores = full * ((y - fitted) * _left_out(full, fitted, ml.covariance))[:, None]
    ours = ml.covariance @ scores.T @ scores @ ml.covariance
    hc3 = heteroscedastic(y.astype(float), columns, None, ml.coef, ml.covariance, "HC3")
    assert ours == pytest.approx(hc3, rel=1e-9)


def test_aipw_is_right_with_a_wrong_outcome_model() -> None:
    y, arm, x = cohort(60_000, 5)
    naive = y[arm == 1].mean() - y[arm == 0].mean()
    score = 1 / (1 + np.exp(-x[:, 0]))
    blind = aipw(y, arm, np.zeros((60_000, 0)), propensity=score).risk_difference
    full = aipw(y, arm, x, propensity=propensity(arm, x)).risk_difference
    assert blind.estimate == pytest.approx(full.estimate, abs=4 * blind.se)
    assert abs(naive - full.estimate) > 10 * full.se


def test_bootstrap_agrees_with_the_influence_function_and_repeats() -> None:
    y, arm, x = cohort(400, 3)
    boot = g_computation(y, arm, x, variance="bootstrap", replicates=300, seed=1)
    again = g_computation(y, arm, x, variance="bootstrap", replicates=300, seed=1)
    direct = g_computation(y, arm, x)
    assert boot.risk_difference == again.risk_difference
    assert boot.risk_difference.estimate == direct.risk_difference.estimate
    assert boot.risk_difference.se == pytest.approx(direct.risk_difference.se, rel=0.15)
    assert boot.failed == 0
    with pytest.raises(UsageError, match="seed"):
        g_computation(y, arm, x, variance="bootstrap")


def test_clusters_that_repeat_rows_keep_the_honest_width() -> None:
    y, arm, x = cohort(200, 4)
    twice = [np.concatenate([v, v]) for v in (y, arm)], np.concatenate([x, x])
    pairs = np.tile(np.arange(200), 2)
    honest = g_computation(*twice[0], twice[1], cluster=pairs).risk_difference
    single = g_computation(y, arm, x).risk_difference
    assert honest.se == pytest.approx(single.se * np.sqrt(200 / 199), rel=1e-6)
    boot = g_computation(
        *twice[0], twice[1], cluster=pairs, variance="bootstrap", replicates=200, seed=2
    ).risk_difference
    assert boot.se == pytest.approx(single.se, rel=0.2)
    with pytest.warns(NumericalWarning, match="clusters"):
        g_computation(y, arm, x, cluster=np.arange(200) % 5)


def test_bad_input_is_named() -> None:
    y, arm, x = cohort(100, 6)
    with pytest.raises(AnalysisError, match="empty"):
        g_computation(y, np.ones(100), x)
    with pytest.raises(AnalysisError, match="no event"):
        g_computation(np.zeros(100), arm, x)
    with pytest.raises(AnalysisError, match="0 or 1"):
        aipw(y, arm, x, propensity=np.where(arm == 1, 1.0, 0.5))
    with pytest.raises(UsageError, match="one score"):
        aipw(y, arm, x, propensity=[0.5])
    with pytest.raises(UsageError, match="clusters"):
        g_computation(y, arm, x, variance="delta", cluster=np.arange(100))


def test_every_effect_names_the_program_that_made_it() -> None:
    from ehrivig import __version__
    from ehrivig.stats.tables.two_by_two import risk_difference

    made = risk_difference(10, 20, 5, 20, event_label="death")
    assert made.software == f"ehrivig {__version__}"
    assert made.event_label == "death"


def test_the_variance_is_named_as_it_was_asked_for() -> None:
    y, arm, x = cohort(200, 6)
    said = {
        "delta": "delta method, covariates fixed",
        "influence": "influence function",
        "leave_one_out": "leaving",
    }
    for variance, words in said.items():
        found = g_computation(y, arm, x, variance=variance)  # type: ignore[arg-type]
        assert words in found.risk_difference.variance
    by_delta = g_computation(y, arm, x, variance="delta").risk_difference.variance
    assert "influence" not in by_delta


@pytest.mark.parametrize("clusters", [None, 40])
def test_every_row_and_cluster_is_drawn_about_once(clusters: int | None) -> None:
    """80 rows: of each the mean number of times over 400 samples is 1, with errors of 0.05."""
    n = 80
    label = None if clusters is None else np.arange(n) % clusters
    of = cohort_of(np.arange(n) % 2, np.arange(n) // 2 % 2, np.arange(n)[:, None], label, None)

    def times(sample: Cohort) -> np.ndarray:
        return np.bincount(sample.x[:, 0].astype(int), minlength=n).astype(float)

    draws, failed = bootstrap(of, times, 400, 3)
    assert failed == 0
    assert (draws.sum(axis=1) == n).all()
    np.testing.assert_allclose(draws.mean(axis=0), 1, atol=0.25)
    if clusters is not None:
        assert (draws.reshape(400, -1, clusters) == draws[:, None, :clusters]).all()
