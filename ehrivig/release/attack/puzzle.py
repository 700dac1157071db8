"""Whole numbers that nobody was told, and everything that is known of them: what can each be?

A cell is a count; a fact is a linear equation or inequality of cells. The smallest and the largest
value that a cell can have are asked of an integer program; so is each value between, until enough
are found.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ehrivig.release.attack.facts import Fact, Part, UndecidedError
from ehrivig.release.attack.memory import Memory
from ehrivig.release.attack.search import values_of

MOST = 10**9
"""No count is larger."""
Terms = Mapping[str, int]


@dataclass
class Puzzle:
    """Cells with their limits, and facts that hold between them.

    `memory`: what was found out before, of this puzzle or of one that is nearly the same.
    `met`: values that cells had in answers, each of which fulfils all facts.
    """

    lo: dict[str, int] = field(default_factory=dict)
    hi: dict[str, int] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    met: dict[str, set[int]] = field(default_factory=dict)
    _parts: dict[str, Part] | None = None
    _choices: Counter[str] = field(default_factory=Counter)

    def cell(self, name: str, lo: int = 0, hi: int = MOST) -> str:
        """A cell, with what is known of its size; what was known before holds too."""
        self.lo[name] = max(lo, self.lo.get(name, 0))
        self.hi[name] = min(hi, self.hi.get(name, MOST))
        return name

    def told(self, name: str, value: int) -> None:
        """A cell that is shown."""
        self.cell(name, value, value)

    def between(self, terms: Terms, lo: float, hi: float, *, assumed: bool = False) -> None:
        """A sum of cells lies within limits."""
        for name in terms:
            self.cell(name)
        self.facts.append(Fact(dict(terms), lo, hi, assumed))

    def equal(self, terms: Terms, value: float = 0, *, assumed: bool = False) -> None:
        """A sum of cells is known."""
        self.between(terms, value, value, assumed=assumed)

    def known(self, name: str) -> bool:
        """Whether a cell was shown."""
        return self.lo[name] == self.hi[name]

    def one_of(self, names: Sequence[str], values: Iterable[Sequence[int]]) -> None:
        """Some cells together have one of these lists of values."""
        found = [tuple(int(v) for v in one) for one in values]
        if not found:
            return
        for position, name in enumerate(names):
            column = [one[position] for one in found]
            self.cell(name, min(column), max(column))
        if 1 < len(found) <= 200:
            self._choose(names, found)

    def _choose(self, names: Sequence[str], values: list[tuple[int, ...]]) -> None:
        named = ", ".join(names)
        self._choices[named] += 1
        tag = f"choice {self._choices[named]} of {named}: "
        marks = [self.cell(f"{tag}{number}", 0, 1) for number in range(len(values))]
        self.equal(dict.fromkeys(marks, 1), 1)
        for position, name in enumerate(names):
            weights = {m: -one[position] for m, one in zip(marks, values, strict=True)}
            self.equal({name: 1, **weights})

    def values(self, name: str, enough: int) -> list[int]:
        """Values that a cell can have, sorted: `enough` of them, or all where there are fewer.

        Only the smallest where that is `enough` or more, as no small one is possible then. Empty
        when nobody can say: the facts contradict each other, guesses left out, or the search took
        too long.
        """
        if self.known(name):
            return [self.lo[name]]
        part = self._part(name)
        key = name, enough, part.key
        answers = self.memory.answers
        if key not in answers:
            answers[key] = self._asked(name, part, enough)
        return answers[key]

    def remember(self) -> None:
        """Keep the worlds that were found, and what is shown, for another puzzle."""
        for part in {id(part): part for part in (self._parts or {}).values()}.values():
            self.memory.keep(part.cells, part.worlds)
        self.memory.shown.update({name: lo for name, lo in self.lo.items() if self.known(name)})

    def _asked(self, name: str, part: Part, enough: int) -> list[int]:
        try:
            found = values_of(self, name, part, enough, assumed=part.guessed)
            if not found and part.guessed and any(fact.assumed for fact in part.facts):
                part.guessed = False  # of no cell of the part: what is met from here on breaks them
                found = values_of(self, name, part, enough, assumed=False)
        except UndecidedError:
            return []
        return found

    def _part(self, name: str) -> Part:
        """The part of a cell."""
        if self._parts is None:
            self._parts = {cell: part for part in self._all_parts() for cell in part.cells}
        if name not in self._parts:
            self._parts[name] = Part([name], [], self._key([name], []))
        return self._parts[name]

    def _all_parts(self) -> Iterator[Part]:
        """The parts of all cells of which some fact speaks."""
        of_cell: dict[str, list[Fact]] = {}
        for fact in self.facts:
            for cell in fact.terms:
                if not self.known(cell):
                    of_cell.setdefault(cell, []).append(fact)
        seen: set[str] = set()
        for first in of_cell:
            if first in seen:
                continue
            found, cells, waiting = dict[int, Fact](), list[str](), [first]
            seen.add(first)
            while waiting:
                cells.append(waiting.pop())
                for fact in of_cell[cells[-1]]:
                    found[id(fact)] = fact
                    fresh = [c for c in fact.terms if c in of_cell and c not in seen]
                    seen.update(fresh)
                    waiting += fresh
            facts = list(found.values())
            yield Part(sorted(cells), facts, self._key(cells, facts))

    def _key(self, cells: list[str], facts: list[Fact]) -> str:
        """What the answers of a part depend on: its facts, and the limits of their cells."""
        every = sorted({*cells, *(cell for fact in facts for cell in fact.terms)})
        limits = [(cell, self.lo[cell], self.hi[cell]) for cell in every]
        told = sorted((sorted(f.terms.items()), f.lo, f.hi, f.assumed) for f in facts)
        return hashlib.sha256(repr((limits, told)).encode()).hexdigest()
