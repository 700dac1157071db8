"""The columns of a data file of an Iceberg table, which knows them by ids and not by names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ehrivig.errors import ExtractError
from ehrivig.extract import footers
from ehrivig.extract.file_names import hive_key
from ehrivig.extract.hospital_names import HIVE, is_missing
from ehrivig.extract.part_checks import where_in
from ehrivig.extract.table_file import TableFile

_HOSPITAL = HIVE.rstrip("=")


def placed(
    path: Path, values: Any, spec: Any, table: Any, folder: Path, root: Path, *, cure: str
) -> TableFile:
    """A data file with its hospital, and the columns of its table.

    `values`: those of its partition by `spec`; `table`: the metadata of its table, in `folder`.
    Folders key=value say nothing, except where the files lack such a column (as Hive writes them),
    and where a folder of a hospital lies around the table. ExtractError, with `cure`, where a
    column of the file has not the name that its id has in the table, or a value of a partition is
    nowhere else.
    """
    where = where_in(path, root)
    columns = frozenset(one.name.casefold() for one in table.schema().fields)
    identity = _identity(values, spec, table)
    by_log = TableFile(path, _hospital(identity, where), columns=columns, folders=False)
    arrow = footers.columns_of(by_log, root) if path.is_file() else None
    if arrow is None:
        return by_log
    ids = _ids(arrow, table, where, cure)
    _refuse_other_names(ids, table, where, cure)
    folders = dict(found for step in path.relative_to(folder).parts if (found := hive_key(step)))
    lacking = [(name, value) for number, name, value in identity if number not in ids]
    for name, value in lacking:
        if name not in folders or unquote(folders[name]) != str(value):
            raise ExtractError(
                f"{where}: lacks the column {name}, of which only the metadata of the Iceberg "
                f"table have the value. {cure}"
            )
    around = any(map(hive_key, folder.relative_to(root).parts))
    return TableFile(path, None, columns=columns) if lacking or around else by_log


def _identity(values: Any, spec: Any, table: Any) -> list[tuple[int, str, Any]]:
    """Id, name and value of each column that has one value in all rows of a file."""
    names = table.schema()
    found = []
    for field, value in zip(spec.fields, values, strict=True):
        name = names.find_column_name(field.source_id)
        if str(field.transform) == "identity" and name is not None:
            found.append((field.source_id, name, value))
    return found


def _hospital(identity: Iterable[tuple[int, str, Any]], where: str) -> str | None:
    """The hospital of all rows of a file by the metadata; None where these do not say."""
    values = [value for _, name, value in identity if name.casefold() == _HOSPITAL]
    if values and (values[0] is None or is_missing(str(values[0]))):
        raise ExtractError(
            f"{where}: its rows had no hospital_id when they were written. Fill hospital_id and "
            "write the table again."
        )
    return str(values[0]) if values and isinstance(values[0], (str, int)) else None


def _ids(arrow: Any, table: Any, where: str, cure: str) -> dict[int, str]:
    """The columns of a file: id -> name, with those that lie in others (a.b)."""
    from pyiceberg.io.pyarrow import pyarrow_to_schema

    try:
        found = pyarrow_to_schema(arrow, table.name_mapping())
    except Exception as error:
        raise ExtractError(
            f"{where}: its columns cannot be told by the ids of the Iceberg table "
            f"({type(error).__name__}). {cure}"
        ) from error
    return {number: str(found.find_column_name(number)) for number in found.field_ids}


def _refuse_other_names(ids: Mapping[int, str], table: Any, where: str, cure: str) -> None:
    """ExtractError where a file and its table call a column differently, or one was filled."""
    schema = table.schema()
    for number, name in ids.items():
        now = schema.find_column_name(number)
        if now is None:
            raise ExtractError(
                f"{where}: has a column {name!r} that the Iceberg table dropped, and so values "
                f"that nobody should read. {cure}"
            )
        if now != name:
            raise ExtractError(
                f"{where}: has the column {name!r}, which the Iceberg table calls {now!r} since. "
                f"{cure}"
            )
    for field in schema.fields:
        if field.field_id not in ids and field.initial_default is not None:
            raise ExtractError(
                f"{where}: lacks the column {field.name}, for which the Iceberg table has a value "
                f"in its metadata. {cure}"
            )
