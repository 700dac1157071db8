"""A signal that is lost: in a finaliser of Python, or in an engine that makes an error of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from fuzz.base import short_study, small_extract

from ehrivig import console, interrupts
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.store.folder import run_folder

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
RUN = """
import os
from ehrivig.cli import entry
from ehrivig.runs import hospitals

class Last:
    def __del__(self):
        os.kill(os.getpid(), int(os.environ['LOST']))
        for _ in range(1000):
            pass

def changed(run):
    Last()

hospitals.refuse_changed = changed
entry()
"""
"""The command line; when the hospitals were read, an object is done with, and a signal comes."""


class Last:
    """An object in whose finaliser a signal comes: Python prints what it raises, and goes on."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)
        for _ in range(1000):
            pass


@pytest.fixture(autouse=True)
def unraised(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What Python could not raise."""
    found: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: found.append(lost.exc_type))
    return found


@pytest.mark.parametrize("number", CODES)
def test_a_finaliser_loses_it_and_the_command_ends_by_it(
    number: signal.Signals, unraised: list[object]
) -> None:
    def command() -> None:
        Last(number)

    with pytest.raises(SystemExit) as end:
        console.guarded(command)
    assert unraised == [KeyboardInterrupt if number == signal.SIGINT else SystemExit]
    assert end.value.code == CODES[number]


@pytest.mark.parametrize("number", interrupts.HEARD)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_what_an_engine_makes_of_a_signal_ends_by_that_signal(
    number: signal.Signals, error: BaseException
) -> None:
    """A query in the middle says "interrupted", whichever signal it was."""

    def command() -> None:
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            signal.raise_signal(number)
        raise error

    with pytest.raises((SystemExit, KeyboardInterrupt)) as ended:
        console.guarded(command)
    by_hand = ended.type is KeyboardInterrupt
    assert (128 + signal.SIGINT if by_hand else ended.value.code) == 128 + number


def test_what_was_lost_is_raised_before_a_run_takes_its_place(
    tmp_path: Path, unraised: list[object]
) -> None:
    def done() -> None:
        with interrupts.heard(), run_folder(tmp_path / "out") as run:
            (run.path / "manifest.json").write_text("{}", encoding="utf-8")
            Last(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        done()
    assert unraised == [KeyboardInterrupt]
    assert list(tmp_path.iterdir()) == []


def test_what_comes_when_a_run_takes_its_place_comes_too_late(tmp_path: Path) -> None:
    with interrupts.heard(), interrupts.too_late():
        os.kill(os.getpid(), signal.SIGINT)
        (tmp_path / "done").touch()
        assert interrupts.exit_code(0) == 0
    assert (tmp_path / "done").exists()


def test_it_is_raised_before_the_next_statement(unraised: list[object]) -> None:
    with interrupts.heard(), Database() as db:
        Last(signal.SIGINT)
        assert unraised == [KeyboardInterrupt]
        with pytest.raises(KeyboardInterrupt):
            db.rows("SELECT 1")


@pytest.mark.parametrize(
    "error", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error: x")]
)
def test_a_statement_that_it_interrupts_is_no_damaged_extract(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a hospital would be read once more, or left out."""

    class Connection:
        def execute(self, *words: object) -> None:
            raise error

    def read(db: Database) -> None:
        try:
            db.execute("SELECT 1")
        except Exception as other:
            raise ExtractError("extract: damaged") from other

    with Database() as db, monkeypatch.context() as patch:
        patch.setattr(db, "_connection", Connection())
        with pytest.raises(KeyboardInterrupt):
            read(db)


def test_what_was_met_before_is_no_signal_of_the_next_command(unraised: list[object]) -> None:
    with interrupts.heard():
        Last(signal.SIGINT)
    with interrupts.heard():
        interrupts.refuse_told()
        assert interrupts.exit_code(0) == 0
    assert unraised == [KeyboardInterrupt]


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_whole_run_that_loses_it_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    small_extract(tmp_path / "extract", patients=200, hospitals=1)
    short_study(tmp_path / "study.toml")
    out = tmp_path / "there" / "out"
    words = ("run", tmp_path / "study.toml", "--extract", tmp_path / "extract", "--out", out)
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "LOST": str(int(number))},
    )
    assert "Exception ignored in" in ended.stderr
    assert ended.returncode == CODES[number], ended.stderr
    assert [path.name for path in out.parent.iterdir()] == ["out.attempts"]
