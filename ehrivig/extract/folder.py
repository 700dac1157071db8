"""The folder of an extract: every part of every table, what was left out and why, or a refusal.

A link is followed. What cannot be opened, what is no file, and what nobody recognises by its name
ends the run: rows could be in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ehrivig.errors import ExtractError
from ehrivig.extract import file_names, hospital_names, lakes
from ehrivig.extract.files import DATABASE_SUFFIXES, MARKER, LeftOut
from ehrivig.extract.part_checks import (
    LEAVE_OUT,
    entries_of,
    folders,
    identity,
    is_folder,
    part,
    refuse_one_file_twice,
    refuse_twin_folders,
    refuse_two_formats,
    refused,
    where_in,
)
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

_DEEPEST = 2
"""Folders that may lie around tables: a schema and a hospital."""


@dataclass
class Found:
    """The tables of a folder with their files, and what else lies in it.

    `entries`: where each table was found first; `places`: where, by the hospital around it.
    """

    root: Path
    tables: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)
    places: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def leave_out(self, path: Path, reason: str) -> None:
        """Note a file or folder that holds no rows of a table."""
        self.left_out.append(LeftOut(where_in(path, self.root), reason))


def find_tables(root: Path, wanted: Collection[str] = ()) -> Found:
    """Every table of a folder with its files; ExtractError for all that is in doubt.

    `wanted`: the tables that are asked for. A folder of another name that holds some of them is a
    schema, and a folder hospital_id=... that lies around tables holds those of a hospital.
    """
    if not root.is_dir():
        raise ExtractError(
            f"extract: no folder {root.name!r}. Give the folder of the Parquet or CSV files."
        )
    found = Found(root)
    _add_all(found, root, {name.lower() for name in wanted})
    if not found.tables:
        raise ExtractError(
            f"extract: {root.name!r} holds no table. A table is <table>.parquet, <table>.csv, or "
            "a folder of such files."
        )
    return found


def database_in(root: Path) -> Path:
    """The DuckDB file that lies in a folder instead of tables; else the folder itself.

    ExtractError for such a file beside tables, or beside another one.
    """
    if isinstance(root, StorePath) or not root.is_dir():
        return root
    entries = [
        path
        for path in entries_of(root, root)
        if path.name != MARKER and not file_names.why_left_out(path.name)
    ]
    found = [path for path in entries if path.name.lower().endswith(DATABASE_SUFFIXES)]
    if not found:
        return root
    journal = f"{found[0].name}.wal"
    others = [path.name for path in entries if path.name not in (found[0].name, journal)]
    if others:
        raise ExtractError(
            f"extract: {found[0].name} is a DuckDB file and lies beside {others[0]}. Give the file "
            f"itself (--extract {root.name}/{found[0].name}), {LEAVE_OUT}."
        )
    is_folder(found[0], root)
    return found[0]


def _add_all(found: Found, folder: Path, wanted: Collection[str]) -> None:
    """Take in what lies in the extract, in a schema of it, or in the folder of a hospital."""
    entries = entries_of(folder, found.root)
    for entry in entries:
        _refuse_unfinished(entry, entries, found.root)
        if entry.name == MARKER and folder != found.root:
            given = f"{found.root.name}/{where_in(folder, found.root)}"
            why = (
                f"is an extract of its own, by its {MARKER}. Give that folder (--extract {given})."
            )
            raise refused(folder, found.root, why)
        reason = "says whether data are simulated" if entry.name == MARKER else None
        reason = reason or file_names.why_left_out(entry.name)
        if reason:
            found.leave_out(entry, reason)
        elif _holds_tables(entry, found.root, wanted):
            _add_all(found, entry, wanted)
        else:
            _add(found, entry)


def _holds_tables(entry: Path, root: Path, wanted: Collection[str]) -> bool:
    """Whether an entry is no table but a folder of tables: of a hospital, or a schema."""
    if file_names.table_of(entry.name) in wanted or not is_folder(entry, root):
        return False
    if len(entry.relative_to(root).parts) > _DEEPEST:
        return False
    if entry.name.startswith(hospital_names.HIVE):
        return True
    inside = (path.name for path in entries_of(entry, root))
    return any(
        file_names.table_of(name) in wanted and not file_names.why_left_out(name) for name in inside
    )


def _add(found: Found, entry: Path) -> None:
    """Take in one entry of the extract: a table as one file, or as a folder of files."""
    name = file_names.table_of(entry.name)
    where = where_in(entry, found.root)
    around = _of_hospital(entry.parent, found.root)
    for (table, hospital), other in found.places.items():
        if table == name and (hospital == around or None in (hospital, around)):
            raise ExtractError(
                f"{name}: given twice in the extract, as {other} and {where}. Remove one."
            )
    found.places[name, around] = where
    found.entries.setdefault(name, where)
    if is_folder(entry, found.root):
        files = sorted(_parts(found, entry), key=lambda file: file.path)
        kind = None if files else lakes.kind_of(entry, entries_of(entry, found.root))
        if kind:
            found.leave_out(entry, f"{kind} table without rows")
            return
        if not files:
            raise ExtractError(
                f"{entry.name}: the folder holds no Parquet or CSV file. Fill or remove it."
            )
    else:
        files = [TableFile(part(entry, found.root), None)]
    files = [_placed(file, found.root, name) for file in files]
    files = [*found.tables.get(name, ()), *files]
    refuse_one_file_twice(files, found.root)
    refuse_twin_folders(files, found.root, name)
    refuse_two_formats(files, found.root)
    found.tables[name] = tuple(files)


def _parts(found: Found, folder: Path) -> Iterator[TableFile]:
    """The Parquet files below a folder; notes what is left out."""
    if isinstance(folder, StorePath):
        yield from (TableFile(path, None) for path in _objects(found, folder))
    else:
        yield from _files(found, folder, (identity(found.root), identity(folder)))


def _files(found: Found, folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[TableFile]:
    """The Parquet files below a folder of this machine; `above`: the folders that it lies in."""
    inside = list(entries_of(folder, found.root))
    if lakes.kind_of(folder, inside):
        yield from lakes.files(folder, found.root, found.leave_out)
        return
    if not inside and len(above) > 2:
        raise refused(folder, found.root, "is an empty folder. Fill or remove it.")
    for path in inside:
        _refuse_unfinished(path, inside, found.root)
        reason = file_names.why_left_out(path.name)
        if reason:
            found.leave_out(path, reason)
        elif not is_folder(path, found.root):
            yield TableFile(part(path, found.root), None)
        elif (own := identity(path)) in above:
            raise refused(path, found.root, "is a link to a folder around it. Remove the link.")
        else:
            yield from _files(found, path, (*above, own))


def _objects(found: Found, folder: StorePath) -> Iterator[Path]:
    """The Parquet files below a prefix of an object store, which is listed at once."""
    for path in (one for one in folder.rglob("*") if one.is_file()):
        steps = path.relative_to(folder).parts
        told = next((told for step in steps if (told := file_names.lake(step))), None)
        if told:
            raise refused(folder, found.root, _of_a_lake(told))
        reasons = [told for step in steps if (told := file_names.why_left_out(step))]
        if reasons:
            found.leave_out(path, reasons[0])
        else:
            yield part(path, found.root)


def _refuse_unfinished(path: Path, beside: list[Path], root: Path) -> None:
    """ExtractError for what shows that a writer or a transfer did not finish, and for lakes."""
    names = {one.name for one in beside}
    whole = file_names.unfinished(path.name)
    if whole and whole not in names:
        raise refused(
            path, root, f"is a transfer that was not finished. Finish it, or remove it ({whole})."
        )
    kind = lakes.kind_of(path.parent, [path])
    if kind:
        raise refused(
            path.parent, root, f"is {kind} table itself. Give the folder that it lies in."
        )
    told = file_names.lake(path.name)
    if told:
        raise refused(path.parent, root, _of_a_lake(told))
    begun = path.name == "_temporary" and "_SUCCESS" not in names
    if begun and any(one.is_file() for one in path.rglob("*")):
        raise refused(path, root, "holds rows of a write that did not finish. Write them anew.")


def _of_a_lake(told: str) -> str:
    return f"is {told}. Write its present rows to plain Parquet files."


def _of_hospital(folder: Path, root: Path) -> str | None:
    """The folder hospital_id=... that lies around the tables in a folder; None without one."""
    steps = folder.relative_to(root).parts if folder != root else ()
    return next((name for name in steps if name.startswith(hospital_names.HIVE)), None)


def _placed(file: TableFile, root: Path, table: str) -> TableFile:
    """A file with the hospital that folders around it name, where these say anything."""
    return replace(file, hospital_id=_hospital(file.path, root, table)) if file.folders else file


def _hospital(path: Path, root: Path, table: str) -> str | None:
    """The hospital in the folder names of a file; ExtractError when there are two."""
    found = [name for name in folders(path, root) if name.startswith(hospital_names.HIVE)]
    if len(found) > 1:
        raise ExtractError(
            f"{table}: {path.name} lies in {found[0]!r} and in {found[1]!r}. Keep one of them."
        )
    return hospital_names.of_folder(found[0], table) if found else None
