"""Outcomes, courses and treatments of each admission, from time zero on.

The sources are those of `study.registries.outcomes`. One query per kind of outcome; only the
answers leave the database. What cannot be known is null: a patient lost before day 28 is neither
dead nor alive at day 28.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import polars as pl

from ehrivig.concepts import concept, severity
from ehrivig.concepts.follow_up import IN_HOSPITAL
from ehrivig.database import Database
from ehrivig.features.lab_outcomes import lab_change, lab_reached
from ehrivig.features.score_change import score_change
from ehrivig.study import Outcome, Study
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.rules.later import asked_about

_ANSWERS = ("value", f"value{IN_HOSPITAL}")
_OF_STAY = ("admission_id", "stay_days", "stay_end")


def outcomes(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate admission: admission_id and a column per outcome of the study.

    Lengths of stay are Float64 days, changes Float64 points or the unit of the analyte, all others
    Boolean (null: cannot be known). Beside a death anywhere there is a column "<name> in hospital":
    the same asked of the stay alone, for where nobody knows who died later (`concepts.follow_up`).
    Then `hours_to_any_dose` and `start_unread` (see `_starts`), and for a primary outcome that is a
    death: `time_days`, `event` (follow-up from time zero, capped at its
    within_days), `days_to_death`, of a death anywhere all three in hospital as well, and how the
    stay ended by then: `stay_days`, `stay_end` (1 death, 2 left alive, 0 neither). For the first
    clearance outcome: `clearance_entry_days`, `clearance_days`, `clearance_status` (1 cleared,
    2 died, 3 left alive uncleared, 0 censored). Sorted by admission. Needs table `candidate`.

    A treatment is counted from admission on, but where the effect or a control is asked of it from
    time zero on: what came before cannot be an effect.
    """
    db.table("vital_status", concept("vital_status"))
    frame = db.frame("SELECT admission_id FROM candidate ORDER BY admission_id")
    variables = study.outcomes.variables
    courses = [v for v in variables if OUTCOMES[v.source].parameter]
    asked = asked_about(study)
    for moment, wanted in (
        ("admitted_at", [v for v in courses if v.name not in asked]),
        ("time_zero", [v for v in courses if v.name in asked]),
    ):
        db.view("anchor", f"SELECT admission_id, {moment} AS anchor_at FROM candidate")
        for source in dict.fromkeys(v.source for v in wanted):
            frame = _with_courses(db, frame, [v for v in wanted if v.source == source])
    times = _starts(db, study, frame.select("admission_id"))
    for variable in (v for v in variables if not OUTCOMES[v.source].parameter):
        found = _alone(db, study, variable)
        answers = [name for name in found.columns if name in _ANSWERS]
        column = found.select("admission_id", *answers).rename(_named(answers, variable.name))
        frame = _joined(frame, column)
        if _timed(study, variable):
            times = _joined(times, found.drop(answers))
    beside = [name for v in variables if (name := f"{v.name}{IN_HOSPITAL}") in frame.columns]
    return _joined(frame.select("admission_id", *(v.name for v in variables), *beside), times)


def _starts(db: Database, study: Study, admissions: pl.DataFrame) -> pl.DataFrame:
    """The admissions; where the exposure window ends before the stay, with what came after it.

    hours_to_any_dose : from time zero to the first dose of the exposure whenever in the stay:
        whoever is given the drug after the window is untreated by it, and no longer one who has not
        started. start_unread : whether before it (or without one) a dose after the window may be
        the first, and nobody can read it. Reads table `doubtful_dose`.
    """
    drug = study.exposure
    if drug.end_hours is None:
        return admissions
    which = {"codelist": drug.codelist, "routes": list(drug.routes)}
    db.table("first_dose", concept("first_dose"), {**which, **_later(drug.start_hours)})
    db.table("late_doubt", concept("exposure_read"), _later(drug.end_hours))
    hours = "DATE_DIFF('microsecond', c.time_zero, d.anchor_at) / 3600e6"
    found = db.frame(
        f"SELECT c.admission_id, {hours} AS hours_to_any_dose, "
        "COALESCE(u.unread_from < COALESCE(d.anchor_at, END_OF_STAY(c.discharged_at), 'infinity'), "
        "FALSE) AS start_unread "
        "FROM candidate AS c LEFT JOIN first_dose AS d USING (admission_id) "
        "LEFT JOIN late_doubt AS u USING (admission_id)"
    )
    return _joined(admissions, found)


def _later(start_hours: float) -> dict[str, float | None]:
    """The window from so many hours after time zero to the end of the stay."""
    return {"start_hours": start_hours, "end_hours": None}


def _named(answers: list[str], name: str) -> dict[str, str]:
    """The columns of a query's answers -> the columns of the outcome of that name."""
    return {answer: answer.replace("value", name) for answer in answers}


def _alone(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """The answers to an outcome that has a query of its own: admission_id, value, and its times."""
    source = OUTCOMES[variable.source]
    if source.name in FUNCTIONS:
        return FUNCTIONS[source.name](db, study, variable)
    kind = pl.Float64 if source.unit else pl.Boolean
    return db.frame(concept(source.concept)).with_columns(pl.col("value").cast(kind))


def _timed(study: Study, variable: Outcome) -> bool:
    """Whether the times of an outcome are kept: of the primary death, of the first clearance."""
    clearances = [v for v in study.outcomes.variables if v.source == "clearance"]
    followed = OUTCOMES[variable.source].follow_up and variable.name == study.outcomes.primary
    return followed or variable in clearances[:1]


def _death(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """Of a death anywhere, where deaths after the stay are on record, and of one in the stay.

    admission_id, value, days_to_death, time_days, event; then those of `_in_hospital_death` under
    names that end on IN_HOSPITAL, with stay_days and stay_end.
    """
    values = {"within_days": variable.within_days, "extract_end": extract_end(study)}
    in_stay = _in_hospital_death(db, study, variable)
    again = {name: f"{name}{IN_HOSPITAL}" for name in in_stay.columns if name not in _OF_STAY}
    return _joined(db.frame(concept("death"), values), in_stay.rename(again))


def _in_hospital_death(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value, days_to_death, time_days, event, stay_days, stay_end."""
    values = {"within_days": variable.within_days, "extract_end": extract_end(study)}
    return db.frame(concept("in_hospital_death"), values)


def _score_change(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value (points)."""
    return score_change(db, _code(variable), variable.within_days)


def _clearance(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value, and entry, days and status of a clearance outcome."""
    db.table("cleared_at", concept("cleared_at"), {"organism": _code(variable)})
    found = db.frame(concept("clearance"))
    return found.select(
        "admission_id",
        "value",
        pl.col("entry_days").alias("clearance_entry_days"),
        pl.col("days").alias("clearance_days"),
        pl.col("status").cast(pl.Int64).alias("clearance_status"),
    )


def _incident(db: Database, study: Study, variable: Outcome) -> pl.DataFrame:
    """admission_id, value of a clinical definition."""
    return severity.incident(db, _code(variable))


FUNCTIONS: dict[str, Callable[[Database, Study, Outcome], pl.DataFrame]] = {
    "death": _death,
    "in_hospital_death": _in_hospital_death,
    "score_change": _score_change,
    "lab_change": lab_change,
    "lab_reached": lab_reached,
    "clearance": _clearance,
    "concept": _incident,
}
"""The sources that no query answers alone."""


def extract_end(study: Study) -> datetime | None:
    """The first moment that the extract cannot know: the midnight after its date."""
    date = study.extract.extract_date
    return None if date is None else datetime.combine(date, time()) + timedelta(days=1)


def _with_courses(db: Database, frame: pl.DataFrame, wanted: list[Outcome]) -> pl.DataFrame:
    """`frame` with a Boolean column for each of some outcomes of one source.

    A support that another table shows as well (ECMO is a device and a procedure) is true where
    either says so; the named source alone can say that it is absent.
    """
    source = OUTCOMES[wanted[0].source]
    found = _course(db, source.name, wanted)
    other = _course(db, source.also, wanted).filter("value") if source.also else None
    for variable in wanted:
        column = _column(found, variable)
        if other is not None:
            column = _first_true(_column(other, variable), column)
        frame = _joined(frame, column)
    return frame


def _course(db: Database, source: str, wanted: list[Outcome]) -> pl.DataFrame:
    """admission_id, variable (the code), value from the query of one source."""
    asked, codes = OUTCOMES[source], sorted({_code(v) for v in wanted})
    values = {asked.parameter: codes, "start_hours": 0.0, "end_hours": None}
    return db.frame(concept(asked.concept), values)


def _column(found: pl.DataFrame, variable: Outcome) -> pl.DataFrame:
    """The answers to one outcome under its own name."""
    return found.filter(pl.col("variable") == _code(variable)).select(
        "admission_id", pl.col("value").alias(variable.name)
    )


def _first_true(yes: pl.DataFrame, column: pl.DataFrame) -> pl.DataFrame:
    """`column` with its answer replaced by true for the admissions of `yes`."""
    name = column.columns[1]
    missing = yes.join(column, on="admission_id", how="anti")
    known = pl.col("admission_id").is_in(yes["admission_id"].implode())
    return pl.concat(
        [
            column.with_columns(pl.when(known).then(True).otherwise(pl.col(name)).alias(name)),
            missing,
        ]
    )


def _joined(frame: pl.DataFrame, column: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the columns of another table, at most one row per admission; order kept."""
    return frame.join(column, on="admission_id", how="left", validate="1:1", maintain_order="left")


def _code(variable: Outcome) -> str:
    return variable.code or variable.name
