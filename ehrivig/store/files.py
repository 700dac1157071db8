"""Objects as files that DuckDB reads: only the asked ranges are fetched, and each only once.

The columns that a query needs come as ranges of an object; what was fetched is kept in a sparse
file of this machine, so that the later passes over the same columns ask the store for nothing.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem

from ehrivig.store.path import StorePath, place

BLOCK_BYTES = 64 * 1024
"""What is fetched is rounded to this: small against a column of a row group."""


class Kept:
    """The fetched blocks of one object, in a sparse file."""

    def __init__(self, path: StorePath, copy: Path) -> None:
        self.size = path.stat().st_size
        self._there = bytearray((self.size + BLOCK_BYTES - 1) // BLOCK_BYTES)
        self._object: Any = path.open("rb")
        self._copy = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._one_at_a_time = threading.Lock()

    def read(self, start: int, length: int) -> bytes:
        """The bytes [start, start + length), fewer at the end of the object."""
        stop = min(self.size, start + length)
        if stop <= start:
            return b""
        with self._one_at_a_time:
            for first, last in self._missing(start // BLOCK_BYTES, (stop - 1) // BLOCK_BYTES):
                self._fetch(first, last)
        return os.pread(self._copy, stop - start, start)

    def close(self) -> None:
        """Let go of the object and the copy."""
        self._object.close()
        os.close(self._copy)

    def _missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """The runs of blocks in [first, last] that were not fetched yet."""
        runs: list[tuple[int, int]] = []
        for block in range(first, last + 1):
            if self._there[block]:
                continue
            if runs and runs[-1][1] == block - 1:
                runs[-1] = (runs[-1][0], block)
            else:
                runs.append((block, block))
        return runs

    def _fetch(self, first: int, last: int) -> None:
        start, stop = first * BLOCK_BYTES, min(self.size, (last + 1) * BLOCK_BYTES)
        content = self._object.read_at(stop - start, start)
        if len(content) != stop - start:
            raise OSError("the object ended early: it was replaced while it was read")
        written = 0
        while written < len(content):
            written += os.pwrite(self._copy, content[written:], start + written)
        self._there[first : last + 1] = b"\x01" * (last - first + 1)


class ObjectFile(io.RawIOBase):
    """One opened object. Each thread has a position of its own: DuckDB shares a handle."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._position: dict[int, int] = {}

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where this thread reads next."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._kept.size}[whence]
        self._position[threading.get_ident()] = base + offset
        return base + offset

    def tell(self) -> int:
        """Where this thread reads next."""
        return self._position.get(threading.get_ident(), 0)

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        start = self.tell()
        content = self._kept.read(start, self._kept.size - start if size < 0 else size)
        self._position[threading.get_ident()] = start + len(content)
        return content

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]
    """The objects of a store for DuckDB (`register_filesystem`); read only.

    `place` (or else the folder for temporary files) holds the sparse files until `close`.
    """

    protocol = "s3"
    cachable = False

    def __init__(self, place: Path | None) -> None:
        super().__init__()
        if place is not None:
            place.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="objects-", dir=place))
        self._kept: dict[str, Kept] = {}
        self._guard = threading.Lock()

    def open(self, path: str, mode: str = "rb", **_: Any) -> ObjectFile:
        """An object, for reading."""
        return ObjectFile(self._of(_path(path)))

    def size(self, path: str) -> int:
        """Bytes of an object."""
        return int(_path(path).stat().st_size)

    def modified(self, path: str) -> datetime:
        """When an object was written."""
        return datetime.fromtimestamp(_path(path).stat().st_mtime, UTC)

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is such an object."""
        return _path(path).is_file()

    def glob(self, path: str, **_: Any) -> list[str]:
        """The object itself: files are always listed by name."""
        return [path]

    def close(self) -> None:
        """Let go of all objects, and of what was kept of them."""
        for kept in self._kept.values():
            kept.close()
        self._kept.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _of(self, path: StorePath) -> Kept:
        with self._guard:
            if path.key not in self._kept:
                copy = self.folder / f"object-{len(self._kept):06}"
                self._kept[path.key] = Kept(path, copy)
            return self._kept[path.key]


def _path(text: str) -> StorePath:
    found = place(text if text.startswith("s3:/") else f"s3://{text}")
    assert isinstance(found, StorePath)
    return found
