"""An extract as a layout reads it: its tables and hospitals, and some hospitals made ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ehrivig.batch import keys
from ehrivig.batch.alike import Unalike
from ehrivig.database import Database
from ehrivig.errors import EhrivigError, ExtractError, UnreadableValue
from ehrivig.extract import database_file, hospital_list, layouts, rate_ends, resolved, stages
from ehrivig.extract.clif_version import clif_version
from ehrivig.extract.damage import refused_column, unreadable
from ehrivig.extract.file_names import is_text
from ehrivig.extract.files import (
    DATABASE_SUFFIXES,
    InputFile,
    LeftOut,
    Source,
    input_file,
    is_synthetic,
)
from ehrivig.extract.folder import database_in, find_tables
from ehrivig.extract.footers import ids_of, row_count, schema, settled, signature
from ehrivig.extract.hospital_names import (
    is_missing,
    refuse_invisible,
    refuse_strangers,
    refuse_twins,
)
from ehrivig.extract.layouts import Layout
from ehrivig.extract.source_view import hospitals_of
from ehrivig.extract.table_file import TableFile
from ehrivig.extract.table_names import refuse_doubtful
from ehrivig.extract.text_copies import with_copies
from ehrivig.store import StorePath, place
from ehrivig.store.refusal import refuse_unreadable
from ehrivig.study import Study
from ehrivig.study.clock import refuse_calendar

EVERYBODY = "all"
"""The `hospital_id` of what belongs to no single hospital: no hospital may be called so."""
_WHERE_HOSPITALS_ARE = {
    "omop": " A hospital is the care_site_id of visit_occurrence, unless [extract] hospital_level "
    "says otherwise.",
    "clif": " A hospital is the hospital_id of clif_adt.",
    "eicu": " A hospital is the hospitalid of patient.",
    "synthea_csv": " A hospital is the ORGANIZATION of encounters.",
}
_ROWS_OF_DATABASE = (
    "SELECT sum(estimated_size)::BIGINT FROM duckdb_tables() WHERE database_name = 'warehouse'"
)


def inspect(extract: Path, study: Study, copies: Path | None = None) -> Source:
    """What an extract holds: tables and hospitals, without reading events.

    `copies`: a folder for the Parquet copies of delimited text, which must be there as long as the
    source is read; without it one that ends with the process.

    Raises ExtractError for a folder that cannot be read: missing, empty, a misspelt or missing
    table, mixed versions of a layout, a hospital of the study that is not there. StudyError where
    the study asks of the calendar what an extract without dates cannot tell.
    """
    layout = layouts.load(study.extract.layout)
    refuse_calendar(study)
    source = find(extract, layout, copies)
    hospitals, nobodys = (
        (_native_hospitals(source), ())
        if layout.name == "native"
        else hospital_list.hospitals(source, layout, study)
    )
    return replace(
        source,
        unplaced=nobodys,
        hospitals=_chosen(hospitals, study),
        n_held=len(hospitals),
        tables=layout.filled(set(source.parts)),
    )


def find(root: Path, layout: Layout, copies: Path | None = None) -> Source:
    """The tables of an extract that a layout reads, with its version; hospitals not yet known."""
    root = place(root)
    if isinstance(root, StorePath):
        refuse_unreadable(root)
    given, root = root, database_in(root)
    parts, left_out, known = _parts(root, layout)
    parts, dialects = with_copies(parts, root, layout, copies, known)
    source = Source(
        root, layout.name, (), (), False, parts=parts, left_out=left_out, dialects=dialects
    )
    _refuse_missing(source, layout)
    version = clif_version(source) if layout.name == "clif" else ""
    home = given if given != root else None
    return replace(source, version=version, synthetic=is_synthetic(given), home=home)


def open_hospitals(
    db: Database,
    source: Source,
    hospitals: Sequence[str],
    study: Study,
    *,
    keep: bool = False,
    mark: str = "",
) -> None:
    """Make the stages source, prepared, mapped, ref and resolved of some hospitals.

    Everything is a view except `prepared` and `ref`, which are small; with `keep`, which is asked
    of several hospitals, the rows are read once and kept as tables, under ids that are unique
    among the hospitals (`extract.keys`). Of the same `mark` (not empty) are parts of one hospital
    that have the same files and study: their codes are asked for once. Raises ExtractError that
    names hospital, table and column, and says how to mend it; Unalike for hospitals that cannot be
    read together.
    """
    names = tuple(hospitals)
    unknown = sorted(set(names) - set(source.hospitals))
    if unknown:
        raise ExtractError(f"extract: no hospital {unknown[0]!r}. Mend [extract].hospitals.")
    layout = layouts.load(source.layout)
    try:
        stages.make(db, source, layout, names, study)
        if keep:
            keys.keep(db, names)
        resolved.make(db, study.lists, mark, keep=keep)
        rate_ends.end(db, study.exposure, keep=keep)
    except UnreadableValue as error:
        raise unreadable(source, names) or refused_column(db, names) or error from error
    except (EhrivigError, Unalike):
        raise
    except Exception as error:
        raise unreadable(source, names) or error from error
    if layout.name == "omop":
        resolved.refuse_undeclared_quantity(db, names, study)


def rows(source: Source, hospital_id: str) -> int:
    """About how many rows a hospital has: a file or a database of several is divided evenly."""
    held = source.n_held or len(source.hospitals)
    if source.is_database:
        return input_files(source, [hospital_id])[0].rows // held
    own = shared = 0
    for file in (f for name in source.parts for f in source.table_files(name, [hospital_id])):
        if file.hospital_id is None:
            shared += row_count(file, source.root)
        else:
            own += row_count(file, source.root)
    return own + shared // held


def kinds_of_files(source: Source, hospital_id: str) -> dict[str, str]:
    """What keeps hospitals from being read together, each as name -> how the hospital has it.

    Of a layout that declares its columns, these are the ids (text or numbers); of another the
    columns of each table with their types. Hospitals are read together when they agree in what both
    have; one that lacks a table without which nothing can be read agrees with nobody.
    """
    if source.is_database:
        return {}
    layout = layouts.load(source.layout)
    found: dict[str, set[str]] = {}
    for name in source.parts:
        files = source.table_files(name, [hospital_id])
        if not files and name in layout.required_sources:
            return {"": hospital_id}
        for file in (one for one in files if one.hospital_id is not None):
            if layout.declared:
                ids = {c.name for c in layout.declared[name] if c.kind == "key"} - {"hospital_id"}
                for column, kind in ids_of(file, source.root, ids):
                    found.setdefault(column, set()).add(kind)
            else:
                found.setdefault(name, set()).add(repr(signature(file, source.root)))
    return {name: _kind(kinds, hospital_id) for name, kinds in found.items()}


def _kind(kinds: set[str], hospital_id: str) -> str:
    """What a hospital has in several files; where it is both text and numbers, like no other."""
    kinds = settled(kinds)
    if kinds == {"unsigned", "whole"}:
        kinds = {"unsigned"}
    return hospital_id if {"text", "whole"} <= kinds else repr(sorted(kinds))


def input_files(source: Source, hospitals: Sequence[str]) -> list[InputFile]:
    """Every file that holds rows of some hospitals: relative path, bytes, rows, SHA-256; sorted."""
    if source.is_database:
        with Database(within=source.within) as db:
            database_file.attach(db, source.root)
            rows = int(db.rows(_ROWS_OF_DATABASE)[0][0] or 0)
        return [input_file(source.root, source.root, rows)]
    root = source.root
    found = source.files_of_tables(hospitals)
    return [input_file(file.path, root, row_count(file, root)) for file in found]


_Parts = dict[str, tuple[TableFile, ...]]


def _parts(root: Path, layout: Layout) -> tuple[_Parts, tuple[LeftOut, ...], tuple[str, ...]]:
    """The source tables that the layout reads, what else lies there, and the names of all."""
    if root.is_file():
        return _database_parts(root, layout), (), ()
    found = find_tables(root, layout.sources)
    parts = found.tables
    if layout.declared:
        refuse_doubtful(parts, tuple(layout.declared))
        parts = {name: files for name, files in parts.items() if name in layout.declared}
    else:  # delimited text that nobody reads is not copied
        parts = {
            name: files
            for name, files in parts.items()
            if name in layout.sources or not any(is_text(file.path.name) for file in files)
        }
    others = [
        LeftOut(entry, f"no table of the layout {layout.name}")
        for name, entry in found.entries.items()
        if name not in parts
    ]
    left_out = sorted([*found.left_out, *others], key=lambda one: one.path)
    return parts, tuple(left_out), tuple(found.entries)


def _database_parts(root: Path, layout: Layout) -> _Parts:
    """The tables of a DuckDB file."""
    if root.suffix.lower() not in DATABASE_SUFFIXES:
        raise ExtractError(
            f"extract: {root.name} is neither a folder of Parquet or CSV files nor a DuckDB file "
            f"({', '.join(DATABASE_SUFFIXES)}). Give one of these."
        )
    with Database(within=[root]) as db:
        names = database_file.attach(db, root)
        database_file.refuse_twin_tables(db, root, layout)
    return {name: () for name in sorted(names) if not layout.declared or name in layout.declared}


def _refuse_missing(source: Source, layout: Layout) -> None:
    missing = [name for name in layout.required_sources if name not in source.parts]
    if missing:
        raise ExtractError(
            f"{missing[0]}: the extract {source.root.name!r} has no such table, and the layout "
            f"{Path(layout.name).name!r} needs it. Add it, or choose another --layout."
        )


def _native_hospitals(source: Source) -> list[str]:
    """The hospitals of hive folders, and those named in files that hold several."""
    found: set[str | None] = {
        p.hospital_id for files in source.parts.values() for p in files if p.hospital_id
    }
    with Database(within=source.within) as db:
        attached = database_file.attach(db, source.root) if source.is_database else {}
        for name, files in source.parts.items():
            if attached:
                found |= hospitals_of(db, source.root, name, attached[name])
            shared = tuple(part for part in files if part.hospital_id is None)
            for part in shared:
                columns = {n.casefold() for n in schema(part, source.root).names}
                if "hospital_id" not in columns:
                    raise ExtractError(
                        f"{name}: {part.path.name} has no column hospital_id, and lies in no "
                        "folder hospital_id=... Add one of these."
                    )
            if shared:
                found |= hospitals_of(db, source.root, name, shared)
    if any(is_missing(name) for name in found):
        raise ExtractError("extract: some rows have no hospital_id. Fill it in every table.")
    return sorted(str(name) for name in found)


def _chosen(found: list[str], study: Study) -> tuple[str, ...]:
    """The hospitals of the study; all that are there unless it names some."""
    if not found:
        raise ExtractError("extract: no hospital found. Fill hospital_id in the admissions.")
    if EVERYBODY in found:
        raise ExtractError(
            f"extract: a hospital is called {EVERYBODY!r}, which in every table of a run stands "
            "for all hospitals together. Give it another name."
        )
    refuse_invisible(found)
    refuse_twins(found)
    wanted = study.extract.hospitals
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise ExtractError(
            f"extract: no data of hospital {', '.join(missing)}, which the study names (there "
            f"are: {', '.join(found)}). Mend [extract].hospitals or the extract."
            f"{_WHERE_HOSPITALS_ARE.get(study.extract.layout, '')}"
        )
    refuse_strangers(found, study)
    return tuple(wanted) or tuple(found)
