"""The releases that left before: each run carries them on, and none is told anew of few people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.release.attack.attack import read
from ehrivig.release.files import BEFORE, FOLDER
from ehrivig.store.sealed import MANIFEST, manifest

Tables = dict[str, pl.DataFrame]
HISTORY = "history.csv"
KEPT = "kept"
WHY = (
    "so few people are new since then that the difference of both releases would tell of them; "
    "the results of this run are beside it, for this hospital only"
)


def of_run(run: Path) -> list[Tables]:
    """The tables of the releases that a run has and carries, oldest first; none without one."""
    last = tables_of(run / FOLDER)
    return [*carried(run), *([last] if last else [])]


def carried(run: Path) -> list[Tables]:
    """The tables of the releases that a run carries, oldest first."""
    return [tables for place in _carried(run) if (tables := tables_of(place))]


def _carried(run: Path) -> list[Path]:
    place = run / BEFORE
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def tables_of(place: Path) -> Tables:
    """The tables of a release; what is no table any more (cut by hand) is none."""
    try:
        return compared(read(place))
    except UsageError:
        return {}


def compared(tables: Tables) -> Tables:
    """The tables that two releases are held against each other by: each estimate once."""
    return {name: frame for name, frame in tables.items() if name != "aggregate.csv"}


def carry(folder: Path, earlier: Path) -> None:
    """Let a run have the releases of the run before it, but for one that is the same as its own."""
    for path in _carried(earlier):
        shutil.copytree(path, folder / BEFORE / path.name)
    last, mine = _texts(earlier / FOLDER), _texts(folder / FOLDER)
    if last and last != mine:
        place = folder / BEFORE / f"{len(_carried(folder)) + 1:03d}"
        shutil.copytree(earlier / FOLDER, place)


def _texts(release: Path) -> dict[str, bytes]:
    """The tables of a release as they are; verdicts of checks, which are rounded, are none."""
    found = sorted(release.glob("*.csv")) if release.is_dir() else []
    there = (path for path in found if path.is_file() and path.name != "quality.csv")
    return {path.name: path.read_bytes() for path in there}


def keep(folder: Path, earlier: Path) -> None:
    """Put the release of the run before in the place of a run's own, and say so in it.

    A run that only checked has none, and carries those before it.
    """
    release = folder / FOLDER
    last = earlier / FOLDER if _texts(earlier / FOLDER) else _carried(earlier)[-1]
    told = manifest(last)
    shutil.rmtree(release)
    shutil.copytree(last, release)
    made = told.get(KEPT) or {"made_at": _ended(earlier), "why": WHY}
    text = json.dumps({**told, KEPT: made}, indent=1, sort_keys=True, ensure_ascii=False)
    (release / MANIFEST).write_text(text + "\n", encoding="utf-8")
    readme = release / "README.txt"
    words = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    first = f"Kept as it was made at {made['made_at']}: {made['why']}.\n\n"
    readme.write_text(words if words.startswith("Kept as ") else first + words, encoding="utf-8")


def kept_since(run: Path) -> str:
    """When the release of a run was made, where an earlier one was kept; empty where none was."""
    made = manifest(run / FOLDER).get(KEPT)
    return str(made.get("made_at", "")) if isinstance(made, dict) else ""


def _ended(run: Path) -> str:
    """When a run ended, by its history; "an earlier run" where that is cut."""
    try:
        rows = pl.read_csv(run / HISTORY, infer_schema_length=0)
        if "command" in rows.columns:
            rows = rows.filter(pl.col("command") == "run")
        return str(rows.filter(pl.col("exit_code") == "0")["finished_at"][-1])
    except (OSError, IndexError, pl.exceptions.PolarsError):
        return "an earlier run"
