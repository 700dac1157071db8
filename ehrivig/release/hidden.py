"""What the attack finds in the copies is hidden too, least harm first, until it finds nothing."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ehrivig.release.attack.attack import Cell, of_tables
from ehrivig.release.attack.known import Place
from ehrivig.release.attack.memory import Memory
from ehrivig.release.remedies import kind_of, remedy_of

Tables = dict[str, pl.DataFrame]
_ROUNDS = 16


def until_safe(tables: Tables, smallest: int) -> tuple[Tables, list[str], list[Cell]]:
    """Tables in which the attack finds nothing, what was hidden for it in words, and the cells.

    A table that cannot be mended row by row is left out as a whole.
    """
    done, tried = list[str](), dict[tuple[str, int], int]()
    memory = Memory()
    for _ in range(_ROUNDS):
        cells = of_tables(tables, smallest, memory)
        found = [cell for cell in cells if cell.disclosed]
        if not found:
            return tables, done, cells
        tables = without(tables, found, tried)
        said = (f"{cell.place.file}: {cell.place.words}" for cell in _one_a_row(found))
        done = [*dict.fromkeys([*done, *said])]
    for file in {c.place.file for c in of_tables(tables, smallest, memory) if c.disclosed}:
        tables = {**tables, file: tables[file].clear()}
        done.append(f"{file}: the whole table")
    return tables, done, of_tables(tables, smallest, memory)


def without(tables: Tables, found: list[Cell], tried: dict[tuple[str, int], int]) -> Tables:
    """Tables without what cells can be had from; `tried`: how often each row was mended before."""
    for cell in _one_a_row(found):
        file, row = cell.place.file, cell.place.row
        level = tried[file, row] = tried.get((file, row), 0) + 1
        for one in (cell, *_beside(tables, cell)[: level - 1]):
            tables = _mended(tables, one, level)
    return tables


def _mended(tables: Tables, cell: Cell, level: int) -> Tables:
    """Tables without what one cell can be had from, in its own row."""
    file = cell.place.file
    return {**tables, file: remedy_of(tables[file])(tables[file], cell, level)}


def _beside(tables: Tables, cell: Cell) -> list[Cell]:
    """The cell as it stands in the other rows of its variable: rows without an estimate first."""
    order = {"effects": 0, "balance": 1, "descriptive": 2}

    def harm(place: Place) -> tuple[int, bool, str]:
        frame = tables[place.file]
        estimate = frame["estimate"][place.row] if "estimate" in frame.columns else None
        told = estimate is not None
        return (3 if told else order.get(kind_of(frame), 3)), place.file == "table1.csv", place.file

    return [replace(cell, place=place) for place in sorted(cell.beside, key=harm)]


def _one_a_row(cells: list[Cell]) -> list[Cell]:
    """The first disclosed cell of every row."""
    return list({(c.place.file, c.place.row): c for c in reversed(cells)}.values())
