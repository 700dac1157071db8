"""Drawings of a line: where the marks lie, and what is beyond the scale."""

from __future__ import annotations

import re

import pytest

from ehrivig.figures import mini


def x_of(svg: str, name: str) -> list[float]:
    tags = re.findall(rf'<\w+ class="{name}"[^>]*>', svg)
    return [float(x) for tag in tags for x in re.findall(r'(?: |c)x[12]?="([-0-9.]+)"', tag)]


def test_an_interval_lies_around_the_line_of_no_effect() -> None:
    drawn = mini.interval(5, -5, 10, 10)
    (zero, _), (lo, hi) = x_of(drawn, "zero"), x_of(drawn, "limits")
    assert (lo, zero, hi) == (33, 60, 114)
    assert x_of(drawn, "mark") == [84]  # the left edge of a square 6 wide around 87
    assert "<path" not in drawn
    assert 'class="mini sound"' in drawn


def test_what_is_beyond_the_scale_ends_in_an_arrow() -> None:
    drawn = mini.interval(-12, -20, 4, 10, doubtful=True)
    assert x_of(drawn, "limits") == [6, pytest.approx(81.6)]
    assert drawn.count("<path") == 1
    assert "<rect" not in drawn  # the estimate itself is beyond
    assert 'class="mini doubtful"' in drawn


def test_an_estimate_without_limits_is_a_mark() -> None:
    drawn = mini.interval(0, None, None, 10)
    assert "limits" not in drawn
    assert x_of(drawn, "mark") == [57]


def test_before_and_after_with_the_limit_between() -> None:
    drawn = mini.before_after(0.5, 0.05, 1.0, 0.1, inside=True)
    assert x_of(drawn, "before") == [60]
    assert x_of(drawn, "mark") == [pytest.approx(11.4)]
    assert x_of(drawn, "way") == [60, pytest.approx(11.4)]
    assert 'class="mini sound"' in drawn
    alone = mini.before_after(2.0, None, 1.0, 0.1, inside=False)
    assert x_of(alone, "before") == [114]
    assert "way" not in alone
    assert "mark" not in alone
    assert 'class="mini doubtful"' in alone
