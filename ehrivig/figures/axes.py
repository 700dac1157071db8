"""Axes of ratios and differences: how far they go, and round numbers as their ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ehrivig.figures.style import Axes

# ends of a symmetric ratio axis, and its ticks
_LADDER: tuple[tuple[float, tuple[float, ...]], ...] = (
    (1.25, (0.8, 0.9, 1, 1.1, 1.25)),
    (2, (0.5, 0.7, 1, 1.5, 2)),
    (5, (0.2, 0.5, 1, 2, 5)),
    (10, (0.1, 0.2, 0.5, 1, 2, 5, 10)),
    (20, (0.05, 0.2, 1, 5, 20)),
    (100, (0.01, 0.1, 1, 10, 100)),
    (1000, (0.001, 0.1, 1, 10, 1000)),
)


@dataclass(frozen=True)
class Axis:
    """An effect axis symmetric about no effect, logarithmic for a `ratio`.

    `reach` is half its length (in logarithms for a ratio), `ticks` are values with their words.
    """

    ratio: bool
    reach: float
    ticks: tuple[tuple[float, str], ...]

    @property
    def null(self) -> float:
        """No effect: 1 for a ratio, 0 for a difference."""
        return 1.0 if self.ratio else 0.0

    def place(self, value: float) -> float:
        """Where a value stands from left (0) to right (1), held within the axis."""
        return min(1.0, max(0.0, 0.5 + _scaled(self.ratio, value) / (2 * self.reach)))

    def beyond(self, value: float) -> bool:
        """Whether a value lies outside the axis."""
        return abs(_scaled(self.ratio, value)) > self.reach * (1 + 1e-9)


def _scaled(ratio: bool, value: float) -> float:
    """A value on the scale of the axis; minus infinity for a ratio of 0 or less."""
    if not ratio:
        return value
    return math.log(value) if value > 0 else -math.inf


def effect_axis(ratio: bool, effects: Sequence[tuple[float, float, float]]) -> Axis:
    """An axis that shows every estimate, and every interval unless it is far wider than the rest.

    `effects` are (estimate, lo, hi); NaN is passed over, and so is a limit at infinity.
    """
    known = [e for e in effects if not any(map(math.isnan, e))]
    sizes = [tuple(abs(_scaled(ratio, part)) for part in effect) for effect in known]
    estimates = max((size[0] for size in sizes if math.isfinite(size[0])), default=0.0)
    whole = max((part for size in sizes for part in size if math.isfinite(part)), default=0.0)
    if ratio:
        return _ratio_axis(estimates, whole)
    most = 4 * estimates or whole  # where no estimate differs from 0 the intervals decide
    return _difference_axis(max(estimates * 1.1, min(whole, most), 1e-9))


def _ratio_axis(estimates: float, whole: float) -> Axis:
    """The shortest rung of the ladder that holds the intervals; at most 100, or the estimates."""
    fitting = [
        rung
        for rung in _LADDER
        if whole <= math.log(rung[0]) or (rung[0] >= 100 and estimates <= 0.97 * math.log(rung[0]))
    ]
    end, ticks = fitting[0] if fitting else _LADDER[-1]
    reach = math.log(end) if fitting else 1.05 * estimates
    return Axis(True, reach, tuple((tick, f"{tick:g}") for tick in ticks))


def _difference_axis(reach: float) -> Axis:
    """A linear axis with about five round ticks."""
    found = MaxNLocator(nbins=5, symmetric=True).tick_values(-reach, reach)
    ticks = [float(tick) for tick in found]
    reach = max(abs(ticks[0]), abs(ticks[-1]))
    return Axis(False, reach, tuple((tick, f"{tick:g}".replace("-", "−")) for tick in ticks))


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
