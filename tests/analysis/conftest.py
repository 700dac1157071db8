"""Small analysis tables for tests of the analyses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.calibrate import worlds
from ehrivig.concepts import bands
from ehrivig.match import comparison

Cells = Sequence[tuple[int, int]]


@pytest.fixture(scope="session")
def plan() -> study.Study:
    """The packaged study with few bootstraps, and every count shown."""
    full = study.load("ivig_covid19")
    quick = full.analysis.model_copy(update={"bootstrap": 20})
    shown = full.report.model_copy(update={"smallest_cell": 0})
    return full.model_copy(update={"analysis": quick, "report": shown})


@pytest.fixture
def counted() -> Callable[..., pl.DataFrame]:
    """A table with (events, n) of the exposed and of the unexposed, in pairs by order."""

    def make(exposed: tuple[int, int], control: tuple[int, int]) -> pl.DataFrame:
        arms = [(True, *exposed), (False, *control)]
        rows = [
            {"exposed": arm, "death_28d": i < events, "pair_id": i, "weight": 1.0}
            for arm, events, n in arms
            for i in range(n)
        ]
        key = pl.int_range(pl.len()).alias("admission_id")
        return pl.DataFrame(rows).with_columns(key, hospital_id=pl.lit("A"))

    return make


@pytest.fixture(scope="session")
def table(plan: study.Study) -> pl.DataFrame:
    """Simulated admissions with every column that an analysis reads."""
    world = worlds.model(plan, "delayed", 0.0)
    rng = np.random.default_rng(7)
    frame = worlds.draw(world, 1500, rng).table
    n = frame.height
    columns: dict[str, np.ndarray] = {}
    for covariate in plan.covariates.variables:
        if covariate.name not in frame.columns:
            x = rng.random(n) < 0.3 if covariate.binary else rng.lognormal(2, 0.5, n)
            columns[covariate.name] = x
    for outcome in plan.outcomes.variables:
        if outcome.name not in frame.columns:
            days = outcome.source in ("length_of_stay", "icu_length_of_stay")
            columns[outcome.name] = rng.lognormal(2, 0.5, n) if days else rng.random(n) < 0.3
    entry = rng.uniform(0, 5, n)
    columns |= {
        "clearance_entry_days": entry,
        "clearance_days": entry + rng.exponential(10, n),
        "clearance_status": rng.integers(0, 4, n),
        "dose_coverage": np.ones(n),
        "discharge_days": rng.uniform(5, 40, n),
        **{f"{name}_repeat": rng.lognormal(2, 0.5, n) for name in plan.analysis.repeat_labs},
    }
    status = np.where(rng.random(n) < 0.1, "against_advice", "alive")
    made = frame.with_columns(*(pl.Series(name, x) for name, x in columns.items()))
    missing = pl.when(pl.int_range(n) % 17 == 0).then(None).otherwise(pl.col("apache_ii"))
    return made.with_columns(
        pl.Series("discharge_status", status), missing.alias("apache_ii")
    ).with_columns(bands.bands(plan.exposure))


@pytest.fixture(scope="session")
def compared(table: pl.DataFrame, plan: study.Study) -> comparison.Comparison:
    """The scores and pairs of `table`."""
    return comparison.compare(table, plan)
