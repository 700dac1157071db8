"""The golden values of R: propensity score, matching, balance, logistic, IPTW, McNemar, clogit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.match import nearest
from ehrivig.match.score import propensity
from ehrivig.stats.balance import balance
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.glm import maximise
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.tables.contingency import discordant, mcnemar
from ehrivig.stats.weighting.weight import effective_sample_size, inverse_probability

pytestmark = pytest.mark.parity

VALUE = 1e-9  # relative, the accuracy that is asked for
SE = 1e-6  # R's glm leaves the weights of its last but one step in its standard errors
COVARIATES = [
    *("sex", "age", "copd", "diabetes", "cardiac", "hypertension", "stroke", "malignancy"),
    *("immunosupp", "ckd", "cld", "apache2", "sofa", "fever", "sbp", "steroid", "antiviral"),
]
PAIR_FILES = [
    f"pairs_{version}_{order}_{score}.csv"
    for version, orders in (
        ("m472", ("largest", "smallest", "data", "closest")),
        ("m451fix", ("largest", "smallest", "data")),
    )
    for order in orders
    for score in ("ps", "ps_round2")
]


class Golden:
    """The cohort, the matched pairs and the numbers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers: dict[str, Any] = json.loads((folder / "golden.json").read_text("utf-8"))
        self.cohort = pl.read_csv(folder / "cohort850.csv")
        self.sets = pl.read_csv(folder / "matched850.csv")
        self.matched = self.cohort[self.sets["id"].to_numpy() - 1]
        self.score = pl.read_csv(folder / "ps850.csv")["ps"].to_numpy()
        self.treated = self.cohort["treat"].to_numpy()

    def x(self, sample: str, adjusted: bool) -> np.ndarray:
        frame = self.cohort if sample == "full" else self.matched
        return frame.select(["treat", *(COVARIATES if adjusted else [])]).to_numpy().astype(float)

    def death(self, sample: str) -> np.ndarray:
        return (self.cohort if sample == "full" else self.matched)["death28"].to_numpy()


@pytest.fixture(scope="module")
def golden(golden_files: Path) -> Golden:
    return Golden(golden_files)


def close(got: Any, expected: Any, tolerance: float = VALUE) -> None:
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=1e-13)


def test_propensity_score(golden: Golden) -> None:
    r = golden.numbers["ps_model"]
    x = golden.x("full", True)[:, 1:]
    fit = logistic(golden.treated, x, names=COVARIATES)
    close(fit.coef, list(r["coef"].values()))
    close(fit.se, list(r["se"].values()), SE)
    close([fit.loglik, -2 * fit.loglik], [r["loglik"], r["deviance"]])
    close(propensity(golden.treated == 1, x, COVARIATES), golden.score)


@pytest.mark.parametrize("file", PAIR_FILES)
def test_pairs(golden: Golden, file: str) -> None:
    _, version, order, *score = file.removesuffix(".csv").split("_")
    distance = np.round(golden.score, 2) if "round2" in score else golden.score
    rule = "matchit-4.7" if version == "m472" else "matchit-4.5"
    got = nearest(distance, golden.treated, 0.02, order=order, tie_rule=rule)
    expected = pl.read_csv(golden.folder / file)
    assert (got.treated + 1).tolist() == expected["treated_id"].to_list()
    assert (got.control + 1).tolist() == expected["control_id"].to_list()


def test_every_pairs_file_is_compared(golden: Golden) -> None:
    assert sorted(PAIR_FILES) == sorted(p.name for p in golden.folder.glob("pairs_*.csv"))


def test_matching_summary_and_weights(golden: Golden) -> None:
    r = golden.numbers["matching"]
    got = nearest(golden.score, golden.treated, 0.02)
    assert len(got) == r["n_pairs"]
    close([got.distance.max(), got.distance.mean()], [r["max_dist"], r["mean_dist"]])
    file = pl.read_csv(golden.folder / "match_m472_weights_subclass.csv", null_values="NA")
    assert got.weights(normalise=True).tolist() == file["weight"].to_list()
    sets, subclass = got.set_id(), file["subclass"].to_numpy()
    both = np.unique(np.column_stack([sets, subclass])[sets >= 0], axis=0)
    assert len(both) == len(got)  # the same sets, whatever their numbers


@pytest.mark.parametrize("version", ["m472", "m451fix"])
def test_balance_tables_of_matchit(golden: Golden, version: str) -> None:
    x = np.column_stack([golden.score, golden.x("full", True)[:, 1:]])
    pairs = nearest(golden.score, golden.treated, 0.02)
    names = ["distance", *COVARIATES]
    table = balance(
        golden.treated, x, weights=pairs.weights(), names=names, denominator="treated_unmatched"
    )
    for side in ("before", "after"):
        file = pl.read_csv(golden.folder / f"smd_{version}_{side}.csv")
        assert file["variable"].to_list() == names
        for row, r in zip(table.rows, file.iter_rows(), strict=True):
            b = getattr(row, side)
            got = [b.mean_treated, b.mean_control, b.smd, b.variance_ratio, b.ecdf_mean, b.ks]
            expected = [np.nan if v is None else float(v) for v in r[1:7]]
            # The file holds 15 digits of numbers near 100: 1e-12 absolute is its own rounding.
            np.testing.assert_allclose(got, expected, rtol=VALUE, atol=1e-12)


@pytest.mark.parametrize(
    ("column", "denominator", "side"),
    [
        ("pooled_before", "pooled_unmatched", "before"),
        ("pooled_after_origSD", "pooled_unmatched", "after"),
        ("pooled_after_matchedSD", "pooled_matched", "after"),
        ("prop_before", "proportion_unmatched", "before"),
        ("prop_after", "proportion_matched", "after"),
    ],
)
def test_named_denominators(golden: Golden, column: str, denominator: Any, side: str) -> None:
    pairs = nearest(golden.score, golden.treated, 0.02)
    table = balance(
        golden.treated,
        golden.x("full", True)[:, 1:],
        weights=pairs.weights(),
        names=COVARIATES,
        denominator=denominator,
    )
    file = pl.read_csv(golden.folder / "smd_pooled.csv", null_values="NA")
    for row, expected in zip(table.rows, file[column], strict=True):
        if expected is not None:
            close(getattr(row, side).smd, expected)


@pytest.mark.parametrize("sample", ["full", "matched"])
@pytest.mark.parametrize("adjusted", [False, True])
def test_logistic(golden: Golden, sample: str, adjusted: bool) -> None:
    r = golden.numbers["logistic"][f"{sample}_{'adj' if adjusted else 'unadj'}"]
    y, x = golden.death(sample), golden.x(sample, adjusted)
    fit = logistic(y, x)
    close(fit.coef, list(r["all_coef"].values()))
    close(fit.se, list(r["all_se"].values()), SE)
    close([fit.coef[1], fit.odds_ratio[1], fit.loglik], [r["b"], r["or"], r["loglik"]])
    close([fit.lo[1], fit.hi[1], fit.p[1]], [r["lo"], r["hi"], r["p"]], SE)
    close(logistic(y, x, variance="HC0").se[1], r["se_HC0"], SE)


@pytest.mark.parametrize("adjusted", [False, True])
def test_pair_clustered_logistic(golden: Golden, adjusted: bool) -> None:
    r = golden.numbers["logistic"][f"matched_{'adj' if adjusted else 'unadj'}"]
    x, sets = golden.x("matched", adjusted), golden.sets["subclass"].to_numpy()
    fit = logistic(golden.death("matched"), x, cluster=sets)
    close(fit.se[1], r["se_cluster_HC1"], SE)
    assert "HC1" in fit.variance
    n, k, g = len(sets), x.shape[1] + 1, len(sets) / 2
    close(fit.se[1] / np.sqrt((n - 1) / (n - k)), r["se_cluster_HC0_cadjust"], SE)
    without = fit.se[1] / np.sqrt((n - 1) / (n - k) * g / (g - 1))
    close(without, r["se_cluster_HC0"], SE)


@pytest.mark.parametrize("sample", ["full", "matched"])
@pytest.mark.parametrize("adjusted", [False, True])
def test_profile_interval_is_the_root_that_r_interpolates(
    golden: Golden, sample: str, adjusted: bool
) -> None:
    """R's confint draws a spline through profile points; ours is the root, 1e-5 from it.

    Put through the same spline, our profile gives R's number to all digits that are asked for.
    """
    r = golden.numbers["logistic"][f"{sample}_{'adj' if adjusted else 'unadj'}"]["or_profile_ci"]
    y, x = golden.death(sample), golden.x(sample, adjusted)
    fit = logistic(y, x, interval="profile")
    close([fit.lo[1], fit.hi[1]], r, 2e-5)
    close(np.exp(interpolated_profile(y.astype(float), x, fit.coef, fit.loglik)), r)


def interpolated_profile(
    y: np.ndarray, x: np.ndarray, coef: np.ndarray, loglik: float
) -> tuple[float, float]:
    """The interval of the first column as MASS:::confint.glm computes it."""
    fit = maximise(y, x)
    se = float(np.sqrt(fit.covariance[1, 1]))
    z_max = 2.4977054744123723  # sqrt of the chi-square(1) quantile of 1 - (1 - 0.95) / 4
    points = [(0.0, float(coef[1]))]
    for sign in (-1, 1):
        step, z = 0, 0.0
        while step + 1 < 10 and abs(z) < z_max:
            step += 1
            b = float(coef[1]) + sign * step * z_max / 5 * se
            held = maximise(y, x[:, 1:], offset=b * x[:, 0])
            z = sign * float(np.sqrt(max(0.0, 2 * (loglik - held.loglik))))
            points.append((z, b))
    z_values, b_values = np.array(sorted(points)).T
    grid = np.linspace(b_values[0], b_values[-1], 3 * len(b_values))
    z_grid = fmm_spline(b_values, z_values, grid)
    return tuple(np.interp([-1.959963984540054, 1.959963984540054], z_grid, grid))


def fmm_spline(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """R's spline(method = "fmm"): the end thirds follow the cubics through the four end points."""
    h, slope = np.diff(x), np.diff(y) / np.diff(x)
    n = len(x)
    third = [
        np.polyfit(x[s] - x[s][0], y[s], 3)[0] for s in (slice(0, 4), slice(n - 4, n))
    ]  # of the cubics through the first and the last four points: third derivative / 6
    matrix, right = np.zeros((n, n)), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = 6 * (slope[i] - slope[i - 1])
    matrix[0, :2], right[0] = (-1, 1), 6 * third[0] * h[0]
    matrix[-1, -2:], right[-1] = (-1, 1), 6 * third[1] * h[-1]
    m = np.linalg.solve(matrix, right)
    i = np.clip(np.searchsorted(x, at, "right") - 1, 0, n - 2)
    d = at - x[i]
    b = slope[i] - h[i] * (2 * m[i] + m[i + 1]) / 6
    return np.asarray(y[i] + d * (b + d * (m[i] / 2 + d * (m[i + 1] - m[i]) / (6 * h[i]))))


@pytest.mark.parametrize(("name", "estimand"), [("ate", "ATE"), ("att", "ATT"), ("overlap", "ATO")])
def test_weighted_logistic(golden: Golden, name: str, estimand: Any) -> None:
    r = golden.numbers["iptw"][name]
    w = inverse_probability(golden.treated, golden.score, estimand).weight
    y, x = golden.death("full"), golden.x("full", False)
    fit = logistic(y, x, weights=w)
    close(fit.coef, list(r["all_coef"].values()))
    close(fit.se[1], r["se_HC0"], SE)
    quasi = logistic(y, x, weights=w, variance="quasi")
    close(quasi.se, list(r["all_se"].values()), SE)
    close([quasi.lo[1], quasi.hi[1], quasi.p[1]], [r["lo"], r["hi"], r["p"]], SE)


def test_effective_sample_size(golden: Golden) -> None:
    w = inverse_probability(golden.treated, golden.score, "ATE").weight
    close(effective_sample_size(w), golden.numbers["iptw"]["ess_ate"])


def test_mcnemar(golden: Golden) -> None:
    r = golden.numbers["matched_2x2"]
    frame = golden.matched.with_columns(golden.sets["subclass"]).sort("subclass", "treat")
    control, treated = frame["death28"].to_numpy().reshape(-1, 2).T
    a, b, c, _ = discordant(treated, control)
    assert (a + b, a + c, len(treated)) == (r["events_t"], r["events_c"], r["n_pairs"])
    close(mcnemar(b, c, "chi_square_cc").p, r["mcnemar_cc"])
    close(mcnemar(b, c, "chi_square").p, r["mcnemar_nocc"])


@pytest.mark.parametrize("adjusted", [False, True])
def test_conditional_logistic(golden: Golden, adjusted: bool) -> None:
    r = golden.numbers["clogit"]["adj" if adjusted else "unadj"]
    fit = conditional_logistic(
        golden.death("matched"), golden.x("matched", adjusted), golden.sets["subclass"].to_numpy()
    )
    close(fit.coef, list(r["coef"].values()))
    close(fit.se, list(r["se"].values()), SE)
    close([fit.loglik_null, fit.loglik, fit.odds_ratio[0]], [*r["loglik"], r["or"]])
    close([fit.lo[0], fit.hi[0], fit.p[0]], [r["lo"], r["hi"], r["p"]], SE)
