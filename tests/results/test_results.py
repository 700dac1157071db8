"""A finished run read back in a notebook, and written as one file."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

import ehrivig
from ehrivig.cli import app, main
from ehrivig.errors import UsageError
from ehrivig.results import Run
from ehrivig.results.export import FORMATS, export
from ehrivig.store.sealed import seal

MANIFEST: dict[str, Any] = {
    **{"study": "ivig_covid19", "message": "done", "exit_code": 0},
    **{"hospitals": ["A"], "dropped_hospitals": []},
    "numbers": {"cohort": 1850, "exposed": 421, "pairs": None},
}
ANSWER: dict[str, Any] = {
    **{"contrast": "start <48 h vs not", "measure": "RD", "estimate": 0.015, "lo": -0.06},
    **{"hi": 0.095, "role": "primary", "risk_exposed": 0.375, "risk_control": 0.36},
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "release" / "figures").mkdir(parents=True)
    for place, n in ((folder, 3), (folder / "release", None)):
        (place / "manifest.json").write_text(json.dumps(MANIFEST))
        pl.DataFrame({"label": ["=1+1", "age"], "n": [n, 60]}).write_csv(place / "table1.csv")
    release = folder / "release"
    pl.DataFrame([ANSWER, ANSWER | {"role": "crude"}]).write_csv(release / "effects.csv")
    checks = {"diagnostic": ["overlap", "positivity"], "verdict": ["pass", "fail"]}
    pl.DataFrame(checks).write_csv(release / "diagnostics.csv")
    (release / "lints.csv").write_text("\n")
    for name in ("love_plot", "table3"):
        (release / "figures" / f"{name}.svg").write_text(f"<svg>{name}</svg>")
    pl.DataFrame({"admission_id": [1, 2]}).write_parquet(folder / "cohort.parquet")
    seal(release)
    return folder


def test_tables_are_the_released_ones_unless_asked_for(run: Path) -> None:
    released, local = Run(run), Run(run, local=True)
    assert released.table1["n"].to_list() == [None, 60]
    assert local.table1["n"].to_list() == [3, 60]
    assert Run(run / "release").table1["n"].to_list() == [None, 60]
    assert released.lints.is_empty()
    assert released.tables == ("diagnostics", "effects", "lints", "table1")


def test_a_name_that_looks_like_a_number_or_a_formula_is_a_name(run: Path) -> None:
    """Hospital 007, and one that the CSV quotes so that no spreadsheet runs it."""
    rows = {"hospital_id": ["007", "1e5"], "label": ["'=1+1", "-3"], "n": [5, 6]}
    pl.DataFrame(rows).write_csv(run / "release" / "positivity.csv")
    found = Run(run).positivity.to_dict(as_series=False)
    assert found == {"hospital_id": ["007", "1e5"], "label": ["=1+1", "-3"], "n": [5, 6]}


def test_a_column_of_which_nothing_is_shown_is_one_of_numbers(run: Path) -> None:
    (run / "release" / "balance.csv").write_text("covariate,smd_matched\nage,\nsofa,\n")
    found = Run(run).balance
    assert found.schema["smd_matched"] == pl.Float64
    assert found.filter(pl.col("smd_matched") > 0.1).is_empty()


def test_rows_of_people_are_read_where_they_lie(run: Path) -> None:
    assert Run(run).cohort.height == 2
    assert "cohort" in dir(Run(run))
    with pytest.raises(AttributeError, match=r"no table 'matched' in this run \(there are: diag"):
        _ = Run(run).matched
    with pytest.raises(AttributeError):  # a release has no people
        _ = Run(run / "release").cohort
    assert not hasattr(Run(run), "_ipython_display_")


def test_the_answer_and_its_verdict_are_the_summary(run: Path) -> None:
    found = dict(Run(run).summary().iter_rows())
    assert found == {
        **{"study": "ivig_covid19", "ended": "done", "cohort": "1,850", "exposed": "421"},
        **{"pairs": "not shown", "answer": "start <48 h vs not: RD 0.015 (-0.060 to 0.095)"},
        **{"risk, exposed": "37.5%", "risk, control": "36.0%", "diagnostics failed": "positivity"},
    }
    assert "start &lt;48 h" in Run(run)._repr_html_()
    note = "late; no estimate: there is no matched pair."
    without = [ANSWER | {"estimate": None, "note": note}]
    pl.DataFrame(without).write_csv(run / "release" / "effects.csv")
    found = dict(Run(run).summary().iter_rows())
    assert found["answer"] == "start <48 h vs not: no estimate: there is no matched pair"
    assert "risk, exposed" not in found
    (run / "release" / "effects.csv").unlink()
    assert Run(run).answer is None
    assert "answer" not in dict(Run(run).summary().iter_rows())


def test_how_a_run_ended_and_its_estimates_as_a_frame(run: Path) -> None:
    found = Run(run)
    assert (found.exit_code, found.message, found.ended.cohort) == (0, "done", 1850)
    assert found.ended.diagnostics_failed == ["positivity"]
    assert found.to_frame()["role"].to_list() == ["primary", "crude"]
    (run / "release" / "effects.csv").unlink()
    assert Run(run).to_frame().is_empty()
    (run / "quality").mkdir()
    checks = {"check": ["lab.unit", "lab.value"], "verdict": ["warn", "pass"]}
    pl.DataFrame(checks).write_csv(run / "quality" / "checks.csv")
    assert Run(run, local=True).quality["check"].to_list() == ["lab.unit", "lab.value"]
    assert Run(run, local=True).ended.warned_checks == ["lab.unit"]


def test_what_a_run_is_read_with_stands_in_its_summary(run: Path) -> None:
    warned = {"synthetic": True, "warnings": ["immortal time: ever"], "exit_code": 5}
    (run / "release" / "manifest.json").write_text(json.dumps(MANIFEST | warned))
    said = Run(run).summary().filter(pl.col("quantity") == "read with it")["value"].to_list()
    ended = "The run ended with exit code 5: done"
    assert said == ["The data are simulated.", ended, "immortal time: ever"]


def test_a_figure_by_how_its_name_begins(run: Path, tmp_path: Path) -> None:
    figure = Run(run).figure("love")
    assert (figure.name, figure._repr_svg_()) == ("love_plot", "<svg>love_plot</svg>")
    assert figure.save(tmp_path / "a.svg").read_text() == "<svg>love_plot</svg>"
    with pytest.raises(UsageError, match=r"no figure 'x' \(there are: love_plot, table3\)"):
        Run(run).figure("x")


def test_what_is_no_run_is_told(tmp_path: Path, run: Path) -> None:
    with pytest.raises(UsageError, match="no finished run: it has no manifest"):
        ehrivig.open(tmp_path)
    with pytest.raises(UsageError, match=r"no table 'x' \(there are: diagnostics"):
        ehrivig.open(run).table("x")
    assert repr(ehrivig.open(run)) == "Run('out', ivig_covid19, 4 released tables)"


def test_what_released_nothing_is_not_taken_for_released(run: Path, tmp_path: Path) -> None:
    """A check has tables of its own, in which nobody hid few people."""
    shutil.rmtree(run / "release")
    for ask in (ehrivig.open, lambda folder: export(folder, "duckdb", tmp_path / "a.duckdb")):
        with pytest.raises(UsageError, match="has released nothing: it is a check"):
            ask(run)
    assert not (tmp_path / "a.duckdb").exists()
    assert Run(run, local=True).table1["n"].to_list() == [3, 60]


def test_a_duckdb_file_has_the_tables_with_what_they_are(run: Path, tmp_path: Path) -> None:
    path = export(run, "duckdb", tmp_path / "out.duckdb")
    with duckdb.connect(path, read_only=True) as db:
        said = dict(db.sql("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        assert sorted(said) == ["diagnostics", "effects", "run", "table1"]  # lints has no column
        assert said["effects"] == "every estimate"
        assert db.sql("SELECT n FROM table1 ORDER BY label").fetchall() == [(None,), (60,)]
        columns = "SELECT comment FROM duckdb_columns() WHERE (table_name, column_name) = "
        (said_of,) = db.sql(f"{columns} ('effects', 'risk_control')").fetchall()
        assert said_of == ("risk in the other arm, in [0, 1]",)
        assert ("cohort", "1,850") in db.sql("FROM run").fetchall()


def test_a_workbook_has_a_sheet_each_and_no_formula(run: Path, tmp_path: Path) -> None:
    path = export(run, "xlsx", tmp_path / "out.xlsx")
    with zipfile.ZipFile(path) as book:
        content = {name: book.read(name).decode() for name in book.namelist()}
    sheets = re.findall(r'<sheet name="([^"]+)"', content["xl/workbook.xml"])
    assert sheets == ["run", "contents", "columns", "diagnostics", "effects", "table1"]
    assert "=1+1" in content["xl/sharedStrings.xml"]
    assert not any("<f>" in text for text in content.values())


def test_a_workbook_shows_what_no_number_is_and_no_more_than_a_cell_holds(
    run: Path, tmp_path: Path
) -> None:
    lints = {"message": ["a" * 40_000], "x": [float("inf")], "p": [1e-9]}
    pl.DataFrame(lints).write_csv(run / "release" / "lints.csv")
    seal(run / "release")
    path = export(run, "xlsx", tmp_path / "out.xlsx")
    with zipfile.ZipFile(path) as book:
        words = book.read("xl/sharedStrings.xml").decode()
        sheets = [book.read(n).decode() for n in book.namelist() if "worksheets" in n]
    assert "<t>inf</t>" in words
    assert "a" * 1000 + " ... (cut here: whole in the CSV of this table)" in words
    assert any("<v>1E-09</v>" in sheet for sheet in sheets)


def test_a_file_is_its_owners_alone_and_whole_or_not_there(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in FORMATS:
        path = export(run, kind, tmp_path / f"a'b {kind}")
        places = [path, *path.rglob("*")] if path.is_dir() else [path]
        assert {p.stat().st_mode & 0o777 for p in places} <= {0o600, 0o700}
    before = sorted(tmp_path.iterdir())
    inside_a_file = tmp_path / "out" / "manifest.json" / "a"
    in_what_leaves = tmp_path / "out" / "release" / "a"
    for bad in ("a" * 300, "s3://bucket/a", "", "/proc/a", inside_a_file, in_what_leaves):
        with pytest.raises(UsageError, match=r"^export: "):
            export(run, "xlsx", bad)

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="cannot write b: No space left on device"):
        export(run, "xlsx", tmp_path / "b")
    assert sorted(tmp_path.iterdir()) == before


def test_a_synthesis_is_no_run(tmp_path: Path) -> None:
    words = ["meta", "laupland2007_trials", "--out", str(tmp_path / "meta")]
    assert CliRunner().invoke(app, words).exit_code == 0
    with pytest.raises(UsageError, match=r"`ehrivig meta` made it: read its meta\.csv"):
        ehrivig.open(tmp_path / "meta")
    with pytest.raises(UsageError, match=r"`ehrivig meta` made it: read its meta\.csv"):
        export(tmp_path / "meta", "csv", tmp_path / "copy")


def test_the_command_refuses_with_exit_code_2(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ehrivig", "export", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    monkeypatch.chdir(tmp_path)
    assert asked("out", "--to", "duckdb") == (0, "out.duckdb\n", "")
    code, _, told = asked("out", "--to", "duckdb")
    assert (code, told.count("\n")) == (2, 1)
    assert "out.duckdb is there already" in told
    assert "no format 'pdf' (there are: xlsx, docx, csv" in asked("out", "--to", "pdf")[2]
    assert "no folder 'none'" in asked("out", "--to", "xlsx", "--out", "none/a.xlsx")[2]
    assert asked("nowhere", "--to", "xlsx")[0] == 2
    (run / "release" / "table1.csv").write_text("label,n\nage,61\n")
    edited = asked("out", "--to", "duckdb", "--out", "b.duckdb")[2]
    assert edited.startswith("ehrivig: export: table1.csv in 'release' of 'out' was edited")
    assert not (tmp_path / "b.duckdb").exists()
