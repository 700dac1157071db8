"""Random admissions as mapped tables of two hospitals, made ready the way a run does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ehrivig import codes, contract
from ehrivig.codes import tables
from ehrivig.concepts import define_sent
from ehrivig.database import Database
from ehrivig.extract import resolved
from oracle.stay import Admission

START = datetime(2020, 1, 1)
TYPES = {
    "key": pl.String,
    "text": pl.String,
    "time": pl.Datetime("us"),
    "date": pl.Date,
    "number": pl.Float64,
    "flag": pl.Boolean,
}
CANDIDATE = {"death_at": pl.Datetime("us"), "time_zero": pl.Datetime("us"), "male": pl.Boolean}
Row = dict[str, Any]


def at(seconds: int | None) -> datetime | None:
    """A moment of the world on the calendar."""
    return None if seconds is None else START + timedelta(seconds=seconds)


def opened(stays: list[Admission]) -> Database:
    """The database of all admissions: clean tables resolved by the shipped lists, all eligible."""
    db = Database(threads=2)
    for schema in ("drawn", "mapped", "ref", "resolved"):
        db.execute(f"CREATE SCHEMA {schema}")
    rows = _rows(stays)
    for table in contract.TABLES:
        types = {c.name: TYPES[c.kind] for c in table.columns} | {"admission_id": pl.Int64}
        types = {name: types[name] for name in table.names}
        db.load(f"drawn.{table.name}", _frame(rows.get(table.name, []), types))
        db.view(f"mapped.{table.name}", f"SELECT * FROM drawn.{table.name}")
    tables.load(db, codes.SHIPPED)
    resolved.make(db, codes.SHIPPED)
    for table in contract.TABLES:
        db.table(table.name, f"SELECT * FROM resolved.{table.name}")
    types = {c.name: TYPES[c.kind] for c in contract.ADMISSION.columns} | CANDIDATE
    db.load("candidate", _frame(rows["candidate"], types | {"admission_id": pl.Int64}))
    db.table(
        "eligible", "SELECT admission_id, admitted_at, discharged_at, age_years FROM candidate"
    )
    everything = {table.name for table in contract.EVENT_TABLES} | {"iv_fluid"}
    define_sent(db, {"A": everything, "B": everything - set(_sent(stays))})
    return db


def _sent(stays: list[Admission]) -> set[str]:
    """What hospital A sends and hospital B does not."""
    return {table for stay in stays for table in stay["sent"]}


def _frame(rows: list[Row], types: dict[str, Any]) -> pl.DataFrame:
    """Rows as a table; a number written as text is read as one."""
    columns: dict[str, list[Any]] = {}
    for name, kind in types.items():
        values = [row.get(name) for row in rows]
        number = kind == pl.Float64
        columns[name] = [float(v) if number and v is not None else v for v in values]
    return pl.DataFrame(columns, schema=types)


def _rows(stays: Iterable[Admission]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for stay in stays:
        key = {"hospital_id": "A" if stay["sent"] else "B", "admission_id": stay["id"]}
        for table, rows in _tables(stay).items():
            found.setdefault(table, []).extend(key | row for row in rows)
    return found


def _tables(stay: Admission) -> dict[str, list[Row]]:
    """The rows of one admission by table."""
    person = {
        "patient_id": str(stay["id"]),
        "admitted_at": at(stay["admitted"]),
        "discharged_at": at(stay["discharged"]),
        "discharge_status": stay["status"],
        "symptom_onset_at": at(stay["onset"]),
        "age_years": stay["age"],
        "weight_kg": stay["weight"],
    }
    zero = {"death_at": at(stay["death"]), "time_zero": at(stay["zero"])}
    return {
        "admission": [person],
        "candidate": [person | zero],
        "lab": [
            {"lab_code": row["code"], "vocabulary": "local", "collected_at": at(row["at"])}
            | {"value": row["value"], "unit": row["unit"]}
            for row in stay["lab"]
        ],
        "vital": [
            {"vital_code": row["code"], "measured_at": at(row["at"])}
            | {"value": row["value"], "unit": row["unit"]}
            for row in stay["vital"]
        ],
        "respiratory_support": [
            {"device": row["device"], "fio2": row["fio2"], **_span(row)} for row in stay["device"]
        ],
        "procedure": [{"procedure_code": row["code"], **_span(row)} for row in stay["procedure"]],
        "medication": [
            {"drug_name": row["name"], "vocabulary": "local", "route": "iv", **_span(row)}
            | {"dose": row["dose"], "dose_unit": row["unit"], "status": row["status"]}
            for row in stay["drug"]
        ],
        "diagnosis": [
            {"code": row["code"], "vocabulary": "ICD10", "diagnosed_at": at(row["at"])}
            | {"present_on_admission": row["present"]}
            for row in stay["diagnosis"]
        ],
        "finding": [
            {"finding_code": row["code"], "present": row["present"], "observed_at": at(row["at"])}
            for row in stay["finding"]
        ],
        "pathogen_test": [
            {"organism_code": "sars_cov_2", "method": row["method"], "result": row["result"]}
            | {"specimen": row["specimen"], "collected_at": at(row["at"])}
            for row in stay["test"]
        ],
    }


def _span(row: Row) -> Row:
    return {"started_at": at(row["start"]), "stopped_at": at(row["stop"])}
