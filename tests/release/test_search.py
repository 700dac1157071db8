"""The search for values of many counts at once finds what asking cell by cell finds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ehrivig.release.attack import search
from ehrivig.release.attack.puzzle import Puzzle

SMALLEST = 5


def grid(seed: int, rows: int = 8, columns: int = 7) -> Puzzle:
    """Hidden counts of a table whose margins are told, some of them small; and a few bounds."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 9, (rows, columns))
    puzzle = Puzzle()
    name = "{}-{}".format
    for i in range(rows):
        for j in range(columns):
            puzzle.cell(name(i, j), 0, 40)
        puzzle.equal({name(i, j): 1 for j in range(columns)}, int(counts[i].sum()))
    for j in range(columns):
        puzzle.equal({name(i, j): 1 for i in range(rows)}, int(counts[:, j].sum()))
    for i, j in rng.integers(0, (rows, columns), (12, 2)):
        near = int(counts[i, j])
        puzzle.between({name(i, j): 1}, near, near + 1)
    return puzzle


def found(puzzle: Puzzle) -> dict[str, list[int]]:
    return {cell: puzzle.values(cell, SMALLEST) for cell in sorted(puzzle.lo)}


def disclosed(values: list[int]) -> bool:
    return len(values) < SMALLEST and any(0 < value < SMALLEST for value in values)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_at_once_is_found_cell_by_cell(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = found(grid(seed))
    monkeypatch.setattr(search, "_FEW", 10**6)
    one_by_one = found(grid(seed))
    assert len(at_once) >= 40
    for cell, values in one_by_one.items():
        assert disclosed(at_once[cell]) == disclosed(values), cell
        if len(values) < SMALLEST:  # all that it can have, whichever way they are sought
            assert at_once[cell] == values, cell
    assert any(disclosed(values) for values in one_by_one.values())


def test_an_answer_that_rounding_broke_is_no_answer() -> None:
    puzzle = grid(1)
    part = puzzle._part("0-0")
    program = search._program(puzzle, part, assumed=True)
    search._meet(puzzle, program, [3] * len(program.cells))
    assert puzzle.met == {}


def test_a_search_that_ends_without_an_answer_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can say that such a count is safe: no value is given, and the attack calls it had."""

    def too_long(*_: Any, **__: Any) -> SimpleNamespace:
        return SimpleNamespace(status=1, x=None)

    monkeypatch.setattr(search, "milp", too_long)
    assert found(grid(2))["0-0"] == []
