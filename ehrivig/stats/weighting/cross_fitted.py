"""Doubly robust effects with learned nuisance functions, each person predicted by others' fits.

Score and outcome models that are linear in the covariates lean where the truth bends. Here both are
learned (scikit-learn), by an L1-penalised logistic regression on the covariates, their squares and
products, by boosted trees, or by the best of these, and cross-fitted: the people are dealt into
folds, and nobody is predicted by a model that has seen them, so that learning takes nothing from
the interval.
Source: Chernozhukov et al. 2018 (double machine learning); Zivich & Breskin 2021; van der Laan &
Rose 2011; Zheng & van der Laan 2011 (targeted).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import MOST_REPEATED, one_of, random_seed, whole_number
from ehrivig.stats.expansion import scaled, squares_and_products
from ehrivig.stats.regression.marginal import (
    Cohort,
    MarginalEffects,
    Report,
    cohort_of,
    influence_covariance,
)
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.wald import quantile
from ehrivig.stats.weighting.estimands import estimand_over
from ehrivig.stats.weighting.learners import (
    INNER_FOLDS,
    NAMES,
    Learner,
    Make,
    best_of_three,
    boosted,
    lasso,
    too_few,
)

_NEAREST = 1e-6
"""How near to 0 or 1 a predicted risk may be, to have log odds."""
_FARTHEST = 60.0
"""How far log odds may be shifted: beyond what any predicted risk needs."""


def cross_fitted_aipw(
    event: ArrayLike,
    exposed: ArrayLike,
    x: ArrayLike,
    *,
    learner: Learner = "lasso",
    folds: int = 5,
    splits: int = 5,
    seed: int = 0,
    plain: int = 0,
    targeted: bool = False,
    cluster: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    event_label: str = "event",
    level: float = 0.95,
) -> MarginalEffects:
    """Augmented inverse-probability-weighted effects in everybody (ATE), models learned.

    `event`, `exposed` (n,) 0/1, `x` (n, p) covariates, of which the last `plain` enter as they are
    (hospitals: no products of them). `folds` keep arms and events alike; the same people are in one
    whatever the order of the rows. People are dealt anew in each of `splits`: the estimate is the
    median of them, and its variance the median of theirs with the distance from it. The penalty is
    half of what has the best likelihood on 3 inner folds. Scores are bounded by 5 / (root n log n)
    (Gruber et al. 2022). Standard errors by the influence function, summed within `cluster`.

    `targeted`: targeted maximum likelihood (TMLE). The risks that were predicted are moved, in each
    arm by one shift of their log odds, until the weighted people of the arm have as many events as
    predicted; so that a risk stays between 0 and 1 whatever the weights.

    Raises UsageError for options out of range; AnalysisError where an arm is empty, and where one
    has fewer events, or others, than two in each fold, or than the inner folds need.
    """
    one_of("learner", learner, get_args(Learner))
    folds = whole_number(folds, "folds", 2)
    splits = whole_number(splits, "splits", 1, MOST_REPEATED)
    plain = whole_number(plain, "plain", 0)
    cohort = _in_order(cohort_of(event, exposed, x, cluster, names))
    if plain > cohort.x.shape[1]:
        raise UsageError(f"plain: {plain} of {cohort.x.shape[1]} covariates.")
    columns, make = _learned_by(learner, cohort, plain)
    streams = np.random.SeedSequence(random_seed(seed) or 0).generate_state(splits)
    dealt = [_folds(cohort, folds, int(stream)) for stream in streams]
    found = [_once(cohort, columns, fold, make, targeted=targeted) for fold in dealt]
    risks, covariance = _median(found)
    name = "TMLE" if targeted else "AIPW"
    method = f"{name}, cross-fitted in {folds} folds, {NAMES[learner]}"
    report = Report(cohort, event_label, level, estimand_over("all").name, method)
    return report.from_covariance(
        risks, covariance, f"influence function, cross-fitted, median of {splits} splits"
    )


def _learned_by(learner: Learner, cohort: Cohort, plain: int) -> tuple[FloatArray, Make]:
    """The columns that a learner has, and what learns from them."""
    if learner == "boosting":
        return cohort.x, boosted
    bent, _ = squares_and_products(cohort.x, cohort.names, plain)
    columns = np.hstack((scaled(cohort.x), scaled(bent)))
    if learner == "lasso":
        return columns, lasso
    return columns, partial(best_of_three, own=cohort.x.shape[1])


def _once(
    cohort: Cohort, columns: FloatArray, fold: IntArray, make: Make, *, targeted: bool
) -> tuple[FloatArray, FloatArray]:
    """Risks (exposed, unexposed), (2,), and their covariance by one way of dealing."""
    score, risks = _predicted(cohort, columns, fold, make)
    values = []
    for arm, chance, risk in zip((cohort.exposed, ~cohort.exposed), score, risks, strict=True):
        told = _targeted(cohort.event, arm, chance, risk) if targeted else risk
        values.append(told + arm * (cohort.event - told) / chance)
    phi = np.column_stack(values)
    means = phi.mean(axis=0)
    return means, influence_covariance(cohort, phi - means)


def _targeted(
    event: FloatArray, arm: BoolArray, chance: FloatArray, risk: FloatArray
) -> FloatArray:
    """The risks (n,), their log odds shifted until the arm, weighted by 1 / chance, fits them."""
    odds = logit(np.clip(risk, _NEAREST, 1 - _NEAREST))[arm]
    weight, happened = 1 / chance[arm], event[arm]

    def left(shift: float) -> float:
        return float(weight @ (happened - expit(odds + shift)))

    shift = brentq(left, -_FARTHEST, _FARTHEST, xtol=1e-12)
    return np.asarray(expit(logit(np.clip(risk, _NEAREST, 1 - _NEAREST)) + shift))


def _median(found: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """The split whose risk difference is the median, its covariance widened by the distances.

    AnalysisError where a risk, or a limit of its difference, lies outside what can be.
    """
    differences = np.array([risks[0] - risks[1] for risks, _ in found])
    middle = int(np.argsort(differences, kind="stable")[len(found) // 2])
    risks, covariance = found[middle]
    gradient = np.array([1.0, -1.0])
    variances = np.array([gradient @ one @ gradient for _, one in found])
    spread = np.median(variances + (differences - differences[middle]) ** 2)
    widened = covariance * (spread / variances[middle])
    error = float(np.sqrt(spread))
    outside = bool(((risks <= 0) | (risks >= 1)).any())
    if outside or abs(differences[middle]) + quantile(0.95) * error > 1:
        raise AnalysisError("cross-fitted: a risk outside 0 to 1: too extreme weights.")
    return risks, widened


def _in_order(cohort: Cohort) -> Cohort:
    """The cohort sorted by what its rows hold, so that their order changes nothing.

    Rows that differ in their arm alone follow the smaller arm, so that the arms may change names.
    """
    group = np.zeros(len(cohort.event)) if cohort.cluster is None else cohort.cluster
    keys = (group, *cohort.x.T, cohort.event)
    plain = cohort.take(np.lexsort((cohort.exposed, *keys)))
    place, arms = _places(plain), (plain.exposed, ~plain.exposed)
    sizes = [(int(arm.sum()), zlib.crc32(place[arm].tobytes())) for arm in arms]
    order = np.lexsort((cohort.exposed ^ (sizes[0] > sizes[1]), *keys))
    sorted_rows = cohort.take(order)
    if cohort.cluster is None:
        return sorted_rows
    return replace(sorted_rows, cluster=cohort.cluster[order], groups=cohort.groups)


def _folds(cohort: Cohort, folds: int, seed: int) -> IntArray:
    """The fold of each row of a sorted cohort, (n,): dealt within arm and event, or by cluster."""
    kind = 2 * cohort.exposed.astype(np.int64) + cohort.event.astype(np.int64)
    fewest = int(np.bincount(kind, minlength=4).min())
    if fewest < 2 * folds or fewest - -(-fewest // folds) < INNER_FOLDS:
        raise too_few(folds)
    if cohort.cluster is not None:
        dealt = np.random.default_rng(seed).permutation(cohort.groups)
        return np.asarray(dealt[cohort.cluster] % folds)
    fold, place = np.empty(len(kind), dtype=np.int64), _places(cohort)
    for one in range(4):
        rows = np.flatnonzero(kind == one)
        own = zlib.crc32(place[rows].tobytes())  # the arms may change their names, and x its unit
        fold[rows] = (np.random.default_rng((seed, own)).permutation(len(rows)) + own) % folds
    return fold


def _places(cohort: Cohort) -> IntArray:
    """The place of each row of a sorted cohort, (n,), the same for rows that differ in arm only."""
    held = np.column_stack((cohort.event, cohort.x))
    new = (held[1:] != held[:-1]).any(axis=1)
    return np.concatenate(([0], np.cumsum(new))).astype(np.int64)


def _predicted(
    cohort: Cohort, columns: FloatArray, fold: IntArray, make: Make
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """The chance of each arm, and the risk in it, of every row by models that never saw it."""
    chance, risk = np.empty(len(fold)), np.empty((len(fold), 2))
    event = cohort.event > 0
    for number in np.unique(fold):
        seen, here = fold != number, fold == number
        chance[here] = _chance(make, columns[seen], cohort.exposed[seen], columns[here])
        for k, arm in enumerate((cohort.exposed, ~cohort.exposed)):
            among = seen & arm
            risk[here, k] = _chance(make, columns[among], event[among], columns[here])
    least = min(5 / (np.sqrt(len(fold)) * np.log(len(fold))), 0.25)
    chance = np.clip(chance, least, 1 - least)
    return (chance, 1 - chance), (risk[:, 0], risk[:, 1])


def _chance(make: Make, x: FloatArray, answer: BoolArray, of: FloatArray) -> FloatArray:
    """The chance of the answer for the rows `of`, by what was learned from `x`."""
    model: Any = make(x, answer)
    return np.asarray(model.predict_proba(of)[:, 1], dtype=np.float64)
