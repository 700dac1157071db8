"""The gate of a batch of hospitals: measure every check, settle every table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.literals import Parameters
from ehrivig.study import Study
from ehrivig.validate import (
    arrived,
    charted,
    clock,
    counted,
    gate_tables,
    mapping,
    rules,
    strata,
    suspects,
    unread,
)
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
_MONTH = {"hospital_id": pl.String, "table": pl.String, "month": pl.Int64, "n": pl.Int64}
_BEGUN = ("timed", "before", "prompt", "at_once", "between", "late")
_STAYS = ("n_covered", *(f"n_{name}" for name in _BEGUN))
_COVERED = {"hospital_id": pl.String, "table": pl.String, **dict.fromkeys(_STAYS, pl.Int64)}
_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)
_SAMPLED = ("lab", "vital")  # of the others reading twice costs more than it spares


def measure(db: Database, study: Study, hospitals: Sequence[str]) -> list[Measurement]:
    """How many rows of each table of each hospital violate each check.

    Needs stages `resolved` and `ref` in `db`; leaves schema `gate` and the clean tables in `main`.
    A check on events sees which admissions the study's policy has just rejected.
    """
    if study.extract.mappings is not None:
        mapping.apply(db, Path(study.extract.mappings), hospitals, study.lists)
    parameters = gate_tables.begin(db, study, hospitals)
    tally = _Tally()
    active: list[Rule] = []
    unread.no_event(db)
    clock.begin(db)
    for table in contract.TABLES:
        gate_tables.prepare(db, table.name, study)
        checks = suites()[table.name]
        counts = _measure_table(db, study, checks, parameters, hospitals)
        gate_tables.assert_no_row_added(db, table.name, sum(n.rows for n in counts.of.values()))
        own = _rules(study, checks, counts)
        _settle(db, table.name, own)
        unread.events(db, study, table.name, own)
        if table.name == "medication":
            unread.exposures(db, study, own)
        if table.name == "patient":
            unread.deaths(db, own)
        active += own
        tally.add(table.name, checks, counts)
    rules.store(db, active)
    tally.store(db)
    strata.count(db, months=study.clock == "calendar")
    charted.count(db)
    return tally.measurements


@dataclass
class _Tally:
    """What was counted in all tables, as rows: of checks, tables, columns, counts of findings."""

    measurements: list[Measurement] = field(default_factory=list)
    sizes: list[dict[str, object]] = field(default_factory=list)
    present: list[dict[str, object]] = field(default_factory=list)
    behind: list[dict[str, object]] = field(default_factory=list)
    months: list[dict[str, object]] = field(default_factory=list)
    covered: list[dict[str, Any]] = field(default_factory=list)

    def add(self, table: str, checks: tuple[Declared, ...], counts: Found) -> None:
        """Take in what was counted in one table, hospital by hospital."""
        for hospital_id, numbers in counts.of.items():
            of = {"hospital_id": hospital_id, "table": table}
            size = {**of, "rows_read": numbers.rows}
            self.sizes.append({**size, "rows_kept": numbers.kept})
            came = numbers.arrived
            self.months += [{**of, "month": m, "n": n} for m, n in came.months.items()]
            if table in _EVENTS:
                stays = (came.covered, *(getattr(came, name) for name in _BEGUN))
                self.covered.append({**of, **dict(zip(_STAYS, stays, strict=True))})
            self.present += [{**size, "column": c, "n": n} for c, n in numbers.present.items()]
            for check in checks:
                found = numbers.checks[check.check]
                self.measurements.append(
                    Measurement(
                        hospital_id,
                        table,
                        check.check,
                        check.severity,
                        found.violated,
                        found.denominator,
                    )
                )
                counted = found.counts.items()
                self.behind += [{**of, "check": check.check, "name": k, "n": n} for k, n in counted]

    def store(self, db: Database) -> None:
        """Tables `gate.size`, `gate.present`, `gate.behind`, `gate.month` and `gate.covered`."""
        db.load("gate.size", pl.DataFrame(self.sizes))
        db.load("gate.present", pl.DataFrame(self.present))
        db.load("gate.behind", pl.DataFrame(self.behind, schema=_BEHIND))
        db.load("gate.month_sampled", pl.DataFrame(self.months, schema=_MONTH))
        db.load("gate.covered_sampled", pl.DataFrame(self.covered, schema=_COVERED))
        for name, columns in (("month", ("n",)), ("covered", _STAYS)):
            counted = ", ".join(f"m.{column} * s.count_stride AS {column}" for column in columns)
            db.table(
                f"gate.{name}",
                f"SELECT m.* REPLACE ({counted}) "
                f"FROM gate.{name}_sampled AS m INNER JOIN gate.setting AS s USING (hospital_id)",
            )


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
    acting = [c for c in checks if severity_of(c.check, c.severity, study) == "quarantine"]
    relation = adapter.Relation(
        f"gate.{table}",
        contract.BY_NAME[table].names,
        tuple(c.check for c in acting if not c.field),
        tuple(c.check for c in acting if c.field),
        suspects.of(table) if table in _EVENTS and len(hospitals) == 1 else "",
        counted.rows(table),
        counted.event_time(table),
        table in arrived.PROMPT,
        gate_tables.sampled_rows(db) if table in _SAMPLED and len(hospitals) == 1 else "",
    )
    counted.take(db, table, gate_tables.as_read(db, table))
    found = adapter.count(db, relation, checks, parameters, hospitals)
    charted.take(db, table)
    clock.take(db, table)
    counted.let_go(db, table)
    return found


def _rules(study: Study, checks: tuple[Declared, ...], counts: Found) -> list[Rule]:
    """The rules at work: checks that set rows or values aside, and found some."""
    return [
        Rule(check.table, check.check, check.reason, check.field, predicate)
        for check in checks
        if severity_of(check.check, check.severity, study) == "quarantine"
        and (predicate := counts.predicates[check.check])
        and any(numbers.checks[check.check].violated for numbers in counts.of.values())
    ]


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
