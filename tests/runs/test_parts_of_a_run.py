"""What a run keeps and joins: earlier measurements, its manifest, shares, workers, leftovers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from ehrivig.share import Share

from ehrivig import study
from ehrivig.errors import EhrivigError, ExtractError, UsageError
from ehrivig.extract import Source
from ehrivig.runs import (
    cluster,
    earlier,
    hospital,
    hospitals,
    join,
    manifest,
    start,
    summary,
    workers,
)
from ehrivig.runs.state import Options, Run
from ehrivig.runs.task import Task
from ehrivig.validate import Measurement, write_measurements
from ehrivig.validate.result import HospitalResult, Step

LIU = study.load("ivig_covid19")


def measured(violated: int) -> list[Measurement]:
    return [Measurement("A", "lab", "lab.unit_known", "block", violated, 100)]


def finished(folder: Path, fingerprint: str, violated: int, before: int = 0) -> Path:
    """A run with its measurements, and those of as many runs before it."""
    (folder / "quality").mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"fingerprint": fingerprint}))
    write_measurements(measured(violated), folder / earlier.MEASUREMENTS)
    earlier.write(folder, [measured(1000 + number) for number in range(before)])
    return folder


def violated(runs: list[list[Measurement]]) -> list[int]:
    return [one.violated for run in runs for one in run]


def test_a_run_is_held_against_the_runs_before_it(tmp_path: Path) -> None:
    first = finished(tmp_path / "first", "f1", 7)
    assert not (first / earlier.BEFORE).exists()
    assert violated(earlier.read(first, "f2")) == [7]
    assert earlier.read(tmp_path / "none", "f2") == []
    third = finished(tmp_path / "third", "f3", 9, before=2)
    assert violated(earlier.read(third, "f4")) == [1000, 1001, 9]
    assert earlier.read(third, "f4")[-1] == measured(9)


def test_a_repeated_run_is_held_against_what_the_first_one_was(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", "f", 9, before=2)
    assert violated(earlier.read(run, "f")) == [1000, 1001]
    nameless = finished(tmp_path / "nameless", "", 9, before=2)
    assert violated(earlier.read(nameless, "")) == [1000, 1001, 9]


def test_at_most_twelve_runs_are_kept(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", "f", 9, before=12)
    assert violated(earlier.read(run, "g")) == [*range(1001, 1012), 9]


def test_earlier_runs_are_named_by_how_long_ago_they_were() -> None:
    assert earlier.labels(3) == ["3 runs before", "2 runs before", "run before"]
    assert earlier.labels(0) == []


def whole(folder: Path, **content: Any) -> Path:
    """A sealed run with one file."""
    folder.mkdir()
    (folder / "report.html").write_text("12345")
    text = json.dumps({"exit_code": 0, "fingerprint": "f", **content})
    (folder / "manifest.json").write_text(text)
    manifest.seal(folder)
    return folder


def test_the_good_run_that_would_be_repeated(tmp_path: Path) -> None:
    good = whole(tmp_path / "good")
    found = manifest.of_same_run(good, "f")
    assert found is not None
    assert found["outputs"] == {"report.html": 5}
    assert manifest.of_same_run(good, "g") is None
    assert manifest.of_same_run(tmp_path / "none", "f") is None
    assert manifest.of_same_run(whole(tmp_path / "nameless", fingerprint=""), "") is None
    blocked = whole(tmp_path / "blocked", exit_code=3)
    assert manifest.of_same_run(blocked, "f") is None
    (good / "report.html").write_text("1234")
    assert manifest.of_same_run(good, "f") is None


def test_a_manifest_is_read_if_it_is_one(tmp_path: Path) -> None:
    for text in ("[1]", "{", ""):
        (tmp_path / "manifest.json").write_text(text)
        assert manifest.fingerprint_of(tmp_path) == ""
    (tmp_path / "manifest.json").write_text('{"fingerprint": "f", "hospitals": ["A"]}')
    assert manifest.fingerprint_of(tmp_path) == "f"
    assert manifest.unreadable(tmp_path) == set()
    text = '{"dropped_hospitals": ["A", "B", "C"], "hospitals": ["A"]}'
    (tmp_path / "manifest.json").write_text(text)
    assert manifest.unreadable(tmp_path) == {"B", "C"}


def test_a_manifest_is_text_for_people(tmp_path: Path) -> None:
    manifest._dump(tmp_path, {"b": "静", "a": Path("x")})
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert text == '{\n "a": "x",\n "b": "静"\n}\n'


def part(number: int, folder: Path, **changes: Any) -> HospitalResult:
    """What a share left."""
    steps = [
        Step("A", "gate", 10, 8, 1.5, 1.25, 300 + number),
        Step("A", "cohort", 5, number, 0.25, 0.5, 200 - number),
    ]
    read = {"patient": 70, "lab": 100 * number, "vital": 5}
    rejected = {"patient": 4, "lab": number, "vital": 5}
    values = (read, rejected, steps, "f", {})
    return replace(HospitalResult("A", str(folder), [], *values), **changes)


def test_the_steps_of_shares_add_up_to_those_of_the_hospital(tmp_path: Path) -> None:
    shares = [part(1, tmp_path), part(2, tmp_path)]
    read, rejected = (
        join._rows([getattr(one, name) for one in shares])
        for name in ("rows_read", "rows_quarantined")
    )
    assert read == {"patient": 70, "lab": 300, "vital": 10}
    assert rejected == {"patient": 4, "lab": 3, "vital": 10}
    joined = replace(shares[0], rows_read=read, rows_quarantined=rejected)
    assert join._steps(shares, joined) == [
        Step("A", "gate", 380, 363, 3.0, 2.5, 302),
        Step("A", "cohort", 10, 3, 0.5, 1.0, 199),
    ]


def test_shares_must_have_read_every_row(tmp_path: Path) -> None:
    shares = [part(1, tmp_path, rows_whole={"lab": 300}), part(2, tmp_path)]
    join._assert_every_row_read(shares)
    lost = [replace(shares[0], rows_whole={"lab": 301}), shares[1]]
    with pytest.raises(EhrivigError, match=r"lab: hospital A has 301 rows, its 2 shares 300\."):
        join._assert_every_row_read(lost)


@pytest.mark.parametrize(
    ("read", "rejected", "needed"),
    [
        ({"lab": 3, "vital": 0}, {"lab": 2, "vital": 0}, False),
        ({"lab": 3, "vital": 0}, {"lab": 3, "vital": 0}, True),
        ({"lab": 1}, {"lab": 1}, True),
        ({"patient": 3}, {"patient": 3}, False),
    ],
)
def test_a_table_without_a_kept_row_needs_the_hospital_in_one_piece(
    tmp_path: Path, read: dict[str, int], rejected: dict[str, int], needed: bool
) -> None:
    none = dict.fromkeys(join._EVENTS, 0)
    share = part(1, tmp_path, rows_read=none | read, rows_quarantined=none | rejected)
    assert (
        join.needs_one_piece([share, part(2, tmp_path, rows_read=none, rows_quarantined=none)])
        is needed
    )


def test_tables_of_shares_are_sorted_as_one(tmp_path: Path) -> None:
    places = [tmp_path / "1", tmp_path / "2"]
    for place, ids in zip(places, ([3, 1], [2]), strict=True):
        place.mkdir()
        pl.DataFrame({"admission_id": ids}).write_parquet(place / "candidate.parquet")
        (place / "statements.sql").write_text(f"-- {ids}")
    (tmp_path / "whole").mkdir()
    join._features(places, tmp_path / "whole")
    assert pl.read_parquet(tmp_path / "whole" / "candidate.parquet")["admission_id"].to_list() == [
        1,
        2,
        3,
    ]
    assert join._statements(places) == "-- share 1 of 2\n-- [3, 1]\n-- share 2 of 2\n-- [2]"
    join.remove([part(1, places[0]), part(2, tmp_path / "gone")])
    assert [place.exists() for place in places] == [False, True]


def task(folder: Path, **more: Any) -> Task:
    source = Source(folder, "native", ("A",), (), False)
    return replace(Task(source, "A", LIU, folder / "hospitals" / "A", False, "f"), **more)


def run(folder: Path, **options: Any) -> Run:
    source = Source(folder, "native", ("A", "B"), (), False)
    return Run(LIU, source, folder, folder / "none", Options(**options), print, "run", "f")


@pytest.mark.parametrize(
    ("rows", "options", "number"),
    [
        (0, {}, 1),
        (60_000_000, {}, 1),
        (60_000_001, {}, 2),
        (60_000_000, {"workers": 2}, 2),
        (60_000_000, {"cluster": "tcp://127.0.0.1:1"}, 2),
        (41, {"share_rows": 20}, 3),
    ],
)
def test_a_large_hospital_is_worked_on_in_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, options: dict[str, Any], number: int
) -> None:
    monkeypatch.setattr(hospitals.extract, "rows", lambda source, name: rows)
    found = hospitals._shares(run(tmp_path, **options), task(tmp_path))
    if number == 1:
        assert found == [task(tmp_path)]
        return
    assert [one.share for one in found] == [Share(n, number) for n in range(1, number + 1)]
    places = [tmp_path / "shares" / "A" / str(n) for n in range(1, number + 1)]
    assert [one.folder for one in found] == places


def test_a_hospital_of_unreadable_files_is_one_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: object, name: str) -> int:
        raise ExtractError("lab: cut off")

    monkeypatch.setattr(hospitals.extract, "rows", fail)
    assert hospitals._rows(task(tmp_path)) == 0


def test_a_task_gets_its_part_of_the_machine(tmp_path: Path) -> None:
    alone = hospitals._task(run(tmp_path, memory="8GB", threads=3), "A", "p", True)
    shared = hospitals._task(run(tmp_path, memory="8GB", workers=4), "A", "p", False)
    far = hospitals._task(run(tmp_path, memory="2GB", workers=4, cluster="x"), "A", "p", False)
    assert (alone.gate_only, alone.threads) == (True, 3)
    assert shared.memory == far.memory != alone.memory
    assert alone.folder == tmp_path / "hospitals" / "A"


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_what_becomes_of_a_hospital_in_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    """The first failure; the only share; else the shares together, or the hospital in one piece."""
    this = task(tmp_path)
    shares = [part(1, tmp_path), part(2, tmp_path)]
    joined = part(3, tmp_path)
    monkeypatch.setattr(hospitals, "perform", lambda done: ("whole", done))
    monkeypatch.setattr(hospitals.join, "join", lambda *words, memory: joined)
    monkeypatch.setattr(hospitals.join, "needs_one_piece", lambda found: kind == 1)
    monkeypatch.setattr(hospitals.join, "remove", lambda found: None)

    def made(task: Task, *outcomes: Any) -> Any:
        fresh = {"A": [task] * len(outcomes)}
        return hospitals._made(run(tmp_path), task, fresh, iter(outcomes))

    if kind == 0:
        error = ExtractError("lab: cut off")
        assert made(this, shares[0], error, shares[1]) is error
        assert made(this, shares[1]) is shares[1]
        assert made(this, *shares) is joined
    elif kind == 1:
        assert made(this, *shares) == ("whole", this)
        only_gate = replace(this, gate_only=True)
        assert made(only_gate, *shares) is joined


def test_who_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(workers, "perform", lambda task: ("here", task))
    monkeypatch.setattr(workers, "_pool", lambda tasks, n: iter([*map(asked.append, [n]), *tasks]))
    one, two = task(tmp_path), task(tmp_path, hospital_id="B")
    assert list(workers.work([one, two], 1, None)) == [("here", one), ("here", two)]
    assert list(workers.work([one], 4, None)) == [("here", one)]
    assert asked == []
    list(workers.work([one, two], 4, None))
    list(workers.work([one, two, one], 2, None))
    assert asked == [2, 2]


def test_what_killed_attempts_left_is_swept(tmp_path: Path) -> None:
    place = tmp_path / "hospitals"
    for name in ("A", ".A.1234", ".B.5678"):
        (place / name).mkdir(parents=True)
        (place / name / "result.json").write_text("")
    (place / ".note").write_text("a file of somebody")
    (tmp_path / "elsewhere").mkdir()
    (place / ".link").symlink_to(tmp_path / "elsewhere")
    cluster._sweep([task(tmp_path), task(tmp_path, hospital_id="B")])
    assert sorted(path.name for path in place.iterdir()) == [".link", ".note", "A"]
    assert (tmp_path / "elsewhere").is_dir()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tcp://10.0.0.1:8786", "not encrypted"),
        ("tcp://example.org:8786", "not encrypted"),
        ("http://127.0.0.1:8786", "is no address"),
        ("tcp://127.0.0.1", "is no address"),
        ("tcp://:8786", "is no address"),
        ("tcp://127.0.0.1:port", "is no address"),
        ("tcp://127.0.0.1:8786", ""),
        ("tcp://[::1]:8786", ""),
        ("tcp://localhost:8786", ""),
        ("tls://example.org:8786", ""),
    ],
)
def test_an_open_network_is_refused(address: str, said: str) -> None:
    if said:
        with pytest.raises(UsageError, match=said):
            cluster._refuse_open_network(address)
    else:
        cluster._refuse_open_network(address)


def test_the_first_of_two_finished_attempts_counts(tmp_path: Path) -> None:
    target = tmp_path / "A"
    for name, fingerprint in (("aside", "first"), ("again", "second")):
        (tmp_path / name).mkdir()
        part(1, tmp_path / name, fingerprint=fingerprint).write()
        assert cluster._settled(tmp_path / name, target).fingerprint == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["A"]
    with pytest.raises(OSError, match="No such file"):
        cluster._settled(tmp_path / "gone", tmp_path / "nowhere")


def test_a_task_for_other_machines_has_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = cluster._absolute(task(Path("extract")))
    assert found.source.root == tmp_path / "extract"
    assert found.folder == tmp_path / "extract" / "hospitals" / "A"
    assert cluster._absolute(found) == found
    keys = {cluster._key(found) for _ in range(3)}
    assert len(keys) == 3
    assert all(key.startswith("ehrivig-A-0-") for key in keys)
    assert cluster._key(replace(found, share=Share(2, 3))).startswith("ehrivig-A-2-")


def test_a_result_of_the_same_input_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    part(1, tmp_path / "A").write()
    (tmp_path / "A" / "table").write_text("rows")
    assert hospital.reuse(tmp_path / "none", tmp_path / "B", "f") is None
    assert hospital.reuse(tmp_path / "A", tmp_path / "B", "g") is None
    assert hospital.reuse(tmp_path / "A", tmp_path / "B", "") is None
    found = hospital.reuse(tmp_path / "A", tmp_path / "B", "f")
    assert found == part(1, tmp_path / "B")
    # a second name for the same file: nothing writes into a finished one
    assert (tmp_path / "B" / "table").samefile(tmp_path / "A" / "table")


@pytest.mark.parametrize(
    ("hospital_id", "name"),
    [
        ("A", "A"),
        ("..", "%2E."),
        ("a/b", "a%2Fb"),
        ("静", "%E9%9D%99"),
        ("x" * 120, "x" * 120),
    ],
)
def test_a_folder_for_any_hospital(hospital_id: str, name: str) -> None:
    assert hospital.folder_name(hospital_id) == name


def test_long_names_of_hospitals_stay_apart() -> None:
    one, other = (hospital.folder_name("x" * 121 + end) for end in "ab")
    assert one != other
    assert one[:121] == "x" * 120 + "-"
    assert len(one) == 137


def test_a_step_without_rows_has_none() -> None:
    clock = hospital._Clock("A")
    with clock.step("extract"):
        pass
    with clock.step("gate") as done:
        done(5, 3)
    assert [(s.step, s.rows_in, s.rows_out) for s in clock.steps] == [
        ("extract", 0, 0),
        ("gate", 5, 3),
    ]
    assert all(0 <= s.seconds < 5 and 0 <= s.cpu_seconds < 5 for s in clock.steps)
    assert 20 < clock.steps[0].peak_memory_mib < 100_000


def test_the_summary_of_a_run(tmp_path: Path) -> None:
    this = run(tmp_path)
    this.results, this.dropped = [part(1, tmp_path)], ["B"]
    this.numbers = {"admissions": 9, "cohort": 8, "exposed": 7, "pairs": 6, "lints": 5}
    found = summary.of_run(this, tmp_path / "out")
    assert (found.out, found.exit_code, found.message) == (str(tmp_path / "out"), 0, "done")
    assert (found.hospitals, found.dropped_hospitals) == (["A"], ["B"])
    assert (found.admissions, found.cohort, found.exposed) == (9, 8, 7)
    assert (found.pairs, found.lints) == (6, 5)
    kept = {"study": "s", "hospitals": ["C"], "dropped_hospitals": [], "numbers": {"cohort": 3}}
    again = summary.repeated(this, kept, tmp_path / "out")
    assert (again.study, again.message, again.exit_code) == ("s", "unchanged", 0)
    assert (again.hospitals, again.cohort, again.pairs) == (["C"], 3, None)
    assert this.kept == this.results
    this.dropped = ["A"]
    assert this.kept == []


def begun(
    monkeypatch: pytest.MonkeyPatch, folder: Path, command: Any = "run", later: bool = False
) -> tuple[Run, Any]:
    source = Source(folder, "native", ("A",), (), False)
    monkeypatch.setattr(start.extract, "inspect", lambda place, plan: source)
    monkeypatch.setattr(
        start.fingerprint, "of_run", lambda plan, source, gate_only: f"gate only: {gate_only}"
    )
    target: Any = SimpleNamespace(path=folder, earlier=folder / "none", has_later_attempt=later)
    return start.begin(LIU, folder, target, None, print, command), target


@pytest.mark.parametrize(("command", "gate_only"), [("run", False), ("check", True)])
def test_a_check_has_a_fingerprint_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, gate_only: bool
) -> None:
    found, _ = begun(monkeypatch, tmp_path, command)
    assert found.fingerprint == f"gate only: {gate_only}"
    assert (found.options, found.before, found.command) == (Options(), [], command)


@pytest.mark.parametrize(
    ("repeats", "later", "unchanged"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_a_run_that_would_only_repeat_the_last_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repeats: bool, later: bool, unchanged: bool
) -> None:
    this, target = begun(monkeypatch, tmp_path, later=later)
    kept = {"study": "s"} if repeats else None
    monkeypatch.setattr(start.manifest, "of_same_run", lambda folder, fingerprint: kept)
    assert start.unchanged(this, target) == (kept if unchanged else None)
    assert target.unchanged is unchanged


def test_a_folder_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(place: Path, plan: object) -> None:
        raise PermissionError(13, "denied", str(place / "lab"))

    monkeypatch.setattr(start.extract, "inspect", refuse)
    target: Any = SimpleNamespace(path=tmp_path, earlier=tmp_path)
    with pytest.raises(ExtractError, match=r"extract: lab may not be read"):
        start.begin(LIU, tmp_path, target, None, print, "run")
