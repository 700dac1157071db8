"""Values that a cell can have, asked of integer programs: its smallest, and those above it.

In a large part answers are sought first that give many cells new values at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, eye_array, hstack, vstack

from ehrivig.release.attack.facts import Fact, Part, UndecidedError
from ehrivig.release.attack.narrow import narrowed

if TYPE_CHECKING:
    from ehrivig.release.attack.puzzle import Puzzle

_SLACK = 1e-6
_SECONDS = 20.0
_FOUND, _IMPOSSIBLE = 0, 2
"""What a program's end is called: an answer that is the smallest, and no answer at all."""
_PLENTY = 20
"""Values of a cell beyond which another one makes no world worth remembering."""
_FEW, _GAP, _TRIES, _WORTH = 40, 0.2, 3, 3
"""A part of fewer cells is asked cell by cell. Of others, how near an answer is to what was
sought, and how many answers in a row may bring no more than so many new values.
"""


@dataclass(frozen=True)
class Program:
    """The integer program of some facts: their unknown cells in order, and its constraints."""

    cells: list[str]
    place: dict[str, int]
    lo: np.ndarray
    hi: np.ndarray
    constraint: LinearConstraint | None


def _program(puzzle: Puzzle, part: Part, assumed: bool) -> Program:
    """The program of a part, with the attacker's guesses or without; made once."""
    if assumed not in part.programs:
        facts = [fact for fact in part.facts if assumed or not fact.assumed]
        part.programs[assumed] = _made(puzzle, part.cells, facts)
    return part.programs[assumed]


def _made(puzzle: Puzzle, cells: list[str], facts: list[Fact]) -> Program:
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
    lo, hi = narrowed(matrix, limits, lo, hi)
    return Program(cells, place, lo, hi, rule)


def values_of(puzzle: Puzzle, name: str, part: Part, enough: int, *, assumed: bool) -> list[int]:
    """Values of a cell of a part, with the attacker's guesses (`assumed`) or without them.

    As `Puzzle.values`; UndecidedError where the search takes too long.
    """
    facts = [fact for fact in part.facts if assumed or not fact.assumed]
    alone = _single(puzzle, name, facts) if len(part.cells) == 1 else None
    alone = _of_one_sum(puzzle, name, facts) if alone is None else alone
    if alone is not None:
        return list(alone[:enough])
    program = _program(puzzle, part, assumed)
    if assumed and not part.sought:
        part.sought = True
        if not _recall(puzzle, part, program):
            _seek(puzzle, part, program, enough)
    met = puzzle.met.setdefault(name, set())
    if len(met) >= enough:
        return sorted(met)[:enough]
    at = program.place[name]
    smallest, found = int(program.lo[at]) - 1, list[int]()
    while len(found) < enough and len(met) < enough:
        if smallest + 1 in met:
            smallest += 1
        else:
            answer = _next(program, at, smallest + 1)
            if answer is None:
                return found
            _meet(puzzle, part, program, answer)
            smallest = answer[at]
        found.append(smallest)
        if smallest >= enough and len(found) == 1:
            return found
    return sorted(met)[:enough]


def _meet(puzzle: Puzzle, part: Part, program: Program, answer: list[int]) -> bool:
    """Remember the values of an answer, of every cell; nothing of one that breaks a fact."""
    world = np.array(answer)
    if not _fulfils(program, world[None, :])[0]:
        return False
    new = False
    for cell, value in zip(program.cells, world.tolist(), strict=True):
        met = puzzle.met.setdefault(cell, set())
        new = new or (len(met) < _PLENTY and value not in met)
        met.add(value)
    if new:
        part.worlds.append(world)
    return True


def _fulfils(program: Program, worlds: np.ndarray) -> np.ndarray:
    """Which of some worlds (K, cells) fulfil all facts, shape (K,)."""
    good = np.asarray(((worlds >= program.lo) & (worlds <= program.hi)).all(axis=1))
    rule = program.constraint
    if rule is None:
        return good
    sums = rule.A @ worlds.T.astype(float)
    within = (sums >= rule.lb[:, None]) & (sums <= rule.ub[:, None])
    return np.asarray(good & within.all(axis=0))


def _recall(puzzle: Puzzle, part: Part, program: Program) -> bool:
    """Worlds that earlier attacks found, where they are possible still; whether there are any."""
    sums = [fact for fact in part.facts if fact.lo == fact.hi]
    worlds = puzzle.memory.recalled(program.cells, sums)
    if not worlds.size:
        return False
    kept = worlds[_fulfils(program, worlds)]
    return sum(_meet(puzzle, part, program, world) for world in kept) > 0


def _seek(puzzle: Puzzle, part: Part, program: Program, enough: int) -> None:
    """Answers in which many cells at once have values that they had in none before.

    Some dozens of them give most cells of a large part all the values that are asked for.
    """
    rule, size = program.constraint, len(program.cells)
    if size < _FEW or rule is None:
        return
    first = _near(program, rule, program.lo, np.ones(size))
    if first is None:
        return
    _meet(puzzle, part, program, first)
    draw = np.random.default_rng(size)
    without = 0
    while without < _TRIES:
        met = _counted(puzzle, program, enough)
        away = draw.integers(1, enough + 1, size) * draw.choice([-1, 1], size)
        answer = _near(program, rule, np.array(first) + away, (met < enough).astype(float))
        if answer is not None:
            _meet(puzzle, part, program, answer)
        gain = _counted(puzzle, program, enough).sum() - met.sum()
        without = 0 if gain > _WORTH else without + 1


def _counted(puzzle: Puzzle, program: Program, enough: int) -> np.ndarray:
    """How many values each cell of a program has had, at most as many as are asked for."""
    return np.array([min(len(puzzle.met[cell]), enough) for cell in program.cells])


def _near(
    program: Program, rule: LinearConstraint, wanted: np.ndarray, weight: np.ndarray
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


def _next(program: Program, at: int, above: int) -> list[int] | None:
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
        raise UndecidedError
    return None if answer.x is None else [round(value) for value in answer.x]
