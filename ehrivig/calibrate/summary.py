"""From replicates to a table: bias, coverage and error rates of every analysis."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Any

import numpy as np
import polars as pl

from ehrivig.calibrate.readings import UNKNOWN, Reading, reading
from ehrivig.calibrate.replicate import Answer, Replicate, Slot
from ehrivig.calibrate.worlds import Model, death_proportion, strategy_risk
from ehrivig.dataset import Floats

NOMINAL, TOLERANCE = 0.95, 0.015
FEWEST_WITH_ESTIMATE = 0.9
MOST_BIAS = 0.4
"""In standard errors: more spoils interval and test (Collins, Schafer & Kam 2001)."""
FEWEST_TO_LEAN = 20
"""Cohorts whose spread is known well enough to judge a bias by."""
ROUNDING = 1e-9
RATIOS = ("OR", "RR", "HR", "ROR")
NAMES = ("analysis", "contrast", "population", "model", "variance", "measure")
SCHEMA: dict[str, Any] = {
    "world": pl.String,
    "effect": pl.Float64,
    **dict.fromkeys(NAMES, pl.String),
    "estimand": pl.String,
    "truth": pl.Float64,
    "mean_estimate": pl.Float64,
    "bias": pl.Float64,
    "empirical_se": pl.Float64,
    "bias_in_se": pl.Float64,
    "mean_se": pl.Float64,
    "coverage": pl.Float64,
    "rejected": pl.Float64,
    "type_i_error": pl.Float64,
    "replicates": pl.Int64,
    "failed": pl.Int64,
    "valid": pl.Boolean,
    "exact": pl.Boolean,
    "biased": pl.Boolean,
    "holds": pl.Boolean,
    "in_range": pl.Boolean,
    "why": pl.String,
}


def summarise(world: Model, replicates: Sequence[Replicate]) -> pl.DataFrame:
    """One row per analysis of one world.

    `truth` and `mean_estimate` are on the measure's scale (the mean of a ratio is geometric);
    `bias`, `empirical_se` and `mean_se` on the log scale for ratios. `bias_in_se` is the bias over
    the empirical standard error, which a wide interval can hide from the coverage; `biased`: more
    than 0.4 of it, and beyond two Monte-Carlo errors. `coverage` (null without a truth) is a
    proportion of the replicates with an estimate, `rejected` (p < 0.05) of those with a p: none is
    no acceptance; `failed` counts those without an estimate. `type_i_error` is `rejected` where
    there is no effect. `in_range`: the coverage is not below 93.5%, nor above
    96.5% where it should be exact; `holds`: not by more than two Monte-Carlo errors, and not
    biased. Both are null without a coverage, and where more than a tenth of the cohorts have no
    estimate: what is left of them is no fair sample.
    """
    slots = list(dict.fromkeys(slot for one in replicates for slot in one.answers))
    risks = _mean_risks(replicates)
    if world.world == "delayed" and world.effect and any("clone" in slot[1] for slot in slots):
        grace = world.study.grace_hours
        start, wait = (strategy_risk(world, grace, starts=s) for s in (True, False))
        risks["strategies"] = (start, wait)
    rows = []
    for slot in slots:
        estimand = next(one.estimands[slot] for one in replicates if slot in one.estimands)
        row = {**dict(zip(NAMES, slot, strict=True)), "estimand": estimand}
        found = reading({**row, "outcome": world.study.primary.name}, world.study, world.world)
        if found is not None:
            answers = [one.answers[slot] for one in replicates if slot in one.answers]
            truth = _truth(slot, found, world, risks)
            measured = _measured(answers, slot, truth, no_effect=world.effect == 0)
            count = len(answers), len(replicates)
            covers = _holds(measured["coverage"], *count, found, 2)
            biased = _biased(measured["bias_in_se"], len(answers))
            rows.append(
                {
                    "world": world.world,
                    "effect": world.effect,
                    **row,
                    **measured,
                    "failed": len(replicates) - len(answers),
                    "valid": found.valid,
                    "exact": found.exact,
                    "biased": biased,
                    "holds": None if covers is None else covers and not biased,
                    "in_range": _holds(measured["coverage"], *count, found, 0),
                    "why": found.why,
                }
            )
    return pl.DataFrame(rows, schema=SCHEMA)


def _mean_risks(replicates: Sequence[Replicate]) -> dict[str, tuple[float, float]]:
    """The true risks of each people, averaged over the replicates."""
    names = dict.fromkeys(name for one in replicates for name in one.risks)
    mean: dict[str, tuple[float, float]] = {}
    for name in names:
        pairs = np.array([one.risks[name] for one in replicates if name in one.risks])
        mean[name] = (float(pairs[:, 0].mean()), float(pairs[:, 1].mean()))
    return mean


def _truth(
    slot: Slot, found: Reading, world: Model, risks: dict[str, tuple[float, float]]
) -> float | None:
    """The true value of what an analysis estimates; None when it has none."""
    measure = slot[-1]
    if world.effect == 0:
        return 1.0 if measure in RATIOS else 0.0
    if found.target == UNKNOWN:
        return None
    if found.target == "conditional":
        return exp(world.effect)
    return _contrast(measure, *risks[found.target], world)


def _contrast(measure: str, exposed: float, control: float, world: Model) -> float | None:
    """A contrast of two risks; survival time lost is linear in them in the immediate world."""
    if measure == "RMSTD":
        h = world.horizon_days
        mean_day = float(death_proportion((np.arange(10_000) + 0.5) / 10_000, h).mean())
        return -(h - mean_day) * (exposed - control)
    odds = exposed / (1 - exposed) / (control / (1 - control))
    return {"RD": exposed - control, "RR": exposed / control, "OR": odds}.get(measure)


def _measured(
    answers: Sequence[Answer], slot: Slot, truth: float | None, *, no_effect: bool
) -> dict[str, float | int | None]:
    """Bias, spread, coverage and rejections over the replicates with an estimate."""
    ratio = slot[-1] in RATIOS
    columns = {
        name: np.array([getattr(a, name) for a in answers]) for name in Answer.__dataclass_fields__
    }
    value: Floats = np.log(columns["estimate"]) if ratio else columns["estimate"]
    tested = columns["p"][~np.isnan(columns["p"])]
    rejected = float((tested < 0.05).mean()) if tested.size else None
    row: dict[str, float | int | None] = {
        "coverage": None,
        "bias_in_se": None,
        "truth": truth,
        "mean_estimate": exp(value.mean()) if ratio else float(value.mean()),
        "empirical_se": float(value.std(ddof=1)) if len(value) > 1 else None,
        "mean_se": float(np.sqrt(np.mean(columns["se"] ** 2))),
        "rejected": rejected,
        "type_i_error": rejected if no_effect else None,
        "replicates": len(answers),
    }
    if truth is not None:
        inside = (columns["lo"] <= truth) & (truth <= columns["hi"])
        coverage = float(inside.mean())
        bias, spread = float(value.mean()) - (log(truth) if ratio else truth), row["empirical_se"]
        row |= {"bias": bias, "coverage": coverage}
        row["bias_in_se"] = bias / spread if spread else None
    return row


def _biased(bias_in_se: float | None, n: int) -> bool | None:
    """Whether estimates of n cohorts lean by more than is little, beyond two Monte-Carlo errors."""
    if bias_in_se is None or n < FEWEST_TO_LEAN:
        return None
    return abs(bias_in_se) > MOST_BIAS + 2 / sqrt(n)


def _holds(
    coverage: float | None, n: int, whole: int, found: Reading, errors: float
) -> bool | None:
    """Whether a coverage is the promised one, but for some Monte-Carlo `errors`.

    `n` of `whole` cohorts have an estimate. None where there is nothing to judge.
    """
    if coverage is None or n < FEWEST_WITH_ESTIMATE * whole:
        return None
    slack = TOLERANCE + errors * monte_carlo_error(NOMINAL, n)
    high = NOMINAL + slack if found.valid and found.exact else 1.0
    return NOMINAL - slack - ROUNDING <= coverage <= high + ROUNDING


def monte_carlo_error(proportion: float, n: int) -> float:
    """The standard error of a proportion of n replicates."""
    return sqrt(proportion * (1 - proportion) / n)
