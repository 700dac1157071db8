"""Conditional logistic regression: odds ratios within matched sets, the sets' own odds gone.

The exact conditional likelihood. For pairs it is a logistic likelihood of within-pair differences
without an intercept; for other sets the denominator is an elementary symmetric function, by the
recursion of Gail, Lubin & Rubinstein 1981 with its first two derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import labelled
from ehrivig.stats.design_matrix import binary_vector, column_names, finite_matrix
from ehrivig.stats.newton import Curve
from ehrivig.stats.regression.glm import MaximumLikelihood, expit, log1p_exp, maximise
from ehrivig.stats.regression.odds_ratios import OddsRatios
from ehrivig.stats.regression.separation import maximum
from ehrivig.stats.regression.subset_sums import chance_of_choosing, log_odds_of_choice, steps
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.wald import ratios

WHAT = "conditional logistic regression"
MOST_STEPS = 20_000_000_000  # of the recursion, per Newton step: about a minute
BLOCK_NUMBERS = 4_000_000  # size of the largest array of second derivatives at a time


@dataclass(frozen=True, kw_only=True, repr=False)
class ConditionalFit(OddsRatios):
    """The fit of a conditional logistic model; no intercept.

    `n` and `events` count all rows given; only `strata_used` of the strata (those with an event
    and a non-event) carry information. `loglik_null` is the value at coefficients of zero.
    """

    strata: int
    strata_used: int


@dataclass(frozen=True)
class _Sets:
    """Informative strata of one size and number of cases: x (S, size, p), the cases first."""

    x: FloatArray
    cases: int


def conditional_logistic(
    event: ArrayLike,
    x: ArrayLike,
    strata: ArrayLike,
    *,
    event_label: str = "event",
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> ConditionalFit:
    """Odds ratios of the event within strata by the exact conditional likelihood.

    `event` (n,) 0/1; `x` (n, p), a column without within-stratum variation is refused; `strata`
    (n,) labels of pairs or larger sets. Strata without an event or without a non-event say nothing
    and are counted only. Raises UsageError for wrong shapes; AnalysisError for missing values, no
    informative stratum, columns constant within strata or collinear, separation, no convergence,
    and strata too large for the exact likelihood.
    Source: Breslow & Day 1980 ch. 7; Gail, Lubin & Rubinstein 1981.
    """
    y = binary_vector(event, "event")
    matrix = finite_matrix(x, "x", len(y))
    labels = column_names(names, matrix.shape[1])
    strata_count, groups = _informative(y, labelled("strata", strata, len(y)).codes)
    used = sum(len(rows) for rows, _ in groups)
    if not used:
        raise AnalysisError(f"{WHAT}: no stratum has both an event and a non-event.")
    if [rows.shape[1] for rows, _ in groups] == [2]:
        ml = _pairs(matrix, groups[0][0], labels)
    else:
        _refuse_large(groups, matrix.shape[1])
        ml = _sets_fit([_Sets(matrix[rows], cases) for rows, cases in groups], labels)
    return _fit(y, ml, labels, (strata_count, used), event_label, level)


def _informative(y: FloatArray, strata: IntArray) -> tuple[int, list[tuple[IntArray, int]]]:
    """The number of strata, and per (size, cases) the rows (S, size) of those with both outcomes.

    In every stratum the rows of cases come first.
    """
    order = np.argsort(2 * strata + (y == 0), kind="stable")
    sizes = np.bincount(strata)
    cases = np.bincount(strata, y).astype(np.int64)
    first = np.cumsum(sizes) - sizes
    both = np.flatnonzero((cases > 0) & (cases < sizes))
    kinds = np.unique(np.column_stack([sizes[both], cases[both]]), axis=0)
    groups = []
    for size, m in kinds.tolist():
        these = both[(sizes[both] == size) & (cases[both] == m)]
        groups.append((order[first[these][:, np.newaxis] + np.arange(size)], m))
    return len(sizes), groups


def _refuse_large(groups: list[tuple[IntArray, int]], p: int) -> None:
    """Raise AnalysisError, naming the size, for strata over which the recursion takes too long."""
    work = [steps(len(rows), rows.shape[1], cases) * (1 + p) ** 2 for rows, cases in groups]
    if sum(work) > MOST_STEPS:
        rows, cases = groups[int(np.argmax(work))]
        raise AnalysisError(
            f"{WHAT}: strata of {rows.shape[1]:,} rows with {cases:,} events and {p} columns take "
            "too long by the exact likelihood. Use logistic with a column for each stratum (as "
            "good in strata so large), or finer strata."
        )


def _pairs(x: FloatArray, rows: IntArray, labels: tuple[str, ...]) -> MaximumLikelihood:
    """The fit of pairs of a case and a non-case: a logistic fit of their differences."""
    difference = x[rows[:, 0]] - x[rows[:, 1]]
    try:
        return maximise(np.ones(len(rows)), difference, intercept=False, names=labels)
    except AnalysisError as error:
        raise AnalysisError("conditional " + str(error)) from None


def _sets_fit(sets: list[_Sets], labels: tuple[str, ...]) -> MaximumLikelihood:
    """The fit of sets of any size, on columns centred within sets and scaled."""
    centred = [_Sets(s.x - s.x.mean(axis=1, keepdims=True), s.cases) for s in sets]
    total = sum(np.square(s.x).sum(axis=(0, 1)) for s in centred)
    count = sum(s.x.shape[0] * s.x.shape[1] for s in centred)
    spread = np.sqrt(np.asarray(total) / count)
    scale = np.where(spread > 0, spread, 1.0)
    scaled = [_Sets(s.x / scale, s.cases) for s in centred]

    def curve_at(beta: FloatArray) -> Curve:
        return _total([_curve(block, beta) for s in scaled for block in _blocks(s)])

    top = maximum(curve_at, np.zeros(len(labels)), labels, what=WHAT)
    return MaximumLikelihood(
        coef=top.beta / scale,
        covariance=top.covariance / np.outer(scale, scale),
        loglik=top.loglik,
        loglik_null=top.first.loglik,
        iterations=top.iterations,
    )


def _blocks(sets: _Sets) -> list[_Sets]:
    """The sets in pieces whose second derivatives fit in memory."""
    m, p = min(sets.cases, sets.x.shape[1] - sets.cases), sets.x.shape[2]
    rows = max(1, BLOCK_NUMBERS // ((m + 1) * p * p + 1))
    return [_Sets(sets.x[a : a + rows], sets.cases) for a in range(0, len(sets.x), rows)]


def _total(curves: list[Curve]) -> Curve:
    """The sum of the log-likelihoods, scores and information matrices."""
    score, information = np.zeros_like(curves[0].score), np.zeros_like(curves[0].information)
    for curve in curves:
        score += curve.score
        information += curve.information
    return Curve(float(sum(c.loglik for c in curves)), score, information)


def _curve(sets: _Sets, beta: FloatArray) -> Curve:
    """Conditional log-likelihood, score and information of sets of one size.

    The recursion chooses the smaller of cases and non-cases: choosing the non-cases is the same
    likelihood with the signs turned.
    """
    size = sets.x.shape[1]
    turned = 2 * sets.cases > size
    chosen = size - sets.cases if turned else sets.cases
    x = -sets.x if turned else sets.x
    eta = x @ beta
    shift = log_odds_of_choice(eta, chosen)[:, np.newaxis]
    value, slope, bend = chance_of_choosing(expit(eta + shift), x, chosen)
    picked = slice(sets.cases, None) if turned else slice(0, sets.cases)
    with np.errstate(divide="ignore", invalid="ignore"):  # too far out: NaN, and the step is halved
        mean = slope / value[:, np.newaxis]
        # Of the sum over subsets: chance of the number, times all the odds' sums.
        denominator = np.log(value) + log1p_exp(eta + shift).sum(axis=1)
        loglik = (eta + shift)[:, picked].sum() - denominator.sum()
        score = x[:, picked].sum(axis=(0, 1)) - mean.sum(axis=0)
        information = np.einsum("s,sij->ij", 1.0 / value, bend) - mean.T @ mean
    return Curve(float(loglik), score, information)


def _fit(
    y: FloatArray,
    ml: MaximumLikelihood,
    labels: tuple[str, ...],
    strata: tuple[int, int],
    event_label: str,
    level: float,
) -> ConditionalFit:
    """The fit with Wald intervals and tests."""
    odds = ratios(ml.coef, ml.covariance, level)
    return ConditionalFit(
        names=labels,
        coef=ml.coef,
        se=odds.se,
        covariance=ml.covariance,
        odds_ratio=odds.ratio,
        lo=odds.lo,
        hi=odds.hi,
        p=odds.p,
        n=len(y),
        events=int(y.sum()),
        strata=strata[0],
        strata_used=strata[1],
        event_label=event_label,
        loglik=ml.loglik,
        loglik_null=ml.loglik_null,
        iterations=ml.iterations,
        method="conditional logistic, exact likelihood",
        variance="model (inverse conditional information)",
        interval="Wald",
        level=level,
    )
