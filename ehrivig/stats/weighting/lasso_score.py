"""A propensity score learned from thousands of covariates: an L1-penalised logistic regression.

The penalty is the one whose models predict best who is exposed among people that they have not seen
(cross-validation); the score is then fitted in everybody. What tells the arms apart stays, the rest
is 0. By scikit-learn (`LogisticRegression`, liblinear), on a sparse matrix.
Source: Schneeweiss et al. 2009 (high-dimensional scores); Tian, Schuemie & Suchard 2018 (lasso over
large-scale covariates); Walker et al. 2013 (preference score).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.arrays import ROUNDING, random_seed, whole_number
from ehrivig.stats.design_matrix import arm_vector, finite_matrix
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.shown import Shown

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

_WEAKEST, _PENALTIES = 300.0, 12
"""How much weaker than the one that lets nothing in the weakest penalty is; penalties tried."""
_BEYOND = 3.0
"""The search ends with a penalty that predicts worse than the best by so many standard errors: less
may be a bump before what is not yet let in."""
_SEARCHED, _FITTED = 1e-2, 1e-5
"""How near fits come to their end while a penalty is looked for, and at last."""
_FARTHEST = 1e30
"""The largest value that the fits take."""
_INTERCEPT = 1000.0
"""What the intercept is multiplied by in its column, lest the penalty hold it."""


@dataclass(frozen=True, repr=False)
class LassoScore(Shown):
    """The chance of exposure of each row, and how well it was learned.

    `score` (n,) by the model of all rows; `held_out` (n,) by models that had not seen the row;
    `coef` (p,), 0 for what was left out; `penalty` on the sum of their absolute values, in units of
    the mean log loss; `loss` (k,) the mean held-out log loss at each of `penalties` (k,), strongest
    first. `c_statistic` of the held-out chances: 0.5 where nothing tells the arms apart.
    """

    SUMMARY: ClassVar[tuple[str, ...]] = ("n", "exposed", "kept", "penalty", "c_statistic")

    score: FloatArray
    held_out: FloatArray
    coef: FloatArray
    penalty: float
    penalties: FloatArray
    loss: FloatArray
    c_statistic: float
    folds: int
    n: int
    exposed: int

    @property
    def kept(self) -> int:
        """How many covariates are in the score."""
        return int((self.coef != 0).sum())


def lasso_score(
    exposed: ArrayLike, x: ArrayLike | csr_matrix, *, folds: int = 5, seed: int = 0
) -> LassoScore:
    """The chance of `exposed` (n,) 0/1 given the columns of `x` (n, p), sparse or not.

    The penalty weighs each column as it is: one of twice the size is penalised half. Who is in
    which of the `folds` does not depend on the order of the rows. Raises UsageError for options out
    of range and wrong shapes; AnalysisError for missing values, an arm with fewer than two people
    for each fold, and where nothing tells the arms apart better than chance.
    """
    folds = whole_number(folds, "folds", 2)
    arm = arm_vector(exposed, "exposed")
    columns = _columns(x, len(arm))
    fewest = min(int(arm.sum()), int((~arm).sum()))
    if fewest < 2 * folds:
        raise AnalysisError(
            f"lasso score: the smaller arm has fewer than {2 * folds} people, two for each of "
            f"{folds} folds."
        )
    order = _order(arm, columns)
    place = np.argsort(order, kind="stable")
    arm, columns = arm[order], columns[order]
    least = _least(arm, columns)
    fold = _folds(arm, folds, random_seed(seed) or 0)
    strengths = least * np.geomspace(1.01, _WEAKEST, _PENALTIES)
    losses, held_out = _searched(arm, columns, fold, strengths)
    best = int(np.argmin(losses))
    fit = _fitted(columns, arm, float(strengths[best]), _FITTED)
    coef: FloatArray = np.asarray(fit.coef_[0], dtype=np.float64)
    if not coef.any() or losses[best] >= _without(arm):
        raise _nothing()
    return LassoScore(
        score=np.asarray(fit.predict_proba(columns)[:, 1], dtype=np.float64)[place],
        held_out=held_out[place],
        coef=coef,
        penalty=float(1 / (strengths[best] * len(arm))),
        penalties=1 / (strengths[: len(losses)] * len(arm)),
        loss=losses,
        c_statistic=_c_statistic(arm, held_out),
        folds=folds,
        n=len(arm),
        exposed=int(arm.sum()),
    )


def preference(score: ArrayLike, share: float) -> FloatArray:
    """The score as it were if half of all people were exposed: (n,), from their `share`.

    Between 0.3 and 0.7 either is chosen: the part of people for whom there is a choice.
    """
    if not 0 < share < 1:
        raise UsageError(f"share: {share!r}; the share of the exposed lies between 0 and 1.")
    return np.asarray(expit(logit(np.asarray(score, dtype=np.float64)) - logit(share)))


def _columns(x: ArrayLike | csr_matrix, n: int) -> csr_matrix:
    """The covariates as a sparse matrix (n, p); AnalysisError where one is missing or infinite."""
    if hasattr(x, "tocsr"):
        found = csr_matrix(x, dtype=np.float64)
        if found.shape[0] != n:
            raise UsageError(f"x: expected {n} rows, got {found.shape[0]}.")
        finite_matrix(found.data, "x", found.nnz)
    else:
        found = csr_matrix(finite_matrix(x, "x", n))
    if float(np.abs(found.data).max(initial=0.0)) > _FARTHEST:
        raise AnalysisError(f"x: values beyond {_FARTHEST:g}, with which no fit ends. Scale them.")
    return found


def _order(arm: BoolArray, columns: csr_matrix) -> IntArray:
    """The rows sorted by what they hold, so that their order changes nothing."""
    random = np.random.default_rng(0).random(columns.shape[1])
    return np.lexsort((arm, columns @ random)).astype(np.int64)


def _least(arm: BoolArray, columns: csr_matrix) -> float:
    """The strength (1 / penalty) from which on something is let in."""
    slope = np.abs(columns.T @ (arm - arm.mean()))
    if slope.max(initial=0.0) <= ROUNDING * len(arm):
        raise _nothing()
    return float(1 / slope.max())


def _nothing() -> AnalysisError:
    return AnalysisError("lasso score: nothing tells the arms apart better than chance.")


def _folds(arm: BoolArray, folds: int, seed: int) -> IntArray:
    """The fold of each row (n,), dealt within the arms."""
    dealt: IntArray = np.empty(len(arm), dtype=np.int64)
    for side in (False, True):
        rows = np.flatnonzero(arm == side)
        rng = np.random.default_rng((seed, int(side)))
        dealt[rows] = rng.permutation(len(rows)) % folds
    return dealt


def _searched(
    arm: BoolArray, columns: csr_matrix, fold: IntArray, strengths: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The held-out loss at each strength that was tried, and the chances (n,) at the best."""
    losses: list[FloatArray] = []
    best: FloatArray = np.full(len(arm), float(arm.mean()))
    for strength in strengths:
        chance = np.empty(len(arm))
        try:
            for one in range(int(fold.max()) + 1):  # sliced anew: all are as many matrices
                seen, here = fold != one, fold == one
                model = _fitted(columns[seen], arm[seen], float(strength), _SEARCHED)
                chance[here] = model.predict_proba(columns[here])[:, 1]
        except AnalysisError:
            if not losses:
                raise
            break  # nor would a weaker one come to an end
        losses.append(_losses(arm, chance))
        means = [float(one.mean()) for one in losses]
        if means[-1] == min(means):
            best = chance
        elif _no_better(losses[-1], losses[int(np.argmin(means))]):
            break
    return np.array([float(one.mean()) for one in losses]), best


def _no_better(last: FloatArray, best: FloatArray) -> bool:
    """Whether the last predicts worse than the best beyond chance."""
    worse = last - best
    error = float(worse.std()) / float(np.sqrt(len(worse)))
    return float(worse.mean()) > _BEYOND * error


def _fitted(x: csr_matrix, arm: BoolArray, strength: float, close: float) -> LogisticRegression:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(
        C=strength,
        l1_ratio=1.0,
        solver="liblinear",
        intercept_scaling=_INTERCEPT,
        random_state=0,
        max_iter=1000,
        tol=close,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return model.fit(x, arm)
        except ConvergenceWarning as error:
            raise AnalysisError(
                "lasso score: the fit does not come to an end (columns of very unlike size)."
            ) from error


def _losses(arm: BoolArray, chance: FloatArray) -> FloatArray:
    """The log loss of each row's chance, (n,)."""
    return -np.log(np.maximum(np.where(arm, chance, 1 - chance), np.finfo(np.float64).tiny))


def _without(arm: BoolArray) -> float:
    """The loss of who knows nothing but how many are exposed."""
    return float(_losses(arm, np.full(len(arm), float(arm.mean()))).mean())


def _c_statistic(arm: BoolArray, chance: FloatArray) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(arm, chance))
