"""The stages of some hospitals' database up to the canonical tables: source, prepared, mapped."""

from __future__ import annotations

from ehrivig import contract
from ehrivig.codes import tables as code_tables
from ehrivig.database import Database, Query
from ehrivig.errors import EhrivigError, ExtractError, OutOfReach, UnreadableValue
from ehrivig.extract import (
    canonical,
    database_file,
    layouts,
    offsets,
    source_view,
)
from ehrivig.extract.files import Source
from ehrivig.extract.layouts import Layout
from ehrivig.extract.number_ids import number_ids
from ehrivig.extract.pieces import of_attached, source_name
from ehrivig.extract.source_view import EVERY, View, named, of_hospitals
from ehrivig.extract.table_file import TableFile
from ehrivig.extract.zones import alike, known_zone, own_zone
from ehrivig.literals import render
from ehrivig.study import Study

SCHEMAS = ("source", "prepared", "mapped", "ref", "resolved")
_LONGEST_SAID = 300
SUPPORT_HOURS = 24.0
"""A recorded device or position holds until the next record, but no longer than this (assumed)."""
ADMISSION_GAP_HOURS = 24.0
"""OMOP visits of one hospital that follow one another within this are one admission (assumed)."""


def refused_value(select: Query, error: UnreadableValue) -> ExtractError:
    """An ExtractError of a SELECT of which some value cannot be read, without the value."""
    return ExtractError(
        f"layout: {select.name}: {error} (perhaps a cast that some value refuses; TRY_CAST gives "
        "null). Mend that SELECT."
    )


def make(
    db: Database, source: Source, layout: Layout, hospitals: tuple[str, ...], study: Study
) -> None:
    """Make the stages source, prepared and mapped, and the code lists that layouts may read."""
    begin(db, source, layout, hospitals, study)
    values = values_of(study, hospitals)
    for table in in_order():
        if table.name in source.tables or table.name not in layout.selects:
            _map(db, layout, table, hospitals, values)
        else:
            db.view(f"mapped.{table.name}", canonical.absent(table, keys(db, table)))
    _same_keys(db, hospitals)


def in_order() -> tuple[contract.Table, ...]:
    """The tables with admissions first: they decide the type of the keys."""
    return tuple(sorted(contract.TABLES, key=lambda t: t.name != "admission"))


def begin(
    db: Database, source: Source, layout: Layout, hospitals: tuple[str, ...], study: Study
) -> None:
    """Schemas, source views, the code lists, and what the layout prepares."""
    for schema in SCHEMAS:
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    code_tables.load(db, study.lists)
    if layout.name != "native":
        layouts.define_functions(db)
    _sources(db, source, layout, hospitals, study)
    values = values_of(study, hospitals)
    for name, query in layout.preparations.items():
        if layouts.reads_any_table(query):
            db.macro(f"prepared.{name}", layouts.OF_ANY_TABLE, _text(query, values))
        else:
            guarded(db, query, f"prepared.{name}", values, keep=True)


def values_of(study: Study, hospitals: tuple[str, ...]) -> dict[str, object]:
    """The named parameters that a layout's SELECTs may use.

    Raises Unalike for hospitals of which not all read quantities alike.
    """
    reading = alike({name: study.extract.drug_quantity.get(name) for name in hospitals})
    return {
        "timezone": study.extract.timezone,
        "support_hours": SUPPORT_HOURS,
        "admission_gap_hours": ADMISSION_GAP_HOURS,
        "quantity_unit": "vial" if reading == "unit" else reading,
        "given_types": [str(kind) for kind in study.extract.drug_types_given],
        "emergency_visits": study.extract.emergency_visits,
        "hospital_level": study.extract.hospital_level or "care_site",
    }


def _sources(
    db: Database, source: Source, layout: Layout, hospitals: tuple[str, ...], study: Study
) -> None:
    """A source view per table; empty ones for declared tables that are not there."""
    attached = database_file.attach(db, source.root) if source.is_database else {}
    zone = known_zone(db, study.extract.timezone)
    keys: dict[str, str] = {}
    numbers = number_ids(source, layout, hospitals)
    for name in _in_order(source, layout, hospitals):
        view = View(
            name,
            hospitals,
            source.root,
            _files(source, name, hospitals),
            layout.declared.get(name, ()),
            zone,
            layout.name == "native",
            keys,
            numbers,
            layout.name != "native" and name in layout.required_sources,
        )
        _source(db, layout, view, attached.get(name))
        keys = {**_keys_of(db, view), **keys}
        if name == "hospital" and layout.name == "native":
            zone = known_zone(db, own_zone(db, hospitals, study))


def _in_order(source: Source, layout: Layout, hospitals: tuple[str, ...]) -> list[str]:
    """The source tables: hospitals, then those that must be there, then those that hospitals lack.

    The earlier ones say which types the ids of the later ones have.
    """
    names = [*source.parts, *(name for name in layout.declared if name not in source.parts)]
    needed = layout.required_sources

    def place(name: str) -> tuple[bool, bool, bool]:
        there = source.is_database or bool(_files(source, name, hospitals))
        return name != "hospital", not (there and name in source.parts), name not in needed

    return sorted(names, key=place)


def _keys_of(db: Database, view: View) -> dict[str, str]:
    """The types of the ids in a source view; none of one without columns, or of the hospital."""
    ids = {c.name for c in view.columns if c.kind == "key" and c.name != "hospital_id"}
    found = db.columns(source_name(view.table)) if ids else {}
    return {name.lower(): kind for name, kind in found.items() if name.lower() in ids}


def _files(source: Source, name: str, hospitals: tuple[str, ...]) -> tuple[TableFile, ...]:
    if hospitals == EVERY:
        return source.parts.get(name, ())
    return source.table_files(name, hospitals)


def _source(db: Database, layout: Layout, view: View, attached: str | None) -> None:
    """One source view, over files, over a table of an attached database, or empty."""
    if attached is not None:
        piece = of_attached(db, view.table, attached)
        db.view(source_name(view.table), source_view.select(db, view, [piece]))
    elif view.files:
        source_view.create(db, view)
    elif view.columns:
        if view.table in layout.required_sources:
            raise ExtractError(
                f"{view.table}: {named(view.hospitals)} has no file. Add it, or leave the "
                "hospital out with [extract].hospitals."
            )
        db.view(source_name(view.table), source_view.empty(view.columns, view.keys))


def _text(query: Query, values: dict[str, object]) -> str:
    """A layout's SELECT with its parameters written in."""
    return render(query.text, query.bind(values))


def guarded(
    db: Database, query: Query, name: str, values: dict[str, object], *, keep: bool
) -> None:
    """Make a table or view of a layout's SELECT; what DuckDB says of it becomes an ExtractError."""
    make_one = db.table if keep else db.view
    try:
        make_one(name, _text(query, values))
    except UnreadableValue as error:
        raise refused_value(query, error) from error
    except OutOfReach as error:
        raise ExtractError(
            f"layout: {query.name}: {error}. A layout reads source.<table> and nothing else: mend "
            "that SELECT."
        ) from error
    except EhrivigError:
        raise
    except Exception as error:
        line = str(error).strip().partition("\n")[0]
        said = line if len(line) <= _LONGEST_SAID else f"{line[:_LONGEST_SAID]}..."
        raise ExtractError(f"layout: {query.name}: {said}. Mend that SELECT.") from error


def _map(
    db: Database,
    layout: Layout,
    table: contract.Table,
    hospitals: tuple[str, ...],
    values: dict[str, object],
) -> None:
    """The view of one canonical table."""
    name = f"mapped.{table.name}"
    if table.name not in layout.selects:
        db.view(f"mapped.{table.name}", canonical.absent(table, keys(db, table)))
        return
    source = draft(db, layout, table, values)
    text = canonical.select(source, db.columns(source), table, layout.where(table.name))
    if layout.name != "native":
        text += f"\nWHERE {of_hospitals('hospital_id::VARCHAR', hospitals)}"
    db.view(name, text)


def draft(db: Database, layout: Layout, table: contract.Table, values: dict[str, object]) -> str:
    """Make the view of what a layout's SELECT gives; its name.

    Minutes of a clock for each stay are then moments.
    """
    name = f"prepared.select_{table.name}"
    guarded(db, layout.selects[table.name], name, values, keep=False)
    if layout.clock == "offsets":
        return offsets.placed(db, name, table, layout.where(table.name))
    return name


def keys(db: Database, table: contract.Table) -> dict[str, str]:
    """The types of the keys, which the admissions decide; none for the admissions themselves."""
    return {} if table.name == "admission" else db.columns("mapped.admission")


def _same_keys(db: Database, hospitals: tuple[str, ...]) -> None:
    """Let a key have one type in every table; ExtractError when it is text here, a number there.

    A table in which no row has the key, such as one that hospitals do not send, has it in the type
    of the admissions. Numbers are unsigned everywhere where some table has one too large otherwise.
    """
    types = {table.name: db.columns(f"mapped.{table.name}") for table in contract.TABLES}
    for key in ("admission_id", "patient_id"):
        found = {name: kinds[key] for name, kinds in types.items() if key in kinds}
        wanted = found["admission"]
        if wanted != "VARCHAR" and "UBIGINT" in found.values():
            wanted = "UBIGINT"
        for name in (name for name, kind in found.items() if kind != wanted):
            shown = f"{key}::{wanted}"
            if "VARCHAR" in (wanted, found[name]):
                _refuse_mixed_key(db, hospitals, name, key, (found[name], wanted))
                shown = f"NULL::{wanted}"
            db.execute(f"ALTER VIEW mapped.{name} RENAME TO {name}_of_other_{key}")
            rows = f"mapped.{name}_of_other_{key}"
            db.view(f"mapped.{name}", f"SELECT * REPLACE ({shown} AS {key}) FROM {rows}")


def refuse_mixed_keys(db: Database, table: contract.Table, text: str) -> None:
    """ExtractError where a SELECT gives a key as text that is a number in the admissions."""
    told = db.columns(text)
    for key, wanted in keys(db, table).items():
        kind = told.get(key, wanted)
        if key in ("admission_id", "patient_id") and kind != wanted and "VARCHAR" in (kind, wanted):
            _refuse_mixed_key(db, EVERY, table.name, key, (kind, wanted), f"({text})")


def _refuse_mixed_key(
    db: Database,
    hospitals: tuple[str, ...],
    table: str,
    key: str,
    types: tuple[str, str],
    rows: str = "",
) -> None:
    if db.rows(f"SELECT 1 FROM {rows or f'mapped.{table}'} WHERE {key} IS NOT NULL LIMIT 1"):
        raise ExtractError(
            f"{table}: {named(hospitals)}: {key} is {types[0]}, but in admission it is {types[1]}. "
            "Write the key with one type everywhere."
        )
