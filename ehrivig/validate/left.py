"""What is left of a hospital behind the gate: of its rows, its doses of the exposure, its arms.

A check judges what it looks for; these judge what all checks together leave. Rows whose loss loses
nothing (`harmless` in the suites: copies, doses that were not given, returns) do not count, nor do
rows of an admission or a patient that is set aside (`inherited`): these count where they are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from ehrivig.contract import EVENT_TABLES, TABLES
from ehrivig.disclosure import small
from ehrivig.validate.asked import by_covariates, by_criteria, by_outcomes
from ehrivig.validate.network import Network
from ehrivig.validate.result import HospitalResult
from ehrivig.validate.suite import by_check

LIMIT = 0.1
"""More than this lost, and a hospital fails (assumed; `thresholds` of the study file change it)."""
_USUAL, _MANY = 0.1, 100
"""Where a tenth of all administrations are doses of the exposure, a hundred without one are odd."""
_CHANCE = 0.01
"""A hospital lacks a table where it is less probable that none of its stays had a row."""
FEW = 5
"""Fewer lost rows or people than this are single entries, unless no patient or stay is left."""
CHECKED = tuple(table.name for table in TABLES if table.name != "hospital")
"""The tables of which something must be left."""
EVENTS = tuple(table.name for table in EVENT_TABLES)
OPTIONAL = ("hospital", *EVENTS)
"""The tables that a hospital may lack."""
Counts = Iterable[tuple[str, int, int]]


def lost(result: HospitalResult, table: str) -> tuple[int, int]:
    """Rows of a table of a hospital that were lost, and those that there were to lose."""
    known = by_check()
    elsewhere = sum(
        one.violated
        for one in result.measurements
        if one.table == table
        and one.check in known
        and (known[one.check].harmless or known[one.check].inherited)
    )
    read = result.rows_read.get(table, 0)
    gone = result.rows_quarantined.get(table, 0)
    aside = min(elsewhere, gone)
    return gone - aside, read - aside


@dataclass(frozen=True)
class ShareKept:
    """What is left of a table of a hospital: rows lost, of those whose loss would be one."""

    hospital_id: str
    table: str
    n_lost: int
    of: int

    @property
    def share(self) -> float:
        """The share kept, in [0, 1]."""
        return 1 - self.n_lost / self.of

    def tells(self, smallest: int) -> bool:
        """Whether the share would tell how many of a few rows were lost, or kept."""
        return small(self.n_lost, smallest) or small(self.of - self.n_lost, smallest)


def shares_kept(results: Iterable[HospitalResult]) -> list[ShareKept]:
    """What is left of each table with rows of each hospital, in their order."""
    found = []
    for result in results:
        for table in CHECKED:
            n_lost, of = lost(result, table)
            if of:
                found.append(ShareKept(result.hospital_id, table, n_lost, of))
    return found


def smallest_kept(results: Iterable[HospitalResult], smallest: int) -> ShareKept | None:
    """The hospital and table of which least is left; None where nothing was read.

    One whose share would tell a count below `smallest` is passed over.
    """
    every = [one for one in shares_kept(results) if not one.tells(smallest)]
    return min(every, key=lambda one: one.share) if every else None


def counted(n_lost: int) -> int:
    """The lost, or 0 where they are few."""
    return n_lost if n_lost >= FEW else 0


def rows_left(table: str) -> Callable[[Network], Counts]:
    """The check of one table: rows lost, of those that there were, per hospital with rows."""

    def measure(network: Network) -> Counts:
        for result in network.results:
            n_lost, of = lost(result, table)
            if of:
                every = table in ("patient", "admission") and n_lost == of
                yield result.hospital_id, n_lost if every else counted(n_lost), of

    return measure


def table_sent(table: str) -> Callable[[Network], Counts]:
    """The check of one table: 1 of 1 where a hospital sends no row and most others do.

    Of tables that no criterion of the study reads; and of those that criteria, covariates or
    outcomes read where no hospital sends a row.
    """

    def measure(network: Network) -> Counts:
        criteria = by_criteria(network.study)
        if all(table not in sent for sent in _sent(network).values()):
            asked = criteria | by_covariates(network.study) | by_outcomes(network.study)
            return [(name, int(table in asked), 1) for name in _sent(network)]
        return [] if table in criteria else _without(network, table)  # told, be it by chance

    return measure


def criteria_sent(table: str) -> Callable[[Network], Counts]:
    """The same of tables by which the criteria of the study choose who is studied."""

    def measure(network: Network) -> Counts:
        if table not in by_criteria(network.study):
            return []
        return _without(network, table, beyond_chance=True)

    return measure


def _sent(network: Network) -> dict[str, set[str]]:
    """Hospital -> the tables of which it sends rows."""
    return {one.hospital_id: {t for t, n in one.rows_read.items() if n} for one in network.results}


def _without(network: Network, table: str, *, beyond_chance: bool = False) -> Counts:
    """1 of 1 of a hospital that sends no row of a table though at least half of all do, else 0.

    A hospital without any stay lacks nothing; nor, `beyond_chance`, does one of so few stays that
    none of them may have had a row, by the share of stays with some at the others.
    """
    sent = _sent(network).items()
    without = {name for name, tables in sent if "admission" in tables and table not in tables}
    usual = 2 * len(without) <= len(network.results)
    lacks = {
        name
        for name in without
        if usual and not (beyond_chance and _by_chance(network, name, table))
    }
    if len(network.results) > 1:
        for one in network.results:
            yield one.hospital_id, int(one.hospital_id in lacks), 1


def _by_chance(network: Network, hospital: str, table: str) -> bool:
    """Whether none of the stays of a hospital may have a row, where so many have at the others."""
    stays, covered = network.stays[0], network.covered[0]
    others = [name for name in stays if name != hospital]
    of = sum(stays[name] for name in others)
    some = min(sum(covered.get((name, table), 0) for name in others), of)
    return bool(of) and (1 - some / of) ** stays.get(hospital, 0) > _CHANCE


def exposure_left(network: Network) -> Counts:
    """Doses of the exposure that nobody can read, of all that were given or may have been."""
    unread = dict(network.table("quality/unread_exposure").select("hospital_id", "n").iter_rows())
    doses = network.table("quality/dose_unit").group_by("hospital_id").agg(pl.col("n").sum())
    kept = dict(doses.iter_rows())
    for result in network.results:
        n_lost = int(unread.get(result.hospital_id, 0))
        of = n_lost + int(kept.get(result.hospital_id, 0))
        if of:
            yield result.hospital_id, counted(n_lost), of


def exposure_sent(network: Network) -> Counts:
    """Administrations of a hospital without a dose of the exposure, which is usual elsewhere.

    Doses that were set aside, or cannot be read, are some.
    """
    unread = dict(network.table("quality/unread_exposure").select("hospital_id", "n").iter_rows())
    doses = network.table("quality/dose_unit").group_by("hospital_id").agg(pl.col("n").sum())
    given = dict(doses.iter_rows())
    rows = {one.hospital_id: one.rows_read.get("medication", 0) for one in network.results}
    for name, n in rows.items():
        elsewhere = sum(of for other, of in rows.items() if other != name)
        doses_there = sum(int(of) for other, of in given.items() if other != name)
        usual = elsewhere and doses_there >= _USUAL * elsewhere
        if n >= _MANY:
            none = not given.get(name) and not unread.get(name)
            yield name, n if usual and none else 0, n


def people_left(network: Network) -> Counts:
    """People of the cohort of whom nobody knows whether they were exposed, per hospital."""
    for hospital, unknown, known in network.people.exposure_known:
        yield hospital, unknown, unknown + known
