"""The gate of one hospital: measure every check, settle every table."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig import tables
from ehrivig.database import Database, Parameters
from ehrivig.study import Study
from ehrivig.validate import mapping, rules, stage
from ehrivig.validate.judgement import severity_of
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.rules import Rule
from ehrivig.validate.suite import Declared, Severity, suites

_SMALL = ("hospital", "patient", "admission")  # kept as tables: others join them again and again


def measure(db: Database, study: Study, hospital_id: str) -> list[Measurement]:
    """How many rows of each table of the hospital violate each check.

    Needs stages `resolved` and `ref` in `db`; leaves schema `gate` and the clean tables in `main`.
    A check on events sees which admissions the study's policy has just rejected.
    """
    if study.extract.mappings is not None:
        mapping.apply(db, mapping.load(Path(study.extract.mappings)), hospital_id)
    parameters = stage.begin(db, study)
    declared = suites()
    found: list[Measurement] = []
    active: list[Rule] = []
    sizes: list[dict[str, object]] = []
    for table in tables.TABLES:
        stage.prepare(db, table.name, study)
        measured, own, rows = _measure_table(db, study, declared[table.name], parameters)
        _settle(db, table.name, own)
        found += [Measurement(hospital_id, table.name, *one) for one in measured]
        active += own
        sizes.append({"table": table.name, "rows_read": rows})
    rules.store(db, active)
    db.load("gate.size", pl.DataFrame(sizes))
    return found


def _measure_table(
    db: Database, study: Study, checks: tuple[Declared, ...], parameters: Parameters
) -> tuple[list[tuple[str, Severity, int, int]], list[Rule], int]:
    """Per check (id, severity, violated, denominator); the rules at work; the rows of the table."""
    from ehrivig.validate import adapter  # Great Expectations: 4 s to import

    table = checks[0].table
    counted, rows = adapter.count(db, f"gate.{table}", checks, parameters)
    stage.assert_no_row_added(db, table, rows)
    measured, own = [], []
    for check, count in zip(checks, counted, strict=True):
        measured.append((check.check, check.severity, count.violated, count.denominator))
        severity = severity_of(check.check, check.severity, study.quality)
        if severity == "quarantine" and count.violated and count.predicate:
            own.append(Rule(table, check.check, check.reason, check.field, count.predicate))
    return measured, own, rows


def _settle(db: Database, table: str, own: list[Rule]) -> None:
    """Create `main.<table>` from the rows that stay; judge the small tables row by row."""
    if table in _SMALL:
        reason = rules.reason(rules.of_rows(own))
        db.table(f"gate.{table}_judged", f"SELECT *, {reason} AS reason FROM gate.{table}")
        db.table(f"main.{table}", rules.kept(db, table, own))
    else:
        db.view(f"main.{table}", rules.kept(db, table, own))
    if table == "admission":
        stage.stays(db)
