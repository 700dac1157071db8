"""All that was coded of people before time zero: what a score can learn from, named by nobody."""

from __future__ import annotations

import polars as pl

from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.features import coded_names
from ehrivig.study import Study

TABLE = "large_scale"


def large_scale(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate admission and code that it has: admission_id, kind, code, value.

    `value`: a number where one was measured, in the standard unit, else null. The products of the
    exposure's list are not among the drugs. Needs `candidate`.
    """
    until = {"until_hours": study.analysis.large_scale_until_hours}
    care, measured = (
        db.frame(concept(name), values)
        for name, values in (("coded_care", {}), ("coded_measurement", until))
    )
    coded = pl.concat([_diagnoses(db, until), _drugs(db, study.exposure.codelist)])
    without = coded.with_columns(value=pl.lit(None, pl.Float64)).select(care.columns)
    found = pl.concat([without, care, measured], how="vertical_relaxed")
    return found.sort("admission_id", "kind", "code")


def _diagnoses(db: Database, until: dict[str, float]) -> pl.DataFrame:
    """Diagnoses and their categories: admission_id, kind, code."""
    rows = db.frame(concept("coded_diagnosis"), until)
    return coded_names.named(rows, coded_names.of_diagnosis, "hospital_id", "vocabulary", "code")


def _drugs(db: Database, own: str) -> pl.DataFrame:
    """Drugs, their groups and their code lists, but for those of the list `own`."""
    rows = db.frame(concept("coded_medication"), {"codelist": own})
    columns = ("hospital_id", "vocabulary", "drug_code", "drug_name")
    lists = rows.select("admission_id", kind=pl.lit("drug_list"), code="codelist").drop_nulls(
        "code"
    )
    return pl.concat([coded_names.named(rows, coded_names.of_product, *columns), lists.unique()])
