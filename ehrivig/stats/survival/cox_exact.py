"""The exact partial likelihood for tied event times (as R's `coxph(ties = "exact")`).

At an event time with d deaths among m at risk the denominator is the sum, over all subsets of d
rows, of exp(sum of x b): an elementary symmetric polynomial. It and its derivatives follow from
adding one row at a time, and one pass from late to early times serves every risk set.
Source: Gail, Lubin and Rubinstein 1981.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.newton import Curve
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox_likelihood import CoxDesign

_MOST_TIED = 600


@dataclass
class _Polynomial:
    """Elementary symmetric polynomials 0..d of the rows added so far, with two derivatives."""

    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray

    @classmethod
    def empty(cls, degree: int, p: int) -> _Polynomial:
        """Return the polynomials of no rows: 1, 0, 0, ..."""
        value = np.zeros(degree + 1)
        value[0] = 1.0
        return cls(value, np.zeros((degree + 1, p)), np.zeros((degree + 1, p, p)))

    def add(self, risk: float, x: FloatArray) -> None:
        """Add one row with relative risk `risk` and covariates `x` (p,)."""
        below, slope = self.value[:-1], self.gradient[:-1]
        cross = slope[:, :, None] * x
        second = self.hessian[:-1] + cross + cross.transpose(0, 2, 1)
        second += below[:, None, None] * np.outer(x, x)
        first = slope + below[:, None] * x
        step = risk * below
        self.hessian[1:] += risk * second
        self.gradient[1:] += risk * first
        self.value[1:] += step


def evaluate_exact(data: CoxDesign, coef: FloatArray) -> Curve:
    """Return log-likelihood, score (p,) and information (p, p) of the exact partial likelihood.

    Raises AnalysisError with more than 600 deaths on one time (use Efron) or with weights.
    """
    p = coef.size
    eta = data.x @ coef
    loglik = float(eta[data.sets.event_rows].sum())
    score, information = data.event_sum.copy(), np.zeros((p, p))
    for index in _strata_of_events(data):
        for d, polynomial, offset in _walk(data, eta, index):
            value = polynomial.value[d]
            mean = polynomial.gradient[d] / value
            loglik -= float(np.log(value)) - d * offset
            score -= mean
            information += polynomial.hessian[d] / value - np.outer(mean, mean)
    return Curve(loglik, score, information)


def refuse_unfit(data: CoxDesign) -> None:
    """Raise AnalysisError where the exact likelihood is not defined or not computable."""
    if data.weights is not None:
        raise AnalysisError("cox: weights have no exact partial likelihood. Use ties='efron'.")
    most = int(data.sets.n_tied.max())
    if most > _MOST_TIED:
        raise AnalysisError(
            f"cox: {most} deaths on one time are too many for exact ties. Use ties='efron'."
        )


def _strata_of_events(data: CoxDesign) -> list[IntArray]:
    """Return the event-time indices of each stratum, late to early."""
    pieces = np.split(np.arange(data.sets.size), data.sets.first_of_stratum[1:])
    return [piece[::-1] for piece in pieces]


def _walk(data: CoxDesign, eta: FloatArray, index: IntArray):  # type: ignore[no-untyped-def]
    """Yield (deaths, polynomial of the risk set, log scale) for each event time of one stratum.

    Relative risks are scaled so that the polynomials stay near 1: their degree-d value carries the
    factor exp(d * log scale).
    """
    sets = data.sets
    degree = int(sets.n_tied[index].max())
    lowest, highest = int(index[-1]) + 1, int(index[0]) + 1
    rows = np.flatnonzero((sets.slot >= lowest) & (sets.slot <= highest))
    offset = np.log(degree) - _log_sum(eta[rows])
    risk = np.exp(eta[rows] + offset)
    late_entry = sets.entry_slot is not None
    polynomial = _Polynomial.empty(degree, data.x.shape[1])
    last = rows.size
    for j in index:
        start = int(np.searchsorted(sets.slot[rows], j + 1))
        if late_entry:
            assert sets.entry_slot is not None
            polynomial, last = _Polynomial.empty(degree, data.x.shape[1]), rows.size
        for i in range(start, last):
            if not late_entry or sets.entry_slot[rows[i]] <= j:  # type: ignore[index]
                polynomial.add(float(risk[i]), data.x[rows[i]])
        last = start
        yield int(sets.n_tied[j]), polynomial, offset


def _log_sum(values: FloatArray) -> float:
    """Return log(sum(exp(values)))."""
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))
