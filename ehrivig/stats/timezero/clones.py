"""The copies of clone-censor-weight, and the weight that each piece of their follow-up has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.result import BoolArray, FloatArray, IntArray
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import (
    AtRiskOfStart,
    Grace,
    crude_chance,
    modelled_chance,
    start_interval,
)

START, WAIT = 1, 0
StandIn = Literal["all_starters", "last_interval"]
"""Who stands in, after grace, for those still unexposed at its end and censored from START.

Within grace both let nature run. `all_starters`: everybody who started within grace, by the chance
of having started; whoever has not started by the end of grace is taken to start then and to fare
like the starters. `last_interval`: only those who started in the last interval, by the chance of
starting then; it needs no likeness of early and late starters, but its weights are far larger.

With covariates that move, `all_starters` start when those who did start did, whoever they are: the
time is drawn from theirs, whatever the severity. To stand in by the chance of having started, a
starter would need covariates of after the start.
"""


@dataclass(frozen=True)
class Clones:
    """Pieces of the copies' follow-up, at risk in (entry, time] with one weight each; (m,) each.

    arm : START or WAIT. interval : 1..K within grace, K + 1 after it. started_in : the interval in
    which the patient starts (K + 1: not within grace).
    """

    patient: IntArray
    arm: IntArray
    interval: IntArray
    entry_hours: FloatArray
    time_hours: FloatArray
    event: BoolArray
    started_in: IntArray


def clones(cohort: FollowUp, grace: Grace, horizon_hours: float) -> Clones:
    """Return the copies, cut at the ends of the intervals of grace.

    START copies are censored at the end of grace when not started; WAIT copies at the start when it
    falls within grace. Who left within grace could not start any more, and departed from neither.
    Follow-up ends at the horizon.
    """
    started_in = start_interval(cohort, grace)
    within = started_in <= grace.n_intervals
    left = cohort.leaves_hours <= grace.hours
    end = np.minimum(cohort.time_hours, horizon_hours)
    edges = np.append(grace.edges, np.inf)
    parts = []
    for arm in (START, WAIT):
        departs = np.where(within | left, np.inf, grace.hours)
        if arm == WAIT:
            departs = np.where(within, cohort.start_hours, np.inf)
        stop = np.minimum(end, departs)
        had = cohort.event & (cohort.time_hours <= stop)
        for k in range(1 + grace.at_zero, grace.n_intervals + 2):
            rows = np.flatnonzero(stop > edges[k - 1])
            last = stop[rows] <= edges[k]
            piece_end = np.minimum(stop[rows], edges[k])
            size = rows.size
            parts.append(
                (
                    rows,
                    np.full(size, arm),
                    np.full(size, k),
                    np.full(size, edges[k - 1]),
                    piece_end,
                    had[rows] & last,
                    started_in[rows],
                )
            )
    return Clones(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def has_stand_ins(
    rows: AtRiskOfStart, frequency: FloatArray, n_intervals: int, stand_in: StandIn
) -> bool:
    """Whether each strategy has people who can stand for those censored from it.

    frequency : (n,) how often each patient counts; in a replicate nobody may be left.
    """
    count, last = frequency[rows.patient], rows.interval == n_intervals
    started = rows.started & last if stand_in == "last_interval" else rows.started
    return bool(count[started].any() and count[last & ~rows.started].any())


def clone_weights(
    cohort: FollowUp,
    copies: Clones,
    rows: AtRiskOfStart,
    terms: FloatArray,
    frequency: FloatArray,
    truncate: tuple[float, float],
    grace: Grace,
    stand_in: StandIn = "all_starters",
    *,
    penalised: bool = False,
) -> FloatArray:
    """Return the stabilised, truncated inverse-probability-of-censoring weight of each piece, (m,).

    With p(k) the modelled chance of starting in interval k: a WAIT copy in interval k has weight 1
    over the product of 1 - p(j), j < k. A START copy has weight 1 within grace (nobody is censored
    there) and after it 1 over the chance of having started, by `stand_in`; who left within grace
    stands for nobody else. The numerator is the same without covariates, one number per arm and
    interval, so it only sets the scale for truncation, at the quantiles `truncate` of the weights
    within each arm after grace, of the copies that stand for others. With covariates that move,
    p(k) knows them as interval k begins, and all starters are weighted by `_at_planned_times`.
    Raises AnalysisError where a strategy has no stand-in.
    """
    n_intervals = grace.n_intervals
    if not has_stand_ins(rows, frequency, n_intervals, stand_in):
        raise AnalysisError("clone-censor-weight: a strategy has no stand-in.")
    chance = modelled_chance(cohort, rows, terms, frequency, penalised=penalised)
    chance[cohort.leaves_hours[:, None] <= grace.edges[1:]] = 0.0
    crude, at_risk = crude_chance(rows, frequency, n_intervals)
    stay = np.hstack((np.ones((cohort.n, 1)), np.cumprod(1 - chance, axis=1)))
    crude_stay = np.append(1.0, np.cumprod(1 - crude))
    wait = copies.arm == WAIT
    after = copies.interval == n_intervals + 1
    before = copies.interval[wait] - 1
    weight = np.ones(copies.patient.size)
    weight[wait] = crude_stay[before] / stay[copies.patient[wait], before]
    started = np.flatnonzero(~wait & after)
    who = copies.patient[started]
    stands = cohort.leaves_hours[who] > grace.hours
    if stand_in == "all_starters" and cohort.course is not None:
        open_to = (cohort.leaves_hours[:, None] > grace.edges[1:]).sum(axis=1)
        weight[~wait] = _at_planned_times(copies, ~wait, (chance, stay), crude, open_to)
    elif stand_in == "all_starters":
        weight[started] = 1 - crude_stay[-1]
        weight[started[stands]] /= 1 - stay[who[stands], n_intervals]
    else:
        stands &= copies.started_in[started] == n_intervals
        weight[started] = 1.0
        weight[started[stands]] = 1 / chance[who[stands], n_intervals - 1]
        censored = at_risk[-1] * (1 - crude[-1])
        kept = frequency[who].sum()
        weight[started] *= kept / (kept + censored)
    for final in (np.flatnonzero(wait & after), started[stands]):
        count = frequency[copies.patient[final]]
        weight[final] = np.clip(weight[final], *_weighted_quantiles(weight[final], count, truncate))
    return weight


def _at_planned_times(
    copies: Clones,
    chosen: BoolArray,
    modelled: tuple[FloatArray, FloatArray],
    crude: FloatArray,
    open_to: IntArray,
) -> FloatArray:
    """Return the weights of START pieces, if starts come when they do among those who start.

    A plan P that knows no covariate against what happened: who started in interval j has weight
    P(j) over the chance of starting in j and not before, who has not yet started what P leaves over
    the chance of not having. Only covariates of before the start count. Source: Cain et al. 2010.

    modelled : (n, K) the chance of starting in each interval and (n, K + 1) of not having before.
    open_to : (n,) how many intervals each saw the end of; who left starts in none after.
    """
    chance, stay = modelled
    planned = crude * np.append(1.0, np.cumprod(1 - crude))[:-1]
    planned /= planned.sum()
    left = np.append(1.0, np.clip(1 - np.cumsum(planned), 0.0, None))
    left[np.flatnonzero(planned).max() + 1 :] = 0.0
    who, interval, j = (a[chosen] for a in (copies.patient, copies.interval, copies.started_in))
    before = np.minimum(interval - 1, open_to[who])
    weight = np.asarray(left[before] / stay[who, before])
    rows = np.flatnonzero((j < interval) & (j <= open_to[who]))
    i, at = who[rows], j[rows] - 1
    weight[rows] = planned[at] / (stay[i, at] * chance[i, at])
    return weight


def _weighted_quantiles(
    values: FloatArray, frequency: FloatArray, shares: tuple[float, float]
) -> tuple[float, float]:
    """Return two quantiles of `values`, each counted `frequency` times."""
    order = np.argsort(values)
    running = np.cumsum(frequency[order])
    if running.size == 0 or running[-1] <= 0:
        return 0.0, np.inf
    at = np.searchsorted(running, np.asarray(shares) * running[-1], side="left")
    picked = values[order][np.minimum(at, values.size - 1)]
    return float(picked[0]), float(picked[1])
