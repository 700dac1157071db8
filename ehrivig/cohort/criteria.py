"""The criteria that one hospital can judge, in the order of the study file.

The rules are those of `study.registries.criteria`. Every criterion is three-valued: met, not met,
not measured.
"""

from __future__ import annotations

from collections.abc import Callable

from ehrivig import resources
from ehrivig.concepts import concept
from ehrivig.database import Database, Query
from ehrivig.study import Criterion, Evidence, Study
from ehrivig.study.registries import CRITERIA
from ehrivig.study.registries.concepts import of_severity


def cohort_query(name: str) -> Query:
    """The query `sql/cohort/<name>.sql`."""
    return Query.load(resources.sql_folder() / "cohort" / f"{name}.sql")


Prepare = Callable[[Database, str], None]
_BESIDE = "hospital_id VARCHAR, kind VARCHAR, other VARCHAR, n_met BIGINT, n_both BIGINT"


def screen(db: Database, study: Study, prepare: Prepare) -> None:
    """Judge every criterion that one hospital can judge.

    `prepare` makes what a clinical concept builds on, for the admissions in table `eligible`.

    Creates tables `screened` (all admissions), `criterion` (name, admission_id, met, first_at; one
    row per admission that met all earlier ones), `candidate` (met all, with `time_zero`) and
    `evidence_beside` (how often kinds of evidence are there together).
    """
    db.table("screened", cohort_query("screened"))
    key = db.columns("screened")["admission_id"]
    columns = f"(name VARCHAR, admission_id {key}, met BOOLEAN, first_at TIMESTAMP)"
    db.execute(f"CREATE OR REPLACE TABLE criterion {columns}")
    db.table("eligible", cohort_query("eligible"))
    db.execute(f"CREATE OR REPLACE TABLE evidence_beside ({_BESIDE})")
    for criterion in study.cohort.criteria:
        if not CRITERIA[criterion.rule].network:
            _judge(db, study, criterion, prepare)
            db.table("eligible", cohort_query("still_eligible"), {"name": criterion.name})
    timed = [c.name for c in study.cohort.criteria if CRITERIA[c.rule].timed]
    for table, names in (("moment", _moments(study)), ("timed", timed)):
        db.table(table, cohort_query("moment"), {"names": names})
    db.table("candidate", cohort_query("candidate"))


def _moments(study: Study) -> list[str]:
    """The names of the criteria whose first moment decides time zero; none: the admission."""
    kinds = {
        "admission": (),
        "severity_onset": ("severity",),
        "eligible": tuple(rule.name for rule in CRITERIA if rule.timed),
    }[study.cohort.time_zero]
    return [c.name for c in study.cohort.criteria if c.rule in kinds]


def _judge(db: Database, study: Study, criterion: Criterion, prepare: Prepare) -> None:
    """Append the rows of one criterion."""
    if criterion.rule == "any_of":
        _gather(db, criterion.any_of, prepare)
    if criterion.rule == "severity":
        name = of_severity(study.cohort.severity)
        prepare(db, name)
        query = concept(name)
    else:
        query = cohort_query(f"rule_{criterion.rule}")
    if criterion.rule in ("treated_before", "untreated_before"):
        db.table("moment", cohort_query("moment"), {"names": _moments(study)})
    period = study.extract.period or (None, None)
    values = {
        "min": criterion.min,
        "max": criterion.max,
        "period_start": period[0],
        "period_end": period[1],
        "codelist": criterion.codelist or study.exposure.codelist,
        "routes": list(study.exposure.routes),
        "start_hours": study.exposure.start_hours,
    }
    db.append("criterion", query, values, first={"name": criterion.name})


def _gather(db: Database, wanted: tuple[Evidence, ...], prepare: Prepare) -> None:
    """Table `evidence`: the rows of every kind of evidence, one under the other."""
    key = db.columns("screened")["admission_id"]
    db.execute(
        "CREATE OR REPLACE TABLE evidence "
        f"(kind VARCHAR, admission_id {key}, met BOOLEAN, first_at TIMESTAMP)"
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
        name = evidence.pathogen or evidence.condition or evidence.concept
        db.append("evidence", query, values, first={"kind": name})
    db.append("evidence_beside", cohort_query("evidence_beside"))
