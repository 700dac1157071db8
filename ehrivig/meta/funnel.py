"""The funnel plot: effect against standard error, with the limits that chance alone allows."""

from __future__ import annotations

import numpy as np

from ehrivig.figures.axes import name_logarithms
from ehrivig.figures.style import BLUE, GREY, INK, QUIET, VERMILION, Axes, drawing, svg_text
from ehrivig.meta.intervals import critical_value
from ehrivig.meta.synthesis import Synthesis


def funnel(synthesis: Synthesis) -> str:
    """The funnel plot as SVG. Open circles are the studies that trim and fill adds."""
    measure = synthesis.overall.measure
    with drawing(6.4, 4.6) as (figure, axes):
        shown = [*_draw_limits(axes, synthesis), *_draw_studies(axes, synthesis)]
        axes.set_ylabel("Standard error" + (" (log scale)" if measure.ratio else ""))
        axes.set_xlabel(measure.label)
        margin = 0.04 * (max(shown) - min(shown))
        axes.set_xlim(min(shown) - margin, max(shown) + margin)
        if measure.ratio:
            name_logarithms(axes)
        figure.legend(loc="outside lower center", ncols=5, fontsize=7.5)
        return svg_text(figure, f"Funnel plot: {measure.label}")


def _draw_limits(axes: Axes, synthesis: Synthesis) -> list[float]:
    """The funnel about the pooled effect, the largest error at its foot; its ends and middle."""
    theta, effects = synthesis.overall.theta, synthesis.effects
    foot = float(np.sqrt(effects.v[effects.estimable]).max()) * 1.08
    half = critical_value(synthesis.plan.level) * foot
    sides = [theta - half, theta, theta + half]
    axes.plot(sides, [foot, 0, foot], ls="--", color=GREY, lw=0.9, label="95% of studies by chance")
    axes.axvline(theta, color=INK, lw=1, label="Pooled effect")
    axes.axvline(0, color=QUIET, lw=1.1, ls=":", label="No effect")
    axes.set_ylim(foot, 0)
    return sides


def _draw_studies(axes: Axes, synthesis: Synthesis) -> list[float]:
    """The studies, and the ones filled in; their effects."""
    effects, filled = synthesis.effects, synthesis.filled
    y, se = effects.y[effects.estimable], np.sqrt(effects.v[effects.estimable])
    axes.scatter(y, se, s=32, color=BLUE, edgecolor="white", lw=0.5, zorder=3, label="Studies")
    if not (filled and filled.k0):
        return list(y)
    axes.scatter(
        filled.filled_y,
        np.sqrt(filled.filled_v),
        s=32,
        facecolor="none",
        edgecolor=VERMILION,
        lw=1.1,
        zorder=3,
        label="Filled in",
    )
    return [*y, *filled.filled_y]
