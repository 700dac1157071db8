"""The risks under both strategies of clones that are weighted, and of patients drawn anew."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from ehrivig.errors import AnalysisError
from ehrivig.stats.arrays import (
    MOST_REPEATED,
    above_zero,
    random_seed,
    two_shares,
    whole_number,
)
from ehrivig.stats.result import FloatArray
from ehrivig.stats.survival.risk_sets import RiskSets, build_risk_sets
from ehrivig.stats.timezero.clone_curves import (
    Incidence,
    days_until,
    incidence_of,
    stacked,
    unknown_incidence,
)
from ehrivig.stats.timezero.clones import Clones, StandIn, clone_weights, clones, has_stand_ins
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.initiation import (
    AtRiskOfStart,
    Grace,
    at_risk_of_start,
    interval_terms,
)
from ehrivig.stats.timezero.lost_weights import Lost, cut_at_days, lost_weights


@dataclass(frozen=True)
class Problem:
    """All that a bootstrap replicate needs; built once.

    `penalised`: its weight models are. `lost`: what the weights for those lost are made of; None
    where nobody is. `sets` are of its pieces then, else of the copies'.
    """

    cohort: FollowUp
    copies: Clones
    rows: AtRiskOfStart
    terms: FloatArray
    sets: RiskSets
    truncate: tuple[float, float]
    grace: Grace
    stand_in: StandIn
    horizon_hours: float
    lost: Lost | None = None
    penalised: bool = False


def risks_of(problem: Problem, frequency: FloatArray) -> tuple[float, float, FloatArray]:
    """Return the risk at the horizon under START and WAIT, and the weights of the copies' pieces.

    The weights are those for departing from a strategy, without those for being lost.
    """
    hazard, weight = _hazard(problem, frequency)
    found = incidence_of(problem.sets, hazard, np.array([problem.horizon_hours]))
    start, wait = (float(risk) for risk in found.risk[:, -1])
    return start, wait, weight


def incidence_at(problem: Problem, frequency: FloatArray) -> Incidence:
    """Return the risks by each day, and the time free of the event, under START and WAIT."""
    grid = days_until(problem.horizon_hours)
    return incidence_of(problem.sets, _hazard(problem, frequency)[0], grid)


def weights_of(problem: Problem, frequency: FloatArray) -> FloatArray:
    """The weights of the copies' pieces (m,) for departing from a strategy."""
    return clone_weights(
        problem.cohort,
        problem.copies,
        problem.rows,
        problem.terms,
        frequency,
        problem.truncate,
        problem.grace,
        problem.stand_in,
        penalised=problem.penalised,
    )


def _hazard(problem: Problem, frequency: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The weighted hazard at each event time (J,), and the weights of the copies' pieces."""
    weight = weights_of(problem, frequency)
    counted = weight * frequency[problem.copies.patient]
    if problem.lost is not None:
        followed = lost_weights(problem.lost, frequency, penalised=problem.penalised)
        counted = counted[problem.lost.piece] * followed
    n_risk, n_event = problem.sets.at_risk(counted), problem.sets.tied(counted)
    return np.divide(n_event, n_risk, out=np.zeros_like(n_risk), where=n_event > 0), weight


def replicates_of(problem: Problem, seeds: list[np.random.SeedSequence]) -> list[Incidence]:
    """Return the incidence of patients drawn anew with each seed; nan where the model fails."""
    out = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        n = problem.cohort.n
        frequency = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        try:
            out.append(incidence_at(problem, frequency))
        except AnalysisError:
            out.append(unknown_incidence(days_until(problem.horizon_hours)))
    return out


def problem_of(
    cohort: FollowUp,
    grace: Grace,
    horizon_hours: float,
    truncate: tuple[float, float],
    stand_in: StandIn,
    lost_hours: FloatArray | None = None,
) -> Problem:
    """Return the copies and risk sets. Raises AnalysisError where a strategy has no stand-in.

    lost_hours : (n,) when each was lost, inf where never, in a cohort that ends there.
    """
    two_shares(truncate)
    if not above_zero(horizon_hours, "horizon_hours") > grace.hours:
        raise AnalysisError("clone-censor-weight: the horizon must be after the end of grace.")
    grace = grace.of(cohort)
    rows = at_risk_of_start(cohort, grace)
    if not has_stand_ins(rows, np.ones(cohort.n), grace.n_intervals, stand_in):
        raise AnalysisError(
            "clone-censor-weight: nobody (or everybody) still followed starts within grace, so one "
            "strategy has no stand-in. Write other grace_hours, or name another analysis in "
            "[study.estimand]."
        )
    copies = clones(cohort, grace, horizon_hours)
    lost = None if lost_hours is None else cut_at_days(cohort, copies, lost_hours, horizon_hours)
    pieces = copies if lost is None else lost
    stratum = copies.arm if lost is None else copies.arm[lost.piece]
    sets = build_risk_sets(
        pieces.time_hours, pieces.event, stratum=stratum, entry=pieces.entry_hours
    )
    terms = interval_terms(rows, grace)
    return Problem(
        cohort, copies, rows, terms, sets, truncate, grace, stand_in, horizon_hours, lost
    )


def bootstrap(problem: Problem, bootstraps: int, seed: int, workers: int) -> Incidence:
    """Return the replicates: risk (B, 2, G), free (B, 2), in the order of seeds."""
    bootstraps = whole_number(bootstraps, "bootstraps", 2, MOST_REPEATED)
    seeds = np.random.SeedSequence(random_seed(seed) or 0).spawn(bootstraps)
    if whole_number(workers, "workers", 1) == 1:
        return stacked(replicates_of(problem, seeds))
    share = -(-bootstraps // workers)
    chunks = [seeds[i : i + share] for i in range(0, bootstraps, share)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = pool.map(replicates_of, [problem] * len(chunks), chunks)
        return stacked([one for chunk in done for one in chunk])
