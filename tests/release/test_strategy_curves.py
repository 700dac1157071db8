"""The released curves of two strategies tell of no fewer people than the smallest cell."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
import pytest

from ehrivig.analysis.curves import of_strategies
from ehrivig.release import steps
from ehrivig.release.strategy_curves import coarse, grain
from ehrivig.stats.timezero.clone_curves import StrategyCurves

SMALLEST = 5


def told(n: int, deaths: int) -> float:
    """How the risk of so many deaths among `n` people is told."""
    one = drawn(n, deaths).filter(pl.col("events") == deaths).with_columns(at_risk=pl.lit(n))
    return coarse(one.with_columns(events=pl.lit(n)), SMALLEST)["estimate"][0]


def drawn(n: int, deaths: int) -> pl.DataFrame:
    """Both curves of `n` people of whom one dies each day; within grace the risks are counts."""
    events = np.arange(deaths + 1, dtype=float)
    risk = np.stack([events / n, events / n])
    made = StrategyCurves(n, 24 * events, risk, risk, risk, np.stack([events, events]).astype(int))
    return of_strategies({"death": made})


@pytest.mark.parametrize("n", [40, 120, 850, pytest.param(4000, marks=pytest.mark.slow)])
def test_every_point_may_be_as_many_counts_as_the_smallest_cell(n: int) -> None:
    found = steps.curves(drawn(n, 28), SMALLEST)
    assert set(found["group"]) == {"exposed", "control"}
    shown = {k: told(n, k) for k in range(n + 1)}
    assert set(found["estimate"]) <= set(shown.values())
    assert min(Counter(shown.values()).values()) >= SMALLEST
    assert max(abs(k / n - risk) for k, risk in shown.items()) <= 2 * grain(n, SMALLEST)
    assert found["at_risk"].drop_nulls().to_list() == [n // SMALLEST * SMALLEST] * 2
    assert "events" not in found.columns


def test_a_curve_of_few_deaths_is_not_told() -> None:
    assert steps.curves(drawn(850, 4), SMALLEST).is_empty()
    assert not steps.curves(drawn(850, 5), SMALLEST).is_empty()
