"""The one door out: `RUN/release/`, and everything else for nobody but its owner."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.disclosure import nearest, small, small_proportion
from ehrivig.release import apart, before, calibrated, copies, doses, hidden, nights, piled
from ehrivig.release.attack.attack import Cell
from ehrivig.release.files import BEFORE, FOLDER, LOCAL, RELEASED, may_leave
from ehrivig.release.rounded import of_words, rounded
from ehrivig.store import cells
from ehrivig.store.sealed import seal
from ehrivig.study.plan import Report

_TOLD = (
    *("package", "version", "engines", "study", "study_hash", "seed", "warnings", "synthetic"),
    *("declared_protocol", "code", "hospitals", "dropped_hospitals", "exit_code", "fingerprint"),
)
"""What the released manifest says of the whole one: nothing with a path, a file or its rows."""
_OF_PEOPLE = ("admissions", "cohort", "exposed", "pairs")
"""Numbers of the manifest that count people."""
_KEPT = ("manifest.json", "history.csv", "metrics.prom", "quality/measurements.parquet")
"""What stays beside the release of a run that keeps no patient: without it no next run is one."""


_OF_ATTEMPTS = "history.csv"
"""Read back by every run; its words are the program's own."""


EFFECTS = "effects.csv"
PROTOCOL = "protocol.json"
"""It follows from the study file alone."""


def write_tables(folder: Path, report: Report, earlier: Path) -> bool:
    """Write `release/` of a run: its tables, with what is not shown hidden.

    Report, figures and aggregate are made from it and in it. Whether it may leave: not where it
    differs by so few people from the release of the `earlier` run that this one is kept instead.
    """
    release, smallest = folder / FOLDER, report.smallest_cell
    release.mkdir()
    exact = _tables(folder)
    first = {name: copies.first(name, frame, smallest) for name, frame in exact.items()}
    left = apart.of_run(folder, smallest)
    first = piled.rounded(doses.rounded(apart.hide(first, left)))
    first["quality.csv"] = _quality(folder, smallest)
    tables, done, found = hidden.until_safe(first, smallest)
    if report.counts_rounded_to:
        tables = rounded(tables, report.counts_rounded_to, smallest)
        tables, more, found = hidden.until_safe(tables, smallest)
        done += more
    beside = nights.held_against(tables, before.of_run(earlier), smallest)
    alone, tables = tables, tables if beside is None else beside
    if EFFECTS in exact and EFFECTS in tables:
        tables = tables | {EFFECTS: calibrated.hide(tables[EFFECTS], exact[EFFECTS])}
    for name, frame in tables.items():
        if frame.columns:
            frame.write_csv(release / name)
    if (folder / PROTOCOL).is_file():
        shutil.copyfile(folder / PROTOCOL, release / PROTOCOL)
    done += _beside(alone, tables)
    _manifest(folder, release, report, done, found, left.few)
    readme = _released(report, done, found)
    (release / "README.txt").write_text(readme, encoding="utf-8")
    return beside is not None


def _beside(alone: dict[str, pl.DataFrame], tables: dict[str, pl.DataFrame]) -> list[str]:
    """How many rows of each table are hidden only because of a release before, in words."""
    lost = {
        name: nights.told({name: frame}) - nights.told({name: tables[name]})
        for name, frame in alone.items()
    }
    words = "rows differ by few people from the release before"
    return [f"{name}: {rows} {words}" for name, rows in lost.items() if rows]


def _tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a run that may leave, by name; one without rows has its columns."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        if may_leave(path.name) and path.stat().st_size > 1:
            found[path.name] = cells.read(path)
    if "lints.csv" in found and "numbers" in found["lints.csv"].columns:
        found["lints.csv"] = found["lints.csv"].drop("numbers")
    return found


def _quality(folder: Path, smallest: int) -> pl.DataFrame:
    """The verdicts of all checks, with counts rounded down to a multiple of the smallest cell."""
    path = folder / "quality" / "checks.csv"
    if not path.is_file():
        return pl.DataFrame()
    checks = cells.read(path)
    return checks.with_columns(
        pl.col(name) // max(smallest, 1) * max(smallest, 1) for name in ("violated", "denominator")
    )


def _manifest(
    folder: Path,
    release: Path,
    report: Report,
    done: list[str],
    found: list[Cell],
    few_unmatched: bool,
) -> None:
    """What the run's manifest tells, and what was hidden; `few_unmatched`: so are the pairs."""
    whole = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    smallest = report.smallest_cell
    told: dict[str, Any] = {name: whole[name] for name in _TOLD if name in whole}
    told["layout"] = Path(str(whole.get("layout", ""))).name
    to = report.counts_rounded_to
    told["message"] = of_words(copies.words(str(whole.get("message", "")), smallest), to)
    numbers = whole.get("numbers", {})
    nearly_all = {"pairs": few_unmatched, "exposed": _few_of_an_arm(numbers, smallest)}
    told["numbers"] = {
        name: None
        if small(n, smallest) or nearly_all.get(name)
        else nearest(n, to if name in _OF_PEOPLE else 0)
        for name, n in numbers.items()
    }
    told["smallest_cell"] = smallest
    if to:
        told["counts_rounded_to"] = to
    if report.small_cells_signed_by:
        signed = {"signed_by": report.small_cells_signed_by, "reason": report.small_cells_reason}
        told["small_cells"] = signed
    told["hidden_cells"] = sum(not cell.shown for cell in found)
    told["hidden_by_the_attack"] = done
    (release / "manifest.json").write_text(_json(told), encoding="utf-8")


def _few_of_an_arm(numbers: dict[str, int], smallest: int) -> bool:
    return small_proportion(numbers.get("exposed"), numbers.get("cohort"), smallest)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False) + "\n"


def _released(report: Report, done: list[str], found: list[Cell]) -> str:
    smallest, to = report.smallest_cell, report.counts_rounded_to
    counted = [len(cell.values) for cell in found if not cell.shown and not cell.disclosed]
    lines = [
        "This folder may leave the hospital. It holds no row of a patient.",
        "",
        f"Counts of people from 1 to {smallest - 1} are not shown, nor what gives them.",
        *([f"Counts are rounded to the nearest {to}, and what follows from them."] * bool(to)),
        f"Cells that are hidden and were attacked with every number here: {len(counted)};",
        f"each can still have at least {smallest} values, or no small one.",
        "Curves step on whole days, when enough people had the event since the last step.",
        "Check it again with: ehrivig release --verify FOLDER",
        "A later release is held against this one: what few more people would change is hidden,",
        "or this one is kept. So send releases of one output folder only.",
        "",
        *(
            ["Hidden because the attack found it:", *(f"- {line}" for line in done), ""]
            * bool(done)
        ),
        *(f"{name}: {words}" for name, words in RELEASED.items()),
    ]
    return "\n".join(lines) + "\n"


def bring(folder: Path, names: Iterable[str]) -> None:
    """Copy what was made from the released tables to where it has always lain in the run."""
    for name in names:
        source, target = folder / FOLDER / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, target)


def leave_release_alone(folder: Path) -> None:
    """Remove of a run everything but its release, whose tables also stay under their old names."""
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if name in _KEPT or name.split("/")[0] in (FOLDER, BEFORE):
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        else:
            path.unlink()
    for path in sorted((folder / FOLDER).iterdir()):
        if path.name not in ("manifest.json", "README.txt"):
            copy = shutil.copytree if path.is_dir() else shutil.copyfile
            copy(path, folder / path.name)


def close(folder: Path) -> None:
    """Say which file is what, and let nobody but the owner read what is local."""
    lines = [
        f"Only the folder {FOLDER}/ may leave the hospital. Everything else here is local: tables",
        "with a row per patient, counts of few people, paths of this machine.",
        "",
        *(f"{name}: {words}" for name, words in LOCAL.items() if any(folder.glob(name))),
    ]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for path in sorted(folder.rglob("*.csv")):
        if path.name != _OF_ATTEMPTS:
            cells.mend(path)
    seal(folder / FOLDER)
    shut(folder)


def shut(folder: Path) -> None:
    """Files 0600 and folders 0700, whatever the umask; links are left alone."""
    for place, folders, files in os.walk(folder):
        os.chmod(place, 0o700)
        for name in (*folders, *files):
            path = Path(place) / name
            if not path.is_symlink():
                path.chmod(0o700 if path.is_dir() else 0o600)
