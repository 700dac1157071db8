"""Hospitals whose stays lack an item that nearly all stays of the others have, or have one value.

A sign that every hospital takes of everybody is taken here as well: where many stays have none, its
rows are missing. Signs and results are of many values: where those of many stays never change, and
are the same for all of them, a value stands for one that nobody knows; where an item is nearly
always one value and is not at the other hospitals (scores, devices), likewise.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from ehrivig.validate import charted
from ehrivig.validate.network import Network

FEWEST = 40
"""Stays of a hospital that a share needs."""
LEAST = 10
"""Stays with one value that are more than chance."""
_OTHERS = 2
_MOST_OF_THEM = 0.75
"""The proportion of the other hospitals that must agree on what is usual."""
_EVERYBODY, _MANY_LACK = 0.9, 0.7
_NEARLY_ALL_ONE, _NOT_ONE = 0.95, 0.8
_UNCHANGED, _AS_BEFORE = 0.2, 0.05
_COLUMNS = {"item": pl.String, "what": pl.String, "value": pl.String, "n": pl.Int64}
_OF_FEW_VALUES = ("gcs", "fio2", "avpu")
"""Signs that are one value for many."""
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

    @property
    def share_of_one(self) -> float:
        """The proportion of those with the item that have nothing but its most frequent value."""
        return max(self.one.values(), default=0) / self.having if self.having else 0.0


Items = dict[str, dict[str, Item]]
"""Item -> hospital -> what is charted of it; hospitals with few stays are not there."""


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
    own, others = of[hospital], [one for name, one in of.items() if name != hospital]
    usual = [one.share for one in others if one.share >= _EVERYBODY]
    agreed = len(others) >= _OTHERS and len(usual) >= _MOST_OF_THEM * len(others)
    if not agreed or not own.having or own.share >= _MANY_LACK * statistics.median(usual):
        return 0
    return own.stays - own.having


def unchanging(own: Item, *, inside: bool = False) -> int:
    """Stays of a hospital in which every of several readings is one value, the same for all.

    `inside`: only a value between others counts: at the ends lies what is beyond the limits of an
    assay; of nothing but one value it counts as well.
    """
    ends = _ends(own) if inside else set()
    most = max((n for value, n in own.unchanged.items() if value not in ends), default=0)
    return most if most >= LEAST and most >= _UNCHANGED * own.repeated else 0


def _ends(own: Item) -> set[str]:
    """The least and the greatest value, where they are two."""
    return own.ends if len(own.ends) > 1 else set()


def of_one_value(of: dict[str, Item], hospital: str) -> int:
    """Stays with nothing but one value of an item that has several at the other hospitals."""
    own = of[hospital]
    others = [one for name, one in of.items() if name != hospital and one.having >= FEWEST]
    several = [one for one in others if one.share_of_one <= _NOT_ONE]
    agreed = len(others) >= _OTHERS and len(several) >= _MOST_OF_THEM * len(others)
    if not agreed or own.having < FEWEST or own.share_of_one < _NEARLY_ALL_ONE:
        return 0
    return max(own.one.values())


def for_all(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays that lack the item which most stays lack wrongly.

    What was as rare on the last night that the gate let through is as it should be.
    """

    def measure(network: Network) -> Counts:
        before = items(network.table_before(charted.NAME, _COLUMNS), table)

        def found(name: str, of: dict[str, Item], hospital: str) -> int:
            then = before.get(name, {}).get(hospital)
            same = then is not None and of[hospital].share >= then.share - _AS_BEFORE
            return 0 if same else lacking(of, hospital)

        return _worst(network, table, found)

    return measure


def of_many_values(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays with one value of the item of which most have one."""
    return lambda network: _worst(
        network, table, lambda name, of, hospital: _one(table, name, of, hospital)
    )


def _one(table: str, name: str, of: dict[str, Item], hospital: str) -> int:
    measured = table in ("lab", "vital") and name not in _OF_FEW_VALUES
    same = unchanging(of[hospital], inside=table == "lab") if measured else 0
    return max(same, of_one_value(of, hospital))


Found = Callable[[str, dict[str, Item], str], int]


def _each(network: Network, table: str, found: Found) -> Iterator[tuple[str, str, int, int]]:
    """Hospital, item, violated, stays, of every hospital and item."""
    for name, of in items(network.table(charted.NAME), table).items():
        if name != charted.VENTILATION:
            for hospital, item in of.items():
                yield hospital, name, found(name, of, hospital), item.stays


def _worst(network: Network, table: str, found: Found) -> Counts:
    """Hospital, violated and stays, of the item of which most are."""
    worst: dict[str, tuple[int, int]] = {}
    for hospital, _, n, of in _each(network, table, found):
        worst[hospital] = max(worst.get(hospital, (0, of)), (n, of))
    for hospital, (n, of) in sorted(worst.items()):
        yield hospital, n, of


def told(table: str) -> Callable[[Network], str]:
    """Which items, in words."""

    def found(name: str, of: dict[str, Item], hospital: str) -> int:
        return max(lacking(of, hospital), _one(table, name, of, hospital))

    def tell(network: Network) -> str:
        named = [(h, name) for h, name, n, _ in _each(network, table, found) if n]
        return " ".join(f"Hospital {h}: {name}." for h, name in sorted(named)[:5])

    return tell
