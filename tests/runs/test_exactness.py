"""The result does not depend on the machine or on how the files were written: same bytes.

Threads, memory limit, order and sorting of rows, number, size and names of files, and the number of
processes are drawn at random; every file of the result must have one hash. Three runs of a small
extract are always made, ten of a larger one by `make slow`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from result_files import hashes

from ehrivig import pipeline, report
from ehrivig.calibrate.replicate import trimmed
from ehrivig.demo import write_demo
from ehrivig.study import Study, load

pytestmark = [
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),
    pytest.mark.usefixtures("more_quickly"),
]
SIZES = {"small": (600, 3), "large": (1_500, 10)}
"""Patients and runs."""


RUNS = [
    pytest.param(size, number, marks=[pytest.mark.slow] if size == "large" else [])
    for size, (_, runs) in SIZES.items()
    for number in range(runs)
]


@pytest.fixture(scope="module", params=["small", pytest.param("large", marks=pytest.mark.slow)])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def study(size: str) -> Study:
    plan = trimmed(load("ivig_covid19")) if size == "small" else load("ivig_covid19")
    fewer = plan.analysis.model_copy(update={"bootstrap": 5, "imputations": 2})
    return plan.model_copy(update={"analysis": fewer})


@pytest.fixture(scope="module")
def extract(size: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exactness") / "extract"
    write_demo(folder, patients=SIZES[size][0], hospitals=2)
    return folder


def rewritten(extract: Path, folder: Path, rng: np.random.Generator) -> Path:
    """The same rows in another order, cut into other files under other names."""
    for source in sorted(extract.glob("*/hospital_id=*")):
        if source.parent.name.startswith("_"):
            continue
        target = folder / source.parent.name / source.name
        target.mkdir(parents=True)
        rows = pl.concat([pl.read_parquet(path) for path in sorted(source.glob("*.parquet"))])
        rows = _in_some_order(rows, rng)
        cuts = np.sort(rng.integers(0, rows.height + 1, rng.integers(0, 4)))
        for start, stop in zip([0, *cuts], [*cuts, rows.height], strict=True):
            name = f"{rng.integers(1_000_000):06}.parquet"
            size = int(rng.integers(500, 50_000))
            rows[int(start) : int(stop)].write_parquet(target / name, row_group_size=size)
    (folder / "extract.json").write_bytes((extract / "extract.json").read_bytes())
    return folder


def _in_some_order(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Shuffled, or sorted by some column in some direction with its ties shuffled."""
    rows = rows[rng.permutation(rows.height)]
    if rng.random() < 0.5:
        return rows
    name = str(rng.choice(rows.columns))
    return rows.sort(name, descending=bool(rng.integers(2)), maintain_order=True)


def run(study: Study, extract: Path, out: Path, options: pipeline.Options) -> dict[str, str]:
    summary = pipeline.run(study, extract, out, options=options)
    assert summary.exit_code == 0, summary.message
    assert summary.cohort > 50
    assert summary.pairs > 10
    return hashes(out)


@pytest.fixture(scope="module")
def expected(
    study: Study, extract: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The hashes of an undisturbed run with one thread."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "write", lambda *args, **kwargs: None)
        out = tmp_path_factory.mktemp("expected") / "out"
        return run(study, extract, out, pipeline.Options(threads=1))


def test_the_result_files_are_looked_at(expected: dict[str, str]) -> None:
    wanted = {"cohort.parquet", "dosing.parquet", "analysis.parquet", "effects.csv", "ledger.csv"}
    assert wanted <= set(expected)
    assert {"quality/checks.csv", "quarantine/lab.parquet", "matched.parquet"} <= set(expected)


@pytest.mark.parametrize(("size", "number"), RUNS, indirect=["size"])
def test_same_bytes_whatever_the_machine_and_the_files(
    number: int,
    study: Study,
    extract: Path,
    expected: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "write", lambda *args, **kwargs: None)
    rng = np.random.default_rng(number)
    options = pipeline.Options(
        memory=str(rng.choice(["600MB", "1GB", "2GB", "4GB"])), threads=int(rng.integers(1, 9))
    )
    found = run(study, rewritten(extract, tmp_path / "extract", rng), tmp_path / "out", options)
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    assert not differing
    assert set(found) == set(expected)


@pytest.mark.slow
def test_same_bytes_from_a_pool_of_processes(
    study: Study,
    extract: Path,
    expected: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report, "write", lambda *args, **kwargs: None)
    options = pipeline.Options(memory="2GB", workers=2)
    assert run(study, extract, tmp_path / "out", options) == expected
