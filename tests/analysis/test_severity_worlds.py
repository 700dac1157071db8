"""M24: severity that moves drives start and death; what is adjusted for it holds (simulated)."""

from __future__ import annotations

import polars as pl
import pytest
import severity_worlds

from ehrivig.stats.timezero import clone_censor_weight

STORED = pl.read_csv(severity_worlds.STORED)
FIXED = STORED.filter(pl.col("severity") == "at time zero alone")


def of(world: str, asked: str, severity: str) -> dict[str, float]:
    row = STORED.filter(world=world, severity=severity).filter(
        pl.col("asked").str.starts_with(asked)
    )
    return row.row(0, named=True)


@pytest.mark.parametrize("world", list(severity_worlds.WORLDS))
@pytest.mark.parametrize("asked", list(severity_worlds.RATIOS))
def test_severity_that_moves_is_adjusted_for(world: str, asked: str) -> None:
    """No lean beyond chance, and intervals that hold the truth; by time zero alone neither."""
    moves, fixed = (of(world, asked, one) for one in ("moving", "at time zero alone"))
    assert moves["cohorts"] == fixed["cohorts"] == severity_worlds.COHORTS
    assert abs(moves["bias"]) < 3 * moves["its_error"]
    assert 0.89 <= moves["coverage"] <= 1  # 95%, and its Monte-Carlo error at 100 cohorts
    assert fixed["bias"] > 10 * fixed["its_error"]
    assert fixed["coverage"] < 0.7


@pytest.mark.parametrize("asked", list(severity_worlds.DIFFERENCES))
def test_weights_of_clones_know_severity(asked: str) -> None:
    moves, fixed = (of("null", asked, one) for one in ("moving", "at time zero alone"))
    assert abs(moves["bias"]) < 3 * moves["its_error"]
    assert 0.89 <= moves["coverage"] <= 1
    assert abs(moves["bias"]) < abs(fixed["bias"]) or "48 h" in asked


@pytest.mark.parametrize("world", list(severity_worlds.WORLDS))
def test_what_is_stored_is_what_runs(world: str) -> None:
    kept = pl.read_csv(severity_worlds.FIRST).filter(pl.col("world") == world)
    for made, row in zip(severity_worlds.cohort((world, 0)), kept.to_dicts(), strict=True):
        assert (made["asked"], made["severity"]) == (row["asked"], row["severity"])
        numbers = [made[name] for name in ("estimate", "lo", "hi")]
        assert numbers == pytest.approx([row[name] for name in ("estimate", "lo", "hi")], abs=1e-6)


def test_clones_see_a_true_effect() -> None:
    """The difference between the strategies that are weighted for, simulated for itself."""
    cohort = severity_worlds.world(20_000, [7, 6], 0.6)
    true = severity_worlds.truth(cohort, 2, 0.6, 5)
    found = clone_censor_weight(cohort, grace_hours=48.0, truncate=(0.0, 1.0), bootstraps=20)
    difference = found.risk_difference
    assert true < -0.03
    assert abs(difference.estimate - true) < 3 * difference.se
