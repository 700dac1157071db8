"""What a case is: a change of the tables of one hospital, and what is right for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from mutations.patients import Clean, Frames, plan
from mutations.trial import Seen, attempt
from mutations.verdict import PEOPLE, changed_people

Change = Callable[[Frames], Frames]
EQUAL, SAME_PEOPLE, SAME_ANSWERS = "equal", "same people", "same answers"
"""The tables of a clean hospital; who is studied, treated, how, and when who died, as in it, or
unknown where a warning says so; the same but for the dates of deaths.
"""
COLUMNS = {
    SAME_PEOPLE: PEOPLE,
    SAME_ANSWERS: {name: PEOPLE[name] for name in ("analysis", "dosing")},
}


@dataclass(frozen=True)
class Case:
    """`right`: EQUAL, SAME_PEOPLE, SAME_ANSWERS, or the check that fails the hospital. `words`: of
    its sentences, or of a warning where the hospital stays. `alone`: it changes what a network
    can be asked, and has one of its own.
    """

    id: str
    what: str
    change: Change
    right: str = EQUAL
    words: tuple[str, ...] = ()
    alone: bool = False

    @property
    def name(self) -> str:
        """The case as tests are called."""
        return f"{self.id} {self.what}"


def null(*names: str) -> list[pl.Expr]:
    """Nothing in some columns."""
    return [pl.lit(None).alias(name) for name in names]


def empty(*names: str) -> list[pl.Expr]:
    """Empty texts in some columns."""
    return [pl.lit("").alias(name) for name in names]


def of_table(table: str, *values: pl.Expr, where: pl.Expr | None = None) -> Change:
    """Other values in some columns of a table, in all rows or in some."""

    def changed(frames: Frames) -> Frames:
        frame = frames[table]
        here = pl.lit(True) if where is None else where
        new = [
            pl.when(here).then(value).otherwise(pl.col(name := value.meta.output_name()))
            .alias(name).cast(frame.schema[name])
            for value in values
        ]  # fmt: skip
        return frames | {table: frame.with_columns(new)}

    return changed


def rows_of(table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Change:
    """Other rows of a table."""
    return lambda frames: frames | {table: change(frames[table])}


Found = dict[str, tuple[Seen, Seen]]
"""Case by name -> what became of the clean hospital beside it, and of its own."""


def became(clean: Clean, cases: Iterable[Case], folder: Path) -> Found:
    """What became of every case of a layout."""
    together = [[case for case in cases if not case.alone]]
    networks = together + [[case] for case in cases if case.alone]
    return {name: both for network in networks for name, both in _of(clean, network, folder)}


def _of(clean: Clean, cases: list[Case], folder: Path) -> Iterator[tuple[str, tuple[Seen, Seen]]]:
    copies = {0: clean.copy(0)}
    for number, case in enumerate(cases, start=1):
        copies[number] = case.change(clean.copy(number))
    shutil.rmtree(folder / "extract", ignore_errors=True)
    clean.write(folder / "extract", copies)
    found = attempt(folder / "extract", plan(clean, copies), folder / "out")
    for number, case in enumerate(cases, start=1):
        yield case.name, (found[clean.name(0)], found[clean.name(number)])


def fault(case: Case, clean: Seen, seen: Seen) -> str:
    """What is wrong of what became of a case; empty when it is right."""
    said = (*seen.said, *(line for _, line in seen.warned.values()))
    for word in case.words:
        if not any(word in line for line in said):
            return f"nobody says {word!r}: {said}"
    if case.right not in (EQUAL, *COLUMNS):
        stopped = seen.exit_code == 3 and any(case.right in line for line in seen.said)
        return "" if stopped else f"exit {seen.exit_code}, said: {seen.said}"
    if seen.exit_code:
        return f"exit {seen.exit_code}: {seen.said}"
    if case.right in COLUMNS:
        return "; ".join(changed_people(clean, seen, COLUMNS[case.right]))
    same = (frame.equals(seen.tables[name]) for name, frame in clean.tables.items())
    return "" if all(same) else f"other tables: {changed_people(clean, seen, PEOPLE)}"
