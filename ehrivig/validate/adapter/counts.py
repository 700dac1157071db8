"""Counting: every check of a table in one SELECT, hospital by hospital.

Great Expectations says what an expectation of a suite means: its own conditions of a violating row
are asked for once per process, on the columns of a table without its rows. They are then counted
together with everything else in one statement, grouped by hospital.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ehrivig.database import Database, user_error
from ehrivig.literals import Parameters, literal
from ehrivig.validate import findings
from ehrivig.validate.adapter.plans import (
    ROWS,
    Asked,
    Counted,
    Plan,
    count_if,
    finding_column,
    planned,
    unmeasurable,
)
from ehrivig.validate.rules import either
from ehrivig.validate.suite import Declared, check_query

_MEASURED = "gate.measured"  # one row per hospital with rows: all that was counted last
_HASHES = 2**18
_HASH = f"(hash(admission_id) % {_HASHES})::INTEGER"


@dataclass(frozen=True)
class Suspects:
    """Where the admissions of some rows of a relation are kept (`table`), and read (`source`).

    All of them, and a few others: measuring the rows keeps one bit for each of many hashes of an
    id, which needs the same little memory whatever the proportion of such rows.
    """

    table: str
    source: str


@dataclass(frozen=True)
class Relation:
    """What is counted in: a relation ("schema.name"), and what is counted beside its checks.

    `columns`: those whose values are counted. `rejecting`, `emptying`: ids of checks that reject a
    row, or take a value from it. `suspects`: where the admissions of such rows are kept; only of a
    single hospital, whose rows are not asked in groups. `event_time`: the column of when an event
    was, by whose months rows of the counted stays are counted; empty for a table without events.
    `read`: where its rows are read with the fewest joins.
    """

    name: str
    columns: tuple[str, ...] = ()
    rejecting: Collection[str] = ()
    emptying: Collection[str] = ()
    suspects: Suspects | None = None
    event_time: str = ""
    read: str = ""


@dataclass(frozen=True)
class Numbers:
    """What was counted in one hospital.

    `checks`: by id; `rows`, and `kept`, those no check rejects; `present`: values by column. Of the
    counted stays: `months`, rows by year * 12 + month, and `stays`, those with any row.
    """

    checks: dict[str, Counted]
    rows: int
    kept: int
    present: dict[str, int]
    months: dict[int, int] = field(default_factory=dict)
    stays: int = 0


@dataclass(frozen=True)
class Found:
    """What the checks of a relation found: `predicates` by check, `of` by hospital.

    A predicate is the SQL condition of a violating row, as GX or the suite states it; None for a
    check that has no rows (a query, a finding).
    """

    predicates: dict[str, str | None]
    of: dict[str, Numbers]


def count(
    db: Database,
    relation: Relation,
    checks: tuple[Declared, ...],
    parameters: Parameters,
    hospitals: Sequence[str],
) -> Found:
    """What every check finds in a relation in each hospital, and what is counted beside.

    One SELECT measures all checks on rows; each query file is one more. Needs `gate.setting`, with
    a row per hospital.
    """
    plans = planned(db, relation.name, checks, parameters)
    predicates = {check.check: plan.predicate for check, plan in zip(checks, plans, strict=True)}
    asked = Asked()
    rows = asked.number(ROWS)
    rejected = either(predicates[check] for check in relation.rejecting)
    kept = asked.number(count_if(f"NOT {rejected}"))
    present = {name: asked.number(count_if(f'"{name}" IS NOT NULL')) for name in relation.columns}
    columns = [plan.columns(asked) for plan in plans]
    emptied = [predicates[check] for check in relation.emptying]
    table = _measured(db, relation, asked, either([rejected, *emptied]), hospitals)
    found = _numbers(db, plans, columns, table)
    arrived = _arrived(db, relation)
    queried = {
        check.check: _of_query(db, plan.query, parameters)
        for check, plan in zip(checks, plans, strict=True)
        if plan.query
    }
    of = {}
    for name in hospitals:
        row = found[name]
        told = {
            check.check: queried[check.check].get(name, Counted(0, 0))
            if plan.query
            else plan.counted(row, columns[number], number)
            for number, (check, plan) in enumerate(zip(checks, plans, strict=True))
        }
        values = {column: row[place] for column, place in present.items()}
        months, stays = arrived.get(name, ({}, 0))
        of[name] = Numbers(told, row[rows], row[kept], values, months, stays)
    return Found(predicates, of)


def _arrived(db: Database, relation: Relation) -> dict[str, tuple[dict[int, int], int]]:
    """Hospital -> rows by month of its counted stays, and how many of these have any row.

    A statement of its own, over two columns: beside a histogram DuckDB computes the other counts
    of a table twice. Empty for a table without events.
    """
    if not relation.event_time:
        return {}
    time = relation.event_time
    rows = db.rows(
        "SELECT hospital_id, month, sum(n), count(DISTINCT admission_id), grouping(month) FROM ("
        f"SELECT r.hospital_id, r.admission_id, year(r.{time}) * 12 + month(r.{time}) AS month, "
        f"count(*) AS n FROM {relation.read} AS r "
        "SEMI JOIN (SELECT admission_id FROM gate.stay WHERE stay_counted) AS s "
        "ON r.admission_id = s.admission_id GROUP BY ALL) "
        "GROUP BY GROUPING SETS ((hospital_id, month), (hospital_id)) ORDER BY ALL"
    )
    months: dict[str, dict[int, int]] = {}
    stays: dict[str, int] = {}
    for hospital, month, n, n_stays, is_total in rows:
        if is_total:
            stays[hospital] = int(n_stays)
        elif month is not None:
            months.setdefault(hospital, {})[int(month)] = int(n)
    return {hospital: (months.get(hospital, {}), n) for hospital, n in stays.items()}


def _measured(
    db: Database, relation: Relation, asked: Asked, touched: str, hospitals: Sequence[str]
) -> str:
    """Count all that is asked; the table with a row per hospital that has rows."""
    shown = [f"{expression} AS {name}" for expression, name in asked.columns.items()]
    if len(hospitals) > 1:
        head, group = "hospital_id", " GROUP BY hospital_id"
    else:
        head, group = f"{literal(hospitals[0])} AS hospital_id", ""
    if relation.suspects is not None:
        bits = f"bitstring_agg(CASE WHEN {touched} THEN {_HASH} END, 0, {_HASHES - 1})"
        shown.append(f"{bits} AS suspects")
    text = f"SELECT {', '.join([head, *shown])} FROM {relation.name}{group}"
    try:
        db.table(_MEASURED, text)
    except Exception as error:
        raise user_error(error) or unmeasurable(relation.name) from error
    if relation.suspects is not None:
        db.table(
            relation.suspects.table,
            f"SELECT DISTINCT admission_id FROM {relation.suspects.source} "
            f"WHERE get_bit((SELECT suspects FROM {_MEASURED}), {_HASH}) = 1",
        )
    return _MEASURED


def _numbers(
    db: Database,
    plans: Sequence[Plan],
    columns: Sequence[Mapping[str, str]],
    table: str,
) -> dict[str, dict[str, int]]:
    """Hospital -> column -> number, with the findings; 0 where a hospital has no row."""
    shown = ["s.hospital_id", "m.* EXCLUDE (hospital_id)"]
    for number, (plan, places) in enumerate(zip(plans, columns, strict=True)):
        if plan.finding:
            counts = {name: f"coalesce(m.{places[f'count {name}']}, 0)" for name in plan.counts}
            shown.append(f"{findings.filled(plan.finding, counts)} AS {finding_column(number)}")
    frame = db.frame(
        f"SELECT {', '.join(shown)} FROM gate.setting AS s "
        f"LEFT JOIN {table} AS m USING (hospital_id)"
    )
    names = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    return {
        row["hospital_id"]: {name: int(row[name] or 0) for name in names}
        for row in frame.select("hospital_id", *names).iter_rows(named=True)
    }


def _of_query(db: Database, name: str, parameters: Parameters) -> dict[str, Counted]:
    """Hospital -> what a query file gives: violated, denominator; no row is nothing found."""
    query = check_query(name)
    rows = db.rows(query.text, query.bind(parameters))
    return {hospital: Counted(int(n or 0), int(of or 0)) for hospital, n, of in rows}
