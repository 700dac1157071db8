"""The search for values of many counts at once finds what asking cell by cell finds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array

from ehrivig.release.attack import search
from ehrivig.release.attack.facts import Fact
from ehrivig.release.attack.memory import Memory
from ehrivig.release.attack.narrow import narrowed
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


@pytest.mark.parametrize(
    ("wanted", "weight", "nearest"),
    [
        ([2, 8], [1, 1], [2, 8]),
        ([8, 2], [1, 1], [8, 2]),
        ([9, 9], [1, 5], [1, 9]),
        ([9, 9], [5, 1], [9, 1]),
        ([0, 0], [5, 1], [0, 10]),
    ],
)
def test_an_answer_is_as_near_as_can_be(
    wanted: list[int], weight: list[int], nearest: list[int]
) -> None:
    """Two counts of 10 together: the one that weighs more comes as near as it can."""
    puzzle = Puzzle()
    for cell in "ab":
        puzzle.cell(cell, 0, 40)
    puzzle.equal({"a": 1, "b": 1}, 10)
    program = search._made(puzzle, ["a", "b"], puzzle.facts)
    assert program.constraint is not None
    asked = np.array(wanted, float), np.array(weight, float)
    assert search._near(program, program.constraint, *asked) == nearest


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
    search._meet(puzzle, part, program, [3] * len(program.cells))
    assert puzzle.met == {}


def test_a_search_that_ends_without_an_answer_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can say that such a count is safe: no value is given, and the attack calls it had."""

    def too_long(*_: Any, **__: Any) -> SimpleNamespace:
        return SimpleNamespace(status=1, x=None)

    monkeypatch.setattr(search, "milp", too_long)
    assert found(grid(2))["0-0"] == []


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
def test_guesses_that_contradict_are_left_out_of_every_count(order: str) -> None:
    """Whichever is asked first: none is taken for 0 since an answer without them had it so."""
    puzzle = Puzzle()
    puzzle.equal({"a": 1, "b": 1, "c": 1}, 3)
    puzzle.equal({"a": 1, "b": -1, "c": 1}, 100, assumed=True)
    assert [puzzle.values(cell, SMALLEST) for cell in order] == [[0, 1, 2, 3]] * 3


def test_a_count_of_few_beside_a_guess_that_contradicts_is_found() -> None:
    """Of one in three no more than nobody was found, as the first answer without the guess had it.

    Two hospitals exclude three together; a guess has it that one of them excludes a hundred.
    """
    puzzle = Puzzle()
    puzzle.cell("a", 0, 2)
    puzzle.equal({"a": 1, "b": 1, "c": 1}, 3)
    puzzle.equal({"b": 1, "c": -1}, 100, assumed=True)
    found = {cell: puzzle.values(cell, SMALLEST) for cell in "abc"}
    assert found == {"a": [0, 1, 2], "b": [0, 1, 2, 3], "c": [0, 1, 2, 3]}
    assert all(disclosed(values) for values in found.values())


def told_less(seed: int, memory: Memory) -> Puzzle:
    """The grid of a seed, in which the sum of a row is hidden, and a count that was told."""
    puzzle = Puzzle(memory=memory)
    whole = grid(seed)
    for name in whole.lo:
        puzzle.cell(name, 0, 40)
    for number, fact in enumerate(whole.facts):
        terms = fact.terms if number != 2 else {**fact.terms, "sum": -1}
        fixed = 0 if number == 2 else fact.lo
        puzzle.between(terms, fixed, 0 if number == 2 else fact.hi)
    return puzzle


@pytest.mark.parametrize("seed", range(4))
def test_what_an_earlier_attack_found_gives_the_same_answers(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, programs = list[int](), search._next
    monkeypatch.setattr(search, "_next", lambda *a: asked.append(1) or programs(*a))
    anew = found(told_less(seed, Memory()))
    n_anew = len(asked)
    memory = Memory()
    first = grid(seed)
    first.memory = memory
    found(first)
    first.remember()
    asked.clear()
    again = found(told_less(seed, memory))
    for cell, values in anew.items():
        assert disclosed(again[cell]) == disclosed(values), cell
        if len(values) < SMALLEST:
            assert again[cell] == values, cell
    assert len(asked) < n_anew
    few = [cell for cell, values in again.items() if len(values) >= SMALLEST]
    assert len(few) >= 10


def test_what_is_remembered_is_tried_before_it_is_believed() -> None:
    """A world of other tables is none of these."""
    memory = Memory()
    memory.keep(["a", "b"], [np.array([1, 4]), np.array([2, 3]), np.array([9, 9])])
    puzzle = Puzzle(memory=memory)
    puzzle.cell("a", 0, 9)
    puzzle.cell("c", 0, 9)
    puzzle.equal({"a": 1, "b": 1}, 5)
    puzzle.equal({"a": 1, "c": -1}, 0)  # nothing is remembered of c: it is what a is
    assert puzzle.values("c", SMALLEST) == [0, 1, 2, 3, 4]
    (part,) = {id(p): p for p in (puzzle._parts or {}).values()}.values()
    assert [9, 9, 9] not in [world.tolist() for world in part.worlds]
    assert [1, 4, 1] in [world.tolist() for world in part.worlds]


def fact(value: int, **terms: int) -> Fact:
    return Fact(terms, value, value)


@pytest.mark.parametrize(
    ("cells", "sums", "worlds"),
    [
        ("ab", [], [[1, 4], [2, 3], [9, 9]]),
        ("sa", [], [[7, 1], [7, 2], [7, 9]]),  # what was shown then is the same in every world
        ("ac", [fact(5, a=1, c=1)], [[1, 4], [2, 3], [9, -4]]),
        ("ad", [fact(0, d=1, c=-1), fact(5, a=1, c=1)], [[1, 4], [2, 3], [9, -4]]),
        ("ac", [fact(5, a=1, c=-1)], [[1, -4], [2, -3], [9, 4]]),
        ("ac", [fact(5, a=1, c=2)], []),  # half a person is none
        ("az", [], []),
        ("z", [], []),
        ("acd", [fact(5, a=1, c=1, d=1)], []),
    ],
)
def test_a_world_is_put_together_of_what_is_remembered(
    cells: str, sums: list[Fact], worlds: list[list[int]]
) -> None:
    memory = Memory(shown={"s": 7})
    memory.keep(["a", "b"], [np.array([1, 4]), np.array([2, 3]), np.array([9, 9])])
    memory.keep(["a"], [])
    assert memory.recalled(list(cells), sums).tolist() == worlds


def test_worlds_of_two_parts_are_put_together_until_the_longer_ends() -> None:
    memory = Memory()
    memory.keep(["a"], [np.array([1]), np.array([2]), np.array([3])])
    memory.keep(["b"], [np.array([5]), np.array([6])])
    assert memory.recalled(["a", "b"], []).tolist() == [[1, 5], [2, 6], [3, 5]]


@pytest.mark.parametrize("seed", range(20))
def test_narrowed_limits_leave_out_nothing_that_is_possible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = 4
    weights = rng.integers(-3, 4, (3, size))
    truth = rng.integers(0, 6, size)
    sums = weights @ truth
    limits = np.column_stack((sums - rng.integers(0, 3, 3), sums + rng.integers(0, 3, 3)))
    limits = limits + np.array([-1e-6, 1e-6])
    lo, hi = narrowed(csc_array(weights.astype(float)), limits, np.zeros(size), np.full(size, 6.0))
    every = np.array(np.meshgrid(*[np.arange(7)] * size)).reshape(size, -1)
    of_all = weights @ every
    good = ((of_all >= limits[:, :1]) & (of_all <= limits[:, 1:])).all(axis=0)
    assert (every[:, good].min(axis=1) >= lo).all()
    assert (every[:, good].max(axis=1) <= hi).all()


def test_limits_that_contradict_are_left_as_they_are() -> None:
    one = csc_array(np.array([[1.0]]))
    lo, hi = narrowed(one, np.array([[5.0, 5.0]]), np.zeros(1), np.full(1, 3.0))
    assert (lo[0], hi[0]) == (0, 3)


def test_a_cell_without_weight_is_not_narrowed() -> None:
    one = csc_array((np.array([1.0, 0.0]), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 2))
    assert one.nnz == 2
    lo, hi = narrowed(one, np.array([[2.0, 3.0]]), np.zeros(2), np.full(2, 9.0))
    assert (lo.tolist(), hi.tolist()) == ([2, 0], [3, 9])


def test_a_sum_and_its_parts_narrow_each_other() -> None:
    both = csc_array(np.array([[1.0, 1.0, -1.0], [0.0, 2.0, 0.0]]))
    limits = np.array([[0.0, 0.0], [3.0, 5.0]])
    lo, hi = narrowed(both, limits, np.array([4.0, 0, 0]), np.array([6.0, 1e9, 1e9]))
    assert (lo.tolist(), hi.tolist()) == ([4, 2, 6], [6, 2, 8])


def of_two() -> tuple[Puzzle, Any, search.Program]:
    """Two counts of at most 6 that are 5 to 8 together, the first at most two more."""
    puzzle = Puzzle()
    for cell in "ab":
        puzzle.cell(cell, 0, 6)
    puzzle.between({"a": 1, "b": 1}, 5, 8)
    puzzle.between({"a": 1, "b": -1}, -99, 2)
    part = puzzle._part("a")
    return puzzle, part, search._program(puzzle, part, assumed=True)


def test_a_world_fulfils_every_fact_and_the_limits_of_every_count() -> None:
    _, _, program = of_two()
    worlds = [(3, 4), (2, 3), (4, 4), (5, 3), (2, 2), (5, 4), (4, 1), (0, 7), (-1, 6), (6, 0)]
    good = [True, True, True, True, False, False, False, False, False, False]
    assert search._fulfils(program, np.array(worlds)).tolist() == good


def test_a_world_is_kept_while_a_count_has_few_values_and_gets_one_more() -> None:
    """The twentieth value of a count is worth remembering, and another one is not."""
    puzzle = Puzzle()
    for cell in "ab":
        puzzle.cell(cell, 0, 99)
    puzzle.between({"a": 1, "b": 1}, 0, 150)
    part = puzzle._part("a")
    program = search._program(puzzle, part, assumed=True)

    def kept(*world: int) -> bool:
        before = len(part.worlds)
        assert search._meet(puzzle, part, program, list(world))
        return len(part.worlds) > before

    assert kept(0, 0)
    assert not kept(0, 0)
    assert all(kept(0, value) for value in range(1, 20))
    assert not kept(0, 20)
    assert kept(7, 21)  # of the other count it is the second
    assert puzzle.met == {"a": {0, 7}, "b": set(range(22))}
    assert not search._meet(puzzle, part, program, [80, 90])
    assert puzzle.met["a"] == {0, 7}


def test_counts_of_a_large_part_have_many_values_after_few_answers() -> None:
    puzzle = grid(0)
    part = puzzle._part("0-0")
    program = search._program(puzzle, part, assumed=True)
    search._seek(puzzle, part, program, SMALLEST)
    values = [len(puzzle.met[cell]) for cell in part.cells]
    assert len(part.cells) >= 40
    assert sum(values) > 2 * len(values)
    assert len(part.worlds) < 40


def test_a_small_part_is_asked_cell_by_cell() -> None:
    puzzle, part, program = of_two()
    search._seek(puzzle, part, program, SMALLEST)
    assert puzzle.met == {}


def test_answers_are_sought_once_for_all_counts_of_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setattr(search, "_seek", lambda puzzle, part, *_: asked.append(part.key))
    puzzle, part, _ = of_two()
    assert [puzzle.values(cell, SMALLEST) for cell in "ab"] == [[0, 1, 2, 3, 4], [2, 3, 4, 5, 6]]
    assert asked == [part.key]


def test_where_every_fact_is_a_guess_that_is_wrong_a_count_can_be_any() -> None:
    puzzle = Puzzle()
    for cell in "ab":
        puzzle.cell(cell, 2, 9)
    puzzle.equal({"a": 1, "b": 1}, 100, assumed=True)
    assert [puzzle.values(cell, SMALLEST) for cell in "ab"] == [[2, 3, 4, 5, 6]] * 2
