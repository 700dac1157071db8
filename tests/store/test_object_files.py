"""Ranges of an object: what is asked of the store, and what a reader of it is given."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig.store import files
from ehrivig.store.files import Kept, ObjectFile

CONTENT = bytes(range(22))
"""Of blocks of 4 bytes: five whole ones and two bytes."""


class Stored:
    """An object that notes what is asked of it; a store may answer with less."""

    def __init__(self, content: bytes = CONTENT, told: int = len(CONTENT)) -> None:
        self.content, self.told = content, told
        self.asked: list[tuple[int, int]] = []
        self.closed = False

    def stat(self) -> SimpleNamespace:
        return SimpleNamespace(st_size=self.told)

    def open(self, mode: str) -> Stored:
        assert mode == "rb"
        return self

    def read_at(self, length: int, start: int) -> bytes:
        self.asked.append((start, length))
        return self.content[start : start + length]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    monkeypatch.setattr(files, "BLOCK_BYTES", 4)
    return Stored()


def kept(stored: Stored, tmp_path: Path) -> Kept:
    path: Any = stored
    return Kept(path, tmp_path / "copy")


@pytest.mark.parametrize(
    ("reads", "asked"),
    [
        ([(0, 1)], [(0, 4)]),
        ([(3, 1)], [(0, 4)]),
        *(([(4, 1)], [(4, 4)]), ([(3, 2)], [(0, 8)]), ([(0, 4)], [(0, 4)])),
        ([(0, 4), (0, 4), (2, 2)], [(0, 4)]),  # each once
        ([(8, 2), (0, 22)], [(8, 4), (0, 8), (12, 10)]),  # the missing ones around it
        ([(4, 4), (12, 4), (0, 18)], [(4, 4), (12, 4), (0, 4), (8, 4), (16, 4)]),
        *(([(20, 99)], [(20, 2)]), ([(21, 1)], [(20, 2)])),
        *(([(22, 5)], []), ([(30, 5)], []), ([(5, 0)], [])),
    ],
)
def test_only_missing_blocks_are_fetched(
    reads: list[tuple[int, int]], asked: list[tuple[int, int]], stored: Stored, tmp_path: Path
) -> None:
    found = kept(stored, tmp_path)
    for start, length in reads:
        assert found.read(start, length) == CONTENT[start : start + length]
    assert stored.asked == asked
    found.close()
    assert stored.closed


def test_an_object_that_ends_early_was_replaced(stored: Stored, tmp_path: Path) -> None:
    stored.content = CONTENT[:21]
    found = kept(stored, tmp_path)
    assert found.read(0, 20) == CONTENT[:20]
    with pytest.raises(OSError, match="ended early: it was replaced while it was read"):
        found.read(20, 2)


def test_the_last_block_may_be_of_one_byte(stored: Stored, tmp_path: Path) -> None:
    stored.told = 21
    found = kept(stored, tmp_path)
    assert found.read(19, 9) == CONTENT[19:21]
    assert stored.asked == [(16, 5)]


def test_a_disk_that_takes_one_byte_at_a_time(
    stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, content, at: write(file, content[:1], at))
    assert kept(stored, tmp_path).read(5, 12) == CONTENT[5:17]


def test_objects_are_opened_once_and_nothing_of_them_is_left(
    stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"bucket/a": stored, "bucket/b": Stored()}
    opened = list[str]()

    def path_of(text: str) -> Any:
        key = text.removeprefix("s3://")
        found = there.get(key)

        def opens(mode: str) -> Stored:
            assert found is not None
            opened.append(key)
            return found.open(mode)

        stat = SimpleNamespace(st_size=len(CONTENT), st_mtime=86_400)
        told = {"key": key, "stat": lambda: stat, "open": opens}
        return SimpleNamespace(**told, is_file=lambda: found is not None)

    monkeypatch.setattr(files, "_path", path_of)
    place = tmp_path / "deep" / "objects"
    objects = files.ObjectFiles(place)
    assert objects.folder.parent == place
    assert objects.size("s3://bucket/a") == 22
    assert objects.modified("bucket/a") == datetime(1970, 1, 2, tzinfo=UTC)
    assert (objects.exists("bucket/a"), objects.exists("bucket/none")) == (True, False)
    assert objects.glob("s3://bucket/*.parquet") == ["s3://bucket/*.parquet"]
    for name in ("bucket/a", "s3://bucket/a", "bucket/b"):
        assert objects.open(name).read(5) == CONTENT[:5]
    assert opened == ["bucket/a", "bucket/b"]
    assert len(list(objects.folder.iterdir())) == 2
    objects.close()
    assert [one.closed for one in there.values()] == [True, True]
    assert list(place.iterdir()) == []
    alone = files.ObjectFiles(None)
    assert alone.folder.is_dir()
    alone.close()
    assert not alone.folder.exists()


def test_the_copy_is_for_its_owner_and_new(stored: Stored, tmp_path: Path) -> None:
    kept(stored, tmp_path).close()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        kept(stored, tmp_path)


def test_an_opened_object_has_a_place_where_it_reads_next(stored: Stored, tmp_path: Path) -> None:
    file = ObjectFile(kept(stored, tmp_path))
    assert (file.readable(), file.seekable(), file.tell()) == (True, True, 0)
    assert file.read(3) == CONTENT[:3]
    assert file.tell() == 3
    assert file.seek(2, os.SEEK_CUR) == 5
    assert file.read(1) == CONTENT[5:6]
    assert file.seek(-2, os.SEEK_END) == 20
    assert file.read() == CONTENT[20:]
    assert (file.tell(), file.read(5), file.tell()) == (22, b"", 22)
    assert file.seek(7) == 7
    assert file.read(0) == b""
    assert file.read() == CONTENT[7:]


def test_each_thread_reads_from_a_place_of_its_own(stored: Stored, tmp_path: Path) -> None:
    file = ObjectFile(kept(stored, tmp_path))
    file.seek(10)
    there: list[tuple[int, bytes]] = []
    other = threading.Thread(target=lambda: there.append((file.tell(), file.read(2))))
    other.start()
    other.join()
    assert there == [(0, CONTENT[:2])]
    assert file.tell() == 10
