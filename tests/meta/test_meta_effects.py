"""One effect per study, zero cells, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta import Counts, Estimates, Means, Plan, effect_sizes, peto_effects, pool
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.measures import measure_named


def counts(*rows: tuple[float, float, float, float]) -> Counts:
    a, n1, c, n2 = np.array(rows, dtype=float).T
    return Counts(events_treated=a, n_treated=n1, events_control=c, n_control=n2)


PLAIN = (10, 50, 20, 60)
ZERO = (0, 10, 3, 12)
NO_EVENT = (0, 10, 0, 12)
ONLY_EVENTS = (10, 10, 12, 12)


def test_odds_ratio_by_hand() -> None:
    effects = effect_sizes(counts(PLAIN, ZERO), "OR")
    assert np.exp(effects.y[0]) == pytest.approx(10 * 40 / (40 * 20))
    assert effects.v[0] == pytest.approx(1 / 10 + 1 / 40 + 1 / 20 + 1 / 40)
    assert np.exp(effects.y[1]) == pytest.approx(0.5 * 9.5 / (10.5 * 3.5))
    assert effects.corrected.tolist() == [False, True]


def test_risk_ratio_and_difference_by_hand() -> None:
    ratio = effect_sizes(counts(PLAIN), "RR")
    assert np.exp(ratio.y[0]) == pytest.approx(0.2 / (20 / 60))
    assert ratio.v[0] == pytest.approx(1 / 10 - 1 / 50 + 1 / 20 - 1 / 60)
    difference = effect_sizes(counts(PLAIN), "RD")
    assert difference.y[0] == pytest.approx(0.2 - 20 / 60)
    assert difference.v[0] == pytest.approx(0.2 * 0.8 / 50 + (1 / 3) * (2 / 3) / 60)


@pytest.mark.parametrize("measure", ["OR", "RR"])
def test_studies_without_information_leave_ratios(measure: str) -> None:
    effects = effect_sizes(counts(PLAIN, NO_EVENT, ONLY_EVENTS), measure)
    assert effects.estimable.tolist() == [True, False, False]
    assert np.isnan(effects.y[1:]).all()
    pooled = pool(counts(PLAIN, PLAIN, NO_EVENT), Plan(measure, "MH"))
    assert (pooled.k, pooled.k_excluded, pooled.weights[2]) == (2, 1, 0)


def test_studies_without_events_stay_for_differences() -> None:
    effects = effect_sizes(counts(PLAIN, NO_EVENT), "RD")
    assert effects.estimable.all()
    assert effects.y[1] == pytest.approx(0.5 / 11 - 0.5 / 13)


def test_mantel_haenszel_does_not_correct_zero_cells() -> None:
    a, b, c, d = np.array([10, 0]), np.array([40, 10]), np.array([20, 3]), np.array([40, 9])
    n = a + b + c + d
    pooled = pool(counts(PLAIN, ZERO), Plan("OR", "MH"))
    assert pooled.estimate == pytest.approx(np.sum(a * d / n) / np.sum(b * c / n))


def test_peto_by_hand() -> None:
    effects = peto_effects(counts(ZERO, NO_EVENT))
    expected, variance = 3 * 10 / 22, 3 * 19 * 10 * 12 / (22**2 * 21)
    assert effects.y[0] == pytest.approx((0 - expected) / variance)
    assert effects.v[0] == pytest.approx(1 / variance)
    assert effects.estimable.tolist() == [True, False]


def test_hedges_g_by_hand() -> None:
    data = Means(mean_treated=10, sd_treated=2, n_treated=12,
                 mean_control=8, sd_control=3, n_control=10)  # fmt: skip
    pooled_sd = np.sqrt((11 * 4 + 9 * 9) / 20)
    found = effect_sizes(data, "SMD")
    # the usual approximation 1 - 3 / (4 df - 1) is good to four decimals at 20 df
    assert found.y[0] == pytest.approx(2 / pooled_sd * (1 - 3 / 79), abs=2e-4)
    assert found.v[0] == pytest.approx(1 / 12 + 1 / 10 + found.y[0] ** 2 / 44)


def test_estimates_give_back_their_interval() -> None:
    data = Estimates(estimate=[0.5, 0.8], lo=[0.25, 0.4], hi=[1.0, 1.6])
    shown = effect_sizes(data, "OR").interval()
    np.testing.assert_allclose(shown, [data.estimate, data.lo, data.hi], rtol=1e-12)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((-1, 10, 2, 10), "events_treated is negative"),
        ((1.5, 10, 2, 10), "events_treated is not a whole number"),
        ((1, 10, 2, 9.5), "n_control is not a whole number"),
        ((11, 10, 2, 10), "events_treated is above n_treated"),
        ((1, 10, 12, 10), "events_control is above n_control"),
        ((0, 0, 2, 10), "n_treated is below 1"),
        ((np.nan, 10, 2, 10), "events_treated is not a number"),
        ((np.inf, 10, 2, 10), "events_treated is not a number"),
    ],
)
def test_impossible_counts_are_refused(row: tuple[float, ...], words: str) -> None:
    with pytest.raises(UsageError, match=f"study 2: {words}"):
        counts(PLAIN, row)  # type: ignore[arg-type]


def test_impossible_estimates_are_refused() -> None:
    with pytest.raises(UsageError, match="lo is above hi"):
        Estimates(estimate=[1], lo=[2], hi=[1])
    with pytest.raises(UsageError, match="outside"):
        Estimates(estimate=[3], lo=[1], hi=[2])
    with pytest.raises(UsageError, match="lo equals hi"):
        Estimates(estimate=[1], lo=[1], hi=[1])
    with pytest.raises(UsageError, match="not above 0"):
        effect_sizes(Estimates(estimate=[0.5], lo=[-0.1], hi=[2]), "OR")
    with pytest.raises(UsageError, match="differ in length"):
        Estimates(estimate=[1, 2], lo=[0.5], hi=[2, 3])


def test_impossible_means_are_refused() -> None:
    with pytest.raises(UsageError, match="sd_control is not above 0"):
        Means(mean_treated=1, sd_treated=1, n_treated=5, mean_control=1, sd_control=0, n_control=5)
    with pytest.raises(UsageError, match="n_treated is below 2"):
        Means(mean_treated=1, sd_treated=1, n_treated=1, mean_control=1, sd_control=1, n_control=5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"measure": "XX"}, "measure: 'XX' is none of"),
        ({"measure": "OR", "method": "FE"}, "method: 'FE' is none of"),
        ({"measure": "OR", "model": "mixed"}, "model: 'mixed' is none of"),
        ({"measure": "OR", "tau2": "ML"}, "tau2: 'ML' is none of"),
        ({"measure": "OR", "ci": "t"}, "ci: 't' is none of"),
        ({"measure": "OR", "ci": "hksj"}, "belongs to the random model"),
        ({"measure": "RR", "method": "Peto"}, "Peto gives odds ratios"),
        ({"measure": "OR", "level": 95}, "level: 95"),
    ],
)
def test_impossible_plans_are_refused(options: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Plan(**options)  # type: ignore[arg-type]


def test_measures_need_their_kind_of_data() -> None:
    with pytest.raises(UsageError, match="cannot be computed from counts"):
        pool(counts(PLAIN), Plan("MD"))
    with pytest.raises(UsageError, match="MH needs 2x2 counts"):
        pool(Estimates(estimate=[1], lo=[0.5], hi=[2]), Plan("OR", "MH"))


def test_nothing_to_pool_is_named() -> None:
    with pytest.raises(AnalysisError, match="none of 2 studies") as caught:
        pool(counts(NO_EVENT, NO_EVENT), Plan("OR", "MH"))
    assert caught.value.exit_code == 2
    one_sided = counts((0, 10, 3, 12), (0, 9, 2, 9))
    with pytest.raises(AnalysisError, match="one arm has no informative event"):
        pool(one_sided, Plan("OR", "MH"))
    with pytest.raises(AnalysisError, match="variance is not positive"):
        pool(counts(NO_EVENT, NO_EVENT), Plan("RD", "MH"))


@pytest.mark.parametrize("column", ["y", "v", "estimable", "corrected"])
def test_effects_by_hand_have_a_value_per_study_in_each_column(column: str) -> None:
    columns: dict[str, Any] = {
        "y": [0.1, 0.2, 0.3],
        "v": [0.01, 0.02, 0.03],
        "estimable": [True] * 3,
        "corrected": [False] * 3,
    }
    measure = measure_named("OR")
    assert EffectSizes(measure, **columns).y.size == 3
    columns[column] = columns[column][:2]
    with pytest.raises(UsageError, match="one value per study in each column"):
        EffectSizes(measure, **columns)
