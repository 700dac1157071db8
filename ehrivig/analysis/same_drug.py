"""Treatments that all of the exposed had, and outcomes that everybody has: answers by definition.

Two lists can hold one drug by different means, by code and by name: that only the rows show.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ehrivig.meta.lint import Lint
from ehrivig.study import Covariate, Outcome, Study
from ehrivig.study.rules.later import asked_about, used_variables


def same_drug(table: pl.DataFrame, study: Study) -> Iterator[Lint]:
    """Errors of treatments that may be the exposure itself, and of outcomes that all have."""
    asked = set(asked_about(study))
    used = {name for _, _, name in used_variables(study)} | asked
    variables: list[Outcome | Covariate] = [*study.outcomes.variables, *study.covariates.variables]
    for variable in variables:
        name = variable.name
        column = table[name]
        if column.dtype != pl.Boolean or name not in used:
            continue
        if name in asked and _of_all(column):
            yield Lint("outcome_of_everybody", "error", _everybody(name))
        elif variable.source == "medication" and _of_all(table.filter("exposed")[name]):
            yield Lint("exposure_in_variable", "error", _exposed(name, study))


def _of_all(column: pl.Series) -> bool:
    """Whether a yes/no variable is true of all of whom it is known."""
    known = column.drop_nulls()
    return not known.is_empty() and bool(known.all())


def _everybody(name: str) -> str:
    return (
        f"{name} is true of everybody (100%), so nothing can have an effect on it: the criteria, "
        "or time zero, are met by it. Ask of another outcome"
    )


def _exposed(name: str, study: Study) -> str:
    return (
        f"all of the exposed have {name}, which is asked about or used for comparison: its list "
        "may find the exposure drug itself, by another code or name than the list "
        f"{study.exposure.codelist}. Compare them with `ehrivig codelist check`, and take the drug "
        "out of one"
    )
