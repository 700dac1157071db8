"""The propensity score: each admission's chance of the exposure by the matching variables."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.dataset import Floats, exposed, matrix, score_names
from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.design_matrix import column_names, near_zero
from ehrivig.stats.regression.logistic import logistic, predicted
from ehrivig.study import Study

SEPARATED = "the score was fitted by Firth's penalised likelihood"


def scores(table: pl.DataFrame, study: Study) -> Floats:
    """The propensity score of each row (rows,), NaN where a matching variable is missing.

    Raises AnalysisError as `propensity` does.
    """
    names = score_names(table, study)
    arm, x = exposed(table), matrix(table, names)
    complete = ~np.isnan(x).any(axis=1)
    score = np.full(table.height, np.nan)
    score[complete] = propensity(arm[complete], x[complete], names)
    return score


def propensity(arm: NDArray[np.bool_], x: Floats, names: Sequence[str] | None = None) -> Floats:
    """Probability of exposure of each row, by maximum likelihood; shape (rows,).

    `arm` (rows,), `x` (rows, p) without an intercept column. A penalty is left out on purpose:
    shrunken scores give other pairs. Only where the covariates separate the arms, so that there is
    no maximum, is the likelihood penalised (Firth 1993), with a NumericalWarning. A covariate that
    is the same in all rows says nothing and is left out of the model. Raises AnalysisError when an
    arm is empty. Source: Rosenbaum & Rubin 1983; Heinze & Schemper 2002.
    """
    if arm.all() or not arm.any():
        empty = "unexposed" if arm.all() else "exposed"
        raise AnalysisError(f"no {empty} admission with complete matching variables")
    varies = np.array([column.max() != column.min() for column in x.T], dtype=bool)
    labels = column_names(names, x.shape[1])
    kept = [name for name, keep in zip(labels, varies, strict=True) if keep]
    if not kept:
        return np.full(len(arm), arm.mean())
    used = near_zero(x[:, varies])
    fit = logistic(arm.astype(float), used, names=kept, interval="none", firth="auto")
    if "Firth" in fit.method:
        warnings.warn(f"{SEPARATED} ({'; '.join(fit.notes)})", NumericalWarning, stacklevel=2)
    return predicted(fit, used)
