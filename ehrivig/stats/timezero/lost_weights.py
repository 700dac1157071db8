"""Weights for those who left unseen: who is still followed stands for whoever was lost before.

Each copy of clone-censor-weight is followed until its patient is lost (leaves alive, and nobody
knows what became of them), and the copies left are weighted by one over the chance of not having
been lost by then, day after day. That is right where, of the same covariates and strategy, those
lost would have fared like those who stayed.
Source: Robins and Finkelstein 2000 (Biometrics 56:779); Cain et al. 2010.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import numbers
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.timezero.clones import WAIT, Clones
from ehrivig.stats.timezero.course import pieces_of
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.pooled_logistic import pooled_chance

DAY_HOURS = 24.0
_FEWEST = 20
"""Days with so many lost, and others, have an effect of their own; else a smooth course."""


@dataclass(frozen=True)
class Lost:
    """What the chance of being lost is modelled on, and the copies' pieces cut at days.

    lost, at_risk : (2n, D), a row per patient and strategy (START, then WAIT) and day: lost on it,
    and followed at its end or lost on it. terms : (D, q) columns of time; x : (2n, p + 1); moving :
    (2n, D, r) as each day begins; names : of both.
    piece : (m,) the piece of the copies that each smaller one was cut from; day : (m,) 0 .. D - 1;
    entry_hours, time_hours, event : (m,), as of `Clones`.
    """

    lost: BoolArray
    at_risk: BoolArray
    terms: FloatArray
    x: FloatArray
    moving: FloatArray | None
    names: tuple[str, ...]
    row: IntArray
    piece: IntArray
    day: IntArray
    entry_hours: FloatArray
    time_hours: FloatArray
    event: BoolArray


def until_lost(cohort: FollowUp, lost_hours: ArrayLike) -> tuple[FollowUp, FloatArray]:
    """Return the cohort followed until lost, and the hour at which each was, inf where never.

    lost_hours : (n,) above 0, nan for whoever was not lost. Raises AnalysisError for others.
    """
    given = numbers(lost_hours, "lost_hours")
    if given.shape != cohort.time_hours.shape:
        raise AnalysisError(f"lost_hours: needs one value per row ({cohort.n} rows).")
    if np.any(given <= 0):
        raise AnalysisError("lost_hours: holds values that are not above 0. Use nan for not lost.")
    hours = np.where(np.isnan(given), np.inf, given)
    hours[hours >= cohort.time_hours] = np.inf
    end = np.minimum(cohort.time_hours, hours)
    known = replace(
        cohort,
        time_hours=end,
        event=cohort.event & np.isinf(hours),
        start_hours=np.where(cohort.start_hours < end, cohort.start_hours, np.nan),
        leaves_hours=np.minimum(cohort.leaves_hours, hours),
    )
    return known, hours


def cut_at_days(
    cohort: FollowUp, copies: Clones, lost_hours: FloatArray, horizon_hours: float
) -> Lost:
    """Return what the weights are made of. `cohort` and `copies` end where people are lost."""
    n_days = math.ceil(horizon_hours / DAY_HOURS - 1e-9)
    lost, at_risk = _days(cohort, copies, lost_hours, n_days, horizon_hours)
    own = np.zeros((cohort.n, 0)) if cohort.x is None else cohort.x
    arm = np.repeat([1.0, 0.0], cohort.n)[:, None]
    first = np.floor(copies.entry_hours / DAY_HOURS + 1e-9).astype(np.int64)
    last = np.ceil(copies.time_hours / DAY_HOURS - 1e-9).astype(np.int64) - 1
    count = np.maximum(last - first, 0) + 1
    piece, at = pieces_of(count)
    day = first[piece] + at
    moving, names = None, (*cohort.names, "strategy")
    if cohort.course is not None:
        moving = np.tile(cohort.course.over(np.arange(n_days) * DAY_HOURS), (2, 1, 1))
        names = (*names, *cohort.course.names)
    is_last = day == np.maximum(last, first)[piece]
    return Lost(
        lost=lost,
        at_risk=at_risk,
        terms=_terms(lost, at_risk),
        x=np.hstack((np.vstack((own, own)), arm)),
        moving=moving,
        names=names,
        row=copies.patient[piece] + cohort.n * (copies.arm[piece] == WAIT),
        piece=piece,
        day=np.minimum(day, n_days - 1),
        entry_hours=np.maximum(copies.entry_hours[piece], day * DAY_HOURS),
        time_hours=np.minimum(copies.time_hours[piece], (day + 1) * DAY_HOURS),
        event=copies.event[piece] & is_last,
    )


def _days(
    cohort: FollowUp, copies: Clones, lost_hours: FloatArray, n_days: int, horizon_hours: float
) -> tuple[BoolArray, BoolArray]:
    """Who is lost on which day, and who could be: each (2n, D)."""
    row = copies.patient + cohort.n * (copies.arm == WAIT)
    followed = np.zeros(2 * cohort.n)
    np.maximum.at(followed, row, copies.time_hours)
    when = np.tile(lost_hours, 2)
    when = np.where(when <= followed, when, np.inf)
    begins = np.arange(n_days) * DAY_HOURS
    lost = (when[:, None] > begins) & (when[:, None] <= begins + DAY_HOURS)
    whole = followed[:, None] >= np.minimum(begins + DAY_HOURS, horizon_hours)
    return lost, lost | whole


def _terms(lost: BoolArray, at_risk: BoolArray) -> FloatArray:
    """Columns of time of the days, shape (D, q): an indicator per day where many are lost."""
    cases, others = lost.sum(axis=0), (at_risk & ~lost).sum(axis=0)
    n_days = lost.shape[1]
    if min(cases.min(), others.min()) >= _FEWEST:
        return np.asarray(np.eye(n_days)[:, 1:])
    day = np.arange(1, n_days + 1, dtype=np.float64)
    return np.column_stack((day, day**2, np.log(day)))[:, : min(3, n_days - 1)]


def lost_weights(lost: Lost, frequency: FloatArray, *, penalised: bool = False) -> FloatArray:
    """Return one over the chance of not having been lost before its day, for each piece (m,).

    frequency : (n,) how often each patient counts. Pooled logistic regression on time, the baseline
    covariates, those that move, and the strategy. Raises AnalysisError when it cannot be fitted.
    """
    if not lost.lost.any():
        return np.ones(lost.piece.size)
    weight = lost.at_risk * np.tile(frequency, 2)[:, None]
    chance = pooled_chance(
        lost.lost,
        weight,
        lost.terms,
        lost.x,
        lost.names,
        penalised=penalised,
        moving=lost.moving,
    )
    stays = np.hstack((np.ones((len(chance), 1)), np.cumprod(1 - chance, axis=1)))
    return np.asarray(1 / stays[lost.row, lost.day])
