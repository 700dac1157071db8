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
from ehrivig.validate.rules import HASH, HASHES, either
from ehrivig.validate.suite import Declared, check_query

_MEASURED = "gate.measured"  # one row per hospital with rows: all that was counted last
BEFORE_HOURS, PROMPT_HOURS = 4, 6
"""Rows so long before an admission are early; rows until so long after it are prompt."""
BETWEEN_HOURS, LATE_HOURS = (2, 5), (5, 14)
"""Hours after an admission in which first rows are rare that begin with it, and those behind."""


@dataclass(frozen=True)
class Relation:
    """What is counted in: a relation ("schema.name"), and what is counted beside its checks.

    `columns`: those whose values are counted. `rejecting`, `emptying`: ids of checks that reject a
    row, or take a value from it. `suspects`: the table that is made of a bit for each HASH of an
    admission with such rows; only of a single hospital, whose rows are not asked in groups: the
    same little memory for few such rows and for many. `counted`: the relation of its rows of the
    counted stays, empty for a table without events. `event_time`: the column of when an event was,
    by whose months these are counted. `begins`: whether the beginning of stays is held against its
    first rows. `sampled`: the condition of the rows that are few of many and of which the checks of
    sampled stays are asked apart, in a single hospital; empty where all is asked at once.
    """

    name: str
    columns: tuple[str, ...] = ()
    rejecting: Collection[str] = ()
    emptying: Collection[str] = ()
    suspects: str = ""
    counted: str = ""
    event_time: str = ""
    begins: bool = False
    sampled: str = ""


@dataclass(frozen=True)
class Arrived:
    """What came of the counted stays of one hospital, in one table.

    `months`: rows by year * 12 + month. Stays: `covered`, with any row; `timed`, of which the first
    has a time of day; `before`, of which it lies long before the admission; `prompt`, of which it
    lies soon after it, or earlier; `at_once`, `between`, `late`: of which it lies at the admission,
    in BETWEEN_HOURS, or in LATE_HOURS after it.
    """

    months: dict[int, int] = field(default_factory=dict)
    covered: int = 0
    timed: int = 0
    before: int = 0
    prompt: int = 0
    at_once: int = 0
    between: int = 0
    late: int = 0


@dataclass(frozen=True)
class Numbers:
    """What was counted in one hospital.

    `checks`: by id; `rows`, and `kept`, those no check rejects; `present`: values by column.
    """

    checks: dict[str, Counted]
    rows: int
    kept: int
    present: dict[str, int]
    arrived: Arrived = field(default_factory=Arrived)


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
    touched = either([rejected, *emptied]) if any(emptied) else rejected
    table = _measured(db, relation, asked, touched, hospitals)
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
        of[name] = Numbers(told, row[rows], row[kept], values, arrived.get(name, Arrived()))
    return Found(predicates, of)


def came_of(table: str) -> str:
    """The rows of the counted stays of a table of events by month: one row per stay and month."""
    return f"gate.came_{table}"


def _arrived(db: Database, relation: Relation) -> dict[str, Arrived]:
    """Hospital -> what came of its counted stays; empty for a table without events.

    A statement of its own: beside a histogram DuckDB computes the other counts of a table twice.
    """
    if not relation.counted:
        return {}
    time = relation.event_time
    came = came_of(relation.name.partition(".")[2])
    db.table(
        came,
        f"SELECT hospital_id, admission_id, year({time}) * 12 + month({time}) AS month, "
        f"count(*) AS n FROM {relation.counted} GROUP BY ALL",
    )
    rows = db.rows(
        "SELECT hospital_id, month, sum(n), count(DISTINCT admission_id), grouping(month) "
        f"FROM {came} GROUP BY GROUPING SETS ((hospital_id, month), (hospital_id)) ORDER BY ALL"
    )
    begun = _begun(db, relation) if relation.begins else {}
    months: dict[str, dict[int, int]] = {}
    for hospital, month, n, _, is_total in rows:
        if not is_total and month is not None:
            months.setdefault(hospital, {})[int(month)] = int(n)
    return {
        hospital: Arrived(months.get(hospital, {}), int(n_stays), *begun.get(hospital, ()))
        for hospital, _, _, n_stays, is_total in rows
        if is_total
    }


def _begun(db: Database, relation: Relation) -> dict[str, tuple[int, ...]]:
    """Hospital -> counted stays whose first row has a time of day: all, early, prompt ones, ...

    ... those of which it is at the admission, some hours later, and later than that (`Arrived`).
    """
    after = "first_at < admitted_at"
    until = [f"{after} + INTERVAL {hour} HOUR" for hour in (BETWEEN_HOURS[0], *LATE_HOURS)]
    wanted = (
        f"{after} - INTERVAL {BEFORE_HOURS} HOUR",
        f"{after} + INTERVAL {PROMPT_HOURS} HOUR",
        f"{until[0]} AND NOT {after} - INTERVAL 1 HOUR",
        f"{until[1]} AND NOT {until[0]}",
        f"{until[2]} AND NOT {until[1]}",
    )
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in wanted)
    rows = db.rows(
        f"SELECT hospital_id, count(*), {counts} FROM ("
        f"SELECT hospital_id, min({relation.event_time}) AS first_at, "
        f"any_value(stay_admitted_at) AS admitted_at FROM {relation.counted} "
        "GROUP BY hospital_id, admission_id) "
        "WHERE epoch_us(first_at) % 86400000000 <> 0 GROUP BY hospital_id"
    )
    return {hospital: tuple(map(int, numbers)) for hospital, *numbers in rows}


def _measured(
    db: Database, relation: Relation, asked: Asked, touched: str, hospitals: Sequence[str]
) -> str:
    """Count all that is asked; the table with a row per hospital that has rows."""
    shown = asked.shown(sampled=False)
    apart = asked.shown(sampled=True)
    if not relation.sampled or not apart:
        shown, apart = shown + apart, []
    if len(hospitals) > 1:
        head, group = "hospital_id", " GROUP BY hospital_id"
    else:
        head, group = f"{literal(hospitals[0])} AS hospital_id", ""
    if relation.suspects:
        bits = f"bitstring_agg(CASE WHEN {touched} THEN {HASH} END, 0, {HASHES - 1})"
        shown.append(f"{bits} AS suspects")
    text = f"SELECT {', '.join([head, *shown])} FROM {relation.name}{group}"
    if apart:
        few = f"SELECT {', '.join(apart)} FROM {relation.name} WHERE {relation.sampled}"
        text = f"SELECT * FROM ({text}) CROSS JOIN ({few})"
    try:
        db.table(_MEASURED, text)
    except Exception as error:
        raise user_error(error) or unmeasurable(relation.name) from error
    if relation.suspects:
        db.table(relation.suspects, f"SELECT suspects FROM {_MEASURED}")
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
