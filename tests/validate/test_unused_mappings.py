"""A signed mapping that changes nothing is told: at a check of the study, at a gate, at a run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study
from typer.testing import CliRunner

from ehrivig import pipeline, study
from ehrivig.cli import app
from ehrivig.demo import write_demo
from ehrivig.runs.state import Options

pytestmark = pytest.mark.usefixtures("more_quickly")

WHO = 'signed_by = "A. S."\nsigned_on = 2020-07-02\nreason = "as asked there"\n'
SIGNED = f"""
[[code]]
hospital_id = "A"
vocabulary = "local"
code = "Nobody"
analyte = "crp"
{WHO}
[[code]]
hospital_id = "A"
vocabulary = "local"
code = "crp"
analyte = "creatinine"
{WHO}
[[code]]
hospital_id = "A"
vocabulary = "LOCAL"
code = "Local CRP"
analyte = "crp"
{WHO}
[[unit]]
hospital_id = "B"
analyte = "crp"
written = "mg/L"
means = "mg/dL"
month = 2099-01-01
{WHO}
[[unit]]
hospital_id = "b"
analyte = "crp"
written = "mg/L"
means = "mg/dL"
{WHO}"""
TOLD = [
    ("A", "code.(1)", "line 2: code.(1): hospital A has no lab result with code 'Nobody' of local"),
    (
        "A",
        "code.(2)",
        "line 11: code.(2): hospital A has code 'crp' of local, and a code list says",
    ),
    ("B", "unit.(1)", "line 29: unit.(1): hospital B has no result of crp in 'mg/L' in 2099-01"),
    ("all", "unit.(2)", "line 39: unit.(2): 'b' is no hospital of the extract. Did you mean 'B'?"),
]


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hospitals; half of the CRP of A under a local code, in a unit as nobody lists it."""
    folder = tmp_path_factory.mktemp("unused") / "extract"
    write_demo(folder, patients=300, hospitals=2, defects="none")
    (path,) = (folder / "lab" / "hospital_id=A").glob("*.parquet")
    lab = pl.read_parquet(path)
    crp = pl.col("lab_code").is_in(["crp", "1988-5"]) & (pl.col("collected_at").dt.day() <= 15)
    lab.with_columns(
        pl.when(crp).then(pl.lit("Local CRP")).otherwise("lab_code").alias("lab_code"),
        pl.when(crp).then(pl.lit("local")).otherwise("vocabulary").alias("vocabulary"),
        pl.when(crp).then(pl.lit("MG/L")).otherwise("unit").alias("unit"),
    ).write_parquet(path)
    return folder


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "signed.toml").write_text(SIGNED, encoding="utf-8")
    return short_study(tmp_path / "study.toml", extract={"mappings": "signed.toml"})


@pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning")
def test_each_is_told_with_file_and_line(extract: Path, plan: Path, tmp_path: Path) -> None:
    done = pipeline.run(study.load(plan), extract, tmp_path / "out")
    assert "study.mapping_found" in done.warned_checks
    told = pl.read_csv(tmp_path / "out" / "quality" / "mappings.csv")
    assert told.select("hospital_id", "mapping").rows() == [one[:2] for one in TOLD]
    messages = told["message"].to_list()
    assert all(f"signed.toml, {one[2]}" in said for one, said in zip(TOLD, messages, strict=True))
    lints = pl.read_csv(tmp_path / "out" / "lints.csv").filter(code="mapping_unused")
    assert lints["message"].to_list() == messages
    checks = pl.read_csv(tmp_path / "out" / "quality" / "checks.csv")
    found = checks.filter(check="study.mapping_found")
    assert found.select("hospital_id", "violated", "denominator", "verdict").rows() == [
        ("A", 2, 3, "warn"),
        ("B", 1, 1, "warn"),
        ("all", 1, 1, "warn"),
    ]


def test_shares_find_what_the_whole_does(extract: Path, plan: Path, tmp_path: Path) -> None:
    options = Options(share_rows=8_000)
    pipeline.check(study.load(plan), extract, tmp_path / "out", options=options)
    log = (tmp_path / "out" / "hospitals" / "statements.sql").read_text(encoding="utf-8")
    assert "-- share 3 of 3" in log
    assert "-- share 2 of 2" in log
    told = pl.read_csv(tmp_path / "out" / "quality" / "mappings.csv")
    assert told["mapping"].to_list() == [one[1] for one in TOLD]


def test_a_check_of_the_study_reads_as_signed(extract: Path, plan: Path) -> None:
    words = ["study", "check", str(plan), "--extract", str(extract)]
    said = CliRunner().invoke(app, words).stdout
    assert all(f"warning: signed.toml, {one[2]}" in said for one in TOLD)
    with_entry = _crp_known(said)
    text = (plan.parent / "signed.toml").read_text(encoding="utf-8")
    (plan.parent / "signed.toml").write_text(text.replace('"Local CRP"', '"Other"'), "utf-8")
    assert _crp_known(CliRunner().invoke(app, words).stdout) < with_entry


def _crp_known(said: str) -> int:
    (line,) = (line for line in said.splitlines() if line.startswith("  C-reactive protein"))
    return int(line.split()[2].replace(",", ""))


def test_the_month_goes_before_all_months(extract: Path, tmp_path: Path) -> None:
    """An entry for a month and one for all are no two rows of one result."""
    (path,) = (extract / "lab" / "hospital_id=B").glob("*.parquet")
    rows = pl.read_parquet(path).height
    unit = '[[unit]]\nhospital_id = "B"\nanalyte = "crp"\nwritten = "mg/L"\nmeans = "mg/dL"\n'
    both = f"{unit}{WHO}{unit}month = 2020-02-01\n{WHO}"
    (tmp_path / "signed.toml").write_text(both, encoding="utf-8")
    plan = short_study(tmp_path / "study.toml", extract={"mappings": "signed.toml"})
    pipeline.check(study.load(plan), extract, tmp_path / "out")
    read = pl.read_parquet(tmp_path / "out" / "hospitals" / "rows.parquet")
    assert read.filter(hospital_id="B", table="lab")["rows_read"].item() == rows
    assert not (tmp_path / "out" / "quality" / "mappings.csv").exists()
