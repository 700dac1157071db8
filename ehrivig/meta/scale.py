"""The axis of effects: how far it goes and where its ticks stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

from ehrivig.meta.measures import Measure

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
    """An effect axis symmetric about no effect: `reach` on the analysis scale, ticks with words."""

    measure: Measure
    reach: float
    ticks: tuple[tuple[float, str], ...]

    @property
    def null(self) -> float:
        """No effect."""
        return self.measure.null

    def share(self, value: float) -> float:
        """Where a value stands from left (0) to right (1), held within the axis."""
        place = self.measure.value_to_scale(value)
        return min(1.0, max(0.0, 0.5 + place / (2 * self.reach)))

    def beyond(self, value: float) -> bool:
        """Whether a value lies outside the axis."""
        return abs(self.measure.value_to_scale(value)) > self.reach * (1 + 1e-9)


def effect_axis(measure: Measure, effects: Sequence[tuple[float, float, float]]) -> Axis:
    """An axis that shows every estimate, and every interval unless it is far wider than the rest.

    `effects` are (estimate, lo, hi) on the measure's own scale; NaN is passed over.
    """
    known = [e for e in effects if all(map(math.isfinite, e))]
    sizes = [tuple(abs(measure.value_to_scale(part)) for part in effect) for effect in known]
    finite = [[s for s in size if math.isfinite(s)] for size in sizes]
    estimates = max((size[0] for size in sizes if math.isfinite(size[0])), default=0.0)
    whole = max((max(size) for size in finite if size), default=0.0)
    if measure.ratio:
        return _ratio_axis(measure, estimates, whole)
    return _difference_axis(measure, max(estimates * 1.1, min(whole, 4 * estimates), 1e-9))


def ratio_ticks(low: float, high: float) -> tuple[float, ...]:
    """Round ratios between two ends: steps 1, 2, 5, or powers of ten over a long range."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 300 else (1,)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    return tuple(tick for tick in ticks if low <= tick <= high)


def _ratio_axis(measure: Measure, estimates: float, whole: float) -> Axis:
    """The shortest rung of the ladder that holds the intervals; at most 100, or the estimates."""
    fitting = [
        rung
        for rung in _LADDER
        if whole <= math.log(rung[0]) or (rung[0] >= 100 and estimates <= 0.97 * math.log(rung[0]))
    ]
    end, ticks = fitting[0] if fitting else _LADDER[-1]
    reach = math.log(end) if fitting else 1.05 * estimates
    return Axis(measure, reach, tuple((tick, f"{tick:g}") for tick in ticks))


def _difference_axis(measure: Measure, reach: float) -> Axis:
    """A linear axis with about five round ticks."""
    ticks = [float(t) for t in MaxNLocator(nbins=5, symmetric=True).tick_values(-reach, reach)]
    reach = max(abs(ticks[0]), abs(ticks[-1]))
    shown = tuple((tick, f"{tick:g}".replace("-", "−")) for tick in ticks)
    return Axis(measure, reach, shown)
