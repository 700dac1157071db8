"""Numbers by means, medians and ratios of means; hospitals as clusters and with own levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import kruskal

from ehrivig import study
from ehrivig.analysis.describe import describe
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.mean_differences import crude_difference
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity import hospitals, numbers, weighting
from ehrivig.dataset import outcome_variable
from ehrivig.errors import AnalysisError
from ehrivig.match import comparison
from ehrivig.meta.hospitals import pool_hospitals
from ehrivig.stats.result import Arms, Effect

DAYS = "hospital_los_days"
ALONE: dict[str, Any] = {"pool_hospitals": False}


def asking(plan: study.Study, *names: str, **keys: Any) -> study.Study:
    keys |= {"sensitivity": names}
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=keys)})


def of_days(plan: study.Study) -> study.Study:
    """The study with days of stay as its primary outcome."""
    outcomes = plan.outcomes.model_copy(update={"primary": DAYS})
    return plan.model_copy(update={"outcomes": outcomes})


def paired(people: pl.DataFrame, plan: study.Study) -> Sample:
    """Drawn people who are all matched, with a score."""
    score = np.random.default_rng(3).uniform(0.2, 0.8, people.height)
    return Sample(people, people, score, lambda table: comparison.match_again(table, plan))


@pytest.fixture
def stays(counted: Any) -> pl.DataFrame:
    """Stays of 201 pairs in twelve hospitals, those of the exposed longer by chance and effect."""
    people = counted((60, 201), (80, 201))
    rng = np.random.default_rng(11)
    arm = people["exposed"].to_numpy()
    hospital = rng.integers(0, 12, people.height)
    days = rng.lognormal(2 + 0.2 * arm + 0.1 * (hospital % 3), 0.6)
    names = [f"H{number:02d}" for number in hospital]
    icu = np.where(rng.random(people.height) < 0.7, 0.0, days / 2)
    columns = [pl.Series(DAYS, days), pl.Series("icu_los_days", icu)]
    return people.with_columns(columns, hospital_id=pl.Series(names))


def asked(table: str, sample: Sample, plan: study.Study) -> pl.DataFrame:
    rows = EffectRows(0)
    (numbers.of_numbers if table == "numbers" else hospitals.by_hospital)(sample, plan, rows)
    return rows.frame()


def test_each_number_by_its_means_medians_and_their_ratio(
    stays: pl.DataFrame, plan: study.Study
) -> None:
    own = asking(plan, "median_difference", "negative_binomial")
    made = asked("numbers", paired(stays, own), own).filter(pl.col("outcome") == DAYS)
    assert made["measure"].to_list() == ["MD", "median difference", "mean ratio"]
    part = (
        stays.group_by("exposed")
        .agg(mean=pl.col(DAYS).mean(), median=pl.col(DAYS).median())
        .sort("exposed")
    )
    (mean0, mean1), (median0, median1) = part["mean"].to_list(), part["median"].to_list()
    wanted = [mean1 - mean0, median1 - median0, mean1 / mean0]
    assert made["estimate"].to_list() == pytest.approx(wanted, rel=1e-9)
    assert set(made["n_exposed"]) == {201}
    assert made["events_exposed"].null_count() == 3
    assert made["variance"].str.contains("201 clusters").all()
    assert made["note"].is_not_null().all()  # days that the dead did not stay


def test_a_number_of_which_half_is_alike_has_no_median_difference(
    stays: pl.DataFrame, plan: study.Study
) -> None:
    own = asking(plan, "median_difference", "negative_binomial")
    made = asked("numbers", paired(stays, own), own).filter(pl.col("outcome") == "icu_los_days")
    mean, median, ratio = made.to_dicts()
    assert median["estimate"] is None
    assert "too many values are alike" in median["note"]
    assert mean["estimate"] is not None
    assert ratio["estimate"] is not None


def test_what_is_not_asked_for_is_not_there(stays: pl.DataFrame, plan: study.Study) -> None:
    own = asking(plan, "negative_binomial")
    made = asked("numbers", paired(stays, own), own).filter(pl.col("outcome") == DAYS)
    assert made["measure"].to_list() == ["MD", "mean ratio"]


def test_sets_of_unequal_size_say_where_to_look(stays: pl.DataFrame, plan: study.Study) -> None:
    own = asking(plan, "median_difference")
    unequal = stays.with_columns(weight=pl.when(pl.col("pair_id") > 20).then(1.0).otherwise(0.5))
    made = asked("numbers", paired(unequal, own), own).filter(pl.col("outcome") == DAYS)
    mean, median = made.to_dicts()
    days, arm = stays[DAYS].to_numpy(), stays["exposed"].to_numpy()
    weight = unequal["weight"].to_numpy()
    wanted = [np.average(days[side], weights=weight[side]) for side in (arm, ~arm)]
    assert mean["estimate"] == pytest.approx(wanted[0] - wanted[1])
    assert median["estimate"] is None
    assert "median_difference: matched sets of unequal size: see the mean" in median["note"]


@pytest.mark.parametrize(("without", "told"), [(0, True), (3, False), (6, True)])
def test_few_who_never_were_in_intensive_care_are_not_counted(
    stays: pl.DataFrame, plan: study.Study, without: int, told: bool
) -> None:
    report = plan.report.model_copy(update={"smallest_cell": 5})
    own = asking(plan.model_copy(update={"report": report}), "median_difference")
    last = pl.col("exposed") & (pl.col("exposed").cum_sum() > 201 - without)
    icu = pl.when(~last).then(pl.col(DAYS) / 2)
    people = stays.with_columns(icu_los_days=icu)
    made = asked("numbers", paired(people, own), own).filter(pl.col("outcome") == "icu_los_days")
    assert made["estimate"].is_not_null().all() == told
    assert (made["n_exposed"].null_count() == 0) == told
    if not told:
        assert made["note"].str.contains("who was not there").all()


@pytest.mark.parametrize(("without", "told"), [(3, False), (6, True)])
def test_table_2_does_not_count_few_who_never_were_there(
    stays: pl.DataFrame, plan: study.Study, without: int, told: bool
) -> None:
    last = pl.col("exposed") & (pl.col("exposed").cum_sum() > 201 - without)
    people = stays.with_columns(icu_los_days=pl.when(~last).then(pl.col(DAYS) / 2))
    rows = [outcome_variable(v) for v in plan.outcomes.variables if v.name == "icu_los_days"]
    (row,) = describe(people, rows, policy="default", smallest=5).to_dicts()
    assert (row["n_exposed"] == 201 - without) == told
    assert row["suppressed"] != told
    assert (row["mean_all"] is not None) == told


def test_hospitals_as_clusters(stays: pl.DataFrame, plan: study.Study) -> None:
    own = asking(plan, "gee", **ALONE)
    (made,) = asked("hospital", paired(stays, own), own).to_dicts()
    assert (made["measure"], made["population"]) == ("OR", "all hospitals")
    assert made["events_exposed"] == 60
    crude = 60 * 121 / (141 * 80)  # the score is drawn apart from all
    assert made["estimate"] == pytest.approx(crude, rel=0.05)
    assert made["lo"] < crude < made["hi"]
    assert "12 clusters" in made["variance"]
    assert "correlation within a cluster" in made["note"]


def test_few_hospitals_are_too_few_for_clusters(stays: pl.DataFrame, plan: study.Study) -> None:
    own = asking(plan, "gee", **ALONE)
    four = stays.with_columns(pl.col("hospital_id").str.slice(2))
    four = four.with_columns(hospital_id=(pl.col("hospital_id").cast(pl.Int64) % 4).cast(pl.String))
    (made,) = asked("hospital", paired(four, own), own).to_dicts()
    assert made["estimate"] is None
    assert "4 clusters" in made["note"]
    assert "needs 10 at least" in made["note"]


def test_one_hospital_is_not_told_apart(stays: pl.DataFrame, plan: study.Study) -> None:
    own = asking(plan, "gee", **ALONE)
    (made,) = asked(
        "hospital", paired(stays.with_columns(hospital_id=pl.lit("A")), own), own
    ).to_dicts()
    assert made["estimate"] is None
    assert "one hospital: there are no hospitals to tell apart" in made["note"]


def test_a_number_with_a_level_of_its_own_in_each_hospital(
    stays: pl.DataFrame, plan: study.Study
) -> None:
    own = asking(of_days(plan), "mixed_model", "gee", **ALONE)
    gee, mixed = asked("hospital", paired(stays, own), own).to_dicts()
    assert "see mixed_model" in gee["note"]
    arm = pl.col("exposed")
    crude = stays.filter(arm)[DAYS].mean() - stays.filter(~arm)[DAYS].mean()  # type: ignore[operator]
    assert mixed["measure"] == "MD"
    assert mixed["estimate"] == pytest.approx(crude, abs=1.0)
    assert mixed["lo"] < mixed["estimate"] < mixed["hi"]
    assert "an intercept for each of 12 clusters" in mixed["model"]


def test_a_mixed_model_of_what_happens_or_not_says_what_to_ask(
    stays: pl.DataFrame, plan: study.Study
) -> None:
    own = asking(plan, "mixed_model", **ALONE)
    (made,) = asked("hospital", paired(stays, own), own).to_dicts()
    assert "see gee" in made["note"]


def test_the_score_is_a_covariate_by_its_logit(counted: Any) -> None:
    table = counted((2, 3), (1, 3))
    score = np.array([0.1, 0.5, 0.9, np.nan, 1.0, 0.25])
    with np.errstate(divide="ignore"):
        kept = hospitals._scored(table, score)
    logits = kept[hospitals.SCORE].to_list()
    assert logits == pytest.approx([np.log(p / (1 - p)) for p in (0.1, 0.5, 0.9, 0.25)])
    assert kept["admission_id"].to_list() == [0, 1, 2, 5]


def test_means_of_everybody_stand_beside_a_rank_test_unless_they_are_weighted(
    stays: pl.DataFrame, plan: study.Study
) -> None:
    own = of_days(plan)
    question = Question("main", "a vs b", DAYS, "all", "days")
    for weighted in (False, True):
        odd = pl.int_range(pl.len()) % 2 == 0
        people = stays.with_columns(weight=pl.when(odd).then(1.0).otherwise(1.0 + weighted))
        rows = EffectRows(0)
        crude_difference(people, question, own, rows)
        (row,) = rows.rows
        assert ("Kruskal-Wallis p = " in (row["note"] or "")) != weighted
        arm, days = people["exposed"].to_numpy(), people[DAYS].to_numpy()
        weight = people["weight"].to_numpy()
        means = [np.average(days[side], weights=weight[side]) for side in (arm, ~arm)]
        assert row["estimate"] == pytest.approx(means[0] - means[1])
    test = kruskal(days[arm], days[~arm])
    rows = EffectRows(0)
    crude_difference(stays, question, own, rows)
    assert f"Kruskal-Wallis p = {test.pvalue:.4g}" in rows.rows[0]["note"]


def test_a_pool_says_how_wide_its_interval_was_made(counted: Any) -> None:
    """By Hartung and Knapp where the plan of the pool has it, else by the inverse variance."""
    like = Effect.between(
        Arms(9, 3, 9, 4), "OR", (2.0, 1.0, 4.0, 0.3, 0.05), event_label="", method="", variance=""
    )
    odds, error = np.exp([0.1, 0.5, 0.9, 0.4]), np.exp(1.96 * 0.2)
    pool = pool_hospitals(["A", "B", "C", "D"], odds, odds / error, odds * error, measure="OR")
    for pooled, words in ((pool.random, "Hartung-Knapp"), (pool.common, "inverse variance")):
        made = hospitals._pool_effect(like, pooled, "a model", ())
        assert made.variance == words
        assert (made.estimate, made.method) == (pooled.estimate, "a model, k = 4")


def test_a_pool_names_the_hospitals_without_which_it_is_least_and_most() -> None:
    odds, error = np.array([1.0, 2.0, 3.0, 8.0]), np.exp(1.96 * 0.2)
    pool = pool_hospitals(["A", "B", "C", "D"], odds, odds / error, odds * error, measure="OR")
    said = "; ".join(hospitals._words(pool))
    rest = [p.estimate for p in pool.leave_one_out if p]
    assert f"pool {min(rest):.3g} without D to {max(rest):.3g} without A" in said
    assert "prediction interval" in said


@pytest.mark.parametrize("everybody", [True, False])
def test_one_arm_alone_has_no_augmented_effect(
    table: pl.DataFrame, plan: study.Study, everybody: bool
) -> None:
    people = table.drop_nulls(list(plan.match.covariates)).with_columns(exposed=pl.lit(everybody))
    with pytest.raises(AnalysisError):
        weighting.by_weights("aipw", people, np.full(people.height, 0.5), plan)
