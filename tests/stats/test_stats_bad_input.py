"""Every estimator on every kind of bad input: a named error, or a finite number, never a crash."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from ehrivig.errors import EhrivigError, NumericalWarning
from ehrivig.match import nearest, optimal
from ehrivig.match.score import propensity
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.standardise import aipw, g_computation
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.timezero import (
    clone_censor_weight,
    follow_up,
    landmark,
    sequential_trials,
    time_dependent_cox,
)
from ehrivig.stats.weighting import weight

Data = dict[str, np.ndarray]
N = 60


def good() -> Data:
    """Sixty patients with nothing wrong."""
    rng = np.random.default_rng(0)
    return {
        "x": rng.normal(size=(N, 2)),
        "arm": (rng.random(N) < 0.5).astype(float),
        "y": (rng.random(N) < 0.4).astype(float),
        "t": rng.exponential(5, N) + 0.1,
        "s": rng.integers(0, 3, N).astype(float),
        "pair": np.arange(N) // 2,
        "pair_arm": (np.arange(N) % 2).astype(float),
    }


def spoiled(column: str, value: float) -> Callable[[Data], Data]:
    """One row of a column (of the outcomes together) is something else."""

    def spoil(d: Data) -> Data:
        names = ("y", "s") if column == "y" else (column,)
        for name in names:
            d[name] = d[name].copy()
            d[name][3] = value
        return d

    return spoil


BAD: dict[str, Callable[[Data], Data]] = {
    "separation": lambda d: d | {"x": np.column_stack([2 * d["y"] - 1, d["x"][:, 1]])},
    "one arm empty": lambda d: d | {"arm": np.ones(N), "pair_arm": np.ones(N)},
    "all events in one arm": lambda d: d | {"y": d["y"] * d["arm"], "s": d["s"] * d["arm"]},
    "no event": lambda d: d | {"y": 0 * d["y"], "s": 0 * d["s"]},
    "events only": lambda d: d | {"y": 0 * d["y"] + 1, "s": 0 * d["s"] + 1},
    "constant": lambda d: d | {"x": np.column_stack([d["x"][:, 0], np.ones(N)])},
    "collinear": lambda d: d | {"x": np.column_stack([d["x"][:, 0], 2 * d["x"][:, 0]])},
    "ties everywhere": lambda d: d | {"t": np.ones(N)},
    "a time of 0": spoiled("t", 0.0),
    "a negative time": spoiled("t", -1.0),
    **{
        f"{value} in {column}": spoiled(column, value)
        for column in ("x", "t", "y", "arm")
        for value in (np.nan, np.inf)
    },
    **{
        f"n = {n}": lambda d, n=n: {k: v[:n] for k, v in d.items()}  # type: ignore[misc]
        for n in (0, 1, 2)
    },
}


def full(d: Data) -> np.ndarray:
    return np.column_stack([d["arm"], d["x"]])


def cohort(d: Data) -> Any:
    start = np.where(d["arm"] > 0, d["t"] * 2, np.nan)
    return follow_up(d["t"] * 24, d["y"], start, d["x"])


def told(effects: Sequence[Effect]) -> list[Effect]:
    """Those that have numbers; of the others each says why not."""
    without = [e for e in effects if np.isnan(e.estimate)]
    assert all(e.notes[0].startswith("no estimate: ") for e in without)
    return [e for e in effects if e not in without]


ESTIMATORS: dict[str, Callable[[Data], Any]] = {
    "logistic": lambda d: logistic(d["y"], full(d)).coef,
    "Firth": lambda d: logistic(d["y"], full(d), firth="auto").coef,
    "conditional": lambda d: (
        conditional_logistic(d["y"], np.column_stack([d["pair_arm"], d["x"]]), d["pair"]).coef
    ),
    "Kaplan-Meier": lambda d: np.concatenate(
        [c.survival for c in kaplan_meier(d["t"], d["y"], group=d["arm"]).curves]
    ),
    "log-rank": lambda d: logrank(d["t"], d["y"], d["arm"]).chi2,
    "Cox": lambda d: cox(d["t"], d["y"], full(d)).coef,
    "incidence": lambda d: np.concatenate(
        [c.incidence for c in cumulative_incidence(d["t"], d["s"], group=d["arm"]).curves]
    ),
    "Gray": lambda d: gray_test(d["t"], d["s"], d["arm"]).chi2,
    "Fine-Gray": lambda d: fine_gray(d["t"], d["s"], full(d)).coef,
    "g-computation": lambda d: g_computation(d["y"], d["arm"], d["x"]).risk_difference.estimate,
    "AIPW": lambda d: (
        (
            aipw(d["y"], d["arm"], d["x"], propensity=propensity(d["arm"], d["x"]))
        ).risk_difference.estimate
    ),
    "score": lambda d: propensity(d["arm"], d["x"]),
    "nearest": lambda d: len(nearest(d["x"][:, 0], d["arm"], 0.5).treated),
    "optimal": lambda d: len(optimal(d["x"][:, 0], d["arm"], 0.5).treated),
    "weights": lambda d: (
        weight.inverse_probability(d["arm"], 1 / (1 + np.exp(-d["x"][:, 0])), "ATE").largest
    ),
    "landmark": lambda d: [e.estimate for e in told(landmark(cohort(d), 24, 200))],
    "time-dependent Cox": lambda d: time_dependent_cox(cohort(d)).estimate,
    "sequential trials": lambda d: sequential_trials(cohort(d)).estimate,
    "clone-censor-weight": lambda d: (
        (
            clone_censor_weight(cohort(d), grace_hours=24, horizon_hours=200, bootstraps=5)
        ).risk_difference.estimate
    ),
}
REFUSED = {
    "separation": ("logistic",),
    "one arm empty": ("logistic", "conditional", "log-rank", "Cox", "Gray", "Fine-Gray", "AIPW"),
    "all events in one arm": ("logistic", "Cox", "AIPW"),
    "no event": ("logistic", "Firth", "log-rank", "Cox", "incidence", "Gray", "Fine-Gray"),
    "constant": ("logistic", "conditional", "Cox", "Fine-Gray"),  # a score leaves it out
    "collinear": ("logistic", "conditional", "Cox", "Fine-Gray", "score"),
    "a negative time": ("Kaplan-Meier", "log-rank", "Cox", "incidence", "Gray", "Fine-Gray"),
    "nan in x": ("logistic", "conditional", "Cox", "Fine-Gray", "score", "nearest", "weights"),
    "inf in x": ("logistic", "conditional", "Cox", "Fine-Gray", "score", "nearest", "landmark"),
    "nan in t": ("Kaplan-Meier", "log-rank", "Cox", "incidence", "Gray", "Fine-Gray"),
    "inf in t": ("Kaplan-Meier", "log-rank", "Cox", "incidence", "Gray", "Fine-Gray"),
    "nan in y": ("logistic", "conditional", "Kaplan-Meier", "Cox", "Gray", "AIPW", "landmark"),
    "inf in y": ("logistic", "conditional", "Kaplan-Meier", "Cox", "Gray", "AIPW", "landmark"),
    "nan in arm": ("logistic", "log-rank", "Cox", "Gray", "AIPW", "score", "nearest", "weights"),
    "n = 0": ("logistic", "log-rank", "Cox", "incidence", "Gray", "Fine-Gray", "AIPW"),
    "n = 1": ("logistic", "log-rank", "Cox", "Gray", "Fine-Gray", "AIPW", "landmark"),
}


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("bad", BAD)
def test_a_named_error_or_a_finite_number(bad: str, estimator: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", NumericalWarning)
        try:
            found = np.asarray(ESTIMATORS[estimator](BAD[bad](good())), dtype=np.float64)
        except EhrivigError:
            return
    assert np.isfinite(found).all()
    assert estimator not in REFUSED.get(bad, ())


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_good_input_is_not_refused(estimator: str) -> None:
    assert np.isfinite(np.asarray(ESTIMATORS[estimator](good()), dtype=np.float64)).all()


@pytest.mark.parametrize("score", [5e-324, 1e-160])
def test_a_score_next_to_0_is_one_of_0(score: float) -> None:
    arm, event = np.resize([1, 0, 0], 40), np.resize([1, 0, 0, 1, 0], 40)
    x, near = np.linspace(0, 1, 40)[:, None], np.where(np.arange(40) == 3, score, 0.4)
    with pytest.raises(EhrivigError, match="have 0 or 1"):
        weight.inverse_probability(arm, near, "ATE")
    with pytest.raises(EhrivigError, match="scores of 0 or 1"):
        aipw(event, arm, x, propensity=near)
