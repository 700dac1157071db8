"""Every night is on record: what ends well, what is blocked, refused, unreadable or unchanged."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fuzz.base import bytes_of, call, short_study, small_extract

from ehrivig import pipeline, study
from ehrivig.errors import EhrivigError, EmptyResult, ExtractError, FolderBusy, UsageError
from ehrivig.runs import attempt_metrics, attempts, history, made_of
from ehrivig.store.folder import attempts_beside, run_folder

pytestmark = pytest.mark.usefixtures("quickly")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight nights in one folder; `good.json` beside: the bytes of the one good run."""
    place = tmp_path_factory.mktemp("nights")
    extract, broken, out = (place / name for name in ("extract", "broken", "out"))
    small_extract(extract)
    shutil.copytree(extract, broken)
    for path in (broken / "medication").rglob("*.parquet"):
        pl.read_parquet(path).with_columns(admission_id=pl.lit(0)).write_parquet(path)
    path = short_study(place / "study.toml")
    assert pipeline.check(path, extract, out).exit_code == 0
    good = bytes_of(out)
    assert pipeline.check(path, extract, out).message == "unchanged"
    assert pipeline.check(path, broken, out).exit_code == 3
    again = pipeline.check(path, broken, out)
    assert (again.exit_code, again.out) == (3, f"{out}.last-attempt")
    assert again.message.startswith("unchanged: ")
    assert again.seconds < 2
    with pytest.raises(ExtractError):
        pipeline.check(path, place / "nowhere", out)
    (place / "bad.toml").write_text(path.read_text().replace('"caliper"', '"calliper"'))
    assert call("check", place / "bad.toml", "--extract", extract, "--out", out).returncode == 2
    with run_folder(out) as busy:
        busy.unchanged, busy.exit_code = True, 3
        with pytest.raises(FolderBusy):
            pipeline.check(path, extract, out)
    other = short_study(place / "other.toml", match={"caliper": 0.5}, study={"seed": 7})
    part = next((extract / "score" / "hospital_id=B").glob("*.parquet"))
    pl.read_parquet(part).head(-3).write_parquet(part)
    assert bytes_of(out) == good
    assert pipeline.check(other, extract, out).exit_code == 0
    return place


def rows(nights: Path) -> list[dict[str, Any]]:
    return history.read(nights / "out").to_dicts()


def test_every_night_leaves_one_row(nights: Path) -> None:
    found = rows(nights)
    assert [row["exit_code"] for row in found] == [0, 0, 3, 3, 4, 2, 6, 0]
    assert [row["message"].partition(":")[0] for row in found[:2]] == ["done", "unchanged"]
    assert found[3]["message"].startswith("unchanged: ")
    assert found[4]["message"] == (
        "extract: no folder 'nowhere'. Give the folder of the Parquet or CSV files."
    )
    assert "bad.toml has 1 problem" in found[5]["message"]
    assert "match.calliper: unknown key" in found[5]["message"]
    assert found[5]["study"] == "bad"
    assert [row["rows_read"] is None for row in found] == [
        *(False, True, False, True, True, True, True, False),
    ]
    times = [row["finished_at"] for row in found]
    assert times == sorted(times)


def test_a_row_says_what_has_changed_since_the_last_attempt(nights: Path) -> None:
    changed = [row["changed"] for row in rows(nights)]
    assert changed[0] == "first attempt"
    assert changed[1] == "nothing"
    assert changed[2] == "input: changed: 2 hospitals (A, B)"
    assert changed[3] == "nothing"
    assert changed[4] == "input: could not be read"
    assert changed[5] == "study: could not be read; input: could not be read"
    said = changed[7].split("; ")
    assert "study: match.caliper: 0.02 -> 0.5" in said
    assert "study: study.seed: 20200301 -> 7" in said
    assert said[-1] == "input: changed: 2 hospitals (A, B)"  # since the night of the broken one


def test_the_metrics_beside_the_folder_tell_of_the_last_night(nights: Path) -> None:
    found = rows(nights)
    for number, code in enumerate((0, 0, 3, 3, 4, 2, 6, 0), start=1):
        text = attempt_metrics.exposition(found[:number])
        samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        assert samples["ehrivig_attempt_exit_code"] == str(code)
        assert samples["ehrivig_attempt_unchanged"] == str(int(number in (2, 4)))
        assert int(samples["ehrivig_attempt_finished_seconds"]) > 1_500_000_000
        good = "ehrivig_attempt_last_good_finished_seconds"
        assert int(samples[good]) <= int(samples["ehrivig_attempt_finished_seconds"])
    written = (nights / "out.attempts" / "metrics.prom").read_text()
    assert written == text
    assert 'ehrivig_attempt_ended{exit_code="3"} 2' in written
    counts = (nights / "out" / "metrics.prom").read_text()
    names = {line.split("{")[0].split(" ")[0] for line in written.splitlines() if line[0] != "#"}
    assert not any(line.startswith(tuple(names)) for line in counts.splitlines())


def test_a_good_run_carries_the_rows_of_nights_that_left_no_run(nights: Path) -> None:
    inside = pl.read_csv(nights / "out" / "history.csv")
    assert inside["exit_code"].to_list() == [0, 0, 3, 3, 4, 2, 6, 0]
    names = sorted(path.name for path in (nights / "out.attempts").iterdir())
    assert names == ["history.csv", "last.json", "metrics.prom"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (EmptyResult("nobody"), 5, "nobody"),
        (ValueError("patient 17"), 1, "internal error (ValueError)"),
        (KeyboardInterrupt(), 130, "stopped by hand"),
    ],
)
def test_whatever_ends_an_attempt_is_recorded_and_goes_on(
    tmp_path: Path, error: BaseException, code: int, said: str
) -> None:
    with (
        pytest.raises(type(error)),
        attempts.on_record("run", "mine.toml", tmp_path / "x", tmp_path / "out"),
    ):
        raise error
    (row,) = history.read(tmp_path / "out").to_dicts()
    assert (row["exit_code"], row["message"], row["study"]) == (code, said, "mine")


@pytest.mark.parametrize("out", ["extract/out", "foreign", "nowhere/out", "file"])
def test_nothing_is_written_where_no_run_may_lie(tmp_path: Path, out: str) -> None:
    (tmp_path / "extract").mkdir()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.docx").write_text("mine")
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with (
        pytest.raises(UsageError),
        attempts.on_record("run", "s", tmp_path / "extract", tmp_path / out),
    ):
        raise UsageError("no")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_cannot_take_the_record_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(attempts, "replace_text", full)
    with (
        pytest.raises(EhrivigError, match="what happened"),
        attempts.on_record("run", "s", tmp_path / "x", tmp_path / "out"),
    ):
        raise ExtractError("what happened")


def test_what_changed_is_told_part_by_part() -> None:
    before = {
        "study": {"a": "1", "b": "2"},
        "code": {"ehrivig": "0.1", "duckdb": "1", "sql/x.sql": "p", "sql/y.sql": "q"},
        "input": {"A": "h", "B": "h", "C": "h"},
    }
    now = {
        "study": {"a": "1", "b": "3"},
        "code": {"ehrivig": "0.2", "duckdb": "1", "sql/x.sql": "r", "sql/z.sql": "q"},
        "input": {"A": "h", "B": "g", "D": "h"},
    }
    assert made_of.changes(before, now).split("; ") == [
        "study: b: 2 -> 3",
        "code: ehrivig 0.1 -> 0.2",
        "code: 3 files (sql/x.sql, sql/y.sql, sql/z.sql)",
        "input: new: 1 hospital (D)",
        "input: gone: 1 hospital (C)",
        "input: changed: 1 hospital (B)",
    ]
    assert made_of.changes(before, before) == "nothing"
    assert made_of.changes({}, now) == "first attempt"


@pytest.mark.parametrize(("letters", "kept"), [(300, True), (301, False)])
def test_a_long_change_is_cut(letters: int, kept: bool) -> None:
    one = {"study": {"a": "1"}, "code": {}, "input": {}}
    written = "x" * (letters - len("a: 1 -> "))
    said = made_of.changes(one, {**one, "study": {"a": written}})
    assert said == f"study: a: 1 -> {written if kept else written[:-1] + '...'}"


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o277])
@pytest.mark.parametrize("left_open", [True, False])
def test_the_record_is_for_its_owner_whatever_the_umask(
    tmp_path: Path, umask: int, left_open: bool
) -> None:
    folder = attempts_beside(tmp_path / "out")
    if left_open:
        folder.mkdir(mode=0o755)
        (folder / history.FILE).touch(mode=0o644)
    before = os.umask(umask)
    try:
        with (
            pytest.raises(ExtractError),
            attempts.on_record("run", "s", tmp_path / "x", tmp_path / "out"),
        ):
            raise ExtractError("no")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(("history.csv", "last.json", "metrics.prom"), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_record_that_was_cut_by_hand_begins_anew(tmp_path: Path) -> None:
    folder = attempts_beside(tmp_path / "out")
    folder.mkdir()
    (folder / "last.json").write_text("[")
    (folder / "history.csv").write_text("a,b\n1\n")
    with (
        pytest.raises(ExtractError),
        attempts.on_record("run", study.load("ivig_covid19"), tmp_path / "x", tmp_path / "out"),
    ):
        raise ExtractError("no")
    (row,) = history.read(tmp_path / "out").to_dicts()
    assert (row["changed"], row["study"]) == ("first attempt", "ivig_covid19")
    assert json.loads((folder / "last.json").read_text())["code"]


def test_rows_of_an_older_version_are_kept(tmp_path: Path) -> None:
    old = (
        "finished_at,command,study,version,exit_code,message\n2026-01-01T00:00:00.000Z,run,s,0.1,0,"
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("{}")
    (tmp_path / "out" / "history.csv").write_text(f"{old}done\n")
    (row,) = history.read(tmp_path / "out").to_dicts()
    assert (row["exit_code"], row["message"], row["changed"]) == (0, "done", None)
