"""Optimal matching on a line against linear assignment, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from ehrivig.errors import NumericalWarning, UsageError
from ehrivig.match import nearest, optimal
from ehrivig.stats.matching.matches import Matches
from ehrivig.stats.matching.optimal import Goal


def assigned(d: np.ndarray, t: np.ndarray, caliper: float, left_over: float) -> tuple[int, float]:
    """Pairs and total distance of the best assignment at a price for each treated left over."""
    gaps = np.abs(d[t][:, None] - d[~t])
    gaps = np.where(gaps <= caliper, gaps, 1e9)
    wide = np.hstack([gaps, np.full((len(gaps), len(gaps)), left_over)])
    i, j = linear_sum_assignment(wide)
    pairs = j < gaps.shape[1]
    return int(pairs.sum()), float(gaps[i[pairs], j[pairs]].sum())


units = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=2, max_size=40).filter(
    lambda u: 0 < sum(t for _, t in u) < len(u)
)


@given(units, st.integers(0, 15))
@settings(max_examples=250, deadline=None)
def test_penalised_is_the_best_assignment(unit: list[tuple[int, bool]], width: int) -> None:
    d, t = np.array([v / 32 for v, _ in unit]), np.array([a for _, a in unit])
    caliper = width / 32
    got = optimal(d, t, caliper)
    pairs, total = assigned(d, t, caliper, caliper)
    cost = got.total_distance + caliper * (t.sum() - len(got))
    assert cost == pytest.approx(total + caliper * (t.sum() - pairs), abs=1e-9)
    assert (got.distance <= caliper).all()
    assert len(set(got.control.tolist())) == len(set(got.treated.tolist())) == len(got)
    assert t[got.treated].all()
    assert not t[got.control].any()


@given(units, st.integers(0, 15))
@settings(max_examples=120, deadline=None)
def test_maximum_cardinality_first_then_distance(unit: list[tuple[int, bool]], width: int) -> None:
    d, t = np.array([v / 32 for v, _ in unit]), np.array([a for _, a in unit])
    caliper = width / 32
    got = optimal(d, t, caliper, goal="maximum")
    pairs, total = assigned(d, t, caliper, 1e5)
    assert len(got) == pairs
    assert got.total_distance == pytest.approx(total, abs=1e-9)
    assert (got.distance <= caliper).all()
    assert len(set(got.control.tolist())) == len(got)


@pytest.mark.parametrize("caliper", [0.001, 0.02, 0.3])
def test_a_cohort_of_850_is_exact_and_beats_greedy(caliper: float) -> None:
    rng = np.random.default_rng(5)
    d, t = rng.beta(2, 3, 850), rng.random(850) < 0.5
    pairs, total = assigned(d, t, caliper, caliper)
    got = optimal(d, t, caliper)
    cost = got.total_distance - caliper * len(got)
    assert cost == pytest.approx(total - caliper * pairs, rel=1e-10)
    greedy = nearest(d, t, caliper, order="closest")
    assert cost <= greedy.total_distance - caliper * len(greedy) + 1e-12
    most = optimal(d, t, caliper, goal="maximum")
    assert (len(most), most.total_distance) == pytest.approx(assigned(d, t, caliper, 1e5), rel=1e-9)
    assert len(most) >= max(len(got), len(nearest(d, t, caliper)))


@pytest.mark.parametrize("goal", ["penalised", "maximum"])
def test_exact_groups_are_matched_apart(goal: str) -> None:
    rng = np.random.default_rng(6)
    d, t, hospital = rng.random(300), rng.random(300) < 0.5, rng.integers(0, 3, 300)
    got = optimal(d, t, 0.03, exact=hospital, goal=goal)  # type: ignore[arg-type]
    assert (hospital[got.treated] == hospital[got.control]).all()
    total = 0.0
    for h in range(3):
        rows = hospital == h
        total += optimal(d[rows], t[rows], 0.03, goal=goal).total_distance  # type: ignore[arg-type]
    assert got.total_distance == pytest.approx(total, rel=1e-12)


def test_edges() -> None:
    assert len(optimal([0.1, 0.9], [1, 0], 0.1)) == 0
    assert len(optimal([0.5, 0.25], [1, 0], 0.25)) == 1
    assert len(optimal([0.5, 0.25], [1, 0], 0.25, goal="maximum")) == 1
    everyone = optimal(np.full(9, 0.4), [1, 0, 1, 0, 1, 0, 1, 0, 0], 0.0)
    assert (len(everyone), everyone.total_distance) == (4, 0.0)
    with pytest.raises(UsageError, match="caliper"):
        optimal([0.1, 0.9], [1, 0], np.inf)
    with pytest.raises(UsageError, match="goal"):
        optimal([0.1, 0.9], [1, 0], 0.1, goal="most")  # type: ignore[arg-type]


@pytest.mark.parametrize("arm", [[1, 1, 1], [0, 0, 0], []])
def test_an_empty_arm_is_an_empty_match_and_a_warning(arm: list[int]) -> None:
    with pytest.warns(NumericalWarning, match="there are no"):
        assert len(optimal(np.linspace(0, 1, len(arm)), arm, 0.1)) == 0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("goal", ["penalised", "maximum"])
def test_rounded_scores_are_matched_as_whole_numbers(goal: Goal, seed: int) -> None:
    """A gap equal to the caliper on paper counts, whatever the binary digits of the scores."""
    rng = np.random.default_rng(seed)
    percent = np.clip(rng.normal(50, 15, 200).round(), 1, 99).astype(int)
    arm = rng.random(200) < 0.4
    rounded = optimal(percent / 100, arm, 0.02, goal=goal)
    whole = optimal(percent.astype(float), arm, 2.0, goal=goal)

    def cost(pairs: Matches) -> tuple[int, int]:
        total = int(np.abs(percent[pairs.treated] - percent[pairs.control]).sum())
        left = int(arm.sum()) - len(pairs.treated)
        return (total, left) if goal == "maximum" else (total + 2 * left, 0)

    assert cost(rounded) == cost(whole)
    assert np.abs(percent[rounded.treated] - percent[rounded.control]).max() == 2
