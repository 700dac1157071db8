"""The pooled effect of k studies under a plan: method, model, tau2 estimator, interval.

A random-effects pool always weights by inverse variance (of Peto's effects under Peto). The
prediction interval is that of Higgins, Thompson and Spiegelhalter 2009: t on k - 2 df, k >= 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.effects import EffectSizes, effect_sizes, peto_effects
from ehrivig.meta.heterogeneity import (
    Dispersion,
    dispersion,
    estimate_tau2,
    i2_from_tau2,
    intercept,
    knapp_hartung,
    q_statistic,
    tau2_interval,
)
from ehrivig.meta.intervals import critical_value, two_sided_p
from ehrivig.meta.mantel_haenszel import mantel_haenszel
from ehrivig.meta.measures import (
    INTERVALS,
    METHODS,
    MODELS,
    TAU2_ESTIMATORS,
    Interval,
    Measure,
    Method,
    Model,
    Tau2,
    measure_named,
)
from ehrivig.meta.study_data import Counts, StudyData
from ehrivig.stats.arrays import checked_level, one_of
from ehrivig.stats.result import BoolArray, FloatArray
from ehrivig.stats.shown import Shown


@dataclass(frozen=True)
class Plan:
    """What is pooled and how. Raises UsageError for names it does not know or that do not fit.

    `tau2` only matters for the random model; `ci = "hksj"` (Hartung-Knapp-Sidik-Jonkman) needs it.
    """

    measure: str
    method: Method = "IV"
    model: Model = "common"
    tau2: Tau2 = "DL"
    ci: Interval = "normal"
    level: float = 0.95

    def __post_init__(self) -> None:
        measure_named(self.measure)
        one_of("method", self.method, METHODS)
        one_of("model", self.model, MODELS)
        one_of("tau2", self.tau2, TAU2_ESTIMATORS)
        one_of("ci", self.ci, INTERVALS)
        checked_level(self.level)
        if self.ci == "hksj" and self.model == "common":
            raise UsageError("ci: hksj belongs to the random model. Add --model random.")
        if self.method == "MH" and self.model == "random":
            raise UsageError("method: the random model weights by inverse variance. Use IV.")
        if self.method == "Peto" and self.measure != "OR":
            raise UsageError(f"method: Peto gives odds ratios, not {self.measure}. Use IV or MH.")


@dataclass(frozen=True, repr=False)
class Pooled(Shown):
    """One pooled effect.

    `estimate`, `lo`, `hi`, `pi_lo`, `pi_hi` are on the measure's own scale; `theta` and `se` on the
    analysis scale (log for ratios). `df` is NaN for a normal interval. `tau2`, its interval and the
    prediction interval are NaN under the common-effect model; the prediction interval also for
    k < 3. `i2_tau2` is the tau2 form of I2 (as metafor prints); `dispersion.i2` the Q form.
    `weights` (all studies) sum to 1, 0 for those that do not contribute; `k` counts the
    contributing ones and `k_excluded` the others.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = (
        *("measure_name", "estimate", "lo", "hi", "p", "pi_lo", "pi_hi", "k", "tau2", "i2_tau2"),
    )
    ONE_ROW: ClassVar[bool] = True

    plan: Plan
    measure: Measure
    theta: float
    se: float
    estimate: float
    lo: float
    hi: float
    statistic: float
    df: float
    p: float
    dispersion: Dispersion
    tau2: float
    tau2_lo: float
    tau2_hi: float
    i2_tau2: float
    pi_lo: float
    pi_hi: float
    k: int
    k_excluded: int
    weights: FloatArray


def study_effects(data: StudyData, plan: Plan) -> EffectSizes:
    """The effect of each study that belongs to a plan: Peto's, or the inverse-variance ones."""
    if plan.method != "Peto":
        return effect_sizes(data, plan.measure)
    if not isinstance(data, Counts):
        raise UsageError(f"method: Peto needs 2x2 counts, not {data.kind}. Use --method IV.")
    return peto_effects(data)


def pool(data: StudyData, plan: Plan) -> Pooled:
    """The pooled effect of k >= 1 studies.

    Raises UsageError when plan and data do not fit, AnalysisError when nothing can be estimated
    (every study excluded, or Mantel-Haenszel sums that are zero).
    """
    if plan.method == "MH" and not isinstance(data, Counts):
        raise UsageError(f"method: MH needs 2x2 counts, not {data.kind}. Use --method IV.")
    effects = study_effects(data, plan)
    if not effects.estimable.any():
        raise AnalysisError(
            f"pool: none of {data.k} studies can give a {plan.measure}: each has no event in both "
            "arms, or only events. Use --measure RD, or add studies."
        )
    if plan.method == "MH" and isinstance(data, Counts):
        return _pool_mantel_haenszel(data, effects, plan)
    return pool_effects(effects, plan)


def pool_effects(effects: EffectSizes, plan: Plan) -> Pooled:
    """The inverse-variance pool of effect sizes (also Peto's), common effect or random effects.

    Sources: DerSimonian and Laird 1986; Hartung and Knapp 2001, their factor at least 1.
    """
    used = effects.estimable
    y, v, x = effects.y[used], effects.v[used], intercept(int(used.sum()))
    k = len(y)
    random = plan.model == "random"
    tau2 = estimate_tau2(y, v, x, plan.tau2) if random else 0.0
    w = 1 / (v + tau2)
    theta = float(np.sum(w * y) / np.sum(w))
    variance, df = 1 / float(np.sum(w)), np.nan
    if plan.ci == "hksj" and k > 1:
        variance *= knapp_hartung(y, v, x, tau2)
        df = float(k - 1)
    limits = tau2_interval(y, v, x, plan.level) if random else (np.nan, np.nan)
    return _result(
        plan,
        theta,
        float(np.sqrt(variance)),
        df=df,
        spread=dispersion(q_statistic(y, v, x), k - 1),
        tau2=tau2 if random else np.nan,
        tau2_limits=limits,
        i2_tau2=i2_from_tau2(tau2, v, x) if random and k > 1 else np.nan,
        used=used,
        weights=w,
    )


def _pool_mantel_haenszel(data: Counts, effects: EffectSizes, plan: Plan) -> Pooled:
    """The Mantel-Haenszel pool; Q is taken around it with inverse-variance weights."""
    fit = mantel_haenszel(data, plan.measure)
    y, v = effects.y[effects.estimable], effects.v[effects.estimable]
    q = float(np.sum((y - fit.theta) ** 2 / v))
    return _result(
        plan,
        fit.theta,
        fit.se,
        df=np.nan,
        spread=dispersion(q, len(y) - 1),
        used=fit.used,
        weights=fit.weights[fit.used],
    )


def knapp_note(effects: EffectSizes, pooled: Pooled) -> tuple[str, ...]:
    """What to know of a Hartung-Knapp interval: its factor was below 1, or there are two studies.

    The factor is below 1 where the effects spread less than tau2 and their sampling variances make
    expected, most often with few studies. Empty when there is nothing to know.
    """
    if pooled.plan.ci != "hksj":
        return ()
    notes = []
    y, v = effects.y[effects.estimable], effects.v[effects.estimable]
    if pooled.k > 1:
        factor = q_statistic(y, v, intercept(len(y)), pooled.tau2) / (pooled.k - 1)
        if factor < 1:
            notes.append(
                f"The effects agree better than chance lets them (Hartung-Knapp factor "
                f"{factor:.2g}): the factor is taken as 1."
            )
    if pooled.k == 2:
        notes.append(
            "Two studies: the Hartung-Knapp interval is a t interval on one degree of freedom and "
            "very wide. Read it beside the single studies."
        )
    return tuple(notes)


def _prediction(theta: float, se: float, tau2: float, k: int, level: float) -> tuple[float, float]:
    """Limits for the true effect of a new study, analysis scale; NaN unless random and k >= 3."""
    if np.isnan(tau2) or k < 3:
        return np.nan, np.nan
    half = critical_value(level, k - 2) * float(np.sqrt(tau2 + se**2))
    return theta - half, theta + half


def _result(
    plan: Plan,
    theta: float,
    se: float,
    *,
    df: float,
    spread: Dispersion,
    used: BoolArray,
    weights: FloatArray,
    tau2: float = np.nan,
    tau2_limits: tuple[float, float] = (np.nan, np.nan),
    i2_tau2: float = np.nan,
) -> Pooled:
    """A Pooled from its parts; `weights` are those of the used studies, not normalised."""
    measure = measure_named(plan.measure)
    k = int(used.sum())
    half = critical_value(plan.level, df) * se
    statistic = theta / se
    pi_lo, pi_hi = _prediction(theta, se, tau2, k, plan.level)
    proportions = np.zeros(len(used))
    proportions[used] = weights / weights.sum()
    return Pooled(
        plan=plan,
        measure=measure,
        theta=theta,
        se=se,
        estimate=measure.from_scale(theta),
        lo=measure.from_scale(theta - half),
        hi=measure.from_scale(theta + half),
        statistic=statistic,
        df=df,
        p=two_sided_p(statistic, df),
        dispersion=spread,
        tau2=tau2,
        tau2_lo=tau2_limits[0],
        tau2_hi=tau2_limits[1],
        i2_tau2=i2_tau2,
        pi_lo=measure.from_scale(pi_lo),
        pi_hi=measure.from_scale(pi_hi),
        k=k,
        k_excluded=len(used) - k,
        weights=proportions,
    )
