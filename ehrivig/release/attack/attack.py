"""The attack on a folder: which counts of people that are hidden can be had after all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.release.attack import (
    arms,
    flows,
    ledger,
    left_over,
    nested,
    outside,
    started,
    steps,
    use,
)
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.memory import Memory
from ehrivig.release.attack.multiples import rounded_to
from ehrivig.store import cells


@dataclass(frozen=True)
class Cell:
    """A count of people: where it stands, whether it is shown, and values that it can have.

    `values` are no more than `smallest`, smallest first. It is empty of what is told of few people,
    and where no value fits what is told, or the search for one took too long.
    `beside`: the other rows that tell of the same variable.
    """

    place: Place
    shown: bool
    values: tuple[int, ...]
    smallest: int
    beside: tuple[Place, ...] = ()

    @property
    def disclosed(self) -> bool:
        """Whether fewer values than `smallest` are left, and one of them is a small count."""
        few = len(self.values) < self.smallest
        return few and (not self.values or any(0 < v < self.smallest for v in self.values))


def attack(folder: Path, smallest: int) -> list[Cell]:
    """Every count of people in a folder of released tables that is hidden, or small and shown.

    Raises UsageError for a folder without a table.
    """
    tables = read(folder)
    try:
        return of_tables(tables, smallest)
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"release: a table of {folder.name!r} holds no numbers where counts belong, or lacks a "
            "column. Verify the folder as the run left it."
        ) from error


def read(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a folder by name; UsageError when there is none, or one that is no table."""
    paths = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not paths:
        raise UsageError(
            f"release: {folder.name!r} holds no table (*.csv). Give a released folder."
        )
    found = {}
    for path in paths:
        if not path.is_file():
            raise UsageError(f"release: {path.name} is no file. Take it away, and verify again.")
        try:
            found[path.name] = cells.read(path)
        except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
            if path.stat().st_size < 2:
                continue
            raise UsageError(f"release: {path.name} is no table. Replace it.") from error
        _refuse_no_counts(path.name, found[path.name])
    return found


def _refuse_no_counts(name: str, frame: pl.DataFrame) -> None:
    """UsageError where a count is infinite or no number."""
    for column, kind_ in frame.schema.items():
        if kind_.is_float() and _COUNT.fullmatch(column) and not frame[column].is_finite().all():
            raise UsageError(f"release: {name}: {column} holds what is no count. Replace the file.")


def of_tables(
    tables: dict[str, pl.DataFrame],
    smallest: int,
    memory: Memory | None = None,
) -> list[Cell]:
    """As `attack`, of tables by file name; `memory` is kept from one attack to the next."""
    known = collected(tables, smallest)
    known.puzzle.memory = memory or Memory()
    found = []
    for cell, place in known.where.items():
        puzzle = known.puzzle
        shown = known.is_shown(cell)
        if shown and not 0 < known.shown[cell] < smallest:
            continue
        if puzzle.known(cell) and not puzzle.lo[cell]:
            continue  # there is nobody
        if known.is_large(cell, smallest):
            continue
        values = tuple(puzzle.values(cell, smallest))
        found.append(Cell(place, shown, values, smallest, _beside(known, place)))
    known.puzzle.remember()
    few = [Cell(place, True, (), smallest) for place in known.told_of_few]
    return found + few


def _beside(known: Known, place: Place) -> tuple[Place, ...]:
    """The rows that tell of a variable, but for the one itself; what is missed least first."""
    rows = known.spoken_of.get(place.variable, ())
    return tuple(one for one in rows if (one.file, one.row) != (place.file, place.row))


def collected(tables: dict[str, pl.DataFrame], fewest: int = 5) -> Known:
    """Everything that tables tell; what is read first gives the sizes of the arms to the rest."""
    to, least = rounded_to(tables)
    known = Known(rounded_to=to, smallest=least, fewest=fewest)
    nested.names(known, tables)
    for wanted in _READERS:
        for file, frame in tables.items():
            if not frame.is_empty() and kind(set(frame.columns)) == wanted:
                _READERS[wanted](known, file, frame)
    arms.parts(known)
    nested.nested(known, tables)
    left_over.by_outcome(known, tables)
    left_over.in_no_pair(known)
    started.started(known, tables)
    ledger.procedures(known)
    outside.outside(known, tables)
    use.detectable(known, tables)
    return known


def is_count(column: str) -> bool:
    """Whether a column counts people or rows, by its name."""
    return _COUNT.fullmatch(column) is not None


_COUNT = re.compile(
    r"(n|events|exposed|control|unknown|transferred|patients|admissions|excluded|courses|number"
    r"|people|persons|cycles|rows)(_\w+)?"
)
_READERS = {
    "descriptive": arms.descriptive,
    "balance": arms.balance,
    "attrition": flows.attrition,
    "ledger": ledger.ledger,
    "bins": flows.bins,
    "follow_up": flows.follow_up,
    "histogram": flows.histogram,
    "effects": flows.effects,
    "curves": steps.curves,
    "use": use.use,
    "coefficients": flows.coefficients,
    "days": use.days,
    "regimens": use.regimens,
    "diagnostics": use.diagnostics,
}
_COLUMNS = {
    "descriptive": {"kind", "variable", "events_exposed", "events_all"},
    "balance": {"covariate", "ks_matched", "mean_exposed_matched"},
    "attrition": {"step", "hospital_id", "admissions", "excluded"},
    "ledger": {"rows_read", "rows_used", "rows_quarantined"},
    "bins": {"exposed", "control"},
    "follow_up": {"arm", "n", "unknown", "transferred"},
    "coefficients": {"term", "n", "events"},
    "days": {"arm", "n_pairs"},
    "regimens": {"regimen", "suppressed"},
    "diagnostics": {"diagnostic", "value", "verdict"},
    "histogram": {"lo", "hi", "n"},
    "curves": {"curve", "time", "estimate"},
    "use": {"courses", "patients", "suppressed"},
    "effects": {"n_exposed", "events_exposed", "n_control"},
}
"""A table is known by its columns, not by its name."""


def kind(columns: set[str]) -> str:
    """What a table tells, by its columns; empty for one that tells nothing of people."""
    return next((kind for kind, wanted in _COLUMNS.items() if wanted <= columns), "")
