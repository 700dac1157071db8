"""`ehrivig release --verify DIR`: the attack on a released folder, and its verdict in lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ehrivig.errors import UsageError
from ehrivig.release import before, nights
from ehrivig.release.attack import Cell, attack, told_anew
from ehrivig.release.attack.attack import read
from ehrivig.release.files import FOLDER
from ehrivig.release.whole import changes
from ehrivig.store.sealed import MANIFEST, manifest

DEFAULT_SMALLEST, MOST_SMALL, UNSIGNED = 5, 100, 3
_SHOWN = 20


@dataclass(frozen=True)
class Verified:
    """What the attack found in a folder, and what of it is not as the run left it.

    `anew`: what it tells, beside earlier releases, of the few in which they differ.
    """

    folder: str
    smallest: int
    cells: tuple[Cell, ...]
    changed: tuple[str, ...] = ()
    anew: tuple[Cell, ...] = ()

    @property
    def hidden(self) -> int:
        """Counts of people that are not shown."""
        return sum(not cell.shown for cell in self.cells)

    @property
    def disclosed(self) -> tuple[Cell, ...]:
        """Those that can be had all the same, and small ones that are shown."""
        return tuple(cell for cell in (*self.cells, *self.anew) if cell.disclosed)

    @property
    def fewest(self) -> int | None:
        """The fewest values that a hidden count can have, of those that may be small."""
        counted = [len(c.values) for c in self.cells if _may_be_small(c)]
        return min(counted, default=None)

    def lines(self) -> list[str]:
        """The verdict, and what was found."""
        found = self.disclosed
        verdict = "safe" if not found else f"{len(found)} counts of few people can be had"
        if self.changed and not found:
            verdict = "not as the run left it"
        least = f"; each can have {self.fewest} values or more" if self.fewest and not found else ""
        lines = [f"{self.folder}: {verdict} ({self.hidden} hidden cells{least})"]
        lines += [f"  {one}. Send the folder as the run wrote it" for one in self.changed]
        for cell in found[:_SHOWN]:
            lines.append(
                f"  {cell.place.file}, row {cell.place.row + 2}: {cell.place.words}: {_how(cell)}"
            )
        if len(found) > _SHOWN:
            lines.append(f"  ... and {len(found) - _SHOWN} more")
        return lines


def _how(cell: Cell) -> str:
    if cell.shown:
        return "shown" if cell.values else "told of few people"
    return f"one of {len(cell.values)} values" if cell.values else "no value fits what is told"


def _may_be_small(cell: Cell) -> bool:
    return not cell.shown and any(0 < value < cell.smallest for value in cell.values)


def verify(folder: Path, smallest: int | None = None, earlier: Sequence[Path] = ()) -> Verified:
    """Attack a released folder, or that of a run; UsageError when it holds no table.

    `earlier`: releases, or runs, that the attacker has as well; those that a run carries, too.
    """
    place = _release(folder)
    limit = smallest or _smallest(place)
    own = folder.resolve().name
    name = own if place == folder else f"{own}/{FOLDER}"
    cells, others = tuple(attack(place, limit)), [_earlier(one) for one in earlier]
    anew = _anew(place, [*before.carried(folder), *others], limit)
    return Verified(name, limit, cells, (*changes(place), *_unsigned(place)), anew)


def _unsigned(place: Path) -> tuple[str, ...]:
    """That a folder shows counts of one or two people without anybody who answers for it."""
    said = _smallest(place)
    signed = manifest(place).get("small_cells")
    by = signed.get("signed_by") if isinstance(signed, dict) else None
    if said >= UNSIGNED or by:
        return ()
    return (f"smallest_cell {said} is signed by nobody in {MANIFEST}",)


def _release(folder: Path) -> Path:
    inside = folder / FOLDER
    return inside if inside.is_dir() else folder


def _earlier(folder: Path) -> nights.Tables:
    """The tables of an earlier release, or of that of a run."""
    return before.compared(read(_release(folder)))


def _anew(place: Path, others: list[nights.Tables], smallest: int) -> tuple[Cell, ...]:
    """What a release tells, beside each of the others, of the few in which they differ."""
    mine, found = before.compared(read(place)), list[Cell]()
    for one in others:
        points = told_anew.points(mine, one, smallest)
        found += [*nights.found_in(mine, [one], smallest), *points]
    return tuple({(c.place.file, c.place.row, c.place.words): c for c in found}.values())


def _smallest(place: Path) -> int:
    """The smallest cell that the folder says it was made with."""
    content = manifest(place)
    study = content.get("study_file")
    report = study.get("report") if isinstance(study, dict) else None
    said = report.get("smallest_cell") if isinstance(report, dict) else None
    found = content.get("smallest_cell") or said or DEFAULT_SMALLEST
    if not isinstance(found, int) or not 0 <= found <= MOST_SMALL:
        raise UsageError(
            f"release: smallest_cell in {place.name}/{MANIFEST} is no count of people. Verify the "
            "folder as the run left it."
        )
    return found
