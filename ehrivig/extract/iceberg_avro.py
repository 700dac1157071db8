"""The Avro files of an Iceberg table: its manifests, whole or not at all.

The reader of `pyiceberg` itself takes a file that was cut short for one with fewer records, and
trusts every length in it. Here its schemas and its decoder in Python are used, block by block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Records = tuple[Any, dict[int, Any], dict[int, Any]]
"""Of what Avro records are: their schema in Iceberg, and the classes of some fields, by id."""


def live_files(manifest_list: Path, located: Callable[[str], Path]) -> Iterator[tuple[Any, int]]:
    """The entry of every file of a snapshot that is not deleted, and its partition specification.

    `located`: where a manifest lies now, by the path that the list gives it. Any error but those of
    `located` (ValueError, EOFError, KeyError, zlib.error, ...): a file is damaged.
    """
    from pyiceberg import manifest as kinds

    version = kinds.DEFAULT_READ_VERSION
    listed: Records = (
        kinds.MANIFEST_LIST_FILE_SCHEMAS[version],
        {-1: kinds.ManifestFile, 508: kinds.PartitionFieldSummary},
        {517: kinds.ManifestContent},
    )
    entry: Records = (
        kinds.MANIFEST_ENTRY_SCHEMAS[version],
        {-1: kinds.ManifestEntry, 2: kinds.DataFile},
        {0: kinds.ManifestEntryStatus, 101: kinds.FileFormat, 134: kinds.DataFileContent},
    )
    for manifest in _records(manifest_list, listed):
        for one in _records(located(manifest.manifest_path), entry):
            if one.status != kinds.ManifestEntryStatus.DELETED:
                yield one.data_file, int(manifest.partition_spec_id)


def _records(path: Path, kind: Records) -> list[Any]:
    """All records of an Avro file."""
    from pyiceberg.avro.decoder import StreamingBinaryDecoder
    from pyiceberg.avro.file import META_SCHEMA, AvroFileHeader
    from pyiceberg.avro.resolver import construct_reader, resolve_reader

    content = path.read_bytes()
    decoder = StreamingBinaryDecoder(content)
    header: Any = construct_reader(META_SCHEMA, {-1: AvroFileHeader}).read(decoder)
    reader = resolve_reader(header.get_schema(), *kind)
    codec = header.compression_codec()
    found = []
    while decoder.tell() < len(content):
        count, packed = decoder.read_int(), decoder.read_bytes()
        block = codec.decompress(packed) if codec else packed
        inside = StreamingBinaryDecoder(block)
        found += [reader.read(inside) for _ in range(count)]
        if inside.tell() != len(block) or decoder.read(len(header.sync)) != header.sync:
            raise ValueError(f"{path.name}: a block is not as long as it says")
    return found
