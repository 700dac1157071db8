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
    """

    name: str
    columns: tuple[str, ...] = ()
    rejecting: Collection[str] = ()
    emptying: Collection[str] = ()
    suspects: Suspects | None = None
    event_time: str = ""


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
    months, stays = _asked_of_arrival(asked, relation.event_time)
    columns = [plan.columns(asked) for plan in plans]
    emptied = [predicates[check] for check in relation.emptying]
    table = _measured(db, relation, asked, either([rejected, *emptied]), hospitals)
    found = _numbers(db, plans, columns, table)
    by_month = _by_month(db, table, months) if months else {}
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
        with_rows = row[stays] if stays else 0
        of[name] = Numbers(told, row[rows], row[kept], values, by_month.get(name, {}), with_rows)
    return Found(predicates, of)


def _asked_of_arrival(asked: Asked, event_time: str) -> tuple[str, str]:
    """The columns of rows by month and of stays with rows; empty for a table without events."""
    if not event_time:
        return "", ""
    month = f"year({event_time}) * 12 + month({event_time})"
    return (
        asked.number(f"histogram({month}) FILTER (WHERE stay_counted)"),
        asked.number("count(DISTINCT admission_id) FILTER (WHERE stay_counted)"),
    )


def _by_month(db: Database, table: str, column: str) -> dict[str, dict[int, int]]:
    """Hospital -> month -> rows of the counted stays."""
    rows = db.rows(
        "SELECT hospital_id, entry.key, entry.value FROM "
        f"(SELECT hospital_id, unnest(map_entries({column})) AS entry FROM {table}) ORDER BY ALL"
    )
    found: dict[str, dict[int, int]] = {}
    for hospital, month, n in rows:
        found.setdefault(hospital, {})[int(month)] = int(n)
    return found


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
