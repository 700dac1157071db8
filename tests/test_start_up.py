"""What a small run pays for but does not need, guarded without a clock (`make bench` has one)."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ehrivig import console, demo, extract, study, validate
from ehrivig.database import Database, Query
from ehrivig.runs import fingerprint

NOT_NEEDED = ("matplotlib.pyplot", "statsmodels", "sklearn", "distributed", "fsspec", "pyspark")
"""Heavy modules that no step of a run of the packaged study uses."""

STEPS = (
    "ehrivig.pipeline",
    "ehrivig.validate.adapter.docs",
    "ehrivig.validate.quality.figures",
    "ehrivig.report",
)
"""The modules of a run with all that they import late."""


def test_a_run_imports_no_heavy_module_that_it_does_not_use() -> None:
    code = (
        f"import json, sys; [__import__(m) for m in {STEPS}]; "
        f"print(json.dumps([m for m in {NOT_NEEDED} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_program_is_hashed_once_for_all_hospitals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.write_demo(tmp_path / "x", patients=50, hospitals=3)
    plan = study.load("ivig_covid19")
    source = extract.inspect(tmp_path / "x", plan)
    calls: list[int] = []
    monkeypatch.setattr(fingerprint, "of_program", lambda: calls.append(1) or "program")
    inputs = fingerprint.of_inputs(source)
    marks = fingerprint.of_hospitals(plan, inputs, gate_only=False)
    assert len(source.hospitals) == 3
    assert calls == [1]
    monkeypatch.setattr(fingerprint, "of_program", lambda: "another program")
    assert fingerprint.of_hospitals(plan, inputs, gate_only=False) != marks


def test_a_query_is_parsed_once_whoever_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = duckdb.extract_statements
    monkeypatch.setattr(
        duckdb, "extract_statements", lambda text: parsed.append(text) or real(text)
    )
    text = "SELECT $hours AS read_by_no_other_test"
    first, second = Query.parse(text, "first"), Query.parse(text, "second")
    assert parsed == [text]
    assert (first.name, second.name) == ("first", "second")
    assert first.parameters == second.parameters == {"hours"}


def test_tables_that_exist_are_named_by_their_schema() -> None:
    with Database() as db:
        db.execute("CREATE SCHEMA other")
        db.table("kept", "SELECT 1 AS a")
        db.view("other.seen", "SELECT 1 AS a")
        db.log.clear()
        wanted = ["other.seen", "kept", "seen", "other.kept", "main.kept"]
        assert db.existing(wanted) == ["other.seen", "kept", "main.kept"]
        assert [name for name in wanted if db.exists(name)] == db.existing(wanted)
        assert db.log == []


@pytest.mark.filterwarnings("ignore")
def test_data_docs_need_no_data_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a data context writes and reads every result as JSON")

    from ehrivig.validate.adapter import docs  # GX warns when it is imported otherwise

    monkeypatch.setattr(docs.gx, "get_context", refused)
    validate.write_data_docs([], tmp_path)
    pages = {path.stem for path in (tmp_path / "expectations").glob("*.html")}
    assert pages == set(validate.suites())


def test_a_command_seldom_searches_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, int]] = []
    ends: list[int] = []
    before = gc.get_threshold()
    monkeypatch.setattr("os._exit", ends.append)
    try:
        console.end_process(lambda: seen.append(gc.get_threshold()))
    finally:
        gc.set_threshold(*before)
    assert seen[0][0] > 10_000
    assert gc.isenabled()  # less often, but cycles are still freed
    assert ends == [0]
