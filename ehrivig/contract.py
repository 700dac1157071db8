"""The canonical tables: what every layout maps onto and every later step reads.

One noun per table everywhere: `sql/layout/native/lab.sql`, `expectations/lab.json`, `tables.LAB`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["key", "text", "time", "date", "number", "flag"]

SQL_TYPE: dict[Kind, str] = {
    "key": "VARCHAR",
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "date": "DATE",
    "number": "DOUBLE",
    "flag": "BOOLEAN",
}


DEVICES = ("room_air", "nasal_cannula", "face_mask", "hfnc", "niv", "imv", "ecmo")
"""The words of `device` of table respiratory_support: any other says nothing."""


@dataclass(frozen=True)
class Column:
    """One column of a canonical table. A `key` is text or an integer, kept as the source has it."""

    name: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One canonical table: its grain in words, its columns in order, and the columns of its key."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)


def _columns(specification: str) -> tuple[Column, ...]:
    """Columns from "name:kind" words; a trailing "!" marks a required column."""
    columns = []
    for word in specification.split():
        name, kind = word.rstrip("!").split(":")
        columns.append(Column(name, kind, word.endswith("!")))  # type: ignore[arg-type]
    return tuple(columns)


HOSPITAL = Table(
    "hospital",
    "one hospital",
    _columns("hospital_id:key! hospital_name:text timezone:text country:text"),
    ("hospital_id",),
)
PATIENT = Table(
    "patient",
    "one patient in a hospital",
    _columns(
        "hospital_id:key! patient_id:key! person_id:key sex:text! birth_date:date death_at:time"
    ),
    ("hospital_id", "patient_id"),
    required=True,
)
ADMISSION = Table(
    "admission",
    "one inpatient stay",
    _columns(
        "hospital_id:key! admission_id:key! patient_id:key! admitted_at:time! discharged_at:time! "
        "discharge_status:text! symptom_onset_at:time age_years:number weight_kg:number "
        "height_cm:number current_smoker:flag"
    ),
    ("hospital_id", "admission_id"),
    required=True,
)
ICU_STAY = Table(
    "icu_stay",
    "one ICU stay",
    _columns("hospital_id:key! admission_id:key! started_at:time! stopped_at:time!"),
)
DIAGNOSIS = Table(
    "diagnosis",
    "one coded diagnosis",
    _columns(
        "hospital_id:key! admission_id:key! code:text! vocabulary:text! "
        "present_on_admission:flag diagnosed_at:time"
    ),
)
LAB = Table(
    "lab",
    "one result",
    _columns(
        "hospital_id:key! admission_id:key! lab_code:text! vocabulary:text! value:number! "
        "value_text:text unit:text! collected_at:time! resulted_at:time"
    ),
)
VITAL = Table(
    "vital",
    "one measurement",
    _columns(
        "hospital_id:key! admission_id:key! vital_code:text! value:number! unit:text! "
        "measured_at:time!"
    ),
)
MEDICATION = Table(
    "medication",
    "one administration",
    _columns(
        "hospital_id:key! admission_id:key! medication_id:key order_id:key drug_code:text! "
        "vocabulary:text! drug_name:text dose:number! dose_unit:text! concentration_g_per_l:number "
        "strength_g:number route:text! status:text! started_at:time! stopped_at:time"
    ),
    ("hospital_id", "medication_id"),
)
RESPIRATORY_SUPPORT = Table(
    "respiratory_support",
    "one interval",
    _columns(
        "hospital_id:key! admission_id:key! device:text! fio2:number started_at:time! "
        "stopped_at:time"
    ),
)
PROCEDURE = Table(
    "procedure",
    "one procedure",
    _columns(
        "hospital_id:key! admission_id:key! procedure_code:text! started_at:time! stopped_at:time"
    ),
)
SCORE = Table(
    "score",
    "one recorded score",
    _columns("hospital_id:key! admission_id:key! score_code:text! value:number! scored_at:time!"),
)
FINDING = Table(
    "finding",
    "one sign, symptom or image finding",
    _columns(
        "hospital_id:key! admission_id:key! finding_code:text! present:flag! observed_at:time!"
    ),
)
PATHOGEN_TEST = Table(
    "pathogen_test",
    "one test",
    _columns(
        "hospital_id:key! admission_id:key! organism_code:text! method:text! specimen:text "
        "result:text! collected_at:time!"
    ),
)

TABLES: tuple[Table, ...] = (
    HOSPITAL,
    PATIENT,
    ADMISSION,
    ICU_STAY,
    DIAGNOSIS,
    LAB,
    VITAL,
    MEDICATION,
    RESPIRATORY_SUPPORT,
    PROCEDURE,
    SCORE,
    FINDING,
    PATHOGEN_TEST,
)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
EVENT_TABLES: tuple[Table, ...] = TABLES[3:]
