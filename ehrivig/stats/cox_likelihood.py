"""The Cox partial likelihood with its derivatives, Efron or Breslow ties, in O(n p^2).

With r = w exp(x b), S0, S1 = sums of r, r x over a risk set, D0, D1 the same over its tied deaths,
Efron's term k of d has denominator S0 - (k/d) D0. The second-moment sums S2 are never formed: the
order of summation is exchanged, so that the information is X' diag(c) X minus products of (J, p)
matrices (see `risk_sets`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.stats.ascent import Evaluation
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.risk_sets import RiskSets, sums_by

_BLOCK_ROWS = 2_048


@dataclass(frozen=True)
class CoxDesign:
    """A Cox model's data with rows by stratum, then time.

    x : (n, p) centred and scaled by (center, scale), both (p,). weights : (n,) or None.
    row : (n,) the caller's row number of each row. sets : risk sets of these rows.
    mean_weight : (J,) mean weight of the deaths at each event time.
    term_index, term_fraction : (m,) event time and k/d of each of the m Efron terms (k/d is 0 for
        Breslow). time, entry : (n,) follow-up and entry times (entry None: all from the origin).
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
    event_sum: FloatArray
    ties: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows n and covariates p."""
        return self.x.shape[0], self.x.shape[1]


@dataclass(frozen=True)
class Moments:
    """Risk-set sums at one coefficient vector; see the head of this module for the letters.

    risk : (n,) r. s1, d1 : (J, p); d1 is None without ties. inverse, inverse2 : sums over the tie
    terms of f^m / denominator for m = 0, 1 and of f^m / denominator^2 for m = 0, 1, 2, each (J,).
    """

    risk: FloatArray
    loglik: float
    s1: FloatArray
    d1: FloatArray | None
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
    center, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    ordered = np.empty(x.shape, order="F")
    for j in range(x.shape[1]):
        ordered[:, j] = (x[order, j] - center[j]) / scale[j]
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
        event_sum=events.sum(axis=0) if w is None else w[sets.event_rows] @ events,
        ties=ties,
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
    tied = bool(np.any(data.term_fraction))
    fraction, index = data.term_fraction, data.term_index
    denominator = s0[index] - fraction * sets.tied(risk)[index] if tied else s0[index]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = np.log(denominator) + shift
        inverse = 1 / denominator
        once = [sums_by(index, fraction**k * inverse, sets.size) for k in range(2)]
        twice = [sums_by(index, fraction**k * inverse**2, sets.size) for k in range(3)]
    event_eta = eta[sets.event_rows]
    if data.weights is not None:
        event_eta = event_eta * data.weights[sets.event_rows]
    s1, d1 = _first_moments(data, risk, tied)
    return Moments(
        risk=risk,
        loglik=float(event_eta.sum() - data.mean_weight[index] @ logs),
        s1=s1,
        d1=d1,
        inverse=(once[0], once[1]),
        inverse2=(twice[0], twice[1], twice[2]),
    )


def _first_moments(
    data: CoxDesign, risk: FloatArray, tied: bool
) -> tuple[FloatArray, FloatArray | None]:
    """Return S1 and, with ties, D1; both (J, p)."""
    n_events, p = data.sets.size, data.x.shape[1]
    s1 = np.empty((n_events, p), order="F")
    d1 = np.empty((n_events, p), order="F") if tied else None
    for j in range(p):
        product = risk * data.x[:, j]
        s1[:, j] = data.sets.at_risk(product)
        if d1 is not None:
            d1[:, j] = data.sets.tied(product)
    return s1, d1


def exposure(data: CoxDesign, m: Moments, factor: FloatArray | None = None) -> FloatArray:
    """Return each row's weighted cumulative hazard r H(time), shape (n,).

    `factor` (J,) multiplies every event time's contribution.
    """
    weight = data.mean_weight if factor is None else data.mean_weight * factor
    total = m.risk * data.sets.until(weight * m.inverse[0])
    if m.d1 is not None:
        rows, index = data.sets.event_rows, data.sets.event_index
        total[rows] -= m.risk[rows] * (weight * m.inverse[1])[index]
    return total


def information(data: CoxDesign, m: Moments, factor: FloatArray | None = None) -> FloatArray:
    """Return the sum over event times of (weight times) the covariance of x, shape (p, p)."""
    weight = data.mean_weight if factor is None else data.mean_weight * factor
    total = weighted_gram(data.x, exposure(data, m, factor))
    total -= weighted_gram(m.s1, weight * m.inverse2[0])
    if m.d1 is not None:
        cross = m.s1.T @ (m.d1 * (weight * m.inverse2[1])[:, None])
        total += cross + cross.T
        total -= weighted_gram(m.d1, weight * m.inverse2[2])
    return total


def evaluate(data: CoxDesign, coef: FloatArray) -> Evaluation:
    """Return log-likelihood, score (p,) and information (p, p) at `coef` (standardised scale)."""
    m = moments(data, coef)
    if not (np.isfinite(m.loglik) and np.all(np.isfinite(m.inverse2[0]))):
        p = coef.size
        return float("nan"), np.zeros(p), np.eye(p)
    score = data.event_sum - data.x.T @ exposure(data, m)
    return m.loglik, score, information(data, m)


def weighted_gram(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Return x' diag(weight) x, shape (p, p), in blocks of rows so that no copy of x is made."""
    p = x.shape[1]
    total = np.zeros((p, p))
    for start in range(0, x.shape[0], _BLOCK_ROWS):
        block = x[start : start + _BLOCK_ROWS]
        total += block.T @ (block * weight[start : start + _BLOCK_ROWS, None])
    return total
