"""A task whose hospitals cannot be read, or not together, is taken apart until it is clear why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from ehrivig.batch.alike import Unalike, grouped
from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract import Source
from ehrivig.runs import batch, hospitals, task, workers
from ehrivig.runs.batch import BatchResult
from ehrivig.study import load

NAMES = tuple("ABCDEFG")


def perform(
    monkeypatch: pytest.MonkeyPatch, folder: Path, bad: Sequence[str], zones: dict[str, str]
) -> tuple[task.Outcome, list[tuple[str, ...]]]:
    """The outcome of a task of all hospitals, and those of every attempt."""
    tried: list[tuple[str, ...]] = []

    def process(
        source: Any, hospitals: tuple[str, ...], study: Any, folder: Path, **_: Any
    ) -> BatchResult:
        tried.append(hospitals)
        folder.mkdir(parents=True)
        (folder / "begun").touch()
        groups = grouped({name: zones.get(name, "") for name in hospitals})
        if len(groups) > 1:
            raise Unalike(groups)
        for name in hospitals:
            if name in bad:
                raise ExtractError(f"lab/{name}: damaged")
        return BatchResult(hospitals, folder, ())

    monkeypatch.setattr(batch, "process", process)
    source = Source(folder, "native", NAMES, (), synthetic=True)
    one = task.Task(
        source, NAMES, load("ivig_covid19"), folder / "1", gate_only=False, keep=True, threads=1
    )
    return task.perform(one), tried


@pytest.mark.parametrize("number", range(4))
def test_only_those_that_cannot_be_read_are_left_out(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place, bad in enumerate(combinations(NAMES, number)):
        found, tried = perform(monkeypatch, tmp_path / str(place), bad, {})
        assert {name: str(why) for name, why in found.unreadable.items()} == {
            name: f"lab/{name}: damaged" for name in bad
        }
        read = [name for one in found.results for name in one.hospitals]
        assert sorted(read) == sorted({*NAMES} - {*bad})
        assert len({one.folder for one in found.results}) == len(found.results)
        # what a failed attempt left is gone, and what counts is there
        assert all((one.folder / "begun").is_file() for one in found.results)
        begun = [path.parent for path in (tmp_path / str(place)).rglob("begun")]
        failed = {path for path in begun if path not in {one.folder for one in found.results}}
        assert len(failed) == len(bad)
        assert len(tried) <= 1 + 2 * 3 * number


def test_hospitals_that_differ_are_read_with_their_like(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zones = {"B": "Tokyo", "E": "Tokyo", "F": "Paris"}
    found, tried = perform(monkeypatch, tmp_path, ["E"], zones)
    assert [one.hospitals for one in found.results] == [("A", "C", "D", "G"), ("B",), ("F",)]
    assert list(found.unreadable) == ["E"]
    assert tried == [
        *(NAMES, ("A", "C", "D", "G"), ("B", "E"), ("B",), ("E",), ("F",)),
    ]


def test_another_error_stops_the_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def process(*_: Any, **__: Any) -> None:
        raise UsageError("mappings: of another hospital")

    monkeypatch.setattr(batch, "process", process)
    source = Source(tmp_path, "native", NAMES, (), synthetic=True)
    one = task.Task(
        source, NAMES, load("ivig_covid19"), tmp_path / "1", gate_only=False, keep=True, threads=1
    )
    with pytest.raises(UsageError, match="of another hospital"):
        task.perform(one)


def test_a_hospital_of_which_one_share_cannot_be_read_is_left_out_whole(tmp_path: Path) -> None:
    """The other shares were read; they are no result of the hospital."""
    source = Source(tmp_path, "native", ("A",), (), synthetic=True)
    one = task.Task(
        source, ("A",), load("ivig_covid19"), tmp_path / "1", gate_only=False, keep=False
    )
    good = task.Outcome((BatchResult(("A",), tmp_path / "1" / "share-1", ()),))
    bad = task.Outcome((), {"A": ExtractError("lab/A: damaged")})
    for shares in ([good, bad], [bad, good]):
        run: Any = None  # nothing is asked of it
        found = hospitals._made(run, one, 2, iter(shares))
        assert found.results == ()
        assert list(found.unreadable) == ["A"]


@pytest.mark.parametrize("ungated", [True, False])
@pytest.mark.parametrize("gate_only", [True, False])
def test_all_that_is_said_of_a_task_reaches_the_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ungated: bool, gate_only: bool
) -> None:
    asked: dict[str, Any] = {}

    def process(*given: Any, **options: Any) -> BatchResult:
        asked.update(options, given=given)
        return BatchResult(("A",), tmp_path, ())

    other = "ungated" if not ungated else "batch"
    monkeypatch.setattr(getattr(task, "ungated" if ungated else "batch"), "process", process)
    monkeypatch.setattr(getattr(task, other), "process", None)
    source = Source(tmp_path, "native", NAMES, (), synthetic=True)
    said = {"keep": not gate_only, "memory": "2GB", "threads": 3}
    share: Any = object()
    one = task.Task(
        **{"source": source, "hospitals": ("A",), "study": load("ivig_covid19")},  # type: ignore[arg-type]
        **{"folder": tmp_path, "gate_only": gate_only, "mark": "m", "share": share},  # type: ignore[arg-type]
        **said,  # type: ignore[arg-type]
        ungated=ungated,
    )
    task.perform(one)
    assert asked.pop("given") == (source, ("A",), one.study, tmp_path)
    more = {} if ungated else {"gate_only": gate_only, "mark": "m", "share": share}
    assert asked == said | more


class Ended(Exception):
    """In place of the end of a process."""


def test_a_worker_ends_once_its_parent_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([7, 7, 1])
    slept: list[float] = []

    def ended(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(workers.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(workers.os, "_exit", ended)
    monkeypatch.setattr(workers.time, "sleep", slept.append)
    with pytest.raises(Ended):
        workers._watch(7)
    assert len(slept) == 2
