"""What `--memory` means, and how much of it DuckDB gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import UsageError
from ehrivig.runs import memory, workers


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2_000_000_000), ("500 mb", 500_000_000), ("1.5GiB", 1_610_612_736), ("7B", 7)],
)
def test_amounts(text: str, size: int) -> None:
    assert memory.parse(text) == size


@pytest.mark.parametrize("text", ["", "2", "GB", "2 GBs", "-2GB", "2GB 3", "zwei GB", "1e3MB"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(UsageError, match="is no amount"):
        memory.parse(text)


def test_python_keeps_its_part() -> None:
    limit = memory.engine_limit("2GB")
    assert limit == f"{int((2e9 / 2**20 - memory.PYTHON_MIB) / memory.OVERSHOOT)}MiB"
    assert memory.parse(str(limit)) * memory.OVERSHOOT + memory.PYTHON_MIB * 2**20 <= 2e9


def test_processes_share_the_limit() -> None:
    assert memory.engine_limit("8GB", 4) == memory.engine_limit("2GB")
    assert memory.engine_limit(None, 4) is None


def test_a_small_limit_leaves_the_smallest() -> None:
    assert memory.engine_limit("300MB") == f"{memory.SMALLEST_MIB}MiB"


@pytest.mark.parametrize(("total", "processes"), [("200MB", 1), ("900MB", 4)])
def test_a_limit_that_is_too_small(total: str, processes: int) -> None:
    with pytest.raises(UsageError, match=r"is too small .* Give at least"):
        memory.engine_limit(total, processes)


def test_the_amounts_are_those_that_were_measured() -> None:
    """The docstrings of the constants say how; DuckDB needs at least what its smallest limit is."""
    assert (memory.PYTHON_MIB, memory.OVERSHOOT) == (600, 1.15)
    assert (memory.SMALLEST_MIB, memory.LEAST_MIB) == (200, 250)
    rows = (memory.ROWS_AT_ONCE, memory.ROWS_OF_A_CREW, memory.ROWS_PER_MIB)
    assert rows == (60_000_000, 40_000_000, 100_000)


def test_the_least_that_is_taken() -> None:
    assert memory.engine_limit("250MiB") == "200MiB"
    assert memory.engine_limit("830MiB", 0) == "200MiB"
    assert memory.engine_limit("1060MiB") == "400MiB"
    with pytest.raises(UsageError, match=r"Give at least 250MiB"):
        memory.engine_limit("249MiB")
    with pytest.raises(UsageError, match=r"for 3 process\(es\)\. Give at least 750MiB"):
        memory.engine_limit("749MiB", 3)


@pytest.mark.parametrize(
    ("limit", "alone", "rows"),
    [
        (None, True, 60_000_000),
        (None, False, 40_000_000),
        ("200MiB", True, 20_000_000),
        ("500MiB", False, 40_000_000),
        ("500MiB", True, 50_000_000),
        ("700MiB", True, 60_000_000),
    ],
)
def test_how_many_rows_a_process_works_on_at_once(
    limit: str | None, alone: bool, rows: int
) -> None:
    assert memory.rows_at_once(limit, alone=alone) == rows


def test_memory_that_runs_out_is_told_in_one_message_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demo(tmp_path / "extract", patients=300, hospitals=1)
    monkeypatch.setattr(memory, "engine_limit", lambda *_: "2MiB")
    with pytest.raises(UsageError, match=r"^memory: .*Give more with --memory") as told:
        pipeline.check("ivig_covid19", tmp_path / "extract", tmp_path / "out")
    assert len(str(told.value).splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extract", "out.attempts"]


def test_threads_are_shared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert workers.threads_each(1, None) is None
    assert workers.threads_each(4, None) == 2
    assert workers.threads_each(16, None) == 1
    assert workers.threads_each(4, 3) == 3
