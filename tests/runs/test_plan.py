"""Which hospitals are worked on together, by their rows and how their files look."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.runs import plan
from ehrivig.runs.state import Options
from ehrivig.runs.task import Task

STUDY: Any = SimpleNamespace(extract=SimpleNamespace(mappings=None))
SOURCE: Any = SimpleNamespace()
Rows = dict[str, int]


@pytest.fixture(autouse=True)
def of_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """Hospitals of so many rows as their name says (A30); all files look alike but those told."""
    kinds: dict[str, dict[str, str]] = {}

    def rows(_: Any, name: str) -> int:
        if name == "broken":
            raise ExtractError("no")
        return int(name[1:])

    def kinds_of_files(_: Any, name: str) -> dict[str, str]:
        if name == "broken":
            raise ExtractError("no")
        return kinds.get(name, {"lab": "x"})

    monkeypatch.setattr(extract, "rows", rows)
    monkeypatch.setattr(extract, "kinds_of_files", kinds_of_files)
    return kinds


def tasks(*hospitals: str, **options: Any) -> list[Task]:
    return plan.tasks(SOURCE, STUDY, Options(**options), hospitals, Path("batches"))


def together(*hospitals: str, **options: Any) -> list[tuple[tuple[str, ...], bool]]:
    return [(one.hospitals, one.keep) for one in tasks(*hospitals, **options)]


@pytest.mark.parametrize(
    ("hospitals", "groups"),
    [
        (("A30", "B70"), [(("A30", "B70"), True)]),
        (("A30", "B71"), [(("A30",), True), (("B71",), True)]),
        (("A100", "B101"), [(("A100",), True), (("B101",), False)]),
        (("A60", "B60", "C40"), [(("A60", "C40"), True), (("B60",), True)]),
        (("A200", "B10"), [(("A200",), False), (("B10",), True)]),
        (("broken", "B10"), [(("broken",), True), (("B10",), True)]),
    ],
)
def test_small_hospitals_are_read_together_up_to_so_many_rows(
    hospitals: tuple[str, ...], groups: list[tuple[tuple[str, ...], bool]]
) -> None:
    assert together(*hospitals, batch_rows=100) == groups


def test_hospitals_whose_files_differ_are_not_read_together(
    of_files: dict[str, dict[str, str]],
) -> None:
    of_files |= {"B1": {"lab": "y"}, "C1": {"vital": "z"}, "D1": {"lab": "x", "vital": "other"}}
    groups = together("A1", "B1", "C1", "D1", batch_rows=100)
    assert groups == [(("A1", "C1"), True), (("B1",), True), (("D1",), True)]


def test_hospitals_of_signed_mappings_are_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan.mapping, "load", lambda path: path)
    monkeypatch.setattr(plan.mapping, "listing", lambda _: [{"hospital_id": "B1"}])
    study: Any = SimpleNamespace(extract=SimpleNamespace(mappings="signed.csv"))
    found = plan.tasks(SOURCE, study, Options(), ("A1", "B1", "C1"), Path("batches"))
    assert [one.hospitals for one in found] == [("A1", "C1"), ("B1",)]


@pytest.mark.parametrize(
    ("options", "first", "alone"),
    [
        ({}, "A2000000", "A2000001"),
        ({"memory": "830MiB"}, "A500000", "A500001"),  # 200 MiB of the engine
        ({"cluster": "tcp://127.0.0.1:1"}, "A250000", "A250001"),
        ({"batch_rows": 7}, "A7", "A8"),
        ({"share_rows": 7}, "A7", "A8"),
    ],
)
def test_a_hospital_of_more_rows_than_fit_is_alone(
    options: dict[str, Any], first: str, alone: str
) -> None:
    assert together(first, **options) == [((first,), True)]
    assert together(alone, **options) == [((alone,), False)]


def test_workers_have_about_as_many_rows_each() -> None:
    """61 rows of two workers: at most 31 together, and one hospital has more."""
    assert together("A31", "B20", "C10", workers=2) == [(("A31",), True), (("B20", "C10"), True)]
    assert together("A32", "B20", "C9", workers=2) == [(("A32",), False), (("B20", "C9"), True)]
    assert together("A31", "B20", "C10") == [(("A31", "B20", "C10"), True)]


def test_tasks_have_folders_of_their_own_and_what_the_run_allows() -> None:
    one, two = tasks("A60", "B60", batch_rows=100, memory="4GiB", workers=2, threads=3)
    assert (one.folder, two.folder) == (Path("batches/00001"), Path("batches/00002"))
    assert one.memory == two.memory == "1259MiB"  # of 2 GiB
    assert one.threads == 3
    assert not one.gate_only
    assert not one.ungated
    (cluster,) = tasks("A1", memory="4GiB", workers=2, cluster="tcp://127.0.0.1:1")
    assert cluster.memory == "3040MiB"  # each worker of a cluster has it all
    (checked,) = plan.tasks(
        SOURCE, STUDY, Options(), ("A1",), Path("b"), gate_only=True, ungated=True
    )
    assert (checked.gate_only, checked.ungated) == (True, True)


def shares(rows: int, *, keep: bool = False, **options: Any) -> list[Task]:
    task = Task(SOURCE, (f"A{rows}",), STUDY, Path("b/00001"), False, keep)
    return plan.shares(Options(**options), task, "mark")


@pytest.mark.parametrize(("rows", "number"), [(10, 1), (11, 2), (20, 2), (21, 3)])
def test_a_large_hospital_is_worked_on_in_shares(rows: int, number: int) -> None:
    found = shares(rows, keep=True, share_rows=10)
    assert len(found) == number
    if number == 1:
        assert (found[0].share, found[0].keep) == (None, True)
        return
    for place, one in enumerate(found, start=1):
        assert one.share is not None
        assert (one.share.number, one.share.of) == (place, number)
        assert one.folder == Path(f"b/00001/share-{place}")
        assert (one.keep, one.mark) == (False, "mark")


@pytest.mark.parametrize(
    ("options", "most"),
    [({}, 60_000_000), ({"workers": 2}, 40_000_000), ({"cluster": "tcp://x:1"}, 40_000_000)],
)
def test_a_crew_has_smaller_shares_than_a_process_alone(options: dict[str, Any], most: int) -> None:
    assert len(shares(most, **options)) == 1
    assert len(shares(most + 1, **options)) == 2


def test_hospitals_that_are_read_together_are_not_split() -> None:
    assert len(shares(70_000_000, keep=True)) == 1  # its rows are kept: it is small
    both = Task(SOURCE, ("A30", "B30"), STUDY, Path("b"), False, False)
    assert plan.shares(Options(share_rows=10), both, "mark") == [both]
