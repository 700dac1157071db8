"""Axes with ticks at round numbers: inside the axis, few, and written as in a record."""

from __future__ import annotations

import math

import pytest

from ehrivig.figures.axes import effect_axis, logarithmic, name_logarithms
from ehrivig.figures.style import drawing


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.4, 6.0, ["0.5", "1", "2", "5"]),
        (0.0009, 900.0, ["0.001", "0.01", "0.1", "1", "10", "100"]),
    ],
)
def test_an_axis_of_logarithms_is_named_by_its_ratios(
    low: float, high: float, words: list[str]
) -> None:
    with drawing(4, 3) as (_, axes):
        axes.set_xlim(math.log(low), math.log(high))
        name_logarithms(axes)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == words
        assert axes.get_xlim() == (math.log(low), math.log(high))
        assert axes.get_xticks() == pytest.approx([math.log(float(word)) for word in words])


@pytest.mark.parametrize(
    ("ends", "inside"),
    [((3, 60), [5, 10, 20, 50]), ((3, 6000), [10, 100, 1000]), ((132, 148), [134, 140, 146])],
)
def test_a_logarithmic_axis_has_round_ticks_however_short(
    ends: tuple[float, float], inside: list[float]
) -> None:
    with drawing(3.6, 2.2, margins={"left": 0.15, "right": 0.98}, points=9) as (_, axes):
        axes.set_xlim(*ends)
        logarithmic(axes, fine=30)
        found = [float(tick) for tick in axes.get_xticks() if ends[0] <= tick <= ends[1]]
        assert set(inside) <= set(found)
        assert len(found) < 10
        assert axes.xaxis.get_major_formatter()(1000.0, None) == "1000"


@pytest.mark.parametrize("size", [1e-6, 0.03, 0.9, 40.0])
def test_differences_reach_as_far_to_both_sides(size: float) -> None:
    axis = effect_axis(False, [(size / 2, 0.0, size)])
    ticks = [value for value, _ in axis.ticks]
    assert ticks == pytest.approx([-tick for tick in reversed(ticks)])
    assert axis.reach == max(ticks) >= size
    assert not axis.beyond(size)
    assert 4 <= len(ticks) <= 7
    assert axis.ticks[0][1].startswith("−")
