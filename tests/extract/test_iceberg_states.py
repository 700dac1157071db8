"""Which state of an Iceberg table is current, and where the files lie that its metadata name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig.errors import ExtractError
from ehrivig.extract import iceberg


def states(folder: Path, *names: str, hint: str | None = None) -> Path:
    log = folder / "lab" / "metadata"
    log.mkdir(parents=True)
    for name in names:
        (log / name).write_text("{}")
    if hint is not None:
        (log / "version-hint.text").write_text(hint)
    return folder / "lab"


@pytest.mark.parametrize(
    ("names", "hint", "newest"),
    [
        (["v1.metadata.json", "v2.metadata.json"], None, "v2.metadata.json"),
        (["v9.metadata.json", "v10.metadata.json"], None, "v10.metadata.json"),
        (["v2.metadata.json", "v2.json"], "2\n", "v2.metadata.json"),
        (["v2.metadata.json"], "v2", "v2.metadata.json"),
        (["v2.metadata.json"], "v2.metadata.json", "v2.metadata.json"),
        (["v2.gz.metadata.json"], "2", "v2.gz.metadata.json"),
        (
            ["00001-ab.metadata.json", "00002-cd.gz.metadata.json"],
            "00002-cd",
            "00002-cd.gz.metadata.json",
        ),
        (["00001-ab.metadata.json", "odd.metadata.json"], None, "00001-ab.metadata.json"),
        (["odd.metadata.json"], None, "odd.metadata.json"),
        (["v1.metadata.json", "_v2.metadata.json", ".v3.metadata.json"], None, "v1.metadata.json"),
    ],
)
def test_the_newest_state(tmp_path: Path, names: list[str], hint: str | None, newest: str) -> None:
    folder = states(tmp_path, *names, hint=hint)
    assert iceberg._state(folder, "lab").name == newest


@pytest.mark.parametrize(
    ("names", "hint", "said"),
    [
        (["00002-a.metadata.json", "00002-b.metadata.json"], None, "00002-a.metadata.json and 00"),
        (["00002-a.metadata.json", "v2.metadata.json"], None, "nothing there says which is"),
        (["odd.metadata.json", "odder.metadata.json"], None, "nothing there says which is current"),
        (["v2.metadata.json"], "1", "names another state than v2.metadata.json"),
        (["v1.metadata.json", "v2.metadata.json"], "v1", "names another state than v2"),
        (["v2.metadata.json"], "", "names another state"),
    ],
)
def test_a_state_that_is_not_sure(
    tmp_path: Path, names: list[str], hint: str | None, said: str
) -> None:
    folder = states(tmp_path, *names, hint=hint)
    with pytest.raises(ExtractError, match=said):
        iceberg._state(folder, "lab")


def test_a_folder_is_a_log_by_its_states_alone(tmp_path: Path) -> None:
    folder = states(tmp_path, "_v1.metadata.json", "v1.json")
    assert not iceberg.is_log(folder / "metadata")
    (folder / "metadata" / "v3.metadata.json").mkdir()
    assert not iceberg.is_log(folder / "metadata")
    (folder / "metadata" / "v2.metadata.json").write_text("{}")
    assert iceberg.is_log(folder / "metadata")
    assert not iceberg.is_log(folder / "nowhere")
    assert not iceberg.is_log(folder / "metadata" / "v2.metadata.json")


@pytest.mark.parametrize(
    ("uri", "steps"),
    [
        ("s3://bucket/icu/lab/data/a.parquet", "data/a.parquet"),
        ("s3a://bucket/icu/lab/data/a.parquet", "data/a.parquet"),
        ("/bucket/icu/lab/a.parquet", "a.parquet"),
        ("s3://bucket/icu/labs/a.parquet", None),
        ("s3://bucket/icu/lab/../a.parquet", None),
        ("s3://bucket/icu/lab/./a.parquet", None),
        ("s3://bucket/icu/lab//a.parquet", None),
        ("s3://bucket/icu/lab/", None),
        ("s3://bucket/icu/lab", None),
        ("s3://other/icu/lab/a.parquet", None),
        ("s3://bucket/icu/lab/a%20b=c:d.parquet", "a%20b=c:d.parquet"),  # nothing is decoded
    ],
)
def test_where_a_file_lies_below_the_location_of_its_table(
    tmp_path: Path, uri: str, steps: str | None
) -> None:
    expected = None if steps is None else tmp_path / steps
    for location in ("s3://bucket/icu/lab", "s3://bucket/icu/lab/"):
        assert iceberg._below(uri, tmp_path, location) == expected


def test_files_of_a_table_that_was_written_where_it_lies(tmp_path: Path) -> None:
    for uri in (f"{tmp_path}/data/a.parquet", f"file://{tmp_path}/data/a.parquet"):
        assert iceberg._below(uri, tmp_path, "s3://elsewhere") == tmp_path / "data" / "a.parquet"
