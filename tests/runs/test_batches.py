"""Who is worked on together changes no byte of a result: small hospitals in batches of any size.

The extract has what could make hospitals of one batch meet: equal ids, ids of nobody, several time
zones, a hospital that the policy blocks, one with a damaged file, and optional tables that are
empty in some hospitals and lacking in another, which also says nothing of itself; and a hospital
without a patient.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extract.test_damaged_page import damage
from fuzz.base import content
from result_files import hashes

from ehrivig import contract, pipeline
from ehrivig.demo import write_demo
from ehrivig.runs import history
from ehrivig.study import Study, parse

pytestmark = [
    pytest.mark.filterwarnings("ignore::ehrivig.errors.NumericalWarning"),
    pytest.mark.usefixtures("more_quickly"),
]
slow = pytest.mark.slow
PATIENTS, HOSPITALS = 280, ("A", "B", "C", "D", "E", "F", "G")
IN_TOKYO, SHIFTED, DAMAGED, WITHOUT_SCORES, WITHOUT_DEVICES = "CE", "D", "E", "B", "F"
EMPTY = "G"
KEYS = ("admission_id", "patient_id", "medication_id")
SETTINGS: dict[str, dict[str, Any]] = {
    "one by one": {"batch_rows": 0},
    "small batches": {"batch_rows": 14_000},
    "large batches": {"batch_rows": 1_000_000},
    "by memory": {},
    "two workers": {"workers": 2, "share_rows": 4_900},  # two of the hospitals in shares
    "two workers, large batches": {"workers": 2, "batch_rows": 1_000_000},
    "shares": {"share_rows": 3_500},
}
NUMBERS, TEXT = "whole numbers", "text"
WITH_TEXT = ("A", "B", "C")
"""The hospitals whose ids are written as text: none that is left out."""
Rows = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of everything that is read, of which little is analysed; it goes on without a
    hospital that fails, and takes no offence at many rows of nobody.

    Its drug is on a list of its own, which every worker must read.
    """
    whole, home = content(), tmp_path_factory.mktemp("study")
    (home / "lists" / "drugs").mkdir(parents=True)
    text = "verdict,vocabulary,match,value\ninclude,ATC,exact,J06BA02\n"
    (home / "lists" / "drugs" / "mine.csv").write_text(text, encoding="utf-8")
    whole["extract"]["codelists"], whole["exposure"]["codelist"] = "lists", "mine"
    whole["match"] = {"covariates": ["age", "male"]}
    whole["analysis"] = {"adjust": ["age", "male"], "bootstrap": 40}
    whole["utilisation"], whole["regimen"] = {"by": ["month"]}, {"names": ["gbs"]}
    lenient = {f"{table.name}.admission_known": 0.9 for table in contract.EVENT_TABLES}
    lenient |= {"study.death_known_elsewhere": 1.0, "study.arm_difference": 1.0}
    lenient["respiratory_support.sent_for_criteria"] = 1.0
    whole["quality"] = {"block": "drop_hospital", "thresholds": lenient}
    return parse(whole, folder=home)


@pytest.fixture(scope="module")
def extract_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The extract of a kind of ids, made when it is first asked for."""
    return cache(lambda ids: _written(tmp_path_factory.mktemp("batches") / "extract", ids))


@pytest.fixture(scope="module", params=[NUMBERS])
def folder(request: pytest.FixtureRequest, extract_of: Callable[[str], Path]) -> Path:
    """Seven hospitals whose ids are whole numbers, or three whose ids are text."""
    return extract_of(request.param)


def _written(place: Path, ids: str) -> Path:
    names = HOSPITALS if ids == NUMBERS else WITH_TEXT
    write_demo(place, patients=PATIENTS * len(names) // len(HOSPITALS), hospitals=len(names))
    for name in names:
        _equal_ids(place, name)
        _of_nobody(place, name)
        if ids == TEXT:
            _every_table(place, name, lambda rows: rows.with_columns(_keys(rows).cast(pl.String)))
    for name in {*IN_TOKYO} & {*names}:
        change(
            place, "hospital", name, lambda rows: rows.with_columns(timezone=pl.lit("Asia/Tokyo"))
        )
    change(place, "score", WITHOUT_SCORES, lambda rows: rows.head(0))
    if ids == NUMBERS:
        _spoil(place)
    for name in names:
        known = 10 if name in "AB" else 0
        change(place, "patient", name, lambda rows, n=known: _known_persons(rows, n))
    return place


def _spoil(place: Path) -> None:
    """One hospital is blocked by the gate, one cannot be read, one lacks devices, one is empty."""
    for table, columns in {
        "lab": ("collected_at", "resulted_at"),
        "vital": ("measured_at",),
        "medication": ("started_at", "stopped_at"),
    }.items():
        earlier = pl.col(columns) - timedelta(hours=8)
        change(place, table, SHIFTED, lambda rows, by=earlier: rows.with_columns(by))
    damage(files(place, "icu_stay", DAMAGED)[0], "started_at")
    for table in ("respiratory_support", "procedure"):
        shutil.rmtree(place / table / f"hospital_id={WITHOUT_DEVICES}")
    change(place, "hospital", WITHOUT_DEVICES, lambda rows: rows.head(0))
    for table in ("patient", "admission", *(event.name for event in contract.EVENT_TABLES)):
        change(place, table, EMPTY, lambda rows: rows.head(0))


def files(place: Path, table: str, hospital: str) -> list[Path]:
    return sorted((place / table / f"hospital_id={hospital}").glob("*.parquet"))


def change(place: Path, table: str, hospital: str, how: Rows) -> None:
    """Change the rows of a table of a hospital, which are then in one file."""
    paths = files(place, table, hospital)
    rows = how(pl.concat([pl.read_parquet(path) for path in paths]))
    for path in paths:
        path.unlink()
    rows.write_parquet(paths[0])


def _every_table(place: Path, hospital: str, how: Rows) -> None:
    for table in contract.TABLES:
        change(place, table.name, hospital, how)


def _keys(rows: pl.DataFrame) -> pl.Expr:
    return pl.col([name for name in KEYS if name in rows.columns])


def _equal_ids(place: Path, hospital: str) -> None:
    """Admissions, patients and administrations of every hospital are numbered from 1."""
    whole = {
        "admission_id": "admission",
        "patient_id": "patient",
        "medication_id": "medication",
    }
    numbers = {}
    for key, table in whole.items():
        rows = pl.concat([pl.read_parquet(path) for path in files(place, table, hospital)])
        numbers[key] = rows.select(key).unique().sort(key).with_row_index("number", offset=1)

    def renumbered(rows: pl.DataFrame) -> pl.DataFrame:
        for key in (name for name in KEYS if name in rows.columns):
            unknown = pl.col(key).rank("dense").cast(pl.Int64) + 100_000
            rows = rows.join(numbers[key], on=key, how="left", maintain_order="left")
            number = pl.coalesce(pl.col("number").cast(pl.Int64), unknown)
            rows = rows.with_columns(number.alias(key)).drop("number")
        return rows

    _every_table(place, hospital, renumbered)


def _of_nobody(place: Path, hospital: str) -> None:
    """In every table, two rows without each of its ids, and in events two of an unknown stay."""

    def more(rows: pl.DataFrame) -> pl.DataFrame:
        names = [name for name in KEYS if name in rows.columns]
        without = [rows.head(2).with_columns(pl.lit(None, pl.Int64).alias(name)) for name in names]
        events = "admission_id" in names and "patient_id" not in names
        unknown = [rows.tail(2).with_columns(admission_id=pl.lit(777_777, pl.Int64))]
        return pl.concat([rows, *without, *(unknown if events else [])])

    _every_table(place, hospital, more)


def _known_persons(rows: pl.DataFrame, number: int) -> pl.DataFrame:
    """The first patients are persons whom the network knows, the others nobody's."""
    first = pl.col("patient_id").rank("ordinal") <= number
    person = pl.when(first).then(pl.format("p{}", pl.col("patient_id")))
    return rows.with_columns(person_id=person.cast(pl.String))


def run(how: Any, study: Study, folder: Path, out: Path, **options: Any) -> pipeline.RunSummary:
    done: pipeline.RunSummary = how(study, folder, out, options=pipeline.Options(**options))
    assert done.exit_code == 0, done.message
    return done


@pytest.fixture(scope="module")
def run_alone(study: Study) -> Callable[[Path], Path]:
    """The run of an extract in which every hospital was worked on alone."""

    @cache
    def made(folder: Path) -> Path:
        out = folder.with_name("reference") / "out"
        run(pipeline.run, study, folder, out, batch_rows=0)
        return out

    return made


@pytest.fixture(scope="module")
def reference(folder: Path, run_alone: Callable[[Path], Path]) -> Path:
    return run_alone(folder)


def table(out: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(out / "hospitals" / f"{name}.parquet")


def test_the_extract_holds_what_it_is_for(folder: Path, reference: Path) -> None:
    manifest = json.loads((reference / "manifest.json").read_text())
    assert manifest["dropped_hospitals"] == [SHIFTED, DAMAGED]
    assert set(table(reference, "measurement")["hospital_id"]) == {*HOSPITALS} - {DAMAGED}
    studied = {*HOSPITALS} - {SHIFTED, DAMAGED, EMPTY}
    screened = table(reference, "screened")
    assert set(screened["hospital_id"]) == studied
    shared = screened.group_by("admission_id").agg(pl.col("hospital_id").n_unique())
    assert shared.filter(pl.col("hospital_id") == len(studied)).height > 20
    spent = table(reference, "rows").filter(pl.col("rows_read") > 0)
    for name in (t.name for t in contract.TABLES if "admission_id" in t.names):
        rejected = pl.read_parquet(reference / "quarantine" / f"{name}.parquet")
        nobody = rejected.filter(pl.col("admission_id").is_null())
        assert set(nobody["hospital_id"]) == set(spent.filter(table=name)["hospital_id"]), name
    assert pl.read_parquet(reference / "cohort.parquet").height > 20
    assert not (reference / "batches").exists()


@pytest.mark.parametrize(
    ("folder", "setting"),
    [
        pytest.param(NUMBERS, "large batches", marks=slow),
        pytest.param(TEXT, "large batches", marks=slow),
        (NUMBERS, "two workers"),
        pytest.param(NUMBERS, "small batches", marks=slow),
        pytest.param(NUMBERS, "by memory", marks=slow),
        pytest.param(NUMBERS, "two workers, large batches", marks=slow),
        pytest.param(NUMBERS, "shares", marks=slow),
        pytest.param(TEXT, "shares", marks=slow),
        pytest.param(TEXT, "two workers", marks=slow),
    ],
    indirect=["folder"],
)
def test_the_bytes_of_a_run_do_not_depend_on_who_is_worked_on_together(
    setting: str, study: Study, folder: Path, reference: Path, tmp_path: Path
) -> None:
    run(pipeline.run, study, folder, tmp_path / "out", **SETTINGS[setting])
    left, right = hashes(reference), hashes(tmp_path / "out")
    assert set(left) == set(right)
    assert [name for name in left if left[name] != right[name]] == []
    assert {"hospitals/screened.parquet", "hospitals/quality/behind.parquet"} <= set(left)
    assert {f"hospitals/quality/{name}.parquet" for name in ("month", "covered")} <= set(left)
    assert {"effects.csv", "quarantine/lab.parquet", "ledger.csv", "report.html"} <= set(left)


def test_hospitals_are_worked_on_together(
    study: Study, folder: Path, reference: Path, tmp_path: Path
) -> None:
    """Else the other tests compare a run with itself."""
    assert worked_on(reference) == [["A"], ["B"], ["C"], ["D"], ["F"], ["G"]]
    run(pipeline.check, study, folder, tmp_path / "out", batch_rows=1_000_000)
    # by time zone, without the damaged one; that F sends no devices is no hindrance
    assert worked_on(tmp_path / "out") == [["A", "B", "D", "F", "G"], ["C"]]


def worked_on(out: Path) -> list[list[str]]:
    """Who was worked on together, as the log of statements says."""
    text = (out / "hospitals" / "statements.sql").read_text(encoding="utf-8")
    return [json.loads(names) for names in re.findall(r"(?m)^-- batch of hospitals (.*)$", text)]


def test_whom_no_network_knows_is_the_patient_of_his_hospital(reference: Path) -> None:
    screened = table(reference, "screened")
    own = pl.col("hospital_id") + "/" + pl.col("patient_id").cast(pl.String)
    known = screened.filter(pl.col("person_id").str.starts_with("p"))
    assert set(known["hospital_id"]) <= set("AB")
    unknown = screened.filter(
        pl.col("hospital_id").is_in(["A", "B"]) & ~pl.col("person_id").str.starts_with("p")
    )
    assert unknown.height > 20
    assert unknown.filter(pl.col("person_id") != own).is_empty()


def test_the_rows_of_nobody_are_no_copies_of_each_other(reference: Path) -> None:
    """Rows that name nobody are set aside for that, and for no fault of one beside another."""
    rejected = pl.read_parquet(reference / "quarantine" / "medication.parquet")
    nobody = rejected.filter(pl.col("admission_id").is_null())
    reasons = set(nobody["reason"].str.split(";").explode())
    assert not {reason for reason in reasons if "duplicate" in reason}


def test_what_is_not_sent_is_not_measured_beside_hospitals_that_send_it(
    study: Study, reference: Path
) -> None:
    """F sends no devices: nobody there is known to be without one."""
    devices = [v.name for v in study.outcomes.variables if v.source == "device"]
    assert devices
    outcomes = table(reference, "outcomes")
    nulls = outcomes.group_by("hospital_id").agg(pl.col(devices).null_count(), n=pl.len())
    for row in nulls.iter_rows(named=True):
        alone = row["hospital_id"] == WITHOUT_DEVICES
        assert {row[name] for name in devices} == {row["n"] if alone else 0}, row


@pytest.mark.parametrize("batch_rows", [pytest.param(0, marks=slow), 1_000_000])
def test_a_hospital_that_changed_is_worked_on_anew_and_the_others_are_taken_over(
    batch_rows: int, study: Study, folder: Path, reference: Path, tmp_path: Path
) -> None:
    """The same bytes as when every hospital is worked on anew after the same history."""
    copy = tmp_path / "extract"
    shutil.copytree(folder, copy)
    change(copy, "lab", "B", lambda rows: rows.head(-20))
    outs = []
    for forget in (False, True):
        out = tmp_path / f"out-{forget}"
        shutil.copytree(reference, out)
        if forget:
            (out / "hospitals" / "fingerprints.json").unlink()
        run(pipeline.run, study, copy, out, batch_rows=batch_rows)
        reused = history.read(out)["hospitals_reused"].to_list()
        assert reused == [0, 0 if forget else 5]
        outs.append(hashes(out))
    assert set(outs[0]) == set(outs[1])
    assert [name for name in outs[0] if outs[0][name] != outs[1][name]] == []
    assert outs[0] != hashes(reference)


@slow
def test_a_hospital_more_and_a_hospital_less(
    study: Study, folder: Path, reference: Path, tmp_path: Path
) -> None:
    """What was taken over beside a hospital that is new; nothing is left of one that went."""
    fewer = tmp_path / "extract"
    shutil.copytree(folder, fewer)
    for part in fewer.glob("*/hospital_id=B"):
        shutil.rmtree(part)
    listed = fewer / "extract.json"
    content = json.loads(listed.read_text(encoding="utf-8"))
    content["hospitals"] = [name for name in content["hospitals"] if name != "B"]
    listed.write_text(json.dumps(content), encoding="utf-8")
    outs = []
    for place, forget in (("a", False), ("b", True)):
        out = tmp_path / place
        shutil.copytree(reference, out)
        for source in (fewer, folder):
            if forget:
                (out / "hospitals" / "fingerprints.json").unlink()
            run(pipeline.run, study, source, out)
            there = {*HOSPITALS} - {DAMAGED} - ({"B"} if source == fewer else set())
            assert set(table(out, "measurement")["hospital_id"]) == there
        outs.append(hashes(out))
    assert [name for name in outs[0] if outs[0][name] != outs[1].get(name)] == []
    assert set(outs[0]) == set(outs[1])
    assert history.read(tmp_path / "a")["hospitals_reused"].to_list() == [0, 5, 5]


def test_hospitals_of_any_name(study: Study, tmp_path: Path) -> None:
    """Names that are no names of folders, and their order, change nothing."""
    names = {"A": "..%2Fescape", "B": "北京 2", "C": ".hidden", "D": "x'y; -- %25"}
    write_demo(tmp_path / "extract", patients=200, hospitals=4)
    (tmp_path / "extract" / "extract.json").unlink()  # it names the hospitals
    for old, new in names.items():
        for part in (tmp_path / "extract").glob(f"*/hospital_id={old}"):
            part.rename(part.with_name(f"hospital_id={new}"))
    outs = []
    for batch_rows in (0, 1_000_000):
        out = tmp_path / str(batch_rows)
        run(pipeline.check, study, tmp_path / "extract", out, batch_rows=batch_rows)
        outs.append(hashes(out))
    assert outs[0] == outs[1]
    assert table(out, "measurement")["hospital_id"].unique(maintain_order=True).to_list() == [
        *("../escape", ".hidden", "x'y; -- %", "北京 2")
    ]
    left = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in left if not name.endswith(".attempts")] == ["0", "1000000", "extract"]
