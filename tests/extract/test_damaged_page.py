"""A page damaged in the middle of a file is found by whoever reads it first; the file is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fuzz.base import short_study, small_extract

from ehrivig import extract, study
from ehrivig.errors import ExtractError
from ehrivig.runs import batch


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("damaged") / "extract", 120, 1)


def damage(path: Path, column: str) -> None:
    """Overwrite every page of a column; the footer stays whole."""
    group = pq.read_metadata(path).row_group(0)
    chunk = next(
        c for i in range(group.num_columns) if (c := group.column(i)).path_in_schema == column
    )
    data = bytearray(path.read_bytes())
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    data[begin : begin + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("table", "column"),
    [("icu_stay", "started_at"), ("procedure", "procedure_code"), ("score", "value")],
)
def test_damaged_column_is_an_error_that_names_the_file(
    table: str, column: str, whole: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "extract"
    shutil.copytree(whole, copy)
    damage(next((copy / table).rglob("*.parquet")), column)
    plan = study.load(short_study(tmp_path / "study.toml"))
    source = extract.inspect(copy, plan)
    with pytest.raises(ExtractError, match=f"^{table}/.*damaged Parquet file. Replace the file"):
        batch.process(source, source.hospitals[:1], plan, tmp_path / "work", threads=1)


def test_damage_that_only_a_later_stage_meets(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate does not read the column; the features do."""
    copy = tmp_path / "extract"
    shutil.copytree(whole, copy)
    plan = study.load(short_study(tmp_path / "study.toml"))
    source = extract.inspect(copy, plan)

    def features(db: object, *_: object) -> None:
        damage(next((copy / "vital").rglob("*.parquet")), "value")
        raise ValueError("no message for a user")

    monkeypatch.setattr(batch, "_features", features)
    with pytest.raises(ExtractError, match=r"^vital/.*damaged"):
        batch.process(source, source.hospitals[:1], plan, tmp_path / "work", threads=1)


def test_an_error_of_another_cause_stays_what_it_is(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = study.load(short_study(tmp_path / "study.toml"))
    source = extract.inspect(whole, plan)

    def features(*_: object) -> None:
        raise ValueError("something else")

    monkeypatch.setattr(batch, "_features", features)
    with pytest.raises(ValueError, match="something else"):
        batch.process(source, source.hospitals[:1], plan, tmp_path / "work", threads=1)
