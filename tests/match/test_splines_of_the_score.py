"""A score that may bend: balance of what bends, the same in every design, and what has no curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.curvature import farthest
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sensitivity.weighting import weighting
from ehrivig.dataset import (
    baseline_names,
    exposed,
    matrix,
    score_names,
    unbent_names,
    with_hospitals,
    with_splines,
)
from ehrivig.errors import StudyError
from ehrivig.match import comparison

N = 2000
CURVES = ("spline age 1", "spline age 2")


@pytest.fixture(scope="module")
def plan() -> study.Study:
    full = study.load("ivig_covid19")
    covariates = full.covariates.model_copy(
        update={"variables": tuple(full.covariate(n) for n in ("age", "male", "sofa"))}
    )
    match = full.match.model_copy(
        update={
            "covariates": ("age", "male", "sofa"),
            "splines": ("age",),
            "caliper": 0.1,
            "caliper_scale": "logit_sd",
            "allow_post_baseline": (),
        }
    )
    return full.model_copy(update={"covariates": covariates, "match": match})


def with_match(plan: study.Study, **keys: Any) -> study.Study:
    return plan.model_copy(update={"match": plan.match.model_copy(update=keys)})


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """The young and the old are treated, and die; the drug does nothing."""
    rng = np.random.default_rng(4)
    age, male, sofa = rng.normal(63, 12, N), rng.random(N) < 0.6, rng.normal(7, 2, N)
    bent = ((age - 63) / 12) ** 2 - 1
    return pl.DataFrame(
        {
            "hospital_id": rng.choice(["A", "B"], N),
            "admission_id": np.arange(N),
            "exposed": rng.random(N) < 1 / (1 + np.exp(3.8 - 0.9 * bent - 0.5 * sofa)),
            "death_28d": rng.random(N) < 1 / (1 + np.exp(0.8 - 0.9 * bent)),
            "age": age,
            "male": male,
            "sofa": sofa,
        }
    )


def test_the_columns_of_the_score(table: pl.DataFrame, plan: study.Study) -> None:
    made = with_splines(with_hospitals(table), plan)
    hospitals = tuple(name for name in made.columns if name.startswith("hospital "))
    model = with_match(plan, hospital="model")
    assert score_names(made, model) == ("age", "male", "sofa", *CURVES, *hospitals)
    assert baseline_names(made, plan)[:5] == ("age", "male", "sofa", *CURVES)
    late = with_match(plan, allow_post_baseline=("age",))
    assert not {"age", *CURVES} & set(baseline_names(made, late))
    assert unbent_names(made) == (*CURVES, *hospitals)
    assert with_splines(made, plan).columns == [*made.drop(CURVES).columns, *CURVES]


def test_pairs_of_a_score_that_bends_are_alike_where_it_does(
    table: pl.DataFrame, plan: study.Study
) -> None:
    left, effects = {}, {}
    for name, own in (("line", with_match(plan, splines=())), ("curve", plan)):
        made = with_splines(table, own)
        matched = comparison.compare(made, own).matched_rows(made)
        names = own.match.covariates
        weight = matched["weight"].to_numpy()
        found = farthest(exposed(matched), matrix(matched, names), names, weight)
        assert found is not None
        left[name] = found.beyond
        dies = matched.group_by("exposed").agg(pl.col("death_28d").mean()).sort("exposed")
        effects[name] = dies["death_28d"][1] - dies["death_28d"][0]
    assert left["line"] > 0.1
    assert left["curve"] < 0.02
    assert effects["line"] > 0.15
    assert abs(effects["curve"]) < 0.05


def test_weights_bend_as_the_score_does(table: pl.DataFrame, plan: study.Study) -> None:
    own = plan.model_copy(
        update={"analysis": plan.analysis.model_copy(update={"sensitivity": ("iptw", "aipw")})}
    )
    made, rows = with_splines(table, own), EffectRows(0)
    weighting(made, comparison.compare(made, own).score, own, rows)
    frame = rows.frame().filter(measure="RD")
    assert frame.height == 2
    assert ((frame["lo"] < 0) & (frame["hi"] > 0)).all()


def test_others_are_matched_with_curves_of_their_own(
    table: pl.DataFrame, plan: study.Study
) -> None:
    made = with_splines(table, plan)
    part = made.filter(pl.col("hospital_id") == "A")
    matched, _ = comparison.match_again(part, plan)
    bare, _ = comparison.match_again(part.drop(CURVES), plan)
    assert matched.equals(bare.select(matched.columns))


def test_what_takes_few_values_is_said_to_have_no_curve(
    table: pl.DataFrame, plan: study.Study
) -> None:
    few = table.with_columns(age=pl.when(pl.col("age") > 63).then(70.0).otherwise(50.0))
    made = with_splines(few, plan)
    assert "age takes too few values for a curve" in comparison.compare(made, plan).note
    assert "curve" not in comparison.compare(with_splines(table, plan), plan).note


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ('["sofa_2"]', "sofa_2"),
        ('["male"]', "male is yes or no: there is no curve. Remove it"),
        ('["wbc"]', "wbc is not matched on. Add it to covariates, or remove it"),
    ],
)
def test_impossible_curves_are_refused(names: str, said: str, tmp_path: Any) -> None:
    whole = study.locate("ivig_covid19").read_text(encoding="utf-8")
    text = whole.replace("[match]\n", f"[match]\nsplines = {names}\n")
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(StudyError, match=r"match\.splines") as error:
        study.load(path)
    assert said in str(error.value)
    assert str(error.value).count("match.splines") == 1


def test_the_report_says_what_bends(plan: study.Study) -> None:
    from ehrivig.report import methods
    from ehrivig.report.words import given_words

    text = " ".join(methods.paragraphs(plan, None))
    assert "(Age by restricted cubic splines with 4 knots)" in text
    assert "splines" not in " ".join(methods.paragraphs(with_match(plan, splines=()), None))
    assert given_words(plan).startswith("Age, Male sex, SOFA score (splines of Age)")
