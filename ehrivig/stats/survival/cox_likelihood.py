"""The Cox partial likelihood with its derivatives, Efron or Breslow ties, in O(n p^2).

With r = w exp(x b), S0, S1 = sums of r, r x over a risk set, D0, D1 the same over its tied deaths,
Efron's term k of d has denominator S0 - (k/d) D0. The second-moment sums S2 are never formed: the
order of summation is exchanged, so that the information is X' diag(c) X minus products of (J, p)
matrices (see `risk_sets`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.newton import Curve
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.follow_up_input import standardised
from ehrivig.stats.survival.risk_sets import RiskSets, sums_by

_BLOCK_ROWS = 2_048


@dataclass(frozen=True)
class Tied:
    """The q event times with tied deaths under Efron's method (none under Breslow's).

    index : (q,) their positions among the J event times. rows, row_index : (m,) the deaths on them
    and the position 0..q-1 of each.
    """

    index: IntArray
    rows: IntArray
    row_index: IntArray

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of `values` (n,) over the deaths at each tied event time, shape (q,)."""
        return sums_by(self.row_index, values[self.rows], self.index.size)


@dataclass(frozen=True)
class CoxDesign:
    """A Cox model's data with rows by stratum, then time.

    x : (n, p) centred and scaled by (center, scale), both (p,). weights : (n,) or None.
    row : (n,) the caller's row number of each row. sets : risk sets of these rows.
    mean_weight : (J,) mean weight of the deaths at each event time.
    term_index, term_fraction : (m,) event time and k/d of each of the m Efron terms (k/d is 0 for
    Breslow). later_terms : the terms with k > 0. tied : the event times that need D0 and D1.
    time, entry : (n,) follow-up and entry times (entry None: all from the origin).
    event_sum : (p,) weighted sum of x over the events.
    """

    x: FloatArray
    center: FloatArray
    scale: FloatArray
    weights: FloatArray | None
    time: FloatArray
    entry: FloatArray | None
    row: IntArray
    sets: RiskSets
    mean_weight: FloatArray
    term_index: IntArray
    term_fraction: FloatArray
    later_terms: IntArray
    event_sum: FloatArray
    tied: Tied
    ties: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows n and covariates p."""
        return self.x.shape[0], self.x.shape[1]


@dataclass(frozen=True)
class Moments:
    """Risk-set sums at one coefficient vector; see the head of this module for the letters.

    risk : (n,) r. s1 : (J, p); d1 : (q, p) at the tied event times. inverse, inverse2 : sums over
    the tie terms of f^m / denominator (m = 0, 1) and of f^m / denominator^2 (m = 0, 1, 2), (J,).
    """

    risk: FloatArray
    loglik: float
    s1: FloatArray
    d1: FloatArray
    inverse: tuple[FloatArray, FloatArray]
    inverse2: tuple[FloatArray, FloatArray, FloatArray]


def design(
    x: FloatArray,
    time: FloatArray,
    entry: FloatArray | None,
    weights: FloatArray | None,
    sets: RiskSets,
    ties: str,
) -> CoxDesign:
    """Return the sorted and standardised data. x : (n, p); time, entry, weights : (n,)."""
    order = sets.order
    ordered, center, scale = standardised(x, order)
    sets = sets.in_order()
    w = None if weights is None else weights[order]
    d = sets.tied()
    term_index = np.repeat(np.arange(sets.size), sets.n_tied)
    first = np.cumsum(sets.n_tied) - sets.n_tied
    k = np.arange(term_index.size) - first[term_index]
    fraction = k / d[term_index] if ties == "efron" else np.zeros(k.size)
    events = ordered[sets.event_rows]
    return CoxDesign(
        x=ordered,
        center=center,
        scale=scale,
        weights=w,
        time=time[order],
        entry=None if entry is None else entry[order],
        row=order,
        sets=sets,
        mean_weight=np.ones(sets.size) if w is None else sets.tied(w) / d,
        term_index=term_index,
        term_fraction=fraction,
        later_terms=np.flatnonzero(fraction),
        event_sum=events.sum(axis=0) if w is None else w[sets.event_rows] @ events,
        tied=_tied(sets, ties),
        ties=ties,
    )


def _tied(sets: RiskSets, ties: str) -> Tied:
    """Return the event times with tied deaths, none for Breslow's method."""
    several = (sets.n_tied > 1) & (ties == "efron")
    chosen = several[sets.event_index]
    position = np.cumsum(several) - 1
    return Tied(
        np.flatnonzero(several), sets.event_rows[chosen], position[sets.event_index[chosen]]
    )


def moments(data: CoxDesign, coef: FloatArray) -> Moments:
    """Return the risk-set sums at `coef` (p,), on the standardised scale."""
    sets = data.sets
    eta = data.x @ coef
    shift = float(eta.max())
    risk = np.exp(eta - shift)
    if data.weights is not None:
        risk *= data.weights
    s0 = sets.at_risk(risk)
    fraction, index = data.term_fraction, data.term_index
    d0 = np.zeros(sets.size)
    d0[data.tied.index] = data.tied.sums(risk)
    denominator = s0[index] - fraction * d0[index]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = np.log(denominator) + shift
        inverse = 1 / denominator
    event_eta = eta[sets.event_rows]
    if data.weights is not None:
        event_eta = event_eta * data.weights[sets.event_rows]
    s1, d1 = _first_moments(data, risk)
    inverses, squares = _reciprocal_sums(data, inverse)
    return Moments(
        risk=risk,
        loglik=float(event_eta.sum() - data.mean_weight[index] @ logs),
        s1=s1,
        d1=d1,
        inverse=inverses,
        inverse2=squares,
    )


def _reciprocal_sums(
    data: CoxDesign, inverse: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]:
    """Return the sums over the tie terms of f^m inverse (m = 0, 1) and f^m inverse^2 (0, 1, 2).

    inverse : (m,) one over each term's denominator. Only tied terms have f > 0.
    """
    index, size = data.term_index, data.sets.size
    later = data.later_terms
    f, at, part = data.term_fraction[later], index[later], inverse[later]
    with np.errstate(over="ignore"):
        square, part2 = inverse**2, part**2
        return (
            (sums_by(index, inverse, size), sums_by(at, f * part, size)),
            (
                sums_by(index, square, size),
                sums_by(at, f * part2, size),
                sums_by(at, f**2 * part2, size),
            ),
        )


def _first_moments(data: CoxDesign, risk: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return S1 (J, p) and, at the tied event times, D1 (q, p)."""
    p = data.x.shape[1]
    s1 = np.empty((data.sets.size, p), order="F")
    d1 = np.empty((data.tied.index.size, p), order="F")
    product = np.empty(risk.size)
    for j in range(p):
        np.multiply(risk, data.x[:, j], out=product)
        s1[:, j] = data.sets.at_risk(product)
        d1[:, j] = data.tied.sums(product)
    return s1, d1


def exposure(data: CoxDesign, m: Moments, factor: FloatArray | None = None) -> FloatArray:
    """Return each row's weighted cumulative hazard r H(time), shape (n,).

    `factor` (J,) multiplies every event time's contribution.
    """
    weight = data.mean_weight if factor is None else data.mean_weight * factor
    total = m.risk * data.sets.until(weight * m.inverse[0])
    tied = data.tied
    charge = (weight * m.inverse[1])[tied.index]
    total[tied.rows] -= m.risk[tied.rows] * charge[tied.row_index]
    return total


def information(data: CoxDesign, m: Moments, factor: FloatArray | None = None) -> FloatArray:
    """Return the sum over event times of (weight times) the covariance of x, shape (p, p)."""
    weight = data.mean_weight if factor is None else data.mean_weight * factor
    total = weighted_gram(data.x, exposure(data, m, factor))
    total -= weighted_gram(m.s1, weight * m.inverse2[0])
    at = data.tied.index
    cross = m.s1[at].T @ (m.d1 * (weight * m.inverse2[1])[at, None])
    total += cross + cross.T
    return total - weighted_gram(m.d1, (weight * m.inverse2[2])[at])


def evaluate(data: CoxDesign, coef: FloatArray) -> Curve:
    """Return log-likelihood, score (p,) and information (p, p) at `coef` (standardised scale)."""
    m = moments(data, coef)
    if not (np.isfinite(m.loglik) and np.all(np.isfinite(m.inverse2[0]))):
        p = coef.size
        return Curve(float("nan"), np.zeros(p), np.eye(p))
    score = data.event_sum - data.x.T @ exposure(data, m)
    return Curve(m.loglik, score, information(data, m))


def weighted_gram(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Return x' diag(weight) x, shape (p, p), in blocks of rows so that no copy of x is made."""
    p = x.shape[1]
    total = np.zeros((p, p))
    for start in range(0, x.shape[0], _BLOCK_ROWS):
        block = x[start : start + _BLOCK_ROWS]
        total += block.T @ (block * weight[start : start + _BLOCK_ROWS, None])
    return total
