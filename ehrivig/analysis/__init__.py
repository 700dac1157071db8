"""The study's tables and effects, computed from the analysis table and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.analysis import (
    bounds,
    curves,
    diagnostics,
    lost,
    lost_answer,
    own_lints,
    repeat_labs,
    roles,
    sensitivity,
    subgroups,
    survival,
)
from ehrivig.analysis.clearance import clearance_effects
from ehrivig.analysis.describe import by_outcome, describe
from ehrivig.analysis.diagnostics import people
from ehrivig.analysis.discharge import discharge_effects
from ehrivig.analysis.dosing_table import dosing_histogram, dosing_variables
from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.main_effects import main_effects
from ehrivig.analysis.model_tables import table3, table_s2, table_s3
from ehrivig.analysis.nested import nested
from ehrivig.analysis.sample import Other, Rematch, Sample, matched_target
from ehrivig.analysis.unmatched import unmatched
from ehrivig.concepts.follow_up import Answerable
from ehrivig.dataset import Floats, Variable, covariate_variable, outcome_variable
from ehrivig.stats.regression.linear import MEAN_DIFFERENCE
from ehrivig.study.admitted import admitted
from ehrivig.study.immortal_time import immortal_time
from ehrivig.study.registries import OUTCOMES

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

BY_ARM = (
    "table2",
    "table_s1",
    "table_s4",
    "table_s5",
)  # what happened after time zero, by arm or by outcome


@dataclass(frozen=True)
class Findings:
    """Every table of a study by name (the CSV of that name)."""

    tables: dict[str, pl.DataFrame]


def analyse(
    table: pl.DataFrame,
    matched: pl.DataFrame,
    score: Floats,
    answerable: Answerable,
    rematch: Rematch,
    score_note: str = "",
    balance: pl.DataFrame | None = None,
    large_scale: Other | None = None,
) -> Findings:
    """All tables and effects.

    `matched` are the matched rows of `table`, with pair_id and weight; `score` (rows of table,) is
    the propensity score, NaN without one; `rematch` scores and matches another table the same way
    (imputed, or without a hospital); `score_note` says what is unusual about the score, `balance`
    is the table of that name; `large_scale` are the pairs by the large-scale score, if asked for.
    Raises InvertedEvent when a model counted other events of the primary outcome than the table
    holds.
    """
    study = subgroups.cut_at_medians(answerable.study, table)
    policy, smallest = study.analysis.test_policy, study.report.smallest_cell
    covariates = [covariate_variable(v) for v in study.covariates.variables]
    outcomes = [v for v in study.outcomes.variables if v.group == "outcome"]
    treatments = [v for v in study.outcomes.variables if v.group == "treatment"]

    def described(variables: list[Variable]) -> pl.DataFrame:
        return describe(table, variables, policy=policy, smallest=smallest)

    tables = {
        "table1": described(covariates),
        "table_unmatched": unmatched(table, matched, covariates, study),
        "table2": described([outcome_variable(v) for v in outcomes]),
        "table_s4": described([outcome_variable(v) for v in treatments]),
        "table_s1": by_outcome(
            table, study.primary, dosing_variables(study, table), policy=policy, smallest=smallest
        ),
        "table_s5": repeat_labs.table_s5(table, study),
        "follow_up": lost.by_arm(table, answerable),
        "curves": curves.curves(table, matched, study),
        "dosing_histogram": dosing_histogram(table, study),
        "nested": nested(study),
    }
    warning = immortal_time(study)
    for name in BY_ARM:
        tables[name] = _noted(tables[name], warning)
    rows = EffectRows(
        smallest,
        warning,
        admitted(study),
        matched_target(table, matched, smallest),
        matched.is_empty(),
        cautions={one.name: OUTCOMES[one.source].caution for one in study.outcomes.variables},
    )
    table3(matched, study, rows)
    main_effects(table, matched, study, rows)
    survival.survival_effects(table, matched, study, rows)
    clearance_effects(table, matched, study, rows)
    lost_answer.weighted(table, answerable, rows)
    bounds.bounds(table, matched, answerable, rows)
    discharge_effects(table, matched, study, rows)
    subgroups.forest(matched, study, rows, answerable.study)
    sensitivity.ask(Sample(table, matched, score, rematch, large_scale), study, rows)
    tables["table_s2"] = table_s2(table, study, rows)
    tables["curves"] = pl.concat([tables["curves"], curves.of_strategies(rows.strategies)])
    roles.assign(rows, study, late=people.may_be_late(table, study))
    tables["table_s3"] = table_s3(table, study)
    tables["effects"] = rows.frame()
    tables["table3"] = _table3(tables["effects"])
    seen = tables if balance is None else tables | {"balance": balance}
    seen = seen if large_scale is None else seen | {"large_scale_score": large_scale.summary}
    tables["diagnostics"] = diagnostics.diagnostics(
        diagnostics.Evidence(table, matched, score, seen, answerable)
    )
    tables["lints"] = own_lints.of_run(table, matched, tables, answerable, score_note)
    return Findings(tables)


def _noted(table: pl.DataFrame, warning: str) -> pl.DataFrame:
    """The table with the warning in the note of every row."""
    if "note" not in table.columns:
        table = table.with_columns(note=pl.lit(None, pl.String))
    said = pl.concat_str(
        "note", pl.lit(warning or None, pl.String), separator="; ", ignore_nulls=True
    )
    return table.with_columns(note=pl.when(said != "").then(said))


def _table3(effects: pl.DataFrame) -> pl.DataFrame:
    """Table 3 as published, with what it lacked: event label, counts, Holm, and the warning.

    For a number the column "or" is "difference", of the means.
    """
    part = effects.filter(pl.col("analysis") == "table3")
    whole = part["n_exposed"].max() or 1
    column = "difference" if (part["measure"] == MEAN_DIFFERENCE).any() else "or"
    return part.with_columns(
        (100 * pl.col("n_exposed") / whole).alias("percent"), pl.col("estimate").alias(column)
    ).select(column if name == "or" else name for name in TABLE3)
