"""What the nuisance functions of doubly robust estimators are learned by (scikit-learn)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import ROUNDING
from ehrivig.stats.result import BoolArray, FloatArray

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin
    from sklearn.pipeline import Pipeline

Learner = Literal["lasso", "boosting", "super_learner"]
NAMES: dict[str, str] = {
    "lasso": "L1-penalised logistic models with squares and products",
    "boosting": "boosted trees",
    "super_learner": "of logistic, L1-penalised and boosted models the best",
}
Make = Callable[[FloatArray, BoolArray], Any]
"""Learns from covariates (n, p) and a yes/no answer (n,)."""
INNER_FOLDS = 3
"""The folds that choose a penalty."""
WEAKER = 2.0
"""How much weaker the penalty is than what predicts best (undersmoothing)."""
_ALIKE = 1e-9
"""Squared errors that differ by less are alike, and the plainer model is taken."""
_PENALTIES, _WEAKEST = 10, 300.0
"""Penalties tried, and how much weaker than all-zero the weakest is."""


def too_few(folds: int) -> AnalysisError:
    """An arm cannot be dealt into folds."""
    return AnalysisError(
        "cross-fitted: an arm has too few with the event, or without it, to be dealt into "
        f"{folds} folds. Name another analysis."
    )


def lasso(x: FloatArray, answer: BoolArray) -> ClassifierMixin:
    """An L1-penalised logistic regression, its penalty a share of what predicts best.

    What predicts best leaves too much of the confounding in, for the sake of variance. Where no
    column has anything to do with the answer there is nothing to penalise, and its share predicts.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
    from sklearn.model_selection import StratifiedKFold
    from sklearn.svm import l1_min_c

    if min(int(answer.sum()), int((~answer).sum())) < INNER_FOLDS:
        raise too_few(INNER_FOLDS)
    slope = np.abs((answer - answer.mean()) @ x) / len(x)
    if slope.max(initial=0.0) <= ROUNDING:
        return DummyClassifier(strategy="prior").fit(x, answer)
    least = float(l1_min_c(x, answer, loss="log"))
    common = {"solver": "liblinear", "intercept_scaling": 10.0, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of the weakest; the last is looked at
        best = LogisticRegressionCV(
            Cs=least * np.geomspace(1.01, _WEAKEST, _PENALTIES),
            cv=StratifiedKFold(INNER_FOLDS),
            l1_ratios=(1.0,),
            scoring="neg_log_loss",
            max_iter=200,
            tol=1e-3,
            use_legacy_attributes=False,
            **common,
        ).fit(x, answer)
        strength = float(best.C_) * WEAKER
        model = LogisticRegression(C=strength, l1_ratio=1.0, max_iter=5000, tol=1e-6, **common)
        model.fit(x, answer)
    if int(np.max(model.n_iter_)) >= model.max_iter:
        raise AnalysisError("cross-fitted: the lasso does not converge (collinear columns).")
    return model


def boosted(x: FloatArray, answer: BoolArray) -> ClassifierMixin:
    """Shallow boosted trees that stop early on a tenth held back."""
    return _trees(100, early_stopping=True).fit(x, answer)


def best_of_three(x: FloatArray, answer: BoolArray, *, own: int) -> Any:
    """Of a logistic model, the lasso and boosted trees the one that predicts best (super learner).

    The first `own` columns of `x` are the covariates themselves; the lasso has all, the others
    those. Each is asked of people whom it has not seen, in `INNER_FOLDS` folds; the least squared
    error decides. One is chosen, not all averaged: an average takes from the lasso that its penalty
    is weak (simulated, 40 cohorts that bend: bias 0.030 and coverage 85%, against 0.004 and 97%).
    Source: van der Laan, Polley & Hubbard 2007 (discrete super learner).
    """
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    trees = _of_own(own, _trees(50, early_stopping=False))
    models = (_logistic(own).fit(x, answer), lasso(x, answer), trees.fit(x, answer))
    folds = StratifiedKFold(INNER_FOLDS)
    errors = []
    for one in models:
        told = cross_val_predict(clone(one), x, answer, cv=folds, method="predict_proba")[:, 1]
        errors.append(float(((told - answer) ** 2).mean()))
    return models[int(np.argmin(np.array(errors) + _ALIKE * np.arange(len(errors))))]


def _logistic(own: int) -> Pipeline:
    """A logistic regression on the covariates themselves, hardly penalised."""
    from sklearn.linear_model import LogisticRegression

    return _of_own(own, LogisticRegression(C=10.0, max_iter=1000))


def _trees(most: int, *, early_stopping: bool) -> ClassifierMixin:
    """Shallow boosted trees. Without `early_stopping` nothing is held back, so nothing is drawn."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=most,
        max_depth=3,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=early_stopping,
        random_state=0,
    )


def _of_own(own: int, model: ClassifierMixin) -> Pipeline:
    """A model of the first columns alone."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import make_pipeline

    return make_pipeline(ColumnTransformer([("own", "passthrough", slice(0, own))]), model)
