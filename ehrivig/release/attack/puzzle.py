"""Whole numbers that nobody was told, and everything that is known of them: what can each be?

A cell is a count; a fact is a linear equation or inequality of cells. The smallest and the largest
value that a cell can have are asked of an integer program; so is each value between, until enough
are found.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, eye_array, hstack, vstack

MOST = 10**9
"""No count is larger."""
_SLACK = 1e-6
_SECONDS = 20.0
_FOUND, _IMPOSSIBLE = 0, 2
"""What a program's end is called: an answer that is the smallest, and no answer at all."""
_FEW, _GAP, _TRIES, _WORTH = 40, 0.2, 3, 3
"""A part of fewer cells is asked cell by cell. Of others, how near an answer is to what was
sought, and how many answers in a row may bring no more than so many new values.
"""
Terms = Mapping[str, int]


class _UndecidedError(Exception):
    """The search for an answer took too long."""


@dataclass
class Fact:
    """lo <= sum of coefficient x cell <= hi. `assumed`: an attacker's guess, not told."""

    terms: dict[str, int]
    lo: float
    hi: float
    assumed: bool = False


@dataclass
class _Part:
    """Cells that facts join, however indirectly; shown cells join nothing.

    `key`: what answers of the part depend on. `sought`: whether values were looked for in all of
    its cells at once.
    """

    cells: list[str]
    facts: list[Fact]
    key: str
    sought: bool = False
    programs: dict[bool, _Program] = field(default_factory=dict)


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
    _parts: dict[str, _Part] | None = None

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
        when nobody can say: the facts contradict each other, guesses left out, or the search took
        too long.
        """
        if self.known(name):
            return [self.lo[name]]
        part = self._part(name)
        key = name, enough, part.key
        if key not in self.memory:
            self.memory[key] = self._asked(name, part, enough)
        return self.memory[key]

    def _asked(self, name: str, part: _Part, enough: int) -> list[int]:
        try:
            found = _values(self, name, part, enough, assumed=True)
            if not found and any(fact.assumed for fact in part.facts):
                self.met.pop(name, None)
                found = _values(self, name, part, enough, assumed=False)
        except _UndecidedError:
            return []
        return found

    def _part(self, name: str) -> _Part:
        """The part of a cell."""
        if self._parts is None:
            self._parts = {cell: part for part in self._all_parts() for cell in part.cells}
        if name not in self._parts:
            self._parts[name] = _Part([name], [], self._key([name], []))
        return self._parts[name]

    def _all_parts(self) -> Iterator[_Part]:
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
            yield _Part(sorted(cells), facts, self._key(cells, facts))

    def _key(self, cells: list[str], facts: list[Fact]) -> str:
        """What the answers of a part depend on: its facts, and the limits of their cells."""
        every = sorted({*cells, *(cell for fact in facts for cell in fact.terms)})
        limits = [(cell, self.lo[cell], self.hi[cell]) for cell in every]
        told = [(sorted(f.terms.items()), f.lo, f.hi, f.assumed) for f in facts]
        return hashlib.sha256(repr((limits, told)).encode()).hexdigest()


@dataclass(frozen=True)
class _Program:
    """The integer program of some facts: their unknown cells in order, and its constraints."""

    cells: list[str]
    place: dict[str, int]
    lo: np.ndarray
    hi: np.ndarray
    constraint: LinearConstraint | None


def _program(puzzle: Puzzle, part: _Part, assumed: bool) -> _Program:
    """The program of a part, with the attacker's guesses or without; made once."""
    if assumed not in part.programs:
        facts = [fact for fact in part.facts if assumed or not fact.assumed]
        part.programs[assumed] = _made(puzzle, part.cells, facts)
    return part.programs[assumed]


def _made(puzzle: Puzzle, cells: list[str], facts: list[Fact]) -> _Program:
    place = {cell: number for number, cell in enumerate(cells)}
    rows, columns, weights = list[int](), list[int](), list[float]()
    limits = np.zeros((len(facts), 2))
    for row, fact in enumerate(facts):
        fixed = 0
        for cell, weight in fact.terms.items():
            if cell in place:
                rows.append(row)
                columns.append(place[cell])
                weights.append(weight)
            else:
                fixed += weight * puzzle.lo[cell]
        limits[row] = fact.lo - fixed - _SLACK, fact.hi - fixed + _SLACK
    lo = np.array([puzzle.lo[cell] for cell in cells], float)
    hi = np.array([puzzle.hi[cell] for cell in cells], float)
    matrix = csc_array((weights, (rows, columns)), shape=(len(facts), len(cells)))
    rule = LinearConstraint(matrix, limits[:, 0], limits[:, 1]) if facts else None
    return _Program(cells, place, lo, hi, rule)


def _values(puzzle: Puzzle, name: str, part: _Part, enough: int, *, assumed: bool) -> list[int]:
    facts = [fact for fact in part.facts if assumed or not fact.assumed]
    alone = _single(puzzle, name, facts) if len(part.cells) == 1 else None
    alone = _of_one_sum(puzzle, name, facts) if alone is None else alone
    if alone is not None:
        return list(alone[:enough])
    program = _program(puzzle, part, assumed)
    if assumed and not part.sought:
        part.sought = True
        _seek(puzzle, program, enough)
    met = puzzle.met.setdefault(name, set())
    if len(met) >= enough:
        return sorted(met)[:enough]
    at = program.place[name]
    smallest, found = puzzle.lo[name] - 1, list[int]()
    while len(found) < enough and len(met) < enough:
        answer = _next(program, at, smallest + 1)
        if answer is None:
            return found
        _meet(puzzle, program, answer)
        smallest = answer[at]
        found.append(smallest)
        if smallest >= enough and len(found) == 1:
            return found
    return sorted(met)[:enough]


def _meet(puzzle: Puzzle, program: _Program, answer: list[int]) -> None:
    """Remember the values of an answer, of every cell; nothing of one that rounding broke."""
    rule = program.constraint
    if rule is not None:
        sums = rule.A @ np.array(answer, float)
        if np.any(sums < rule.lb) or np.any(sums > rule.ub):
            return
    for cell, value in zip(program.cells, answer, strict=True):
        puzzle.met.setdefault(cell, set()).add(value)


def _seek(puzzle: Puzzle, program: _Program, enough: int) -> None:
    """Answers in which many cells at once have values that they had in none before.

    Some dozens of them give most cells of a large part all the values that are asked for.
    """
    rule, size = program.constraint, len(program.cells)
    if size < _FEW or rule is None:
        return
    first = _near(program, rule, program.lo, np.ones(size))
    if first is None:
        return
    _meet(puzzle, program, first)
    draw = np.random.default_rng(size)
    without = 0
    while without < _TRIES:
        met = _counted(puzzle, program, enough)
        away = draw.integers(1, enough + 1, size) * draw.choice([-1, 1], size)
        answer = _near(program, rule, np.array(first) + away, (met < enough).astype(float))
        if answer is not None:
            _meet(puzzle, program, answer)
        gain = _counted(puzzle, program, enough).sum() - met.sum()
        without = 0 if gain > _WORTH else without + 1


def _counted(puzzle: Puzzle, program: _Program, enough: int) -> np.ndarray:
    """How many values each cell of a program has had, at most as many as are asked for."""
    return np.array([min(len(puzzle.met[cell]), enough) for cell in program.cells])


def _near(
    program: _Program, rule: LinearConstraint, wanted: np.ndarray, weight: np.ndarray
) -> list[int] | None:
    """An answer with about the least weighted sum of distances from wanted values; or None."""
    size = len(program.cells)
    wanted = np.clip(wanted, program.lo, program.hi)
    one = eye_array(size, format="csc")
    facts = hstack([rule.A, csc_array(rule.A.shape)])
    above, below = hstack([one, -one]), hstack([-one, -one])
    free = np.full(size, -np.inf)
    answer = milp(
        np.concatenate([np.zeros(size), weight]),
        constraints=LinearConstraint(
            vstack([facts, above, below], format="csc"),
            np.concatenate([rule.lb, free, free]),
            np.concatenate([rule.ub, wanted, -wanted]),
        ),
        bounds=Bounds(
            np.concatenate([program.lo, np.zeros(size)]),
            np.concatenate([program.hi, np.full(size, np.inf)]),
        ),
        integrality=np.concatenate([np.ones(size), np.zeros(size)]),
        options={"time_limit": _SECONDS, "mip_rel_gap": _GAP},
    )
    return None if answer.x is None else [round(value) for value in answer.x[:size]]


def _single(puzzle: Puzzle, name: str, facts: list[Fact]) -> range:
    """The values of a cell of which every fact speaks with shown cells alone."""
    lo, hi = puzzle.lo[name], puzzle.hi[name]
    for fact in facts:
        fixed = sum(weight * puzzle.lo[c] for c, weight in fact.terms.items() if c != name)
        weight = fact.terms[name]
        ends = sorted((limit - fixed) / weight for limit in (fact.lo, fact.hi)) if weight else None
        if ends is not None:
            lo = max(lo, math.ceil(ends[0] - _SLACK) if math.isfinite(ends[0]) else lo)
            hi = min(hi, math.floor(ends[1] + _SLACK) if math.isfinite(ends[1]) else hi)
    return range(lo, hi + 1)


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
    if answer.status not in (_FOUND, _IMPOSSIBLE):
        raise _UndecidedError
    return None if answer.x is None else [round(value) for value in answer.x]
