"""The test between subgroups, against tables by hand; R's values are in tests/parity."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.regression.interaction import interaction


def cohort(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    age = rng.normal(size=n)
    arm = (rng.random(n) < 1 / (1 + np.exp(-age))).astype(int)
    event = rng.random(n) < 1 / (1 + np.exp(0.5 - 0.9 * age + 0.8 * arm))
    return event.astype(int), arm, np.where(age > 0, ">=65", "<65")


def odds_ratio(event: np.ndarray, arm: np.ndarray) -> float:
    odds = [event[arm == a].mean() / (1 - event[arm == a].mean()) for a in (1, 0)]
    return odds[0] / odds[1]


def test_two_levels_are_the_ratio_of_two_tables() -> None:
    y, arm, side = cohort(600, 7)
    got = interaction(y, arm, side, event_label="death")
    by_level = [odds_ratio(y[side == v], arm[side == v]) for v in got.levels]
    (ratio,) = got.ratios
    assert (got.levels, got.df) == (("<65", ">=65"), 1)
    assert ratio.estimate == pytest.approx(by_level[1] / by_level[0], rel=1e-8)
    cells = [((side == v) & (arm == a) & (y == e)).sum() for v in got.levels
             for a in (0, 1) for e in (0, 1)]  # fmt: skip
    assert ratio.se == pytest.approx(np.sqrt(sum(1 / c for c in cells)), rel=1e-6)
    assert ratio.p == got.p
    assert (ratio.event_label, ratio.n_exposed, ratio.events_control) == (
        "death",
        arm.sum(),
        y[arm == 0].sum(),
    )
    wald = (np.log(ratio.estimate) / ratio.se) ** 2
    assert got.chi2 == pytest.approx(wald, rel=0.1, abs=0.05)


def test_three_levels_have_two_ratios_and_one_test() -> None:
    y, arm, _ = cohort(900, 3)
    side = np.arange(900) % 3
    got = interaction(y, arm, side)
    by_level = [odds_ratio(y[side == v], arm[side == v]) for v in range(3)]
    assert got.df == 2
    expected = [by_level[k] / by_level[0] for k in (1, 2)]
    assert [r.estimate for r in got.ratios] == pytest.approx(expected, rel=1e-8)
    assert {r.p for r in got.ratios} == {got.p}


def test_what_has_no_interaction_is_named() -> None:
    y, arm, side = cohort(100, 8)
    with pytest.raises(AnalysisError, match=r"collinear.*: side\. "):
        interaction(y, arm, arm)
    with pytest.raises(AnalysisError, match="exposed x side"):
        interaction(y, arm, np.where((side == "<65") | (arm == 0), 0, 1))
    for alone in (0.0, 1.0):
        with pytest.raises(AnalysisError, match=r"constant or collinear.*: side\. "):
            interaction(y, arm, np.full(100, alone))
    with pytest.raises(AnalysisError, match="no rows"):
        interaction([], [], [])
    with pytest.raises(AnalysisError, match="missing"):
        interaction(y, arm, np.where(arm == 1, np.nan, 0.0))
    with pytest.raises(UsageError, match=r"one label per row \(100 rows"):
        interaction(y, arm, side[:50])
