"""The study's tables and effects, computed from the analysis table and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.analysis import own_lints, repeat_labs, subgroups, survival
from ehrivig.analysis.describe import by_outcome, describe
from ehrivig.analysis.dosing_table import dosing_histogram, dosing_variables
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.main_effects import main_effects
from ehrivig.analysis.models import table3, table_s2, table_s3
from ehrivig.analysis.time_zero import time_zero
from ehrivig.analysis.weighting import weighting
from ehrivig.dataset import Floats, covariate_variable, outcome_variable
from ehrivig.study import Study

TABLE3 = (
    "contrast",
    "n_exposed",
    "percent",
    "or",
    "lo",
    "hi",
    "p",
    "p_holm",
    "event_label",
    "events_exposed",
    "n_control",
    "events_control",
    "note",
)


@dataclass(frozen=True)
class Findings:
    """Every table of a study by name (the CSV of that name)."""

    tables: dict[str, pl.DataFrame]


def analyse(table: pl.DataFrame, matched: pl.DataFrame, score: Floats, study: Study) -> Findings:
    """All tables and effects.

    `matched` are the matched rows of `table`, with pair_id and weight; `score` (rows of table,) is
    the propensity score, NaN without one.
    """
    policy, smallest = study.analysis.test_policy, study.report.smallest_cell
    covariates = [covariate_variable(v) for v in study.covariates.variables]
    outcomes = [v for v in study.outcomes.variables if v.group == "outcome"]
    treatments = [v for v in study.outcomes.variables if v.group == "treatment"]

    def described(variables: list) -> pl.DataFrame:  # type: ignore[type-arg]
        return describe(table, variables, policy=policy, smallest=smallest)

    tables = {
        "table1": described(covariates),
        "table2": described([outcome_variable(v) for v in outcomes]),
        "table_s4": described([outcome_variable(v) for v in treatments]),
        "table_s1": by_outcome(
            table, study.primary.name, dosing_variables(study), policy=policy, smallest=smallest
        ),
        "table_s5": repeat_labs.table_s5(table, study),
        "curves": survival.curves(table, matched, study),
        "dosing_histogram": dosing_histogram(table, study),
    }
    rows = EffectRows(smallest)
    table3(matched, study, rows)
    main_effects(table, matched, study, rows)
    survival.survival_effects(table, matched, study, rows)
    survival.clearance_effects(table, matched, study, rows)
    subgroups.forest(matched, study, rows)
    weighting(table, score, study, rows)
    time_zero(table, study, rows)
    tables["table_s2"] = table_s2(table, study, rows)
    tables["table_s3"] = table_s3(table, study)
    tables["effects"] = rows.frame()
    tables["table3"] = _table3(tables["effects"])
    tables["lints"] = own_lints.of_run(table, matched, tables, study)
    return Findings(tables)


def _table3(effects: pl.DataFrame) -> pl.DataFrame:
    """Table 3 as published, with what it lacked: event label, counts, Holm, and the warning."""
    part = effects.filter(pl.col("analysis") == "table3")
    whole = part["n_exposed"].max() or 1
    return part.with_columns(
        (100 * pl.col("n_exposed") / whole).alias("percent"), pl.col("estimate").alias("or")
    ).select(TABLE3)
