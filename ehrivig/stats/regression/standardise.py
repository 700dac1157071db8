"""Marginal effects: the risk if all were exposed against the risk if none were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import (
    LEAST_CHANCE,
    MOST_REPEATED,
    numbers,
    one_of,
    random_seed,
    two_shares,
    whole_number,
)
from ehrivig.stats.regression.glm import expit, maximise
from ehrivig.stats.regression.marginal import (
    Cohort,
    MarginalEffects,
    Report,
    cohort_of,
    influence_covariance,
)
from ehrivig.stats.result import FloatArray
from ehrivig.stats.weighting.estimands import Estimand, estimand_over

__all__ = ["MarginalEffects", "aipw", "bootstrap", "g_computation"]

LEFT_OUT: Literal["leave_one_out"] = "leave_one_out"
_INFLUENCE = {False: "influence function", True: "influence function, leaving one out"}


def g_computation(
    event: ArrayLike,
    exposed: ArrayLike,
    x: ArrayLike,
    *,
    population: str = "all",
    interactions: bool = False,
    variance: Literal["influence", "leave_one_out", "delta", "bootstrap"] = "influence",
    cluster: ArrayLike | None = None,
    replicates: int = 500,
    seed: int | None = None,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> MarginalEffects:
    """Risk difference, ratio and odds ratio by standardising a logistic model (the g-formula).

    `event`, `exposed` (n,) 0/1, `x` (n, p) covariates. The model has the exposure and x, with
    `interactions` also their products; its predictions are averaged over `population`: "all",
    "exposed" or "control".
    `variance`: "influence" (M-estimation: model misspecification and the sampling of x are in it),
    "leave_one_out" (the same, each residual as if its row had not been in the fit, as in HC3: with
    200 people and strong confounding the first covers 93.5 to 94%, this one 95%), "delta"
    (model-based, x taken as fixed: R marginaleffects' default), "bootstrap" (percentile
    interval, `replicates` samples of rows or clusters, `seed` required).
    `cluster` (n,) labels, for all but "delta".

    Raises UsageError for options that exclude each other; AnalysisError as `logistic` does, and
    when more than a tenth of the bootstrap samples have no fit.
    Source: Robins 1986; Snowden, Rose & Mortimer 2011; delta: Oehlert 1992; leaving one out:
    MacKinnon & White 1985.
    """
    one_of("variance", variance, ("influence", LEFT_OUT, "delta", "bootstrap"))
    if variance == "delta" and cluster is not None:
        raise UsageError('variance="delta" takes no clusters; use "influence" or "bootstrap".')
    if variance == "bootstrap" and random_seed(seed) is None:
        raise UsageError('variance="bootstrap" needs a seed.')
    replicates = whole_number(replicates, "replicates", 2, MOST_REPEATED)
    cohort, aim = cohort_of(event, exposed, x, cluster, names), estimand_over(population)
    method = "g-computation, logistic" + (" with interactions" if interactions else "")

    def risks(sample: Cohort) -> FloatArray:
        return _standardised(sample, aim, interactions)[0]

    left_out = variance == LEFT_OUT
    estimate, influence, delta = _standardised(cohort, aim, interactions, left_out=left_out)
    report = Report(cohort, event_label, level, aim.name, method)
    if variance == "bootstrap":
        draws, failed = bootstrap(cohort, risks, replicates, int(seed or 0))
        return report.from_draws(estimate, draws, failed)
    covariance = delta if variance == "delta" else influence_covariance(cohort, influence)
    name = "delta method, covariates fixed" if variance == "delta" else _INFLUENCE[left_out]
    return report.from_covariance(estimate, covariance, name)


def aipw(
    event: ArrayLike,
    exposed: ArrayLike,
    x: ArrayLike,
    *,
    propensity: ArrayLike,
    truncate: tuple[float, float] | None = None,
    variance: Literal["influence", "leave_one_out"] = "influence",
    cluster: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> MarginalEffects:
    """Augmented inverse-probability-weighted effects in the whole population (ATE).

    Right when the outcome model (logistic in x, one per arm) is, or the model behind the scores
    `propensity` (n,). `truncate` bounds the scores. Standard errors by the influence function,
    summed within `cluster`; with `variance` "leave_one_out" each residual is as if its row had not
    been in the outcome model (see `g_computation`). Raises AnalysisError as `logistic` does, and
    for scores of 0 or 1.
    Source: Robins, Rotnitzky & Zhao 1994; Glynn & Quinn 2010.
    """
    one_of("variance", variance, ("influence", LEFT_OUT))
    cohort = cohort_of(event, exposed, x, cluster, names)
    score = _scores(cohort, propensity)
    method = "AIPW, logistic outcome model per arm"
    if truncate is not None:
        score = np.clip(score, *two_shares(truncate))
        method += f", scores bounded to {truncate[0]:g}-{truncate[1]:g}"
    if bool(((score < LEAST_CHANCE) | (score >= 1)).any()):
        raise AnalysisError("AIPW: scores of 0 or 1; bound them with truncate= or mend the model.")
    full = np.column_stack([np.ones(len(score)), cohort.x])
    left_out, values, means = variance == LEFT_OUT, [], []
    for arm, chance in ((cohort.exposed, score), (~cohort.exposed, 1 - score)):
        ml = maximise(cohort.event[arm], cohort.x[arm], names=cohort.names)
        m = expit(full @ ml.coef)
        residual = arm * (cohort.event - m) / chance
        means.append(float(np.mean(m + residual)))
        values.append(m + (residual * _left_out(full, m, ml.covariance) if left_out else residual))
    phi, risks = np.column_stack(values), np.array(means)
    if bool(((risks <= 0) | (risks >= 1)).any()):
        raise AnalysisError("AIPW: a risk outside 0 to 1; the weights are too extreme (truncate=).")
    covariance = influence_covariance(cohort, phi - risks)
    report = Report(cohort, event_label, level, estimand_over("all").name, method)
    return report.from_covariance(risks, covariance, _INFLUENCE[left_out])


def bootstrap(
    cohort: Cohort, risks: Callable[[Cohort], FloatArray], replicates: int, seed: int
) -> tuple[FloatArray, int]:
    """Risks (replicates, 2) of resampled cohorts, and how many samples had no fit.

    Rows are drawn, or whole clusters where there are any. Each replicate has its own random
    stream. Raises AnalysisError when more than a tenth have no fit.
    """
    rows_of = None
    if cohort.cluster is not None:
        order = np.argsort(cohort.cluster, kind="stable")
        sizes = np.bincount(cohort.cluster, minlength=cohort.groups)
        rows_of = np.split(order, np.cumsum(sizes)[:-1])
    draws = []
    for stream in np.random.SeedSequence(seed).spawn(replicates):
        rng = np.random.default_rng(stream)
        if rows_of is None:
            rows = rng.integers(0, len(cohort.event), len(cohort.event))
        else:
            rows = np.concatenate([rows_of[g] for g in rng.integers(0, len(rows_of), len(rows_of))])
        try:
            draws.append(risks(cohort.take(rows)))
        except AnalysisError:
            continue
    failed = replicates - len(draws)
    if failed > 0.1 * replicates:
        raise AnalysisError(f"bootstrap: {failed} of {replicates} samples have no fit.")
    return np.array(draws), failed


def _standardised(
    cohort: Cohort, aim: Estimand, interactions: bool, *, left_out: bool = False
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Risks (2,), influence values (n, 2) and delta-method covariance (2, 2), exposed first."""
    n = len(cohort.event)
    design = _design(cohort.x, cohort.exposed.astype(float), interactions)
    names = ("exposed", *cohort.names, *(f"exposed x {c}" for c in cohort.names))
    ml = maximise(cohort.event, design, names=names[: design.shape[1]])
    target = aim.members(cohort.exposed)
    share = target / target.mean()
    full = np.column_stack([np.ones(n), design])
    fitted = expit(full @ ml.coef)
    residual = cohort.event - fitted
    if left_out:
        residual = residual * _left_out(full, fitted, ml.covariance)
    scores = full * residual[:, np.newaxis]
    risks, gradients, influence = [], [], []
    for value in (1.0, 0.0):
        as_if = np.column_stack([np.ones(n), _design(cohort.x, np.full(n, value), interactions)])
        p = expit(as_if @ ml.coef)
        risk = float(p[target].mean())
        gradient = (p * (1 - p))[target] @ as_if[target] / target.sum()
        risks.append(risk)
        gradients.append(gradient)
        influence.append(share * (p - risk) + n * (scores @ (ml.covariance @ gradient)))
    j = np.array(gradients)
    return np.array(risks), np.column_stack(influence), j @ ml.covariance @ j.T


def _left_out(full: FloatArray, fitted: FloatArray, covariance: FloatArray) -> FloatArray:
    """How much larger each residual is, (n,), where its row was not in the fit: 1 / (1 - leverage).

    Exact to first order. A row that decides its own fit (leverage 1) keeps its residual of 0.
    """
    leverage = fitted * (1 - fitted) * np.einsum("ij,ij->i", full @ covariance, full)
    return np.asarray(1 / np.where(leverage < 1 - 1e-9, 1 - leverage, 1.0))


def _design(x: FloatArray, exposed: FloatArray, interactions: bool) -> FloatArray:
    """The exposure, the covariates and, if asked for, their products."""
    parts = [exposed[:, np.newaxis], x]
    if interactions:
        parts.append(exposed[:, np.newaxis] * x)
    return np.concatenate(parts, axis=1)


def _scores(cohort: Cohort, propensity: ArrayLike) -> FloatArray:
    """The propensity scores given, (n,)."""
    score = numbers(propensity, "propensity")
    if score.shape != cohort.event.shape or not bool(np.isfinite(score).all()):
        raise UsageError("propensity: one score for each row, none missing.")
    return score
