"""What a run keeps and joins: earlier measurements, its manifest, shares, workers, leftovers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig import study
from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract import Source
from ehrivig.runs import (
    cluster,
    earlier,
    fingerprint,
    manifest,
    start,
)
from ehrivig.runs.state import Options, Run
from ehrivig.validate import Measurement, write_measurements

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
    blocked = manifest.of_same_run(whole(tmp_path / "blocked", exit_code=3), "f")
    assert blocked is not None
    assert blocked["exit_code"] == 3
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


def run(folder: Path, **options: Any) -> Run:
    source = Source(folder, "native", ("A", "B"), (), False)
    return Run(LIU, source, folder, folder / "none", Options(**options), print, "run", "f")


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


def begun(
    monkeypatch: pytest.MonkeyPatch, folder: Path, command: Any = "run", later: bool = False
) -> tuple[Run, Any]:
    source = Source(folder, "native", ("A",), (), False)
    monkeypatch.setattr(start.extract, "inspect", lambda place, plan, copies: source)
    monkeypatch.setattr(
        start.fingerprint,
        "of_hospitals",
        lambda plan, inputs, gate_only: {"A": f"gate only: {gate_only}"},
    )
    monkeypatch.setattr(
        start.fingerprint, "of_run", lambda plan, marks, source, held: marks["A"] + held
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


def test_a_run_held_to_a_protocol_repeats_none_that_was_not(tmp_path: Path) -> None:
    source = Source(tmp_path, "native", ("A",), (), False)
    marks = [fingerprint.of_run(LIU, {"A": "a"}, source, held) for held in ("", "1", "2")]
    assert len(set(marks)) == 3
    assert marks[0] == fingerprint.of_run(LIU, {"A": "a"}, source)


@pytest.mark.parametrize(
    ("repeats", "later", "unchanged"),
    [(True, False, True), (True, True, True), (False, False, False)],
)
def test_a_run_that_would_only_repeat_the_last_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repeats: bool, later: bool, unchanged: bool
) -> None:
    this, target = begun(monkeypatch, tmp_path, later=later)
    kept = {"study": "s", "exit_code": 3, "message": "blocked"} if repeats else None
    asked: list[str] = []
    monkeypatch.setattr(
        start.manifest, "of_same_run", lambda folder, _: asked.append(folder.name) or kept
    )
    assert start.unchanged(this, target) == (kept if unchanged else None)
    assert target.unchanged is unchanged
    assert asked == ["none.last-attempt" if later else "none"]
    assert this.exit_code == (3 if repeats else 0)


def test_a_folder_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(place: Path, plan: object, copies: object) -> None:
        raise PermissionError(13, "denied", str(place / "lab"))

    monkeypatch.setattr(start.extract, "inspect", refuse)
    target: Any = SimpleNamespace(path=tmp_path, earlier=tmp_path)
    with pytest.raises(ExtractError, match=r"extract: lab may not be read"):
        start.begin(LIU, tmp_path, target, None, print, "run")
