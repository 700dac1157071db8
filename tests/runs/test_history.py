"""Run history, metrics, and runs that would change nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz.base import TIMED, bytes_of, call, short_study, small_extract

from ehrivig import pipeline, study
from ehrivig.errors import UsageError
from ehrivig.extract import Source
from ehrivig.runs import fingerprint, history, metrics
from ehrivig.runs.state import Options, Run
from ehrivig.validate import Check
from ehrivig.validate.result import HospitalResult

pytestmark = pytest.mark.usefixtures("more_quickly")


def finished_run(
    folder: Path, earlier: Path, exit_code: int = 0, message: str = "done", **facts: Any
) -> Run:
    """A run that is done, of which only what the history and the metrics read is filled in."""
    hospitals = tuple(facts.pop("hospitals", ("A", "B", "C", "D")))
    source = Source(folder, "native", hospitals, (), False)
    run = Run(study.load("ivig_covid19"), source, folder, earlier, Options(), print, "run", "")
    run.exit_code, run.message = exit_code, message
    for name, value in facts.items():
        setattr(run, name, value)
    return run


def write_run(
    folder: Path,
    earlier: Path,
    finished_at: str,
    monkeypatch: pytest.MonkeyPatch,
    *ended: Any,
) -> None:
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    monkeypatch.setattr(history, "now", lambda: finished_at)
    numbers = {"admissions": 100, "cohort": 50, "pairs": 20}
    history.write(finished_run(folder, earlier, *ended, numbers=numbers))


def test_history_is_carried_and_merges_the_blocked_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, attempt, new = tmp_path / "out", tmp_path / "out.last-attempt", tmp_path / "new"
    write_run(out, tmp_path / "none", "2026-01-01T00:00:00.000Z", monkeypatch)
    why = 'blocked, "why"\nat length'
    write_run(attempt, out, "2026-01-02T00:00:00.000Z", monkeypatch, 3, why)
    write_run(new, out, "2026-01-03T00:00:00.000Z", monkeypatch)
    rows = history.read(new)
    assert rows["finished_at"].str.slice(8, 2).to_list() == ["01", "02", "03"]
    assert rows["exit_code"].to_list() == [0, 3, 0]
    assert rows["message"][1] == 'blocked, "why"'
    assert rows["exposed"].to_list() == [None, None, None]
    assert rows["cohort"].to_list() == [50, 50, 50]
    assert history.read(out)["exit_code"].to_list() == [0, 3]


def test_a_foreign_history_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, new = tmp_path / "out", tmp_path / "new"
    out.mkdir()
    (out / "history.csv").write_text("a,b\n1\n2,3,4\n")
    write_run(new, out, "2026-01-01T00:00:00.000Z", monkeypatch)
    assert history.read(new).height == 1


def test_history_of_no_run_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run"):
        history.read(tmp_path)


SAMPLE = re.compile(
    r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="(\\[\\"n]|[^"\\\n])*"'
    r'(,[a-z_]+="(\\[\\"n]|[^"\\\n])*")*\})? -?\d+(\.\d+)?$'
)


def parsed(text: str) -> dict[str, float]:
    """Samples of an exposition, checked line by line as Prometheus reads them."""
    found: dict[str, float] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, family, *_ = line.split(" ", 3)
            assert word in ("HELP", "TYPE")
            continue
        assert SAMPLE.match(line), line
        name, value = line.rsplit(" ", 1)
        assert name.split("{")[0] == family
        assert name not in found
        found[name] = float(value)
    assert text.endswith("\n")
    return found


def test_metrics_are_exposition_text_and_hide_small_counts() -> None:
    strange = 'A "b"\\\nc'
    result = HospitalResult(strange, [], {"lab": 90, "patient": 3}, {"lab": 2, "patient": 1})
    checks = [
        Check(strange, "lab", "x", "warn", 1, 2, 0.1, "warn"),
        Check(strange, "lab", "y", "warn", 0, 2, 0.1, "pass"),
        Check(strange, "lab", "z", "warn", 0, 2, 0.1, "pass"),
    ]
    numbers = {"admissions": 100, "cohort": 50, "exposed": 47, "pairs": 4, "lints": 0}
    run = finished_run(
        Path("x"),
        Path("x"),
        hospitals=(strange, "D"),
        results=[result],
        checks=checks,
        dropped=["D"],
        numbers=numbers,
    )
    samples = parsed(metrics.exposition(run))
    label = 'hospital="A \\"b\\"\\\\\\nc"'
    assert samples[f'ehrivig_rows_quarantined{{{label},table="lab"}}'] == 2
    assert samples[f'ehrivig_rows_read{{{label},table="lab"}}'] == 90
    assert f'ehrivig_rows_read{{{label},table="patient"}}' not in samples
    assert f'ehrivig_rows_quarantined{{{label},table="patient"}}' not in samples
    assert samples['ehrivig_hospitals{state="used"}'] == 1
    assert samples["ehrivig_lints"] == 0
    assert samples[f'ehrivig_checks{{{label},severity="warn",verdict="pass"}}'] == 2
    assert samples['ehrivig_hospitals{state="left_out"}'] == 1
    stages = [name for name in samples if name.startswith("ehrivig_admissions")]
    assert stages == ['ehrivig_admissions{stage="read"}', 'ehrivig_admissions{stage="cohort"}']


def test_few_unexposed_are_not_told_by_the_exposed() -> None:
    numbers = {"cohort": 50, "exposed": 40}
    run = finished_run(Path("x"), Path("x"), numbers=numbers)
    samples = parsed(metrics.exposition(run))
    assert samples['ehrivig_admissions{stage="exposed"}'] == 40
    assert "ehrivig_lints" not in samples
    run.numbers["exposed"] = 46
    assert 'ehrivig_admissions{stage="exposed"}' not in parsed(metrics.exposition(run))


def test_a_row_counts_verdicts_and_rows(tmp_path: Path) -> None:
    verdicts = ("fail", "warn", "warn", "pass")
    results = [
        HospitalResult(name, [], {"lab": 90, "patient": 3}, {"lab": 2}) for name in ("A", "B")
    ]
    run = finished_run(
        tmp_path,
        tmp_path / "none",
        checks=[Check("A", "lab", "x", "warn", 1, 2, 0.1, verdict) for verdict in verdicts],
        results=results,
        dropped=["C"],
        reused=1,
    )
    history.write(run)
    row = pl.read_csv(tmp_path / "history.csv").row(0, named=True)
    assert (row["checks_failed"], row["checks_warned"]) == (1, 2)
    assert (row["rows_read"], row["rows_quarantined"]) == (186, 4)
    assert (row["hospitals"], row["hospitals_reused"], row["hospitals_left_out"]) == (4, 1, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["finished_at"])


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extract(tmp_path_factory.mktemp("history") / "extract")


@pytest.fixture(scope="module")
def finished(extract: Path) -> Path:
    out = extract.parent / "out"
    in_part = ("score.volume", "score.months", "score.stays_with")  # a score is cut to three rows
    quality = {"severities": dict.fromkeys(in_part, "off")}
    pipeline.run(short_study(extract.parent / "study.toml", quality=quality), extract, out)
    return out


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        p.as_posix(): (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_a_run_leaves_its_history_metrics_and_sealed_manifest(finished: Path) -> None:
    row = history.read(finished).row(0, named=True)
    assert (row["exit_code"], row["hospitals"], row["hospitals_reused"]) == (0, 2, 0)
    assert row["rows_read"] > row["rows_quarantined"] >= 0
    ledger = pl.read_csv(finished / "ledger.csv")
    assert row["rows_read"] == ledger["rows_read"].sum()
    samples = parsed((finished / "metrics.prom").read_text())
    assert samples["ehrivig_run_exit_code"] == 0
    assert samples['ehrivig_admissions{stage="read"}'] == row["admissions"]
    sealed = json.loads((finished / "manifest.json").read_text())
    assert sealed["outputs"]["report.html"] == (finished / "report.html").stat().st_size


def test_nothing_changed_leaves_the_folder_alone(extract: Path, finished: Path) -> None:
    before = snapshot(finished)
    again = pipeline.run(extract.parent / "study.toml", extract, finished)
    assert (again.exit_code, again.message) == (0, "unchanged")
    assert again.seconds < 2
    assert again.cohort == history.read(finished)["cohort"][0]
    assert snapshot(finished) == before
    names = ["extract", "out", "out.attempts", "study.toml"]
    assert sorted(p.name for p in extract.parent.iterdir()) == names


def test_a_damaged_run_is_made_again(extract: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished, out)
    (out / "report.html").unlink()
    summary = pipeline.run(extract.parent / "study.toml", extract, out)
    assert summary.message == "done"
    assert bytes_of(out) == bytes_of(finished)
    rows = history.read(out)
    assert rows["hospitals_reused"].to_list() == [0, 2]


def test_another_file_time_changes_nothing_another_content_does(
    extract: Path, finished: Path, tmp_path: Path
) -> None:
    plan = study.load(extract.parent / "study.toml")
    copy = tmp_path / "extract"
    shutil.copytree(extract, copy)
    out = tmp_path / "out"
    assert pipeline.check(plan, extract, out).message == "done"
    assert pipeline.check(plan, copy, out).message == "unchanged"
    path = next((copy / "score" / "hospital_id=B").glob("*.parquet"))
    pl.read_parquet(path).head(3).write_parquet(path)
    assert pipeline.check(plan, copy, out).message == "done"
    assert history.read(out)["hospitals_reused"].to_list() == [0, 2, 1]
    assert drifts(out) == {"A": "pass", "B": "pass"}
    assert trend(out) == ["run before", "this run"]
    first = pl.int_range(pl.len()) == 0
    empty = pl.when(~first).then(pl.col("value"))
    pl.read_parquet(path).with_columns(value=empty).write_parquet(path)
    assert pipeline.check(plan, copy, out).message == "done"
    assert drifts(out) == {"A": "pass", "B": "warn"}
    assert trend(out) == ["2 runs before", "run before", "this run"]


def drifts(run: Path) -> dict[str, str]:
    """Verdict of each hospital on how much it moved since the run before."""
    checks = pl.read_csv(run / "quality" / "checks.csv", infer_schema_length=None)
    found = checks.filter(pl.col("check") == "study.drift")
    return dict(found.select("hospital_id", "verdict").iter_rows())


def trend(run: Path) -> list[str]:
    """Labels of the runs in the trend of the quality report."""
    page = (run / "quality" / "index.html").read_text()
    return re.findall(r">((?:\d+ )?runs? before|this run)<", page)


def test_a_check_is_not_taken_for_a_run(extract: Path, tmp_path: Path) -> None:
    plan = study.load(extract.parent / "study.toml")
    out = tmp_path / "out"
    assert pipeline.check(plan, extract, out).message == "done"
    assert pipeline.check(plan, extract, out).message == "unchanged"
    assert pipeline.run(plan, extract, out).message == "done"
    assert history.read(out)["command"].to_list() == ["check", "check", "run"]


def test_a_blocked_attempt_comes_into_the_history(
    extract: Path, finished: Path, tmp_path: Path
) -> None:
    plan = study.load(extract.parent / "study.toml")
    out, broken = tmp_path / "out", tmp_path / "extract"
    shutil.copytree(finished, out)
    shutil.copytree(extract, broken)
    for path in (broken / "medication").rglob("*.parquet"):
        pl.read_parquet(path).with_columns(admission_id=pl.lit(0)).write_parquet(path)
    blocked = pipeline.run(plan, broken, out)
    assert (blocked.exit_code, blocked.out) == (3, f"{out}.last-attempt")
    assert history.read(out)["exit_code"].to_list() == [0, 3]
    assert bytes_of(out) == bytes_of(finished)
    again = pipeline.run(plan, extract, out)
    assert (again.exit_code, again.message) == (0, "done")
    assert history.read(out)["exit_code"].to_list() == [0, 3, 0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["extract", "out", "out.attempts"]


def test_history_command(finished: Path, tmp_path: Path) -> None:
    done = call("history", finished)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("finished_at,command,study")
    as_json = call("history", finished, "--json")
    assert json.loads(as_json.stdout.splitlines()[0])["exit_code"] == 0
    none = call("history", tmp_path)
    assert (none.returncode, none.stdout) == (2, "")
    assert "Traceback" not in none.stderr


def test_code_is_fingerprinted_by_path() -> None:
    """Modules of the same name in two folders are two files, and templates count."""
    program = fingerprint._program()
    assert program["validate/__init__.py"] != program["meta/__init__.py"]
    assert "report/templates/report.html" in program
    assert TIMED
