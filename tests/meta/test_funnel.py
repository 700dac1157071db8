"""The funnel plot: its limits, the studies, and those that trim and fill adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ehrivig.figures.style import BLUE, GREY, INK, QUIET, VERMILION, Figure
from ehrivig.meta import evidence_path, funnel, read_trials
from ehrivig.meta.synthesis import Synthesis, make_plan, synthesise


def synthesis(measure: str = "OR") -> Synthesis:
    table = read_trials(evidence_path("laupland2007_trials"), measure)
    plan, notes = make_plan(
        table.data, table.measure, method="IV", model="common", tau2="DL", ci="normal"
    )
    return synthesise(table, plan, notes=notes)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    def draw(made: Synthesis) -> Figure:
        found: list[Figure] = []
        monkeypatch.setattr(funnel, "svg_text", lambda figure, title: found.append(figure) or title)
        assert funnel.funnel(made) == f"Funnel plot: {made.overall.measure.label}"
        return found[0]

    return draw


def test_the_funnel_stands_about_the_pooled_effect(drawn: Any) -> None:
    made = synthesis()
    figure = drawn(made)
    (axes,) = figure.axes
    limits, pooled, none = axes.lines
    theta, foot = made.overall.theta, limits.get_ydata()[0]
    assert foot == pytest.approx(1.08 * np.sqrt(made.effects.v.max()))
    half = 1.959964 * foot
    assert limits.get_xdata() == pytest.approx([theta - half, theta, theta + half])
    assert limits.get_ydata() == pytest.approx([foot, 0, foot])
    assert axes.get_ylim() == (pytest.approx(foot), 0)
    assert (pooled.get_xdata()[0], none.get_xdata()[0]) == (theta, 0)
    assert [line.get_color() for line in axes.lines] == [GREY, INK, QUIET]
    (studies, *filled) = axes.collections
    assert len(studies.get_offsets()) == made.overall.k
    assert to_hex(studies.get_facecolor()[0]).upper() == BLUE
    assert bool(filled) == bool(made.filled and made.filled.k0)
    low, high = axes.get_xlim()
    points = np.concatenate([c.get_offsets()[:, 0] for c in axes.collections])
    ends = [*points, theta - half, theta + half]
    margin = 0.04 * (max(ends) - min(ends))
    assert (low, high) == pytest.approx((min(ends) - margin, max(ends) + margin))
    assert axes.get_ylabel() == "Standard error (log scale)"
    assert len(figure.legends[0].get_texts()) == 4 + bool(filled)
    if filled:
        assert made.filled is not None
        assert filled[0].get_offsets()[:, 0].tolist() == pytest.approx(list(made.filled.filled_y))
        assert filled[0].get_facecolor().size == 0
        assert to_hex(filled[0].get_edgecolor()[0]).upper() == VERMILION


def test_differences_have_no_logarithm(drawn: Any) -> None:
    (axes,) = drawn(synthesis("RD")).axes
    assert axes.get_ylabel() == "Standard error"
    assert axes.get_xlabel() == "Risk difference"


def test_the_funnel_is_drawn() -> None:
    assert funnel.funnel(synthesis()).count("<svg") == 1
