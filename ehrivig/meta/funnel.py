"""The funnel plot: effect against standard error, with the limits that chance alone allows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ehrivig.meta.canvas import BLACK, BLUE, GREY, LIGHT, VERMILION, svg_text
from ehrivig.meta.pooling import critical_value
from ehrivig.meta.scale import ratio_ticks
from ehrivig.meta.synthesis import Synthesis


def funnel(synthesis: Synthesis) -> str:
    """The funnel plot as SVG. Open circles are the studies that trim and fill adds."""
    effects, pooled = synthesis.effects, synthesis.overall
    y, se = effects.y[effects.estimable], np.sqrt(effects.v[effects.estimable])
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    top = float(se.max()) * 1.08
    half = critical_value(synthesis.plan.level, math.nan) * top
    sides = [pooled.theta - half, pooled.theta, pooled.theta + half]
    axes.plot(sides, [top, 0, top], ls="--", color=GREY, lw=0.9, label="95% of studies by chance")
    axes.axvline(pooled.theta, color=BLACK, lw=1, label="Pooled effect")
    axes.axvline(0, color=LIGHT, lw=1.1, ls=":", label="No effect")
    axes.scatter(y, se, s=32, color=BLUE, edgecolor="white", lw=0.5, zorder=3, label="Studies")
    shown = [*y, *sides]
    filled = synthesis.filled
    if filled and filled.k0:
        shown += list(filled.filled_y)
        style: dict[str, Any] = {
            "s": 32,
            "facecolor": "none",
            "edgecolor": VERMILION,
            "lw": 1.1,
            "zorder": 3,
        }
        axes.scatter(filled.filled_y, np.sqrt(filled.filled_v), label="Filled in", **style)
    axes.set_ylim(top, 0)
    axes.set_ylabel("Standard error" + (" (log scale)" if pooled.measure.ratio else ""))
    axes.set_xlabel(pooled.measure.label)
    margin = 0.04 * (max(shown) - min(shown))
    axes.set_xlim(min(shown) - margin, max(shown) + margin)
    if pooled.measure.ratio:
        _name_ratios(axes)
    figure.legend(loc="outside lower center", ncols=5, fontsize=7.5, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return svg_text(figure, f"Funnel plot: {pooled.measure.label}")


def _name_ratios(axes: Axes) -> None:
    """Ticks of a logarithmic axis at round ratios."""
    low, high = axes.get_xlim()
    ticks = ratio_ticks(math.exp(low), math.exp(high))
    axes.set_xticks([math.log(tick) for tick in ticks], [f"{tick:g}" for tick in ticks])
