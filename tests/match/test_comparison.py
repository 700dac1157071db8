"""Scores, pairs, and what may be shown of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import match, study
from ehrivig.dataset import KEY
from ehrivig.errors import AnalysisError
from ehrivig.match import comparison
from ehrivig.match.score import scores
from ehrivig.stats.regression.logistic import logistic, predicted


@pytest.fixture(scope="module")
def plan() -> study.Study:
    full = study.load("ivig_covid19")
    covariates = full.covariates.model_copy(
        update={"variables": tuple(full.covariate(n) for n in ("age", "male", "copd"))}
    )
    match = full.match.model_copy(
        update={"covariates": ("age", "male"), "caliper": 0.2, "caliper_scale": "logit_sd"}
    )
    return full.model_copy(update={"covariates": covariates, "match": match})


def with_match(plan: study.Study, **keys: Any) -> study.Study:
    return plan.model_copy(update={"match": plan.match.model_copy(update=keys)})


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    n = 400
    age, male = rng.normal(63, 12, n), rng.random(n) < 0.6
    chance = 1 / (1 + np.exp(-((age - 63) / 15 + 0.5 * male - 0.3)))
    return pl.DataFrame(
        {
            "hospital_id": rng.choice(["A", "B"], n),
            "admission_id": np.arange(n),
            "exposed": rng.random(n) < chance,
            "age": age,
            "male": male,
            "copd": rng.random(n) < 0.05,
        }
    ).with_columns(pl.when(pl.col("admission_id") < 10).then(None).otherwise("age").alias("age"))


def test_scores_are_the_unpenalised_fit(table: pl.DataFrame, plan: study.Study) -> None:
    found = scores(table, plan)
    known = table.drop_nulls("age")
    x = known.select("age", pl.col("male").cast(pl.Float64)).to_numpy()
    fit = logistic(known["exposed"].cast(pl.Float64).to_numpy(), x)
    assert np.isnan(found[:10]).all()
    assert found[10:] == pytest.approx(predicted(fit, x), abs=1e-12)


def test_pairs_hold_the_caliper_and_use_nobody_twice(
    table: pl.DataFrame, plan: study.Study
) -> None:
    found = comparison.compare(table, plan)
    assert found.n_incomplete == 10
    assert found.matched.select(KEY).is_unique().all()
    pairs = found.matched.pivot(on="exposed", index="pair_id", values="propensity_score")
    assert pairs.height == found.n_pairs > 50
    logit = {arm: np.log(pairs[arm] / (1 - pairs[arm])).to_numpy() for arm in ("true", "false")}
    known = found.score[~np.isnan(found.score)]
    width = 0.2 * np.std(np.log(known / (1 - known)), ddof=1)
    assert np.abs(logit["true"] - logit["false"]).max() <= width + 1e-12


def test_matching_again_is_matching(table: pl.DataFrame, plan: study.Study) -> None:
    found = comparison.compare(table, plan)
    again, score = comparison.match_again(table, plan)
    assert again.equals(found.matched_rows(table))
    assert np.array_equal(score, found.score, equal_nan=True)
    assert {"pair_id", "weight", "propensity_score"} <= set(again.columns)


def test_the_order_of_rows_does_not_matter(table: pl.DataFrame, plan: study.Study) -> None:
    shuffled = table.sample(fraction=1, shuffle=True, seed=3)
    ours, theirs = (comparison.compare(t, plan).matched for t in (table, shuffled))
    assert ours.select(KEY).equals(theirs.select(KEY))


@pytest.mark.parametrize("order", ["largest", "smallest", "data", "random", "closest"])
def test_pairs_are_drawn_in_the_order_of_the_study(
    table: pl.DataFrame, plan: study.Study, order: Any
) -> None:
    found = comparison.compare(table, with_match(plan, order=order))
    known = np.flatnonzero(~np.isnan(found.score))
    distance, arm = match.logit(found.score[known]), table["exposed"].to_numpy()[known]
    width = match.caliper_width(found.score[known], 0.2, "logit_sd")
    pairs = match.nearest(distance, arm, width, order=order, seed=plan.study.seed)
    expected = [(True, known[row]) for row in pairs.treated]
    expected += [(False, known[row]) for row in pairs.control]
    matched = found.matched.select("exposed", "admission_id").rows()
    assert set(matched) == set(expected)
    together = found.matched.sort("exposed").group_by("pair_id").agg("admission_id")
    assert {frozenset(pair) for pair in together["admission_id"].to_list()} == {
        frozenset(pair) for pair in zip(known[pairs.treated], known[pairs.control], strict=True)
    }


def test_the_order_changes_the_pairs(table: pl.DataFrame, plan: study.Study) -> None:
    made = {
        tuple(comparison.compare(table, with_match(plan, order=order)).matched["pair_id"])
        for order in ("largest", "smallest", "data", "closest")
    }
    assert len(made) == 4


def test_pairs_within_hospitals(table: pl.DataFrame, plan: study.Study) -> None:
    found = comparison.compare(table, with_match(plan, within_hospital=True)).matched
    assert found.group_by("pair_id").agg(pl.col("hospital_id").n_unique())["hospital_id"].max() == 1


def test_no_exposed_is_a_result_with_its_reason(table: pl.DataFrame, plan: study.Study) -> None:
    nobody = table.with_columns(exposed=pl.lit(False))
    found = comparison.compare(nobody, plan)
    assert found.matched.is_empty()
    assert "no exposed admission" in found.why_none
    with pytest.raises(AnalysisError, match="no exposed"):
        comparison.match_again(nobody, plan)


def test_a_caliper_that_admits_no_pair(table: pl.DataFrame, plan: study.Study) -> None:
    strict = with_match(plan, caliper=1e-12, caliper_scale="probability")
    assert "caliper admits no pair" in comparison.compare(table, strict).why_none
    with pytest.raises(AnalysisError, match="no pair"):
        comparison.match_again(table, strict)


def test_balance_improves_and_names_its_denominator(table: pl.DataFrame, plan: study.Study) -> None:
    balance = comparison.compare(table, plan).balance
    age = balance.filter(pl.col("covariate") == "age").row(0, named=True)
    assert abs(age["smd_matched"]) < abs(age["smd_unmatched"])
    assert age["smd_denominator"] == "pooled_unmatched"
    assert age["missing"] == 10


def test_balance_does_not_tell_the_few_who_are_unmatched(
    table: pl.DataFrame, plan: study.Study
) -> None:
    """A mean among the matched and the count in Table 1 would give the count of the unmatched."""
    found = comparison.compare(table, plan)
    row = found.balance.filter(pl.col("covariate") == "copd").row(0, named=True)
    rest = table.join(found.matched, on=KEY, how="anti")
    inside = found.matched_rows(table)
    few = any(
        0 < part.filter(pl.col("exposed") == arm)["copd"].sum() < 5
        for part in (rest, inside)
        for arm in (True, False)
    )
    assert few
    assert row["mean_exposed_matched"] is None
    assert row["smd_matched"] is not None


def test_overlap_and_positivity_hide_small_counts(table: pl.DataFrame, plan: study.Study) -> None:
    found = comparison.compare(table, plan)
    for frame in (found.overlap, found.positivity):
        for arm in ("exposed", "control"):
            assert not frame[arm].drop_nulls().is_between(1, 4).any()
    assert found.positivity.height <= 20


def test_balance_by_hand(table: pl.DataFrame, plan: study.Study) -> None:
    """Means of everybody and of the matched; hidden only where a yes/no has a small cell."""
    found = comparison.compare(table, plan)
    rows = {row["covariate"]: row for row in found.balance.to_dicts()}
    inside = found.matched_rows(table)
    for name in ("age", "male"):
        for when, people in (("unmatched", table), ("matched", inside)):
            for arm, side in (("exposed", True), ("control", False)):
                mean = people.filter(pl.col("exposed") == side)[name].cast(pl.Float64).mean()
                assert rows[name][f"mean_{arm}_{when}"] == pytest.approx(mean), (name, when, arm)
    assert [rows[name]["in_score"] for name in ("age", "male", "copd")] == [True, True, False]
    assert rows["age"]["ks_matched"] < rows["age"]["ks_unmatched"]
    assert rows["male"]["label"] == plan.covariate("male").label


def test_numbers_of_a_few_are_shown_as_means(plan: study.Study) -> None:
    """A mean of a number tells no count, however few people have more than zero."""
    rng = np.random.default_rng(2)
    n = 300
    few = pl.DataFrame(
        {
            "hospital_id": ["A"] * n,
            "admission_id": np.arange(n),
            "exposed": np.arange(n) % 2 == 0,
            "age": np.where(np.arange(n) < 6, 0.5 + np.arange(n) / 10, 0.0) + rng.random(n) * 1e-3,
            "male": rng.random(n) < 0.5,
            "copd": np.arange(n) < 3,
        }
    )
    found = comparison.compare(few, plan).balance
    rows = {row["covariate"]: row for row in found.to_dicts()}
    assert rows["age"]["mean_exposed_unmatched"] is not None
    assert rows["copd"]["mean_exposed_unmatched"] is None
    assert rows["copd"]["mean_control_unmatched"] is None
    assert rows["copd"]["smd_unmatched"] is not None
