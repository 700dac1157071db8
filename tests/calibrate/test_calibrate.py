"""Calibration: worlds with a known effect, and what is counted about the analyses in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import study
from ehrivig.calibrate import calibrate, show, worlds
from ehrivig.calibrate.readings import reading
from ehrivig.calibrate.replicate import Answer, Replicate, one, trimmed
from ehrivig.calibrate.summary import SCHEMA, summarise
from ehrivig.cli import app
from ehrivig.errors import UsageError
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.timezero import follow_up, time_dependent_cox


@pytest.fixture(scope="module")
def plan() -> study.Study:
    return trimmed(study.load("ivig_covid19"))


def quick(plan: study.Study) -> study.Study:
    """The study without its slow analyses."""
    keys = {"sensitivity": ("landmark", "iptw"), "subgroups": (), "pool_hospitals": False}
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=keys)})


def test_the_immediate_world_has_the_published_margins(plan: study.Study) -> None:
    world = worlds.model(plan, "immediate", 0.0)
    made = worlds.draw(world, 40_000, np.random.default_rng(2))
    table = made.table
    assert table["exposed"].mean() == pytest.approx(421 / 850, abs=0.01)
    assert float(made.risk_control.mean()) == pytest.approx(154 / 429, abs=0.01)
    assert np.array_equal(made.risk_exposed, made.risk_control)
    assert table["male"].mean() == pytest.approx((258 + 243) / 850, abs=0.01)
    assert table.filter("exposed")["hours_to_first_dose"].max() == 0.0
    assert table["time_days"].max() == 28.0


def test_exposure_is_confounded_and_its_effect_is_the_stated_one(plan: study.Study) -> None:
    """Given the confounders the log odds ratio is the effect; without them it is not."""
    from ehrivig.stats.regression.logistic import logistic

    world = worlds.model(plan, "immediate", -0.5)
    table = worlds.draw(world, 40_000, np.random.default_rng(3)).table
    event, arm = (table[name].cast(pl.Float64).to_numpy() for name in ("death_28d", "exposed"))
    full = logistic(event, np.column_stack([arm, table.select(world.names).to_numpy()]))
    assert full.coef[1] == pytest.approx(-0.5, abs=3.5 * full.se[1])
    crude = logistic(event, arm[:, None])
    assert crude.coef[1] > -0.1


def test_the_delayed_world_multiplies_the_hazard_from_the_start_on(plan: study.Study) -> None:
    world = worlds.model(plan, "delayed", -0.5)
    table = worlds.draw(world, 20_000, np.random.default_rng(4)).table
    start = table["hours_to_first_dose"].fill_null(float("nan")).to_numpy()
    x = table.select(world.names).to_numpy()
    time = table["time_days"].to_numpy() * 24
    effect = time_dependent_cox(follow_up(time, table["event"].to_numpy(), start, x))
    assert np.log(effect.estimate) == pytest.approx(-0.5, abs=3.5 * effect.se)
    naive = cox(time, table["event"], np.column_stack([table["exposed"].to_numpy(), x]))
    assert naive.coef[0] < np.log(effect.estimate) - 5 * effect.se


def test_nobody_is_exposed_after_the_end(plan: study.Study) -> None:
    table = worlds.draw(worlds.model(plan, "delayed", 0.0), 5_000, np.random.default_rng(5)).table
    given = table.filter("exposed")
    assert (given["hours_to_first_dose"] < given["time_days"] * 24).all()
    assert (given["duration_days"] <= np.ceil(28)).all()
    assert (
        table.filter(~pl.col("exposed"))["max_daily_g"].null_count() == table.height - given.height
    )


def test_strategies_differ_only_by_the_effect(plan: study.Study) -> None:
    nothing = worlds.model(plan, "delayed", 0.0)
    start, wait = (worlds.strategy_risk(nothing, 48, starts=s) for s in (True, False))
    assert start == wait == pytest.approx(154 / 429, abs=0.005)
    helps = worlds.model(plan, "delayed", -0.5)
    start, wait = (worlds.strategy_risk(helps, 48, starts=s) for s in (True, False))
    assert start < wait < 154 / 429


def test_a_replicate_is_its_seed(plan: study.Study) -> None:
    world = worlds.model(quick(plan), "delayed", 0.0)
    first, again, other = (one(world, 500, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first.answers == again.answers
    assert first.answers != other.answers
    assert {slot[0] for slot in first.answers} == {
        "table3",
        "main",
        "weighting",
        "table_s2",
        "time_zero",
    }


SLOT = ("weighting", "IVIG vs no IVIG", "all", "weighted", "HC0", "OR")


def fake(estimate: float, lo: float, hi: float, p: float) -> Replicate:
    answer = Answer(estimate, lo, hi, 0.1, p)
    return Replicate({SLOT: answer}, {SLOT: "ATE"}, {"all": (0.2, 0.4)})


def test_bias_coverage_and_rejections_by_hand(plan: study.Study) -> None:
    """Truth: odds 0.25 against 0.6667, OR 0.375. Four answers: three hold it, one failed."""
    answers = [
        fake(0.375, 0.2, 0.7, 0.01),
        fake(0.75, 0.3, 1.2, 0.20),
        fake(0.1875, 0.1, 0.3, 0.001),
        fake(0.375, 0.37, 0.38, 0.04),
        Replicate({}, {}, {"all": (0.2, 0.4)}),
    ]
    row = summarise(worlds.model(plan, "immediate", -0.5), answers).row(0, named=True)
    assert row["truth"] == pytest.approx(0.375)
    assert row["mean_estimate"] == pytest.approx(0.375)
    assert row["bias"] == pytest.approx(0.0, abs=1e-12)
    assert row["empirical_se"] == pytest.approx(np.std([0, np.log(2), -np.log(2), 0], ddof=1))
    assert (row["coverage"], row["rejected"], row["replicates"], row["failed"]) == (
        0.75,
        0.75,
        4,
        1,
    )
    assert row["type_i_error"] is None
    assert (row["valid"], row["mean_se"]) == (True, pytest.approx(0.1))


def test_without_an_effect_the_truth_is_none_and_rejections_are_errors(plan: study.Study) -> None:
    answers = [fake(1.1, 0.9, 1.3, 0.4), fake(2.0, 1.5, 2.5, 0.001)]
    row = summarise(worlds.model(plan, "immediate", 0.0), answers).row(0, named=True)
    assert (row["truth"], row["coverage"], row["type_i_error"]) == (1.0, 0.5, 0.5)
    assert list(row) == list(SCHEMA)


def test_an_estimate_without_a_p_accepts_nothing(plan: study.Study) -> None:
    answers = [fake(1.1, 0.9, 1.3, 0.4), fake(2.0, 1.5, 2.5, 0.001), fake(1.0, 0.9, 1.1, np.nan)]
    row = summarise(worlds.model(plan, "immediate", 0.0), answers).row(0, named=True)
    assert (row["rejected"], row["replicates"]) == (0.5, 3)
    row = summarise(worlds.model(plan, "immediate", 0.0), answers[2:]).row(0, named=True)
    assert (row["rejected"], row["type_i_error"]) == (None, None)


@pytest.mark.parametrize("name", ["ivig_sepsis", "ivig_sepsis_neonates"])
def test_groups_of_products_are_drawn(name: str) -> None:
    plan = study.load(name)
    drawn = worlds.draw(worlds.model(plan, "delayed", 0.0), 300, np.random.default_rng(2)).table
    given = drawn.filter("exposed")["product_type"]
    assert set(given) == {"standard", "igma_enriched"}
    assert drawn.filter(~pl.col("exposed"))["product_type"].null_count() > 0
    assert set(drawn["band_product"].drop_nulls()) == {"low", "high"}


@pytest.mark.parametrize(
    ("row", "world", "valid"),
    [
        ({"analysis": "weighting", "estimand": "ATE"}, "immediate", True),
        ({"analysis": "weighting", "estimand": "ATE"}, "delayed", False),
        ({"analysis": "table_s2"}, "immediate", False),
        ({"analysis": "main", "population": "all"}, "immediate", False),
        ({"analysis": "table3", "contrast": "IVIG >8 days vs no IVIG"}, "immediate", False),
        ({"analysis": "time_zero", "contrast": "ever vs never (naive)"}, "delayed", False),
        ({"analysis": "time_zero", "contrast": "x (landmark)", "measure": "HR"}, "delayed", True),
        ({"analysis": "time_zero", "contrast": "x (landmark)", "measure": "RD"}, "delayed", False),
        ({"analysis": "time_zero", "contrast": "x (clone-censor-weight)"}, "delayed", True),
    ],
)
def test_what_is_valid_where(
    plan: study.Study, row: dict[str, str], world: str, valid: bool
) -> None:
    whole = {"contrast": "IVIG vs no IVIG", "population": "matched", "measure": "OR"}
    whole |= {"model": "logistic", "estimand": "ATT", "outcome": "death_28d", **row}
    found = reading(whole, plan, world)  # type: ignore[arg-type]
    assert found is not None
    assert found.valid == valid
    assert found.why


def test_other_outcomes_are_not_judged(plan: study.Study) -> None:
    assert reading({"outcome": "ards", "analysis": "main"}, plan, "immediate") is None


@pytest.mark.slow
def test_the_command_and_the_same_numbers_for_any_number_of_workers(
    plan: study.Study, tmp_path: Path
) -> None:
    words = ["calibrate", "ivig_covid19", "--replicates", "2", "--patients", "300"]
    words += ["--workers", "2", "--out", str(tmp_path), "--quiet", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert (summary["replicates"], summary["patients"]) == (2, 300)
    assert "multiple_imputation" in summary["not_run"]
    written = pl.read_csv(tmp_path / "calibration.csv")
    ours = calibrate(study.load("ivig_covid19"), 2, patients=300, workers=1)
    assert written.columns == ours.columns == list(SCHEMA)
    names = ("estimate", "coverage", "bias", "mean_se")
    for name in (n for n in names if n in ours.columns):
        assert written[name].to_list() == ours[name].to_list()
    text = show.lines(ours)
    assert sum(line.startswith("World:") for line in text) == 4


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"replicates": 1}, "replicates"),
        ({"replicates": 2, "patients": 10}, "patients"),
        ({"replicates": 2, "effect": 0.0}, "effect"),
        ({"replicates": 2, "workers": 0}, "workers"),
    ],
)
def test_wrong_numbers_are_refused(plan: study.Study, keys: dict[str, float], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        calibrate(plan, **keys)  # type: ignore[arg-type]


def test_a_small_sample_tells_the_valid_from_the_naive(plan: study.Study) -> None:
    """20 cohorts of 2,000 without any effect, exposure starting late; 1,000 cohorts: make slow."""
    keys = {"sensitivity": ("time_dependent_cox",), "subgroups": (), "pool_hospitals": False}
    lone = plan.model_copy(update={"analysis": plan.analysis.model_copy(update=keys)})
    world = worlds.model(lone, "delayed", 0.0)
    found = summarise(
        world, [one(world, 2000, np.random.default_rng([8, seed])) for seed in range(20)]
    )
    hazard = found.filter(pl.col("analysis") == "time_zero", pl.col("measure") == "HR")
    naive = hazard.filter(pl.col("contrast").str.contains("naive")).row(0, named=True)
    timed = hazard.filter(pl.col("contrast").str.contains("time-dependent")).row(0, named=True)
    assert timed["valid"]
    assert timed["coverage"] >= 0.85
    assert abs(timed["bias"]) < 4 * timed["empirical_se"] / np.sqrt(20)
    assert not naive["valid"]
    assert naive["coverage"] <= 0.5
    assert naive["bias"] < -0.15


def test_an_analysis_that_often_has_no_estimate_is_not_judged(plan: study.Study) -> None:
    answers = [fake(0.375, 0.2, 0.7, 0.01)] * 8 + [Replicate({}, {}, {"all": (0.2, 0.4)})] * 2
    row = summarise(worlds.model(plan, "immediate", -0.5), answers).row(0, named=True)
    assert (row["coverage"], row["failed"]) == (1.0, 2)
    assert row["holds"] is None
    assert row["in_range"] is None


def test_what_is_outside_is_said_with_its_chance(plan: study.Study) -> None:
    inside, outside = fake(0.375, 0.2, 0.7, 0.01), fake(0.75, 0.5, 1.2, 0.2)
    made = summarise(worlds.model(plan, "immediate", -0.5), [inside] * 930 + [outside] * 70)
    assert made.row(0, named=True)["holds"]
    assert not made.row(0, named=True)["in_range"]
    text = show.lines(made)
    assert "Valid analyses: 0 of 1 in range" in text
    assert any("outside: 93.0%" in line and "within chance" in line for line in text)


@pytest.mark.slow
def test_a_thousand_cohorts_in_each_world() -> None:
    """Valid intervals cover what they promise; the analyses with immortal time do not."""
    table = calibrate(study.load("ivig_covid19"), 1000, workers=2)
    judged = table.filter(pl.col("holds").is_not_null())
    assert judged.filter("valid")["holds"].all()
    naive = judged.filter(pl.col("contrast").str.contains("naive"))
    assert naive.height > 0
    assert not naive["holds"].any()
