"""Multiple imputation of the missing covariates, beside the complete-case analysis.

The exposure and the outcome are in the imputation model; the score and the matching are made anew
in each completed table; the answers are pooled by Rubin's rules with Barnard and Rubin's degrees
of freedom. Rows whose outcome is unknown help to impute and are then left out (von Hippel 2007).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import overload

import numpy as np
import polars as pl

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import varying, versus
from ehrivig.analysis.outcome_model import model_of
from ehrivig.analysis.sample import Rematch, Sample, matched_effect
from ehrivig.analysis.sensitivity.answer import answers
from ehrivig.dataset import exposed, matrix, values
from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.imputation.impute import Imputations, Kind, impute
from ehrivig.stats.imputation.rubin import pool_effects
from ehrivig.stats.result import Effect
from ehrivig.study import Study

FEWEST = 20  # imputations: below that the simulation error of p and SE shows
MOST_FAILED = 0.1
MOST_HOSPITALS = 30  # beyond that an indicator for each would swamp the imputation model


@answers("missing_data")
def missing_data(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Rows of analysis "missing_data": matched and adjusted, imputed and complete case."""
    table, rematch = sample.table, sample.rematch

    def ask(population: str, compute: Callable[[], Effect], note: str = "") -> None:
        primary = study.primary
        question = Question(
            "missing_data",
            versus(study),
            primary.name,
            population,
            primary.event_label,
            adjusted=True,
            note=note,
        )
        rows.ask(question, compute)

    ask("matched, complete case", lambda: matched_effect(sample.matched, study))
    ask("all, complete case", lambda: _adjusted(table, study))
    try:
        completed, note = completed_tables(table, study)
    except AnalysisError as error:
        ask("matched, imputed", partial(_refuse, error))
        return
    ask("matched, imputed", lambda: _pooled(completed, partial(_matched, study, rematch)), note)
    ask("all, imputed", lambda: _pooled(completed, lambda t: _adjusted(t, study)), note)


def _refuse(error: AnalysisError) -> Effect:
    raise error


@dataclass(frozen=True)
class CompletedTables(Sequence[pl.DataFrame]):
    """Completed copies of an analysis table, each put together when it is asked for.

    Only the imputed columns are kept (m, n, q): m whole tables of a large cohort would not fit.
    """

    table: pl.DataFrame
    study: Study
    variables: tuple[str, ...]
    made: Imputations

    def __len__(self) -> int:
        return self.made.m

    @overload
    def __getitem__(self, at: int) -> pl.DataFrame: ...

    @overload
    def __getitem__(self, at: slice) -> list[pl.DataFrame]: ...

    def __getitem__(self, at: int | slice) -> pl.DataFrame | list[pl.DataFrame]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        copy = self.made.values[at]
        imputed = [pl.Series(name, copy[:, j]) for j, name in enumerate(self.made.names)]
        whole = _implied(self.table.with_columns(imputed), self.study, self.variables)
        return whole.filter(pl.Series(~np.isnan(values(self.table, self.study.primary.name))))


def completed_tables(table: pl.DataFrame, study: Study) -> tuple[CompletedTables, str]:
    """Completed copies of the analysis table, and what was imputed, in words.

    Imputed are the matching and adjustment variables; a variable that is any of several others
    stays implied by them. Raises AnalysisError when nothing is missing.
    """
    names = tuple(dict.fromkeys((*study.match.covariates, *study.analysis.adjust)))
    lacking = [name for name in names if np.isnan(values(table, name)).any()]
    if not lacking:
        raise AnalysisError("no matching or adjustment variable is missing: nothing to impute")
    made = _impute(table, names, lacking, study)
    note = f"{made.method}; imputed: {', '.join(lacking)}; outcome and exposure in the model"
    return CompletedTables(table, study, names, made), note


def _impute(
    table: pl.DataFrame, names: tuple[str, ...], lacking: list[str], study: Study
) -> Imputations:
    """The columns `lacking`, imputed given the covariates, exposure, primary outcome, hospitals."""
    hospitals = table["hospital_id"].unique().sort().to_list()[1:]
    indicators = hospitals if len(hospitals) < MOST_HOSPITALS else []
    columns = [
        *matrix(table, names).T,
        exposed(table).astype(float),
        values(table, study.primary.name),
        *((table["hospital_id"] == h).to_numpy().astype(float) for h in indicators),
    ]
    labels = [*names, "exposed", "outcome", *(f"hospital {h}" for h in indicators)]
    kinds: list[Kind] = ["pmm" if _continuous(name, study) else "binary" for name in names]
    kinds += ["binary", "pmm" if study.primary.unit else "binary"]
    kinds += ["binary"] * len(indicators)
    m = max(study.analysis.imputations, FEWEST)
    return impute(
        np.column_stack(columns),
        kinds,
        seed=study.study.seed,
        m=m,
        names=labels,
        columns=[names.index(name) for name in lacking],
    )


def _continuous(name: str, study: Study) -> bool:
    """Whether a variable is a number, not yes/no."""
    for covariate in study.covariates.variables:
        if covariate.name == name:
            return not covariate.binary
    return bool(study.outcome(name).unit)


def _implied(table: pl.DataFrame, study: Study, names: tuple[str, ...]) -> pl.DataFrame:
    """The table in which whoever has a part of an any-of variable has the variable."""
    for variable in study.covariates.variables:
        parts = [pl.col(part).cast(pl.Float64) for part in variable.any_of if part in names]
        if parts and variable.name in names:
            whole = pl.max_horizontal(pl.col(variable.name).cast(pl.Float64), *parts)
            table = table.with_columns(whole.alias(variable.name))
    return table


def _matched(study: Study, rematch: Rematch, completed: pl.DataFrame) -> Effect:
    return matched_effect(rematch(completed)[0], study)


def _adjusted(table: pl.DataFrame, study: Study) -> Effect:
    """The effect given the adjustment variables (the matching ones where none are named)."""
    x, names = varying(table, study.analysis.adjust or study.match.covariates)
    model = model_of(study.primary)
    estimand = "conditional mean difference" if model.number else "conditional odds ratio"
    y = values(table, study.primary.name)
    effect, _ = model.adjusted(y, exposed(table), x, names, estimand)
    return replace(effect, method=f"{effect.method}, adjusted for {len(names)} covariates")


def _pooled(
    completed: Sequence[pl.DataFrame], estimate: Callable[[pl.DataFrame], Effect]
) -> Effect:
    """The estimate in every completed table, pooled; a few may fail, and are counted."""
    effects, reasons = [], []
    for table in completed:
        try:
            effects.append(estimate(table))
        except AnalysisError as error:
            reasons.append(str(error))
    if len(reasons) > MOST_FAILED * len(completed):
        raise AnalysisError(f"{len(reasons)} of {len(completed)} imputations fail: {reasons[0]}")
    if reasons:
        message = f"{len(reasons)} of {len(completed)} imputations have no estimate"
        warnings.warn(message, NumericalWarning, stacklevel=2)
    rows = min(e.n_exposed + e.n_control for e in effects)
    return pool_effects(effects, df_complete=float(max(rows - 2, 1)))
