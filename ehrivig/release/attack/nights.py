"""Two releases of growing data: what their difference tells of the few who are new.

A count that is 57 tonight and was 56 says of the new patient whatever it counts. So the difference
of every count is a count of people itself, also where one of both is hidden and follows from more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import polars as pl

from ehrivig.release.attack.attack import Cell, collected, kind
from ehrivig.release.attack.known import Place
from ehrivig.release.attack.memory import Memory
from ehrivig.release.attack.multiples import rounded_to
from ehrivig.release.attack.puzzle import MOST, Puzzle

Tables = dict[str, pl.DataFrame]
Identity = tuple[str, tuple[str, ...], int]
_NAMES = (
    *("group", "variable", "covariate", "level", "outcome", "term", "label", "analysis"),
    *("contrast", "model", "measure", "population", "hospital_id", "table", "step", "criterion"),
    *("curve", "cause", "arm", "feature", "dimension", "indication", "regimen", "diagnostic"),
    "code",
)
"""Columns that say of what a row is."""
_REFITTED = ("bins",)
"""Tables by a score that is fitted anew: their bins are not those of the night before."""
FEWEST = 10
"""Of fewer people no number that describes them is told, nor can be had as a difference."""


@dataclass(frozen=True)
class Growth:
    """How far two releases lie apart, in people of each arm, pairs, and unmatched of each arm.

    None: one of both does not tell it. `slack`: by how much rounding may have moved a difference;
    where it did, people are at least so many (1 for "some").
    """

    arms: tuple[int | None, int | None]
    pairs: int | None
    unmatched: tuple[int | None, int | None]
    slack: int = 0

    @property
    def enough(self) -> bool:
        """Whether a number of everybody describes at least ten people more, or fewer."""
        return not any(_few(one) for one in self.arms) and any(self.arms)

    @property
    def matched_anew(self) -> bool:
        """Whether matched and unmatched are other people, so that no difference is of few."""
        return all(one is not None and one >= FEWEST for one in (self.pairs, *self.unmatched))


def _few(people: int | None) -> bool:
    return people is None or 0 < people < FEWEST


T = TypeVar("T")


class _Same:
    """Tables as a key: the same object, which nobody changes."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def __hash__(self) -> int:
        return id(self.tables)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.tables is self.tables


def once(function: Callable[[Tables], T]) -> Callable[[Tables], T]:
    """What a function makes of tables, made once: a run carries hundreds of releases."""
    made = lru_cache(maxsize=2_000)(lambda same: function(same.tables))
    return lambda tables: made(_Same(tables))


Row = tuple[Identity, str, int, dict[str, Any]]
"""Of what a row is, its file, its number and its values."""


@once
def rows(tables: Tables) -> list[Row]:
    """Every row of a release."""
    return list(_rows(tables))


def _rows(tables: Tables) -> Iterator[Row]:
    for file, frame in tables.items():
        seen: dict[tuple[str, ...], int] = {}
        for number, row in enumerate(frame.iter_rows(named=True)):
            named = tuple(str(row[name]) for name in _NAMES if name in row)
            seen[named] = seen.get(named, -1) + 1
            yield (file, named, seen[named]), file, number, row


def growth(tables: Tables, before: Tables) -> Growth:
    """How far two releases lie apart."""
    one, two = _people(tables), _people(before)
    slack = sum(rounded_to(some)[0] // 2 for some in (tables, before))
    arms = gap(one[0][0], two[0][0], slack), gap(one[0][1], two[0][1], slack)
    rest = gap(one[2][0], two[2][0], slack), gap(one[2][1], two[2][1], slack)
    return Growth(arms, gap(one[1], two[1], slack), rest, slack)


def gap(a: int | None, b: int | None, slack: int) -> int | None:
    """By how many people two numbers differ; where they are rounded, by at least so many."""
    if a is None or b is None:
        return None
    return max(abs(a - b) - slack, 1) if a != b else 0


_Arms = tuple[int | None, int | None]


@once
def _people(tables: Tables) -> tuple[_Arms, int | None, _Arms]:
    """Exposed and control; pairs; unmatched exposed and control."""
    matched = (row for *_, row in rows(tables) if row.get("population") == "matched")
    told = [int(row["n_exposed"]) for row in matched if row.get("n_exposed") is not None]
    return (
        _sizes(tables, "table1.csv"),
        max(told, default=None),
        _sizes(tables, "table_unmatched.csv"),
    )


def _sizes(tables: Tables, file: str) -> _Arms:
    frame = tables.get(file, pl.DataFrame())
    found = (
        frame[name].max() if name in frame.columns else None for name in ("n_exposed", "n_control")
    )
    exposed, control = (None if n is None else int(str(n).split(".")[0]) for n in found)
    return exposed, control


def of_matched(file: str, row: dict[str, Any], words: str = "") -> bool:
    """Whether a row, or what stands under words in it, is of the matched or of the unmatched."""
    named = file in ("table3.csv", "table_unmatched.csv") or "matched" in words
    return named or row.get("population") in ("matched", "unmatched")


def counts(
    tables: Tables,
    before: Tables,
    smallest: int,
    *,
    search: bool = True,
    memory: Memory | None = None,
    beyond: int = 0,
) -> list[Cell]:
    """Every difference of two counts that is one of few people, or has too few values.

    `search`: also of counts that are hidden, from everything that both releases tell. `beyond`: so
    many more than few people are taken for few as well.
    """
    apart, now, then = growth(tables, before), known_of(tables), known_of(before)
    both = _joined(now.puzzle, then.puzzle) if search else Puzzle()
    both.memory = memory or Memory()
    there, found, asked = _keyed(before), list[Cell](), list[tuple[str, Place]]()
    for key, (cell, place, row) in _keyed(tables).items():
        if key not in there or _another(apart, place, row, tables):
            continue
        old = there[key][0]
        one, two = now.value(cell), then.value(old)
        if one is not None and two is not None:
            if 0 < abs(one - two) < smallest + beyond:
                found.append(Cell(place, True, (), smallest))
        elif search:
            gap = both.cell(f"new|{cell}")
            both.equal({f"now|{cell}": 1, f"then|{old}": -1, gap: -1}, assumed=True)
            asked.append((gap, place))
    values = [(place, tuple(both.values(gap, smallest))) for gap, place in asked]
    both.remember()
    return found + [Cell(place, False, some, smallest) for place, some in values if some]


def together(
    tables: Tables,
    before: Tables,
    smallest: int,
    memory: Memory | None = None,
) -> list[Cell]:
    """Hidden counts that two releases of the same people give together: each told what it told.

    So it is where a study is run again with another `smallest_cell`, or other subgroups.
    """
    now, then = known_of(tables), known_of(before)
    both = _joined(now.puzzle, then.puzzle)
    both.memory = memory or Memory()
    there, mine = _keyed(before), _keyed(tables)
    for key in mine.keys() & there.keys():
        both.equal({f"now|{mine[key][0]}": 1, f"then|{there[key][0]}": -1}, assumed=True)
    hidden = [(c, place) for c, place in now.where.items() if not now.is_shown(c)]
    values = [(place, tuple(both.values(f"now|{cell}", smallest))) for cell, place in hidden]
    both.remember()
    return [Cell(place, False, some, smallest) for place, some in values if some]


def _another(apart: Growth, place: Place, row: dict[str, Any], tables: Tables) -> bool:
    """Whether a count is of other people than the night before, as far as matching is anew."""
    refitted = kind(set(tables[place.file].columns)) in _REFITTED
    return refitted or (apart.matched_anew and of_matched(place.file, row, place.words))


known_of = once(collected)
"""Every count that a release tells, and what follows of it."""


@once
def _keyed(tables: Tables) -> dict[tuple[Identity, str], tuple[str, Place, dict[str, Any]]]:
    """The cells of a release by the row that they stand in, and the words that they stand under."""
    known = known_of(tables)
    at = {(file, number): (key, row) for key, file, number, row in rows(tables)}
    found = {}
    for cell, place in known.where.items():
        key, row = at[place.file, place.row]
        found[key, place.words] = cell, place, row
    return found


def _joined(now: Puzzle, then: Puzzle) -> Puzzle:
    """One puzzle of both releases."""
    both = Puzzle()
    for name, one in (("now", now), ("then", then)):
        for cell in one.lo:
            both.cell(f"{name}|{cell}", one.lo[cell], one.hi.get(cell, MOST))
        for fact in one.facts:
            terms = {f"{name}|{cell}": weight for cell, weight in fact.terms.items()}
            both.between(terms, fact.lo, fact.hi, assumed=fact.assumed)
    return both
