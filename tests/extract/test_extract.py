"""Native extracts: stages of one hospital, and one clear message for each kind of broken file."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from extracts import Rows, at, opened, study, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehrivig import contract, extract
from ehrivig.errors import ExtractError, UsageError

PATIENTS: Rows = [{"patient_id": 1, "sex": "male"}, {"patient_id": 2, "sex": "female"}]
ADMISSIONS: Rows = [
    {
        "admission_id": 10 + patient,
        "patient_id": patient,
        "admitted_at": at("03-01 08:00"),
        "discharged_at": at("03-09 12:00"),
        "discharge_status": "alive",
    }
    for patient in (1, 2)
]
LABS: Rows = [
    lab
    for admission, code, vocabulary, value, text, unit in (
        (11, "crp", "local", 12.5, None, "mg/L"),
        (11, "1988-5", "LOINC", 1.25, None, "mg/dL"),
        (11, "crp", "local", None, "<5", "mg/L"),
        (11, "crp", "local", 5.0, "<5.", "mg/L"),
        (11, "crp", "local", None, "＞ 200", "mg/L"),
        (11, "crp", "local", None, "7.5", "mg/L"),
        (12, "crp", "local", None, "阴性", "mg/L"),
        (12, "crp", "local", 3.0, None, "furlong"),
        (12, "mystery", "local", 3.0, None, "mg/L"),
        (12, "ph", "local", 7.4, None, None),
    )
    for lab in [
        {
            "admission_id": admission,
            "lab_code": code,
            "vocabulary": vocabulary,
            "value": value,
            "value_text": text,
            "unit": unit,
            "collected_at": at("03-01 10:00"),
        }
    ]
]
MEDICATIONS: Rows = [
    {
        "admission_id": 11,
        "medication_id": number,
        "drug_code": code,
        "vocabulary": "ATC",
        "drug_name": name,
        "dose": 10.0,
        "dose_unit": "g",
        "route": route,
        "status": "given",
        "started_at": at("03-02 09:00"),
    }
    for number, code, name, route in (
        (1, "J06BA02", "静注人免疫球蛋白(pH4)", "iv"),
        (2, "J06BA02", "静注人免疫球蛋白(pH4)", "iv"),
        (3, "J06BB04", "Hepatitis B Immune Globulin (Nabi-HB)", "im"),
        (4, "H02AB04", None, "iv"),
        (5, "H02AB04", None, None),
    )
]
VITALS: Rows = [
    {
        "admission_id": 11,
        "vital_code": code,
        "value": value,
        "unit": unit,
        "measured_at": at("03-01 09:00"),
    }
    for code, value, unit in (
        ("temperature", 100.4, "F"),
        ("fio2", 40.0, "%"),
        ("sbp", 120.0, "stone"),
    )
]
DIAGNOSES: Rows = [
    {"admission_id": 11, "code": "I69.4", "vocabulary": "ICD10"},
    {"admission_id": 12, "code": "Z00", "vocabulary": "ICD10"},
]
DRAWN = {
    "patient": PATIENTS,
    "admission": ADMISSIONS,
    "lab": LABS,
    "medication": MEDICATIONS,
    "vital": VITALS,
    "diagnosis": DIAGNOSES,
}


def hive(folder: Path, hospital_id: str = "A", **drawn: Rows) -> Path:
    """A native extract with one hospital in hive folders."""
    for table, rows in {**DRAWN, **drawn}.items():
        write(folder / table / f"hospital_id={hospital_id}" / "part.parquet", rows)
    return folder


def shared(folder: Path, **drawn: Rows) -> Path:
    """A native extract of two hospitals in one file per table."""
    for table, rows in {**DRAWN, **drawn}.items():
        both = [{"hospital_id": h, **row} for h in ("A", "B") for row in rows]
        write(folder / f"{table}.parquet", both)
    return folder


def test_rows_of_a_file_of_two_hospitals_are_divided_though_the_study_wants_one(
    tmp_path: Path,
) -> None:
    """Else one hospital of two hundred would be worked on in two hundred parts."""
    folder = shared(tmp_path / "x")
    whole = extract.inspect(folder, study())
    alone = extract.inspect(folder, study(hospitals=("A",)))
    assert alone.hospitals == ("A",)
    assert extract.rows(alone, "A") == extract.rows(whole, "A") > 0


def test_labs_in_standard_units(tmp_path: Path) -> None:
    with opened(hive(tmp_path / "x"), study()) as db:
        found = db.rows(
            "SELECT lab_code, value, value_text, unit, analyte, round(value_std, 9), censored "
            "FROM resolved.lab"
        )
    expected = [
        ("crp", 12.5, None, "mg/L", "crp", 12.5, None),
        ("1988-5", 1.25, None, "mg/dL", "crp", 12.5, None),
        ("crp", None, "<5", "mg/L", "crp", 2.5, "<"),
        ("crp", 5.0, "<5.", "mg/L", "crp", 2.5, "<"),
        ("crp", None, "＞ 200", "mg/L", "crp", 200.0, ">"),
        ("crp", None, "7.5", "mg/L", "crp", 7.5, None),
        ("crp", None, "阴性", "mg/L", "crp", None, None),
        ("crp", 3.0, None, "furlong", "crp", None, None),
        ("mystery", 3.0, None, "mg/L", None, None, None),
        ("ph", 7.4, None, None, "ph", 7.4, None),
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_vitals_drugs_and_conditions(tmp_path: Path) -> None:
    with opened(hive(tmp_path / "x"), study()) as db:
        vitals = db.rows("SELECT vital_code, round(value_std, 9) FROM resolved.vital ORDER BY ALL")
        given_drugs = db.rows(
            "SELECT m.medication_id, c.codelist, c.verdict FROM resolved.medication AS m "
            "LEFT JOIN ref.drug_class AS c USING (drug) ORDER BY ALL"
        )
        products = db.rows("SELECT count(*), min(drug), max(drug) FROM ref.drug")
        nulls = db.rows("SELECT count(*) FROM resolved.medication WHERE drug IS NULL")
        kinds = db.columns("resolved.medication")
        conditions = db.rows("SELECT * FROM ref.condition ORDER BY ALL")
    assert vitals == [("fio2", 0.4), ("sbp", None), ("temperature", 38.0)]
    assert given_drugs == [
        (1, "ivig", "include"),
        (2, "ivig", "include"),
        (3, "ivig", "exclude"),
        (4, "glucocorticoid", "include"),
        (5, "glucocorticoid", "include"),
    ]
    assert products == [(4, 1, 4)]
    assert nulls == [(0,)]
    assert kinds["drug"] == "INTEGER"
    assert conditions == [
        ("ICD10", "I69.4", "cerebrovascular_disease"),
        ("ICD10", "I69.4", "stroke"),
    ]


def test_every_stage_has_the_columns_of_the_contract(tmp_path: Path) -> None:
    plan = study()
    folder = hive(tmp_path / "x")
    source = extract.inspect(folder, plan)
    assert source.hospitals == ("A",)
    assert set(source.tables) == set(DRAWN)
    assert "score" in source.absent
    with opened(folder, plan) as db:
        for table in contract.TABLES:
            for schema in ("mapped", "resolved"):
                found = db.columns(f"{schema}.{table.name}")
                assert tuple(found)[: len(table.columns)] == table.names
                for column in table.columns:
                    kind = found[column.name]
                    integer = column.kind == "key" and column.name != "hospital_id"
                    wanted = ("BIGINT", "VARCHAR") if integer else (contract.SQL_TYPE[column.kind],)
                    assert kind in wanted, (table.name, column.name, kind)
        assert db.columns("mapped.score")["admission_id"] == "BIGINT"
        assert db.rows("SELECT count(*) FROM mapped.score") == [(0,)]


def test_one_hospital_of_shared_files(tmp_path: Path) -> None:
    plan = study()
    folder = shared(tmp_path / "with blank 静")
    source = extract.inspect(folder, plan)
    assert source.hospitals == ("A", "B")
    with opened(folder, plan, "B") as db:
        assert db.rows("SELECT DISTINCT hospital_id FROM resolved.lab") == [("B",)]
        assert db.rows("SELECT count(*) FROM resolved.lab") == [(len(LABS),)]


def test_integer_hospitals_are_text(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    for table, rows in DRAWN.items():
        write(folder / f"{table}.parquet", [{"hospital_id": 7, **row} for row in rows])
    with opened(folder, study()) as db:
        assert db.rows("SELECT DISTINCT hospital_id FROM resolved.admission") == [("7",)]


def test_only_the_files_of_the_hospital_are_read(tmp_path: Path) -> None:
    folder = hive(hive(tmp_path / "x", "A"), "B")
    (folder / "lab" / "hospital_id=B" / "part.parquet").write_bytes(b"PAR1 broken")
    plan = study()
    with opened(folder, plan, "A") as db:
        assert db.rows("SELECT count(*) FROM resolved.lab") == [(len(LABS),)]
    with pytest.raises(ExtractError, match=r"lab/hospital_id=B/part.parquet: not a readable"):
        opened(folder, plan, "B").__enter__()


def test_the_study_names_its_hospitals(tmp_path: Path) -> None:
    folder = hive(hive(tmp_path / "x", "A"), "B")
    assert extract.inspect(folder, study(hospitals=("B",))).hospitals == ("B",)
    with pytest.raises(ExtractError, match="no data of hospital C"):
        extract.inspect(folder, study(hospitals=("A", "C")))


def test_moments_with_a_zone_become_wall_clock(tmp_path: Path) -> None:
    zoned = [{**row, "collected_at": datetime(2020, 3, 1, 2, 0, tzinfo=UTC)} for row in LABS[:1]]
    folder = hive(tmp_path / "x", lab=zoned)
    with opened(folder, study(timezone="Asia/Shanghai")) as db:
        assert db.rows("SELECT collected_at FROM mapped.lab") == [(at("03-01 10:00"),)]
    row = {"hospital_name": "x", "timezone": "America/New_York", "country": "US"}
    write(folder / "hospital" / "hospital_id=A" / "part.parquet", [row])
    with opened(folder, study(timezone="Asia/Shanghai")) as db:  # the hospital's own zone wins
        assert db.rows("SELECT collected_at FROM mapped.lab") == [(at("02-29 21:00"),)]
    (folder / "hospital" / "hospital_id=A" / "part.parquet").unlink()
    write(folder / "hospital" / "hospital_id=A" / "part.parquet", [{**row, "timezone": None}])
    with pytest.raises(ExtractError, match="own zone is not known"):
        opened(folder, study(timezone=None)).__enter__()
    with pytest.raises(ExtractError, match="is no time zone"):
        opened(folder, study(timezone="Mars/Olympus")).__enter__()


def test_four_byte_floats_keep_their_decimal(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    path = folder / "vital" / "hospital_id=A" / "part.parquet"
    rows = [{**VITALS[1], "value": 0.1, "unit": "fraction"}]
    write(path, rows, {"value": pl.Float32})
    with opened(folder, study()) as db:
        assert db.rows("SELECT value = 0.1::DOUBLE FROM mapped.vital") == [(True,)]


def test_synthetic_marker_and_private_folders(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "_truth" / "admission.parquet", [{"a": 1}])
    assert not extract.inspect(folder, study()).synthetic
    (folder / "extract.json").write_text('{"synthetic": true}')
    source = extract.inspect(folder, study())
    assert source.synthetic
    assert "_truth" not in source.parts
    (folder / "extract.json").write_text("{")
    with pytest.raises(ExtractError, match=r"extract.json is not JSON"):
        extract.inspect(folder, study())


@pytest.mark.parametrize(
    "name", ["_old/part.parquet", ".tmp/x.parquet", ".x.parquet", "README.txt"]
)
def test_hidden_files_of_a_table_are_not_read(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    place = folder / "vital" / "hospital_id=A" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text("not Parquet at all")
    with opened(folder, study()) as db:
        assert db.rows("SELECT count(*) FROM mapped.vital") == [(3,)]


def test_input_files(tmp_path: Path) -> None:
    folder = hive(hive(tmp_path / "x", "A"), "B")
    files = extract.input_files(extract.inspect(folder, study()), "A")
    assert [file.path for file in files] == sorted(
        f"{table}/hospital_id=A/part.parquet" for table in DRAWN
    )
    lab = next(file for file in files if file.path.startswith("lab/"))
    assert lab.rows == len(LABS)
    assert lab.size == (folder / lab.path).stat().st_size
    assert len(lab.sha256) == 64


def _drop(folder: Path, table: str, column: str) -> None:
    path = folder / table / "hospital_id=A" / "part.parquet"
    pl.read_parquet(path).drop(column).write_parquet(path)


def _change(folder: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = folder / table / "hospital_id=A" / "part.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


def _truncate(folder: Path) -> None:
    path = folder / "lab" / "hospital_id=A" / "part.parquet"
    path.write_bytes(path.read_bytes()[:-100])


def _second_lab_file(folder: Path, **columns: Any) -> None:
    write(folder / "lab" / "hospital_id=A" / "part2.parquet", [{**LABS[0], **columns}])


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing column": (lambda f: _drop(f, "lab", "unit"), "lab: hospital A lacks .* unit"),
    "number as text": (
        lambda f: _change(
            f,
            "lab",
            lambda d: d.with_columns(pl.col("value").cast(pl.String).replace("12.5", "12,5")),
        ),
        r"lab: hospital A: column value is text, and 1 of its 6 values are not numbers \(digits",
    ),
    "time as text": (
        lambda f: _change(
            f, "lab", lambda d: d.with_columns(pl.col("collected_at").dt.strftime("%d.%m.%Y"))
        ),
        r"column collected_at is text, and 10 of its 10 values are not moments \(YYYY-MM-DD HH",
    ),
    "flag as number": (
        lambda f: _change(f, "admission", lambda d: d.with_columns(current_smoker=pl.lit(2))),
        "column current_smoker is INTEGER, and 2 of its 2 values are not 0 or 1",
    ),
    "truncated": (_truncate, "lab/hospital_id=A/part.parquet: not a readable Parquet file"),
    "other columns": (
        lambda f: _second_lab_file(f, extra=1),
        "part.parquet and part2.parquet differ in column 'extra'",
    ),
    "other types": (
        lambda f: _second_lab_file(f, value="high"),
        "column value is text in part2.parquet and DOUBLE in part.parquet, and 1 of its 1 values",
    ),
    "byte order mark": (
        lambda f: _change(f, "lab", lambda d: d.rename({"admission_id": "\ufeffadmission_id"})),
        "invisible character",
    ),
    "column twice": (
        lambda f: _change(f, "lab", lambda d: d.with_columns(VALUE=pl.col("value"))),
        "column value is there twice",
    ),
    "mixed keys": (
        lambda f: _change(
            f, "lab", lambda d: d.with_columns(pl.col("admission_id").cast(pl.String))
        ),
        "lab: hospital A: admission_id is VARCHAR, but in admission it is BIGINT",
    ),
    "no admissions": (
        lambda f: (f / "admission" / "hospital_id=A" / "part.parquet").rename(
            f / "admission" / "hospital_id=A" / "part.txt"
        ),
        "admission/hospital_id=A/part.txt: is Parquet, but not named so",
    ),
    "misspelt": (lambda f: (f / "lab").rename(f / "labs"), "labs: .*'lab' is missing"),
    "both": (
        lambda f: write(f / "lab.parquet", [{"hospital_id": "A", **LABS[0]}]),
        "lab: given twice",
    ),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_extract_has_one_clear_message(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x")
    spoil, message = BROKEN[name]
    spoil(folder)
    with pytest.raises(ExtractError, match=message) as caught:
        opened(folder, study()).__enter__()
    assert caught.value.exit_code == 4
    assert "12.5" not in str(caught.value)


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="no folder 'nowhere'"):
        extract.inspect(tmp_path / "nowhere", study())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExtractError, match="'empty' holds no table"):
        extract.inspect(tmp_path / "empty", study())
    (tmp_path / "half" / "admission").mkdir(parents=True)
    with pytest.raises(ExtractError, match="admission: the folder holds no Parquet or CSV file"):
        extract.inspect(tmp_path / "half", study())
    write(tmp_path / "part" / "lab.parquet", [{"hospital_id": "A", **LABS[0]}])
    with pytest.raises(ExtractError, match="has no such table"):
        extract.inspect(tmp_path / "part", study())
    write(tmp_path / "flat" / "patient.parquet", PATIENTS)
    write(tmp_path / "flat" / "admission.parquet", ADMISSIONS)
    with pytest.raises(ExtractError, match="has no column hospital_id"):
        extract.inspect(tmp_path / "flat", study())
    (tmp_path / "text.csv").write_text("a")
    with pytest.raises(ExtractError, match="neither a folder"):
        extract.inspect(tmp_path / "text.csv", study())


def test_the_folder_above_an_extract_is_told_which_one_lies_in_it(tmp_path: Path) -> None:
    """Its tables would be those of one hospital, and what it says of itself would not be read."""
    inner = hive(tmp_path / "dumps" / "demo")
    (inner / "extract.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ExtractError, match=r"^demo: is an extract of its own.*dumps/demo\)"):
        extract.inspect(tmp_path / "dumps", study())
    assert extract.inspect(inner, study())


def test_no_hospital_is_called_as_all_of_them_together(tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match=r"called 'all'.*another name"):
        extract.inspect(hive(tmp_path / "x", "all"), study())


def test_a_hospital_without_admissions(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    write(folder / "lab" / "hospital_id=B" / "part.parquet", LABS)
    with pytest.raises(ExtractError, match="hospital B has no file"):
        opened(folder, study(), "B").__enter__()


def test_an_unknown_layout_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no layout"):
        extract.inspect(tmp_path, study(layout="nosuch"))


def test_damaged_pages_are_named(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x", lab=LABS * 500)
    path = folder / "lab" / "hospital_id=A" / "part.parquet"
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(content)
    with pytest.raises(ExtractError, match=r"lab/hospital_id=A/part.parquet: damaged"):
        opened(folder, study()).__enter__()
    source = extract.inspect(hive(tmp_path / "y"), study())
    assert extract.unreadable(source, "A") is None


@pytest.mark.parametrize(("inside", "fine"), [("A", True), ("B", False), (None, False)])
def test_a_folder_and_its_rows_name_one_hospital(
    tmp_path: Path, inside: str | None, fine: bool
) -> None:
    folder = hive(tmp_path / "x")
    named = pl.lit(inside, dtype=pl.String).alias("hospital_id")
    _change(folder, "lab", lambda d: d.with_columns(named))
    if fine:
        with opened(folder, study()) as db:
            assert db.rows("SELECT DISTINCT hospital_id FROM resolved.lab") == [("A",)]
    else:
        with pytest.raises(ExtractError, match="name another hospital"):
            opened(folder, study()).__enter__()


@pytest.mark.parametrize("name", ["St Mary", "同济 'x'", "a%b"])
def test_names_of_hospitals(tmp_path: Path, name: str) -> None:
    folder = hive(tmp_path / "x", quote(name, safe=""))
    with opened(folder, study()) as db:
        assert db.rows("SELECT DISTINCT hospital_id FROM resolved.lab") == [(name,)]


def test_tables_without_rows(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    for table in DRAWN:
        _change(folder, table, lambda d: d.clear())
    with opened(folder, study()) as db:
        for table in contract.TABLES:
            assert db.rows(f"SELECT count(*) FROM resolved.{table.name}") == [(0,)]
        assert db.rows("SELECT count(*) FROM ref.drug") == [(0,)]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_order_of_rows_and_files_does_not_matter(
    doubled: list[Any], tmp_path_factory: pytest.TempPathFactory, seed: int, n_files: int
) -> None:
    shuffled = random.Random(seed)
    folder = hive(tmp_path_factory.mktemp("x"))
    for table in ("lab", "medication"):
        rows = DRAWN[table] * 2
        shuffled.shuffle(rows)
        place = folder / table / "hospital_id=A"
        (place / "part.parquet").unlink()
        names = shuffled.sample(range(100), n_files)
        frame = pl.DataFrame(rows, infer_schema_length=None)
        for number, name in enumerate(names):
            frame.gather_every(n_files, number).write_parquet(place / f"{name}.parquet")
    with opened(folder, study()) as db:
        tables_found = [
            db.frame(f"SELECT * FROM {name}").sort(pl.all()).rows()
            for name in ("resolved.lab", "resolved.medication", "ref.drug", "ref.lab_map")
        ]
    assert tables_found == doubled


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The same tables from rows in their first order, in one file."""
    folder = hive(tmp_path_factory.mktemp("y"), lab=LABS * 2, medication=MEDICATIONS * 2)
    with opened(folder, study()) as db:
        return [
            db.frame(f"SELECT * FROM {name}").sort(pl.all()).rows()
            for name in ("resolved.lab", "resolved.medication", "ref.drug", "ref.lab_map")
        ]


def test_what_is_read_can_be_printed_and_run_again(tmp_path: Path) -> None:
    with opened(hive(tmp_path / "x"), study()) as db:
        statements = list(db.log)
        expected = db.rows("SELECT * FROM resolved.lab ORDER BY ALL")
    with opened(hive(tmp_path / "y"), study(), workshop=tmp_path / "x") as other:
        for schema in ("source", "prepared", "mapped", "ref", "resolved"):
            other.execute(f"DROP SCHEMA {schema} CASCADE")
        for statement in statements:
            other.execute(statement)
        assert other.rows("SELECT * FROM resolved.lab ORDER BY ALL") == expected


def test_time_of_another_unit(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    _change(
        folder,
        "lab",
        lambda d: d.with_columns(pl.col("collected_at").cast(pl.Datetime("ns"))),
    )
    with opened(folder, study()) as db:
        assert db.columns("mapped.lab")["collected_at"] == "TIMESTAMP"
        assert db.rows("SELECT min(collected_at) FROM mapped.lab") == [(at("03-01 10:00"),)]


def test_columns_may_be_written_in_capitals(tmp_path: Path) -> None:
    folder = hive(tmp_path / "x")
    for path in folder.rglob("*.parquet"):
        pl.read_parquet(path, hive_partitioning=False).rename(str.upper).write_parquet(path)
    with opened(folder, study()) as db:
        for table in contract.TABLES:
            assert tuple(db.columns(f"mapped.{table.name}")) == table.names
        assert db.rows("SELECT count(*) FROM resolved.lab") == [(len(LABS),)]
