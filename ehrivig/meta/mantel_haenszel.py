"""Mantel-Haenszel pooling of 2x2 tables, on the counts as they are (no zero-cell correction)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.study_data import Counts
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown


@dataclass(frozen=True, repr=False)
class MantelHaenszel(Shown):
    """A pooled effect `theta` on the analysis scale with its standard error.

    `weights` (k,) are the studies' Mantel-Haenszel weights, not normalised; `used` (k,) marks the
    studies that contribute to the sums.
    """

    theta: float
    se: float
    weights: FloatArray
    used: BoolArray


def mantel_haenszel(data: Counts, measure: str) -> MantelHaenszel:
    """The Mantel-Haenszel OR, RR or RD of k tables.

    Raises UsageError for another measure, AnalysisError when the sums leave it undefined (no
    event, or no event in one arm, in any study).
    """
    if measure not in ("OR", "RR", "RD"):
        raise UsageError(f"method MH: not defined for {measure}. Use --method IV.")
    return {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}[measure](data)


def _odds_ratio(data: Counts) -> MantelHaenszel:
    """Log OR with the variance of Robins, Breslow and Greenland 1986."""
    a, b, c, d = data.cells
    n = data.n
    r, s = a * d / n, b * c / n
    _check_defined(r.sum(), s.sum(), "odds ratio")
    p, q = (a + d) / n, (b + c) / n
    variance = 0.5 * (
        np.sum(p * r) / r.sum() ** 2
        + np.sum(p * s + q * r) / (r.sum() * s.sum())
        + np.sum(q * s) / s.sum() ** 2
    )
    theta = float(np.log(r.sum() / s.sum()))
    return MantelHaenszel(theta, float(np.sqrt(variance)), s, ~(data.no_event | data.only_events))


def _risk_ratio(data: Counts) -> MantelHaenszel:
    """Log RR with the variance of Greenland and Robins 1985."""
    a, _, c, _ = data.cells
    n1, n2, n = data.n_treated, data.n_control, data.n
    r, s = a * n2 / n, c * n1 / n
    _check_defined(r.sum(), s.sum(), "risk ratio")
    variance = np.sum((n1 * n2 * (a + c) - a * c * n) / n**2) / (r.sum() * s.sum())
    theta = float(np.log(r.sum() / s.sum()))
    if variance <= 0:
        raise AnalysisError("Mantel-Haenszel risk ratio: everybody had the event. Use RD.")
    return MantelHaenszel(theta, float(np.sqrt(variance)), s, ~data.no_event)


def _risk_difference(data: Counts) -> MantelHaenszel:
    """RD with the variance of Sato, Greenland and Robins 1989, valid for sparse tables too."""
    a, b, c, d = data.cells
    n1, n2, n = data.n_treated, data.n_control, data.n
    weight = n1 * n2 / n
    theta = float(np.sum(a * n2 / n - c * n1 / n) / weight.sum())
    p = np.sum(c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + (n1 / n) * (n2 / n) * (n2 - n1) / 2)
    q = np.sum(a * d / n + c * b / n) / 2
    variance = (theta * p + q) / weight.sum() ** 2
    if not variance > 0:
        raise AnalysisError(
            "Mantel-Haenszel risk difference: the variance is not positive (no events, or only "
            "events). Use --method IV, which adds 0.5 to such tables."
        )
    every = np.ones(data.k, dtype=np.bool_)
    return MantelHaenszel(theta, float(np.sqrt(variance)), weight, every)


def _check_defined(r: float, s: float, name: str) -> None:
    """Refuse pooled ratios that are 0, infinite or 0/0."""
    if r <= 0 or s <= 0:
        raise AnalysisError(
            f"Mantel-Haenszel {name}: undefined, one arm has no informative event in any study. "
            "Use --method IV (adds 0.5 to a study with a zero cell) or --measure RD."
        )
