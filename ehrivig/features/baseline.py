"""Baseline variables: what was known about a patient around time zero.

The sources are those of `study.registries.covariates`. One query per kind of source and window;
only the answers, one per admission and variable, leave the database. What was not measured is null,
never zero and never "no". A SOFA or APACHE II score that nobody recorded is computed from raw rows,
where enough of them are there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from ehrivig import codes
from ehrivig.concepts import concept, severity
from ehrivig.database import Database
from ehrivig.errors import StudyError
from ehrivig.study import Covariate, Study
from ehrivig.study.covariate_window import Window, window_of
from ehrivig.study.registries import COVARIATES
from ehrivig.study.registries.names import SCORED

Units = dict[str, list[list[Any]]]


def baseline(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate admission: admission_id and a column per covariate of the study.

    Numbers are Float64 in the covariate's unit, yes/no variables Boolean (null: not measured);
    sorted by admission. Needs tables `candidate` and `eligible` (the same admissions).
    """
    variables = study.covariates.variables
    columns = ", ".join(source.column for source in COVARIATES if source.column)
    admissions = db.frame(f"SELECT admission_id, {columns} FROM candidate ORDER BY admission_id")
    frame = admissions.select("admission_id")
    db.view("anchor", "SELECT admission_id, time_zero AS anchor_at FROM candidate")
    units = _units(db)
    for (source, window), wanted in _by_query(variables, study).items():
        found = measured(db, source, [_code(v) for v in wanted], window, study.covariates.value)
        for variable in wanted:
            frame = _with_variable(units, frame, found, variable)
    frame = _with_computed_scores(db, frame, variables, study)
    for variable in variables:
        if name := COVARIATES[variable.source].column:
            column = admissions[name].cast(_type(variable))
            frame = frame.with_columns(column.alias(variable.name))
    for variable in _in_order(variables):
        answer = FUNCTIONS[variable.source](db, study, variable)
        frame = frame.with_columns(answer.alias(variable.name))
    return frame.select("admission_id", *(v.name for v in variables))


def repeat_labs(db: Database, study: Study, start_hours: float, end_hours: float) -> pl.DataFrame:
    """The first value of each repeated lab in [anchor + start_hours, anchor + end_hours).

    One row per candidate admission, a Float64 column per name of `analysis.repeat_labs`, sorted.
    The anchor is `analysis.repeat_anchor`; an admission without one (no first dose) has nulls.
    """
    frame = db.frame("SELECT admission_id FROM candidate ORDER BY admission_id")
    _anchor(db, study)
    wanted, units = [study.covariate(name) for name in study.analysis.repeat_labs], _units(db)
    found = measured(db, "lab", [_code(v) for v in wanted], (start_hours, end_hours))
    for variable in wanted:
        frame = _with_variable(units, frame, found, variable)
    return frame


def _anchor(db: Database, study: Study) -> None:
    """Make `anchor`: the moment of each admission from which its repeated labs are timed."""
    if study.analysis.repeat_anchor == "first_dose":
        drug = study.exposure
        window = {"start_hours": drug.start_hours, "end_hours": drug.end_hours}
        which = {"codelist": drug.codelist, "routes": list(drug.routes)}
        db.table("first_dose", concept("first_dose"), {**which, **window})
        db.view("anchor", "SELECT admission_id, anchor_at FROM first_dose")
        return
    column = {"time_zero": "time_zero", "admission": "admitted_at"}[study.analysis.repeat_anchor]
    db.view("anchor", f"SELECT admission_id, {column} AS anchor_at FROM candidate")


def measured(
    db: Database, source: str, codes: list[str], window: Window, which: str = "first"
) -> pl.DataFrame:
    """What one concept query finds: admission_id, variable (the code), value.

    Needs `anchor` (admission_id, anchor_at); `window` is [start, end) in hours around it. `which`
    of several numbers: the first, or the last at or before the anchor.
    """
    asked = COVARIATES[source]
    hours = {"start_hours": window[0], "end_hours": window[1]}
    last = {"last": which == "last"} if asked.number else {}
    return db.frame(concept(asked.concept), {asked.parameter: sorted(set(codes)), **hours, **last})


def _in_group(db: Database, lists: codes.CodeLists, group: str) -> pl.Expr:
    """Whether a hospital's country is in a group of the list of countries; null: not known.

    One value per candidate admission, sorted by admission.
    """
    listed = codes.list_frame(lists, "countries", ("group", "code"))
    of_group = set(listed.filter(pl.col("group") == group)["code"])
    if not of_group:
        raise StudyError(f"covariates: no group of countries {group!r}. Use high_income.")
    stated: dict[str, list[str]] = defaultdict(list)
    for hospital_id, country in db.rows(
        "SELECT DISTINCT hospital_id, upper(trim(country)) FROM hospital WHERE country <> ''"
    ):
        stated[hospital_id].append(country)
    known = {name: found[0] in of_group for name, found in stated.items() if len(found) == 1}
    of = db.frame("SELECT hospital_id FROM candidate ORDER BY admission_id")["hospital_id"]
    return pl.lit(pl.Series([known.get(name) for name in of], dtype=pl.Boolean))


def any_of(names: Iterable[str]) -> pl.Expr:
    """Whether any variable is true; null when none is and one of them is not measured."""
    return pl.any_horizontal(pl.col(name) for name in names)


FUNCTIONS: dict[str, Callable[[Database, Study, Covariate], pl.Expr]] = {
    "hospital_country": lambda db, study, variable: _in_group(db, study.lists, _code(variable)),
    "any_of": lambda db, study, variable: any_of(variable.any_of),
}
"""The sources that neither a query nor a column of the admission answers."""


def _code(variable: Covariate) -> str:
    return variable.code or variable.name


def _type(variable: Covariate) -> type[pl.DataType]:
    return pl.Boolean if variable.binary else pl.Float64


def _by_query(
    variables: Iterable[Covariate], study: Study
) -> dict[tuple[str, Window], list[Covariate]]:
    """The variables that one query answers together: same kind of source, same window."""
    groups: dict[tuple[str, Window], list[Covariate]] = defaultdict(list)
    for variable in variables:
        if COVARIATES[variable.source].concept:
            groups[variable.source, window_of(variable, study)].append(variable)
    return dict(groups)


def _with_variable(
    units: Units, frame: pl.DataFrame, found: pl.DataFrame, variable: Covariate
) -> pl.DataFrame:
    """`frame` with one more column: the values of `found` in the unit of the study."""
    value = pl.col("value").cast(_type(variable))
    if COVARIATES[variable.source].unit and variable.unit:
        factor, shift = _unit(units, variable)
        value = value if (factor, shift) == (1.0, 0.0) else (value - shift) / factor
    column = found.filter(pl.col("variable") == _code(variable)).select(
        pl.col("admission_id"), value.alias(variable.name)
    )
    return frame.join(column, on="admission_id", how="left", maintain_order="left")


def _with_computed_scores(
    db: Database, frame: pl.DataFrame, variables: Iterable[Covariate], study: Study
) -> pl.DataFrame:
    """`frame` with unrecorded scores of the first day computed, at most two variables missing.

    Only for a score whose window holds time zero. Recorded scores stay as they are.
    """
    wanted = [
        variable
        for variable in variables
        if variable.source == "score"
        and _code(variable) in SCORED
        and _holds_time_zero(window_of(variable, study))
        and frame[variable.name].null_count() > 0
    ]
    if not wanted:
        return frame
    scores = severity.first_day_scores(db)
    for variable in wanted:
        code = _code(variable)
        enough = pl.col(f"{code}_n_missing") <= severity.SOFA_MAX_MISSING
        computed = scores.filter(enough).select("admission_id", pl.col(code).alias("_computed"))
        frame = (
            frame.join(computed, on="admission_id", how="left", maintain_order="left")
            .with_columns(pl.coalesce(variable.name, "_computed").alias(variable.name))
            .drop("_computed")
        )
    return frame


def _holds_time_zero(window: Window) -> bool:
    """Whether hour 0 lies in [start, end)."""
    start, end = window
    return start <= 0 and (end is None or end > 0)


def _units(db: Database) -> Units:
    """Variable -> its known units, each with factor and shift to the standard one."""
    units: Units = defaultdict(list)
    for name, *known in db.rows("SELECT variable, unit, factor, shift FROM ref.unit"):
        units[name].append(known)
    return units


def _unit(units: Units, variable: Covariate) -> tuple[float, float]:
    """Factor and shift from the study's unit to the standard one: standard = v * factor + shift."""
    known = {unit: (factor, shift) for unit, factor, shift in units[_code(variable)]}
    factor, shift = known[variable.unit]
    return float(factor), float(shift)


def _in_order(variables: Iterable[Covariate]) -> list[Covariate]:
    """The variables that a function answers, each after those it is made of; none in a circle."""
    left = [v for v in variables if v.source in FUNCTIONS]
    ordered: list[Covariate] = []
    while left:
        waiting = {v.name for v in left}
        ready = [v for v in left if not waiting & set(v.any_of)]
        ordered += ready
        left = [v for v in left if v not in ready]
    return ordered
