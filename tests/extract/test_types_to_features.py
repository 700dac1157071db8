"""Other types of the same data, from files to features: the same results, whoever is read along."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from fuzz.base import short_study, small_extract
from polars.testing import assert_frame_equal
from test_types import SAME, change

from ehrivig import extract, study
from ehrivig.runs import batch, datasets
from ehrivig.study import Study

BIG = 2**63
OTHER = ("ids: uint64", "text: large", "number: text", "time: zone ns", "date: ns", "flag: words")
KEYS = ("admission_id", "patient_id", "medication_id")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("whole") / "x", 150, 2)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Study:
    found = study.load(short_study(tmp_path_factory.mktemp("plan") / "study.toml"))
    section = found.extract.model_copy(update={"timezone": "Asia/Shanghai"})
    return found.model_copy(update={"extract": section})


def results(
    folder: Path, plan: Study, out: Path, groups: Sequence[tuple[str, ...]]
) -> dict[str, bytes]:
    """Every table of a run over groups of hospitals, as bytes."""
    source = extract.inspect(folder, plan)
    parts = []
    for number, group in enumerate(groups):
        place = out / f"batch-{number}"
        batch.process(source, group, plan, place, threads=1, keep=True)
        parts.append(datasets.Part(place, frozenset(group)))
    assert not datasets.write(out / "run", parts)
    found = sorted((out / "run").rglob("*.parquet"))
    return {path.relative_to(out / "run").as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def of_clean(clean: Path, plan: Study) -> tuple[Path, dict[str, bytes]]:
    """Where the results of the clean extract lie, and their bytes."""
    place, hospitals = clean.with_name("clean"), extract.inspect(clean, plan).hospitals
    return place, results(clean, plan, place, [hospitals])


def test_hospitals_of_other_types_give_the_same_bytes(
    clean: Path, of_clean: tuple[Path, dict[str, bytes]], plan: Study, tmp_path: Path
) -> None:
    hospitals, (_, wanted) = extract.inspect(clean, plan).hospitals, of_clean
    folder = shutil.copytree(clean, tmp_path / "x")
    for name in OTHER:
        change(folder, "one hospital", *SAME[name])
    apart = [(name,) for name in hospitals]
    assert results(folder, plan, tmp_path / "together", [hospitals]) == wanted
    assert results(folder, plan, tmp_path / "apart", apart) == wanted
    folder = shutil.copytree(clean, tmp_path / "y")
    for name in OTHER:
        change(folder, "all", *SAME[name])
    assert results(folder, plan, tmp_path / "all", [hospitals]) == wanted
    assert "hospitals/dosing.parquet" in wanted


def test_ids_beyond_signed_numbers_go_the_whole_way(
    clean: Path, of_clean: tuple[Path, dict[str, bytes]], plan: Study, tmp_path: Path
) -> None:
    """As a hash gives them (UINT64); the results are the clean ones with these ids."""
    hospitals = extract.inspect(clean, plan).hospitals
    folder = shutil.copytree(clean, tmp_path / "x")

    def beyond(column: Any) -> Any:
        return pa.array([None if v is None else BIG + v for v in column.to_pylist()], pa.uint64())

    for key in KEYS:
        change(folder, "all", "*", key, beyond)
    results(folder, plan, tmp_path / "beyond", [hospitals])
    there = sorted((of_clean[0] / "run" / "hospitals").glob("*.parquet"))
    assert there
    for path in there:
        wanted = pl.read_parquet(path)
        found = pl.read_parquet(tmp_path / "beyond" / "run" / "hospitals" / path.name)
        whole = [key for key in KEYS if key in found.columns and key in wanted.columns]
        assert all(found.schema[key] == pl.UInt64 for key in whole)
        back = found.with_columns((pl.col(key) - BIG).cast(pl.Int64) for key in whole)
        names = [c for c in wanted.columns if c != "person_id"]
        assert_frame_equal(back.select(names), wanted.select(names))
