"""Small-study effects by hand: regressions, mirrored funnels, and ranks on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.bias import _missing_count, egger_test, peters_test, trim_and_fill
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.measures import measure_named
from ehrivig.meta.pooled import Plan
from ehrivig.meta.study_data import Counts

Y = (0.05, 0.1, 0.12, 0.3, 0.5, 0.8, 1.1)
V = (0.01, 0.012, 0.02, 0.05, 0.09, 0.2, 0.3)
"""Small studies have the larger effects: those on the left are missing."""


def effects(y: tuple[float, ...] = Y, v: tuple[float, ...] = V, nothing: int = 0) -> EffectSizes:
    """Effects of studies; of `nothing` more nothing is known."""
    known = np.array([True] * len(y) + [False] * nothing)
    gone = (float("nan"),) * nothing
    return EffectSizes(
        measure_named("OR"), np.array((*y, *gone)), np.array((*v, *gone)), known, ~known
    )


@pytest.mark.parametrize("estimator", ["L0", "R0"])
@pytest.mark.parametrize("model", ["common", "random"])
def test_a_funnel_in_the_mirror_is_filled_on_the_other_side(estimator: str, model: str) -> None:
    plan = Plan("OR", model=model)  # type: ignore[arg-type]
    left = trim_and_fill(effects(), plan, estimator=estimator)  # type: ignore[arg-type]
    other = effects(tuple(-one for one in Y))
    right = trim_and_fill(other, plan, estimator=estimator)  # type: ignore[arg-type]
    assert (left.side, right.side) == ("left", "right")
    assert left.k0 == right.k0 > 0
    assert left.k0_se == pytest.approx(right.k0_se)
    assert sorted(left.filled_y) == pytest.approx(sorted(-right.filled_y))
    assert left.pooled.theta == pytest.approx(-right.pooled.theta)
    assert left.pooled.k == len(Y) + left.k0
    assert (left.filled_y < 0.8).all()
    if estimator == "R0":
        assert left.p_k0 == 0.5 ** (left.k0 + 1)
    else:
        assert np.isnan(left.p_k0)


def test_the_side_that_is_asked_for_is_taken() -> None:
    found = trim_and_fill(effects(), Plan("OR"), side="right")
    assert (found.side, found.k0) == ("right", 0)
    assert trim_and_fill(effects(), Plan("OR"), side="left").k0 > 0


def test_studies_of_equal_precision_leave_the_left_empty() -> None:
    falling = effects((0.9, 0.1, 0.2, 0.0), (0.1,) * 4)
    assert trim_and_fill(falling, Plan("OR")).side == "left"


@pytest.mark.parametrize(
    ("centered", "raw", "error"),
    [
        # ranks -1, 2, 3: the positive are 5; (4 * 5 - 3 * 4) / 5, and sqrt(3.46) * 4 / 5
        ([-1.0, 2.0, 3.0], 1.6, 4 * np.sqrt(3.46) / 5),
        ([1.0, -2.0, -3.0], (4 * 1 - 12) / 5, None),
        ([1.0, 2.0], (4 * 3 - 6) / 3, None),
    ],
)
def test_missing_studies_of_all_ranks(
    centered: list[float], raw: float, error: float | None
) -> None:
    found = _missing_count(np.array(centered), "L0")
    assert found[0] == pytest.approx(raw)
    if error is not None:
        assert found[1] == pytest.approx(error)


@pytest.mark.parametrize(
    ("centered", "raw", "error"),
    [
        ([-1.0, 2.0, 3.0], 1.0, 2.0),  # three, less the lowest rank on the left, less one
        ([1.0, 2.0, 3.0], 2.0, np.sqrt(6)),
        ([1.0, -2.0, 3.0, 4.0, 5.0], 2.0, np.sqrt(6)),
        ([1.0, 2.0, -3.0], -1.0, np.sqrt(2)),
    ],
)
def test_missing_studies_of_the_rightmost_run(
    centered: list[float], raw: float, error: float
) -> None:
    assert _missing_count(np.array(centered), "R0") == pytest.approx((raw, error))


def test_eggers_line_is_that_of_the_standardised_effects() -> None:
    """Its intercept is the bias per standard error, its slope the effect of a large study."""
    found = egger_test(effects(nothing=1))
    se = np.sqrt(V)
    line = linregress(1 / se, np.array(Y) / se)
    assert found.coefficient == pytest.approx(line.intercept)
    assert found.se == pytest.approx(line.intercept_stderr)
    assert found.limit == pytest.approx(line.slope)
    assert found.statistic == pytest.approx(line.intercept / line.intercept_stderr)
    assert (found.df, found.k, found.name) == (5, 7, "Egger")


COUNTS = {
    "events_treated": [5, 8, 20, 60],
    "n_treated": [20, 40, 90, 300],
    "events_control": [2, 6, 22, 66],
    "n_control": [22, 38, 95, 290],
}


def test_peters_line_is_on_one_over_size_weighted_by_events() -> None:
    arms = {name: np.array(values, dtype=float) for name, values in COUNTS.items()}
    found = peters_test(Counts(**arms), "OR")
    a, c = arms["events_treated"], arms["events_control"]
    b, d = arms["n_treated"] - a, arms["n_control"] - c
    y, n = np.log(a * d / (b * c)), arms["n_treated"] + arms["n_control"]
    root = np.sqrt(1 / (1 / (a + c) + 1 / (b + d)))
    x = np.column_stack([np.ones(4), 1 / n])
    beta, rest, *_ = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)
    spread = np.linalg.inv((x * root[:, None] ** 2).T @ x) * rest[0] / 2
    assert found.coefficient == pytest.approx(beta[1])
    assert found.limit == pytest.approx(beta[0])
    assert found.se == pytest.approx(np.sqrt(spread[1, 1]))
    assert (found.df, found.k) == (2, 4)
    with pytest.raises(UsageError, match="measure"):
        peters_test(Counts(**arms), "RD")


@pytest.mark.parametrize(
    ("y", "v", "said"),
    [
        ((0.1, 0.2), (0.1, 0.2), "three studies"),
        ((0.1, 0.2, 0.3), (0.1, 0.1, 0.1), "equally large"),
    ],
)
def test_studies_that_tell_nothing_of_asymmetry(
    y: tuple[float, ...], v: tuple[float, ...], said: str
) -> None:
    with pytest.raises(AnalysisError, match=said):
        egger_test(effects(y, v, nothing=2))
    if said == "three studies":
        with pytest.raises(AnalysisError, match=said):
            trim_and_fill(effects(y, v, nothing=2), Plan("OR"))
