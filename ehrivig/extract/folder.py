"""The folder of an extract: every part of every table, what was left out and why, or a refusal.

A link is followed. What cannot be opened, what is no file, and what nobody recognises by its name
ends the run: rows could be in it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ehrivig.errors import ExtractError
from ehrivig.extract import file_names, hospital_names
from ehrivig.extract.files import MARKER, LeftOut
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

_LEAVE_OUT = "or begin its name with _ to leave it out"


@dataclass
class Found:
    """The tables of a folder with their files, and what else lies in it."""

    root: Path
    tables: dict[str, tuple[TableFile, ...]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    entries: dict[str, str] = field(default_factory=dict)

    def leave_out(self, path: Path, reason: str) -> None:
        """Note a file or folder that holds no rows of a table."""
        self.left_out.append(LeftOut(_where(path, self.root), reason))


def find_tables(root: Path) -> Found:
    """Every table of a folder with its Parquet files; ExtractError for all that is in doubt."""
    if not root.is_dir():
        raise ExtractError(
            f"extract: no folder {root.name!r}. Give the folder of the Parquet or CSV files."
        )
    found = Found(root)
    entries = _entries(root, root)
    for entry in entries:
        _refuse_unfinished(entry, entries, root)
        reason = "says whether data are simulated" if entry.name == MARKER else None
        reason = reason or file_names.why_left_out(entry.name)
        if reason:
            found.leave_out(entry, reason)
        else:
            _add(found, entry)
    if not found.tables:
        raise ExtractError(
            f"extract: {root.name!r} holds no table. A table is <table>.parquet, <table>.csv, or "
            "a folder of such files."
        )
    return found


def _add(found: Found, entry: Path) -> None:
    """Take in one entry of the extract: a table as one file, or as a folder of files."""
    name = file_names.table_of(entry.name)
    if name in found.entries:
        raise ExtractError(
            f"{name}: given twice in the extract, as {found.entries[name]} and {entry.name}. "
            "Remove one."
        )
    found.entries[name] = entry.name
    if _is_folder(entry, found.root):
        paths = sorted(_parts(found, entry))
        if not paths:
            raise ExtractError(
                f"{entry.name}: the folder holds no Parquet or CSV file. Fill or remove it."
            )
    else:
        paths = [_part(entry, found.root)]
    files = [TableFile(path, _hospital(path, entry, name)) for path in paths]
    _refuse_one_file_twice(files, found.root)
    _refuse_twin_folders(files, entry)
    _refuse_two_formats(files, found.root)
    found.tables[name] = tuple(files)


def _parts(found: Found, folder: Path) -> Iterator[Path]:
    """The Parquet files below a folder; notes what is left out."""
    if isinstance(folder, StorePath):
        yield from _objects(found, folder)
    else:
        yield from _files(found, folder, (_identity(found.root), _identity(folder)))


def _files(found: Found, folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """The Parquet files below a folder of this machine; `above`: the folders that it lies in."""
    inside = list(_entries(folder, found.root))
    if not inside and len(above) > 2:
        raise _refused(folder, found.root, "is an empty folder. Fill or remove it.")
    for path in inside:
        _refuse_unfinished(path, inside, found.root)
        reason = file_names.why_left_out(path.name)
        if reason:
            found.leave_out(path, reason)
        elif not _is_folder(path, found.root):
            yield _part(path, found.root)
        elif (identity := _identity(path)) in above:
            raise _refused(path, found.root, "is a link to a folder around it. Remove the link.")
        else:
            yield from _files(found, path, (*above, identity))


def _objects(found: Found, folder: StorePath) -> Iterator[Path]:
    """The Parquet files below a prefix of an object store, which is listed at once."""
    for path in (one for one in folder.rglob("*") if one.is_file()):
        steps = path.relative_to(folder).parts
        lakes = [told for step in steps if (told := file_names.lake(step))]
        if lakes:
            raise _refused(folder, found.root, _of_a_lake(lakes[0]))
        reasons = [told for step in steps if (told := file_names.why_left_out(step))]
        if reasons:
            found.leave_out(path, reasons[0])
        else:
            yield _part(path, found.root)


def _entries(folder: Path, root: Path) -> list[Path]:
    """What lies directly in a folder, sorted; ExtractError when it may not be listed."""
    try:
        return sorted(folder.iterdir())
    except PermissionError as error:
        raise _refused(
            folder, root, "may not be listed. Grant this user the right to read it."
        ) from error


def _is_folder(path: Path, root: Path) -> bool:
    """Whether a path is a folder, else a file; ExtractError for what is neither."""
    if isinstance(path, StorePath):
        return path.is_dir()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise _refused(path, root, "is a link to nowhere. Mend or remove the link.") from error
    except PermissionError as error:
        raise _refused(path, root, "may not be read. Grant this user the right to.") from error
    except OSError as error:  # ELOOP: a link that leads to itself
        raise _refused(path, root, "is a link that leads to itself. Mend or remove it.") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise _refused(path, root, f"is {_special(mode)}, no file. Remove it, {_LEAVE_OUT}.")
    return stat.S_ISDIR(mode)


def _special(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _part(path: Path, root: Path) -> Path:
    """A file that is a part by its name; ExtractError for one that nobody recognises."""
    if file_names.is_part(path.name):
        return path
    if _begins_as_parquet(path):
        raise _refused(
            path, root, f"is Parquet, but not named so. Call it <name>.parquet, {_LEAVE_OUT}."
        )
    raise _refused(
        path,
        root,
        "is neither Parquet (.parquet) nor CSV (.csv, .csv.gz, .tsv, .tsv.gz). Write its rows as "
        f"one of these, remove it, {_LEAVE_OUT}.",
    )


def _begins_as_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return bool(stream.read(4) == b"PAR1")
    except OSError:
        return False


def _refuse_unfinished(path: Path, beside: list[Path], root: Path) -> None:
    """ExtractError for what shows that a writer or a transfer did not finish, and for lakes."""
    names = {one.name for one in beside}
    whole = file_names.unfinished(path.name)
    if whole and whole not in names:
        raise _refused(
            path, root, f"is a transfer that was not finished. Finish it, or remove it ({whole})."
        )
    told = file_names.lake(path.name)
    if told:
        raise _refused(path.parent, root, _of_a_lake(told))
    begun = path.name == "_temporary" and "_SUCCESS" not in names
    if begun and any(one.is_file() for one in path.rglob("*")):
        raise _refused(path, root, "holds rows of a write that did not finish. Write them anew.")


def _of_a_lake(told: str) -> str:
    return f"is {told}. Write its present rows to plain Parquet files."


def _refuse_one_file_twice(files: list[TableFile], root: Path) -> None:
    """ExtractError when a link leads to another part of the same table."""
    seen: dict[tuple[int, int], Path] = {}
    for path in (file.path for file in files if not isinstance(file.path, StorePath)):
        other = seen.setdefault(_identity(path), path)
        if other != path:
            raise _refused(
                path, root, f"is the same file as {_where(other, root)}. Remove the link."
            )


def _refuse_two_formats(files: list[TableFile], root: Path) -> None:
    """ExtractError when a hospital has parts of a table in two formats: perhaps the same rows."""
    seen: dict[tuple[str | None, str], TableFile] = {}
    for file in files:
        own = file_names.format_of(file.path.name)
        others = (f for (who, how), f in seen.items() if who == file.hospital_id and how != own)
        for other in others:
            raise ExtractError(
                f"{file.where(root)} and {other.where(root)} hold one table in two formats. Keep "
                "one of them: the same rows could be in both."
            )
        seen.setdefault((file.hospital_id, own), file)


def _refuse_twin_folders(files: list[TableFile], entry: Path) -> None:
    """ExtractError when two folders of a table, written differently, name one hospital."""
    seen: dict[str, str] = {}
    for file in (one for one in files if one.hospital_id is not None):
        folder = next(n for n in _folders(file.path, entry) if n.startswith(hospital_names.HIVE))
        other = seen.setdefault(str(file.hospital_id), folder)
        if other != folder:
            raise ExtractError(
                f"{entry.name}: the folders {other!r} and {folder!r} name one hospital. Put its "
                "files into one of them."
            )


def _hospital(path: Path, entry: Path, table: str) -> str | None:
    """The hospital in the folder names of a file; ExtractError when there are two."""
    found = [name for name in _folders(path, entry) if name.startswith(hospital_names.HIVE)]
    if len(found) > 1:
        raise ExtractError(
            f"{table}: {path.name} lies in {found[0]!r} and in {found[1]!r}. Keep one of them."
        )
    return hospital_names.of_folder(found[0], table) if found else None


def _folders(path: Path, entry: Path) -> tuple[str, ...]:
    return path.relative_to(entry).parts[:-1]


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _where(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path != root else path.name


def _refused(path: Path, root: Path, why: str) -> ExtractError:
    return ExtractError(f"{_where(path, root)}: {why}")
