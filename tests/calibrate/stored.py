"""What a seed makes of the simulated worlds, and of the analyses in them: `stored.json`.

    python -m tests.calibrate.stored

writes it anew, after a change of the worlds or of an analysis that was meant.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ehrivig import study
from ehrivig.calibrate import worlds
from ehrivig.calibrate.replicate import Replicate, one, trimmed

STORED = Path(__file__).with_name("stored.json")
CASES: dict[str, tuple[worlds.World, float]] = {
    "immediate": ("immediate", -0.5),
    "delayed": ("delayed", -0.5),
}


def plan() -> study.Study:
    """The packaged study without its slowest analyses."""
    whole = trimmed(study.load("ivig_covid19"))
    keys = {"sensitivity": ("landmark", "iptw", "overlap"), "bootstrap": 10}
    return whole.model_copy(update={"analysis": whole.analysis.model_copy(update=keys)})


def constants(world: worlds.Model) -> dict[str, Any]:
    """The coefficients of a world, by confounder."""
    names = ("centre", "spread", "proportion", "toward_exposure", "toward_death")
    found = {name: _numbers(getattr(world, name)) for name in names}
    return found | {"intercepts": _numbers([world.exposure_intercept, world.death_intercept])}


def columns(made: worlds.Draw) -> dict[str, list[float | None]]:
    """Known values, mean and spread of each column of a cohort, and of its true risks."""
    truths = {name: getattr(made, name) for name in ("risk_exposed", "risk_control", "score")}
    table = made.table.with_columns(pl.Series(name, truth) for name, truth in truths.items())
    found: dict[str, list[float | None]] = {}
    for name in table.columns:
        values = table[name].drop_nulls()
        if values.dtype == pl.String:
            values = values.str.len_chars() * 100 + values.rank("dense")
        numbers = values.cast(pl.Float64)
        found[name] = _numbers([len(numbers), numbers.mean(), numbers.std()])
    return found


def answers(made: Replicate) -> dict[str, list[float | None]]:
    """Estimate, interval, standard error and p of each analysis; and the mean true risks."""
    found = {
        f"{number} {slot[0]} {slot[-1]}": _numbers([a.estimate, a.lo, a.hi, a.se, a.p])
        for number, (slot, a) in enumerate(made.answers.items(), start=1)
    }
    return found | {f"risks of {name}": _numbers(both) for name, both in made.risks.items()}


def _numbers(values: Any) -> list[float | None]:
    """Six digits; None for NaN and for what is not known."""
    known = [None if v is None or np.isnan(v) else float(f"{v:.6g}") for v in values]
    return known


def everything() -> dict[str, Any]:
    """What is stored."""
    found: dict[str, Any] = {}
    for name, (kind, effect) in CASES.items():
        world = worlds.model(plan(), kind, effect)
        found[name] = {
            "constants": constants(world),
            "columns": columns(worlds.draw(world, 700, np.random.default_rng(1))),
            "answers": answers(one(world, 700, np.random.default_rng(1))),
        }
    delayed = worlds.model(plan(), "delayed", -0.5)
    found["strategies"] = {
        "start, wait": _numbers(worlds.strategy_risk(delayed, 48, starts=s) for s in (True, False))
    }
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps(everything(), indent=1) + "\n", encoding="utf-8")
