"""Meta-regression: does a study-level covariate explain the differences between studies?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, f

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.meta.effects import EffectSizes
from ehrivig.meta.heterogeneity import (
    Dispersion,
    dispersion,
    estimate_tau2,
    intercept,
    knapp_hartung,
    q_statistic,
    weighted_fit,
)
from ehrivig.meta.intervals import critical_value, two_sided_p
from ehrivig.meta.measures import INTERVALS, MODELS, TAU2_ESTIMATORS, Interval, Model, Tau2
from ehrivig.stats.arrays import numbers, one_of, refuse_far
from ehrivig.stats.result import FloatArray


@dataclass(frozen=True)
class MetaRegression:
    """Coefficients (p,) of study-level covariates on the analysis scale, the intercept first.

    `df` is NaN for normal tests. `moderator_q` tests all covariates together: chi-square on
    `moderator_df`, or F on (`moderator_df`, `df`) under Hartung-Knapp. `residual` is the
    heterogeneity left (QE). `r2` is the proportion of tau2 explained, NaN without heterogeneity.
    """

    names: tuple[str, ...]
    coefficient: FloatArray
    se: FloatArray
    lo: FloatArray
    hi: FloatArray
    p: FloatArray
    covariance: FloatArray
    df: float
    tau2: float
    residual: Dispersion
    moderator_q: float
    moderator_df: int
    moderator_p: float
    r2: float
    k: int


def meta_regression(
    effects: EffectSizes,
    moderators: FloatArray,
    names: Sequence[str],
    *,
    model: Model = "random",
    tau2: Tau2 = "REML",
    ci: Interval = "normal",
    level: float = 0.95,
) -> MetaRegression:
    """The regression of study effects (k,) on `moderators` (k, m) with an intercept.

    Studies without an estimate are left out. Raises UsageError for a covariate that is missing or
    of the wrong shape and for unknown options (`hksj` belongs to the random model, as in `Plan`),
    AnalysisError for collinear or constant covariates or too few studies.
    Source: Viechtbauer 2010; Knapp and Hartung 2003 for `hksj`, their factor at least 1.
    """
    one_of("model", model, MODELS)
    one_of("tau2", tau2, TAU2_ESTIMATORS)
    one_of("ci", ci, INTERVALS)
    if ci == "hksj" and model == "common":
        raise UsageError("ci: hksj belongs to the random model.")
    x, outward = _design(effects, moderators, names)
    y, v = effects.y[effects.estimable], effects.v[effects.estimable]
    k, p = x.shape
    between = estimate_tau2(y, v, x, tau2) if model == "random" else 0.0
    w = 1 / (v + between)
    beta, covariance = weighted_fit(y, w, x)
    df = np.nan
    if ci == "hksj":
        covariance = covariance * knapp_hartung(y, v, x, between)
        df = float(k - p)
    wald = float(beta[1:] @ np.linalg.solve(covariance[1:, 1:], beta[1:]))
    beta, covariance = outward @ beta, outward @ covariance @ outward.T
    se = np.sqrt(np.diag(covariance))
    half = critical_value(level, df) * se
    joint = wald if np.isnan(df) else wald / (p - 1)
    return MetaRegression(
        names=("intercept", *names),
        coefficient=beta,
        se=se,
        lo=beta - half,
        hi=beta + half,
        p=np.array([two_sided_p(z, df) for z in beta / se]),
        covariance=covariance,
        df=df,
        tau2=between if model == "random" else np.nan,
        residual=dispersion(q_statistic(y, v, x), k - p),
        moderator_q=joint,
        moderator_df=p - 1,
        moderator_p=float(chi2.sf(joint, p - 1) if np.isnan(df) else f.sf(joint, p - 1, df)),
        r2=_explained(y, v, between, tau2) if model == "random" else np.nan,
        k=k,
    )


def _design(
    effects: EffectSizes, moderators: FloatArray, names: Sequence[str]
) -> tuple[FloatArray, FloatArray]:
    """The design (k, 1 + m) of the estimable studies, checked, on columns centred and scaled, and
    the matrix that takes its coefficients to the covariates as given."""
    m = numbers(moderators, "meta-regression")
    m = m[:, None] if m.ndim == 1 else m
    if m.shape != (len(effects.y), len(names)):
        raise UsageError(
            f"meta-regression: the covariates have shape {m.shape}, not "
            f"({len(effects.y)} studies, {len(names)} names)."
        )
    if not np.isfinite(m).all():
        bad = ", ".join(n for n, c in zip(names, m.T, strict=True) if not np.isfinite(c).all())
        raise UsageError(f"meta-regression: {bad} has missing values. Fill them or drop the study.")
    refuse_far(m, "meta-regression")
    m = m[effects.estimable]
    k, p = len(m), 1 + m.shape[1]
    if k <= p:
        raise AnalysisError(f"meta-regression: {k} studies cannot carry {p} coefficients.")
    centre, spread = m.mean(axis=0), np.ptp(m, axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    x = np.column_stack([np.ones(k), np.where(spread > 0, m - centre, 0.0) / scale])
    if np.linalg.matrix_rank(x) < p:
        raise AnalysisError("meta-regression: a covariate is constant, or follows from the others.")
    outward = np.diag(np.append(1.0, 1 / scale))
    outward[0, 1:] = -centre / scale
    return x, outward


def _explained(y: FloatArray, v: FloatArray, between: float, method: Tau2) -> float:
    """The proportion of tau2 that the covariates explain, at least 0; NaN when there was none."""
    total = estimate_tau2(y, v, intercept(len(y)), method)
    return max(0.0, 1 - between / total) if total > 0 else float("nan")
