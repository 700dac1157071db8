"""A small hospital drawn row by row: clean by default, so that a test adds one wrong row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig import codes, contract, study
from ehrivig.codes.hints import drug_hints
from ehrivig.concepts import define_given, define_lab_number
from ehrivig.database import Database
from ehrivig.study import Study

START = datetime(2020, 1, 10, 9, 30)
_TYPE = {"key": "VARCHAR", "text": "VARCHAR", "time": "TIMESTAMP", "date": "DATE"}
_EXTRA = {
    "lab": {"analyte": "VARCHAR", "value_std": "DOUBLE", "censored": "VARCHAR"},
    "vital": {"value_std": "DOUBLE"},
    "medication": {"drug": "INTEGER", "end_assumed": "BOOLEAN"},
}
_REFERENCE = {
    "unit": "variable VARCHAR, unit VARCHAR, factor DOUBLE, shift DOUBLE",
    '"limit"': (
        "variable VARCHAR, unit VARCHAR, hard_lo DOUBLE, soft_lo DOUBLE, soft_hi DOUBLE, "
        "hard_hi DOUBLE"
    ),
    "drug": (
        "drug INTEGER, vocabulary VARCHAR, drug_code VARCHAR, drug_name VARCHAR, route VARCHAR"
    ),
    "lab_map": "lab_code VARCHAR, analyte VARCHAR",
    "condition": "vocabulary VARCHAR, code VARCHAR, condition VARCHAR",
    "drug_class": (
        "drug INTEGER, codelist VARCHAR, verdict VARCHAR, product_type VARCHAR, "
        "concentration_g_per_l DOUBLE, strength_g DOUBLE, route_implied BOOLEAN"
    ),
}
_UNITS = [
    ("creatinine", "umol/L", 1.0, 0.0),
    ("creatinine", "mg/dL", 88.4, 0.0),
    ("crp", "mg/L", 1.0, 0.0),
    ("crp", "mg/dL", 10.0, 0.0),
]
_LIMITS = [
    ("creatinine", "umol/L", 5.0, 20.0, 1500.0, 5834.0),
    ("crp", "mg/L", 0.0, 0.1, 500.0, 1000.0),
    ("temperature", "C", 25.0, 34.0, 41.5, 45.0),
    ("sbp", "mmHg", 20.0, 60.0, 230.0, 375.0),
]
IVIG, HEPATITIS_B, STEROID = 1, 2, 3
_DRUGS = [
    (IVIG, "ATC", "J06BA02", "Human Immunoglobulin (pH4)", "iv"),
    (HEPATITIS_B, "ATC", "J06BB04", "Hepatitis B Immune Globulin", "im"),
    (STEROID, "ATC", "H02AB04", "Methylprednisolone", "iv"),
]
_CLASSES = [
    (IVIG, "ivig", "include", "standard", None, None),
    (HEPATITIS_B, "ivig", "exclude", "hyperimmune", None, None),
    (STEROID, "glucocorticoid", "include", None, None, None),
]


_IDS = ("admission_id", "patient_id", "medication_id", "order_id")


class Hospital:
    """Rows of one hospital, table by table; `add` fills what a test does not say."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {t.name: [] for t in contract.TABLES}
        self.units = list(_UNITS)
        self.limits = list(_LIMITS)
        self.drugs = list(_DRUGS)
        self.classes = list(_CLASSES)
        self._made = 0
        self.add("hospital", hospital_name="One", timezone="Asia/Shanghai", country="CN")
        for number in range(1, 4):
            self.person(str(number))

    def person(self, number: str, **admission: Any) -> None:
        """A patient and an admission of ten days, both with id `number`."""
        self.add("patient", patient_id=number, sex="female", birth_date=date(1960, 5, 1))
        self.add("admission", admission_id=number, patient_id=number, **admission)

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Add one row; unnamed columns get a clean value."""
        self._made += 1
        row = {**_clean(table, self._made), **values}
        self.rows[table].append(row)
        return row

    def change(self, table: str, number: int = 0, **values: Any) -> None:
        """Change the row `number` of a table."""
        self.rows[table][number].update(values)

    def database(self, within: Sequence[Path] = ()) -> Database:
        """A database with schemas `resolved` and `ref`."""
        db = Database(threads=1, within=within)
        db.execute("CREATE SCHEMA resolved")
        db.execute("CREATE SCHEMA ref")
        for table in contract.TABLES:
            self._load(db, table)
        known = {
            "unit": self.units,
            '"limit"': self.limits,
            "drug": self.drugs,
            "lab_map": [("2160-0", "creatinine"), ("1988-5", "crp")],
            "condition": [("ICD10", "I10", "hypertension"), ("ICD10", "E11", "diabetes")],
            "drug_class": [(*row, False) for row in self.classes],
        }
        for name, columns in _REFERENCE.items():
            db.execute(f"CREATE TABLE ref.{name} ({columns})")
            _insert(db, f"ref.{name}", known[name])
        for table, variable in (("lab", "analyte"), ("vital", "vital_code")):
            db.execute(f"ALTER TABLE resolved.{table} RENAME TO {table}_alone")
            db.execute(
                f"CREATE VIEW resolved.{table} AS SELECT r.*, l.hard_lo, l.soft_lo, l.soft_hi, "
                f'l.hard_hi FROM resolved.{table}_alone AS r LEFT JOIN ref."limit" AS l '
                f"ON r.{variable} = l.variable"
            )
        texts = ("vocabulary", "drug_code", "drug_name", "route")
        schema = {"drug": pl.Int64, **dict.fromkeys(texts, pl.String)}
        numbered = pl.DataFrame(self.drugs, schema=schema, orient="row")
        excluded = [(row[0], row[1]) for row in self.classes if row[2] == "exclude"]
        included = [(row[0], row[1]) for row in self.classes if row[2] == "include"]
        hints = drug_hints(codes.SHIPPED, numbered, excluded, None, included)
        db.load("ref.drug_hint", hints)
        define_given(db)
        define_lab_number(db)
        return db

    def take(self, other: Hospital, case: str) -> None:
        """Admit all patients of another hospital under ids of their own, and its drugs.

        What the other says of itself as a hospital replaces what this one says.
        """
        self.rows["hospital"] = other.rows["hospital"]
        self._admit(other, case)

    def stand_beside(self, other: Hospital, name: str) -> None:
        """Let another hospital be in the same tables, under a name and ids of its own."""
        self.rows["hospital"] = [*self.rows["hospital"], *other.rows["hospital"]]
        own = [row for rows in other.rows.values() for row in rows]
        for row in own:
            row["hospital_id"] = name
        self._admit(other, name)

    def _admit(self, other: Hospital, case: str) -> None:
        own = {
            drug: len(self.drugs) + number
            for number, (drug, *_) in enumerate(other.drugs[len(_DRUGS) :], start=1)
        }
        self.drugs += [(own[drug], *rest) for drug, *rest in other.drugs[len(_DRUGS) :]]
        self.classes += [(own[drug], *rest) for drug, *rest in other.classes[len(_CLASSES) :]]
        for table, rows in other.rows.items():
            if table != "hospital":
                self.rows[table] += [_renamed(row, case, own) for row in rows]

    def _load(self, db: Database, table: contract.Table) -> None:
        types = {
            c.name: _TYPE.get(c.kind) or contract.SQL_TYPE[c.kind] for c in table.columns
        } | _EXTRA.get(table.name, {})
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        db.execute(f"CREATE TABLE resolved.{table.name} ({columns})")
        rows = [[row.get(name) for name in types] for row in self.rows[table.name]]
        _insert(db, f"resolved.{table.name}", rows)


def _insert(db: Database, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows, a hundred with one statement."""
    for start in range(0, len(rows), 100):
        values, marks = {}, []
        for number, row in enumerate(rows[start : start + 100]):
            names = [f"v{number}_{column}" for column in range(len(row))]
            values |= dict(zip(names, row, strict=True))
            marks.append("(" + ", ".join(f"${name}" for name in names) + ")")
        db.execute(f"INSERT INTO {table} VALUES {', '.join(marks)}", values)


def _renamed(row: dict[str, Any], case: str, drugs: dict[int, int]) -> dict[str, Any]:
    """The row under the ids of a case."""
    own = {name: f"{case}/{row[name]}" for name in _IDS if row.get(name) is not None}
    if row.get("drug") in drugs:
        own["drug"] = drugs[row["drug"]]
    return {**row, **own}


def _clean(table: str, number: int) -> dict[str, Any]:
    """A row without fault."""
    inside = START + timedelta(days=1, minutes=number)
    common = {"hospital_id": "H", "admission_id": "1"}
    lab = {"lab_code": "creatinine", "vocabulary": "local", "value": 80.0, "unit": "umol/L"}
    dose = {"drug_code": "J06BA02", "vocabulary": "ATC", "dose": 10.0, "dose_unit": "g"}
    own: dict[str, dict[str, Any]] = {
        "hospital": {},
        "patient": {},
        "admission": {
            "admitted_at": START,
            "discharged_at": START + timedelta(days=10),
            "discharge_status": "alive",
            "age_years": 59.0,
            "weight_kg": 70.0,
            "height_cm": 170.0,
            "symptom_onset_at": START - timedelta(days=3),
            "current_smoker": False,
        },
        "icu_stay": {"started_at": inside, "stopped_at": inside + timedelta(days=2)},
        "diagnosis": {"code": "U07.1", "vocabulary": "ICD10"},
        "lab": {
            **lab,
            "collected_at": inside,
            "resulted_at": inside + timedelta(hours=1),
            "analyte": "creatinine",
            "value_std": 80.0,
        },
        "vital": {
            "vital_code": "temperature",
            "value": 37.0,
            "unit": "C",
            "measured_at": inside,
            "value_std": 37.0,
        },
        "medication": {
            **dose,
            "medication_id": f"m{number}",
            "order_id": f"o{number}",
            "drug_name": "Human Immunoglobulin (pH4)",
            "route": "iv",
            "status": "given",
            "started_at": START + timedelta(hours=number),
            "drug": IVIG,
            "end_assumed": False,
        },
        "respiratory_support": {
            "device": "hfnc",
            "fio2": 0.5,
            "started_at": inside,
            "stopped_at": inside + timedelta(hours=5),
        },
        "procedure": {"procedure_code": "crrt", "started_at": inside},
        "score": {"score_code": "sofa", "value": 4.0, "scored_at": inside},
        "finding": {"finding_code": "fever", "present": True, "observed_at": inside},
        "pathogen_test": {
            "organism_code": "sars_cov_2",
            "method": "rna",
            "specimen": "respiratory",
            "result": "positive",
            "collected_at": inside,
        },
    }
    return {**common, **own[table]}


@pytest.fixture
def hospital() -> Hospital:
    """A clean hospital with three patients."""
    return Hospital()


@pytest.fixture(scope="session")
def hospitals() -> Callable[[], Hospital]:
    """Makes clean hospitals, for tests that need several."""
    return Hospital


@pytest.fixture(scope="session")
def plan() -> Study:
    """The packaged study, whose extract date is 2020-06-30."""
    return study.load("ivig_covid19")


@pytest.fixture
def with_quality(plan: Study) -> Callable[..., Study]:
    """The study with other settings of [quality]."""

    def change(**settings: Any) -> Study:
        quality = plan.quality.model_copy(update=settings)
        return plan.model_copy(update={"quality": quality})

    return change


@pytest.fixture
def opened(hospital: Hospital, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """A function that gives the hospital's database; all are closed at the end."""
    made: list[Database] = []

    def give() -> Database:
        made.append(hospital.database([tmp_path]))
        return made[-1]

    yield give
    for db in made:
        db.close()


def rows(db: Database, table: str) -> pl.DataFrame:
    """All rows of a table."""
    return db.frame(f"SELECT * FROM {table} ORDER BY ALL")
