"""Whether the rows of stays begin when the stays do: a time that is shifted in all of a hospital.

Every hospital has stays whose rows begin within hours of the admission, and few whose rows begin
long before it. Where nearly all stays have rows of several tables hours before the admission, or no
table has any soon after it, the admission is what is wrong; where one table alone has none soon
after it while others have, that table is. Where the rows of some stays begin with them, those of
others many hours later, and next to none between, one of two clocks is wrong. Counted of about
2,000 stays of a hospital.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ehrivig.validate.network import Network
from ehrivig.validate.result import HospitalResult

LEAST_STAYS = 50
"""Fewer stays with rows at a time of day say nothing of their hospital."""
_NEARLY_ALL, _NEARLY_NONE, _ALMOST_NO = 0.8, 0.1, 0.01
_LEAST_TABLES = 2
_A_PART, _GAP, _MANY = 0.2, 0.1, 0.5
Counts = Iterable[tuple[str, int, int]]


@dataclass(frozen=True)
class Begun:
    """Stays of a table by their first row at a time of day.

    All; hours before the admission, soon after it; at it, two to five hours later, later than that.
    """

    timed: int
    before: int
    prompt: int
    at_once: int
    between: int
    late: int

    @property
    def twice(self) -> int:
        """Stays of the smaller of two groups that begin hours apart; 0 where there is one group."""
        fewer = min(self.at_once, self.late)
        return fewer if fewer >= _A_PART * self.timed and self.between < _GAP * fewer else 0


def of_tables(frame: pl.DataFrame) -> dict[str, dict[str, Begun]]:
    """Hospital -> table -> when its rows begin, of tables that say something."""
    found: dict[str, dict[str, Begun]] = {}
    columns = ("timed", "before", "prompt", "at_once", "between", "late")
    counts = frame.select("hospital_id", "table", *(f"n_{name}" for name in columns))
    for hospital, table, *numbers in counts.iter_rows():
        begun = Begun(*numbers)
        if begun.timed >= LEAST_STAYS:
            found.setdefault(hospital, {})[table] = begun
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


def table_begins_away(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays without a row of it soon after admission, where all are so.

    Or with one hours before it, where most have, and few stays of any other table.
    """

    def measure(network: Network) -> Counts:
        for hospital, tables in sorted(of_tables(network.table("quality/covered")).items()):
            if table in tables:
                others = [b for name, b in tables.items() if name != table]
                yield hospital, _away(tables[table], others), tables[table].timed

    return measure


def _away(one: Begun, others: Sequence[Begun]) -> int:
    """Stays of a table that begins late, or early, by itself."""
    timely = [b for b in (one, *others) if b.prompt >= _NEARLY_NONE * b.timed]
    if timely and one.prompt <= _ALMOST_NO * one.timed:
        return one.timed - one.prompt
    early = one.before > _MANY * one.timed
    alone = others and all(b.before < _A_PART * b.timed for b in others)
    return one.before if early and alone else 0


def table_begins_twice(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays whose rows begin hours after those of the others."""

    def measure(network: Network) -> Counts:
        for hospital, tables in sorted(of_tables(network.table("quality/covered")).items()):
            if table in tables:
                yield hospital, tables[table].twice, tables[table].timed

    return measure
