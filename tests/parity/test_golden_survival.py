"""Every survival and competing-risk value of the shared golden.json."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.cox_residuals import score_residuals
from oracles.fine_gray_expansion import fine_gray_expansion

from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import CoxFit, cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test

# The house's tolerances: values to 1e-9, standard errors (and what is made of them) to 1e-6.
VALUE, FROM_SE = 1e-9, 1e-6
# golden's finegray + coxph stopped at coxph's default eps = 1e-9: its coefficients are 5e-9 from
# the maximum, which `test_golden_weighted_fit_is_one_newton_step_short` proves.
UNFINISHED = 1e-8

COVARIATES = [
    "sex",
    "age",
    "copd",
    "diabetes",
    "cardiac",
    "hypertension",
    "stroke",
    "malignancy",
    "immunosupp",
    "ckd",
    "cld",
    "apache2",
    "sofa",
    "fever",
    "sbp",
    "steroid",
    "antiviral",
]
FULL = ["treat", *COVARIATES]
AT = [7, 14, 28, 45, 59.5]
Table = dict[str, np.ndarray]
pytestmark = pytest.mark.parity


def _table(path: Path) -> Table:
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def golden(golden_files: Path) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((golden_files / "golden.json").read_text())
    return stored


@pytest.fixture(scope="module")
def tables(golden_files: Path) -> dict[str, Table]:
    full = _table(golden_files / "cohort850.csv")
    pairs = _table(golden_files / "matched850.csv")
    row = pairs["id"].astype(int) - 1
    matched = {name: values[row] for name, values in full.items()}
    matched["subclass"] = pairs["subclass"]
    score, treat = _table(golden_files / "ps850.csv")["ps"], full["treat"]
    full["ate_weight"] = np.where(treat == 1, 1 / score, 1 / (1 - score))
    return {"full": full, "matched": matched, "cr": _table(golden_files / "cr2000.csv")}


def close(ours: Any, theirs: Any, rtol: float = VALUE) -> None:
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=rtol, atol=0)


def _x(table: Table, names: list[str]) -> np.ndarray:
    return np.column_stack([table[name] for name in names])


COX = {
    "full_unadj": ("full", ["treat"], {}),
    "full_adj": ("full", FULL, {}),
    "matched_unadj_cluster": ("matched", ["treat"], {"cluster": "subclass"}),
    "matched_adj_cluster": ("matched", FULL, {"cluster": "subclass"}),
    "matched_strata": ("matched", ["treat"], {"strata": "subclass"}),
    "iptw_ate_robust": ("full", ["treat"], {"weights": "ate_weight"}),
}
TIMES = [f"{time}_{ties}" for time in ("time28", "day28") for ties in ("efron", "breslow")]


def _cox(tables: dict[str, Table], key: str, model: str) -> CoxFit:
    time, ties = key.split("_")
    which, names, options = COX[model]
    table = tables[which]
    columns = {option: table[name] for option, name in options.items()}
    return cox(
        table[time],
        table["event28"],
        _x(table, names),
        ties=ties,  # type: ignore[arg-type]
        names=names,
        **columns,
    )


@pytest.mark.parametrize("model", COX)
@pytest.mark.parametrize("key", TIMES)
def test_cox(golden: dict[str, Any], tables: dict[str, Table], key: str, model: str) -> None:
    expected, fit = golden["cox"][key][model], _cox(tables, key, model)
    close(fit.coef, list(expected["all_coef"].values()))
    close(fit.se, list(expected["all_se"].values()), FROM_SE)
    close([fit.loglik_null, fit.loglik], expected["loglik"])
    close([fit.coef[0], fit.hazard_ratio[0]], [expected["b"], expected["hr"]])
    ours = [fit.se[0], fit.lo[0], fit.hi[0], fit.p[0]]
    close(ours, [expected[k] for k in ("se", "lo", "hi", "p")], FROM_SE)
    if "naive_se" in expected:
        close(fit.naive_se[0], expected["naive_se"], FROM_SE)


@pytest.mark.parametrize("model", ["full_unadj", "full_adj"])
@pytest.mark.parametrize("key", TIMES)
def test_proportional_hazards(
    golden: dict[str, Any], tables: dict[str, Table], key: str, model: str
) -> None:
    expected = golden["cox"][key][model]
    test = proportional_hazards_test(_cox(tables, key, model))
    close(test.chi2[0], expected["zph_treat_chisq"])
    close(test.p[0], expected["zph_treat_p"])
    close(test.global_p, expected["zph_global_p"])


@pytest.mark.parametrize("which", ["full", "matched"])
@pytest.mark.parametrize("time", ["time28", "day28"])
def test_survival_curves(
    golden: dict[str, Any], tables: dict[str, Table], which: str, time: str
) -> None:
    expected, table = golden["km"][f"{which}_{time}"], tables[which]
    t, d, g = table[time], table["event28"], table["treat"]
    test = logrank(t, d, g)
    close([test.chi2, test.p], [expected["logrank_chisq"], expected["logrank_p"]])
    close(test.observed, expected["obs"])
    close(test.expected, expected["exp"])
    close(test.covariance[0, 0], expected["var"])
    log = kaplan_meier(t, d, group=g)
    loglog = kaplan_meier(t, d, group=g, conf_type="log-log")
    for row in expected["km"]:
        label = float(row["group"][-1])
        a, b = log[label].at(row["time"]), loglog[label].at(row["time"])
        close([a.survival[0], a.n_risk[0]], [row["surv"], row["n_risk"]])
        close(a.se[0], row["se"], FROM_SE)
        close([a.lower[0], a.upper[0]], [row["log_lo"], row["log_hi"]])
        close([b.lower[0], b.upper[0]], [row["loglog_lo"], row["loglog_hi"]])
    for label, curve in zip((0, 1), log.curves, strict=True):
        mean = curve.restricted_mean(28)
        close(mean.mean, expected["rmst28"][f"treat={label}"])
        close(mean.se, expected["rmst28_se"][f"treat={label}"], FROM_SE)


@pytest.mark.parametrize("time", ["ftime", "fday"])
@pytest.mark.parametrize("by", ["by_treat", "overall"])
def test_cumulative_incidence(
    golden: dict[str, Any], tables: dict[str, Table], time: str, by: str
) -> None:
    expected, table = golden["cr"][time], tables["cr"]
    group = table["treat"] if by == "by_treat" else None
    fit = cumulative_incidence(table[time], table["fstatus"], group=group)
    for name, read in (("est", "incidence"), ("var", "variance")):
        for row in expected[f"cuminc_{by}_{name}"]:
            label, cause = row["curve"].split()
            curve = fit.curve(int(cause), "all" if group is None else float(label))
            close(getattr(curve.at(AT), read), [row[str(t)] for t in AT])


@pytest.mark.parametrize("time", ["ftime", "fday"])
@pytest.mark.parametrize("cause", [1, 2])
def test_gray(golden: dict[str, Any], tables: dict[str, Table], time: str, cause: int) -> None:
    table, expected = tables["cr"], golden["cr"][time]
    age4 = np.digitize(table["age"], [50, 65, 75], right=True)
    treat = table["treat"]
    for key, options in {
        "gray_treat": {"group": treat},
        "gray_treat_rho1": {"group": treat, "rho": 1},
        "gray_age4": {"group": age4},
        "gray_treat_strat_age4": {"group": treat, "strata": age4},
    }.items():
        row = expected[key][cause - 1]
        test = gray_test(table[time], table["fstatus"], cause=cause, **options)  # type: ignore[arg-type]
        close([test.chi2, test.p], [row["stat"], row.get("pv_exact", row["pv"])])
        assert test.df == row["df"]


@pytest.mark.parametrize("time", ["ftime", "fday"])
@pytest.mark.parametrize(
    ("key", "names", "cause"),
    [
        ("crr_cause1_treat", ["treat"], 1),
        ("crr_cause1_full", FULL, 1),
        ("crr_cause2_full", FULL, 2),
    ],
)
def test_fine_gray(
    golden: dict[str, Any],
    tables: dict[str, Table],
    time: str,
    key: str,
    names: list[str],
    cause: int,
) -> None:
    expected, table = golden["cr"][time][key], tables["cr"]
    fit = fine_gray(table[time], table["fstatus"], _x(table, names), cause, names=names)
    close(fit.coef, list(expected["coef"].values()))
    close(fit.se, list(expected["se"].values()), FROM_SE)
    close(fit.naive_se, list(expected["naive_se"].values()), FROM_SE)
    close([fit.loglik, fit.loglik_null], [expected["loglik"], expected["loglik_null"]])


def _weighted(table: Table, time: str, ties: str) -> CoxFit:
    e = fine_gray_expansion(table[time], table["fstatus"])
    x = _x(table, FULL)[e.row]
    return cox(
        e.stop,
        e.event,
        x,
        entry=e.start,
        weights=e.weight,
        cluster=e.row,
        ties=ties,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("time", ["ftime", "fday"])
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_fine_gray_by_weighted_cox(
    golden: dict[str, Any], tables: dict[str, Table], time: str, ties: str
) -> None:
    expected, fit = golden["cr"][time][f"finegray_{ties}"], _weighted(tables["cr"], time, ties)
    close(fit.coef, list(expected["coef"].values()), UNFINISHED)
    close(fit.se, list(expected["robust_se"].values()), FROM_SE)
    if "naive_se" in expected:
        close(fit.naive_se, list(expected["naive_se"].values()), FROM_SE)


def test_golden_weighted_fit_is_one_newton_step_short(
    golden: dict[str, Any], tables: dict[str, Table]
) -> None:
    """At the stored coefficients the score is not 0, and its Newton step leads to ours."""
    fit = _weighted(tables["cr"], "ftime", "breslow")
    stored = np.array(list(golden["cr"]["ftime"]["finegray_breslow"]["coef"].values()))
    from dataclasses import replace

    rows = score_residuals(replace(fit, coef=stored)) * _row_weights(tables["cr"])[:, None]
    score = rows.sum(axis=0)
    covariance = _naive_covariance(fit)
    assert np.max(np.abs(score)) > 1e-8
    close(stored + covariance @ score, fit.coef, 1e-12)


def _row_weights(table: Table) -> np.ndarray:
    return fine_gray_expansion(table["ftime"], table["fstatus"]).weight


def _naive_covariance(fit: CoxFit) -> np.ndarray:
    from ehrivig.stats.survival.cox_likelihood import information, moments

    data = fit.design
    scaled = np.linalg.inv(information(data, moments(data, fit.coef * data.scale)))
    return np.asarray(scaled / np.outer(data.scale, data.scale))


@pytest.mark.parametrize("time", ["ftime", "fday"])
@pytest.mark.parametrize("cause", [1, 2])
def test_cause_specific_cox(
    golden: dict[str, Any], tables: dict[str, Table], time: str, cause: int
) -> None:
    table, expected = tables["cr"], golden["cr"][time]["causespecific_cox"][cause - 1]
    fit = cause_specific_cox(table[time], table["fstatus"], _x(table, FULL), cause=cause)
    close(fit.coef, list(expected["coef"].values()))
    close(fit.se, list(expected["se"].values()), FROM_SE)
