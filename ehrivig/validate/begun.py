"""Whether the rows of stays begin when the stays do: a time that is shifted in all of a hospital.

Every hospital has stays whose rows begin within hours of the admission, and few whose rows begin
long before it. Where nearly all stays have rows of several tables hours before the admission, or no
table has any soon after it, the admission is what is wrong; where one table alone has none soon
after it while others have, that table is. Counted of about 2,000 stays of a hospital.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from ehrivig.validate.network import Network
from ehrivig.validate.result import HospitalResult

LEAST_STAYS = 50
"""Fewer stays with rows at a time of day say nothing of their hospital."""
_NEARLY_ALL, _NEARLY_NONE, _ALMOST_NO = 0.8, 0.1, 0.01
_LEAST_TABLES = 2
Counts = Iterable[tuple[str, int, int]]


@dataclass(frozen=True)
class Begun:
    """Stays of a table: with rows at a time of day, hours before admission, soon after it."""

    timed: int
    before: int
    prompt: int


def of_tables(frame: pl.DataFrame) -> dict[str, dict[str, Begun]]:
    """Hospital -> table -> when its rows begin, of tables that say something."""
    found: dict[str, dict[str, Begun]] = {}
    columns = ("hospital_id", "table", "n_timed", "n_before", "n_prompt")
    for hospital, table, timed, before, prompt in frame.select(columns).iter_rows():
        if timed >= LEAST_STAYS:
            found.setdefault(hospital, {})[table] = Begun(timed, before, prompt)
    return found


def admission_shifted(network: Network) -> Counts:
    """Stays whose rows do not begin with them, where that is nearly every stay of a hospital."""
    gone = {one.hospital_id for one in network.results if _without_stays(one)}
    for hospital, tables in sorted(of_tables(network.table("quality/covered")).items()):
        if len(tables) >= _LEAST_TABLES and hospital not in gone:
            yield hospital, *_of_hospital(tables)


def _without_stays(result: HospitalResult) -> bool:
    """Whether every stay was set aside: nothing then says when they began."""
    read = result.rows_read.get("admission", 0)
    return 0 < read <= result.rows_quarantined.get("admission", 0)


def _of_hospital(tables: Mapping[str, Begun]) -> tuple[int, int]:
    early = [b for b in tables.values() if b.before > _NEARLY_ALL * b.timed]
    late = all(b.prompt < _NEARLY_NONE * b.timed for b in tables.values())
    of = max(b.timed for b in tables.values())
    if len(early) >= _LEAST_TABLES:
        return max(b.before for b in early), of
    return (of if late else 0), of


def table_begins_late(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays without a row of it soon after admission, where all are so."""

    def measure(network: Network) -> Counts:
        for hospital, tables in sorted(of_tables(network.table("quality/covered")).items()):
            if table in tables:
                one = tables[table]
                others = any(b.prompt >= _NEARLY_NONE * b.timed for b in tables.values())
                late = others and one.prompt <= _ALMOST_NO * one.timed
                yield hospital, one.timed - one.prompt if late else 0, one.timed

    return measure
