"""Ticks at round numbers, written as in a record."""

from __future__ import annotations

import math

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ehrivig.figures.style import Axes


def logarithmic(axes: Axes, *, fine: float) -> None:
    """Make the x axis logarithmic: steps 1, 2, 5 while it is shorter than `fine`, else decades."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(_round_ratios(*axes.get_xlim(), fine))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())  # they would take most of the drawing


def name_logarithms(axes: Axes) -> None:
    """Name an x axis of natural logarithms by the round ratios they stand for."""
    low, high = (math.exp(end) for end in axes.get_xlim())
    found = _round_ratios(low, high, fine=300).tick_values(low, high)
    ticks = [float(tick) for tick in found if low <= tick <= high]
    axes.set_xticks([math.log(tick) for tick in ticks], [f"{tick:g}" for tick in ticks])


def _round_ratios(low: float, high: float, fine: float) -> LogLocator:
    """Where the ticks of a logarithmic axis from `low` to `high` stand."""
    return LogLocator(subs=(1.0, 2.0, 5.0) if high < fine * low else (1.0,))


def difference_ticks(reach: float) -> tuple[float, ...]:
    """About five round numbers, as far below 0 as above, that reach so far or further."""
    return tuple(map(float, MaxNLocator(nbins=5, symmetric=True).tick_values(-reach, reach)))
