"""The gate of a batch of hospitals: measure every check, settle every table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.literals import Parameters
from ehrivig.study import Study
from ehrivig.validate import gate_tables, mapping, rules
from ehrivig.validate.judgement import severity_of
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.rules import Rule
from ehrivig.validate.suite import Declared, suites

if TYPE_CHECKING:
    from ehrivig.validate.adapter import Found

_SMALL = ("hospital", "patient", "admission")  # kept as tables: others join them again and again
_BEHIND = {
    "hospital_id": pl.String,
    "table": pl.String,
    "check": pl.String,
    "name": pl.String,
    "n": pl.Int64,
}
_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)


def measure(db: Database, study: Study, hospitals: Sequence[str]) -> list[Measurement]:
    """How many rows of each table of each hospital violate each check.

    Needs stages `resolved` and `ref` in `db`; leaves schema `gate` and the clean tables in `main`.
    A check on events sees which admissions the study's policy has just rejected.
    """
    if study.extract.mappings is not None:
        signed = mapping.load(Path(study.extract.mappings))
        for hospital_id in hospitals:
            mapping.apply(db, signed, hospital_id)
    parameters = gate_tables.begin(db, study, hospitals)
    declared = suites()
    found: list[Measurement] = []
    active: list[Rule] = []
    sizes: list[dict[str, object]] = []
    present: list[dict[str, object]] = []
    behind: list[dict[str, object]] = []
    for table in contract.TABLES:
        gate_tables.prepare(db, table.name, study)
        checks = declared[table.name]
        counts = _measure_table(db, study, checks, parameters, hospitals)
        gate_tables.assert_no_row_added(db, table.name, sum(n.rows for n in counts.of.values()))
        own = _rules(study, checks, counts)
        _settle(db, table.name, own)
        active += own
        for hospital_id, numbers in counts.of.items():
            told = [(check, numbers.checks[check.check]) for check in checks]
            found += [
                Measurement(hospital_id, c.table, c.check, c.severity, n.violated, n.denominator)
                for c, n in told
            ]
            size = {"hospital_id": hospital_id, "table": table.name, "rows_read": numbers.rows}
            sizes.append({**size, "rows_kept": numbers.kept})
            present += [{**size, "column": name, "n": n} for name, n in numbers.present.items()]
            behind += [
                {
                    "hospital_id": hospital_id,
                    "table": table.name,
                    "check": check.check,
                    "name": name,
                    "n": n,
                }
                for check, one in told
                for name, n in one.counts.items()
            ]
    rules.store(db, active)
    db.load("gate.size", pl.DataFrame(sizes))
    db.load("gate.present", pl.DataFrame(present))
    db.load("gate.behind", pl.DataFrame(behind, schema=_BEHIND))
    return found


def _measure_table(
    db: Database,
    study: Study,
    checks: tuple[Declared, ...],
    parameters: Parameters,
    hospitals: Sequence[str],
) -> Found:
    """What the checks of a table find, its rows, and the rows and values that it has."""
    from ehrivig.validate import adapter  # Great Expectations: 4 s to import

    table = checks[0].table
    acting = [c for c in checks if severity_of(c.check, c.severity, study.quality) == "quarantine"]
    relation = adapter.Relation(
        f"gate.{table}",
        contract.BY_NAME[table].names,
        tuple(c.check for c in acting if not c.field),
        tuple(c.check for c in acting if c.field),
        adapter.Suspects(suspects(table), gate_tables.as_read(db, table))
        if table in _EVENTS and len(hospitals) == 1
        else None,
    )
    return adapter.count(db, relation, checks, parameters, hospitals)


def _rules(study: Study, checks: tuple[Declared, ...], counts: Found) -> list[Rule]:
    """The rules at work: checks that set rows or values aside, and found some."""
    return [
        Rule(check.table, check.check, check.reason, check.field, predicate)
        for check in checks
        if severity_of(check.check, check.severity, study.quality) == "quarantine"
        and (predicate := counts.predicates[check.check])
        and any(numbers.checks[check.check].violated for numbers in counts.of.values())
    ]


def suspects(table: str) -> str:
    """The table of the admissions whose rows of an event table some rule concerns, or may."""
    return f"gate.suspect_{table}"


def _settle(db: Database, table: str, own: list[Rule]) -> None:
    """Create `main.<table>` from the rows that stay; judge the small tables row by row."""
    if table in _SMALL:
        reason = rules.reason(rules.of_rows(own))
        db.view(f"gate.{table}_judged", f"SELECT *, {reason} AS reason FROM gate.{table}")
        db.table(f"main.{table}", rules.kept(db, table, own))
    else:
        db.view(f"main.{table}", rules.kept(db, table, own))
    if table == "admission":
        gate_tables.stays(db)
