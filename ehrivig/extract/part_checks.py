"""What lies in a folder of an extract, and parts that cannot be read: refused by their names."""

from __future__ import annotations

import stat
from pathlib import Path

from ehrivig.errors import ExtractError
from ehrivig.extract import file_names, hospital_names
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

LEAVE_OUT = "or begin its name with _ to leave it out"


def refuse_one_file_twice(files: list[TableFile], root: Path) -> None:
    """ExtractError when a link leads to another part of the same table."""
    seen: dict[tuple[int, int], Path] = {}
    for path in (file.path for file in files if not isinstance(file.path, StorePath)):
        other = seen.setdefault(identity(path), path)
        if other != path:
            raise refused(
                path, root, f"is the same file as {where_in(other, root)}. Remove the link."
            )


def refuse_two_formats(files: list[TableFile], root: Path) -> None:
    """ExtractError when a hospital has parts of a table in two formats: perhaps the same rows."""
    seen: dict[tuple[str | None, str], TableFile] = {}
    for file in files:
        own = file_names.format_of(file.path.name)
        others = (f for (who, how), f in seen.items() if who == file.hospital_id and how != own)
        for other in others:
            raise refused(
                file.path,
                root,
                f"holds rows of a table in another format than {other.where(root)}. Keep one of "
                "them: the same rows could be in both.",
            )
        seen.setdefault((file.hospital_id, own), file)


def refuse_twin_folders(files: list[TableFile], root: Path, table: str) -> None:
    """ExtractError when two folders of a table, written differently, name one hospital."""
    seen: dict[str, str] = {}
    for file in (one for one in files if one.hospital_id is not None and one.folders):
        folder = next(n for n in folders(file.path, root) if n.startswith(hospital_names.HIVE))
        other = seen.setdefault(str(file.hospital_id), folder)
        if other != folder:
            raise ExtractError(
                f"{table}: the folders {other!r} and {folder!r} name one hospital. Put its "
                "files into one of them."
            )


def identity(path: Path) -> tuple[int, int]:
    """What a path of this machine is, whatever link leads to it."""
    found = path.stat()
    return found.st_dev, found.st_ino


def where_in(path: Path, root: Path) -> str:
    """The path below an extract, as messages name it."""
    return path.relative_to(root).as_posix() if path != root else path.name


def refused(path: Path, root: Path, why: str) -> ExtractError:
    """The error that names a path."""
    return ExtractError(f"{where_in(path, root)}: {why}")


def folders(path: Path, root: Path) -> tuple[str, ...]:
    """The folders in which a file lies, below the extract."""
    return path.relative_to(root).parts[:-1]


def entries_of(folder: Path, root: Path) -> list[Path]:
    """What lies directly in a folder, sorted; ExtractError when it may not be listed."""
    try:
        return sorted(folder.iterdir())
    except PermissionError as error:
        raise refused(
            folder, root, "may not be listed. Grant this user the right to read it."
        ) from error


def is_folder(path: Path, root: Path) -> bool:
    """Whether a path is a folder, else a file; ExtractError for what is neither."""
    if isinstance(path, StorePath):
        return path.is_dir()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise refused(path, root, "is a link to nowhere. Mend or remove the link.") from error
    except PermissionError as error:
        raise refused(path, root, "may not be read. Grant this user the right to.") from error
    except OSError as error:  # ELOOP: a link that leads to itself
        raise refused(path, root, "is a link that leads to itself. Mend or remove it.") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise refused(path, root, f"is {_special(mode)}, no file. Remove it, {LEAVE_OUT}.")
    return stat.S_ISDIR(mode)


def part(path: Path, root: Path) -> Path:
    """A file that is a part by its name; ExtractError for one that nobody recognises."""
    if file_names.is_part(path.name):
        return path
    if _begins_as_parquet(path):
        raise refused(
            path, root, f"is Parquet, but not named so. Call it <name>.parquet, {LEAVE_OUT}."
        )
    raise refused(
        path,
        root,
        "is neither Parquet (.parquet) nor CSV (.csv, .csv.gz, .tsv, .tsv.gz). Write its rows as "
        f"one of these, remove it, {LEAVE_OUT}.",
    )


def _begins_as_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return bool(stream.read(4) == b"PAR1")
    except OSError:
        return False


def _special(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
