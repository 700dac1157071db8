"""From trial data to one effect and one variance per study.

Zero cells. 0.5 is added to all four cells of a study that has a zero cell, for the inverse-variance
estimate of that study only; Mantel-Haenszel and Peto sums use the counts as they are. A study
without an event in either arm (or with only events in both) says nothing about an odds ratio and
has no usable variance for a risk ratio: it is `estimable = False` for OR and RR, and stays for RD.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaln

from ehrivig.errors import UsageError
from ehrivig.meta.intervals import critical_value, standard_error
from ehrivig.meta.measures import Measure, measure_named
from ehrivig.meta.study_data import Counts, Estimates, Means, StudyData
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown

ZERO_CELL_CORRECTION = 0.5


@dataclass(frozen=True, repr=False)
class EffectSizes(Shown):
    """One effect per study: `y` (k,) on the analysis scale (log for ratios), `v` (k,) its variance.

    `estimable` is False (and y, v NaN) where a study holds no information on the measure;
    `corrected` is True where 0.5 was added to the cells. Raises UsageError for columns of unequal
    length, and where a study that is estimable has no finite effect, or no variance above 0.
    """

    measure: Measure
    y: FloatArray
    v: FloatArray
    estimable: BoolArray
    corrected: BoolArray

    def __post_init__(self) -> None:
        for name in ("y", "v"):
            object.__setattr__(self, name, numbers(getattr(self, name), f"effects: {name}"))
        for name in ("estimable", "corrected"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.bool_))
        columns = {name: getattr(self, name) for name in ("y", "v", "estimable", "corrected")}
        if any(column.ndim != 1 or column.size != self.y.size for column in columns.values()):
            told = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
            raise UsageError(f"effects: one value per study in each column, not {told}.")
        known = np.isfinite(self.y) & (self.v > 0) & np.isfinite(self.v)
        if not known[self.estimable].all():
            raise UsageError(
                f"effects: {int((~known & self.estimable).sum())} of {self.y.size} studies have no "
                "effect, or no variance above 0. Mark them as not estimable."
            )

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Estimate, lo and hi (k,) of each study on the measure's own scale (normal interval)."""
        half = critical_value(level) * np.sqrt(self.v)
        estimate, lo, hi = self.y, self.y - half, self.y + half
        if self.measure.ratio:
            return np.exp(estimate), np.exp(lo), np.exp(hi)
        return estimate, lo, hi

    def without(self, row: int) -> EffectSizes:
        """The effects with one study marked as not estimable."""
        keep = self.estimable.copy()
        keep[row] = False
        return replace(self, estimable=keep)


def effect_sizes(data: StudyData, measure: str) -> EffectSizes:
    """Inverse-variance effects of each study for a measure (see `MEASURES`).

    Raises UsageError when the measure cannot be computed from this kind of data.
    Source: Cochrane Handbook 6.4, chapters 6 and 10.
    """
    chosen = measure_named(measure)
    if data.kind not in chosen.sources:
        raise UsageError(
            f"measure: {measure} cannot be computed from {data.kind}. "
            f"It needs {' or '.join(chosen.sources)}."
        )
    if isinstance(data, Counts):
        return _from_counts(data, chosen)
    y, v = _from_means(data, chosen) if isinstance(data, Means) else _from_estimates(data, chosen)
    every = np.ones(data.k, dtype=np.bool_)
    return EffectSizes(chosen, y, v, every, ~every)


def peto_effects(data: Counts) -> EffectSizes:
    """Peto's one-step log odds ratios (O - E) / V with variance 1 / V, no zero-cell correction.

    Source: Yusuf et al. 1985; Cochrane Handbook 10.4.2.
    """
    estimable = ~(data.no_event | data.only_events)
    y, v = np.full(data.k, np.nan), np.full(data.k, np.nan)
    some = data.take(np.flatnonzero(estimable))
    events = some.events_treated + some.events_control
    expected = events * some.n_treated / some.n
    # hypergeometric variance of the treated events given the margins
    variance = expected * (some.n_control / some.n) * (some.n - events) / (some.n - 1)
    y[estimable] = (some.events_treated - expected) / variance
    v[estimable] = 1 / variance
    return EffectSizes(measure_named("OR"), y, v, estimable, np.zeros(data.k, dtype=np.bool_))


def hedges_correction(df: FloatArray) -> FloatArray:
    """Hedges' exact small-sample factor c(df) by which Cohen's d becomes g. Source: Hedges 1981."""
    return np.asarray(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2))


def _from_counts(data: Counts, measure: Measure) -> EffectSizes:
    """Log OR, log RR or RD of each 2x2 table."""
    zero_cell = np.any(np.stack(data.cells) == 0, axis=0)
    blind = data.no_event | data.only_events
    estimable = ~blind if measure.ratio else np.ones(data.k, dtype=np.bool_)
    a, b, c, d = (cell + ZERO_CELL_CORRECTION * zero_cell for cell in data.cells)
    n1, n2 = a + b, c + d
    if measure.code == "OR":
        y, v = np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    elif measure.code == "RR":
        y, v = np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2
    else:
        y, v = a / n1 - c / n2, a * b / n1**3 + c * d / n2**3
    y, v = np.where(estimable, y, np.nan), np.where(estimable, v, np.nan)
    return EffectSizes(measure, y, v, estimable, zero_cell & estimable)


def _from_means(data: Means, measure: Measure) -> tuple[FloatArray, FloatArray]:
    """Mean difference, or Hedges' g with its usual large-sample variance, of each study."""
    n1, n2 = data.n_treated, data.n_control
    difference = data.mean_treated - data.mean_control
    if measure.code == "MD":
        return difference, data.sd_treated**2 / n1 + data.sd_control**2 / n2
    df = n1 + n2 - 2
    pooled = ((n1 - 1) * data.sd_treated**2 + (n2 - 1) * data.sd_control**2) / df
    g = hedges_correction(df) * difference / np.sqrt(pooled)
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def _from_estimates(data: Estimates, measure: Measure) -> tuple[FloatArray, FloatArray]:
    """The published estimate, its variance read from the width of its interval."""
    if measure.ratio:
        data.check_ratio()
    lo, hi = measure.to_scale(data.lo), measure.to_scale(data.hi)
    return measure.to_scale(data.estimate), standard_error(lo, hi, data.level) ** 2
