"""Sensitivity analyses: weighting, missing data, hospitals, moribund discharge, controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Rematch, Sample, matched_effect
from ehrivig.analysis.sensitivity import hospitals, missing_data, moribund, negative_controls
from ehrivig.analysis.sensitivity.weighting import weighted_risks, weighting
from ehrivig.analysis.unmatched import unmatched
from ehrivig.calibrate import worlds
from ehrivig.dataset import covariate_variable
from ehrivig.errors import AnalysisError
from ehrivig.match import comparison
from ehrivig.match.score import propensity
from ehrivig.meta.hospitals import pool_hospitals
from ehrivig.stats.imputation.rubin import pool_effects
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.tables.negative_controls import calibrate, fit_null
from ehrivig.stats.weighting.estimands import ESTIMANDS


def asking(plan: study.Study, **keys: Any) -> study.Study:
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=keys)})


def by_pairs(plan: study.Study, **keys: Any) -> study.Study:
    """The study, answered by the matched pairs."""
    estimand = plan.study.estimand.model_copy(update={"analysis": "matched", "measure": "OR"})
    told = plan.study.model_copy(update={"estimand": estimand})
    return asking(plan.model_copy(update={"study": told}), **keys)


def rematch(plan: study.Study) -> Rematch:
    return lambda table: comparison.match_again(table, plan)


def sample(table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study) -> Sample:
    return Sample(table, compared.matched_rows(table), compared.score, rematch(plan))


def paired(people: pl.DataFrame, plan: study.Study) -> Sample:
    """Drawn people who are all matched."""
    return Sample(people, people, np.full(people.height, np.nan), rematch(plan))


def test_weighted_odds_ratio_is_that_of_the_weighted_model(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    rows = EffectRows(0)
    weighting(table, compared.score, asking(plan, sensitivity=("iptw", "overlap")), rows)
    made = rows.frame()
    assert made["measure"].to_list() == ["OR", "RD", "RR"] * 2
    known = ~np.isnan(compared.score)
    arm = table["exposed"].to_numpy()[known]
    event, e = table["death_28d"].cast(pl.Float64).to_numpy()[known], compared.score[known]
    weights = {"ATE": np.where(arm, 1 / e, 1 / (1 - e)), "ATO": np.where(arm, 1 - e, e)}
    for (estimand, w), row in zip(
        weights.items(), made.filter(pl.col("measure") == "OR").to_dicts(), strict=True
    ):
        fit = logistic(event, arm[:, None].astype(float), weights=w)
        assert row["estimand"] == estimand
        assert row["estimate"] == pytest.approx(fit.odds_ratio[1], rel=1e-7)
        assert row["se"] < fit.se[1]  # the score is estimated: less spread than if it were known


def test_weighted_variance_is_that_of_the_bootstrap(plan: study.Study) -> None:
    """The influence function against 300 resamples of 3,000 admissions."""
    world = worlds.model(plan, "immediate", 0.0)
    rng = np.random.default_rng(3)
    frame = worlds.draw(world, 3000, rng).table
    names = world.names
    x = frame.select(names).to_numpy()
    arm, event = frame["exposed"].to_numpy(), frame["death_28d"].cast(pl.Float64).to_numpy()

    def difference(rows: np.ndarray) -> float:
        score = propensity(arm[rows], x[rows], names)
        risks, _ = weighted_risks(event[rows], arm[rows], x[rows], score, ESTIMANDS["ATO"])
        return float(risks[0] - risks[1])

    everybody = np.arange(3000)
    score = propensity(arm, x, names)
    _, influence = weighted_risks(event, arm, x, score, ESTIMANDS["ATO"])
    se = float((influence[:, 0] - influence[:, 1]).std() / np.sqrt(3000))
    drawn = [difference(rng.choice(everybody, 3000)) for _ in range(300)]
    assert se == pytest.approx(np.std(drawn), rel=0.12)


def test_a_row_that_decides_its_own_score_has_no_variance() -> None:
    """One of 30 people alone has a condition: his score is his own, and no HC3 exists."""
    rng = np.random.default_rng(8)
    arm, event = rng.random(30) < 0.5, (rng.random(30) < 0.4).astype(float)
    x = np.column_stack([rng.normal(size=30), np.arange(30) == 4]).astype(float)
    score = np.full(30, 0.5)
    with pytest.raises(AnalysisError, match="1 of 30 rows decide their own score"):
        weighted_risks(event, arm, x, score, ESTIMANDS["ATE"])


WEIGHTS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "ATE": lambda arm, e: np.where(arm, 1 / e, 1 / (1 - e)),
    "ATT": lambda arm, e: np.where(arm, 1.0, e / (1 - e)),
    "ATC": lambda arm, e: np.where(arm, (1 - e) / e, 1.0),
    "ATO": lambda arm, e: np.where(arm, 1 - e, e),
}


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_influence_is_what_leaving_the_row_out_would_change(estimand: str) -> None:
    """A row leaves the weighted means, and pulls the score no more by 1 / (1 - its leverage)."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 2))
    arm = rng.random(60) < 1 / (1 + np.exp(-x[:, 0]))
    event = (rng.random(60) < 1 / (1 + np.exp(1 - x[:, 0] - 0.5 * arm))).astype(float)
    design = np.column_stack([np.ones(60), x])
    fit = logistic(arm.astype(float), x)
    everybody = np.ones(60, dtype=bool)

    def risks(beta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        w = WEIGHTS[estimand](arm, 1 / (1 + np.exp(-design @ beta)))
        return np.array(
            [np.average(event[rows & side], weights=w[rows & side]) for side in (arm, ~arm)]
        )

    e = 1 / (1 + np.exp(-design @ fit.coef))
    root = np.sqrt(e * (1 - e))[:, None] * design
    leverage = (np.linalg.qr(root)[0] ** 2).sum(axis=1)
    slope = np.column_stack(
        [
            (risks(fit.coef + step, everybody) - risks(fit.coef - step, everybody)) / 2e-5
            for step in 1e-5 * np.eye(3)
        ]
    )
    pull = design * ((arm - e) / (1 - leverage))[:, None] @ np.linalg.inv(root.T @ root) @ slope.T
    whole = risks(fit.coef, everybody)
    gone = np.array([whole - risks(fit.coef, np.arange(60) != row) for row in range(60)])
    assert leverage.max() > 0.1
    found, influence = weighted_risks(event, arm, x, e, ESTIMANDS[estimand])
    np.testing.assert_allclose(found, whole, rtol=1e-12)
    np.testing.assert_allclose(influence / 60, gone + pull, atol=1e-8)


def test_aipw_says_what_its_outcome_model_could_not_carry(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    dead = pl.col("death_28d") & pl.col("apache_ii").is_not_null()
    first = dead & (dead.cast(pl.Int32).cum_sum() == 1)
    rare = table.with_columns(first.cast(pl.Float64).alias("rare"))
    covariates = (*plan.match.covariates, "rare")
    odd = plan.model_copy(
        update={"match": plan.match.model_copy(update={"covariates": covariates})}
    )
    rows = EffectRows(0)
    weighting(rare, compared.score, asking(odd, sensitivity=("aipw",)), rows)
    made = rows.frame()
    assert made["measure"].to_list() == ["RD", "RR", "OR"]
    assert made["estimate"].null_count() == 0
    assert all("not in the outcome model" in n and "rare" in n for n in made["note"])


def test_aipw_leaves_what_separates_to_the_score(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    """A number above which everybody dies is no column of a finite outcome model."""
    first = pl.col("death_28d").cast(pl.Float64) * 50 + pl.col("age") % 7
    told = table.with_columns(first.alias("lethal"))
    covariates = (*plan.match.covariates, "lethal")
    odd = plan.model_copy(
        update={"match": plan.match.model_copy(update={"covariates": covariates})}
    )
    rows = EffectRows(0)
    weighting(told, compared.score, asking(odd, sensitivity=("aipw",)), rows)
    made = rows.frame()
    assert made["measure"].to_list() == ["RD", "RR", "OR"]
    assert made["estimate"].null_count() == 0
    assert all("not in the outcome model" in n and "lethal" in n for n in made["note"])


def test_imputed_beside_complete_case(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    rows = EffectRows(0)
    missing_data.missing_data(sample(table, compared, plan), plan, rows)
    made = rows.frame()
    assert made["population"].to_list() == [
        "matched, complete case",
        "all, complete case",
        "matched, imputed",
        "all, imputed",
    ]
    assert made["estimate"].null_count() == 0
    sizes = dict(zip(made["population"], made["n_exposed"] + made["n_control"], strict=True))
    assert sizes["all, complete case"] == table.height - table["apache_ii"].null_count()
    assert sizes["all, imputed"] == table.height
    imputed = made.filter(pl.col("population").str.contains("imputed"))
    assert all("Barnard-Rubin df" in variance for variance in imputed["variance"])
    assert all("m = 20" in note and "apache_ii" in note for note in imputed["note"])


def test_the_pool_is_rubins_of_the_completed_tables(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    completed, _ = missing_data.completed_tables(table, plan)
    assert len(completed) == 20
    filled = np.array([t["apache_ii"].to_numpy() for t in completed])
    known = table["apache_ii"].is_not_null().to_numpy()
    assert (filled[:, known] == filled[0, known]).all()
    assert (filled[:, ~known].std(axis=0) > 0).any()
    effects = [matched_effect(comparison.match_again(t, plan)[0], plan) for t in completed]
    size = min(e.n_exposed + e.n_control for e in effects)
    expected = pool_effects(effects, df_complete=size - 2)
    rows = EffectRows(0)
    missing_data.missing_data(sample(table, compared, plan), plan, rows)
    row = rows.frame().filter(pl.col("population") == "matched, imputed").row(0, named=True)
    assert (row["estimate"], row["se"]) == pytest.approx((expected.estimate, expected.se))


def test_the_outcome_is_in_the_imputation_model(plan: study.Study) -> None:
    """A covariate that the outcome decides: imputed values follow the outcome of their row."""
    rng = np.random.default_rng(5)
    n = 600
    death = rng.random(n) < 0.4
    age = np.where(death, 80.0, 50.0) + rng.normal(0, 2, n)
    lone = asking(plan, adjust=()).model_copy(
        update={"match": plan.match.model_copy(update={"covariates": ("age",)})}
    )
    frame = pl.DataFrame(
        {
            "hospital_id": ["A"] * n,
            "exposed": rng.random(n) < 0.5,
            "death_28d": death,
            "age": age,
        }
    ).with_columns(pl.when(pl.int_range(n) % 4 == 0).then(None).otherwise("age").alias("age"))
    completed, _ = missing_data.completed_tables(frame, lone)
    gap = frame["age"].is_null()
    for whole in completed[:3]:
        filled = whole.filter(gap)
        by_outcome = dict(filled.group_by("death_28d").agg(pl.col("age").mean()).iter_rows())
        assert by_outcome[True] > 75
        assert by_outcome[False] < 55


def test_implied_variables_stay_implied(table: pl.DataFrame, plan: study.Study) -> None:
    gaps = table.with_columns(
        pl.when(pl.int_range(pl.len()) % 5 == 0).then(None).otherwise(pl.col(n)).alias(n)
        for n in ("malignancy", "immunosuppression")
    )
    for whole in missing_data.completed_tables(gaps, plan)[0][:5]:
        assert (whole["immunosuppression"] >= whole["malignancy"]).sum() >= whole.filter(
            pl.col("malignancy") == 1
        ).height
        assert whole.filter(pl.col("malignancy") == 1)["immunosuppression"].min() == 1.0


@pytest.mark.parametrize(("asked", "made"), [(3, 20), (23, 23)])
def test_there_are_as_many_imputations_as_asked_for_and_at_least_twenty(
    table: pl.DataFrame, plan: study.Study, asked: int, made: int
) -> None:
    completed, _ = missing_data.completed_tables(table.head(200), asking(plan, imputations=asked))
    assert len(completed) == made


def test_nothing_missing_is_said(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    full = table.with_columns(pl.col("apache_ii").fill_null(8.0))
    rows = EffectRows(0)
    missing_data.missing_data(sample(full, compared, plan), plan, rows)
    assert (
        "nothing to impute"
        in rows.frame().filter(pl.col("population") == "matched, imputed")["note"][0]
    )


def test_hospitals_and_their_pool(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    rows = EffectRows(0)
    hospitals.by_hospital(sample(table, compared, plan), plan, rows)
    made = rows.frame()
    each = made.filter(pl.col("population").str.starts_with("hospital "))
    assert each["population"].to_list() == [f"hospital {h}" for h in "ABCD"]
    columns = [each[name].to_numpy() for name in ("estimate", "lo", "hi")]
    pool = pool_hospitals(list("ABCD"), *columns, se=each["se"].to_numpy(), measure="OR")
    pooled = made.filter(pl.col("population") == "all hospitals").to_dicts()
    assert pooled[0]["estimate"] == pytest.approx(pool.random.estimate, rel=1e-9)
    assert pooled[1]["estimate"] == pytest.approx(pool.common.estimate, rel=1e-9)
    assert "4 hospitals" in pooled[0]["note"]
    assert [row["variance"] for row in pooled[:2]] == ["Hartung-Knapp", "inverse variance"]
    for row, one in zip(pooled, (pool.random, pool.common), strict=False):
        assert [row[name] for name in ("lo", "hi", "se", "p")] == pytest.approx(
            [one.lo, one.hi, one.se, one.p], rel=1e-9
        )
        for count in ("n_exposed", "events_exposed", "n_control", "events_control"):
            assert row[count] == each[count].sum()
    assert "one stage" in pooled[2]["model"]
    without = made.filter(pl.col("population").str.starts_with("all but"))
    assert without.height == 4
    rest = comparison.match_again(table.filter(pl.col("hospital_id") != "A"), plan)[0]
    assert without["estimate"][0] == pytest.approx(matched_effect(rest, plan).estimate, rel=1e-9)


def test_a_hospital_with_one_arm_is_left_out_of_the_pool(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    gone = (table["hospital_id"] == "C") & table["exposed"]
    kept = table.filter(~gone)
    rows = EffectRows(0)
    only = asking(plan, sensitivity=())
    score = compared.score[(~gone).to_numpy()]
    hospitals.by_hospital(Sample(kept, kept.head(0), score, rematch(plan)), only, rows)
    made = {row["population"]: row for row in rows.frame().to_dicts()}
    assert made["hospital C"]["note"].startswith("no estimate")
    first = rows.frame().filter(pl.col("population") == "all hospitals").row(0, named=True)
    assert "k = 3" in first["model"]


def test_small_hospitals_do_not_tell_their_counts(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    few = (table["hospital_id"] == "D") & table["death_28d"] & table["exposed"]
    drop = few & (few.cast(pl.Int32).cum_sum() > 3)
    rows = EffectRows(5)
    kept, score = table.filter(~drop), compared.score[(~drop).to_numpy()]
    hospitals.by_hospital(Sample(kept, kept.head(0), score, rematch(plan)), plan, rows)
    made = rows.frame()
    parts = made.filter(pl.col("population").str.contains("hospital [A-D]"))
    assert parts["events_exposed"].null_count() == parts.height == 8
    assert parts["estimate"].null_count() == 0


def test_moribund_discharge_counts_as_death_within_the_horizon(
    counted: Callable[..., pl.DataFrame], plan: study.Study
) -> None:
    """Exposed 20 of 50 dead; of the others 6 left against advice on day 10 and 3 on day 40."""
    people = counted((20, 50), (10, 50)).with_columns(
        discharge_status=pl.when(pl.col("exposed") & pl.col("pair_id").is_between(20, 28))
        .then(pl.lit("against_advice"))
        .otherwise(pl.lit("alive")),
        discharge_days=pl.when(pl.col("pair_id") < 26).then(10.0).otherwise(40.0),
    )
    changed, n = moribund.counted_as_dead(people, plan)
    assert n == (6, 0)
    assert changed.filter("exposed")["death_28d"].sum() == 26
    rows = EffectRows(0)
    moribund.moribund_discharge(paired(people, plan), plan, rows)
    everybody, matched = rows.frame().to_dicts()
    assert everybody["estimate"] == pytest.approx(26 * 40 / (24 * 10), rel=1e-8)
    assert (matched["events_exposed"], matched["events_control"]) == (26, 10)
    assert "against advice" in matched["event_label"]
    assert "6 and 0 discharges" in matched["note"]


def test_a_few_moribund_discharges_are_not_told(
    counted: Callable[..., pl.DataFrame], plan: study.Study
) -> None:
    guarded = plan.model_copy(
        update={"report": plan.report.model_copy(update={"smallest_cell": 5})}
    )
    people = counted((20, 50), (10, 50)).with_columns(
        discharge_status=pl.when(pl.col("pair_id") == 30).then(pl.lit("against_advice")),
        discharge_days=pl.lit(3.0),
    )
    rows = EffectRows(5)
    moribund.moribund_discharge(paired(people, guarded), guarded, rows)
    made = rows.frame()
    assert made["estimate"].null_count() == made["events_exposed"].null_count() == 2
    assert all("suppressed" in note for note in made["note"])


def test_few_unmatched_moribund_discharges_are_not_told(
    counted: Callable[..., pl.DataFrame], plan: study.Study
) -> None:
    """Of 12 exposed who left against advice 10 are matched: both rows together tell the two."""
    guarded = plan.model_copy(
        update={"report": plan.report.model_copy(update={"smallest_cell": 5})}
    )
    left = pl.col("exposed") & pl.col("pair_id").is_between(20, 31)
    people = counted((20, 50), (10, 50)).with_columns(
        discharge_status=pl.when(left).then(pl.lit("against_advice")).otherwise(pl.lit("alive")),
        discharge_days=pl.lit(3.0),
    )
    for first, told in ((30, False), (25, True)):
        inside = people.filter(~pl.col("pair_id").is_between(first, 31))
        sample = replace(paired(people, guarded), matched=inside)
        rows = EffectRows(5)
        moribund.moribund_discharge(sample, guarded, rows)
        everybody, matched = rows.frame().to_dicts()
        assert everybody["events_exposed"] == 32
        assert (matched["estimate"] is not None) is told


def test_no_discharge_status_is_a_reason(
    counted: Callable[..., pl.DataFrame], plan: study.Study
) -> None:
    people = counted((20, 50), (10, 50))
    rows = EffectRows(0)
    moribund.moribund_discharge(paired(people, plan), plan, rows)
    assert all("no discharge status" in note for note in rows.frame()["note"])


def test_negative_controls_calibrate_the_primary(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    controls = ("ards", "dic", "shock", "crrt")
    matched = compared.matched_rows(table)
    rows = EffectRows(0)
    asked = by_pairs(plan, negative_controls=controls)
    negative_controls.negative_controls(sample(table, compared, plan), asked, rows)
    made = rows.frame()
    assert made["outcome"].to_list() == [*controls, "death_28d"]
    assert set(made["family"]) == {""}
    calibrated = made.row(-1, named=True)
    plain = matched_effect(matched, plan)
    assert "empirical null of 4 negative controls" in calibrated["note"]
    assert made["adjusted"].to_list() == [False, False, False, False, True]
    each = made.head(4)
    null = fit_null(np.log(each["estimate"].to_numpy()), each["se"].to_numpy())
    expected = calibrate(null, np.log(plain.estimate), plain.se)
    assert [calibrated[name] for name in ("estimate", "lo", "hi", "p", "se")] == pytest.approx(
        [expected.estimate, expected.lo, expected.hi, expected.p, expected.se]
    )
    for name, row in zip(controls, each.to_dicts(), strict=True):
        own = matched[name].cast(pl.Float64).to_numpy()
        assert row["events_exposed"] == own[matched["exposed"].to_numpy()].sum()


def test_two_controls_are_too_few(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    rows = EffectRows(0)
    asked = by_pairs(plan, negative_controls=("ards", "dic"))
    negative_controls.negative_controls(sample(table, compared, plan), asked, rows)
    last = rows.frame().row(-1, named=True)
    assert last["estimate"] is None
    assert "at least 3 are needed" in last["note"]


def test_the_unmatched_are_described_and_tell_nothing_of_the_matched(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    guarded = plan.model_copy(
        update={"report": plan.report.model_copy(update={"smallest_cell": 5})}
    )
    matched = compared.matched_rows(table)
    variables = [covariate_variable(v) for v in plan.covariates.variables]
    found = unmatched(table, matched, variables, guarded)
    age = found.filter(pl.col("variable") == "age").row(0, named=True)
    assert age["n_all"] == table.height - matched.height
    for variable in variables:
        if not variable.binary:
            continue
        row = found.filter(pl.col("variable") == variable.name).row(0, named=True)
        for arm, side in (("exposed", True), ("control", False)):
            inside = matched.filter(pl.col("exposed") == side)[variable.name]
            n, yes = inside.len() - inside.null_count(), int(inside.cast(pl.Int64).sum())
            if 0 < yes < 5 or 0 < n - yes < 5:
                assert row[f"events_{arm}"] is None, variable.name
                assert row["suppressed"]


def test_a_control_of_few_calibrates_nothing(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    """The null of three with one hidden would tell the hidden one."""
    controls = ("ards", "dic", "shock")
    asked = by_pairs(plan, negative_controls=controls)
    fewest = min(
        int(events)
        for name in controls
        for events in compared.matched_rows(table).group_by("exposed").agg(pl.col(name).sum())[name]
    )
    for smallest, calibrates in ((fewest, True), (fewest + 1, False)):
        rows = EffectRows(smallest)
        negative_controls.negative_controls(sample(table, compared, plan), asked, rows)
        last = rows.frame().row(-1, named=True)
        assert (last["estimate"] is not None) == calibrates
