"""The limits of a difference of medians against its test at every difference of two values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ehrivig.errors import AnalysisError
from ehrivig.stats.tables.median_difference import median_difference
from ehrivig.stats.tables.median_steps import Steps

pytestmark = pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")


def z(y: np.ndarray, arm: np.ndarray, at: float) -> float:
    """How many standard errors more of the exposed lie above the median, moved by `at`."""
    moved = y - at * arm
    beyond = moved - np.median(moved)
    side = np.where(np.abs(beyond) < 1e-9, 0, np.sign(beyond))
    own = (arm - arm.mean()) * side
    return float(own.sum() / np.sqrt(own @ own))


def heaps(seed: int, parts: int, fewer: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Days in tenths or thirds, a small arm and a large one."""
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.arange(fewer + 300) < fewer)
    return np.round(rng.lognormal(2, 0.8, len(arm)) * parts) / parts, arm


@pytest.mark.parametrize("parts", [1, 2, 3, 10, 24])
@pytest.mark.parametrize("seed", range(8))
def test_every_difference_of_two_values_that_is_not_rejected_is_in_the_interval(
    seed: int, parts: int
) -> None:
    y, arm = heaps(seed, parts)
    found = median_difference(y, arm)
    each = np.unique(np.round(y[arm][:, None] - y[~arm], 9))
    kept = np.flatnonzero([abs(z(y, arm, at)) < norm.ppf(0.975) for at in each])
    first, last = int(kept[0]), int(kept[-1])
    assert each[first - 1] - 1e-9 < found.lo < each[first] + 1e-9
    assert each[last] - 1e-9 < found.hi < each[last + 1] + 1e-9


@pytest.mark.parametrize("parts", [3, 10, 24])
@pytest.mark.parametrize("seed", range(8))
def test_arms_that_change_their_names_mirror_the_interval(seed: int, parts: int) -> None:
    y, arm = heaps(seed, parts)
    one, other = median_difference(y, arm), median_difference(y, ~arm)
    assert (one.lo, one.hi) == pytest.approx((-other.hi, -other.lo), abs=1e-9)


def test_a_value_of_one_arm_meets_a_heap_of_the_other_whichever_is_moved() -> None:
    given = [-2, 0.24486008553707794, 2.8142789651920683, 3.00935507919821, 4]
    days = [1, 1, 2.2, 2.7, 3, 3, 3.2, 4, 5, 5, 5, 6, 6, 7, 7, 8, 9, 9, 9.3, 10, 10, 12, 12, 12.2]
    days += [13, 13.5, 14, 14, 14.4, 15, 16, 17, 18, 18, 18.9, 19, 19, 22, 26, 28]
    y, arm = np.r_[given, days], np.arange(len(given) + len(days)) < len(given)
    one, other = median_difference(y, arm), median_difference(y, ~arm)
    assert (one.lo, one.hi) == pytest.approx((-other.hi, -other.lo), abs=1e-9)


@pytest.mark.parametrize(
    ("given", "others"),
    [
        ([0, 1, 1, 5, 6, 6], [2, 4, 4, 7, 8, 8]),
        ([-11, -10, 2, 4, 4, 11], [-6, 1, 3, 12, 12, 21]),
        ([-3, -2.32, -0.91, -0.85, -0.82, 1.5, 41.3], [0, 0, 0, 3.5, 9, 15.6]),
    ],
)
def test_none_at_all_is_a_difference_that_can_be(given: list[float], others: list[float]) -> None:
    y, arm = np.r_[given, others].astype(float), np.arange(len(given + others)) < len(given)
    found = median_difference(y, arm)
    assert found.p >= 2 * norm.sf(abs(z(y, arm, 0.0))) - 1e-9
    assert (found.p < 0.05) == (found.lo > 0 or found.hi < 0)


def test_p_and_interval_agree_where_clusters_move_the_test_up_and_down() -> None:
    rng = np.random.default_rng(123918132)
    n = int(rng.integers(1500, 4000))
    arm = rng.random(n) < rng.uniform(0.2, 0.8)
    most = int(rng.integers(6, 60))
    sets = np.minimum(rng.geometric(rng.uniform(0.02, 0.3), n), most)
    y = rng.lognormal(1, 1, n) * (1 + 0.7 * (sets % 3))
    y = y + np.where(sets % 4 == 0, arm * rng.uniform(0, 6), 0)
    found = median_difference(y, arm, cluster=sets)
    for end in (found.lo, found.hi):
        for near in (0.9995, 1.0, 1.0005):
            moved = median_difference(y - near * end * arm, arm, cluster=sets)
            assert (moved.p < 0.05) == (moved.lo > 0 or moved.hi < 0)


@pytest.mark.parametrize("turned", [False, True])
def test_an_interval_without_an_end_on_one_side_is_none(turned: bool) -> None:
    """Three exposed and two others: however large the difference, nothing is rejected above."""
    y = np.array([12.0, 12.0, 1.0, 0.0, 7.0])
    arm = np.array([True, True, True, False, False])
    with pytest.raises(AnalysisError, match="no difference could be rejected"):
        Steps(-y if turned else y, arm, np.arange(5)).limits(0.0, 1.96)
