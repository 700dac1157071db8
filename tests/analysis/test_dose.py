"""Designs of doses, from the lists of the analysis table to the rows of effects.csv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dose_worlds
import numpy as np
import polars as pl
import pytest

from ehrivig import pipeline
from ehrivig import study as studies
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity import dose
from ehrivig.demo import write_demo
from ehrivig.errors import AnalysisError
from ehrivig.stats.dose_plans import dose_clone_censor_weight, dose_structural_model
from ehrivig.study import Study
from ehrivig.study.plan import DosePlan

N = 500
DESIGNS = ("dose_clone_censor_weight", "dose_g_formula", "dose_structural_model")
PLANS = (
    DosePlan(name="long", label="3 days or more", days_at_least=3),
    DosePlan(name="short", days_at_most=2),
    DosePlan(name="never", days_at_least=0, days_at_most=0),
)


def asks(plan: Study, *designs: str, plans: tuple[DosePlan, ...] = PLANS, **more: Any) -> Study:
    """The study that asks for designs of doses, every count shown, few bootstraps."""
    asked = {"time_varying": ("sofa",), "sensitivity": designs, "bootstrap": 40}
    asked |= {"dose_plans": plans, "grace_hours": 72.0, **more}
    return plan.model_copy(
        update={
            "analysis": plan.analysis.model_copy(update=asked),
            "match": plan.match.model_copy(update={"covariates": ("age",)}),
        }
    )


def people(made: dose_worlds.World) -> pl.DataFrame:
    """A world as the analysis table has it."""
    doses = [
        [None if np.isnan(g) else float(g) for g in row[: np.flatnonzero(row != 0)[-1] + 1]]
        if (row != 0).any()
        else None
        for row in made.grams
    ]
    ends = np.fmin(made.time, np.nan_to_num(made.leaves, nan=np.inf)) / 24
    days = np.ceil(ends).astype(int)
    first = [next((24.0 * d for d, g in enumerate(row) if g != 0), None) for row in made.grams]
    return pl.DataFrame(
        {
            "hospital_id": ["A"] * made.time.size,
            "exposed": [one is not None for one in first],
            "hours_to_first_dose": first,
            "time_days": made.time / 24,
            "event": made.died,
            "discharge_days": ends,
            "discharge_status": np.where(np.isnan(made.leaves), "died", "alive"),
            "sofa_daily": [row[:k].tolist() for row, k in zip(made.severity, days, strict=True)],
            "dose_daily": doses,
            "age": made.severity[:, 0],
        },
        schema_overrides={"dose_daily": pl.List(pl.Float64), "sofa_daily": pl.List(pl.Float64)},
    )


def rows_of(table: pl.DataFrame, plan: Study) -> pl.DataFrame:
    rows = EffectRows(plan.report.smallest_cell)
    dose.dose(Sample(table, table.head(0), np.full(table.height, np.nan), _never), plan, rows)
    return rows.frame()


def _never(_: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    raise AnalysisError("not matched here")


@pytest.fixture(scope="module")
def world() -> dose_worlds.World:
    return dose_worlds.World(N, 5, dose_worlds.WORLDS["days"])


def test_the_rows_are_those_of_the_statistics(plan: Study, world: dose_worlds.World) -> None:
    study = asks(plan, "dose_clone_censor_weight", "dose_structural_model")
    found = rows_of(people(world), study)
    assert found["analysis"].unique().to_list() == ["dose"]
    assert found["measure"].to_list() == ["RD", "RR", "RD", "RR", "HR"]
    assert found["contrast"].str.contains("3 days or more vs never").sum() == 2
    days, _ = dose.days_of(people(world), study)
    assert not any(name.startswith("sofa_") for name in days.moving_names)
    made = dose_clone_censor_weight(
        days,
        dose.plans_of(study),
        grace_days=3,
        horizon_days=28,
        bootstraps=40,
        seed=study.study.seed,
    )
    assert not isinstance(made[1], AnalysisError)
    assert found["estimate"][2] == pytest.approx(made[1][0].estimate)
    model = dose_structural_model(days, bootstraps=40, seed=study.study.seed)
    assert found["estimate"][4] == pytest.approx(model.effect.estimate)
    assert found["n_exposed"].null_count() == found.height
    assert found["note"].str.contains("SOFA score known on every day").all()


def test_days_are_those_of_the_world(plan: Study, world: dose_worlds.World) -> None:
    days, _ = dose.days_of(people(world), asks(plan, *DESIGNS))
    direct = world.days()
    for name in ("present", "at_risk", "died", "left", "decides", "dosed", "grams"):
        np.testing.assert_array_equal(getattr(days, name), getattr(direct, name), name)
    np.testing.assert_allclose(
        days.moving[direct.present], direct.moving[direct.present], atol=1e-12
    )


def test_g_formula_says_its_natural_course(plan: Study, world: dose_worlds.World) -> None:
    found = rows_of(people(world), asks(plan, "dose_g_formula"))
    assert found["measure"].to_list() == ["RD", "RR", "RD", "RR"]
    assert found["note"].str.contains("natural course by day").all()


def test_unknown_amounts_are_counted_where_grams_are_asked_for(plan: Study) -> None:
    made = dose_worlds.World(N, 5, dose_worlds.WORLDS["days"])
    some = np.flatnonzero(made.grams[:, 0] > 0)[:7]
    made.grams[some, 0] = np.nan
    plans = (*PLANS[:1], DosePlan(name="ten", grams_per_day_at_least=10.0))
    study = asks(plan, "dose_clone_censor_weight", plans=plans)
    assert rows_of(people(made), study)["note"].str.contains("7 of 500 people had a dose").all()
    few = study.model_copy(update={"report": plan.report.model_copy(update={"smallest_cell": 10})})
    assert rows_of(people(made), few)["note"].str.contains("<10 of 500 people had a dose").all()
    days = rows_of(people(made), asks(plan, "dose_clone_censor_weight"))
    assert not days["note"].str.contains("unknown amount").any()


def test_what_cannot_be_asked_is_a_row_that_says_so(plan: Study, world: dose_worlds.World) -> None:
    table = people(world)
    found = rows_of(table.drop("dose_daily"), asks(plan, *DESIGNS))
    assert found.height == 3
    assert found["note"].str.contains("no doses by day").all()
    plans = (PLANS[2], DosePlan(name="month", days_at_least=60), PLANS[1])
    part = rows_of(table, asks(plan, "dose_clone_censor_weight", plans=plans))
    assert part["estimate"].is_null().to_list() == [True, False, False]
    assert "plan month: nobody follows it" in part["note"][0]
    nobody = table.with_columns(dose_daily=pl.lit(None, pl.List(pl.Float64)))
    none = rows_of(nobody, asks(plan, *DESIGNS))
    assert none["estimate"].is_null().all()
    assert none["note"].str.contains("nobody starts within grace|everybody is without").all()


@pytest.mark.usefixtures("quickly")
@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_a_run_keeps_the_doses_and_releases_no_counts_of_them(tmp_path: Path) -> None:
    write_demo(tmp_path / "d", patients=400, hospitals=2, defects="none")
    plan = asks(studies.load("ivig_covid19"), *DESIGNS)
    done = pipeline.run(plan, tmp_path / "d", tmp_path / "o")
    assert done.exit_code == 0
    doses = pl.read_parquet(tmp_path / "o" / "hospitals" / "dose_course.parquet")
    assert doses.columns == ["hospital_id", "admission_id", "day", "grams"]
    assert doses["day"].is_between(0, 27).all()
    table = pl.read_parquet(tmp_path / "o" / "analysis.parquet")
    key = ["hospital_id", "admission_id"]
    last = doses.group_by(key).agg(pl.col("day").max() + 1, pl.col("grams").sum())
    both = last.join(table.select(*key, "dose_daily"), on=key, how="inner")
    assert (both["dose_daily"].list.len() == both["day"]).all()
    assert both["dose_daily"].list.sum().to_list() == pytest.approx(both["grams"].to_list())
    effects = pl.read_csv(tmp_path / "o" / "effects.csv", infer_schema_length=None)
    mine = effects.filter(pl.col("analysis") == "dose")
    assert mine.height >= 3
    assert set(mine["role"]) == {"sensitivity"}
    assert mine["n_exposed"].null_count() == mine.height
    assert "Dose and duration" in (tmp_path / "o" / "report.html").read_text("utf-8")
