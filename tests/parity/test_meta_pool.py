"""Evidence synthesis against metafor 3.8 (`meta_pool.R` -> `meta_pool.json`; needs no R).

Tolerance: 1e-6 relative; closed forms are held to 1e-10. Iterative numbers (REML, Paule-Mandel,
Q-profile) stop in R at a relative change of 1e-11 or at uniroot's limits, which near zero needs an
absolute floor of 1e-8, and of 1e-7 for deletion diagnostics, which are differences of such numbers.
Where metafor's scoring did not converge its output is null, and nothing is compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.meta import (
    Counts,
    Estimates,
    Means,
    Plan,
    cumulative,
    effect_sizes,
    egger_test,
    influence,
    leave_one_out,
    meta_regression,
    peters_test,
    pool,
    pool_effects,
    subgroup_analysis,
    trim_and_fill,
)
from ehrivig.meta.study_data import StudyData

pytestmark = pytest.mark.parity

RELATIVE = 1e-6
ABSOLUTE = 1e-8
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "meta_pool.json").read_text(encoding="utf-8")
)
KINDS = {"counts": Counts, "means": Means, "estimates": Estimates}
CASES = [pytest.param(case, id=f"{case['name']}-{case['measure']}") for case in STORED["cases"]]


def close(found: Any, stored: Any, absolute: float = ABSOLUTE) -> None:
    wanted = np.array([np.nan if v is None else v for v in np.atleast_1d(stored)], dtype=float)
    np.testing.assert_allclose(np.atleast_1d(found), wanted, rtol=RELATIVE, atol=absolute)


def close_where_known(found: Any, stored: list[float | None]) -> None:
    known = np.array([value is not None for value in stored])
    assert known.mean() > 0.9
    wanted = [value for value in stored if value is not None]
    close(np.asarray(found)[known], wanted, absolute=1e-7)


def study_data(name: str) -> StudyData:
    columns = {key: np.array(value, dtype=float) for key, value in STORED["data"][name].items()}
    kind = next(made for made in KINDS.values() if set(made.columns()) == set(columns))
    return kind(**columns)


def plan_of(model: str, test: str, measure: str) -> Plan:
    if model == "EE":
        return Plan(measure)
    return Plan(measure, "IV", "random", model, "hksj" if test == "adhoc" else "normal")  # type: ignore[arg-type]


def test_at_least_ten_data_sets() -> None:
    assert len({case["name"] for case in STORED["cases"]}) >= 10


@pytest.mark.parametrize("case", CASES)
def test_effects(case: dict[str, Any]) -> None:
    effects = effect_sizes(study_data(case["name"]), case["measure"])
    close(effects.y, case["yi"])
    close(effects.v, case["vi"])


@pytest.mark.parametrize("case", CASES)
def test_pools(case: dict[str, Any]) -> None:
    data, measure = study_data(case["name"]), case["measure"]
    back = np.exp if measure in ("OR", "RR") else np.asarray
    for wanted in case["pools"]:
        names = (wanted[key] for key in ("method", "model", "tau2_method", "ci"))
        found = pool(data, Plan(measure, *names))
        close(found.theta, wanted["theta"])
        if wanted["tau2_method"] == "DL":
            both = [wanted["theta"], wanted["se"]]
            np.testing.assert_allclose([found.theta, found.se], both, rtol=1e-10)
        close(found.estimate, back(wanted["theta"]))
        close([found.lo, found.hi], back(np.array([wanted["lo"], wanted["hi"]])))
        for key in ("se", "p"):
            close(getattr(found, key), wanted[key])
        for key in ("q", "q_p"):
            close(getattr(found.dispersion, key), wanted[key])
        weights = found.weights[found.weights > 0]
        stored = np.array([w for w in wanted["weights"] if w], dtype=float)
        close(weights, stored)
        if "tau2" in wanted:
            for key in ("tau2", "tau2_lo", "tau2_hi"):
                close(getattr(found, key), wanted[key])
            # metafor derives I2 and H2 of a random-effects fit from tau2
            close([found.i2_tau2, 1 / (1 - found.i2_tau2)], [wanted["i2"], wanted["h2"]])
            close([found.pi_lo, found.pi_hi], back(np.array([wanted["pi_lo"], wanted["pi_hi"]])))
        else:
            close([found.dispersion.i2, found.dispersion.h2], [wanted["i2"], wanted["h2"]])


@pytest.mark.parametrize("case", [c for c in CASES if "deletion" in c.values[0]])
def test_deletion(case: dict[str, Any]) -> None:
    data, measure = study_data(case["name"]), case["measure"]
    effects = effect_sizes(data, measure)
    used = np.flatnonzero(effects.estimable)
    for wanted in case["deletion"]:
        plan = plan_of(wanted["model"], wanted["test"], measure)
        found = influence(effects, plan)
        for key in ("rstudent", "dffits", "dfbetas", "cook_d", "cov_r", "tau2_without",
                    "q_without", "hat"):  # fmt: skip
            close_where_known(getattr(found, key)[used], wanted[key])
        assert found.influential[used].tolist() == wanted["influential"]
        rest = data.take(used)
        thetas = [fit.theta for fit in leave_one_out(rest, plan) if fit]
        close_where_known(thetas, wanted["leave_one_out"])
        steps = cumulative(rest, plan, range(len(used)))
        close_where_known([fit.theta for fit in steps if fit], wanted["cumulative"])


@pytest.mark.parametrize("case", [c for c in CASES if "bias" in c.values[0]])
def test_bias(case: dict[str, Any]) -> None:
    data, measure = study_data(case["name"]), case["measure"]
    effects = effect_sizes(data, measure)
    wanted = case["bias"]
    tests = [(egger_test(effects), wanted["egger"])]
    if isinstance(data, Counts):
        tests.append((peters_test(data, measure), wanted["peters"]))
    for found, stored in tests:
        for key in ("coefficient", "se", "statistic", "p", "limit"):
            close(getattr(found, key), stored[key])
    for stored in wanted["trim_and_fill"]:
        plan = plan_of(stored["model"], "z", measure)
        filled = trim_and_fill(effects, plan, estimator=stored["estimator"])
        assert (filled.k0, filled.side) == (stored["k0"], stored["side"])
        close(filled.k0_se, stored["k0_se"])
        close([filled.pooled.theta, filled.pooled.se], [stored["theta"], stored["se"]])
        if stored["estimator"] == "R0":
            close(filled.p_k0, stored["p_k0"])


@pytest.mark.parametrize(
    "stored", STORED["regressions"], ids=lambda s: f"{s['name']}-{s['method']}-{s['test']}"
)
def test_regression(stored: dict[str, Any]) -> None:
    effects = effect_sizes(study_data(stored["name"]), stored["measure"])
    common = stored["method"] == "EE"
    found = meta_regression(
        effects,
        np.column_stack(stored["moderators"]),
        stored["names"],
        model="common" if common else "random",
        tau2="REML" if common else stored["method"],
        ci="hksj" if stored["test"] == "adhoc" else "normal",
    )
    for key in ("coefficient", "se", "lo", "hi", "p", "moderator_q", "moderator_p"):
        close(getattr(found, key), stored[key])
    close([found.residual.q, found.residual.q_p], [stored["q"], stored["q_p"]])
    if not common:
        close([found.tau2, found.r2], [stored["tau2"], stored["r2"]])


def test_subgroups() -> None:
    stored = STORED["subgroups"]
    plan = Plan("RR", "IV", "random", "REML")
    found = subgroup_analysis(study_data("bcg"), stored["labels"], plan)
    assert [group.name for group in found.groups] == list(stored["groups"])
    for group in found.groups:
        assert group.pooled is not None
        wanted = stored["groups"][group.name]
        close([group.pooled.theta, group.pooled.se], [wanted["theta"], wanted["se"]])
    close([found.between.q, found.between.q_p], [stored["q"], stored["q_p"]])


def test_common_effect_between_is_total_less_within() -> None:
    data, labels = study_data("bcg"), STORED["subgroups"]["labels"]
    found = subgroup_analysis(data, labels, Plan("RR"))
    within = sum(group.pooled.dispersion.q for group in found.groups if group.pooled)
    total = pool_effects(effect_sizes(data, "RR"), Plan("RR")).dispersion.q
    assert found.between.q == pytest.approx(total - within, rel=1e-9)
