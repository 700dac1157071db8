"""How long a command took before, and what a result is held to depend on."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ehrivig.runs import cluster, fingerprint, history
from ehrivig.runs.task import Task

NO_RESULT = {"duckdb-engine", "jinja2", "pydantic", "rich", "sqlalchemy", "typer"}
"""What the package needs and no number or file of a run depends on."""


def attempt(second: int, command: str, exit_code: int, seconds: float) -> dict[str, Any]:
    moment = f"2026-01-01T10:00:{second:02}.000Z"
    row = history.ended(command, "s", exit_code, "", seconds)
    return row | {"finished_at": moment}


def test_how_long_the_last_good_attempt_of_a_command_took(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert history.seconds_before(run, "run") is None
    run.mkdir()
    rows = [
        attempt(5, "check", 0, 2.0),
        attempt(1, "run", 0, 50.0),
        attempt(3, "run", 0, 70.0),
        attempt(4, "run", 3, 1.0),  # blocked by the gate
    ]
    history.as_rows(rows).write_csv(run / history.FILE)
    assert history.seconds_before(run, "run") == 70.0
    assert history.seconds_before(run, "check") == 2.0
    assert history.seconds_before(run, "report") is None


def test_all_that_computes_is_in_the_fingerprint() -> None:
    """A dependency is an engine, whose version tells results apart, or is known to be none."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["project"]["dependencies"]
    needed = {
        one.partition(">")[0].replace("great-expectations", "great_expectations") for one in listed
    }
    assert set(fingerprint.ENGINES) == needed - NO_RESULT
    assert all(fingerprint.engines().values())


def test_what_killed_attempts_left_goes_and_links_and_files_stay(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere"
    (kept / "inside").mkdir(parents=True)
    place = tmp_path / "batches"
    for name in (".one.ab", ".one.cd", "one"):
        (place / name / "inside").mkdir(parents=True)
    (place / ".file").write_text("x")
    (place / ".link").symlink_to(kept)
    task = Task.__new__(Task)
    object.__setattr__(task, "folder", place / "one")
    cluster._sweep([task])
    assert sorted(path.name for path in place.iterdir()) == [".file", ".link", "one"]
    assert (kept / "inside").is_dir()
