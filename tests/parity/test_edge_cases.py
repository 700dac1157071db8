"""The edges against R: zero cells, covariates far from zero, large strata, few studies, late entry.

`edge_cases.R` makes `edge_cases.json`; nothing here needs R.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.measures import measure_named
from ehrivig.meta.pooled import Plan, pool_effects
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.tables.paired import paired_risk_difference
from ehrivig.stats.tables.usual_tests import p_of_counts

pytestmark = pytest.mark.parity

R: dict[str, Any] = json.loads(
    (Path(__file__).parent / "edge_cases.json").read_text(encoding="utf-8")
)
PAIRS = 5e-8  # R maximises over the discordance by golden section, good to about 1e-8


@pytest.mark.parametrize("case", R["pairs"], ids=lambda r: f"{r['b']}-{r['c']}-{r['n']}")
def test_score_limits_of_pairs(case: dict[str, Any]) -> None:
    b, c, n = case["b"], case["c"], case["n"]
    found = paired_risk_difference(n - b - c, b, c, 0)
    assert (found.lo, found.hi) == pytest.approx(case["limits"], abs=PAIRS)
    assert found.p == pytest.approx(case["p"], rel=1e-9)


def columns(x: list[Any]) -> np.ndarray:
    return np.column_stack([np.asarray(c, dtype=float) for c in x])


def close(found: Any, stored: Any, relative: float) -> None:
    np.testing.assert_allclose(found, np.asarray(stored, dtype=float), rtol=relative, atol=1e-10)


def test_profile_limits_of_covariates_far_from_zero() -> None:
    """Temperature 37, sodium 139, pH 7.4: as R's confint, whose roots are found to 1e-12."""
    r = R["far"]
    fit = logistic(r["y"], columns(r["x"]), names=r["names"], interval="profile")
    close(np.log(fit.lo[1:]), [limits[0] for limits in r["profile"]], 1e-7)
    close(np.log(fit.hi[1:]), [limits[1] for limits in r["profile"]], 1e-7)


def test_firth_of_covariates_far_from_zero() -> None:
    r = R["far"]
    fit = logistic(r["y"], columns(r["x"]), names=r["names"], firth=True)
    close(fit.coef[1:], r["coef"], 1e-8)
    close(fit.se[1:], r["se"], 1e-8)
    close(np.log(fit.lo[1:]), [limits[0] for limits in r["penalised"]], 1e-7)
    close(np.log(fit.hi[1:]), [limits[1] for limits in r["penalised"]], 1e-7)
    close(fit.p[1:], r["p"], 1e-7)


def test_conditional_logit_in_two_large_strata() -> None:
    """All of `colon`, by sex: R's clogit with exact ties."""
    r = R["large_strata"]
    fit = conditional_logistic(r["y"], columns(r["x"]), r["strata"])
    close(fit.coef, r["coef"], 1e-6)
    close(fit.se, r["se"], 1e-6)
    close([fit.loglik_null, fit.loglik], r["loglik"], 1e-9)


@pytest.mark.parametrize("case", R["knapp"], ids=lambda r: str(len(r["y"])))
def test_hartung_knapp_where_studies_agree(case: dict[str, Any]) -> None:
    """As metafor's test = "adhoc"."""
    y, v = np.array(case["y"]), np.array(case["v"])
    every = np.ones(len(y), dtype=bool)
    effects = EffectSizes(measure_named("OR"), y, v, every, ~every)
    found = pool_effects(effects, Plan("OR", "IV", "random", "REML", "hksj"))
    close([found.theta, found.se, found.p], [case["theta"], case["se"], case["p"]], 1e-7)
    close(np.log([found.lo, found.hi]), [case["lo"], case["hi"]], 1e-7)


def test_fine_gray_with_late_entry() -> None:
    r = R["late_entry"]
    fit = fine_gray(r["time"], r["status"], r["arm"], entry=r["entry"])
    close(fit.coef, [r["coef"]], 1e-7)
    close(fit.se, [r["se"]], 1e-6)


@pytest.mark.parametrize("case", R["usual"], ids=lambda r: str(r["cells"]))
def test_the_usual_tests_of_a_table(case: dict[str, Any]) -> None:
    a, b, c, d = case["cells"]
    found = p_of_counts([[a, b], [c, d]])
    for name, p in case.items():
        if name != "cells":
            assert found[name] == pytest.approx(p, rel=1e-6), name
