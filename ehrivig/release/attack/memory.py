"""What earlier attacks on nearly the same tables found out: answers to questions, and worlds.

Between two attacks something was hidden and nothing told, so a world that was possible is possible
still: the values of its cells, and of those shown then. It is tried before it is believed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ehrivig.release.attack.facts import Fact

World = np.ndarray
"""A value of each cell of a part."""


@dataclass
class Memory:
    """Kept from one attack to the next.

    answers : question -> values. worlds : cell -> the worlds (K, cells) of the part that it was in,
    and its column there. shown : cells that were told, with their values.
    """

    answers: dict[Hashable, list[int]] = field(default_factory=dict)
    worlds: dict[str, tuple[np.ndarray, int]] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)

    def keep(self, cells: Sequence[str], worlds: Sequence[World]) -> None:
        """Remember worlds of the cells of a part."""
        if worlds:
            matrix = np.array(worlds)
            self.worlds.update({cell: (matrix, column) for column, cell in enumerate(cells)})

    def recalled(self, cells: Sequence[str], sums: Sequence[Fact]) -> np.ndarray:
        """Worlds (K, cells) of some cells, put together from those of the parts that they were in.

        sums : facts that tell the value of a sum. A cell of which nothing is remembered is what is
        left of one; where none tells it there is no world (K = 0).
        """
        columns = dict[str, np.ndarray]()
        for cell in {*cells, *(cell for fact in sums for cell in fact.terms)}:
            if cell in self.worlds:
                matrix, column = self.worlds[cell]
                columns[cell] = matrix[:, column]
            elif cell in self.shown:
                columns[cell] = np.array([self.shown[cell]])
        most = max((len(column) for column in columns.values()), default=0)
        rows = np.arange(most)
        whole = {cell: column[rows % len(column)] for cell, column in columns.items()}
        _complete(whole, sums)
        if not all(cell in whole for cell in cells):
            return np.empty((0, 0), dtype=np.int64)
        return np.column_stack([whole[cell] for cell in cells])


def _complete(whole: dict[str, np.ndarray], sums: Sequence[Fact]) -> None:
    """Add the cells that are what is left of a sum of others."""
    waiting = list(sums)
    while waiting:
        left = [fact for fact in waiting if not _told(whole, fact)]
        if len(left) == len(waiting):
            return
        waiting = left


def _told(whole: dict[str, np.ndarray], fact: Fact) -> bool:
    """Whether no cell of a sum is wanting, now that the only one that was is what is left."""
    wanting = [cell for cell in fact.terms if cell not in whole]
    if len(wanting) > 1:
        return False
    if wanting and whole and abs(fact.terms[wanting[0]]) == 1:
        rest = np.full_like(next(iter(whole.values())), int(fact.lo))
        for cell, weight in fact.terms.items():
            if cell in whole:
                rest = rest - weight * whole[cell]
        whole[wanting[0]] = rest * fact.terms[wanting[0]]
    return True
