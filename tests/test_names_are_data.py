"""Names that somebody else wrote: shown, never obeyed by a terminal or a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from extracts import study

from ehrivig import extract
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, UsageError, plain
from ehrivig.runs import metrics
from ehrivig.store import cells
from ehrivig.validate.measurement import read_measurements

FORMULAS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1",
    "'=quoted",
    "=",
    "-2e1+cmd",
)
HARMLESS = (
    "",
    "A",
    "-1.2 [-3.0, 0.4]",
    "-",
    "-5",
    "a=b",
    "'",
    "it's",
    "<5",
    "12/34 (5.6%)",
    "-1.4e-16",
    "-2E+3 [-inf, 0.4]",
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("North \x1b[31mred", "North \\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("a\udce9b", "a\\udce9b"),
        ("a\x9bb", "a\\x9bb"),
        ("Zürich 中 a\tb\nc", "Zürich 中 a\tb\nc"),
    ],
)
def test_control_characters_are_written_out(name: str, shown: str) -> None:
    assert plain(name) == shown
    assert str(UsageError(f"extract: {name}")) == f"extract: {shown}"
    assert "\x1b" not in metrics.family("x", "y", [({"hospital": name}, 1)])


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_and_reads_back_unchanged(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pl.DataFrame({"hospital_id": [text, "007", None, ""], "n": [-1.5, 1e-9, None, 2.0]}).write_csv(
        path
    )
    before = path.read_text()
    cells.mend(path)
    assert path.read_text() == before.replace(text, f"'{text}", 1)
    written = pl.read_csv(path, infer_schema=False)["hospital_id"].to_list()
    assert written[0] == f"'{text}"
    assert [cells.as_written(one or "") for one in written] == [text, "007", "", ""]


@pytest.mark.parametrize("text", HARMLESS)
def test_other_cells_keep_their_bytes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pl.DataFrame({"name": [text, "x"], "n": [-1, 2]}).write_csv(path)
    before = path.read_bytes()
    cells.mend(path)
    assert path.read_bytes() == before
    assert cells.as_written(text) == text


def test_the_verdicts_of_a_hospital_named_like_a_formula_are_read_back(tmp_path: Path) -> None:
    row = {"hospital_id": "=B", "table": "lab", "check": "lab.unit_known", "severity": "warn"}
    frame = pl.DataFrame([row | {"violated": 7, "denominator": 90, "threshold": 0.1}])
    path = tmp_path / "checks.csv"
    cells.as_text(frame.with_columns(verdict=pl.lit("pass"))).write_csv(path)
    assert [one.hospital_id for one in read_measurements(path)] == ["=B"]


@pytest.mark.parametrize("name", ["A\x1b[2J", "A\n", " A", "A\u200b", "A\u2028B"])
def test_a_hospital_with_an_invisible_character_is_refused(name: str, tmp_path: Path) -> None:
    write_demo(tmp_path / "x", patients=60, hospitals=1)
    for folder in (one for one in (tmp_path / "x").iterdir() if one.is_dir()):
        for path in folder.rglob("*.parquet"):
            table = pl.read_parquet(path).with_columns(hospital_id=pl.lit(name))
            (tmp_path / "y").mkdir(exist_ok=True)
            table.write_parquet(tmp_path / "y" / f"{folder.name}.parquet")
    with pytest.raises(ExtractError, match="invisible character") as refused:
        extract.inspect(tmp_path / "y", study())
    assert "\x1b" not in str(refused.value)
    assert "\u200b" not in str(refused.value)
