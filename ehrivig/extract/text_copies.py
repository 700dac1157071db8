"""The delimited text among the files of an extract, with the copies that are read in its place."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract.delimited import Dialects, copied, declared
from ehrivig.extract.delimited.dialect import Dialect
from ehrivig.extract.file_names import SUFFIX, is_text
from ehrivig.extract.files import remembered
from ehrivig.extract.layouts import Layout
from ehrivig.extract.table_file import TableFile
from ehrivig.store import StorePath

COPIES = "copies"
"""The folder, within that of a run, for copies; gone when all is read."""
_Parts = dict[str, tuple[TableFile, ...]]


def with_copies(
    parts: Mapping[str, tuple[TableFile, ...]],
    root: Path,
    layout: Layout,
    place: Path | None,
    known: Collection[str],
) -> tuple[_Parts, Dialects | None]:
    """The files of each table, with a copy for those of delimited text, and how these are written.

    `place`: the folder for the copies; without it one that ends with the process. `known`: all
    tables of the extract.
    """
    if not any(is_text(file.path.name) for files in parts.values() for file in files):
        return dict(parts), None
    dialects = declared(root, layout.folder)
    strange = sorted(set(dialects.tables) - set(known))
    if strange:
        raise ExtractError(
            f"extract: csv.tables names {strange[0]}, and there is no such table. Mend the name."
        )
    base = place or _of_this_process()
    found: _Parts = {}
    for name, files in parts.items():
        ids = {c.name for c in layout.declared.get(name, ()) if c.kind == "key"} - {"hospital_id"}
        found[name] = tuple(
            _with_copy(file, root, base, dialects.of(name, file.path.name), ids)
            if is_text(file.path.name)
            else file
            for file in files
        )
    return found, dialects


def _with_copy(
    file: TableFile, root: Path, base: Path, dialect: Dialect, ids: set[str]
) -> TableFile:
    """One file with its copy; what keeps it from being read is told to its first reader."""
    where = file.where(root)
    to = base.joinpath(*Path(where).parts[:-1], f"{file.path.name}{SUFFIX}")
    before = _mark(file.path)
    try:
        copied(file.path, to, where, dialect, ids)
        if _mark(file.path) != before:
            raise ExtractError(
                f"{where}: changed while the run read the extract. Let the transfer finish, then "
                "run again."
            )
    except ExtractError as error:
        to.unlink(missing_ok=True)
        return replace(file, problem=str(error))
    except OSError as error:
        raise UsageError(
            f"extract: no room for the rows of {where}, which are written anew beside --out (else "
            f"in the folder for temporary files): {error.strerror or 'not written'}. Free space, "
            "or set TMPDIR."
        ) from error
    return replace(file, copy=to, dialect=dialect)


def _mark(path: Path) -> object:
    return path.mark() if isinstance(path, StorePath) else remembered(path)


@cache
def _of_this_process() -> Path:
    """A folder that only this user may enter, removed at the end of the process."""
    folder = Path(tempfile.mkdtemp(prefix="ehrivig-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
