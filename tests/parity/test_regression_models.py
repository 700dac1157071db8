"""Regressions and tests against R's numbers on data sets that ship with R.

`regression_models.R` makes `regression_models.json`; nothing here needs R.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.match.score import propensity
from ehrivig.stats.imputation.rubin import pool
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.interaction import interaction
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.standardise import aipw, g_computation
from ehrivig.stats.tables.contingency import fisher_exact, mcnemar, pearson_chi_square
from ehrivig.stats.tables.hodges_lehmann import paired_shift
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm
from ehrivig.stats.tables.negative_controls import fit_null
from ehrivig.stats.tables.rank import ancova, kruskal_wallis, quantiles, t_test
from ehrivig.stats.weighting.weight import entropy_balance

pytestmark = pytest.mark.parity

VALUE = 1e-9  # relative: both sides iterate to rounding, the JSON holds 15 digits
ROOT = 1e-7  # profile intervals: R's uniroot stops at 1e-13 in x but on a deviance of ~1e2
BRUTE = 2e-5  # Firth: R's side climbs by Nelder-Mead and BFGS, which stall at ~1e-5
RANDOM_EFFECTS = 1e-6  # metafor's Fisher scoring stops on a step in tau2

R: dict[str, Any] = json.loads(
    (Path(__file__).parent / "regression_models.json").read_text(encoding="utf-8")
)


def columns(x: list[Any]) -> np.ndarray:
    """The columns of a case as (n, p)."""
    return np.column_stack([np.asarray(c, dtype=float) for c in x])


def close(got: Any, expected: Any, tolerance: float = VALUE) -> None:
    np.testing.assert_allclose(got, np.asarray(expected, dtype=float), rtol=tolerance, atol=1e-12)


@pytest.mark.parametrize("case", sorted(R["logistic"]))
def test_logistic_coefficients_and_variances(case: str) -> None:
    r = R["logistic"][case]
    y, x = r["y"], columns(r["x"])
    fit = logistic(y, x, names=r["names"])
    close(fit.coef, r["coef"])
    close(fit.se, r["se"])
    close(fit.loglik, r["loglik"])
    close(fit.loglik_null, r["loglik_null"])
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        close(logistic(y, x, variance=kind).se, r[kind], 1e-8)


@pytest.mark.parametrize("case", sorted(R["logistic"]))
def test_logistic_profile_intervals(case: str) -> None:
    r = R["logistic"][case]
    fit = logistic(r["y"], columns(r["x"]), interval="profile")
    close(np.log(np.column_stack([fit.lo, fit.hi])), r["profile"], ROOT)


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
@pytest.mark.parametrize(
    "case", [c for c in sorted(R["logistic"]) if "cluster" in R["logistic"][c]]
)
def test_logistic_clustered(case: str) -> None:
    r = R["logistic"][case]
    close(logistic(r["y"], columns(r["x"]), cluster=r["cluster"]).se, r["se_cluster"], 1e-8)


def test_sampling_weights() -> None:
    r = R["weighted"]
    x = columns(r["x"])
    robust = logistic(r["y"], x, weights=r["weights"])
    close(robust.coef, r["coef"])
    close(robust.se, r["HC0"])
    close(logistic(r["y"], x, weights=r["weights"], variance="quasi").se, r["se_quasi"])


def test_firth_on_separated_data() -> None:
    r = R["firth"]
    fit = logistic(r["y"], columns(r["x"]), firth=True)
    close(fit.coef, r["coef"], BRUTE)
    close(fit.se, r["se"], BRUTE)
    close(fit.loglik, r["loglik"], 1e-10)
    close(fit.p, r["p"], BRUTE)


@pytest.mark.parametrize("case", sorted(R["conditional"]))
def test_conditional_logistic(case: str) -> None:
    r = R["conditional"][case]
    fit = conditional_logistic(r["y"], columns(r["x"]), r["strata"])
    close(fit.coef, r["coef"])
    close(fit.se, r["se"])
    close([fit.loglik_null, fit.loglik], r["loglik"])


@pytest.mark.parametrize("case", sorted(R["tables"]))
def test_contingency_tables(case: str) -> None:
    r = R["tables"][case]
    pearson = pearson_chi_square(r["counts"])
    close([pearson.statistic, pearson.df, pearson.p], [r["chisq"], r["df"], r["p"]])
    exact = fisher_exact(r["counts"])
    assert exact.test == "Fisher exact"
    close(exact.p, r["fisher"], 1e-8)


@pytest.mark.parametrize("r", R["mcnemar"])
def test_mcnemar(r: dict[str, Any]) -> None:
    b, c = r["b"], r["c"]
    if b != c:
        close(mcnemar(b, c, "chi_square_cc").p, r["cc"])
    close(mcnemar(b, c, "chi_square").p, r["nocc"])
    close(mcnemar(b, c).p, r["exact"])


@pytest.mark.parametrize("case", sorted(R["kruskal"]))
def test_kruskal_wallis(case: str) -> None:
    r = R["kruskal"][case]
    test = kruskal_wallis(r["samples"])
    close([test.statistic, test.p], [r["h"], r["p"]])


@pytest.mark.parametrize("kind", ["welch", "student", "paired"])
def test_t_tests(kind: Any) -> None:
    r = R["t"][kind]
    test = t_test(r["x"], r["y"], kind=kind)
    close([test.statistic, test.df, test.p, test.lo, test.hi], [r["t"], r["df"], r["p"], *r["ci"]])


def test_ancova() -> None:
    r = R["ancova"]
    test = ancova(r["outcome"], r["baseline"], r["exposed"])
    close([test.difference, test.se, test.p], [r["estimate"], r["se"], r["p"]])
    close([test.lo, test.hi], r["ci"])


def test_hodges_lehmann_exact_intervals() -> None:
    r = R["hodges_lehmann"]["depression"]
    got = paired_shift(r["x"], r["y"])
    assert got.method == "exact ranks"
    close([got.shift, got.lo, got.hi], [r["shift"], *r["ci"]])


@pytest.mark.parametrize("kind", range(1, 10))
def test_quantile_types(kind: int) -> None:
    r = R["quantiles"]
    close(quantiles(r["values"], r["probabilities"], kind), r["types"][kind - 1])


def test_multiplicity() -> None:
    r = R["multiplicity"]
    close(holm(r["p"]), r["holm"])
    close(benjamini_hochberg(r["p"]), r["bh"])


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_rubin_with_barnard_rubin_df() -> None:
    r = R["rubin"]
    pooled = pool(r["estimates"], r["se"], df_complete=r["df_complete"])
    close([pooled.df, pooled.se**2, pooled.fraction_missing], [r["df"], r["total"], r["fmi"]])
    close(pool(r["estimates"], r["se"]).df, r["df_large"])


def test_empirical_null_is_a_random_effects_model() -> None:
    r = R["null"]
    null = fit_null(r["log_ratio"], r["se"])
    close([null.mean, null.sd], [r["mean"], r["sd"]], RANDOM_EFFECTS)
    close(null.loglik, r["loglik"])


def test_g_computation_by_the_delta_method() -> None:
    r = R["marginal"]
    m = g_computation(r["y"], r["exposed"], columns(r["x"]), variance="delta")
    close([m.risk_exposed, m.risk_control], [r["r1"], r["r0"]])
    got = [m.risk_difference.se, m.risk_ratio.se, m.odds_ratio.se]
    close(got, [r["se_rd"], r["se_log_rr"], r["se_log_or"]])


def test_aipw() -> None:
    r = R["marginal"]
    x, arm = columns(r["x"]), np.asarray(r["exposed"]) == 1
    m = aipw(r["y"], arm, x, propensity=propensity(arm, x))
    close([m.risk_exposed, m.risk_control], [r["aipw_r1"], r["aipw_r0"]])
    close(m.risk_difference.se, r["aipw_se_rd"])


def test_interaction() -> None:
    r = R["interaction"]
    test = interaction(r["y"], r["exposed"], r["subgroup"], r["x"])
    close([test.chi2, test.df], [r["lr"], r["df"]])
    close([ratio.estimate for ratio in test.ratios], np.array(r["or"][1:]) / r["or"][0])
    close(test.fit.odds_ratio[test.fit.index("exposed")], r["or"][0])
    at = [test.fit.index(f"exposed x side {v}") for v in (2, 3)]
    beta, covariance = test.fit.coef[at], test.fit.covariance[np.ix_(at, at)]
    close(beta @ np.linalg.solve(covariance, beta), r["wald"])


def test_entropy_balancing_weights() -> None:
    r = R["marginal"]
    arm = np.asarray(r["exposed"]) == 1
    got = entropy_balance(arm, columns(r["x"])).weight[~arm]
    close(got, R["entropy"]["weight"], 1e-6)  # R's side stops where BFGS does
