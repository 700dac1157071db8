"""Medians, ratios of means, GEE and mixed models on nasty data: right answers, or true words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import nbinom, norm, t

from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.gee import _covariance, _of_clusters, _possible, gee
from ehrivig.stats.regression.linear import linear
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.stats.tables.rank import ancova

ARM = np.arange(400) % 2 == 1
VALUES = np.random.default_rng(5).normal(10, 1, 400)


def numbers(found: Effect) -> list[float]:
    return [found.estimate, found.lo, found.hi, found.p]


@pytest.mark.parametrize("far", [1e3, 1e9, 1e15])
def test_one_value_far_away_moves_no_median(far: float) -> None:
    with_far, near = VALUES.copy(), VALUES.copy()
    with_far[7], near[7] = far, 20.0
    assert numbers(median_difference(with_far, ARM)) == numbers(median_difference(near, ARM))


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
@pytest.mark.parametrize("seed", range(60))
def test_p_and_interval_of_medians_agree_on_whole_days(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.choice([40, 100, 400, 1500]))
    arm = np.arange(n) % 2 == 1
    days = np.round(rng.exponential(10, n) + arm * rng.choice([0, 1, 4]))
    sets = np.arange(n) // 2 if seed % 2 else rng.integers(0, 45, n)
    for level in (0.9, 0.95):
        found = median_difference(days, arm, cluster=sets, level=level)
        assert found.lo <= found.estimate <= found.hi
        assert (found.lo <= 0 <= found.hi) == (found.p >= 1 - level)
        assert (2 * found.lo).is_integer()
        assert (2 * found.hi).is_integer()


def test_limits_of_medians_hold_every_difference_that_is_not_rejected() -> None:
    rng = np.random.default_rng(195)
    for _ in range(40):
        y, arm = rng.normal(size=60), np.arange(60) % 2 == 1
        sets = np.r_[np.arange(45), rng.integers(0, 8, 15)]
        found = median_difference(y, arm, cluster=sets)
        for at in np.linspace(-3, 3, 601):
            moved = y - at * arm
            sums = np.bincount(sets, (arm - 0.5) * np.sign(moved - np.median(moved)))
            if abs(sums.sum()) < 1.959 * np.sqrt(sums @ sums):
                assert found.lo <= at <= found.hi


@pytest.mark.parametrize("unit", [1e-9, 1e-12])
def test_a_ratio_of_means_of_numbers_next_to_zero(unit: float) -> None:
    y = np.exp(VALUES - 10)
    small, usual = negative_binomial(y * unit, ARM), negative_binomial(y, ARM)
    for name in ("ratio", "lo", "hi", "p"):
        assert getattr(small, name) == pytest.approx(getattr(usual, name), rel=1e-6)


@pytest.mark.parametrize("seed", [5, 71, 122])
def test_counts_far_above_their_means_have_a_fit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.arange(20) % 2, rng.normal(size=20), rng.normal(size=20)])
    y = np.where(rng.random(20) < 0.35, np.round(rng.lognormal(1, 2, 20)) + 1, 0)
    y[:2] = [40, 90]
    fit = negative_binomial(y, x)
    mean = np.exp(x @ fit.coef)
    mean *= np.exp(_level(y, mean, fit.alpha))
    score = x.T @ ((y - mean) / (1 + fit.alpha * mean))
    assert np.abs(score).max() < 1e-4 * y.sum()


def _level(y: np.ndarray, mean: np.ndarray, alpha: float) -> float:
    """The intercept at which the residuals sum to 0."""
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        at = mean * np.exp(middle)
        low, high = (middle, high) if ((y - at) / (1 + alpha * at)).sum() > 0 else (low, middle)
    return middle


def test_an_arm_of_zeros_is_refused_in_true_words() -> None:
    with pytest.raises(AnalysisError, match=r"no value above 0 \(an arm, a level\)"):
        negative_binomial(np.where(ARM, 0.0, np.abs(VALUES)), ARM)


def hospitals(n: int, shares: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Event, arm and hospital, the first of 30 with `shares` of all."""
    rng = np.random.default_rng(2)
    hospital = np.where(rng.random(n) < shares, 0, rng.integers(0, 30, n))
    arm = rng.random(n) < 0.4
    return (rng.random(n) < 0.3 + 0.1 * arm).astype(float), arm.astype(float), hospital


def test_a_hospital_of_nearly_all_does_not_make_the_effect_sure() -> None:
    event, arm, hospital = hospitals(20_000, 0.98)
    fit = gee(event, arm, hospital)
    independent = np.sqrt(sum(1 / event[arm == a].sum() for a in (0, 1)))
    assert fit.se[0] > 0.8 * independent


@pytest.mark.parametrize("shares", [0.0, 0.1])
def test_the_corrected_sandwich_is_that_of_statsmodels(shares: float) -> None:
    from statsmodels.genmod.cov_struct import Exchangeable
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    event, arm, hospital = hospitals(600, shares)
    design = np.column_stack([np.ones(600), arm])
    order = np.argsort(hospital, kind="stable")
    model = GEE(
        event[order],
        design[order],
        groups=hospital[order],
        family=Binomial(),
        cov_struct=Exchangeable(),
    )
    found = model.fit(maxiter=200, ctol=1e-10, cov_type="bias_reduced")
    assert gee(event, arm, hospital).se[0] == pytest.approx(found.bse[1], rel=1e-6)
    plain = model.fit(maxiter=200, ctol=1e-10).cov_params()
    mine = _of_clusters(event, design, hospital, found.params, float(found.cov_struct.dep_params))
    np.testing.assert_allclose(_covariance(mine, corrected=False), plain, rtol=1e-6)


@pytest.mark.parametrize(("n", "shares"), [(600, 0.5), (600, 0.3), (400, 0.95)])
def test_a_correlation_that_cannot_be_is_taken_as_none(n: int, shares: float) -> None:
    event, arm, hospital = hospitals(n, shares)
    fit = gee(event, arm, hospital)
    if fit.method == "GEE, independent rows":
        odds = [event[arm == a].mean() / (1 - event[arm == a].mean()) for a in (1, 0)]
        assert fit.odds_ratio[0] == pytest.approx(odds[0] / odds[1], rel=1e-6)
        assert fit.notes[0].startswith("no correlation")
    assert fit.lo[0] < fit.odds_ratio[0] < fit.hi[0]
    assert (shares == 0.95) == (fit.method != "GEE, independent rows")


@pytest.mark.parametrize("apart", [1e3, 1e4])
def test_hospitals_far_apart_have_an_estimate(apart: float) -> None:
    rng = np.random.default_rng(4)
    hospital, arm = np.arange(600) % 12, (np.arange(600) // 12) % 2
    y = arm + rng.normal(size=600) + apart * rng.normal(size=12)[hospital]
    fit = mixed(y, arm, hospital)
    within = y - np.bincount(hospital, y)[hospital] / 50
    wanted = within[arm == 1].mean() - within[arm == 0].mean()
    assert fit.coef[0] == pytest.approx(wanted, rel=1e-4)
    assert fit.se[0] == pytest.approx(within.std() / np.sqrt(150), rel=0.2)


def test_the_highest_of_two_tops_of_a_restricted_likelihood() -> None:
    y = [9.0, -19, -7, 46, 14, 3, 6, -4]  # the other top is at clusters that do not differ
    arm, x = [0, 1, 1, 0, 0, 0, 1, 0], [-0.3, -0.7, -0.4, 0.1, 0.9, 0.4, -0.8, -1.8]
    with pytest.warns(match="3 clusters"):
        fit = mixed(y, np.column_stack([arm, x]), [0, 0, 0, 0, 1, 1, 2, 2])
    assert float(fit.notes[0].split()[-1]) > 0.9


@pytest.mark.parametrize("clusters", [False, True])
def test_a_ratio_of_means_is_where_the_likelihood_is_highest(clusters: bool) -> None:
    """Shape and coefficients by a search of SciPy's likelihood; the sandwich by its definition."""
    rng = np.random.default_rng(3)
    n = 300
    arm = (np.arange(n) % 2).astype(float)
    y = rng.negative_binomial(1.5, 1.5 / (1.5 + 4 * np.exp(0.4 * arm))).astype(float)
    index = np.arange(n) // 3
    found = negative_binomial(y, arm, cluster=index if clusters else None)

    def height(at: np.ndarray) -> float:
        mean, size = np.exp(at[0] + at[1] * arm), np.exp(-at[2])
        return -float(nbinom.logpmf(y, size, size / (size + mean)).sum())

    best = minimize(height, [1.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-6}).x
    assert found.coef[0] == pytest.approx(best[1], abs=1e-4)
    alpha, mean = np.exp(best[2]), np.exp(best[0] + best[1] * arm)
    assert found.alpha == pytest.approx(alpha, rel=1e-3)
    x, scale = np.column_stack((np.ones(n), arm)), 1.0
    score = x * ((y - mean) / (1 + alpha * mean))[:, None]
    if clusters:
        score = np.add.reduceat(score, np.arange(0, n, 3))
        scale = 100 / 99 * (n - 1) / (n - 2)
    curved = mean * (1 + alpha * y) / (1 + alpha * mean) ** 2
    bread = np.linalg.inv((x * curved[:, None]).T @ x)
    error = np.sqrt(scale * (bread @ score.T @ score @ bread)[1, 1])
    assert found.se[0] == pytest.approx(error, rel=1e-3)
    wide = t.isf(0.025, 99) if clusters else norm.isf(0.025)
    assert np.log(found.hi[0]) - found.coef[0] == pytest.approx(wide * error, rel=1e-3)


def test_correlations_that_rows_of_a_cluster_can_have() -> None:
    """Of m rows alike from -1 / (m - 1) on, and below 1."""
    assert _possible(-0.24, 5)
    assert not _possible(-0.25, 5)
    assert not _possible(1.0, 5)
    assert _possible(0.99, 5)
    assert _possible(-0.99, 2)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_error_of_a_difference_of_medians_is_of_its_95_percent_interval(level: float) -> None:
    usual = median_difference(VALUES + ARM, ARM)
    found = median_difference(VALUES + ARM, ARM, level=level)
    assert found.se == usual.se == pytest.approx((usual.hi - usual.lo) / (2 * 1.959964))
    assert found.se == pytest.approx(1.2533 * 2 / 20, rel=0.35)  # of normal values: root of pi / 2


@pytest.mark.parametrize(
    "y",
    [
        0.1 + 0.3 * ARM,
        np.full(400, 0.1),
        37.1 - 7.4 * ARM + 0.3 * (VALUES - 10),
        1e6 / 3 + 0.1 * ARM,
    ],
    ids=["arm", "constant", "arm and column", "far from 0"],
)
def test_what_the_columns_explain_but_for_rounding_has_no_test(y: np.ndarray) -> None:
    """The residuals are rounding, and so would the standard error be."""
    x, of = np.column_stack((ARM, VALUES)), np.arange(400) // 10
    for fit in (
        lambda: linear(y, x),
        lambda: linear(y, x, weights=np.linspace(0, 2, 400)),
        lambda: linear(y, x, cluster=of),
        lambda: mixed(y, x, of),
        lambda: ancova(y, VALUES, ARM),
    ):
        with pytest.raises(
            AnalysisError, match=r"does not vary|explain every row|without any spread"
        ):
            fit()


def test_a_small_spread_on_a_large_number_is_one() -> None:
    noise = np.random.default_rng(3).normal(size=400)
    plain, far = linear(ARM + noise, ARM), linear(1e6 + 1e-3 * (ARM + noise), ARM)
    np.testing.assert_allclose(far.se * 1e3, plain.se, rtol=1e-4)


def test_a_difference_of_medians_says_of_how_many_clusters_it_is() -> None:
    assert median_difference(VALUES, ARM).variance == "rank scores"
    clustered = median_difference(VALUES, ARM, cluster=np.arange(400) // 5)
    assert clustered.variance == "rank scores, 80 clusters"


def test_clusters_that_do_not_differ_leave_least_squares() -> None:
    """Rows of a cluster lie on both sides of the line by as much: their means are all the same."""
    noise, x = np.repeat(np.random.default_rng(2).normal(size=60), 2), VALUES[:120]
    x = np.repeat(x[:60], 2)
    y = 3 * x + noise * np.tile([1, -1], 60)
    fit = mixed(y, x, np.arange(120) // 2)
    design = np.column_stack((np.ones(120), x))
    beta, (squares,), *_ = np.linalg.lstsq(design, y, rcond=None)
    assert "correlation within a cluster 0.000" in fit.notes
    assert fit.coef[0] == pytest.approx(beta[1])
    error = np.sqrt(squares / 118 * np.linalg.inv(design.T @ design)[1, 1])
    assert fit.se[0] == pytest.approx(error)
