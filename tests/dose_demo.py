"""Dose-response of the demo, without and with a true effect of each day dosed.

Whole runs over synthetic extracts (`ehrivig demo --dose-effect`): the groups of the reference study
(told apart by what was given until the end) beside the designs that begin at time zero, each with
its truth: of plans that of `_truth/truth.json`, of the structural model that of people who are
dosed by lot and do not leave (`slope`). All numbers are of simulated data.

    python -m tests.dose_demo [--patients 6000] [--seeds 3]
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ehrivig import pipeline
from ehrivig.demo import dose_effect, margins, outcomes, patients, write_demo
from ehrivig.demo.sites import parts
from ehrivig.stats import logistic
from ehrivig.study import Study, load

STORED = Path(__file__).with_name("dose_demo.csv")
PER_DAY = -0.12
DESIGNS = ("dose_g_formula", "dose_structural_model")
PLANS = [
    {"name": "five_days", "days_at_least": 5, "days_at_most": 5},
    {"name": "one_day", "days_at_most": 1},
    {"name": "never", "days_at_most": 0},
]
_DAYS = {"one_day": 1, "never": 0}


def study(bootstrap: int = 40) -> Study:
    """The packaged study with the designs of doses in place of its other sensitivity analyses."""
    content = load("ivig_covid19").model_dump(by_alias=True, exclude_unset=True)
    analysis = content["analysis"]
    for key in ("landmark_hours", "missing", "repeat_labs", "pool_hospitals"):
        analysis.pop(key, None)
    analysis |= {"sensitivity": list(DESIGNS), "time_varying": ["sofa"], "bootstrap": bootstrap}
    analysis |= {"dose_plans": PLANS}
    return Study.model_validate(content)


def slope(log_hr: float, n: int = 60_000) -> float:
    """The log hazard ratio per day dosed where dosing is by lot and nobody leaves, in the exposed.

    Marginal: those at risk who die first are the sickest, so it is nearer to 0 than `log_hr`.
    """
    rng = np.random.default_rng(20200301)
    eta = outcomes.risk_score(pl.concat([patients.exposed(part) for part in parts(n, 4, 7, n)]))
    start = outcomes.start_time(eta, rng.standard_normal(len(eta)))
    planned = dose_effect.planned_days(len(eta), rng) * (rng.random(len(eta)) < 0.5)
    dies, _ = dose_effect.increments(eta, margins.IVIG)
    dies = dies * np.exp(log_hr * dose_effect.acting(start, planned))
    death = dose_effect.first(np.cumsum(dies, axis=1), rng.exponential(size=len(eta)))
    blocks, died = [], []
    for day in range(28):
        there = death > day
        dosed = np.clip(np.floor(day - start[there]) + 1, 0, planned[there])
        blocks.append(np.column_stack((np.full((there.sum(), 2), (day, day**2)), dosed)))
        died.append(death[there] <= day + 1)
    return float(logistic(np.concatenate(died), np.vstack(blocks)).coef[-1])


def rows(folder: Path, count: int, seed: int, log_hr: float) -> list[dict[str, Any]]:
    """What a run over one demo finds: a row per question, with its truth and the limits."""
    extract, out = folder / "extract", folder / "out"
    write_demo(extract, patients=count, seed=seed, dose_log_hr=log_hr, defects="none")
    summary = pipeline.run(study(), extract, out)
    assert summary.exit_code == 0, summary.message
    told = json.loads((extract / "_truth" / "truth.json").read_text(encoding="utf-8"))["effect"]
    risks = {plan["days"]: plan["risk"] for plan in told["plans"]}
    effects = pl.read_csv(out / "effects.csv", infer_schema_length=None)
    found = []
    for row in effects.iter_rows(named=True):
        if row["analysis"] == "dose" and row["measure"] == "RD":
            other = row["contrast"].split(" vs ")[1].split(" ")[0]
            truth = risks[5] - risks[_DAYS[other]]
            values = [row[name] for name in ("estimate", "lo", "hi")]
        elif row["analysis"] == "dose" and row["measure"] == "HR":
            truth = slope(log_hr) if log_hr else 0.0
            values = [math.log(row[name]) for name in ("estimate", "lo", "hi")]
        elif row["analysis"] == "table3" and "days" in row["contrast"] and row["estimate"]:
            truth = math.nan if log_hr else 0.0
            values = [math.log(row[name]) for name in ("estimate", "lo", "hi")]
        else:
            continue
        asked = f"{row['contrast']}, {'log ' if row['measure'] != 'RD' else ''}{row['measure']}"
        found.append(
            {"log_hr": log_hr, "seed": seed, "asked": asked, "truth": truth}
            | dict(zip(("estimate", "lo", "hi"), values, strict=True))
        )
    return found


def main() -> None:
    """Run the demos and store what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=6000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    found: list[dict[str, Any]] = []
    for log_hr in (0.0, PER_DAY):
        for seed in range(1, options.seeds + 1):
            with tempfile.TemporaryDirectory() as place:
                found += rows(Path(place), options.patients, seed, log_hr)
    numbers = pl.col("truth", "estimate", "lo", "hi").round(4)
    pl.DataFrame(found).with_columns(numbers).write_csv(STORED)
    print(STORED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
