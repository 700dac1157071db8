"""What the weights of clone-censor-weight leave, by hand: one interval of grace, one covariate."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.timezero import clone_censor_weight, follow_up
from ehrivig.stats.timezero.weighted_clones import _difference, weighted_clones

GROUPS = {0: (160, 40), 1: (80, 60)}
"""Covariate -> people, and how many of them start within grace."""


def cohort(groups: dict[int, tuple[int, int]], with_x: bool = True):  # type: ignore[no-untyped-def]
    x, start = [], []
    for value, (n, starters) in groups.items():
        x += [float(value)] * n
        start += [3.0] * starters + [np.nan] * (n - starters)
    n = len(x)
    event = np.arange(n) % 5 == 0
    matrix = np.array(x)[:, None] if with_x else None
    names = ["x"] if with_x else None
    return follow_up(np.full(n, 600.0), event, np.array(start), matrix, names=names)


def test_the_effective_size_by_hand() -> None:
    """Starters weigh 4 and 4/3 (their chances 1/4 and 3/4), the others 4/3 and 4."""
    found = weighted_clones(cohort(GROUPS), grace_hours=6.0, interval_hours=6.0)
    start = np.repeat([4, 4 / 3], [40, 60])
    wait = np.repeat([4 / 3, 4], [120, 20])
    shares = [w.sum() ** 2 / (w**2).sum() / w.size for w in (start, wait)]
    assert found.effective == pytest.approx(min(shares), rel=1e-6)
    assert found.difference == pytest.approx(0, abs=1e-6)  # a saturated model balances


def test_without_covariates_nobody_counts_more_than_another() -> None:
    found = weighted_clones(cohort(GROUPS, with_x=False), grace_hours=6.0, interval_hours=6.0)
    assert found.effective == pytest.approx(1)
    assert np.isnan(found.difference)


def test_weights_of_few_are_worth_few() -> None:
    rare = weighted_clones(cohort({0: (160, 4), 1: (80, 70)}), grace_hours=6.0, interval_hours=6.0)
    common = weighted_clones(cohort(GROUPS), grace_hours=6.0, interval_hours=6.0)
    assert rare.effective < common.effective < 1


def test_without_a_stand_in_the_cure_is_a_key_of_the_study_file() -> None:
    """Nobody starts within grace; the hours of an interval are in no study file."""
    late = follow_up([100.0] * 4, [1, 0, 1, 0], [60.0, 70.0, np.nan, np.nan])
    with pytest.raises(AnalysisError, match=r"no stand-in\. Write other grace_hours") as raised:
        clone_censor_weight(late, horizon_hours=90, bootstraps=2)
    assert "interval" not in str(raised.value)


def test_whose_strategy_nobody_saw_has_no_score() -> None:
    """Dead, or gone, within grace without a start: neither of those who start nor of the others."""
    x = np.array([0.0, 1.0] * 100)
    start = np.where(np.arange(200) % 4 < 2, 3.0, np.nan)
    time, leaves = np.full(200, 600.0), np.full(200, np.inf)
    time[2], leaves[3], time[6] = 5.0, 5.0, 6.0  # the third has died as grace ends
    made = follow_up(time, time < 600, start, x[:, None], names=["x"], leaves_hours=leaves)
    found = weighted_clones(made, grace_hours=6.0, interval_hours=6.0)
    assert found.score.shape == found.started.shape == (197,)
    assert found.started.sum() == 100


def test_what_is_the_same_of_all_that_are_followed_differs_by_nothing() -> None:
    """The mean of equal numbers is off by rounding: divided by itself it would be a difference."""
    same = np.full((30, 1), 0.1)
    uneven = np.linspace(0.3, 2.0, 30)
    assert _difference(same, uneven, np.full((77, 1), 0.1)) == 0
    x = np.array([[1.0], [2.0], [6.0]])  # a mean of 3 and a spread of root 14 / 3
    gap = _difference(x, np.array([1.0, 1.0, 2.0]), x)
    assert gap == pytest.approx(0.75 / np.sqrt(14 / 3))
