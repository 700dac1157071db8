"""The Fine-Gray partial likelihood and its variance with censoring correction, in O(n p^2).

A row that had a competing event at T stays in later risk sets with weight G(t-)/G(T-), where G is
the Kaplan-Meier estimate of remaining uncensored. That weight is a product of a function of t and
one of the row, so weighted risk-set sums are running sums, and exchanging the order of summation
(see `risk_sets`) leaves no sum over pairs of rows: `cmprsk::crr` is O(n^2 p^2).
Source: Fine and Gray 1999, JASA 94:496; left truncation: Geskus 2011, Biometrics 67:39.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.newton import Curve
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.stats.survival.cox_likelihood import weighted_gram
from ehrivig.stats.survival.follow_up_input import standardised
from ehrivig.stats.survival.risk_sets import RiskSets, build_risk_sets

_UNDERFLOW = 1e-150  # its square is still a number


@dataclass(frozen=True)
class FineGrayDesign:
    """A Fine-Gray model's data with rows by time.

    x : (n, p) centred and scaled by (center, scale). row : (n,) the caller's row numbers.
    sets, censor_sets : risk sets at the J events of the cause and at the C censoring times.
    competing : (m,) rows with a competing event; own_weight : (m,) G(T-) of each;
    event_weight : (J,) G(t-) at each event time.
    """

    x: FloatArray
    center: FloatArray
    scale: FloatArray
    row: IntArray
    sets: RiskSets
    censor_sets: RiskSets
    competing: IntArray
    own_weight: FloatArray
    event_weight: FloatArray
    event_sum: FloatArray

    def after(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (n,) over the earlier competing rows, weighted, per event time; (J,)."""
        return self.event_weight * self._passed(self.sets, values)

    def passed_censoring(self, values: FloatArray) -> FloatArray:
        """Sum of `values`/G(T-) over competing rows before each censoring time, shape (C,)."""
        return self._passed(self.censor_sets, values)

    def _passed(self, sets: RiskSets, values: FloatArray) -> FloatArray:
        weighted = values[self.competing] / self.own_weight
        counts = np.bincount(sets.slot[self.competing], weighted, sets.size + 1)
        return np.cumsum(counts[: sets.size])

    def at_risk(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (n,) over the weighted risk set at each event time, shape (J,)."""
        return self.sets.at_risk(values) + self.after(values)

    def until(self, values: FloatArray) -> FloatArray:
        """Sum of `values` (J,) over each row's weighted time at risk, shape (n,)."""
        total = self.sets.until(values)
        weighted = values * self.event_weight
        later = np.append(np.cumsum(weighted[::-1])[::-1], 0.0)
        total[self.competing] += later[self.sets.slot[self.competing]] / self.own_weight
        return total


def design(
    x: FloatArray, time: FloatArray, status: IntArray, cause: int, entry: FloatArray | None
) -> FineGrayDesign:
    """Return the sorted, standardised data. time must already be free of near ties.

    Raises AnalysisError where a truncation weight is 0 (nobody could have entered yet).
    """
    order = np.argsort(time, kind="stable")
    t, s = time[order], status[order]
    e = None if entry is None else entry[order]
    sets = build_risk_sets(t, s == cause, entry=e, timefix=False)
    censor_sets = build_risk_sets(t, s == 0, entry=e, timefix=False)
    competing = np.flatnonzero((s != 0) & (s != cause))
    ordered, center, scale = standardised(x, order)
    own = _uncensored_before(censor_sets, t[competing])
    event = _uncensored_before(censor_sets, sets.event_time)
    if e is not None:
        own = own * _entered_before(t, e, t[competing])
        event = event * _entered_before(t, e, sets.event_time)
    if np.any(own <= 0):
        raise AnalysisError(
            "Fine-Gray: a competing event happened when the chance of being under observation is "
            "estimated as 0, so its weight is undefined. Start follow-up later."
        )
    return FineGrayDesign(
        x=ordered,
        center=center,
        scale=scale,
        row=order,
        sets=sets,
        censor_sets=censor_sets,
        competing=competing,
        own_weight=own,
        event_weight=event,
        event_sum=ordered[sets.event_rows].sum(axis=0),
    )


def _uncensored_before(censor_sets: RiskSets, times: FloatArray) -> FloatArray:
    """Return G(t-), the Kaplan-Meier estimate of being uncensored just before `times`."""
    steps = 1 - censor_sets.tied() / censor_sets.at_risk()
    curve = np.append(1.0, np.cumprod(steps))
    return curve[np.searchsorted(censor_sets.event_time, times, side="left")]


def _entered_before(time: FloatArray, entry: FloatArray, times: FloatArray) -> FloatArray:
    """Return H(t-), the probability of having entered before `times` (reverse Kaplan-Meier)."""
    entries, counts = np.unique(entry, return_counts=True)
    open_now = np.searchsorted(np.sort(entry), entries, side="right") - np.searchsorted(
        np.sort(time), entries, side="right"
    )
    curve = np.append(np.cumprod((1 - counts / open_now)[::-1])[::-1], 1.0)
    return curve[np.searchsorted(entries, times, side="left")]


@dataclass(frozen=True)
class Pieces:
    """Risk-set sums at one coefficient vector: risk (n,), s0 (J,), s1 (J, p), log-likelihood."""

    risk: FloatArray
    s0: FloatArray
    s1: FloatArray
    loglik: float
    shift: float


def pieces(data: FineGrayDesign, coef: FloatArray) -> Pieces:
    """Return the risk-set sums at `coef` (p,), on the standardised scale."""
    eta = data.x @ coef
    shift = float(eta.max())
    risk = np.exp(eta - shift)
    s0 = data.at_risk(risk)
    s1 = np.empty((data.sets.size, coef.size), order="F")
    for j in range(coef.size):
        s1[:, j] = data.at_risk(risk * data.x[:, j])
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(s0) + shift
    loglik = float(eta[data.sets.event_rows].sum() - data.sets.tied() @ logs)
    return Pieces(risk, s0, s1, loglik, shift)


def evaluate(data: FineGrayDesign, coef: FloatArray) -> Curve:
    """Return log-likelihood, score (p,) and information (p, p) at `coef`."""
    piece = pieces(data, coef)
    if not (np.isfinite(piece.loglik) and float(piece.s0.min()) > _UNDERFLOW):
        return Curve(float("nan"), np.zeros(coef.size), np.eye(coef.size))
    hazard = data.sets.tied() / piece.s0
    charge = piece.risk * data.until(hazard)
    score = data.event_sum - data.x.T @ charge
    info = weighted_gram(data.x, charge) - weighted_gram(piece.s1, hazard / piece.s0)
    return Curve(piece.loglik, score, info)


def score_rows(data: FineGrayDesign, coef: FloatArray, *, censoring: bool) -> FloatArray:
    """Return each row's contribution to the score, (n, p), rows by time.

    With `censoring`, plus psi, what the row contributes by having G estimated from it (the
    censoring correction of Fine and Gray's equation 8, as coded in `crr`).
    """
    piece = pieces(data, coef)
    hazard = data.sets.tied() / piece.s0
    charge = piece.risk * data.until(hazard)
    rows, index = data.sets.event_rows, data.sets.event_index
    out = np.empty(data.x.shape, order="F")
    for j in range(coef.size):
        mean = piece.s1[:, j] / piece.s0
        column = piece.risk * data.until(hazard * mean) - data.x[:, j] * charge
        column[rows] += data.x[rows, j] - mean[index]
        out[:, j] = column
    if censoring and data.censor_sets.size:
        _add_censoring(data, piece, hazard, out)
    return out


def _add_censoring(
    data: FineGrayDesign, piece: Pieces, hazard: FloatArray, out: FloatArray
) -> None:
    """Add psi to each row of `out` (n, p), in place."""
    censored = data.censor_sets
    n_risk, n_censored = censored.at_risk(), censored.tied()
    first_event = np.searchsorted(data.sets.event_time, censored.event_time, side="left")
    later0 = _suffix(hazard * data.event_weight)[first_event]
    passed0 = data.passed_censoring(piece.risk)
    for j in range(out.shape[1]):
        mean = piece.s1[:, j] / piece.s0
        later1 = _suffix(hazard * data.event_weight * mean)[first_event]
        q = data.passed_censoring(piece.risk * data.x[:, j]) * later0 - passed0 * later1
        out[:, j] -= censored.until(n_censored * q / n_risk**2)
        out[censored.event_rows, j] += (q / n_risk)[censored.event_index]


def _suffix(values: FloatArray) -> FloatArray:
    """Return the sums of `values` (J,) from each item to the last, and 0 after it; (J + 1,)."""
    return np.append(np.cumsum(values[::-1])[::-1], 0.0)
