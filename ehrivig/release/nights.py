"""The release beside those that left before: hidden where few differ, kept back where too much is.

An attacker who has both knows every difference. So a count is told anew only where it differs by
nobody or by at least `smallest_cell` people, a mean or an estimate only where it describes at least
ten people more or fewer. Where that would take a fifth of the rows, the release of before stays:
it tells nothing that is not known already.

What is hidden tonight and was shown last night says that it differs by few. So what differs by
`smallest_cell` itself is hidden too: the difference can have that many values.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ehrivig.release import hidden
from ehrivig.release.attack import nights, told_anew
from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.memory import Memory
from ehrivig.release.steady import steady

Tables = dict[str, pl.DataFrame]
MOST_LOST = 0.2
_ROUNDS = 16
_NOT_COUNTED = ("quality.csv", "ledger.csv", "lints.csv")
"""Tables whose rows tell no result."""


def held_against(tables: Tables, before: Sequence[Tables], smallest: int) -> Tables | None:
    """Tables that tell, beside the releases before (oldest first), nothing of few; or None.

    None: more than `MOST_LOST` of the rows would be lost, or fewer than ten people of an arm are
    new and anything of them is told.
    """
    if not before:
        return tables
    tables = steady(tables, before[-1], *before[:-1])
    most, memory = told(tables) * (1 - MOST_LOST), Memory()
    shown, tried = tables, dict[tuple[str, int], int]()
    fewest = [nights.growth(tables, one) for one in before]
    for one in before:
        shown = told_anew.texts(told_anew.curves(shown, one, smallest + 1), one, smallest + 1)
    few = any(_few(one, smallest) for one in fewest)
    if few and found_in(tables, before, smallest, search=False, beyond=1):
        return None
    if fewest[-1].arms == (0, 0) and _same(tables, before[-1]):
        return shown  # nothing is told anew
    for _ in range(_ROUNDS):
        found = found_in(shown, before, smallest, search=False, beyond=1)
        found = found or found_in(shown, before, smallest, memory=memory, beyond=1)
        found = found or [c for c in of_tables(shown, smallest, memory) if c.disclosed]
        if not found:
            return shown
        shown = hidden.without(shown, found, tried)
        if told(shown) < most:
            return None
    return None


def found_in(
    tables: Tables,
    before: Sequence[Tables],
    smallest: int,
    *,
    search: bool = True,
    memory: Memory | None = None,
    beyond: int = 0,
) -> list[Cell]:
    """What releases tell of the few in which they differ; searched for in the last one only.

    `beyond`: by how many more than few people a count is taken to differ by few as well.
    """
    found = list[Cell]()
    for number, one in enumerate(before, start=1):
        if tables.keys() == one.keys() and all(tables[file].equals(one[file]) for file in one):
            continue  # it is the release of before: nothing is told anew
        last = search and number == len(before)
        cells = nights.counts(tables, one, smallest, search=last, memory=memory, beyond=beyond)
        if last and nights.growth(tables, one).arms == (0, 0):
            cells += nights.together(tables, one, smallest, memory)
        found += [cell for cell in cells if cell.disclosed]
        found += told_anew.numbers(tables, one, smallest)
    return found


def _few(apart: nights.Growth, smallest: int) -> bool:
    """Whether so few of an arm are new that what is hidden of them has too few values."""
    if apart.arms == (0, 0):
        return False
    return not apart.enough or any(0 < (n or 0) <= smallest for n in apart.arms)


def _same(tables: Tables, before: Tables) -> bool:
    """Whether two releases tell the same numbers, and hide the same."""
    there = [file for file, frame in tables.items() if frame.columns and file not in _NOT_COUNTED]
    return all(
        file in before and tables[file].write_csv() == before[file].write_csv() for file in there
    )


def told(tables: Tables) -> int:
    """Rows that tell a number of people, or one that describes them."""
    return sum(
        int(frame.select(pl.any_horizontal(numbers.is_not_null()).sum()).item())
        for file, frame in tables.items()
        if file not in _NOT_COUNTED and not frame.is_empty()
        for numbers in [pl.col([n for n, kind in frame.schema.items() if kind.is_numeric()])]
        if any(kind.is_numeric() for kind in frame.dtypes)
    )
