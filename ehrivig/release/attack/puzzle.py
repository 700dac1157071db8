"""Whole numbers that nobody was told, and everything that is known of them: what can each be?

A cell is a count; a fact is a linear equation or inequality of cells. The smallest and the largest
value that a cell can have are asked of an integer program; so is each value between, until enough
are found.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

MOST = 10**9
"""No count is larger."""
_SLACK = 1e-6
_SECONDS = 20.0
Terms = Mapping[str, int]


@dataclass
class Fact:
    """lo <= sum of coefficient x cell <= hi. `assumed`: an attacker's guess, not told."""

    terms: dict[str, int]
    lo: float
    hi: float
    assumed: bool = False


@dataclass
class Puzzle:
    """Cells with their limits, and facts that hold between them.

    `memory`: questions that were answered before, of this puzzle or of one that is nearly the same.
    `met`: values that cells had in answers, each of which fulfils all facts.
    """

    lo: dict[str, int] = field(default_factory=dict)
    hi: dict[str, int] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    memory: dict[Hashable, list[int]] = field(default_factory=dict)
    met: dict[str, set[int]] = field(default_factory=dict)
    _parts: dict[str, list[Fact]] | None = None

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
        tag = f"choice {len(self.facts)} of "
        marks = [self.cell(f"{tag}{number}", 0, 1) for number in range(len(values))]
        self.equal(dict.fromkeys(marks, 1), 1)
        for position, name in enumerate(names):
            weights = {m: -one[position] for m, one in zip(marks, values, strict=True)}
            self.equal({name: 1, **weights})

    def values(self, name: str, enough: int) -> list[int]:
        """Values that a cell can have, sorted: `enough` of them, or all where there are fewer.

        Only the smallest where that is `enough` or more, as no small one is possible then. Empty
        when the facts contradict each other, guesses left out.
        """
        facts = self._around(name)
        key = self._key(name, facts, enough)
        if key not in self.memory:
            found = _values(self, name, facts, enough)
            if not found and any(fact.assumed for fact in facts):
                self.met.pop(name, None)
                told = [fact for fact in facts if not fact.assumed]
                found = _values(self, name, told, enough)
            self.memory[key] = found
        return self.memory[key]

    def _key(self, name: str, facts: list[Fact], enough: int) -> Hashable:
        """What a question depends on: the facts around a cell, and the limits of their cells."""
        cells = sorted({name, *(cell for fact in facts for cell in fact.terms)})
        limits = tuple((cell, self.lo[cell], self.hi[cell]) for cell in cells)
        told = tuple((tuple(f.terms.items()), f.lo, f.hi, f.assumed) for f in facts)
        return name, enough, limits, told

    def _around(self, name: str) -> list[Fact]:
        """The facts that say something of a cell, however indirectly; shown cells join nothing."""
        if self._parts is None:
            self._parts = {}
            for fact in self.facts:
                for cell in fact.terms:
                    if not self.known(cell):
                        self._parts.setdefault(cell, []).append(fact)
        found: dict[int, Fact] = {}
        seen, waiting = {name}, [name]
        while waiting:
            for fact in self._parts.get(waiting.pop(), ()):
                found[id(fact)] = fact
                fresh = [c for c in fact.terms if c not in seen and not self.known(c)]
                seen.update(fresh)
                waiting += fresh
        return list(found.values())


@dataclass(frozen=True)
class _Program:
    """The integer program of some facts: their unknown cells in order, and its constraints."""

    cells: list[str]
    lo: np.ndarray
    hi: np.ndarray
    constraint: LinearConstraint | None


def _program(puzzle: Puzzle, name: str, facts: list[Fact]) -> _Program:
    cells = sorted({c for fact in facts for c in fact.terms if not puzzle.known(c)} | {name})
    place = {cell: number for number, cell in enumerate(cells)}
    matrix = np.zeros((len(facts), len(cells)))
    limits = np.zeros((len(facts), 2))
    for row, fact in enumerate(facts):
        fixed = 0
        for cell, weight in fact.terms.items():
            if cell in place:
                matrix[row, place[cell]] += weight
            else:
                fixed += weight * puzzle.lo[cell]
        limits[row] = fact.lo - fixed - _SLACK, fact.hi - fixed + _SLACK
    lo = np.array([puzzle.lo[cell] for cell in cells], float)
    hi = np.array([puzzle.hi[cell] for cell in cells], float)
    rule = LinearConstraint(matrix, limits[:, 0], limits[:, 1]) if facts else None
    return _Program(cells, lo, hi, rule)


def _values(puzzle: Puzzle, name: str, facts: list[Fact], enough: int) -> list[int]:
    if puzzle.known(name):
        return [puzzle.lo[name]]
    alone = _of_one_sum(puzzle, name, facts)
    if alone is not None:
        return list(alone)[:enough]
    met = puzzle.met.setdefault(name, set())
    if len(met) >= enough:
        return sorted(met)[:enough]
    program = _program(puzzle, name, facts)
    at = program.cells.index(name)
    smallest, found = puzzle.lo[name] - 1, list[int]()
    while len(found) < enough and len(met) < enough:
        answer = _next(program, at, smallest + 1)
        if answer is None:
            return found
        for cell, value in zip(program.cells, answer, strict=True):
            puzzle.met.setdefault(cell, set()).add(value)
        smallest = answer[at]
        found.append(smallest)
        if smallest >= enough and len(found) == 1:
            return found
    return sorted(met)[:enough]


def _of_one_sum(puzzle: Puzzle, name: str, facts: list[Fact]) -> range | None:
    """The values of a cell of which nothing is known but its sum with another; None otherwise."""
    if len(facts) != 1 or facts[0].lo != facts[0].hi or set(facts[0].terms.values()) != {1}:
        return None
    others = [cell for cell in facts[0].terms if cell != name]
    if len(others) != 1:
        return None
    whole = int(facts[0].lo)
    lo = max(puzzle.lo[name], whole - puzzle.hi[others[0]])
    return range(lo, min(puzzle.hi[name], whole - puzzle.lo[others[0]]) + 1)


def _next(program: _Program, at: int, above: int) -> list[int] | None:
    """Values of all cells with the smallest of one that is at least `above`; None without any."""
    if above > program.hi[at]:
        return None
    goal, lo = np.zeros(len(program.cells)), program.lo.copy()
    goal[at], lo[at] = 1, above
    if program.constraint is None:
        return [int(value) for value in lo]
    answer = milp(
        goal,
        constraints=program.constraint,
        bounds=Bounds(lo, program.hi),
        integrality=np.ones(len(goal)),
        options={"time_limit": _SECONDS},
    )
    return None if answer.x is None else [round(value) for value in answer.x]
