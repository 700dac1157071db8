"""All analyses together, and the guards around them."""

from __future__ import annotations

import importlib
import tomllib
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import analysis, study
from ehrivig.analysis import models, own_lints
from ehrivig.concepts.follow_up import Answerable
from ehrivig.errors import EhrivigError, StudyError
from ehrivig.match import comparison
from ehrivig.study.registries import sensitivity


def analysed(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> dict[str, pl.DataFrame]:
    return analysis.analyse(
        table,
        compared.matched_rows(table),
        compared.score,
        Answerable(plan, None),
        lambda other: comparison.match_again(other, plan),
    ).tables


@pytest.fixture(scope="module")
def tables(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> dict[str, pl.DataFrame]:
    return analysed(table, compared, plan)


def test_everything_the_study_names_is_done(
    tables: dict[str, pl.DataFrame], plan: study.Study
) -> None:
    effects = tables["effects"]
    assert set(effects["analysis"]) == {
        "table3",
        "main",
        "outcomes",
        "subgroup",
        "interaction",
        "weighting",
        "missing_data",
        "moribund_discharge",
        "numbers",
        "negative_control",
        "hospital",
        "time_zero",
        "table_s2",
    }
    beside = [table.name for table in sensitivity.tables() if plan.analysis.asks_for(table)]
    order = effects["analysis"].unique(maintain_order=True).to_list()
    assert order[order.index("interaction") + 1 : order.index("table_s2")] == beside
    assert {"table1", "table_unmatched", "table2", "table_s5", "curves", "lints"} <= set(tables)
    assert effects["event_label"].null_count() == 0


def test_the_warning_is_in_every_row_but_the_safe_ones(tables: dict[str, pl.DataFrame]) -> None:
    effects = tables["effects"]
    safe = pl.col("analysis").is_in(["time_zero", "negative_control"])
    safe &= ~pl.col("contrast").str.contains("naive")
    warned = pl.col("note").str.contains("immortal time")
    assert effects.filter(~safe & ~warned).is_empty()
    assert effects.filter(safe & warned).is_empty()
    assert tables["curves"]["note"].str.contains("immortal time").all()
    assert tables["table3"]["note"].str.contains("immortal time").all()


def test_an_inverted_outcome_makes_the_run_fail(
    table: pl.DataFrame,
    compared: comparison.Comparison,
    plan: study.Study,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model of survival under the name of death must not leave the house."""
    true_crude = models.crude

    def inverted(event: np.ndarray, *rest: Any) -> Any:
        return true_crude(1 - event, *rest)

    main_effects = importlib.import_module("ehrivig.analysis.main_effects")
    monkeypatch.setattr(main_effects, "crude", inverted)
    with pytest.raises(own_lints.InvertedEvent, match="inverted") as error:
        analysed(table, compared, plan)
    dead = table["death_28d"].mean()
    assert f"has events in {1 - dead:.1%} of the people, the table in {dead:.1%}" in str(
        error.value
    )
    assert isinstance(error.value, EhrivigError)
    assert error.value.exit_code == 1


def test_an_inverted_table_3_makes_the_run_fail(
    table: pl.DataFrame,
    compared: comparison.Comparison,
    plan: study.Study,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    true_crude = models.crude
    inverted = importlib.import_module("ehrivig.analysis.outcome_model")
    monkeypatch.setattr(inverted, "crude", lambda event, *rest: true_crude(1 - event, *rest))
    with pytest.raises(own_lints.InvertedEvent, match="table3"):
        analysed(table, compared, plan)


def test_a_cut_in_another_unit_is_smelt(tables: dict[str, pl.DataFrame], plan: study.Study) -> None:
    """The published cut of 6.9 beside a median of 71 mg/L, and the same cut in mg/L."""
    table1 = tables["table1"].with_columns(
        pl.when(pl.col("variable") == "crp").then(71.1).otherwise("median_all").alias("median_all")
    )
    for cut, smells in ((6.9, True), (69.0, False)):
        crp = next(s for s in plan.analysis.subgroups if s.name == "crp")
        only = plan.analysis.model_copy(
            update={"subgroups": (crp.model_copy(update={"cut": cut}),)}
        )
        found = own_lints._unit_smells(table1, plan.model_copy(update={"analysis": only}))
        assert bool(found) == smells


def test_no_pair_is_a_result(
    table: pl.DataFrame, compared: comparison.Comparison, plan: study.Study
) -> None:
    lonely = table.with_columns(exposed=pl.lit(False))
    found = analysed(lonely, comparison.compare(lonely, plan), plan)
    assert found["effects"].filter(pl.col("population") == "matched")["estimate"].null_count() > 0
    assert found["table1"].height == len(plan.covariates.variables)


@pytest.fixture
def content() -> dict[str, Any]:
    return tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))


def own_question(content: dict[str, Any]) -> None:
    """The study as one that repeats no paper: without the group that an outcome makes."""
    content["study"]["reproduction"] = False
    content["analysis"]["allow_post_baseline"] = []
    groups = content["analysis"]["subgroups"]
    kept = [group for group in groups if group["variable"] != "invasive_ventilation"]
    content["analysis"]["subgroups"] = kept


def test_groups_by_time_are_refused_without_a_safe_twin(content: dict[str, Any]) -> None:
    content["study"]["reproduction"] = False
    content["analysis"]["sensitivity"] = ["iptw"]
    content["study"]["estimand"]["analysis"] = "iptw"
    with pytest.raises(StudyError) as error:
        study.parse(content)
    said = str(error.value)
    assert all(name in said for name in ("'dose'", "'timing'", "'duration'"))
    assert "reproduction = true" in said
    assert "landmark_hours = [48]" in said


@pytest.mark.parametrize(
    ("keys", "refused"),
    [
        ({"sensitivity": ["landmark"], "landmark_hours": [48]}, False),
        ({"sensitivity": ["landmark"], "landmark_hours": [24]}, True),
        ({"sensitivity": ["clone_censor_weight"], "grace_hours": 48}, False),
        ({"sensitivity": ["clone_censor_weight"], "grace_hours": 24}, True),
    ],
)
def test_a_late_group_needs_a_twin_at_its_own_cut(
    content: dict[str, Any], keys: dict[str, Any], refused: bool
) -> None:
    own_question(content)
    content["study"]["estimand"]["analysis"] = "iptw"
    content["analysis"] |= keys
    if refused:
        with pytest.raises(StudyError, match="'timing'"):
            study.parse(content)
    else:
        assert study.parse(content).exposure.bands


def test_no_groups_need_no_reproduction(content: dict[str, Any]) -> None:
    own_question(content)
    content["analysis"]["sensitivity"] = []
    content["exposure"]["bands"] = []
    assert study.parse(content)


def test_a_treatment_in_the_stay_cannot_be_matched_on_unless_named(
    content: dict[str, Any],
) -> None:
    content["match"] |= {"covariates": ["age", "glucocorticoid"], "allow_post_baseline": []}
    content["analysis"]["adjust"] = []
    where = r"match\.covariates: 'glucocorticoid'.*allow_post_baseline"
    with pytest.raises(StudyError, match=where):
        study.parse(content)
    content["match"]["allow_post_baseline"] = ["glucocorticoid"]
    assert study.parse(content)


def test_an_outcome_cannot_be_matched_on_even_if_named(content: dict[str, Any]) -> None:
    content["match"]["covariates"].append("ards")
    content["match"]["allow_post_baseline"].append("ards")
    with pytest.raises(StudyError, match=r"match\.covariates: 'ards' is an outcome"):
        study.parse(content)


@pytest.mark.parametrize(("window", "refused"), [([-24, 24], True), ([-24, 0], False)])
def test_a_medication_after_time_zero_is_post_baseline(
    content: dict[str, Any], window: list[int], refused: bool
) -> None:
    steroid = {"name": "steroid", "label": "Steroid", "from": "medication"}
    steroid |= {"code": "glucocorticoid", "window_hours": window}
    content["covariates"]["variables"].append(steroid)
    content["match"]["covariates"].append("steroid")
    if refused:
        with pytest.raises(StudyError, match="'steroid' is known only after time zero"):
            study.parse(content)
    else:
        assert study.parse(content)


def test_the_primary_outcome_can_never_be_matched_on(content: dict[str, Any]) -> None:
    content["match"]["covariates"].append("death_28d")
    content["match"]["allow_post_baseline"].append("death_28d")
    with pytest.raises(StudyError, match="primary outcome"):
        study.parse(content)
