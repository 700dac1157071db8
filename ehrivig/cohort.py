"""Who is studied: criteria in the order of the study file, with an attrition row for each.

Inside a hospital the criteria are judged in SQL (`screen`); the index admission of a person is
found when all hospitals have met (`select`). Every criterion is three-valued: met, not met, not
measured. Only the met stay, and the not measured are counted apart.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ehrivig import resources
from ehrivig.database import Database, Query, concept
from ehrivig.study import Criterion, Evidence, Study

ADMISSION_KEY = ["hospital_id", "admission_id"]
ATTRITION_SCHEMA = {
    "step": pl.Int64,
    "criterion": pl.String,
    "label": pl.String,
    "hospital_id": pl.String,
    "patients": pl.Int64,
    "admissions": pl.Int64,
    "excluded": pl.Int64,
    "excluded_not_measured": pl.Int64,
}


def cohort_query(name: str) -> Query:
    """The query `sql/cohort/<name>.sql`."""
    return Query.load(resources.sql_folder() / "cohort" / f"{name}.sql")


Prepare = Callable[[Database, str], None]


def screen(db: Database, study: Study, prepare: Prepare) -> None:
    """Judge every criterion that one hospital can judge.

    `prepare` makes what a clinical concept builds on, for the admissions in table `eligible`.

    Creates tables `screened` (all admissions), `criterion` (name, admission_id, met, first_at; one
    row per admission that met all earlier ones) and `candidate` (met all, with `time_zero`).
    """
    db.table("screened", cohort_query("screened"))
    key = db.columns("screened")["admission_id"]
    columns = f"(name VARCHAR, admission_id {key}, met BOOLEAN, first_at TIMESTAMP)"
    db.execute(f"CREATE OR REPLACE TABLE criterion {columns}")
    db.table("eligible", cohort_query("eligible"))
    for criterion in study.cohort.criteria:
        if criterion.rule != "index_admission":
            _judge(db, study, criterion, prepare)
            db.table("eligible", cohort_query("still_eligible"), {"name": criterion.name})
    late = study.cohort.time_zero == "severity_onset"
    values = {"time_zero": study.cohort.time_zero, "severity": _severity(study) if late else None}
    db.table("candidate", cohort_query("candidate"), values)


def _severity(study: Study) -> str | None:
    """The name of the criterion that says when an admission became severe."""
    return next((c.name for c in study.cohort.criteria if c.rule == "severity"), None)


def _judge(db: Database, study: Study, criterion: Criterion, prepare: Prepare) -> None:
    """Append the rows of one criterion."""
    if criterion.rule == "any_of":
        _gather(db, criterion.any_of, prepare)
    if criterion.rule == "severity":
        name = f"severe_{study.cohort.severity}"
        prepare(db, name)
        query = concept(name)
    else:
        query = cohort_query(f"rule_{criterion.rule}")
    period = study.extract.period or (None, None)
    values = {
        "min": criterion.min,
        "max": criterion.max,
        "period_start": period[0],
        "period_end": period[1],
        "codelist": study.exposure.codelist,
        "routes": list(study.exposure.routes),
        "start_hours": study.exposure.start_hours,
        "severity": _severity(study) if study.cohort.time_zero == "severity_onset" else None,
    }
    db.append("criterion", query, values, first={"name": criterion.name})


def _gather(db: Database, wanted: tuple[Evidence, ...], prepare: Prepare) -> None:
    """Table `evidence`: the rows of every kind of evidence, one under the other."""
    key = db.columns("screened")["admission_id"]
    db.execute(
        f"CREATE OR REPLACE TABLE evidence (admission_id {key}, met BOOLEAN, first_at TIMESTAMP)"
    )
    for evidence in wanted:
        if evidence.pathogen:
            query = concept("evidence_pathogen")
        elif evidence.condition:
            query = concept("evidence_condition")
        else:
            prepare(db, str(evidence.concept))
            query = concept(str(evidence.concept))
        values = {
            "organism": evidence.pathogen,
            "method": evidence.method,
            "condition": evidence.condition,
        }
        db.append("evidence", query, values)


def select(
    screened: pl.DataFrame | pl.LazyFrame, criterion: pl.DataFrame | pl.LazyFrame, study: Study
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cohort (rows of `screened` that meet every criterion in order) and its attrition.

    `screened`: one row per admission of every hospital; `criterion`: hospital_id, name,
    admission_id, met. Order of rows and of hospitals does not matter. An empty cohort keeps its
    columns. Of the admissions only keys are in memory, all columns of the cohort alone.
    """
    every, verdicts = screened.lazy(), criterion.lazy()
    left = every.select(*ADMISSION_KEY, "person_id", "admitted_at").collect()
    nobody = left.head(0)
    steps = [_count(0, "read", "Admissions that the gate let through", left, left, nobody)]
    for number, rule in enumerate(study.cohort.criteria, start=1):
        if rule.rule == "index_admission":
            met, unmeasured = _first_of_person(left), nobody
        else:
            judged = verdicts.filter(pl.col("name") == rule.name).select(*ADMISSION_KEY, "met")
            known = judged.collect()
            met = left.join(known.filter("met"), on=ADMISSION_KEY, how="semi")
            unknown = known.filter(pl.col("met").is_null())
            unmeasured = left.join(unknown, on=ADMISSION_KEY, how="semi")
        steps.append(_count(number, rule.name, rule.label, left, met, unmeasured))
        left = met
    people = every.join(left.lazy().select(ADMISSION_KEY), on=ADMISSION_KEY, how="semi").collect()
    return people.sort(*ADMISSION_KEY), pl.concat(steps)


def _first_of_person(admissions: pl.DataFrame) -> pl.DataFrame:
    """The earliest admission of each person; ties by hospital and admission id."""
    return admissions.sort("admitted_at", *ADMISSION_KEY).unique(
        "person_id", keep="first", maintain_order=True
    )


def _count(
    step: int,
    name: str,
    label: str,
    before: pl.DataFrame,
    after: pl.DataFrame,
    unmeasured: pl.DataFrame,
) -> pl.DataFrame:
    """One attrition row per hospital and one for all of them ("all")."""
    had, kept, unknown = (_admissions(frame) for frame in (before, after, unmeasured))
    rows = [
        {
            "step": step,
            "criterion": name,
            "label": label,
            "hospital_id": hospital,
            "patients": kept.get(hospital, _NOBODY)[1],
            "admissions": kept.get(hospital, _NOBODY)[0],
            "excluded": had[hospital][0] - kept.get(hospital, _NOBODY)[0],
            "excluded_not_measured": unknown.get(hospital, _NOBODY)[0],
        }
        for hospital in [*sorted(set(had) - {"all"}), "all"]
    ]
    return pl.DataFrame(rows, schema=ATTRITION_SCHEMA)


_NOBODY = (0, 0)


def _admissions(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital (and "all") -> its admissions, and its persons."""
    persons = pl.col("person_id").n_unique().alias("persons")
    found = frame.group_by("hospital_id").agg(pl.len(), persons)
    by_hospital = {hospital: (n, persons) for hospital, n, persons in found.iter_rows()}
    return {**by_hospital, "all": (frame.height, frame["person_id"].n_unique())}
