"""What a finished run is taken along as: manuscript, folder of CSV, OHDSI's results tables."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import polars as pl
import pytest
from results.finished import finished

from ehrivig.errors import UsageError
from ehrivig.results import Run
from ehrivig.results.export import FORMATS, default_name, export


def released(name: str) -> pl.DataFrame:
    return pl.read_csv(finished()[2] / "release" / f"{name}.csv", infer_schema_length=None)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("export")
    for kind in ("csv", "ohdsi"):
        export(finished()[2], kind, home / default_name("run", kind))
    return home


def test_a_manuscript_has_the_answer_first_and_only_released_numbers(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    path = export(finished()[2], "docx", tmp_path / "run.docx")
    document = docx.Document(path)
    words = [paragraph.text for paragraph in document.paragraphs]
    assert "The data are simulated." in words
    assert any(word.startswith("immortal time: ") for word in words)
    captions = [word for word in words if word.startswith("Table ")]
    assert [caption.partition(". ")[2].split()[0] for caption in captions] == [
        *("Baseline", "Patients", "The", "All", "The"),
    ]
    tables = [[[cell.text for cell in row.cells] for row in t.rows] for t in document.tables]
    baseline, flow, main, others, protocol = tables
    assert main[1][0] == "primary"
    assert len(main) + len(others) - 2 == released("effects").height
    table1 = {row["label"]: row for row in released("table1").to_dicts()}
    assert (
        dict(zip(*[[r[i] for r in baseline] for i in (0, 2)], strict=True))["Age, y"]
        == (table1["Age"]["text_exposed"])
    )
    whole = released("attrition").filter(pl.col("hospital_id") == "all").sort("step")
    shown = ["" if n is None else f"{n:,}" for n in whole["patients"].to_list()]
    assert [row[1] for row in flow[1:]] == shown
    assert "Eligibility" in [row[0] for row in protocol]


def test_a_folder_has_every_table_and_what_each_column_is(exported: Path) -> None:
    folder = exported / "run-csv"
    names = {path.stem for path in folder.glob("*.csv")}
    assert names == {*Run(finished()[2]).tables, "run", "columns"}
    for name in ("effects", "quality", "balance"):
        again = pl.read_csv(folder / f"{name}.csv", infer_schema_length=None)
        assert again.shape == released(name).shape
    columns = pl.read_csv(folder / "columns.csv")
    assert set(columns.filter(pl.col("table") == "effects")["column"]) == set(
        released("effects").columns
    )


def test_ohdsi_has_the_ratios_as_they_were_released(exported: Path) -> None:
    folder = exported / "run-ohdsi"
    ratios = released("effects").filter(pl.col("measure").is_in(["OR", "RR", "HR", "SHR"]))
    result = pl.read_csv(folder / "cm_result.csv", infer_schema_length=None)
    pairs = (("rr", "estimate"), ("ci_95_lb", "lo"), ("target_outcomes", "events_exposed"))
    for theirs, ours in pairs:
        assert result[theirs].to_list() == pytest.approx(ratios[ours].to_list())
    known = result.drop_nulls("rr")
    assert known["log_rr"].to_list() == pytest.approx(known["rr"].log().to_list())
    key = ["analysis_id", "target_id", "comparator_id", "outcome_id", "database_id"]
    assert result.select(key).is_unique().all()
    for table, column, other in (
        ("cm_analysis", "analysis_id", "analysis_id"),
        ("cm_target_comparator_outcome", "outcome_id", "outcome_id"),
    ):
        ids = pl.read_csv(folder / f"{table}.csv")[other]
        assert ids.is_unique().all()
        assert set(result[column]) <= set(ids)
    balance = pl.read_csv(folder / "cm_covariate_balance.csv", infer_schema_length=None)
    smd = released("balance")["smd_matched"].to_list()
    assert balance["std_diff_after"].to_list() == pytest.approx(smd, nan_ok=True)
    assert set(balance["covariate_id"]) == set(
        pl.read_csv(folder / "cm_covariate.csv")["covariate_id"]
    )
    with (folder / "cm_attrition.csv").open(encoding="utf-8") as file:
        steps = list(csv.DictReader(file))
    assert steps[0]["exposure_id"] == "0"
    assert "simulated" in (folder / "README.txt").read_text(encoding="utf-8")


def test_ids_are_the_same_in_every_hospital(exported: Path, tmp_path: Path) -> None:
    again = export(finished()[2], "ohdsi", tmp_path / "again")
    for path in (exported / "run-ohdsi").iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_without_its_package_an_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, module, extra in (("docx", "docx", "docx"), ("xlsx", "xlsxwriter", "export")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(UsageError, match=rf"needs the extra `{extra}`: pip install"):
            export(finished()[2], kind, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    assert set(FORMATS) == {"xlsx", "docx", "csv", "duckdb", "ohdsi"}
