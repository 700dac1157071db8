"""Axes with ticks at round numbers: inside the axis, few, and written as in a record."""

from __future__ import annotations

import math

import pytest

from ehrivig.figures.axes import Axis, effect_axis, logarithmic, name_logarithms
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


def ratio(lo: float, estimate: float, hi: float) -> Axis:
    return effect_axis(True, [(estimate, lo, hi)])


@pytest.mark.parametrize(
    ("hi", "end", "words"),
    [
        (1.2, 1.25, "0.8 0.9 1 1.1 1.25"),
        (1.25, 1.25, "0.8 0.9 1 1.1 1.25"),
        (1.26, 2, "0.5 0.7 1 1.5 2"),
        (2.1, 5, "0.2 0.5 1 2 5"),
        (5.1, 10, "0.1 0.2 0.5 1 2 5 10"),
        (10.1, 20, "0.05 0.2 1 5 20"),
        (20.1, 100, "0.01 0.1 1 10 100"),
        (1e6, 100, "0.01 0.1 1 10 100"),
    ],
)
def test_a_ratio_has_the_shortest_axis_that_holds_it(hi: float, end: float, words: str) -> None:
    axis = ratio(0.9, 1.0, hi)
    assert (axis.ratio, axis.null, axis.reach) == (True, 1.0, math.log(end))
    assert " ".join(word for _, word in axis.ticks) == words
    assert [value for value, _ in axis.ticks] == [float(word) for word in words.split()]
    # the lower limit decides as the upper one does
    assert ratio(1 / hi, 1.0, 1.1).reach == axis.reach


def test_estimates_far_from_one_lengthen_the_axis() -> None:
    assert ratio(0.5, 80.0, 1e9).reach == math.log(100)
    edge = math.exp(0.97 * math.log(100))
    assert ratio(0.5, edge * (1 - 1e-12), 1e9).reach == math.log(100)
    assert ratio(0.5, edge * 1.001, 1e9).reach == math.log(1000)
    far = ratio(0.5, 2000.0, 1e9)
    assert far.reach == pytest.approx(1.05 * math.log(2000))
    assert [word for _, word in far.ticks] == ["0.001", "0.1", "1", "10", "1000"]


def test_places_on_an_axis_of_ratios() -> None:
    axis = ratio(0.5, 1.0, 2.0)
    assert [axis.place(x) for x in (0.5, 1.0, math.sqrt(2), 2.0)] == pytest.approx(
        [0, 0.5, 0.75, 1]
    )
    assert [axis.place(x) for x in (0.1, 9.0, -1.0)] == [0, 1, 0]
    assert [axis.beyond(x) for x in (0.5, 2.0, 2.01, 0.49, 0.0)] == [False, False, True, True, True]


def test_places_on_an_axis_of_differences() -> None:
    axis = effect_axis(False, [(0.0, -1.0, 1.0)])
    assert (axis.ratio, axis.null, axis.reach) == (False, 0.0, pytest.approx(1.2))
    assert [axis.place(x) for x in (-1.2, 0.0, 0.6)] == pytest.approx([0, 0.5, 0.75])


@pytest.mark.parametrize(
    ("effects", "reach"),
    [
        ([(1.0, 0.5, 1.5)], 1.8),  # holds the interval
        ([(1.0, -50.0, 50.0)], 4.0),  # an interval far wider than the estimate is cut
        ([(1.0, 0.9, 1.05), (0.2, math.nan, 90.0)], 1.5),  # room beside the estimate
        ([(1.0, 0.5, math.inf)], 1.5),
        ([(0.0, -1.0, 1.0)], 1.2),  # no estimate to go by
        ([(-3.0, -4.0, -2.0), (1.0, 0.5, 1.5)], 4.0),
    ],
)
def test_how_far_an_axis_of_differences_reaches(
    effects: list[tuple[float, float, float]], reach: float
) -> None:
    assert effect_axis(False, effects).reach == pytest.approx(reach)


def test_an_axis_without_an_effect() -> None:
    assert effect_axis(True, []).reach == math.log(1.25)
    assert 0 < effect_axis(False, [(math.nan,) * 3]).reach < 1e-6


def test_ticks_of_logarithms_at_the_ends_are_kept() -> None:
    with drawing(4, 3) as (_, axes):
        axes.set_xlim(0.0, math.log(10))
        name_logarithms(axes)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "5", "10"]
