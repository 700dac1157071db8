"""All that was coded of people before time zero: what a score can learn from, named by nobody."""

from __future__ import annotations

from typing import Any

import polars as pl

from ehrivig.concepts import concept
from ehrivig.database import Database
from ehrivig.study import Study

TABLE = "large_scale"
KINDS = {
    "diagnosis": "diagnoses",
    "diagnosis_group": "groups of diagnoses",
    "drug": "drugs",
    "drug_group": "groups of drugs",
    "drug_list": "code lists of drugs",
    "procedure": "procedures",
    "device": "support of breathing",
    "lab": "laboratory",
    "vital": "vital signs",
    "finding": "findings",
}
"""Kinds of what was coded, in the plural."""


def large_scale(db: Database, study: Study) -> pl.DataFrame:
    """One row per candidate admission and code that it has: admission_id, kind, code, value.

    `value`: a number where one was measured, in the standard unit, else null. The products of the
    exposure's list are not among the drugs. Needs `candidate`.
    """
    until = {"until_hours": study.analysis.large_scale_until_hours}
    asked: dict[str, dict[str, Any]] = {
        "coded_diagnosis": until,
        "coded_medication": {"codelist": study.exposure.codelist},
        "coded_care": {},
        "coded_measurement": until,
    }
    found = [db.frame(concept(name), values) for name, values in asked.items()]
    return pl.concat(found).sort("admission_id", "kind", "code")
