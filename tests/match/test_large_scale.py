"""Pairs by all that was coded: what nobody named is balanced, and what may be told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Other, Sample
from ehrivig.analysis.sensitivity.large_scale import POPULATION, by_large_scale_score
from ehrivig.dataset import KEY, SHARE, score_names, with_hospitals
from ehrivig.match import comparison, large_scale
from ehrivig.match.coded import coded

N, CODES = 1600, 60
HIDDEN = "diagnosis ICD10 Z99"


@pytest.fixture(scope="module")
def plan() -> study.Study:
    full = study.load("ivig_covid19")
    covariates = full.covariates.model_copy(
        update={"variables": tuple(full.covariate(n) for n in ("age", "male"))}
    )
    match = full.match.model_copy(
        update={"covariates": ("age", "male"), "caliper": 0.2, "caliper_scale": "logit_sd"}
    )
    return full.model_copy(update={"covariates": covariates, "match": match})


def asking(plan: study.Study, **keys: Any) -> study.Study:
    analysis = plan.analysis.model_copy(
        update={f"large_scale_{name}": value for name, value in keys.items()}
    )
    return plan.model_copy(update={"analysis": analysis})


def world(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People and what was coded of them; one code that nobody named drives arm and death."""
    rng = np.random.default_rng(seed)
    age, male, frail = rng.normal(63, 12, N), rng.random(N) < 0.6, rng.random(N) < 0.3
    exposed = rng.random(N) < 1 / (1 + np.exp(0.9 - (age - 63) / 30 - 1.8 * frail))
    dies = rng.random(N) < 1 / (1 + np.exp(2 - (age - 63) / 20 - 2 * frail))
    table = pl.DataFrame(
        {
            "hospital_id": ["A"] * N,
            "admission_id": np.arange(N),
            "exposed": exposed,
            "age": age,
            "male": male,
            "death_28d": dies,
        }
    )
    has = rng.random((N, CODES)) < rng.uniform(0.005, 0.3, CODES)
    has[:, 0] = frail
    row, code = np.nonzero(has)
    names = np.array(["ICD10 Z99", *(f"ICD10 A{j:02d}" for j in range(1, CODES))])
    kinds = np.array(["diagnosis"] * (CODES - 10) + ["drug"] * 10)
    rows = pl.DataFrame(
        {"admission_id": row, "kind": kinds[code], "code": names[code]}
    ).with_columns(hospital_id=pl.lit("A"), value=pl.lit(None, pl.Float64))
    crp = pl.DataFrame({"admission_id": np.arange(0, N, 2)}).with_columns(
        hospital_id=pl.lit("A"),
        kind=pl.lit("lab"),
        code=pl.lit("crp"),
        value=pl.Series(np.arange(N // 2) + 1.0),
    )
    return table, pl.concat([rows, crp.select(rows.columns)])


@pytest.fixture(scope="module")
def found(plan: study.Study) -> tuple[pl.DataFrame, comparison.Comparison, large_scale.LargeScale]:
    table, rows = world(1)
    arms = comparison.compare(table, plan)
    return table, arms, large_scale.compare(table, arms, rows, plan)


def test_a_confounder_that_nobody_named_is_balanced(found: Any) -> None:
    _, _, learned = found
    row = learned.covariates.filter(covariate=HIDDEN).row(0, named=True)
    assert row["smd_unmatched"] > 0.5
    assert row["smd_matched"] > 0.4
    assert abs(row["smd_large_scale"]) < 0.1
    assert row["coefficient"] > 1


def test_the_answer_in_its_pairs_has_less_bias(found: Any, plan: study.Study) -> None:
    table, arms, learned = found
    other = Other(learned.matched_rows(table), note=learned.note)
    sample = Sample(table, arms.matched_rows(table), arms.score, _never, other)
    rows = EffectRows(0)
    by_large_scale_score(sample, plan, rows)
    made = rows.frame()
    assert made["measure"].to_list() == ["OR", "RD", "RR"]
    assert set(made["population"]) == {POPULATION}
    odds = made.row(0, named=True)
    assert odds["lo"] < 1 < odds["hi"]
    assert "C-statistic" in odds["note"]
    assert odds["estimand"].startswith("ATM (") or odds["estimand"] == "ATT"
    crude = [
        arms.matched_rows(table).filter(pl.col("exposed") == arm)["death_28d"].mean()
        for arm in (True, False)
    ]
    assert crude[0] - crude[1] > 0.08  # type: ignore[operator]
    assert abs(made["estimate"][1]) < 0.08


def _never(table: pl.DataFrame) -> Any:
    raise AssertionError("nothing is matched again")


def test_differences_are_those_of_two_arms(found: Any) -> None:
    table, _, learned = found
    row = learned.covariates.filter(covariate=HIDDEN).row(0, named=True)
    _, rows = world(1)
    have = rows.filter(code="ICD10 Z99").select(KEY).with_columns(has=True)
    with_it = table.join(have, on=KEY, how="left").with_columns(pl.col("has").fill_null(False))
    for people, side in (
        (with_it, "unmatched"),
        (with_it.join(learned.matched.select(KEY), on=KEY, how="semi"), "large_scale"),
    ):
        p, q = (people.filter(pl.col("exposed") == a)["has"].mean() for a in (True, False))
        b, c = (with_it.filter(pl.col("exposed") == a)["has"].mean() for a in (True, False))
        spread = np.sqrt((b * (1 - b) + c * (1 - c)) / 2)  # type: ignore[operator]
        assert row[f"smd_{side}"] == pytest.approx((p - q) / spread)  # type: ignore[operator]
    assert row["n"] == have.height
    assert row["share_exposed"] == pytest.approx(b)


def test_what_may_be_told_names_nothing_and_sums_up(found: Any, tmp_path: Path) -> None:
    _, _, learned = found
    learned.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "large_scale.csv",
        "large_scale_score.csv",
        "large_scale_balance.csv",
        "large_scale_calibration.csv",
        "large_scale_preference.csv",
    }
    for name, table in learned.tables.items():
        assert "ICD10" not in table.write_csv(), name
    told = dict(learned.tables["large_scale_score"].select("what", "value").iter_rows())
    assert told["covariates"] == learned.covariates.height
    assert told["kept"] == (learned.covariates["coefficient"] != 0).sum()
    far = (learned.covariates["smd_matched"].abs() > 0.1).sum()
    assert told["beyond_matched"] == far
    assert told["left_matched"] > 0.1
    assert told["left_large_scale"] == 0
    grid = learned.tables["large_scale_balance"]
    assert grid.filter(score="study")["covariates"].sum() <= learned.covariates.height


def test_every_covariate_is_in_the_picture_where_nothing_is_small(plan: study.Study) -> None:
    table, rows = world(1)
    own = plan.model_copy(update={"report": plan.report.model_copy(update={"smallest_cell": 0})})
    made = large_scale.compare(table, comparison.compare(table, own), rows, own)
    grid = made.tables["large_scale_balance"]
    for score in ("study", "large_scale"):
        assert grid.filter(score=score)["covariates"].sum() == made.covariates.height
    assert grid.filter(pl.col("score") == "study", pl.col("after") > 0.4)["covariates"].sum() == 1


def test_calibration_and_preference_are_of_everybody(found: Any) -> None:
    table, _, learned = found
    tenths = learned.tables["large_scale_calibration"]
    assert tenths.height == 10
    assert (tenths["predicted"] - tenths["observed"]).abs().max() < 0.1
    assert tenths["observed"].mean() == pytest.approx(table["exposed"].mean(), abs=0.002)
    preference = learned.tables["large_scale_preference"]
    assert preference["exposed"].sum() <= table["exposed"].sum()


def test_columns_of_codes_and_of_numbers(plan: study.Study) -> None:
    table, rows = world(2)
    made = coded(table, rows, asking(plan, prevalence=0.02))
    assert {"lab crp measured", "lab crp low", "lab crp high"} <= set(made.names)
    x = made.x.toarray()
    low, high = (x[:, made.names.index(f"lab crp {end}")] for end in ("low", "high"))
    assert np.flatnonzero(low).tolist() == list(range(0, 402, 2))
    assert np.flatnonzero(high).tolist() == list(range(1198, N, 2))
    counts = rows.filter(kind="diagnosis").group_by("code").len()
    for code, count in counts.iter_rows():
        assert (f"diagnosis {code}" in made.names) == (0.02 * N <= count <= 0.98 * N)
    assert made.x[:, made.names.index(HIDDEN)].sum() == counts.filter(code="ICD10 Z99")["len"][0]
    assert made.rare > 0


def test_who_is_not_among_the_people_is_not_counted(plan: study.Study) -> None:
    table, rows = world(2)
    made = coded(table.head(800), rows, plan)
    assert made.x.shape[0] == 800
    assert made.x[:, made.names.index(HIDDEN)].sum() == (
        rows.filter(pl.col("code") == "ICD10 Z99", pl.col("admission_id") < 800).height
    )


def test_what_the_study_leaves_out(plan: study.Study) -> None:
    table, rows = world(3)
    own = asking(plan, leave_out=("diagnosis ICD10 z9.9", "lab crp", "drug no such"))
    made = coded(table, rows, own)
    assert not {HIDDEN, "lab crp low", "lab crp measured"} & set(made.names)
    assert made.unknown == ("drug no such",)
    learned = large_scale.compare(table, comparison.compare(table, own), rows, own)
    assert "left out, but no covariate anyway: drug no such" in learned.note


def test_one_column_of_a_number_is_left_out(plan: study.Study) -> None:
    table, rows = world(3)
    made = coded(table, rows, asking(plan, leave_out=("lab crp low",)))
    assert made.unknown == ()
    assert {"lab crp measured", "lab crp high"} <= set(made.names)
    assert "lab crp low" not in made.names


@pytest.mark.parametrize("who", [0, 3])
def test_of_what_few_have_it_is_not_told_whether_anybody_has(plan: study.Study, who: int) -> None:
    table, rows = world(3)
    more = _with(table, rows, pl.int_range(pl.len()) < who)
    own = asking(plan, leave_out=("drug more",), prevalence=0.0001)
    made = coded(table, more, own)
    assert "drug more" not in made.names
    assert made.unknown == ("drug more",)


def test_what_just_enough_people_have_is_in(plan: study.Study) -> None:
    table, rows = world(3)
    table = table.head(100)
    more = _with(table, rows, pl.int_range(pl.len()) < 7)
    assert 0.07 * 100 > 7  # as floats are multiplied
    assert "drug more" in coded(table, more, asking(plan, prevalence=0.07)).names


def _with(table: pl.DataFrame, rows: pl.DataFrame, who: pl.Expr) -> pl.DataFrame:
    extra = table.filter(who).select(KEY)
    drug = extra.with_columns(
        kind=pl.lit("drug"), code=pl.lit("more"), value=pl.lit(None, pl.Float64)
    )
    return pl.concat([rows, drug.select(rows.columns)])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [400, 1127, 1600])
def test_what_one_arm_alone_has_is_infinitely_far(plan: study.Study, n: int) -> None:
    table, rows = world(7)
    table = table.head(n)
    own = plan.model_copy(update={"match": plan.match.model_copy(update={"caliper": None})})
    more = _with(table, rows, pl.col("exposed"))
    learned = large_scale.compare(table, comparison.compare(table, own), more, own)
    row = learned.covariates.filter(covariate="drug more").row(0, named=True)
    assert [row[f"smd_{side}"] for side in ("unmatched", "matched", "large_scale")] == [np.inf] * 3
    told = dict(learned.tables["large_scale_score"].select("what", "value").iter_rows())
    assert told["beyond_unmatched"] == (learned.covariates["smd_unmatched"].abs() > 0.1).sum()
    assert told["largest_unmatched"] == 5
    assert told["left_matched"] > 4
    farthest = learned.tables["large_scale_balance"].filter(pl.col("before") > 5)
    assert farthest["covariates"].to_list() == [1, 1]


def test_no_number_tells_how_many_pairs_there_are(plan: study.Study) -> None:
    table, rows = world(1)
    report = plan.report.model_copy(update={"counts_rounded_to": 5})
    own = plan.model_copy(update={"report": report})
    arms = comparison.compare(table, own)
    told = []
    for fewer in range(3):
        one = replace(arms, matched=arms.matched.filter(pl.col("pair_id") < 202 - fewer))
        of = large_scale.compare(table, one, rows, own).tables["large_scale_score"]
        told.append(of.filter(what="chance_matched")["value"].to_list())
    assert told[0] == told[1] == told[2]
    value = dict(of.select("what", "value").iter_rows())
    assert value["c_statistic"] == round(value["c_statistic"], 2)
    assert value["penalty"] == float(f"{value['penalty']:.2g}")


def test_the_farthest_of_few_is_told_in_tenths(plan: study.Study) -> None:
    table, rows = world(1)
    controls = ~pl.col("exposed") & (pl.col("admission_id") % 2 == 0)
    few = pl.col("exposed") & (pl.col("exposed").cum_sum() <= 3)
    arms = comparison.compare(table, plan)
    learned = large_scale.compare(table, arms, _with(table, rows, controls | few), plan)
    farthest = learned.covariates.sort(pl.col("smd_matched").abs()).row(-1, named=True)
    assert farthest["covariate"] == "drug more"
    told = dict(learned.tables["large_scale_score"].select("what", "value").iter_rows())
    assert told["left_matched"] > told["largest_matched"]
    assert told["left_matched"] == round(told["left_matched"], 1)


@pytest.mark.parametrize("kept", ["nobody", "no exposed", "few exposed"])
def test_without_people_there_is_a_reason(plan: study.Study, kept: str) -> None:
    table, rows = world(4)
    who = {
        "nobody": pl.lit(False),
        "no exposed": ~pl.col("exposed"),
        "few exposed": ~pl.col("exposed") | (pl.col("exposed").cum_sum() <= 3),
    }[kept]
    table = table.filter(who)
    learned = large_scale.compare(table, comparison.compare(table, plan), rows, plan)
    assert learned.matched.is_empty()
    assert learned.why_none
    wanted = {"large_scale_score", "large_scale_balance"} if kept == "few exposed" else set()
    assert set(learned.tables) == wanted
    made = EffectRows(0)
    sample = Sample(
        table, learned.matched_rows(table), np.empty(0), _never,
        Other(learned.matched_rows(table), learned.why_none),
    )  # fmt: skip
    by_large_scale_score(sample, asking(plan, until_hours=24), made)
    assert learned.why_none in made.frame()["note"][0]
    assert not made.frame()["note"][0].startswith(";")


def _of_small_hospitals(n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People of hospitals of five, and their codes; the age tells a little of who is exposed."""
    rng = np.random.default_rng(11)
    table, rows = world(8)
    table = table.head(n).with_columns(
        hospital_id=pl.Series([f"H{i // 5:03d}" for i in range(n)]),
        exposed=pl.Series(rng.random(n) < 0.3 + 0.2 * (table.head(n)["age"].to_numpy() > 63)),
    )
    theirs = rows.drop("hospital_id").join(table.select(KEY), "admission_id")
    return with_hospitals(table), theirs.select(rows.columns)


def test_nobody_is_told_apart_by_the_share_that_his_hospital_exposes(plan: study.Study) -> None:
    table, rows = _of_small_hospitals(800)
    own = plan.model_copy(update={"match": plan.match.model_copy(update={"hospital": "model"})})
    assert SHARE in score_names(table, own)
    learned = large_scale.compare(table, comparison.compare(table, own), rows, own)
    told = dict(learned.tables["large_scale_score"].select("what", "value").iter_rows())
    assert 0.5 < told["c_statistic"] < 0.62
    assert SHARE not in learned.covariates["covariate"].to_list()


def test_a_small_hospital_is_a_covariate_like_another(plan: study.Study) -> None:
    table, rows = _of_small_hospitals(200)
    match = plan.match.model_copy(update={"hospital": "model"})
    own = asking(plan.model_copy(update={"match": match}), prevalence=0.02)
    made = large_scale.compare(table, comparison.compare(table, own), rows, own)
    kinds = made.covariates.filter(kind="hospital")
    assert kinds.height == 40
    assert kinds["n"].unique().to_list() == [5]


def test_without_a_score_the_balance_of_the_study_is_there(plan: study.Study) -> None:
    table, rows = world(7)
    few = table.filter(~pl.col("exposed") | (pl.col("exposed").cum_sum() <= 8))
    arms = comparison.compare(few, plan)
    made = large_scale.compare(few, arms, rows, plan)
    told = dict(made.tables["large_scale_score"].select("what", "value").iter_rows())
    assert made.why_none.startswith("lasso score: the smaller arm has fewer than 10")
    assert told["beyond_matched"] is not None
    assert told["beyond_large_scale"] is None
    assert not {"kept", "c_statistic"} & set(told)
    assert made.covariates["coefficient"].null_count() == made.covariates.height
    assert made.covariates["smd_matched"].null_count() < made.covariates.height


def test_a_hospital_of_which_nothing_is_known_is_said(plan: study.Study) -> None:
    """Nobody there has a diagnosis: not sent or not dated, which is not "has none"."""
    table, rows = world(8)
    place = pl.when(pl.col("admission_id") < 700).then(pl.lit("B")).otherwise("hospital_id")
    tiny = pl.when(pl.col("admission_id") > N - 6).then(pl.lit("C")).otherwise(place)
    table, rows = (one.with_columns(hospital_id=tiny) for one in (table, rows))
    whole = coded(table, rows, plan)
    assert whole.silent == ("in 2 of 2 hospitals nobody has a vital sign by then",)
    missing = (pl.col("hospital_id") == "B") & (pl.col("kind") == "diagnosis")
    made = coded(table, rows.filter(~missing), plan)
    assert made.silent[0] == "in 1 of 2 hospitals nobody has a diagnosis known by then"
    without = rows.filter(~missing)
    learned = large_scale.compare(table, comparison.compare(table, plan), without, plan)
    assert "C-statistic" in learned.note
    assert "in 1 of 2 hospitals nobody has a diagnosis known by then" in learned.note


def test_what_is_left_out_and_unknown_is_said_without_a_score_too(plan: study.Study) -> None:
    table, rows = world(9)
    few = table.filter(~pl.col("exposed") | (pl.col("exposed").cum_sum() <= 8))
    own = asking(plan, leave_out=("drug no such",))
    made = large_scale.compare(few, comparison.compare(few, own), rows, own)
    assert made.why_none
    assert "left out, but no covariate anyway: drug no such" in made.note


def test_nothing_coded_leaves_the_matching_variables(plan: study.Study) -> None:
    table, rows = world(5)
    learned = large_scale.compare(table, comparison.compare(table, plan), rows.clear(), plan)
    assert set(learned.covariates["kind"]) == {"declared"}


def test_small_counts_are_in_no_picture(plan: study.Study) -> None:
    table, rows = world(6)
    few = table.filter("exposed").head(4).select(KEY)
    extra = few.with_columns(
        kind=pl.lit("drug"), code=pl.lit("rare"), value=pl.lit(None, pl.Float64)
    )
    most = (
        table.filter(~pl.col("exposed"))
        .head(300)
        .select(KEY)
        .with_columns(kind=pl.lit("drug"), code=pl.lit("rare"), value=pl.lit(None, pl.Float64))
    )
    more = pl.concat([rows, extra.select(rows.columns), most.select(rows.columns)])
    report = plan.report.model_copy(update={"smallest_cell": 5})
    own = plan.model_copy(update={"report": report})
    arms = comparison.compare(table, own)
    with_it = large_scale.compare(table, arms, more, own)
    row = with_it.covariates.filter(covariate="drug rare").row(0, named=True)
    assert row["smd_unmatched"] < -0.5
    told = with_it.tables["large_scale_balance"]
    assert told.filter(pl.col("before") > abs(row["smd_unmatched"]) - 0.03).is_empty()
