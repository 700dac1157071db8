"""Delimited text in an object store: the rows of a folder, or the same message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import object_store
import pytest
from extracts import opened, study
from object_store import upload
from test_delimited import as_csv
from test_extract import hive
from test_parts import labs

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.store import place
from ehrivig.store.path import filesystem


@pytest.fixture
def store() -> Iterator[None]:
    with object_store.running() as (address, _), pytest.MonkeyPatch.context() as patch:
        for name, value in object_store.environment(address).items():
            patch.setenv(name, value)
        filesystem.cache_clear()
        object_store.make_buckets(address, "data")
        yield
        filesystem.cache_clear()


def test_text_in_a_store_is_read_as_text_in_a_folder(store: None, tmp_path: Path) -> None:
    folder = as_csv(hive(tmp_path / "x"), suffix=".csv.gz")
    (folder / "extract.json").write_text('{"csv": {"tables": {"lab": {"encoding": "UTF8"}}}}')
    upload(folder, "data/text")
    source = extract.inspect(place("s3://data/text"), study())
    assert source.hospitals == ("A",)
    with opened(Path("s3://data/text"), study()) as db:
        assert db.rows("SELECT count(*) FROM resolved.lab") == [(labs(folder),)]
    read = extract.input_files(source, ["A"])
    assert {one.sha256.partition(":")[0] for one in read} == {"etag"}
    (folder / "lab/hospital_id=A/part.csv.gz").write_bytes(b"no gzip")
    upload(folder, "data/broken")
    with pytest.raises(ExtractError, match=r"^lab/hospital_id=A/part\.csv\.gz: is no gzip file"):
        opened(Path("s3://data/broken"), study()).__enter__()
