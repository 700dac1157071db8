"""The source row of each covariate and outcome of one admission: table, moment, value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ehrivig.results.why.evidence import coded, given, line
from ehrivig.results.why.section import Section
from ehrivig.results.why.source import EVENTS, Source
from ehrivig.study import Covariate, Outcome
from ehrivig.study.covariate_window import Window, window_of
from ehrivig.study.registries import COVARIATES, OUTCOMES
from ehrivig.study.rules.reached import CHANGE_DAYS

_CODE = {"lab": "analyte", "vital": "vital_code", "score": "score_code", "finding": "finding_code"}
_NUMBER = {"lab": "value_std", "vital": "value_std", "score": "value"}
_EVENT_OF = {
    "device": ("respiratory_support", "device"),
    "procedure": ("procedure", "procedure_code"),
}
_AFTER = {
    "finding": ("finding", "present DESC NULLS LAST, observed_at"),
    "lab_change": ("lab", "(value_std IS NULL), collected_at DESC, value_std"),
    "lab_reached": ("lab", "collected_at, value_std"),
}
"""Outcomes of what was measured or seen after time zero: their table, and what counts in front."""
_SHOWN = 3


def origins(source: Source) -> list[Section]:
    """Where each covariate and outcome of a candidate comes from; nothing of anybody else."""
    if not source.candidate:
        return []
    zero = source.db.rows("SELECT time_zero FROM candidate")[0][0]
    covariates = [
        (one.name, _joined(_covariate(source, one, zero)))
        for one in source.study.covariates.variables
    ]
    outcomes = [
        (one.name, _joined(_outcome(source, one, zero))) for one in source.study.outcomes.variables
    ]
    return [
        Section("Sources of covariates", covariates),
        Section("Sources of outcomes", outcomes),
    ]


def _joined(said: Iterator[str]) -> str:
    every = list(said)
    more = [f"{len(every) - _SHOWN} more"] if len(every) > _SHOWN else []
    return "; ".join([*every[:_SHOWN], *more]) or "no row"


def _covariate(source: Source, one: Covariate, zero: Any) -> Iterator[str]:
    code = one.code or one.name
    if column := COVARIATES[one.source].column:
        yield f"admission: {column}"
    elif one.source == "condition":
        yield from _rows("diagnosis", coded(source, code))
    elif one.source == "any_of":
        yield f"any of {', '.join(one.any_of)}"
    elif one.source == "medication":
        yield from _rows("medication", given(source, code))
    elif one.source in _CODE:
        rows = _in_window(source, one.source, code, zero, window_of(one, source.study))
        if not rows and one.source == "score":
            yield "no recorded score in its window: computed, where enough was measured"
        yield from _rows(one.source, rows)
    else:
        yield "the hospital's own row"


def _in_window(
    source: Source, table: str, code: str, zero: Any, window: Window
) -> list[dict[str, Any]]:
    """The rows that a covariate is taken from: the one that counts in front."""
    start, end = window
    when, number = EVENTS[table], _NUMBER.get(table)
    bounds = {
        "code": code,
        "start": zero + timedelta(hours=start),
        "end": zero + timedelta(hours=end if end is not None else 24 * 36_525),
    }
    known = number or "present"
    query = (
        f"SELECT * FROM {table} WHERE {_CODE[table]} = $code AND {known} IS NOT NULL "
        f"AND {when} >= $start AND {when} < $end ORDER BY {_order(source, table, when, zero)}"
    )
    rows = source.rows(query, bounds)
    return rows[:1] if number else rows


def _order(source: Source, table: str, when: str, zero: Any) -> str:
    """The row that counts first: as the concept's query chooses it."""
    number = _NUMBER.get(table)
    if number is None:
        return f"present DESC, {when}"
    lowest = "DESC" if table == "score" else "ASC"
    if source.study.covariates.value == "last":
        before = f"{when} <= TIMESTAMP '{zero.isoformat(sep=' ')}'"
        signed = f"CASE WHEN {before} THEN -epoch_us({when}) ELSE epoch_us({when}) END"
        return f"{before} DESC, {signed}, {number} {lowest}"
    return f"{when}, {number} {lowest}"


def _outcome(source: Source, one: Outcome, zero: Any) -> Iterator[str]:
    code = one.code or one.name
    if one.source == "condition":
        yield from _rows("diagnosis", coded(source, code))
    elif one.source in _AFTER:
        yield from _after(source, one, code, zero)
    elif one.source in _EVENT_OF:
        table, column = _EVENT_OF[one.source]
        when = EVENTS[table]
        query = f"SELECT * FROM {table} WHERE {column} = $code ORDER BY {when}"
        yield from _rows(table, source.rows(query, {"code": code}))
    elif one.source == "medication":
        yield from _rows("medication", given(source, code))
    elif one.source in ("death", "in_hospital_death"):
        ends = "a.discharge_status, a.discharged_at, p.death_at"
        query = f"SELECT {ends} FROM admission AS a LEFT JOIN patient AS p USING (patient_id)"
        yield from _rows("admission, patient", source.rows(query))
    elif one.source == "length_of_stay":
        stays = source.rows("SELECT admitted_at, discharged_at FROM admission")
        yield from _rows("admission", stays)
    elif one.source == "icu_length_of_stay":
        yield from _rows("icu_stay", source.rows("SELECT * FROM icu_stay ORDER BY started_at"))
    elif one.source == "clearance":
        query = "SELECT * FROM pathogen_test WHERE organism_code = $code ORDER BY collected_at"
        yield from _rows("pathogen_test", source.rows(query, {"code": code}))
    else:
        yield f"computed: {OUTCOMES[one.source].caption}, {code}"


def _after(source: Source, one: Outcome, code: str, zero: Any) -> Iterator[str]:
    """The baseline where the outcome asks for it, and what was measured or seen after time zero."""
    table, order = _AFTER[one.source]
    window = source.study.covariates.window_hours
    if one.of_baseline:
        first = _in_window(source, table, code, zero, window)
        yield from (f"baseline {said}" for said in _rows(table, first))
    changes, days = one.source == "lab_change", one.within_days
    days = CHANGE_DAYS if changes and days is None else days
    bounds = {
        "code": code,
        "zero": zero,
        "start": zero + timedelta(hours=window[1]) if changes else zero,
        "end": None if days is None else zero + timedelta(days=days),
    }
    when = EVENTS[table]
    query = (
        f"SELECT t.* FROM {table} AS t, admission AS a WHERE t.{_CODE[table]} = $code "
        f"AND t.{when} > $zero AND t.{when} >= $start AND COALESCE(t.{when} <= "
        f"COALESCE($end, END_OF_STAY(a.discharged_at)), TRUE) ORDER BY {order}"
    )
    yield from _rows(table, source.rows(query, bounds))


def _rows(table: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{table}: {line(row)}"
