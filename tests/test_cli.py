"""The command line hands on what it was told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from ehrivig import console, pipeline, resources, study
from ehrivig.cli import app, main
from ehrivig.errors import NumericalWarning, UsageError


@pytest.mark.parametrize("command", ["run", "check"])
def test_how_the_machine_is_used_is_handed_on(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[pipeline.Options] = []

    def instead(*words: Any, options: pipeline.Options, **more: Any) -> pipeline.RunSummary:
        asked.append(options)
        return pipeline.RunSummary("s", "o", 0, "done", [], [])

    monkeypatch.setattr(pipeline, command, instead)
    words = ["--memory", "2GB", "--threads", "3", "--workers", "4", "--share-rows", "500"]
    words += ["--cluster", "tcp://127.0.0.1:8786", "--extract", str(tmp_path), "--out", "o"]
    found = CliRunner().invoke(app, [command, "ivig_covid19", *words])
    assert found.exit_code == 0, found.output
    assert asked == [
        pipeline.Options("2GB", 3, 4, "tcp://127.0.0.1:8786", aggregate_only=False, share_rows=500)
    ]


def handed_on(
    monkeypatch: pytest.MonkeyPatch, place: str, answer: Any, *words: str
) -> tuple[tuple[Any, ...], dict[str, Any], str]:
    """What a command calls its function with, and what it prints on stdout."""
    asked: list[Any] = []

    def instead(*given: Any, **options: Any) -> Any:
        asked.append((given, options))
        return answer

    monkeypatch.setattr(place, instead)
    found = CliRunner().invoke(app, [*words])
    assert found.exit_code == 0, found.output
    ((given, options),) = asked
    return given, options, found.stdout


@dataclass(frozen=True)
class Said:
    """A summary."""

    number: int = 3
    exit_code: int = 0


SAID = '{"exit_code": 0, "number": 3}\n'


def test_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "ehrivig.demo.write_demo"
    given, options, out = handed_on(monkeypatch, place, Said(), "demo", "d", "--quiet")
    options.pop("progress")
    assert (given, out) == ((Path("d"),), "")
    usual = {"patients": 3000, "hospitals": 4, "seed": 20200301, "defects": "default"}
    assert options == usual | {"study": None, "effect_log_or": 0.0, "dose_log_hr": None}
    words = ["--patients", "60", "--hospitals", "2", "--seed", "0", "--defects", "all", "--json"]
    words += ["--study", "ivig_sepsis", "--effect", "-0.5", "--dose-effect", "0.1"]
    _, options, out = handed_on(monkeypatch, place, Said(), "demo", "d", *words)
    options.pop("progress")
    wanted = {"patients": 60, "hospitals": 2, "seed": 0, "defects": "all"}
    effects = {"effect_log_or": -0.5, "dose_log_hr": 0.1}
    assert options == wanted | {"study": "ivig_sepsis"} | effects
    assert out == SAID


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "d", "--patients", "49"),
        ("demo", "d", "--hospitals", "0"),
        ("demo", "d", "--hospitals", "27"),
        ("demo", "d", "--seed", "-1"),
        ("calibrate", "ivig_covid19", "--replicates", "1"),
        ("calibrate", "ivig_covid19", "--patients", "99"),
        ("calibrate", "ivig_covid19", "--workers", "0"),
        ("calibrate", "ivig_covid19", "--seed", "-1"),
        ("run", "ivig_covid19", "--extract", "e", "--out", "o", "--workers", "0"),
        ("run", "ivig_covid19", "--extract", "e", "--out", "o", "--threads", "0"),
        ("run", "ivig_covid19", "--extract", "e", "--out", "o", "--share-rows", "0"),
    ],
)
def test_numbers_that_are_no_option(words: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 2
    assert words[-2] in found.output


def test_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "ehrivig.meta.run_meta"
    given, options, _ = handed_on(monkeypatch, place, Said(), "meta", "t.csv", "--out", "o")
    assert given == (Path("t.csv"), Path("o"))
    usual = {"measure": None, "method": None, "model": "common", "tau2": "DL", "ci": "normal"}
    assert options == {**usual, "by": None}
    wanted = {"measure": "OR", "method": "Peto", "model": "random", "tau2": "PM", "ci": "hksj"}
    words = [word for name, value in wanted.items() for word in (f"--{name}", value)]
    words += ["--by", "dose", "--json"]
    _, options, out = handed_on(monkeypatch, place, Said(), "meta", "t.csv", "--out", "o", *words)
    assert options == {**wanted, "by": "dose"}
    assert out == SAID


def test_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "ehrivig.meta.pool_aggregates"
    words = ["pool", "a", "b", "--out", "o"]
    given, options, _ = handed_on(monkeypatch, place, Said(), *words)
    assert given == ([Path("a"), Path("b")], Path("o"))
    assert options == {"tau2": "REML", "ci": "hksj"}
    words += ["--tau2", "DL", "--ci", "normal", "--json"]
    _, options, out = handed_on(monkeypatch, place, Said(), *words)
    assert (options, out) == ({"tau2": "DL", "ci": "normal"}, SAID)


def test_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "ehrivig.meta.compare"
    words = ["compare", "r", "--trials", "t", "--out", "o"]
    given, options, _ = handed_on(monkeypatch, place, Said(), *words)
    assert given == (Path("r") / "effects.csv", "t", Path("o"))
    assert options == {"measure": None, "analysis": "main", "by": None}
    words += ["--measure", "RR", "--analysis", "hospital", "--by", "dose", "--json"]
    _, options, out = handed_on(monkeypatch, place, Said(), *words)
    assert options == {"measure": "RR", "analysis": "hospital", "by": "dose"}
    assert out == SAID


def test_calibrate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehrivig.calibrate.show.lines", lambda table: ["a line", table])
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    place, answer = "ehrivig.calibrate.run_calibration", ("the table", Said())
    words = ["calibrate", "ivig_covid19", "--quiet"]
    given, options, out = handed_on(monkeypatch, place, answer, *words)
    options.pop("progress")
    assert (given[0].study.name, *given[1:]) == ("ivig_covid19", 200, None)
    assert options == {"patients": 850, "effect": -0.5, "seed": None, "workers": 6}
    assert out == "a line\nthe table\n"
    words += ["--replicates", "5", "--out", "o", "--workers", "2", "--patients", "100"]
    words += ["--effect", "0.7", "--seed", "0", "--json"]
    given, options, out = handed_on(monkeypatch, place, answer, *words)
    options.pop("progress")
    assert given[1:] == (5, Path("o"))
    assert options == {"patients": 100, "effect": 0.7, "seed": 0, "workers": 2}
    assert out == SAID


@pytest.mark.parametrize("command", ["run", "check"])
def test_run_and_check(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = pipeline.RunSummary("s", "o", 0, "done", [], [])
    words = [command, "ivig_covid19", "--extract", "e", "--out", "o", "--layout", "omop"]
    given, options, out = handed_on(monkeypatch, f"ehrivig.pipeline.{command}", summary, *words)
    assert given[0].extract.layout == "omop"
    assert given[1:] == (Path("e"), Path("o"))
    assert options["options"] == pipeline.Options()
    assert out == ""


def test_a_run_for_a_network_pools_its_hospitals(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = pipeline.RunSummary("s", "o", 0, "done", [], [])
    plan = study.load("ivig_covid19")
    alone = plan.analysis.model_copy(update={"pool_hospitals": False})
    monkeypatch.setattr(study, "load", lambda name: plan.model_copy(update={"analysis": alone}))
    words = ["run", "ivig_covid19", "--extract", "e", "--out", "o"]
    given, options, _ = handed_on(monkeypatch, "ehrivig.pipeline.run", summary, *words)
    assert options["declared"] is None
    words += ["--aggregate-only", "--json", "--protocol", "0123456789ab"]
    given, options, out = handed_on(monkeypatch, "ehrivig.pipeline.run", summary, *words)
    assert given[0].analysis.pool_hospitals is False  # as the study file says, so as declared
    assert pipeline._pooling(given[0]).analysis.pool_hospitals is True
    assert options["declared"] == "0123456789ab"
    assert given[0].extract.layout == "native"
    assert options["options"] == pipeline.Options(aggregate_only=True)
    assert json.loads(out)["study"] == "s"


def test_the_exit_code_is_that_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = pipeline.RunSummary("s", "o", 5, "empty", [], [])
    monkeypatch.setattr(pipeline, "run", lambda *words, **options: summary)
    words = ["run", "ivig_covid19", "--extract", "e", "--out", "o", "--quiet"]
    assert CliRunner().invoke(app, words).exit_code == 5


@pytest.mark.parametrize("missing", ["--extract", "--out"])
def test_a_check_needs_both_folders(missing: str) -> None:
    given = {"--extract": "e", "--out": "o"}
    given.pop(missing)
    words = [word for both in given.items() for word in both]
    found = CliRunner().invoke(app, ["check", "ivig_covid19", *words])
    assert isinstance(found.exception, UsageError)
    assert "give --extract and --out, or --rejudge RUN" in str(found.exception)


def test_a_check_may_judge_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["check", "ivig_covid19", "--rejudge", "r", "--json"]
    given, _, out = handed_on(monkeypatch, "ehrivig.pipeline.rejudge", Said(), *words)
    assert given[1] == Path("r")
    assert out == SAID


def test_printed_statements_tables_and_templates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ["sql", "ivig_covid19", "--extract", "e"]
    given, _, out = handed_on(monkeypatch, "ehrivig.runs.statements.of_study", "SELECT 1", *words)
    assert (given[1], out) == (Path("e"), "SELECT 1\n")
    words = ["audit", "a.csv", "b.csv", "--outcome", "death"]
    given, _, out = handed_on(monkeypatch, "ehrivig.audit.audit", [], *words)
    assert given == ([Path("a.csv"), Path("b.csv")], "death")
    assert out.count("\n") == 1
    handed_on(monkeypatch, "ehrivig.extract.layout_check.new", None, "layout", "new", "f")
    table = pl.DataFrame({"a": [1], "b": ["x"]})
    place = "ehrivig.validate.ledger.reasons"
    assert handed_on(monkeypatch, place, table, "quarantine", "r")[2] == "a,b\n1,x\n"
    place = "ehrivig.runs.history.read"
    assert handed_on(monkeypatch, place, table, "history", "r")[2] == "a,b\n1,x\n"
    as_json = handed_on(monkeypatch, place, table, "history", "r", "--json")[2]
    assert as_json == '{"a":1,"b":"x"}\n'


@pytest.mark.parametrize(("usable", "code"), [(True, 0), (False, 4)])
def test_a_layout_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, usable: bool, code: int
) -> None:
    class Report:
        def __init__(self) -> None:
            self.usable = usable

        def __str__(self) -> str:
            return "what maps"

    monkeypatch.setattr("ehrivig.extract.layout_check.check", lambda *words: Report())
    found = CliRunner().invoke(app, ["layout", "check", "f", "--extract", "e"])
    assert (found.exit_code, found.stdout) == (code, "what maps\n")


def test_without_a_command_the_help_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    for words in ([], ["layout"]):
        monkeypatch.setattr(sys, "argv", ["ehrivig", *words])
        with pytest.raises(SystemExit):
            main()
        shown = "".join(capsys.readouterr())
        assert "Commands:" in shown
        assert "Missing command" not in shown
    assert "--install-completion" not in CliRunner().invoke(app, ["--help"]).output
    assert app.pretty_exceptions_enable is False  # a trace would show values


def test_progress_is_told_line_by_line_unless_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    console.progress(True)("a step")
    assert capsys.readouterr() == ("", "")
    console.progress(False)("a step")
    assert capsys.readouterr() == ("", "a step (0 s)\n")


def test_progress_tells_what_is_done_and_what_is_to_come(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([100.0, 110.0, 130.0, 190.0, 200.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(now))
    told = console.progress(False, 250.0)
    for message in ("files", "hospital 2 of 8", "hospital 8 of 8", "report"):
        told(message)
    assert capsys.readouterr().err.splitlines() == [
        "files (10 s, 4 min the last time)",
        "hospital 2 of 8 (25%, 30 s, about 90 s of it left)",
        "hospital 8 of 8 (100%, 90 s)",
        "report (2 min, 4 min the last time)",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (3_900, "65 min"), (7_500, "2 h 5 min")],
)
def test_a_span_of_time(seconds: float, words: str) -> None:
    assert console.span(seconds) == words


def test_on_a_terminal_progress_stays_in_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shown: list[str] = []

    class Status:
        def start(self) -> None:
            shown.append("started")

        def update(self, message: str) -> None:
            shown.append(message)

    monkeypatch.setattr("rich.console.Console.status", lambda self, text: Status())
    console.progress(False)("a step")
    assert shown == ["started", "a step (0 s)"]
    assert capsys.readouterr() == ("", "")


@dataclass(frozen=True)
class Many:
    """A summary with every kind of value."""

    folder: str = "out"
    dropped_hospitals: tuple[str, ...] = ("A", "B")
    lints: int = 0
    message: str = ""
    cohort: int | None = None
    tables: tuple[dict[str, int], ...] = ({"a": 1}, {"a": 2})
    none_found: tuple[str, ...] = ()


def test_a_summary_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_summary(Many(), False)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "folder: out\ndropped hospitals: A, B\nlints: 0\ntables: 2\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("study: wrong"), 2, "ehrivig: study: wrong\n"),
        (SystemExit(5), 5, ""),
        (
            RuntimeError("a patient's value"),
            1,
            "ehrivig: internal error (RuntimeError at console.py:",
        ),
    ],
)
def test_errors_become_exit_codes(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    said: str,
) -> None:
    monkeypatch.delenv("EHRIVIG_DEBUG", raising=False)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        console.guarded(fail)
    assert end.value.code == code
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert bool(err) == bool(said)
    assert "patient's value" not in err
    monkeypatch.setenv("EHRIVIG_DEBUG", "1")
    if code == 1:
        with pytest.raises(RuntimeError):
            console.guarded(fail)


def test_only_warnings_of_numbers_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    console.guarded(lambda: None)
    warnings.showwarning("diverged", NumericalWarning, "file.py", 3)
    warnings.showwarning("deprecated", DeprecationWarning, "file.py", 3)
    assert capsys.readouterr().err == "warning: diverged\n"


def test_where_an_error_came_from_is_the_last_line_of_this_package() -> None:
    with pytest.raises(OSError, match="nowhere") as found:
        resources.text(Path("nowhere"))
    assert re.fullmatch(r"resources\.py:\d+", console._where(found.value))
    assert console._where(ValueError("of nobody")) == "unknown"


@pytest.mark.parametrize(("code", "ended"), [(None, 0), (0, 0), (3, 3), ("a word", 1)])
def test_a_process_ends_with_the_code_of_its_command(
    monkeypatch: pytest.MonkeyPatch, code: int | str | None, ended: int
) -> None:
    found: list[int] = []
    monkeypatch.setattr("os._exit", found.append)
    monkeypatch.setattr("gc.set_threshold", lambda *numbers: None)

    def command() -> None:
        if code is not None:
            raise SystemExit(code)

    console.end_process(command)
    assert found == [ended]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell: str) -> None:
    script = CliRunner().invoke(app, ["completion", shell]).output
    assert "_EHRIVIG_COMPLETE" in script
    env = {**os.environ, "_EHRIVIG_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    env["COMP_WORDS"] = "ehrivig run --me"
    words = [str(Path(sys.executable).with_name("ehrivig"))]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["--memory"]


@pytest.mark.parametrize("words", [("-h",), ("run", "-h"), ("study", "-h"), ("study", "new", "-h")])
def test_help_has_its_short_name_in_every_command(words: tuple[str, ...]) -> None:
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0
    assert found.stdout == CliRunner().invoke(app, [*words[:-1], "--help"]).stdout
