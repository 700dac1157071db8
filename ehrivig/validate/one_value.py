"""Hospitals of which many stays have one value of what has several: it stands for one not known.

Signs and results are of many values: where those of many stays never change, and are the same for
all of them, a value stands for one that nobody knows. So it does where a body or the length of a
stay is the same for many patients, and where an item is nearly always one value and is not at the
other hospitals (scores, devices, answers of yes and no).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ehrivig.validate import charted
from ehrivig.validate.chance import at_most, high, low
from ehrivig.validate.charted_between_hospitals import (
    FEWEST,
    MOST_OF_THEM,
    OTHERS,
    Counts,
    Item,
    told,
    worst,
)
from ehrivig.validate.measurement import ALL
from ehrivig.validate.network import Network

LEAST = 10
"""Stays with one value that are more than chance."""
_NEARLY_ALL_ONE, _NOT_ONE = 0.95, 0.8
_UNCHANGED = 0.2
_OF_FEW_VALUES = ("gcs", "fio2", "avpu")
"""Signs that are one value for many."""
_OF_A_BODY = ("weight_kg", "height_cm", "length of stay")
"""Items of one value for each stay that hardly two patients share."""
_OF_ALL = (*_OF_A_BODY, "age_years")
"""The same that no half of all patients of a network shares."""
_SPIKE, _TIMES = 20, 4
"""Patients of a spike; how many times as frequent it is as the next value."""
_MORE, _MORE_BY_CHANCE = 0.25, 1e-4
_BY_CHANCE, _PERHAPS_BY_CHANCE = 1e-6, 1e-3
_ONLY: dict[str, dict[str, tuple[str, ...]]] = {
    "admission": {"current_smoker": ("false", "true")},
    "diagnosis": {"present_on_admission": ("false", "true")},
    "finding": {"present": ("false",)},
    "vital": {"gcs": ("15.0", "3.0")},
    "respiratory_support": {"device": (), "fio2": ()},
    "score": {"sofa": (), "apache_ii": ()},
    "pathogen_test": {"result": ()},
}
"""Table -> its items -> the values that are never the only one of a hospital (empty: none is). A
list of findings may hold none but those that are present."""
_WORDED = ("admission", "diagnosis", "finding", "pathogen_test")
"""Tables whose usual words do not follow from how ill the patients of a hospital are."""
_USUAL_HERE, _RARE_ELSEWHERE, _USUAL = 0.6, 0.1, 0.5


def of_many_values(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays with one value of the item of which most have one."""
    return lambda network: worst(
        network, table, lambda name, of, hospital: one_value(table, name, of, hospital)
    )


def bodies_of_all(network: Network) -> Counts:
    """Patients of all hospitals, also of small ones, with one weight, height, age or length."""
    frame = network.charted.filter((pl.col("table") == "admission") & pl.col("item").is_in(_OF_ALL))
    if frame["hospital_id"].n_unique() > 1:
        counts = [_most_of_all(frame.filter(pl.col("item") == name)) for name in _OF_ALL]
        yield ALL, *max(counts)


def _most_of_all(frame: pl.DataFrame) -> tuple[int, int]:
    """Patients with the most frequent value, where half have it, else 0; all with some."""
    having = int(frame.filter(pl.col("what") == "with")["n"].sum())
    ones = frame.filter(pl.col("what") == "one").group_by("value").agg(pl.col("n").sum())
    most = int(ones["n"].max() or 0)  # type: ignore[arg-type]
    return (most if most >= FEWEST and 2 * most >= having else 0), having


def told_of_one_value(table: str) -> Callable[[Network], str]:
    """Which items have one value, in words."""
    of_each = told(table, lambda name, of, hospital: one_value(table, name, of, hospital))
    if table != "admission":
        return of_each

    def tell(network: Network) -> str:
        frame = network.charted.filter(pl.col("table") == table)
        counts = {name: _most_of_all(frame.filter(pl.col("item") == name)) for name in _OF_ALL}
        named = [f"All hospitals: {name}." for name, (most, _) in counts.items() if most]
        return " ".join([*named, of_each(network)]).strip()

    return tell


def of_several_values(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays of a hospital of which all have one answer, or one value."""
    return lambda network: worst(
        network, table, lambda name, of, hospital: one_answer(table, name, of, hospital)
    )


def told_of_one_answer(table: str) -> Callable[[Network], str]:
    """Which items have one answer, or one value, in words."""
    return told(table, lambda name, of, hospital: one_answer(table, name, of, hospital))


def one_value(table: str, name: str, of: dict[str, Item], hospital: str) -> int:
    """Stays of a hospital with one value of an item, where a value stands for one not known."""
    own = of[hospital]
    measured = (
        table in ("lab", "vital") and name.removesuffix(charted.OF_DEAD) not in _OF_FEW_VALUES
    )
    same = unchanging(own, inside=table == "lab") if measured else 0
    if name in _OF_A_BODY:
        same = frequent(own)
    if name.endswith(charted.OF_DEAD):
        same = more_of_one_value(of, hospital)
    other = unlike(of, hospital) if table in _WORDED else 0
    return max(same, other, of_one_value(of, hospital), constant(of, hospital))


def one_answer(table: str, name: str, of: dict[str, Item], hospital: str) -> int:
    """Stays of a hospital that all have one answer of yes and no, or one of several values.

    0 where a value already stands for one not known.
    """
    own = of[hospital]
    asked = _ONLY.get(table, {}).get(name)
    only = next(iter(own.one)) if own.share_of_one == 1 else ""
    alone = own.having >= FEWEST and bool(only) and asked is not None and only in (asked or (only,))
    suspect = own.having if alone else constant(of, hospital, by_chance=_PERHAPS_BY_CHANCE)
    return suspect if suspect and not one_value(table, name, of, hospital) else 0


def frequent(own: Item) -> int:
    """Patients with one value of a measurement of which no other is nearly as frequent."""
    first, second, *_ = *sorted(own.one.values(), reverse=True), 0, 0
    enough = first >= _SPIKE and first >= _UNCHANGED * own.having
    return first if enough and first >= _TIMES * second else 0


def constant(of: dict[str, Item], hospital: str, by_chance: float = _BY_CHANCE) -> int:
    """Stays of a hospital that all have one value, which is no chance beside the other hospitals.

    At the others some have another value.
    """
    own = of[hospital]
    if own.having < LEAST or own.share_of_one < 1:
        return 0
    others = _others(of, hospital, 2 * LEAST)
    if len(others) < OTHERS:
        return 0
    only = next(iter(own.one))
    fewest = low([1 - one.one.get(only, 0) / one.having for one in others])
    return own.having if at_most(0, own.having * fewest) < by_chance else 0


def unlike(of: dict[str, Item], hospital: str) -> int:
    """Stays with the usual value of a hospital that hardly any stay has at any of the others."""
    own = of[hospital]
    if own.having < FEWEST or own.share_of_one < _USUAL_HERE:
        return 0
    others = _others(of, hospital, 2 * LEAST)
    if len(others) < OTHERS:
        return 0
    usual, n = max(own.one.items(), key=lambda one: one[1])
    there = high([one.one.get(usual, 0) / one.having for one in others])
    another = low([one.share_of_one for one in others])
    return n if there <= _RARE_ELSEWHERE and another >= _USUAL else 0


def more_of_one_value(of: dict[str, Item], hospital: str) -> int:
    """Stays with nothing but one value, where far fewer of every other hospital have."""
    own, others = of[hospital], _others(of, hospital, 2 * LEAST)
    if len(others) < OTHERS or own.having < 2 * LEAST:
        return 0
    most = high([one.share_of_one for one in others])
    several = round(own.having * (1 - own.share_of_one))
    far = (
        own.share_of_one >= most + _MORE
        and at_most(several, own.having * (1 - most)) < _MORE_BY_CHANCE
    )
    return own.having - several if far else 0


def _others(of: dict[str, Item], hospital: str, fewest: int) -> list[Item]:
    return [one for name, one in of.items() if name != hospital and one.having >= fewest]


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
    if own.having < FEWEST or own.share_of_one < _NEARLY_ALL_ONE:
        return 0
    others = _others(of, hospital, FEWEST)
    several = [one for one in others if one.share_of_one <= _NOT_ONE]
    if len(others) < OTHERS or len(several) < MOST_OF_THEM * len(others):
        return 0
    return max(own.one.values())
