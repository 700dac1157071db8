"""An outcome without a time, by clone-censor-weight: negative controls by the answer's own weights.

A coded diagnosis says whether, not when. The copies and weights are those of the follow-up to a
death; whoever died or left is in both strategies, as there, and keeps what was coded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import above_zero, numbers
from ehrivig.stats.result import Arms, Effect, FloatArray, IntArray
from ehrivig.stats.timezero.clone_censor_weight import fittable
from ehrivig.stats.timezero.clone_curves import STRATEGIES
from ehrivig.stats.timezero.clone_risks import Problem, problem_of, weights_of
from ehrivig.stats.timezero.contrast import effect_of
from ehrivig.stats.timezero.extreme_weights import WHOLE
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.groups import N_GROUPS, groups_of, jackknife
from ehrivig.stats.timezero.initiation import grace_period


def outcome_ratios(
    cohort: FollowUp,
    outcomes: ArrayLike,
    labels: Sequence[str],
    *,
    grace_hours: float = 48.0,
    horizon_hours: float = 672.0,
    interval_hours: float = 6.0,
) -> list[Effect | AnalysisError]:
    """Return the risk ratio of each outcome, "start within grace" against "not within".

    outcomes : (n, K) of 1, 0, or nan where it is not known (weighted, not counted). labels : K.
    Untruncated weights; standard errors by the jackknife over 20 groups of patients, weights fitted
    anew in each, with t limits. n and events count who follows a strategy to the end; whoever died
    or left within grace follows both. An outcome that a strategy has not, here or without one of
    the groups, has the reason in place of its ratio. Raises AnalysisError as clone_censor_weight.
    """
    y = numbers(outcomes, "outcomes")
    if y.shape != (cohort.n, len(labels)) or not np.isin(y[~np.isnan(y)], (0, 1)).all():
        raise AnalysisError(f"outcomes: needs 0, 1 or nan, {cohort.n} rows, {len(labels)} columns.")
    horizon_hours = above_zero(horizon_hours, "horizon_hours")
    staying = replace(
        cohort,
        time_hours=np.full(cohort.n, horizon_hours),
        event=np.zeros(cohort.n, dtype=np.bool_),
        leaves_hours=np.minimum(cohort.time_hours, cohort.leaves_hours),
    )
    grace = grace_period(grace_hours, interval_hours)
    problem, note = fittable(problem_of(staying, grace, horizon_hours, WHOLE, "all_starters"))
    rows = _followers(problem)
    whole = _risks(problem, y, rows, np.ones(cohort.n))
    group = groups_of(cohort, y)
    left = np.stack(
        [
            _risks(problem, y, rows, np.asarray(group != g, dtype=np.float64))
            for g in range(N_GROUPS)
        ]
    )
    made: list[Effect | AnalysisError] = []
    for k, label in enumerate(labels):
        if not (whole[:, k].min() > 0 and left[:, :, k].min() > 0):
            reason = "clone-censor-weight: a strategy has no event, or one group of people has all."
            made.append(AnalysisError(reason))
            continue
        value = math.log(whole[0, k] / whole[1, k])
        ratios = np.log(left[:, 0, k] / left[:, 1, k])
        if not np.ptp(ratios) > 0:
            same = "clone-censor-weight: the ratio is the same without any group: no interval."
            made.append(AnalysisError(same))
            continue
        effect = _effect(value, ratios, label, _arms(problem, y[:, k], rows), grace_hours)
        made.append(replace(effect, notes=(note,) if note else ()))
    return made


def _effect(value: float, ratios: FloatArray, label: str, arms: Arms, grace_hours: float) -> Effect:
    """The ratio with its log `value`, and those without each of the groups, (20,)."""
    se = float(jackknife(np.array([value]), ratios[:, None])[1][0])
    half = se * float(stdtrit(N_GROUPS - 1, 0.975))
    effect = effect_of(
        "RR",
        value,
        se,
        label,
        arms,
        f"clone-censor-weight, grace {grace_hours:g} h",
        f"jackknife over {N_GROUPS} groups of patients, t interval",
        f"everybody has started by {grace_hours:g} h vs nobody starts within {grace_hours:g} h",
        limits=(value - half, value + half),
    )
    return replace(effect, p=2 * float(stdtr(N_GROUPS - 1, -abs(value) / se)))


def _followers(problem: Problem) -> tuple[IntArray, IntArray]:
    """The pieces, of START and of WAIT, that end at the horizon."""
    copies = problem.copies
    last = copies.interval == problem.grace.n_intervals + 1
    start, wait = (np.flatnonzero(last & (copies.arm == arm)) for arm in STRATEGIES)
    return start, wait


def _risks(
    problem: Problem, y: FloatArray, rows: tuple[IntArray, IntArray], frequency: FloatArray
) -> FloatArray:
    """The weighted risks (2, K), each patient counted `frequency` times (n,); nan of nobody."""
    weight = weights_of(problem, frequency)
    risks = np.full((2, y.shape[1]), np.nan)
    for place, mine in enumerate(rows):
        patient = problem.copies.patient[mine]
        counted, had = weight[mine] * frequency[patient], y[patient]
        of = counted @ ~np.isnan(had)
        np.divide(counted @ np.nan_to_num(had), of, out=risks[place], where=of > 0)
    return risks


def _arms(problem: Problem, y: FloatArray, rows: tuple[IntArray, IntArray]) -> Arms:
    """Who follows each strategy to the end and is known, and how many of them have the outcome."""
    known = [y[problem.copies.patient[mine]] for mine in rows]
    n = [int((~np.isnan(one)).sum()) for one in known]
    had = [int(np.nansum(one)) for one in known]
    return Arms(n[0], had[0], n[1], had[1])
