"""Every survival estimator against R's survival, cmprsk and boot data, from stored output.

The scripts that made the files stand beside them (`survival_*.R`); no R is needed here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.cox_residuals import (
    baseline_hazard,
    dfbeta,
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from oracles.fine_gray_expansion import fine_gray_expansion

from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.cox import CoxFit, cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.survival.proportional_hazards import proportional_hazards_test
from ehrivig.stats.timezero import ever_vs_never, follow_up, time_dependent_cox

# Sums of some hundred terms in another order: a few units in the 15th digit, more after the
# cancellation in a score test. R's coxph stops when the log-likelihood is steady to 1e-12, which
# leaves its coefficients right to about 1e-7 standard errors where the curve is flat.
EXACT = 1e-9
STANDARD_ERROR = 1e-7
COEFFICIENT_IN_SE = 1e-6

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("survival_*.json"))
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),
]


def _load(path: Path) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
    stored = json.loads(path.read_text())
    return {k: np.asarray(v) for k, v in stored["data"].items()}, stored["cases"]


def _cases(kind: str, has: Callable[[dict[str, Any]], bool] = lambda case: True) -> list[Any]:
    """The stored cases of a kind, of those for which R `has` what is compared."""
    return [
        pytest.param(path, i, id=f"{path.stem[9:]}-{i}")
        for path in FILES
        for i, case in enumerate(_load(path)[1])
        if case["kind"] == kind and has(case)
    ]


def _has_residuals(case: dict[str, Any]) -> bool:
    """R has no residuals, and so no test of proportional hazards, of an exact fit."""
    return bool(case["ties"] != "exact")


def _has_curves(case: dict[str, Any]) -> bool:
    """R has no baseline hazard of an exact fit; a curve per matched pair says nothing more."""
    if not _has_residuals(case):
        return False
    strata = case["expected"]["baseline"]["strata"]
    return strata is None or len(set(strata)) <= 50


def _column(data: dict[str, np.ndarray], name: str | None) -> np.ndarray | None:
    return None if name is None else data[name]


def _matrix(data: dict[str, np.ndarray], names: list[str]) -> np.ndarray:
    return np.column_stack([data[name] for name in names])


def _numbers(values: Any) -> np.ndarray:
    def number(v: Any) -> float:
        return float("nan") if v in (None, "NA", "NaN") else float(v)

    nested = np.asarray(values, dtype=object)
    return np.vectorize(number, otypes=[float])(nested)


def close(ours: Any, theirs: Any, rtol: float = EXACT, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(ours, float), _numbers(theirs), rtol=rtol, atol=atol)


def test_at_least_twelve_data_sets_are_stored() -> None:
    assert len(FILES) >= 12


def _fit(data: dict[str, np.ndarray], case: dict[str, Any]) -> CoxFit:
    return cox(
        data[case["time"]],
        data[case["event"]],
        _matrix(data, case["x"]),
        entry=_column(data, case["entry"]),
        strata=_column(data, case["strata"]),
        cluster=_column(data, case["cluster"]),
        weights=_column(data, case["weights"]),
        ties=case["ties"],
    )


@pytest.mark.parametrize(("path", "i"), _cases("cox"))
def test_cox(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    fit = _fit(data, case)
    se = np.atleast_1d(_numbers(expected["se"]))
    close(fit.coef / se, np.atleast_1d(_numbers(expected["coef"])) / se, atol=COEFFICIENT_IN_SE)
    close(fit.se, se, STANDARD_ERROR)
    close(fit.loglik, expected["loglik"])
    close(fit.loglik_null, expected["loglik_null"])
    close(fit.score_test, expected["score"])
    if "naive_se" in expected:
        close(fit.naive_se, np.atleast_1d(expected["naive_se"]), STANDARD_ERROR)


@pytest.mark.parametrize(("path", "i"), _cases("cox", _has_residuals))
def test_cox_residuals(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    fit = _fit(data, case)
    rows = slice(0, 12)
    close(score_residuals(fit)[rows], expected["score_rows"], 1e-6, 1e-6)
    close(martingale_residuals(fit)[rows], expected["martingale_rows"], 1e-6, 1e-8)
    dfbeta_rows = _numbers(expected["dfbeta_rows"]) / fit.naive_se
    close(dfbeta(fit)[rows] / fit.naive_se, dfbeta_rows, 1e-6, 1e-7)
    ours, theirs = schoenfeld_residuals(fit).residual, _numbers(expected["schoenfeld"])
    assert ours.shape == theirs.shape
    # tied events stand in another order in R
    close(np.sort(ours, axis=0), np.sort(theirs, axis=0), 1e-6, 1e-6)


@pytest.mark.parametrize(("path", "i"), _cases("cox", _has_curves))
def test_baseline_hazard(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    base = baseline_hazard(_fit(data, case))
    theirs = expected["baseline"]
    time, hazard = _numbers(theirs["time"]), _numbers(theirs["hazard"])
    code = np.zeros(time.size)
    if theirs["strata"] is not None:
        code = np.unique(_numbers(theirs["strata"]), return_inverse=True)[1]
    for s in np.unique(base.stratum):
        mine = base.stratum == s
        row = np.searchsorted(base.time[mine], time[code == s] + 1e-9, side="right")
        ours = np.append(0.0, base.cumulative_hazard[mine])[row]
        close(ours, hazard[code == s], 1e-6, 1e-9)


@pytest.mark.parametrize("transform", ["km", "identity", "log", "rank"])
@pytest.mark.parametrize(("path", "i"), _cases("cox", _has_residuals))
def test_proportional_hazards(path: Path, i: int, transform: str) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    theirs = expected[f"zph_{transform}"]
    chisq, p = np.atleast_1d(_numbers(theirs["chisq"])), np.atleast_1d(_numbers(theirs["p"]))
    test = proportional_hazards_test(_fit(data, case), transform)  # type: ignore[arg-type]
    several = len(case["x"]) > 1
    close(test.chi2, chisq[: len(case["x"])], 1e-6, 1e-9)
    close(test.p, p[: len(case["x"])], 1e-6, 1e-9)
    if several:
        close(test.global_chi2, chisq[-1], 1e-6, 1e-9)
        close(test.global_p, p[-1], 1e-6, 1e-9)


@pytest.mark.parametrize(("path", "i"), _cases("km"))
def test_kaplan_meier(path: Path, i: int) -> None:
    data, cases = _load(path)
    case = cases[i]
    for conf_type in ("log", "log-log", "plain"):
        fit = kaplan_meier(
            data[case["time"]],
            data[case["event"]],
            entry=_column(data, case["entry"]),
            weights=_column(data, case["weights"]),
            group=_column(data, case["group"]),
            conf_type=conf_type,  # type: ignore[arg-type]
        )
        for curve, expected in zip(fit.curves, case["expected"], strict=True):
            at = curve.at(case["times"])
            close(at.survival, expected["surv"])
            close(at.se, expected["se"], EXACT, 1e-11)
            close(at.lower, expected["limits"][conf_type]["lower"])
            close(at.upper, expected["limits"][conf_type]["upper"])
            close(curve.time, expected["time"])
            close(curve.n_risk, expected["n_risk"])
            close(curve.n_event, expected["n_event"])
            close(curve.n_censor, expected["n_censor"])
            close(curve.survival, expected["full_surv"])
    for curve, expected in zip(
        kaplan_meier(
            data[case["time"]],
            data[case["event"]],
            entry=_column(data, case["entry"]),
            weights=_column(data, case["weights"]),
            group=_column(data, case["group"]),
        ).curves,
        case["expected"],
        strict=True,
    ):
        quantiles = [curve.quantile(p) for p in (0.1, 0.25, 0.5, 0.75)]
        close([q.time for q in quantiles], expected["quantile"]["quantile"])
        close([q.lower for q in quantiles], expected["quantile"]["lower"])
        close([q.upper for q in quantiles], expected["quantile"]["upper"])
        mean = curve.restricted_mean(case["horizon"])
        close([mean.mean, mean.se], expected["rmean"])


@pytest.mark.parametrize(("path", "i"), _cases("logrank"))
def test_logrank(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    test = logrank(
        data[case["time"]],
        data[case["event"]],
        data[case["group"]],
        strata=_column(data, case["strata"]),
        rho=case["rho"],
    )
    close(test.chi2, expected["chisq"])
    close(test.p, expected["p"])
    assert test.df == expected["df"]
    close(test.observed, expected["obs"])
    close(test.expected, expected["exp"])
    close(test.covariance, expected["var"])


@pytest.mark.parametrize(("path", "i"), _cases("cuminc"))
def test_cumulative_incidence_with_gray(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    time, status = data[case["time"]], data[case["status"]]
    group = _column(data, case["group"])
    fit = cumulative_incidence(time, status, group=group)
    for name, est, var in zip(expected["curve"], expected["est"], expected["var"], strict=True):
        label, cause = name.split(" ")
        curve = fit.curve(int(cause), "all" if group is None else float(label))
        at = curve.at(case["times"])
        close(at.incidence, est)
        close(at.variance, var, EXACT, 1e-15)
    for k, cause in enumerate(expected.get("tests", {}).get("cause", [])):
        assert group is not None
        strata = _column(data, case["strata"])
        test = gray_test(time, status, group, cause=cause, strata=strata, rho=case["rho"])
        close(test.chi2, expected["tests"]["stat"][k])
        close(test.p, expected["tests"]["p"][k])
        assert test.df == expected["tests"]["df"][k]


@pytest.mark.parametrize(("path", "i"), _cases("crr"))
def test_fine_gray_as_crr(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    x = _matrix(data, case["x"])
    fit = fine_gray(data[case["time"]], data[case["status"]], x, case["cause"])
    se = _numbers(expected["se"])
    close(fit.coef / se, _numbers(expected["coef"]) / se, EXACT, COEFFICIENT_IN_SE)
    close(fit.se, se, 1e-6)
    close(fit.naive_se, expected["naive_se"], 1e-6)
    close(fit.loglik, expected["loglik"])
    close(fit.loglik_null, expected["loglik_null"])
    predicted = _numbers(expected["predicted"])
    time, incidence = fit.predict(x[:2])
    close(time, predicted[:, 0])
    close(incidence, predicted[:, 1:], 1e-6)


@pytest.mark.parametrize(("path", "i"), _cases("finegray"))
def test_fine_gray_as_weighted_cox(path: Path, i: int) -> None:
    data, cases = _load(path)
    case, expected = cases[i], cases[i]["expected"]
    time, status, x = data[case["time"]], data[case["status"]], _matrix(data, case["x"])
    se, coef = _numbers(expected["se"]), _numbers(expected["coef"])
    if case["entry"] is None:
        e = fine_gray_expansion(time, status, case["cause"])
        fit = cox(
            e.stop,
            e.event,
            x[e.row],
            entry=e.start,
            weights=e.weight,
            cluster=e.row,
            ties=case["ties"],
        )
        close(fit.coef / se, coef / se, EXACT, COEFFICIENT_IN_SE)
        close(fit.se, se, 1e-6)
        close(fit.naive_se, expected["naive_se"], 1e-6)
        return
    truncated = fine_gray(time, status, x, case["cause"], entry=data[case["entry"]])
    close(truncated.coef / se, coef / se, EXACT, COEFFICIENT_IN_SE)
    close(truncated.se, se, 1e-6)
    close(truncated.naive_se, expected["naive_se"], 1e-6)


def test_stanford_hearts_with_and_without_immortal_time() -> None:
    """The waiting time of the transplanted is immortal: HR 0.266 as if known, 1.136 in truth."""
    _, cases = _load(HERE / "survival_heart.json")
    case = next(case for case in cases if case["kind"] == "timezero")
    jasa = {k: np.asarray(v, float) for k, v in case["jasa"].items()}
    with pytest.warns(match="exactly 0"):
        naive = cox(jasa["time"], jasa["event"], jasa["transplant"])
    close(naive.coef[0], case["expected"]["naive_coef"])
    close(naive.se[0], case["expected"]["naive_se"], STANDARD_ERROR)
    assert round(float(naive.hazard_ratio[0]), 3) == 0.266
    patient = case["patient"]
    cohort = follow_up(patient["time"], patient["event"], _numbers(patient["start"]))
    right = time_dependent_cox(cohort)
    assert round(right.estimate, 3) == 1.136
    wrong = {e.measure: e.estimate for e in ever_vs_never(cohort, 1800.0)}
    assert round(wrong["HR"], 2) == 0.27
