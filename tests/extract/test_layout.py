"""A layout of one's own: templates, the report, and MIMIC-IV mapped by SQL alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from extracts import Rows, at, opened, study, write

from ehrivig import contract, extract, resources
from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract import layout_check, layouts
from ehrivig.extract.layout_report import (
    CodeCount,
    CodeReport,
    ColumnReport,
    LayoutReport,
    TableReport,
)
from ehrivig.study import load

MIMIC: dict[str, Rows] = {
    "patients": [
        {"subject_id": 1, "gender": "F", "anchor_age": 52, "dod": at("04-20 00:00").date()},
        {"subject_id": 2, "gender": "M", "anchor_age": 70, "dod": None},
    ],
    "admissions": [
        {
            "subject_id": subject,
            "hadm_id": 20 + subject,
            "admittime": at("03-01 08:00"),
            "dischtime": at("03-09 12:00"),
            "discharge_location": place,
            "hospital_expire_flag": dead,
        }
        for subject, place, dead in ((1, "HOME", 0), (2, "DIED", 1))
    ],
    "icustays": [{"hadm_id": 21, "intime": at("03-02 00:00"), "outtime": at("03-04 00:00")}],
    "diagnoses_icd": [
        {"hadm_id": 21, "icd_code": "49121", "icd_version": 9},
        {"hadm_id": 22, "icd_code": "U071", "icd_version": 10},
    ],
    "d_labitems": [{"itemid": 50912, "label": "Creatinine"}, {"itemid": 1, "label": "Odd"}],
    "labevents": [
        {"hadm_id": 21, "itemid": 50912, "charttime": at("03-01 09:00"), "valuenum": 1.0}
        | {"value": "1.0", "valueuom": "mg/dL"},
        {"hadm_id": 21, "itemid": 50912, "charttime": at("03-02 09:00"), "valuenum": None}
        | {"value": "<0.5", "valueuom": "mg/dL"},
        *[
            {"hadm_id": 22, "itemid": 1, "charttime": at("03-02 09:00"), "valuenum": 3.0}
            | {"value": "3", "valueuom": "mg/dL"}
        ]
        * 6,
        {"hadm_id": 22, "itemid": 2, "charttime": at("03-02 09:00"), "valuenum": 3.0}
        | {"value": "3", "valueuom": "mg/dL"},
    ],
    "emar": [
        {"emar_id": "21-1", "hadm_id": 21, "poe_id": "o", "charttime": at("03-03 09:00")}
        | {"medication": "Immune Globulin Intravenous (Human) 10%", "event_txt": event}
        for event in ("Administered",)
    ],
    "emar_detail": [
        {"emar_id": "21-1", "dose_given": "35", "dose_given_unit": "g", "route": "IV"},
    ],
}
SELECTS = {
    "patient": """
        SELECT 'BIDMC' AS hospital_id, subject_id AS patient_id, NULL AS person_id,
            CASE gender WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' ELSE 'unknown' END AS sex,
            NULL AS birth_date, dod AS death_at
        FROM source.patients""",
    "admission": """
        SELECT 'BIDMC' AS hospital_id, a.hadm_id AS admission_id, a.subject_id AS patient_id,
            a.admittime AS admitted_at, a.dischtime AS discharged_at,
            CASE WHEN a.hospital_expire_flag = 1 THEN 'died' ELSE 'alive' END AS discharge_status,
            p.anchor_age AS age_years
        FROM source.admissions AS a JOIN source.patients AS p USING (subject_id)""",
    "icu_stay": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, intime AS started_at,
            outtime AS stopped_at
        FROM source.icustays""",
    "diagnosis": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, icd_code AS code,
            CASE icd_version WHEN 9 THEN 'ICD9CM' ELSE 'ICD10CM' END AS vocabulary
        FROM source.diagnoses_icd""",
    "lab": """
        SELECT 'BIDMC' AS hospital_id, e.hadm_id AS admission_id,
            coalesce(i.label, e.itemid::VARCHAR) AS lab_code, 'local' AS vocabulary,
            e.valuenum AS value, e.value AS value_text, e.valueuom AS unit,
            e.charttime AS collected_at
        FROM source.labevents AS e LEFT JOIN source.d_labitems AS i USING (itemid)""",
    "medication": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, emar_id AS medication_id,
            poe_id AS order_id, medication AS drug_code, 'local' AS vocabulary,
            medication AS drug_name, try_cast(dose_given AS DOUBLE) AS dose,
            dose_given_unit AS dose_unit,
            CASE route WHEN 'IV' THEN 'iv' WHEN 'PO' THEN 'po' ELSE 'other' END AS route,
            CASE event_txt WHEN 'Administered' THEN 'given' ELSE 'not_given' END AS status,
            charttime AS started_at
        FROM source.emar JOIN source.emar_detail USING (emar_id)""",
}


def warehouse(folder: Path) -> Path:
    for table, rows in MIMIC.items():
        write(folder / table / "part-0.parquet", rows)
    return folder


def own_layout(folder: Path, **changed: str) -> Path:
    """The templates, with those SELECTs written that the source can fill, the others deleted."""
    layout_check.new(folder)
    selects = {**SELECTS, **changed}
    for path in folder.glob("*.sql"):
        if path.stem in selects:
            path.write_text(selects[path.stem])
        else:
            path.unlink()
    return folder


def test_templates_name_every_column(tmp_path: Path) -> None:
    layout_check.new(tmp_path / "mine")
    found = layouts.load(str(tmp_path / "mine"))
    assert set(found.selects) == {table.name for table in contract.TABLES}
    for table in contract.TABLES:
        text = found.selects[table.name].text
        named = [word for word in text.split() if word.rstrip(",") in table.names]
        assert [n.rstrip(",") for n in named if n.rstrip(",") in table.names], table.name
        for column in table.columns:
            assert f"AS {column.name}" in text, (table.name, column.name)
    with pytest.raises(UsageError, match="not empty"):
        layout_check.new(tmp_path / "mine")


def test_fresh_templates_give_a_report_and_not_a_crash(tmp_path: Path) -> None:
    layout_check.new(tmp_path / "mine")
    report = layout_check.check(tmp_path / "mine", warehouse(tmp_path / "x"), study())
    assert not report.usable
    assert "your_table" in (report.table("lab").problem or "")
    assert "some SELECTs must be mended" in str(report)


def test_mimic_by_sql_alone(tmp_path: Path) -> None:
    folder = warehouse(tmp_path / "x")
    plan = study(layout=str(own_layout(tmp_path / "mimic")))
    source = extract.inspect(folder, plan)
    assert source.hospitals == ("BIDMC",)
    assert set(source.tables) == set(SELECTS)
    with opened(folder, plan) as db:
        assert db.rows("SELECT admission_id, age_years FROM mapped.admission ORDER BY 1") == [
            (21, 52.0),
            (22, 70.0),
        ]
        assert db.rows("SELECT death_at FROM mapped.patient WHERE patient_id = 1") == [
            (at("04-20 00:00"),)
        ]
        labs = db.rows("SELECT value_std, censored FROM resolved.lab WHERE analyte = 'creatinine'")
        assert sorted(labs) == [(22.1, "<"), (88.4, None)]
        given = db.rows(
            "SELECT m.dose, c.verdict, c.product_type FROM resolved.medication AS m "
            "JOIN ref.drug_class AS c USING (drug)"
        )
        assert given == [(35.0, "include", "standard")]
        covid = db.rows("SELECT code FROM ref.condition WHERE condition = 'covid19'")
        assert covid == [("U071",)]
        assert db.columns("mapped.score")["admission_id"] == "BIGINT"


def test_the_report_counts_and_hides_rare_codes(tmp_path: Path) -> None:
    report = layout_check.check(own_layout(tmp_path / "mimic"), warehouse(tmp_path / "x"), study())
    assert report.usable
    lab = report.table("lab")
    assert (lab.rows, lab.problem) == (9, None)
    assert [c.name for c in lab.columns if not c.mapped] == ["resulted_at"]
    assert not report.table("score").given
    (codes,) = [c for c in report.codes if (c.table, c.what) == ("lab", "code of an analyte")]
    assert (codes.understood, codes.rows) == (2, 9)
    assert [(c.code, c.rows) for c in codes.commonest] == [("local Odd", 6)]  # itemid 2: once only
    text = str(report)
    assert "local Odd" in text
    assert "local 2" not in text
    assert "score                absent" in text


def table_of(name: str, *columns: ColumnReport, **more: Any) -> TableReport:
    kept: dict[str, Any] = {"given": True, "usable": True, "rows": 1234, "unknown_columns": ()}
    return TableReport(name, **{**kept, "columns": columns, "problem": None, **more})


def test_the_report_of_ever_so_many_columns_is_short() -> None:
    table = table_of("vital", unknown_columns=tuple(f"c{i}" * 9_000 for i in range(30_000)))
    wrong = table_of("lab", usable=False, problem="x" * 60_000)
    text = str(LayoutReport("own", (table, wrong), ()))
    assert len(text.splitlines()) < 25
    assert len(text) < 4_000
    assert "  and 29,990 more that are not" in text


def test_the_report_as_text() -> None:
    good = ColumnReport("value", "DOUBLE", None, True)
    null = ColumnReport("unit", '"NULL"', None, False)
    absent = ColumnReport("resulted_at", None, None, False)
    wrong = ColumnReport("value", "VARCHAR", "value is VARCHAR", True)
    codes = (
        CodeReport("lab", "unit", 200, 150, (CodeCount("local furlong", 50),)),
        CodeReport("vital", "unit", 0, 0, ()),
    )
    usable = (table_of("lab", good, null, absent), table_of("score", given=False, usable=False))
    report = LayoutReport("mine", usable, codes)
    assert str(report).splitlines() == [
        "layout mine: every SELECT can be used",
        "",
        "lab                  ok         1,234 rows  1/3 columns",
        "  null: unit, resulted_at",
        "score                absent: no score.sql",
        "",
        "codes (those seen fewer than 5 times are not shown)",
        "lab: unit                                    75.0%  (150 of 200)",
        "          50  local furlong",
        "vital: unit                                      -  (0 of 0)",
    ]
    bad = (
        table_of("lab", wrong, usable=False, unknown_columns=("unitt",), problem="value is wrong"),
        table_of("vital", usable=False, rows=0, problem="no such table"),
    )
    assert str(LayoutReport("mine", bad, ())).splitlines()[:6] == [
        "layout mine: some SELECTs must be mended",
        "",
        "lab                  NOT        1,234 rows  0/1 columns",
        "  value: value is VARCHAR",
        "  unitt: not a column of lab",
        "vital                NOT            0 rows  0/0 columns",
    ]
    assert str(LayoutReport("mine", bad, ())).splitlines()[6] == "  no such table"


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("SELECT 'H' AS hospital_id FROM source.labevents", "is required, and not given"),
        (
            SELECTS["lab"].replace("AS unit", "AS unitt"),
            "gives unknown column unitt",
        ),
        (SELECTS["lab"].replace("e.valuenum AS value,", "e.value AS value,"), "value is VARCHAR"),
        (SELECTS["lab"].replace("labevents", "nolabs"), "nolabs"),
    ],
)
def test_a_select_that_cannot_be_used(tmp_path: Path, select: str, message: str) -> None:
    folder = own_layout(tmp_path / "mimic", lab=select)
    source = warehouse(tmp_path / "x")
    report = layout_check.check(folder, source, study())
    assert not report.usable
    assert not report.table("lab").usable
    assert report.table("medication").usable
    with pytest.raises(ExtractError, match=message):
        opened(source, study(layout=str(folder))).__enter__()


def test_admissions_that_cannot_be_read(tmp_path: Path) -> None:
    """The admissions name the hospitals, so a mistake there shows before anything else."""
    text = SELECTS["admission"].replace("source.admissions", "source.nothing")
    folder = own_layout(tmp_path / "mimic", admission=text)
    with pytest.raises(ExtractError, match=r"admission.sql: .*nothing does not exist"):
        extract.inspect(warehouse(tmp_path / "x"), study(layout=str(folder)))


def test_a_name_that_is_a_page_long_is_cut(tmp_path: Path) -> None:
    text = SELECTS["admission"].replace("source.admissions", f'source."{"x" * 60_000}"')
    folder = own_layout(tmp_path / "mimic", admission=text)
    with pytest.raises(ExtractError, match="Mend that SELECT") as raised:
        extract.inspect(warehouse(tmp_path / "x"), study(layout=str(folder)))
    assert len(str(raised.value)) < 500


def test_a_value_that_no_cast_takes_is_not_quoted(tmp_path: Path) -> None:
    text = SELECTS["admission"].replace("SELECT", "WITH a AS (SELECT", 1)
    text += ") SELECT * REPLACE (CAST(admission_id || 'secret' AS INTEGER) AS hospital_id) FROM a"
    folder = own_layout(tmp_path / "mimic", admission=text)
    with pytest.raises(ExtractError, match="a value is no INT32") as raised:
        extract.inspect(warehouse(tmp_path / "x"), study(layout=str(folder)))
    assert "secret" not in str(raised.value)


def test_a_layout_must_be_selects(tmp_path: Path) -> None:
    folder = own_layout(tmp_path / "mimic", lab="DROP TABLE x")
    with pytest.raises(UsageError, match="exactly one SELECT"):
        layout_check.check(folder, warehouse(tmp_path / "x"), study())
    (folder / "lab.sql").unlink()
    (folder / "labs.sql").write_text("SELECT 1")
    with pytest.raises(UsageError, match=r"labs.sql is no canonical table"):
        layouts.load(str(folder))
    (folder / "labs.sql").unlink()
    (folder / "patient.sql").unlink()
    with pytest.raises(UsageError, match=r"has no patient.sql"):
        layouts.load(str(folder))


def test_prepared_tables_are_made_first(tmp_path: Path) -> None:
    folder = own_layout(
        tmp_path / "mimic",
        icu_stay="SELECT 'BIDMC' AS hospital_id, * FROM prepared.unit_stay",
    )
    (folder / "prepare").mkdir()
    (folder / "prepare" / "unit_stay.sql").write_text(
        "SELECT hadm_id AS admission_id, intime AS started_at, outtime AS stopped_at "
        "FROM source.icustays"
    )
    with opened(warehouse(tmp_path / "x"), study(layout=str(folder))) as db:
        assert db.rows("SELECT admission_id FROM mapped.icu_stay") == [(21,)]


@pytest.mark.parametrize(
    ("name", "place", "plan"),
    [
        ("clif", "clif_demo/3.0", "clif_demo"),
        ("omop", "omop_synthea27", "omop_synthea"),
    ],
)
def test_the_report_of_a_shipped_layout(
    reference_data: Path, name: str, place: str, plan: str
) -> None:
    report = layout_check.check(name, reference_data / place, load(plan))
    assert report.usable
    assert report.table("admission").rows > 0


def selects() -> list[tuple[str, str]]:
    return [(name, table) for name in layouts.SHIPPED for table in layouts.load(name).selects]


@pytest.mark.parametrize(("name", "table"), selects())
def test_every_shipped_select_has_a_header_and_reads_declared_tables(name: str, table: str) -> None:
    found = layouts.load(name)
    text = resources.text(found.folder / f"{table}.sql")
    assert text.startswith("-- ")
    assert found.reads(table) <= set(found.declared)
    assert len(text.splitlines()) <= 95


def test_types_of_an_own_layout(tmp_path: Path) -> None:
    wide: dict[str, Any] = {
        "hospital_id": "1",
        "admission_id": "hadm_id::SMALLINT",
        "started_at": "intime::DATE",
        "stopped_at": "outtime::TIMESTAMP_NS",
    }
    select = ", ".join(f"{value} AS {name}" for name, value in wide.items())
    folder = own_layout(
        tmp_path / "mimic",
        icu_stay=f"SELECT {select} FROM source.icustays",
        patient=SELECTS["patient"].replace("'BIDMC'", "1"),
        admission=SELECTS["admission"].replace("'BIDMC'", "1"),
    )
    with opened(warehouse(tmp_path / "x"), study(layout=str(folder))) as db:
        assert db.rows("SELECT * FROM mapped.icu_stay") == [
            ("1", 21, at("03-02 00:00"), at("03-04 00:00"))
        ]


@pytest.mark.parametrize("name", ["lab.sql", "prepare/stay.sql", "columns.csv"])
def test_a_pipe_in_a_layout_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """It would be read for ever."""
    (tmp_path / "prepare").mkdir()
    for table in contract.TABLES:
        if table.required:
            (tmp_path / f"{table.name}.sql").write_text("SELECT 1 AS x", encoding="utf-8")
    layouts.load(str(tmp_path))
    os.mkfifo(tmp_path / name)
    with pytest.raises(UsageError, match=r"is (a pipe or a device, )?not a file") as refused:
        layouts.load(str(tmp_path))
    assert name in str(refused.value)


def lines_of(tmp_path: Path, table: str, select: str) -> list[str]:
    """What the report says under the line of a table that a SELECT gives."""
    folder = own_layout(tmp_path / "mimic", **{table: select})
    report = layout_check.check(folder, warehouse(tmp_path / "x"), study())
    lines = str(report).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(table))
    rest = lines[first + 1 :]
    return rest[: next(n for n, line in enumerate(rest) if not line.startswith("  "))]


def test_rows_that_a_select_leaves_out_are_told(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, "lab", f"{SELECTS['lab']} WHERE e.valuenum IS NOT NULL")
    assert lines[:2] == [
        "  from labevents (9), d_labitems (2)",
        "  1 fewer than labevents: a WHERE, a join that finds nothing or a GROUP BY takes them",
    ]


@pytest.mark.parametrize(
    "join",
    [
        "JOIN source.diagnoses_twice AS i USING (hadm_id)",
        "INNER JOIN source.diagnoses_twice i ON e.hadm_id = i.hadm_id AND i.hadm_id > 0",
        'LEFT JOIN source.diagnoses_twice AS i ON i.hadm_id = e.hadm_id WHERE e."hadm_id" = 21',
    ],
)
def test_a_join_that_multiplies_rows_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, join: str
) -> None:
    twice = [{"hadm_id": 21, "seq": number} for number in range(7)]
    monkeypatch.setitem(MIMIC, "diagnoses_twice", twice)
    select = (
        "SELECT 'BIDMC' AS hospital_id, e.hadm_id AS admission_id, 'x' AS lab_code, "
        "'local' AS vocabulary, e.valuenum AS value, e.valueuom AS unit, e.charttime AS "
        f"collected_at FROM source.labevents AS e {join}"
    )
    lines = lines_of(tmp_path, "lab", select)
    assert lines[:3] == [
        "  from labevents (9), diagnoses_twice (7)",
        "  5 more than labevents",
        "  diagnoses_twice: 1 values of hadm_id are in several rows, so that the join multiplies",
    ]


def test_one_row_from_one_is_told_by_its_source_alone(tmp_path: Path) -> None:
    assert lines_of(tmp_path, "icu_stay", SELECTS["icu_stay"]) == ["  from icustays (1)"]


@pytest.mark.parametrize(
    ("name", "found", "table", "filled"),
    [
        ("mimic_iv", set(), "medication", False),
        ("mimic_iv", {"d_items", "icustays"}, "medication", False),  # joined alone
        ("mimic_iv", {"prescriptions"}, "medication", True),
        ("mimic_iii", {"inputevents_cv"}, "medication", True),
        ("clif", set(), "respiratory_support", False),
        ("clif", {"clif_respiratory_support"}, "respiratory_support", True),
        ("eicu", {"pasthistory"}, "diagnosis", True),
        ("eicu", {"physicalexam"}, "vital", True),
        ("omop", {"care_site", "drug_strength"}, "medication", False),
    ],
)
def test_a_table_is_filled_where_its_rows_come_from(
    name: str, found: set[str], table: str, filled: bool
) -> None:
    """By way of preparations: an extract without any drug is none in which nobody got one."""
    layout = layouts.load(name)
    assert (table in layout.filled(found | set(layout.required_sources))) is filled
