"""One answer from several imputed data sets: Rubin's rules."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.stats.arrays import above_zero
from ehrivig.stats.design_matrix import finite_vector
from ehrivig.stats.result import DIFFERENCES, Effect
from ehrivig.stats.shown import Shown
from ehrivig.stats.wald import ratio_of, t_quantile

FEWEST = 20  # imputations below which the Monte-Carlo error of p and SE shows


@dataclass(frozen=True, repr=False)
class Pooled(Shown):
    """An estimate pooled over m imputations, with its total variance and t interval.

    `df` are Barnard and Rubin's degrees of freedom (infinite when nothing varies and the complete
    data are large); `between` and `within` the two variances; `fraction_missing` the share of
    information that is missing (with the df correction).
    """

    estimate: float
    se: float
    lo: float
    hi: float
    df: float
    p: float
    m: int
    between: float
    within: float
    fraction_missing: float
    level: float


def pool(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    df_complete: float = inf,
    level: float = 0.95,
) -> Pooled:
    """Rubin's rules for one number: `estimates` (m,) and their `standard_errors` (m,).

    On the scale on which the estimate is normal (a ratio's log). `df_complete` are the degrees of
    freedom that the complete data would have, n - k. Raises AnalysisError with fewer than two
    imputations; warns with fewer than 20. Source: Rubin 1987; Barnard & Rubin 1999.
    """
    q = finite_vector(estimates, "estimates")
    errors = finite_vector(standard_errors, "standard errors", len(q))
    if bool((errors < 0).any()):
        raise UsageError("standard errors: some are negative.")
    u, m = errors**2, len(q)
    if not (isinstance(df_complete, float) and df_complete == inf):
        df_complete = above_zero(df_complete, "df_complete")
    if m < 2:
        raise AnalysisError("Rubin's rules: need two or more imputations.")
    if m < FEWEST:
        warnings.warn(
            f"Rubin's rules: {m} imputations; {FEWEST} or more keep the simulation error small.",
            NumericalWarning,
            stacklevel=2,
        )
    within, between = float(u.mean()), float(np.var(q, ddof=1))
    total = within + (1 + 1 / m) * between
    if not total > 0:
        raise AnalysisError("Rubin's rules: no variance at all; nothing can be pooled.")
    missing = (1 + 1 / m) * between / total
    df = _barnard_rubin(missing, m, df_complete)
    se, estimate = sqrt(total), float(q.mean())
    half = t_quantile(level, df) * se
    riv = (1 + 1 / m) * between / within if within > 0 else inf
    fraction = (riv + 2 / (df + 3)) / (riv + 1) if np.isfinite(riv) else 1.0
    return Pooled(
        estimate=estimate,
        se=se,
        lo=estimate - half,
        hi=estimate + half,
        df=df,
        p=2 * _tail(df, -abs(estimate) / se),
        m=m,
        between=between,
        within=within,
        fraction_missing=fraction,
        level=level,
    )


def pool_effects(effects: Sequence[Effect], *, df_complete: float = inf) -> Effect:
    """One Effect from the same contrast in each imputed data set; ratios are pooled on the log.

    The counts are those of the data sets, or their rounded mean where matching or an imputed
    outcome made them differ (then a note says so). Raises UsageError when the effects are not of
    one measure, event and level.
    """
    kinds = {(e.measure, e.event_label, e.level) for e in effects}
    if len(kinds) != 1:
        raise UsageError("pool_effects: effects of one measure, one event and one level only.")
    first = effects[0]
    ratio = first.measure not in DIFFERENCES
    values = [log(e.estimate) if ratio else e.estimate for e in effects]
    pooled = pool(values, [e.se for e in effects], df_complete=df_complete, level=first.level)
    back = ratio_of if ratio else float
    columns = ("n_exposed", "events_exposed", "n_control", "events_control")
    counts = {name: [getattr(e, name) for e in effects] for name in columns}
    differ = any(len(set(values)) > 1 for values in counts.values())
    notes = tuple(dict.fromkeys(note for e in effects for note in e.notes))
    if differ:
        notes += ("counts are rounded means over the imputations",)
    mean = {name: round(float(np.mean(values))) for name, values in counts.items()}
    return replace(
        first,
        estimate=back(pooled.estimate),
        lo=back(pooled.lo),
        hi=back(pooled.hi),
        se=pooled.se,
        p=pooled.p,
        method=f"{first.method}; pooled over {pooled.m} imputations",
        variance=f"Rubin's rules, Barnard-Rubin df {pooled.df:.1f}; within: {first.variance}",
        notes=notes,
        n_exposed=mean["n_exposed"],
        events_exposed=mean["events_exposed"],
        n_control=mean["n_control"],
        events_control=mean["events_control"],
    )


def _barnard_rubin(missing: float, m: int, df_complete: float) -> float:
    """Barnard and Rubin's degrees of freedom; `missing` is their lambda."""
    old = (m - 1) / missing**2 if missing > 1e-300 else inf
    if not np.isfinite(df_complete):
        return old
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - missing)
    return observed if not np.isfinite(old) else old * observed / (old + observed)


def _tail(df: float, t: float) -> float:
    """The lower tail of t, normal at infinite df."""
    return float(stdtr(df, t) if np.isfinite(df) else ndtr(t))
