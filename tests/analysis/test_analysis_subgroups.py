"""The subgroup forest and the tests between its sides."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.outcome_model import OutcomeModel
from ehrivig.analysis.subgroups import between_sides, cut_at_medians, forest, sides
from ehrivig.errors import AnalysisError
from ehrivig.study import Subgroup

AGE = Subgroup(name="age", label="Age >= 65 y", variable="age", cut=65)
COPD = Subgroup(name="copd", label="COPD", variable="copd")


def cells(exposed: bool, side: float, events: int, n: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "exposed": [exposed] * n,
            "age": [70.0 if side else 50.0] * n,
            "death_28d": [i < events for i in range(n)],
            "weight": [1.0] * n,
        }
    )


@pytest.fixture
def matched() -> pl.DataFrame:
    """Old: 20/40 against 10/40 (OR 3). Young: 10/40 against 16/40 (OR 0.5)."""
    parts = [(True, 1.0, 20), (False, 1.0, 10), (True, 0.0, 10), (False, 0.0, 16)]
    return pl.concat([cells(arm, side, events, 40) for arm, side, events in parts])


def asking(plan: study.Study, *subgroups: Subgroup, smallest: int = 0) -> study.Study:
    analysis = plan.analysis.model_copy(update={"subgroups": subgroups})
    report = plan.report.model_copy(update={"smallest_cell": smallest})
    return plan.model_copy(update={"analysis": analysis, "report": report})


def test_sides_are_at_or_above_the_cut() -> None:
    frame = pl.DataFrame({"age": [64.9, 65.0, None], "copd": [True, False, None]})
    assert sides(frame, AGE)[:2].tolist() == [0.0, 1.0]
    assert np.isnan(sides(frame, AGE)[2])
    assert sides(frame, COPD)[:2].tolist() == [1.0, 0.0]


def test_both_sides_and_the_test_between_them(matched: pl.DataFrame, plan: study.Study) -> None:
    rows = EffectRows(0)
    forest(matched, asking(plan, AGE), rows)
    yes, no, between = rows.frame().to_dicts()
    assert yes["estimate"] == pytest.approx(20 * 30 / (20 * 10), rel=1e-8)
    assert no["estimate"] == pytest.approx(10 * 24 / (30 * 16), rel=1e-8)
    assert (between["analysis"], between["measure"]) == ("interaction", "ROR")
    assert between["estimate"] == pytest.approx(3.0 / 0.5, rel=1e-7)
    se = math.sqrt(sum(1 / c for c in (20, 20, 10, 30, 10, 30, 16, 24)))
    assert between["se"] == pytest.approx(se, rel=1e-6)
    assert between["lo"] == pytest.approx(6 * math.exp(-1.959964 * se), rel=1e-5)


def test_the_interaction_p_is_the_likelihood_ratio(matched: pl.DataFrame) -> None:
    """Against the deviance of the model without interaction, by statsmodels."""
    sm = pytest.importorskip("statsmodels.api")
    chi2 = pytest.importorskip("scipy.stats").chi2
    event = matched["death_28d"].cast(pl.Float64).to_numpy()
    arm, side = matched["exposed"].to_numpy(), (matched["age"] >= 65).to_numpy().astype(float)
    effect = between_sides(event, arm, side, OutcomeModel("death", number=False))
    x = np.column_stack([np.ones(len(event)), arm, side, arm * side])
    llf = [sm.Logit(event, x[:, :k]).fit(disp=0).llf for k in (3, 4)]
    assert effect.p == pytest.approx(chi2.sf(2 * (llf[1] - llf[0]), 1), rel=1e-6)


def test_the_tests_are_one_family(matched: pl.DataFrame, plan: study.Study) -> None:
    again = AGE.model_copy(update={"name": "age_again"})
    rows = EffectRows(0)
    forest(matched, asking(plan, AGE, again), rows)
    made = rows.frame()
    tests = made.filter(pl.col("analysis") == "interaction")
    assert set(tests["family"]) == {"interaction"}
    assert tests["p_holm"].to_list() == pytest.approx([2 * p for p in tests["p"]])
    assert made.filter(pl.col("analysis") == "subgroup")["p_holm"].null_count() == 4


def test_a_hidden_side_hides_the_other_and_the_test(
    matched: pl.DataFrame, plan: study.Study
) -> None:
    thin = pl.concat([matched, cells(True, 1.0, 0, 0)]).filter(
        ~((pl.col("age") > 65) & pl.col("exposed") & pl.col("death_28d"))
        | (pl.int_range(pl.len()) < 3)
    )
    rows = EffectRows(5)
    forest(thin, asking(plan, AGE, smallest=5), rows)
    assert rows.frame()["estimate"].null_count() == 3
    assert rows.frame()["p"].null_count() == 3


def test_an_empty_side_is_a_reason(matched: pl.DataFrame, plan: study.Study) -> None:
    rows = EffectRows(0)
    forest(matched.filter(pl.col("age") > 65), asking(plan, AGE), rows)
    made = rows.frame()
    assert made["estimate"].is_null().to_list() == [False, True, True]
    assert all("no estimate" in note for note in made["note"][1:])


def test_a_split_after_time_zero_says_so(matched: pl.DataFrame, plan: study.Study) -> None:
    late = Subgroup(name="imv", label="IMV", variable="invasive_ventilation")
    rows = EffectRows(0)
    forest(matched.with_columns(invasive_ventilation=pl.col("age") > 65), asking(plan, late), rows)
    assert all("measured after time zero" in note for note in rows.frame()["note"])


def test_a_cut_at_the_median_is_that_of_all_people(
    matched: pl.DataFrame, plan: study.Study
) -> None:
    everybody = pl.concat([matched, matched.filter(pl.col("age") > 65)] * 2)
    median = float(everybody["age"].median())  # type: ignore[arg-type]
    asked = asking(plan, AGE.model_copy(update={"label": "Older", "cut": "median"}))
    resolved = cut_at_medians(asked, everybody)
    assert [one.cut for one in resolved.analysis.subgroups] == [median]
    rows, told = EffectRows(0), EffectRows(0)
    forest(matched, resolved, rows, asked)
    by_hand = AGE.model_copy(update={"label": "Older", "cut": median})
    forest(matched, asking(plan, by_hand), told)
    numbers = ("contrast", "estimate", "lo", "hi", "n_exposed", "n_control")
    assert rows.frame().select(numbers).equals(told.frame().select(numbers))
    assert rows.frame()["note"].str.contains(f"cut at the median, {median:.3g}").all()
    assert cut_at_medians(plan, everybody) is plan


def test_a_median_of_few_is_not_told(matched: pl.DataFrame, plan: study.Study) -> None:
    asked = asking(plan, AGE.model_copy(update={"cut": "median"}))
    few = pl.when(pl.int_range(pl.len()) < 9).then("age")
    known = matched.with_columns(age=few)
    rows = EffectRows(0)
    forest(known, cut_at_medians(asked, known), rows, asked)
    assert not rows.frame()["note"].str.contains("median").any()


def test_weighted_rows_have_no_likelihood(matched: pl.DataFrame) -> None:
    one = np.ones(matched.height)
    with pytest.raises(AnalysisError, match="likelihood"):
        between_sides(
            one, matched["exposed"].to_numpy(), one, OutcomeModel("death", number=False), one
        )
