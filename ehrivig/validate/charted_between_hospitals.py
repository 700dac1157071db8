"""Hospitals whose stays lack an item that nearly all stays of the others have.

A sign that every hospital takes of everybody is taken here as well: where many stays have none, its
rows are missing. What no stay has may not be taken here, but for most of it at once: then its codes
are not known.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from ehrivig.validate import charted
from ehrivig.validate.network import Network

FEWEST = 40
"""Stays of a hospital that a share needs."""
OTHERS = 2
"""Hospitals beside it that tell what is usual."""
MOST_OF_THEM = 0.75
"""The proportion of the other hospitals that must agree on what is usual."""
_EVERYBODY, _MANY_LACK = 0.9, 0.7
_AS_BEFORE = 0.05
_SEVERAL = 3
"""Items that nearly all stays of the others have, of which the half and more is no habit."""
_COLUMNS = {"item": pl.String, "what": pl.String, "value": pl.String, "n": pl.Int64}
Counts = Iterator[tuple[str, int, int]]


@dataclass
class Item:
    """One item of one hospital, in stays: `stays` of it, `having` the item, `repeated` readings.

    `one`, `unchanged`: value -> stays of which all readings are it; the latter of several readings.
    `ends`: the least and the greatest value.
    """

    stays: int
    having: int = 0
    repeated: int = 0
    one: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    ends: set[str] = field(default_factory=set)

    @property
    def share(self) -> float:
        """The proportion of the stays that have the item."""
        return self.having / self.stays

    @cached_property
    def share_of_one(self) -> float:
        """The proportion of those with the item that have nothing but its most frequent value."""
        return max(self.one.values(), default=0) / self.having if self.having else 0.0


Items = dict[str, dict[str, Item]]
"""Item -> hospital -> what is charted of it; hospitals with few stays are not there."""
Found = Callable[[str, dict[str, Item], str], int]
"""What is wrong of an item (its name, the hospitals that have it) in one hospital, in stays."""


def items(frame: pl.DataFrame, table: str) -> Items:
    """The items of a table. `frame`: hospital_id, table, item, what, value, n."""
    stays = {h: n for h, n in _rows(frame, "stays", "hospital_id", "n") if n >= FEWEST}
    names = frame.filter(pl.col("table") == table)["item"].unique().sort().to_list()
    found = {name: {h: Item(n) for h, n in sorted(stays.items())} for name in names}
    rows = frame.filter(pl.col("table") == table).select(
        "item", "hospital_id", "what", "value", "n"
    )
    for name, hospital, what, value, n in rows.iter_rows():
        if (item := found[name].get(hospital)) is None:
            continue
        if what == "with":
            item.having = n
        elif what == "repeated":
            item.repeated = n
        elif what in ("least", "greatest"):
            item.ends.add(value)
        else:
            (item.one if what == "one" else item.unchanged)[value] = n
    return found


def _rows(frame: pl.DataFrame, what: str, *columns: str) -> list[tuple[str, int]]:
    return frame.filter(pl.col("what") == what).select(columns).rows()


def lacking(of: dict[str, Item], hospital: str) -> int:
    """Stays of a hospital that lack an item which nearly all stays of the others have."""
    own, usual = of[hospital], _usual(of, hospital)
    if not usual or not own.having or own.share >= _MANY_LACK * usual:
        return 0
    return own.stays - own.having


def _usual(of: dict[str, Item], hospital: str) -> float:
    """The proportion of the stays of the others that have an item, where nearly all do; else 0."""
    others = [one for name, one in of.items() if name != hospital]
    usual = [one.share for one in others if one.share >= _EVERYBODY]
    agreed = len(others) >= OTHERS and len(usual) >= MOST_OF_THEM * len(others)
    return statistics.median(usual) if agreed else 0.0


def nameless(found: Items, hospitals: Collection[str]) -> set[str]:
    """Of some hospitals with rows those of which no stay has most of what is usual elsewhere."""
    gone = set()
    for name in hospitals:
        of_it = [of for of in found.values() if name in of and _usual(of, name)]
        none = sum(not of[name].having for of in of_it)
        if none >= _SEVERAL and 2 * none >= len(of_it):
            gone.add(name)
    return gone


def _lacking(network: Network, table: str) -> Found:
    """Stays that lack an item, of every hospital with rows of the table."""
    sent = [one.hospital_id for one in network.results if one.rows_read.get(table)]
    gone = nameless(items(network.charted, table), sent)

    def found(_: str, of: dict[str, Item], hospital: str) -> int:
        whole = hospital in gone and not of[hospital].having and _usual(of, hospital)
        return of[hospital].stays if whole else lacking(of, hospital)

    return found


def told_lacking(table: str) -> Callable[[Network], str]:
    """Which items stays lack, in words."""
    return lambda network: told(table, _lacking(network, table))(network)


def for_all(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays that lack the item which most stays lack wrongly.

    What was as rare on the last night that the gate let through is as it should be.
    """

    def measure(network: Network) -> Counts:
        before = items(network.table_before(charted.NAME, _COLUMNS), table)
        of_now = _lacking(network, table)

        def found(name: str, of: dict[str, Item], hospital: str) -> int:
            then = before.get(name, {}).get(hospital)
            same = then is not None and of[hospital].share >= then.share - _AS_BEFORE
            return 0 if same else of_now(name, of, hospital)

        return worst(network, table, found)

    return measure


def each(network: Network, table: str, found: Found) -> Iterator[tuple[str, str, int, int]]:
    """Hospital, item, violated, stays, of every hospital and item."""
    for name, of in items(network.charted, table).items():
        if name != charted.VENTILATION:
            for hospital, item in of.items():
                yield hospital, name, found(name, of, hospital), item.stays


def worst(network: Network, table: str, found: Found) -> Counts:
    """Hospital, violated and stays, of the item of which most are."""
    most: dict[str, tuple[int, int]] = {}
    for hospital, _, n, of in each(network, table, found):
        most[hospital] = max(most.get(hospital, (0, of)), (n, of))
    for hospital, (n, of) in sorted(most.items()):
        yield hospital, n, of


def told(table: str, found: Found) -> Callable[[Network], str]:
    """Which items of a table, in words."""

    def tell(network: Network) -> str:
        named = [(h, name) for h, name, n, _ in each(network, table, found) if n]
        return " ".join(f"Hospital {h}: {name}." for h, name in sorted(named)[:5])

    return tell
