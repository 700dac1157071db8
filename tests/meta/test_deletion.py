"""Each study taken out in turn, worked anew from the definitions; and pools of hospitals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from ehrivig.errors import UsageError
from ehrivig.meta import HospitalEffect, pool_hospitals
from ehrivig.meta.aggregates import pool_estimates
from ehrivig.meta.deletion import influence
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.heterogeneity import dispersion, intercept, typical_variance
from ehrivig.meta.measures import measure_named
from ehrivig.meta.pooled import Plan
from ehrivig.meta.risk_of_bias import RiskOfBias, risk_of_bias

MANY = range(60)


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three to eight studies, some of them far from the others or much larger."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(3, 9))
    return rng.normal(0, 0.6, k), rng.uniform(0.01, 0.3, k)


@pytest.mark.parametrize("seed", MANY)
def test_what_a_study_does_to_the_pool_of_the_common_effect(seed: int) -> None:
    """Viechtbauer and Cheung 2010, by pools without each study; an unknown study has none."""
    y, v = drawn(seed)
    k = len(y)
    known = np.array([*[True] * k, False])
    effects = EffectSizes(
        measure_named("OR"), np.append(y, np.nan), np.append(v, np.nan), known, ~known
    )
    found = influence(effects, Plan("OR"))
    w = 1 / v
    theta = np.sum(w * y) / np.sum(w)
    hat = w / np.sum(w)
    rest = np.array([np.sum(np.delete(w * y, i)) / np.sum(np.delete(w, i)) for i in range(k)])
    error = np.array([1 / np.sum(np.delete(w, i)) for i in range(k)])
    shift = theta - rest
    dffits, dfbetas = shift / np.sqrt(hat * v), shift / np.sqrt(1 / np.sum(w))
    cook = shift**2 * np.sum(w)
    assert found.rstudent[:k] == pytest.approx((y - rest) / np.sqrt(v + error))
    assert found.dffits[:k] == pytest.approx(dffits)
    assert found.dfbetas[:k] == pytest.approx(dfbetas)
    assert found.cook_d[:k] == pytest.approx(cook)
    assert found.cov_r[:k] == pytest.approx(error * np.sum(w))
    assert found.hat[:k] == pytest.approx(hat)
    q = [np.sum(np.delete(w * (y - rest[i]) ** 2, i)) for i in range(k)]
    assert found.q_without[:k] == pytest.approx(q)
    marked = (
        (abs(dffits) > 3 * math.sqrt(1 / (k - 1)))
        | (chi2.cdf(cook, 1) > 0.5)
        | (hat > 3 / k)
        | (abs(dfbetas) > 1)
    )
    assert found.influential.tolist() == [*marked.tolist(), False]
    assert math.isnan(found.rstudent[k])


@pytest.mark.parametrize(
    ("q", "df", "i2", "h2"), [(10.0, 4, 0.6, 2.5), (3.0, 4, 0.0, 0.75), (0.0, 4, 0.0, 0.0)]
)
def test_the_forms_of_q(q: float, df: int, i2: float, h2: float) -> None:
    found = dispersion(q, df)
    assert (found.q, found.q_df, found.i2, found.h2) == (q, df, pytest.approx(i2), h2)
    assert found.q_p == pytest.approx(chi2.sf(q, df))


def test_one_study_has_no_spread() -> None:
    found = dispersion(3.0, 0)
    assert (found.q, found.q_df) == (0.0, 0)
    assert all(math.isnan(value) for value in (found.q_p, found.i2, found.h2))


def test_the_typical_variance_is_that_of_higgins_and_thompson() -> None:
    v = np.array([0.1, 0.2, 0.4, 0.05])
    w = 1 / v
    expected = 3 * w.sum() / (w.sum() ** 2 - (w**2).sum())
    assert typical_variance(v, intercept(4)) == pytest.approx(expected)
    assert typical_variance(np.full(5, 0.3), intercept(5)) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ({}, False),
        ({"lo": [0.0, 0.7, 0.8]}, True),  # no ratio is at or below zero, whatever its error
        ({"lo": [1.3, 0.7, 0.8]}, True),
        ({"hi": [1.0, 2.0, 2.0]}, True),
        ({"estimate": [1.2, 1.0, 1.1], "lo": [1.2, 0.7, 0.8]}, False),  # at a limit
        ({"lo": [1.2, 0.7, 0.8], "hi": [1.2, 2.0, 2.0]}, True),  # without a width
        ({"se": [0.0, 0.2, 0.2]}, True),
    ],
)
def test_limits_of_hospitals_that_are_none(columns: dict[str, Any], wrong: bool) -> None:
    given: dict[str, Any] = {"estimate": [1.2, 1.0, 1.1], "lo": [0.8, 0.7, 0.8]}
    given |= {"hi": [2.0, 2.0, 2.0], "se": [0.2, 0.2, 0.2]} | columns
    if wrong:
        with pytest.raises(UsageError, match="pool: "):
            pool_hospitals(["A", "B", "C"], **given, measure="OR")
    else:
        assert pool_hospitals(["A", "B", "C"], **given, measure="OR").common.k == 3


def test_a_difference_may_be_below_zero() -> None:
    found = pool_hospitals(["A", "B"], [-1.0, 0.0], [-2.0, -1.0], [0.5, 1.0], measure="MD")
    assert found.common.k == 2


def test_the_interval_that_is_asked_for_is_that_of_each_pool() -> None:
    effects = []
    for name, theta in (("A", 0.1), ("B", 0.9), ("C", -0.4)):
        lo, hi = math.exp(theta - 0.4), math.exp(theta + 0.4)
        effects.append(
            HospitalEffect(name, "primary", "any", "death_28d", "death", "logistic", "OR",
                           math.exp(theta), lo, hi, 0.2, 100, None, 110, 15)
        )  # fmt: skip
    ((wide,), (narrow,)) = (pool_estimates(effects, ci=ci) for ci in ("hksj", "normal"))  # type: ignore[arg-type]
    assert wide.pooled is not None
    assert narrow.pooled is not None
    assert wide.pooled.random.plan.ci == "hksj"
    assert narrow.pooled.random.plan.ci == "normal"
    assert wide.pooled.random.hi > narrow.pooled.random.hi


class Judged:
    """Judgements of two studies, as a table of trials has them."""

    source, labels, lines = "trials.csv", ("A", "B"), (2, 3)

    def __init__(self, **columns: tuple[str, str]) -> None:
        self.columns = columns

    def text_column(self, name: str) -> tuple[str, str]:
        return self.columns[name]


@pytest.mark.parametrize(
    ("first", "second", "overall", "high", "low"),
    [
        ("low", "low", "low", False, True),
        ("low", "some concerns", "some concerns", False, False),
        ("moderate", "low", "moderate", False, False),
        ("high", "some concerns", "high", True, False),
        ("high", "critical", "critical", True, False),
        ("critical", "serious", "critical", True, False),
        ("serious", "no information", "serious", True, False),
        ("High risk of bias", "NI", "high", True, False),
    ],
)
def test_the_worst_domain_is_the_judgement_of_a_study(
    first: str, second: str, overall: str, high: bool, low: bool
) -> None:
    trials = Judged(rob_one=(first, "low"), rob_two=(second, "low"))
    found = risk_of_bias(trials)  # type: ignore[arg-type]
    assert found is not None
    assert found.overall == (overall, "low")
    assert found.high.tolist() == [high, False]
    assert found.low.tolist() == [low, True]
    assert found.weight_at(np.array([0.3, 0.7])) == pytest.approx((0.7 + 0.3 * low, 0.3 * high))


def test_a_judgement_overall_goes_before_its_domains() -> None:
    trials = Judged(rob_one=("critical", "low"), rob_overall=("low", "high"))
    found = risk_of_bias(trials)  # type: ignore[arg-type]
    assert found == RiskOfBias({"one": ("critical", "low")}, ("low", "high"))
    assert risk_of_bias(Judged(year=("2000", "2001"))) is None  # type: ignore[arg-type]
