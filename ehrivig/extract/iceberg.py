"""An Iceberg table on this machine: the files of its current snapshot (extra `iceberg`).

Its metadata name files by the path that they were written to. A table that was copied whole has
them below its own folder, where those below its `location` are looked for; no other path is opened.
Columns are known by ids there: files whose ids and names are not those of the table are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ehrivig.errors import ExtractError
from ehrivig.extract import iceberg_avro, iceberg_columns
from ehrivig.extract.file_names import why_left_out
from ehrivig.extract.lake_state import WRITE, Current, package_missing
from ehrivig.extract.part_checks import where_in
from ehrivig.extract.table_file import TableFile

LOG = "metadata"
_SUFFIX = ".metadata.json"
_HINT = "version-hint.text"
_NUMBER = re.compile(r"(?:v(\d+)|(\d+)-[^.]+)(?:\.gz)?\.metadata\.json")
_DATA = 0
"""What the content of a data file is called; a table of version 1 has nothing else."""
_REWRITE = f"Rewrite its data files (rewrite_data_files), or {WRITE}."
_COPY = f"Copy the table whole, or {WRITE}."


def is_log(path: Path) -> bool:
    """Whether a folder called `metadata` is that of an Iceberg table."""
    return any(_states(path))


def current(folder: Path, root: Path) -> Current:
    """What the metadata of a table say of now; ExtractError for what would give other rows.

    `root`: the extract, below which messages name the table.
    """
    where = where_in(folder, root)
    state = _state(folder, where)
    table, entries = _read(state, folder, where)
    files: dict[Path, TableFile] = {}
    for data, partition in entries:
        if getattr(data.content, "value", data.content) not in (None, _DATA):
            raise ExtractError(
                f"{where}: is an Iceberg table with delete files: its data files hold deleted "
                f"rows too. {_REWRITE}"
            )
        if data.file_format.name != "PARQUET":
            raise ExtractError(
                f"{where}: is an Iceberg table with data files in the format "
                f"{data.file_format.value}; only Parquet is read. {_REWRITE}"
            )
        path = _below(data.file_path, folder, table.location)
        if path is None:
            raise _outside(where)
        if path in files:
            raise ExtractError(
                f"{where}: the metadata of the Iceberg table name {path.name} twice. {_REWRITE}"
            )
        files[path] = _file(path, data, partition, table, folder, root)
    snapshot = table.current_snapshot_id if entries else "none"
    told = f"metadata of an Iceberg table, of snapshot {snapshot} ({state.name})"
    return Current("the metadata of the Iceberg table", told, "snapshot", files)


def _file(path: Path, data: Any, spec: Any, table: Any, folder: Path, root: Path) -> TableFile:
    """A data file as it is read; one that is there in part has a problem instead."""
    file = iceberg_columns.placed(path, data.partition, spec, table, folder, root, cure=_REWRITE)
    if not path.is_file() or path.stat().st_size == data.file_size_in_bytes:
        return file
    told = (
        f"{where_in(path, root)}: has {path.stat().st_size:,} bytes, and the metadata of the "
        f"Iceberg table say {data.file_size_in_bytes:,}. {_COPY}"
    )
    return replace(file, problem=told)


def _states(folder: Path) -> Iterator[Path]:
    """The files that hold a state of the table each; none where the folder may not be listed."""
    try:
        named = [path for path in folder.iterdir() if path.name.endswith(_SUFFIX)]
    except (NotADirectoryError, FileNotFoundError, PermissionError):
        return
    yield from (path for path in named if path.is_file() and not why_left_out(path.name))


def _state(folder: Path, where: str) -> Path:
    """The newest state of a table; ExtractError where that is not sure.

    A catalogue knows which is current; without it, that of the highest number, which has to be
    alone and the one that the version hint names, where there is one.
    """
    numbers = {path: _number(path) for path in _states(folder / LOG)}
    newest = sorted(path for path in numbers if numbers[path] == max(numbers.values()))
    hint = folder / LOG / _HINT
    if len(newest) > 1:
        raise ExtractError(
            f"{where}: the folder {LOG} of the Iceberg table holds {newest[0].name} and "
            f"{newest[1].name}, and nothing there says which is current. Begin the name of the "
            "other with _."
        )
    if hint.is_file():
        told = hint.read_text(encoding="utf-8", errors="replace").strip()
        stem = re.sub(r"(\.gz)?\.metadata\.json$", "", newest[0].name)
        if re.sub(r"(\.gz)?\.metadata\.json$", "", told) not in (stem, stem.removeprefix("v")):
            raise ExtractError(
                f"{where}: {_HINT} of the Iceberg table names another state than "
                f"{newest[0].name}, the newest that is there. Copy the table whole, or begin the "
                "name of what is not current with _."
            )
    return newest[0]


def _number(path: Path) -> int:
    found = _NUMBER.fullmatch(path.name)
    return int(found[1] or found[2]) if found else -1


def _read(state: Path, folder: Path, where: str) -> tuple[Any, list[tuple[Any, Any]]]:
    """The metadata of a table, and the files of its current snapshot, each with its partitions."""
    try:
        from pyiceberg.serializers import Compressor, FromByteStream
    except ImportError as error:
        raise package_missing(where, "an Iceberg", "pyiceberg", "iceberg") from error

    def located(uri: str) -> Path:
        path = _below(uri, folder, table.location)
        if path is None:
            raise _outside(where)
        if path.is_file():
            return path
        raise ExtractError(
            f"{where}: {path.relative_to(folder).as_posix()} is named by the metadata of the "
            f"Iceberg table, and is not there. {_COPY}"
        )

    try:
        with state.open("rb") as stream:
            opened: Any = stream
            packed = Compressor.get_compressor(state.name)
            table: Any = FromByteStream.table_metadata(opened, compression=packed)
        snapshot = table.current_snapshot()
        if snapshot is None and not (table.snapshots or table.refs):
            return table, []
        entries = iceberg_avro.live_files(located(snapshot.manifest_list), located)
        files = [(data, table.specs()[number]) for data, number in entries]
        if any(len(data.partition) != len(spec.fields) for data, spec in files):
            raise ValueError("the values of a partition are not those of its fields")
        return table, files
    except ExtractError:
        raise
    except Exception as error:
        raise ExtractError(
            f"{where}: the metadata of the Iceberg table cannot be read ({type(error).__name__}). "
            f"Mend the table, or {WRITE}."
        ) from error


def _below(uri: str, folder: Path, location: str) -> Path | None:
    """Where a file lies now that was written below the location of a table; None elsewhere."""
    for home in (location, folder.absolute().as_posix()):
        start = f"{_plain(home).rstrip('/')}/"
        steps = _plain(uri).removeprefix(start).split("/")
        if _plain(uri).startswith(start) and not {"", ".", ".."} & set(steps):
            return folder.joinpath(*steps)
    return None


def _plain(uri: str) -> str:
    """A path or URI without its scheme (s3, s3a and s3n are one store), nothing decoded."""
    scheme, colon, rest = uri.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return uri
    return "/" + rest.lstrip("/")


def _outside(where: str) -> ExtractError:
    return ExtractError(
        f"{where}: the metadata of the Iceberg table name a file outside of its folder. {_COPY}"
    )
