"""The files of a table in pieces: each has one set of columns and types, and is read at once.

Usually a table is one piece. Files that differ in a type are shown each in its own way, and united.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ehrivig.database import Database
from ehrivig.errors import ExtractError, OutOfReach
from ehrivig.extract.delimited.dialect import Dialect
from ehrivig.extract.file_names import hive_key
from ehrivig.extract.footers import schema, signature
from ehrivig.extract.hospital_names import HIVE
from ehrivig.extract.table_file import TableFile
from ehrivig.literals import literal, render

_HOSPITAL = HIVE.rstrip("=")

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Piece:
    """Files that are read by one statement.

    `source`: SQL that reads them; `types`: column as written -> DuckDB type, in order; `files`:
    none for a table of a database.
    """

    source: str
    types: dict[str, str]
    files: tuple[TableFile, ...] = ()

    @property
    def of_several(self) -> bool:
        """Whether it may hold rows of several hospitals: a table, a file in no folder of one."""
        return not self.files or any(file.hospital_id is None for file in self.files)

    def named(self, name: str) -> tuple[str, str] | None:
        """A column as written and its type; None where it lacks it."""
        return next(((n, kind) for n, kind in self.types.items() if n.casefold() == name), None)


def pieces(db: Database, files: Sequence[TableFile], root: Path, where: str) -> tuple[Piece, ...]:
    """The files in groups of the same columns and types, in their order.

    ExtractError when files of one hospital have other columns, or a folder says other than a file.
    """
    db.reach(file.parquet for file in files)
    _refuse_other_columns(files, root, where)
    _refuse_folders_above(files, root)
    groups: dict[object, list[TableFile]] = {}
    for file in files:
        keys = tuple(key for key, _ in _keys(file, root))
        groups.setdefault((signature(file, root), keys), []).append(file)
    for file in files:
        _refuse_other_folder(db, file, root, where)
    return tuple(_piece(db, tuple(group), root) for group in groups.values())


def of_attached(db: Database, name: str, attached: str) -> Piece:
    """A table or view of the attached file; ExtractError for a view that reads another file."""
    try:
        return Piece(attached, db.columns(attached))
    except OutOfReach as error:
        raise ExtractError(
            f"extract: the view {name} {error}. Write its rows into the DuckDB file as a table."
        ) from error


def _piece(db: Database, files: tuple[TableFile, ...], root: Path) -> Piece:
    """One group of files; a column that is a folder as well keeps the type that it has in files."""
    first = files[0].parquet
    keys = [key for key, _ in _keys(files[0], root)]
    own = {name.casefold() for name in schema(files[0], root).names}
    options = ["hive_partitioning = true", "hive_types_autocast = false"] if keys else []
    both = [key for key in keys if key.casefold() in own and key != _HOSPITAL]
    if both:
        types = {n.casefold(): kind for n, kind in db.columns(_alone(first)).items()}
        shown = ", ".join(f"{literal(key)}: {literal(types[key.casefold()])}" for key in both)
        options.append(f"hive_types = {{{shown}}}")
    source = _reading([file.parquet for file in files], options)
    if files[0].dialect is not None:
        db.logged_as(source, _reading_text(files, files[0].dialect, options))
    return Piece(source, db.columns(f"SELECT * FROM {source}"), files)


def _reading(paths: Sequence[Path], options: Sequence[str]) -> str:
    """SQL that reads some files; without options no folder of their paths is taken for a column."""
    named = render("$files", {"files": [str(path) for path in paths]})
    return f"read_parquet({', '.join([named, *(options or ['hive_partitioning = false'])])})"


def _reading_text(files: Sequence[TableFile], dialect: Dialect, options: Sequence[str]) -> str:
    """The same of delimited text, for a DuckDB shell that has no copies."""
    listed = render("$files", {"files": [str(file.path) for file in files]})
    told = {"delim": dialect.delimiter, "quote": dialect.quote}
    told |= {"encoding": dialect.encoding} if dialect.encoding != "utf-8" else {}
    settings = [f"{name} = {literal(value)}" for name, value in told.items()]
    settings += options or ["hive_partitioning = false"]
    return f"read_csv({', '.join([listed, 'header = true', 'all_varchar = true', *settings])})"


def _alone(path: Path) -> str:
    return f"SELECT * FROM {_reading([path], [])}"


def _keys(file: TableFile, root: Path) -> Iterator[tuple[str, str]]:
    """Key and value of every folder key=value around a file that is a column of its rows."""
    for name in file.path.relative_to(root).parts[:-1] if file.folders else ():
        found = hive_key(name)
        if found is not None:
            yield found


def _refuse_other_columns(files: Sequence[TableFile], root: Path, where: str) -> None:
    """ExtractError when two files of one hospital do not have the same columns.

    What the log of a lake adds to an older file is null there, and so no difference.
    """
    first: dict[str | None, tuple[TableFile, set[str]]] = {}
    for file in files:
        names = {name.casefold() for name in schema(file, root).names}
        names |= {key.casefold() for key, _ in _keys(file, root)} | (file.columns or set())
        other, wanted = first.setdefault(file.hospital_id, (file, names))
        if names != wanted:
            one, two = apart(other.path, file.path, root)
            if file.dialect is not None:  # a file without that line has values of a row there
                raise ExtractError(
                    f"{where}: {one} and {two} differ in the columns that their first lines name. "
                    "Write all files of a table with the same columns, and a line that names them."
                )
            raise ExtractError(
                f"{where}: {one} and {two} differ in column {min(names ^ wanted)!r}. Write all "
                "files of a table with the same columns."
            )


def _refuse_folders_above(files: Sequence[TableFile], root: Path) -> None:
    """ExtractError when a folder around the extract would be read as a column of its files.

    DuckDB takes every folder key=value of a path for a column, and the first of two alike.
    """
    if not any(True for file in files for _ in _keys(file, root)):
        return
    around = {name for file in files for name in file.base(root).parts}
    above = [(one[0].casefold(), name) for name in sorted(around) if (one := hive_key(name))]
    for key, name in above:
        names = {n.casefold() for file in files for n in schema(file, root).names}
        if key == _HOSPITAL or key in names:
            what = "it" if name in root.parts else "--out, where text is copied to,"
            raise ExtractError(
                f"extract: {what} lies in a folder {name!r}, which would be read as its column "
                f"{key}. "
                "Move it, or give a link to it that lies elsewhere."
            )


def _refuse_other_folder(db: Database, file: TableFile, root: Path, where: str) -> None:
    """ExtractError when the rows of a file say other than the folders in which it lies."""
    columns = {name.casefold(): name for name in schema(file, root).names}
    for key, written in _told(file, root):
        name = columns.get(key.casefold())
        if name is None:
            continue
        value = file.hospital_id if key == _HOSPITAL else _decoded(written)
        rows = db.rows(
            f"SELECT count(*) FROM read_parquet($file, hive_partitioning = false) "
            f"WHERE {quoted(name)}::VARCHAR IS DISTINCT FROM $value",
            {"file": str(file.parquet), "value": value},
        )
        if rows[0][0]:
            what = "hospital" if key == _HOSPITAL else key
            other, cure = "the folder does", "Move them, or drop the column."
            if not file.folders:
                other, cure = "the log of the table does", "Write the rows of the table anew."
            raise ExtractError(
                f"{where}: {rows[0][0]:,} rows of {file.path.name} name another {what} in "
                f"their column {name} than {other}. {cure}"
            )


def _told(file: TableFile, root: Path) -> Iterator[tuple[str, str]]:
    """What is said of all rows of a file: by the folders around it, or by the log of its table."""
    if not file.folders and file.hospital_id is not None:
        yield _HOSPITAL, file.hospital_id
    yield from _keys(file, root)


def _decoded(written: str) -> str | None:
    from urllib.parse import unquote

    return None if written == "__HIVE_DEFAULT_PARTITION__" else unquote(written)


def apart(one: Path, other: Path, root: Path) -> tuple[str, str]:
    """How a message tells two files apart: by name, by path when names are equal."""
    if one.name != other.name:
        return one.name, other.name
    return one.relative_to(root).as_posix(), other.relative_to(root).as_posix()


def quoted(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def source_name(table: str) -> str:
    """The view of a source table as SQL; in quotes where its name is no word."""
    return f"source.{table if _WORD.fullmatch(table) else quoted(table)}"
