"""The numbers that came out wrong, M1 to M30: each is a test, here or where it belongs.

Here are those that no other file asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.main_effects import main_effects
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.hospitals import by_hospital
from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats import cox, kaplan_meier, logistic, logrank
from ehrivig.study import Study

ELSEWHERE = {
    "M1": "analysis/test_lost.py::test_deaths_by_discharge_status_are_deaths_in_the_hospital",
    "M2": "analysis/test_lost.py::test_deaths_by_discharge_status_are_deaths_in_the_hospital",
    "M3": "analysis/test_lost.py::test_deaths_by_discharge_status_are_deaths_in_the_hospital",
    "M4": "analysis/test_roles.py::test_what_is_hidden_was_tested_all_the_same",
    "M6": "stats/test_paired.py::test_no_discordant_pair_has_an_interval",
    "M7": "parity/test_edge_cases.py::test_fine_gray_with_late_entry",
    "M8": "meta/test_shared_arm.py::test_controls_that_all_share_cancel_and_need_not_sum",
    "M9": "parity/test_edge_cases.py::test_hartung_knapp_where_studies_agree",
    "M10": "match/test_hospitals_in_the_score.py"
    "::test_separated_arms_are_scored_by_a_penalised_fit_with_a_lint",
    "M11": "audit/test_lints.py::test_the_test_of_a_cleared_p_is_named",
    "M12": "stats/test_balance.py::test_a_covariate_without_spread_has_no_smd",
    "M13": "laws/laws.py::clusters",
    "M14": "parity/test_edge_cases.py::test_firth_of_covariates_far_from_zero",
    "M15": "stats/test_matching_optimal.py::test_rounded_scores_are_matched_as_whole_numbers",
    "M17": "parity/test_edge_cases.py::test_conditional_logit_in_two_large_strata",
    "M18": "stats/test_extreme_weights.py::test_truncation_leans_towards_the_crude_answer",
    "M19": "stats/test_standardise.py::test_leaving_one_out_keeps_small_intervals_wide_enough",
    "M20": "analysis/test_roles.py::test_the_effect_in_the_matched_is_named_so",
    "M21": "match/test_hospitals_in_the_score.py::test_hospitals_that_differ_make_no_effect",
    "M22": "match/test_residual_differences.py"
    "::test_optimal_pairs_or_adjustment_take_the_rest_away",
    "M23": "stats/test_cross_fitted.py::test_what_bends_makes_no_effect",
    "M24": "analysis/test_severity_worlds.py::test_severity_that_moves_is_adjusted_for",
    "M25": "stats/test_multiplicity_sensitivity.py::test_few_controls_reject_no_more_than_they_may",
    "M28": "calibrate/test_calibrate_command.py::test_a_lean_that_wide_intervals_hide_fails",
    "M29": "stats/test_timezero.py::test_truncation_is_of_the_weights_that_stand_for_others",
    "M30": "analysis/test_dose_worlds.py::test_no_lean_beyond_chance",
}
HERE = {"M5", "M16", "M26", "M27"}
Counted = Callable[..., pl.DataFrame]


def test_every_case_has_a_test() -> None:
    assert HERE | set(ELSEWHERE) == {f"M{number}" for number in range(1, 31)}
    for place in ELSEWHERE.values():
        file, name = place.split("::")
        text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), place


@pytest.fixture
def plan() -> Study:
    """The packaged study, every count shown."""
    whole = study.load("ivig_covid19")
    return whole.model_copy(update={"report": whole.report.model_copy(update={"smallest_cell": 0})})


def _pairs(exposed_only: int, control_only: int, both: int, neither: int) -> pl.DataFrame:
    """Complete pairs, then eight in which one outcome is unknown."""
    cells = [(1, 0)] * exposed_only + [(0, 1)] * control_only + [(1, 1)] * both
    cells += [(0, 0)] * neither + [(None, 1)] * 4 + [(0, None)] * 4
    rows = [
        {"exposed": arm == 0, "death_28d": event, "pair_id": pair, "weight": 1.0}
        for pair, outcomes in enumerate(cells)
        for arm, event in enumerate(outcomes)
    ]
    shown = pl.DataFrame(rows, schema_overrides={"death_28d": pl.Boolean})
    return shown.with_columns(admission_id=pl.int_range(pl.len()), hospital_id=pl.lit("A"))


def test_m5_pairs_with_an_unknown_outcome_are_left_out(plan: Study) -> None:
    """22 complete pairs, 2 with the event in the exposed alone and 7 in the control alone.

    Risk difference -5/22; McNemar's chi-square 25/9, p 0.0956.
    """
    matched, rows = _pairs(2, 7, 6, 7), EffectRows(0)
    alone = plan.outcomes.model_copy(update={"variables": (plan.primary,)})
    same = matched.with_columns(pl.lit(0.0).alias(name) for name in plan.match.covariates)
    main_effects(same, same, plan.model_copy(update={"outcomes": alone}), rows)
    paired = rows.frame().filter(pl.col("note").str.contains("McNemar"))
    (row,) = paired.to_dicts()
    assert row["estimate"] == pytest.approx(-5 / 22)
    assert "McNemar p = 0.09558" in row["note"]
    assert "8 of 30 pairs left out" in row["note"]


@pytest.mark.parametrize("level", [95, 0, 1, -0.5, float("nan"), True])
@pytest.mark.parametrize("function", [kaplan_meier, cox, logistic])
def test_m16_a_level_is_a_proportion(function: Callable[..., object], level: float) -> None:
    data: tuple[list[float], ...] = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 0.0, 1.0, 1.0, 1.0])
    arguments = {
        kaplan_meier: data,
        cox: (*data, [0, 1, 0, 1, 0]),
        logistic: ([1, 0, 1, 0, 1], [1, 2, 3, 5, 4]),
    }
    with pytest.raises(UsageError, match="level"):
        function(*arguments[function], level=level)


def test_m16_a_masked_value_is_missing() -> None:
    time = np.ma.masked_array([1.0, 2.0, 3.0, 4.0], mask=[False, True, False, False])
    with pytest.raises(AnalysisError, match="time: 1 of 4 values are missing"):
        kaplan_meier(time, [1, 1, 0, 1])


def test_m16_labels_of_several_types() -> None:
    time, event = [1.0, 2.0, 3.0, 4.0], [1, 1, 0, 1]
    with pytest.raises(AnalysisError, match="group: 1 of 4 labels are missing"):
        logrank(time, event, ["a", "b", None, "a"])
    with pytest.raises(UsageError, match="group"):
        logrank(time, event, ["a", 1, "b", "a"])


def _network(sizes: dict[str, tuple[int, int, int]]) -> pl.DataFrame:
    """Hospital -> people, exposed, deaths; a covariate-free table whose score is known."""
    rows = [
        {
            "hospital_id": name,
            "exposed": place < exposed,
            "death_28d": place % max(1, n // max(1, deaths)) == 0 if deaths else False,
        }
        for name, (n, exposed, deaths) in sizes.items()
        for place in range(n)
    ]
    return pl.DataFrame(rows).with_columns(admission_id=pl.int_range(pl.len()))


def _by_hospital(table: pl.DataFrame, plan: Study) -> list[dict[str, object]]:
    chance = np.random.default_rng(5).uniform(0.2, 0.8, table.height)
    alone = plan.analysis.model_copy(update={"sensitivity": (), "pool_hospitals": True})
    rows = EffectRows(0)
    sample = Sample(table, table.head(0), chance, lambda other: (other.head(0), np.empty(0)))
    by_hospital(sample, plan.model_copy(update={"analysis": alone}), rows)
    return rows.frame().to_dicts()


def test_m26_one_stage_is_a_common_effect_by_name(plan: Study) -> None:
    rows = _by_hospital(_network({"A": (300, 120, 60), "B": (200, 90, 30)}), plan)
    (row,) = [one for one in rows if str(one["model"]).startswith("one stage")]
    assert str(row["model"]).startswith("one stage, common effect: ")
    assert "no difference between hospitals is in its interval" in str(row["note"])


@pytest.mark.parametrize("deaths", [0, 1, 2, 25])
@pytest.mark.parametrize("exposed", [0, 1, 9, 25])
def test_m27_a_small_hospital_ends_no_run(plan: Study, exposed: int, deaths: int) -> None:
    table = _network({"A": (300, 120, 60), "B": (200, 90, 30), "small": (25, exposed, deaths)})
    rows = {str(one["population"]): one for one in _by_hospital(table, plan)}
    small = rows["hospital small"]
    assert small["estimate"] is not None or str(small["note"]).startswith("no estimate: ")
    assert rows["all hospitals"]["estimate"] is not None
