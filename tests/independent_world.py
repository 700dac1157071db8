"""A second world for clone-censor-weight, unlike the one in which its weight form was chosen.

Fixed before any result was seen: a hazard of death that falls in steps (not Weibull, not constant),
a start of exposure whose rate grows with the root of time (not logistic per six hours), loss to
follow-up, a grace of 72 h (not 48 h), and effects of none and of a hazard ratio of 0.6 from the
start on. The weight model of the analysis is thus not exactly the truth.

    python -m tests.independent_world [--cohorts N] [--patients N]
"""

from __future__ import annotations

import argparse
import math
import warnings
from dataclasses import dataclass

import numpy as np

from ehrivig.stats.timezero import FollowUp, clone_censor_weight, follow_up
from ehrivig.stats.timezero.clones import StandIn

GRACE_DAYS, HORIZON_DAYS = 3.0, 28.0
EDGES = np.array([0.0, 3.0, 10.0, 28.0])  # days at which the hazard steps down
HAZARD = np.array([0.030, 0.012, 0.006])  # per day
START_RATE, START_POWER = 0.10, 1.5  # cumulative rate of starting: rate x day ** power
LOST_FROM_DAY, LOST_TO_DAY = 14.0, 70.0
EFFECTS = (0.0, math.log(0.6))
PATIENTS, COHORTS, BOOTSTRAPS = 1500, 200, 100


@dataclass(frozen=True)
class People:
    """Covariates (n, 2), log hazard of death, unit-exponential amount of hazard that each bears."""

    x: np.ndarray
    toward_death: np.ndarray
    toward_start: np.ndarray
    bears: np.ndarray


def people(n: int, rng: np.random.Generator) -> People:
    """n patients: a severity and a yes/no condition drive both starting and dying."""
    severity, condition = rng.normal(size=n), (rng.random(n) < 0.3).astype(float)
    x = np.column_stack([severity, condition])
    return People(
        x,
        0.5 * severity + 0.4 * condition,
        0.5 * severity - 0.3 * condition,
        rng.exponential(size=n),
    )


def starts(who: People, rng: np.random.Generator, *, after_day: float = 0.0) -> np.ndarray:
    """The day on which each would start, not before `after_day`."""
    borne = START_RATE * after_day**START_POWER * np.exp(who.toward_start)
    drawn = borne + rng.exponential(size=len(borne))
    days = (drawn / (START_RATE * np.exp(who.toward_start))) ** (1 / START_POWER)
    return np.asarray(days)


def cumulative(day: np.ndarray) -> np.ndarray:
    """The baseline cumulative hazard at a day, up to the horizon."""
    inside = np.clip(day[:, None] - EDGES[:-1], 0, np.diff(EDGES))
    return np.asarray(inside @ HAZARD)


def deaths(who: People, start: np.ndarray, effect: float) -> np.ndarray:
    """The day of death, infinite beyond the horizon; exposure acts on the hazard from `start`."""
    scale = np.exp(who.toward_death)
    at_start = cumulative(start) * scale
    late = at_start + (who.bears - at_start) / math.exp(effect)
    needed = np.where(who.bears < at_start, who.bears, late) / scale
    steps = np.concatenate([[0.0], np.cumsum(HAZARD * np.diff(EDGES))])
    day = np.interp(needed, steps, EDGES)
    return np.where(needed > steps[-1], np.inf, day)


def cohort(n: int, effect: float, rng: np.random.Generator) -> FollowUp:
    """What a hospital would see."""
    who = people(n, rng)
    start = starts(who, rng)
    death = deaths(who, start, effect)
    lost = rng.uniform(LOST_FROM_DAY, LOST_TO_DAY, n)
    end = np.minimum(np.minimum(death, lost), HORIZON_DAYS)
    seen = np.where(start < end, start * 24, np.nan)
    return follow_up(end * 24, death <= end, seen, who.x, names=["severity", "condition"])


def true_difference(effect: float, n: int = 2_000_000) -> float:
    """Risk when all start by the end of grace (others at its end), minus when none starts in it."""
    rng = np.random.default_rng(2024)
    who = people(n, rng)
    own = starts(who, rng)
    early = np.minimum(own, GRACE_DAYS)
    waits = np.where(own > GRACE_DAYS, own, starts(who, rng, after_day=GRACE_DAYS))
    risks = [float((deaths(who, day, effect) <= HORIZON_DAYS).mean()) for day in (early, waits)]
    return risks[0] - risks[1]


@dataclass(frozen=True)
class Shown:
    """What the cohorts of one world showed about the risk difference."""

    truth: float
    mean: float
    error_of_mean: float
    empirical_se: float
    coverage: float


def shows(
    effect: float, stand_in: StandIn, cohorts: int, n: int, bootstraps: int = BOOTSTRAPS
) -> Shown:
    """Clone-censor-weight in some cohorts of n patients."""
    truth, found, inside = true_difference(effect, 400_000), [], []
    for seed in range(cohorts):
        made = clone_censor_weight(
            cohort(n, effect, np.random.default_rng([31, seed])),
            grace_hours=GRACE_DAYS * 24,
            horizon_hours=HORIZON_DAYS * 24,
            stand_in=stand_in,
            bootstraps=bootstraps,
            seed=seed,
        ).risk_difference
        found.append(made.estimate)
        inside.append(made.lo <= truth <= made.hi)
    spread = float(np.std(found, ddof=1))
    mean = float(np.mean(found))
    return Shown(truth, mean, spread / math.sqrt(cohorts), spread, float(np.mean(inside)))


def main() -> None:
    """Print a line per effect and weight form."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=COHORTS)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for effect in EFFECTS:
        for form in ("all_starters", "last_interval"):
            s = shows(effect, form, given.cohorts, given.patients)  # type: ignore[arg-type]
            print(
                f"log hazard ratio {effect:6.3f}, {form:13}: truth {s.truth:7.4f}, mean "
                f"{s.mean:7.4f} (error {s.error_of_mean:.4f}), bias {s.mean - s.truth:7.4f}, "
                f"empirical SE {s.empirical_se:.4f}, 95% interval covers {s.coverage:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
