"""Drafts of layouts: of dumps with a signature, and of one in which every name is another."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import Rows, write
from mimic_dump import dump
from typer.testing import CliRunner

from ehrivig import contract, demo, resources
from ehrivig.cli import app
from ehrivig.errors import ExtractError, UsageError
from ehrivig.extract import layout_check, layouts
from ehrivig.extract.draft import write as draft

TRUE = {  # of the dump in German: canonical column -> its source
    "hospital.hospital_name": "haeuser.bezeichnung",
    "patient.patient_id": "patienten.pat_nr",
    "patient.sex": "patienten.geschlecht",
    "patient.birth_date": "patienten.geburtsdatum",
    "patient.death_at": "patienten.verstorben_am",
    "admission.admission_id": "faelle.fall_nr",
    "admission.patient_id": "faelle.pat_nr",
    "admission.admitted_at": "faelle.aufnahme_zeit",
    "admission.discharged_at": "faelle.entlassung_zeit",
    "admission.discharge_status": "faelle.entlassart",
    "icu_stay.admission_id": "its_aufenthalte.fall_nr",
    "icu_stay.started_at": "its_aufenthalte.zugang",
    "icu_stay.stopped_at": "its_aufenthalte.abgang",
    "diagnosis.admission_id": "diagnosen.fall_nr",
    "diagnosis.code": "diagnosen.icd_code",
    "lab.admission_id": "laborwerte.fall_nr",
    "lab.lab_code": "laborwerte.analyt",
    "lab.value": "laborwerte.ergebnis",
    "lab.unit": "laborwerte.einheit",
    "lab.collected_at": "laborwerte.abnahme_zeit",
    "vital.admission_id": "vitaldaten.fall_nr",
    "vital.vital_code": "vitaldaten.parameter",
    "vital.value": "vitaldaten.messwert",
    "vital.unit": "vitaldaten.einheit",
    "vital.measured_at": "vitaldaten.gemessen_am",
    "medication.admission_id": "gaben.fall_nr",
    "medication.medication_id": "gaben.gabe_id",
    "medication.drug_name": "gaben.wirkstoff",
    "medication.drug_code": "gaben.wirkstoff",
    "medication.dose": "gaben.menge",
    "medication.dose_unit": "gaben.einheit_gegeben",  # no usual name: stays off
    "medication.route": "gaben.applikationsart",
    "medication.status": "gaben.status",
    "medication.started_at": "gaben.verabreicht_am",
}


def german(folder: Path, people: int = 60) -> Path:
    """A dump of two hospitals: names, words and dates in German, decimal commas, all text."""
    chance = random.Random(7)
    tables: dict[str, Rows] = {name: [] for name in ("haeuser", "patienten", "faelle")}
    tables |= {"its_aufenthalte": [], "diagnosen": [], "laborwerte": [], "vitaldaten": []}
    tables |= {"gaben": [], "kostenstellen": [{"konto": "1", "betrag": "3,50"}]}
    for number in (1, 2):
        tables["haeuser"].append({"haus_nr": f"H{number}", "bezeichnung": f"Klinik {number}"})
    for number in range(people):
        _german_person(tables, number, chance)
    for name, rows in tables.items():
        names = list(dict.fromkeys(key for row in rows for key in row))
        text = {key: [row.get(key) for row in rows] for key in names}
        folder.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(text, schema=dict.fromkeys(names, pl.String)).write_parquet(
            folder / f"{name}.parquet"
        )
    return folder


def _at(moment: datetime) -> str:
    return moment.strftime("%d.%m.%Y %H:%M")


def _german_person(tables: dict[str, Rows], number: int, chance: random.Random) -> None:
    person, stay = f"P{number:04}", f"F{number:05}"
    start = datetime(2021, 1 + number % 12, 1 + number % 28, number % 24, 7)
    stop = start + timedelta(hours=chance.uniform(70, 300))
    died = number % 6 == 0
    tables["patienten"].append(
        {"pat_nr": person, "geschlecht": "mw"[number % 2], "plz": "12345"}
        | {"geburtsdatum": f"{1 + number % 28:02}.03.{1930 + number}"}
        | {"verstorben_am": _at(stop) if died else None}
    )
    tables["faelle"].append(
        {"fall_nr": stay, "pat_nr": person, "haus_nr": f"H{1 + number % 2}"}
        | {"aufnahme_zeit": _at(start), "entlassung_zeit": _at(stop)}
        | {"entlassart": "Verstorben" if died else ("nach Hause", "verlegt")[number % 4 == 1]}
    )
    begun, ended = start + timedelta(hours=3), start + timedelta(hours=60)
    row = {"fall_nr": stay, "zugang": _at(begun), "abgang": _at(ended)}
    tables["its_aufenthalte"].append(row)
    for code in ("A41.9", "I10.00", "U07.1"):
        tables["diagnosen"].append({"fall_nr": stay, "icd_code": code})
    for hour in (2, 20, 40):
        when = _at(start + timedelta(hours=hour))
        for analyte, unit in (("Kreatinin", "mg/dl"), ("Laktat", "mmol/l")):
            value = f"{chance.uniform(0.5, 3):.2f}".replace(".", ",")
            row = {"fall_nr": stay, "analyt": analyte, "ergebnis": value, "einheit": unit}
            tables["laborwerte"].append(row | {"abnahme_zeit": when})
        for sign, unit in (("Herzfrequenz", "/min"), ("Temperatur", "C"), ("SpO2", "%")):
            row = {"fall_nr": stay, "parameter": sign, "messwert": str(chance.randint(36, 99))}
            tables["vitaldaten"].append(row | {"einheit": unit, "gemessen_am": when})
        key = f"G{number}-{hour}"
        row = {"gabe_id": key, "fall_nr": stay, "wirkstoff": "Hydrocortison", "menge": "100,0"}
        row |= {"einheit_gegeben": "mg", "applikationsart": "intravenös", "verabreicht_am": when}
        tables["gaben"].append(row | {"status": ("gegeben", "verweigert")[hour == 40]})


def test_a_dump_without_a_signature(tmp_path: Path) -> None:
    """33 of the 34 columns that the dump has are right, none is wrong; what is off is named."""
    extract = german(tmp_path / "dump")
    found = draft.write(tmp_path / "entwurf", extract)
    assert found.known is None
    right = {name for name, source in found.columns.items() if TRUE.get(name) == source}
    wrong = {name for name, source in found.columns.items() if TRUE.get(name) != source}
    assert wrong == set()
    assert set(TRUE) - right == {"medication.dose_unit"}
    assert "medication.dose_unit: no column says the unit" in "".join(found.doubts)
    assert found.unread == ("kostenstellen",)
    report = layout_check.check(tmp_path / "entwurf", extract)
    assert report.usable, str(report)
    assert report.table("admission").rows == 60
    assert report.table("hospital").rows == 2
    assert report.table("lab").rows == 360
    codes = {(one.table, one.what): one.proportion for one in report.codes}
    assert codes[("patient", "sex")] == codes[("admission", "discharge_status")] == 1.0
    assert codes[("vital", "vital_code")] == codes[("medication", "route")] == 1.0


def test_the_draft_says_nothing_of_anybody(tmp_path: Path) -> None:
    """Names, shares and words that five rows or more have; no key, date or value of a row."""
    extract = german(tmp_path / "dump")
    rare = pl.read_parquet(extract / "faelle.parquet").with_columns(
        entlassart=pl.when(pl.int_range(pl.len()) < 3)
        .then(pl.lit("Seltenes Wort"))
        .otherwise("entlassart")
    )
    rare.write_parquet(extract / "faelle.parquet")
    draft.write(tmp_path / "entwurf", extract)
    text = "".join(path.read_text() for path in (tmp_path / "entwurf").iterdir()).casefold()
    assert "verstorben" in text
    for table in extract.iterdir():
        for column in pl.read_parquet(table).iter_columns():
            values = {str(v).casefold() for v in column.drop_nulls()}
            if column.name.endswith(("_nr", "_id", "zeit", "datum", "_am", "wert", "ergebnis")):
                told = {value for value in values if value in text and not value.isdigit()}
                assert not {v for v in told if len(v) > 3}, column.name
    assert "seltenes wort" not in text


@pytest.mark.parametrize("version", [4, 3])
def test_a_known_dump_is_a_copy_that_is_usable(version: int, tmp_path: Path) -> None:
    extract = dump(version, people=8).written(tmp_path / "dump")
    found = draft.write(tmp_path / "draft", extract)
    assert found.ready == {4: "mimic_iv", 3: "mimic_iii"}[version]
    report = layout_check.check(tmp_path / "draft", extract)
    assert report.usable
    assert report.table("medication").rows > 0


CANONICAL = "SELECT count(*), bit_xor(hash({columns}))::VARCHAR FROM mapped.{table}"


DEMOS = {"eicu_demo": "eicu", "clif_demo/2.1": "clif", "clif_demo/3.0": "clif"}


@pytest.mark.parametrize(("place", "name"), DEMOS.items())
def test_a_draft_of_a_dump_with_a_signature_is_the_shipped_layout(
    reference_data: Path, tmp_path: Path, place: str, name: str
) -> None:
    """Word for word, behind what the draft counted in the dump."""
    assert draft.write(tmp_path / "draft", reference_data / place).ready == name
    shipped = resources.sql_folder() / "layout" / name
    paths = sorted(path.relative_to(shipped) for path in shipped.rglob("*.sql"))
    assert len(paths) > 10
    for path in paths:
        if not (tmp_path / "draft" / path).is_file():
            assert path.stem in contract.BY_NAME  # a table that the dump lacks is not read
            continue
        text = (tmp_path / "draft" / path).read_text("utf-8")
        own = (shipped / path).read_text("utf-8")
        counted = text.removesuffix(own)
        assert counted != text
        assert all(line.startswith("--") for line in counted.splitlines())


@pytest.mark.parametrize(
    ("place", "name"),
    [
        *(pytest.param(*demo, marks=pytest.mark.slow) for demo in DEMOS.items()),
        ("omop_synthea27", "omop"),
    ],
)
def test_share_of_columns_right_on_the_demos(
    reference_data: Path, tmp_path: Path, place: str, name: str
) -> None:
    """Of dumps with a signature every row and column is that of the shipped layout."""
    found = draft.write(tmp_path / "draft", reference_data / place)
    assert found.ready == name
    counts = []
    for layout in (name, str(tmp_path / "draft")):
        report = layout_check.check(layout, reference_data / place)
        assert report.usable
        counts.append(
            {t.name: (t.rows, [c.type for c in t.columns]) for t in report.tables if t.rows}
        )
    assert counts[0] == counts[1]


MIMIC = {  # without the signature, by names alone: right where it is filled
    **{"admission_id": "hadm_id", "patient_id": "subject_id", "sex": "gender", "death_at": "dod"},
    **{"birth_date": "dob", "admitted_at": "admittime", "discharged_at": "dischtime"},
    **{"discharge_status": "discharge_location", "started_at": "intime", "stopped_at": "outtime"},
    **{"lab_code": "itemid", "value": "valuenum", "unit": "valueuom", "collected_at": "charttime"},
    **{"code": "icd_code", "age_years": "anchor_age", "resulted_at": "storetime"},
}


@pytest.mark.parametrize("version", [4, 3])
def test_names_alone_of_a_dump_that_has_a_signature(version: int, tmp_path: Path) -> None:
    """19 columns of MIMIC-III and as many of MIMIC-IV, none of them another one than meant."""
    extract = dump(version, people=20).written(tmp_path / "dump")
    found = draft.write(tmp_path / "draft", extract, signatures=False)
    right = MIMIC | ({"code": "icd9_code"} if version == 3 else {})
    told = {
        name: source.rpartition(".")[2]
        for name, source in found.columns.items()
        if not name.startswith("medication")
    }
    wrong = {name: one for name, one in told.items() if right[name.partition(".")[2]] != one}
    assert wrong == {}
    assert len(told) >= 18
    assert layout_check.check(tmp_path / "draft", extract).usable


def test_signs_in_a_column_each(tmp_path: Path) -> None:
    extract = german(tmp_path / "dump", 20)
    long = pl.read_parquet(extract / "vitaldaten.parquet")
    wide = long.pivot("parameter", index=["fall_nr", "gemessen_am"], values="messwert")
    wide.write_parquet(extract / "vitaldaten.parquet")
    found = draft.write(tmp_path / "draft", extract)
    report = layout_check.check(tmp_path / "draft", extract)
    assert report.usable, str(report)
    assert report.table("vital").rows == 3 * 3 * 20
    assert any(one.startswith("vital.unit: no column says the unit") for one in found.doubts)


@pytest.mark.parametrize("form", ["csv", "schemas", "duckdb", "parts"])
def test_every_arrangement_of_a_dump(form: str, tmp_path: Path) -> None:
    """CSV, folders of schemas, a DuckDB file, folders of parts: the same draft."""
    plain = draft.write(tmp_path / "plain", german(tmp_path / "dump", 20))
    other = tmp_path / "other"
    other.mkdir()
    with duckdb.connect(str(other / "dump.duckdb") if form == "duckdb" else ":memory:") as db:
        for number, path in enumerate(sorted((tmp_path / "dump").iterdir())):
            place = other / ("schema_a", "schema_b")[number % 2]
            match form:
                case "duckdb":
                    db.execute(f"CREATE TABLE {path.stem} AS FROM '{path}'")
                    continue
                case "csv":
                    target, how = other / f"{path.stem}.csv", "HEADER"
                case "schemas":
                    target, how = place / f"{path.stem}.csv.gz", "HEADER, COMPRESSION gzip"
                case _:
                    target, how = other / path.stem / "part-0001.parquet", "FORMAT parquet"
            target.parent.mkdir(exist_ok=True)
            db.execute(f"COPY (FROM '{path}') TO '{target}' ({how})")
    found = draft.write(tmp_path / "draft", other)
    assert (found.columns, found.doubts) == (plain.columns, plain.doubts)
    for path in (tmp_path / "plain").glob("*.sql"):
        assert (tmp_path / "draft" / path.name).read_text() == path.read_text()
    assert layout_check.check(tmp_path / "draft", other).usable


def test_the_copy_of_the_native_layout_reads_csv_as_that_does(tmp_path: Path) -> None:
    """Columns of CSV are text to a layout that declares none."""
    demo.write_demo(tmp_path / "demo", patients=50, hospitals=1)
    for path in (tmp_path / "demo").glob("*/*/*.parquet"):
        target = tmp_path / "dump" / path.relative_to(tmp_path / "demo").with_suffix(".csv")
        target.parent.mkdir(parents=True, exist_ok=True)
        pl.read_parquet(path, hive_partitioning=False).write_csv(target)
    found = draft.write(tmp_path / "draft", tmp_path / "dump")
    assert found.ready == "native"
    report = layout_check.check(tmp_path / "draft", tmp_path / "dump")
    assert report.usable, str(report)
    assert report.table("admission").rows > 0


def test_a_shipped_layout_that_misses_what_must_be_there_is_not_ready(tmp_path: Path) -> None:
    extract = dump(4).written(tmp_path / "dump")
    path = extract / "labevents.parquet"
    pl.read_parquet(path).rename({"valueuom": "unit"}).write_parquet(path)
    found = draft.write(tmp_path / "draft", extract)
    assert found.known is not None
    assert found.known[0] == "mimic_iv"
    assert found.ready is None
    assert found.doubts[0] == (
        "labevents.valueuom: the dump lacks it; name what holds it in columns.csv and in the "
        "SELECTs, or rename the column"
    )
    assert "reads it as it is" not in str(found)
    (extract / "admissions.parquet").unlink()
    again = draft.write(tmp_path / "again", extract)
    assert "admissions: the dump has no such table" in again.doubts


def test_names_of_tables_that_are_no_words(tmp_path: Path) -> None:
    rows = [{"fall_nr": n, "x": 1} for n in range(9)]
    for name in ("F\u00e4lle 2020", "order", "1st", 'a"b', "Patienten-Daten"):
        write(tmp_path / "dump" / f"{name}.parquet", rows)
    found = draft.write(tmp_path / "draft", tmp_path / "dump")
    assert set(found.unread) == {"f\u00e4lle 2020", "order", "1st", 'a"b', "patienten-daten"}
    own = tmp_path / "own"
    own.mkdir()
    ids = "SELECT 'H' AS hospital_id, fall_nr AS"
    patient = f'{ids} patient_id, NULL AS sex FROM source."F\u00e4lle 2020"'
    (own / "patient.sql").write_text(patient)
    (own / "admission.sql").write_text(f"{ids} admission_id FROM source.order")
    assert layouts.load(str(own)).reads("patient") == {"f\u00e4lle 2020"}
    assert layout_check.check(own, tmp_path / "dump").table("patient").rows == 9


def test_a_value_that_a_select_cannot_cast_is_told_with_where_to_look(tmp_path: Path) -> None:
    write(tmp_path / "dump" / "stays.parquet", [{"who": "oops"}, {"who": "1"}])
    own = tmp_path / "own"
    own.mkdir()
    for name, column in (("patient", "patient_id"), ("admission", "admission_id")):
        select = (
            f"SELECT 'H' AS hospital_id, who::BIGINT AS {column}, 'male' AS sex FROM source.stays"
        )
        (own / f"{name}.sql").write_text(select)
    report = layout_check.check(own, tmp_path / "dump")
    assert not report.usable
    assert report.table("patient").problem == (
        "a value is no INT64: in a cast, or in a join of ids that are numbers in one table and "
        "text in another. Look at what own/patient.sql and prepare/ read."
    )


def test_a_dump_of_which_nothing_is_known(tmp_path: Path) -> None:
    write(tmp_path / "dump" / "abc.parquet", [{"x": 1, "y": "z"}] * 9)
    found = draft.write(tmp_path / "draft", tmp_path / "dump")
    assert [one.partition(":")[0] for one in found.doubts] == ["patient", "admission"]
    report = layout_check.check(tmp_path / "draft", tmp_path / "dump")
    assert not report.usable
    assert "your_table" in str(report)


def test_counts_of_few_are_not_told(tmp_path: Path) -> None:
    extract = german(tmp_path / "dump", 60)
    people = pl.read_parquet(extract / "patienten.parquet")
    few = pl.when(pl.int_range(pl.len()) < 3).then("verstorben_am")
    people.with_columns(verstorben_am=few.otherwise(None)).write_parquet(
        extract / "patienten.parquet"
    )
    draft.write(tmp_path / "draft", extract)
    text = (tmp_path / "draft" / "patient.sql").read_text()
    assert "verstorben_am, fewer than 5 rows known" in text


def test_a_layout_of_minutes_without_usable_admissions_is_told(tmp_path: Path) -> None:
    for table, rows in OTHERS["AmsterdamUMCdb"].items():
        write(tmp_path / "dump" / f"{table}.parquet", rows)
    draft.write(tmp_path / "draft", tmp_path / "dump")
    path = tmp_path / "draft" / "admission.sql"
    path.write_text(path.read_text().replace("    0 AS admitted_at", "    NOW() AS admitted_at"))
    report = layout_check.check(tmp_path / "draft", tmp_path / "dump")
    assert not report.usable
    assert "Mend admission.sql first" in str(report)


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    extract = german(tmp_path / "dump", 5)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "lab.sql").write_text("mine")
    with pytest.raises(UsageError, match="already exists and is not empty"):
        draft.write(tmp_path / "there", extract)
    assert (tmp_path / "there" / "lab.sql").read_text() == "mine"


def test_a_dump_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    empty = pl.DataFrame(schema={"pat_nr": pl.String})
    empty.write_parquet(tmp_path / "dump" / "patienten.parquet")
    with pytest.raises(ExtractError, match="no table holds a row"):
        draft.write(tmp_path / "draft", tmp_path / "dump")
    assert not (tmp_path / "draft").exists()


def rows_of(count: int, **columns: Any) -> Rows:
    return [{name: make(i) for name, make in columns.items()} for i in range(count)]


def text(value: str) -> Any:
    return lambda i: value


OTHERS: dict[str, dict[str, Rows]] = {
    "PCORnet Common Data Model": {
        "demographic": rows_of(9, patid=str, birth_date=text("1950-01-01"), sex=text("F")),
        "encounter": rows_of(
            9,
            encounterid=lambda i: f"e{i}",
            patid=str,
            admit_date=text("2020-01-02"),
            admit_time=text("08:00"),
            discharge_date=text("2020-01-09"),
            discharge_time=text("10:30"),
            enc_type=text("IP"),
            discharge_status=text("EX"),
            discharge_disposition=text("E"),
        ),
        "diagnosis": rows_of(9, encounterid=lambda i: f"e{i}", dx=text("I10"), dx_type=text("10")),
        "lab_result_cm": rows_of(
            9,
            encounterid=lambda i: f"e{i}",
            lab_loinc=text("2160-0"),
            specimen_date=text("2020-01-02"),
            specimen_time=text("09:00"),
            result_num=text("1.2"),
            result_unit=text("mg/dL"),
        ),
        "med_admin": rows_of(
            9,
            encounterid=lambda i: f"e{i}",
            medadmin_start_date=text("2020-01-02"),
            medadmin_code=text("5492"),
            medadmin_type=text("RX"),
        ),
    },
    "i2b2": {
        "patient_dimension": rows_of(
            9, patient_num=str, birth_date=text("1950-01-01"), sex_cd=text("DEM|SEX:F")
        ),
        "visit_dimension": rows_of(
            9,
            encounter_num=str,
            patient_num=str,
            start_date=text("2020-01-02 08:00:00"),
            end_date=text("2020-01-09 08:00:00"),
            inout_cd=text("I"),
        ),
        "observation_fact": rows_of(
            9,
            encounter_num=str,
            patient_num=str,
            concept_cd=lambda i: ("LOINC:2160-0", "ICD10CM:I10", "RXNORM:5492")[i % 3],
            start_date=text("2020-01-02 09:00:00"),
            nval_num=text("1.1"),
            units_cd=text("mg/dL"),
            tval_char=text("E"),
        ),
    },
    "Epic Clarity": {
        "patient": rows_of(9, pat_id=str, birth_date=text("1950-01-01"), sex_c=text("1")),
        "pat_enc_hsp": rows_of(
            9,
            pat_enc_csn_id=str,
            pat_id=str,
            hosp_admsn_time=text("2020-01-02 08:00:00"),
            hosp_disch_time=text("2020-01-09 08:00:00"),
        ),
        "order_results": rows_of(
            9,
            pat_enc_csn_id=str,
            component_id=text("77"),
            ord_num_value=text("1.1"),
            ord_value=text("1.1"),
            reference_unit=text("mg/dL"),
            result_time=text("2020-01-02 09:00:00"),
        ),
        "mar_admin_info": rows_of(
            9, order_med_id=str, taken_time=text("2020-01-02 09:00:00"), mar_action_c=text("1")
        ),
    },
    "HiRID": {
        "general": rows_of(
            9,
            patientid=str,
            admissiontime=text("2100-01-02 08:00:00"),
            sex=text("F"),
            age=text("60"),
            discharge_status=text("alive"),
        ),
        "observations": rows_of(
            9, patientid=str, datetime=text("2100-01-02 09:00:00"), variableid=text("20000400")
        ),
        "pharma_records": rows_of(
            9,
            patientid=str,
            pharmaid=text("1000462"),
            givenat=text("2100-01-02 09:00:00"),
            givendose=text("3"),
            doseunit=text("mg"),
        ),
    },
    "AmsterdamUMCdb": {
        "admissions": rows_of(
            9,
            patientid=str,
            admissionid=str,
            admissioncount=text("1"),
            location=text("IC"),
            admittedat=text("0"),
            dischargedat=text("86400000"),
            destination=text("Overleden"),
            gender=text("Vrouw"),
        ),
        "numericitems": rows_of(
            9,
            admissionid=str,
            itemid=text("6836"),
            item=text("Kreatinine"),
            value=text("90"),
            unit=text("umol/l"),
            measuredat=text("3600000"),
            islabresult=text("1"),
        ),
        "drugitems": rows_of(
            9,
            admissionid=str,
            item=text("Noradrenaline"),
            dose=text("4"),
            doseunit=text("mg"),
            start=text("3600000"),
            stop=text("7200000"),
        ),
    },
}


@pytest.mark.parametrize("name", OTHERS)
def test_known_dumps_without_a_shipped_layout(name: str, tmp_path: Path) -> None:
    """The draft is valid, and a doubt names what it does not know."""
    for table, rows in OTHERS[name].items():
        write(tmp_path / "dump" / f"{table}.parquet", rows)
    found = draft.write(tmp_path / "draft", tmp_path / "dump")
    assert found.known is not None
    assert found.known[0] == name
    report = layout_check.check(tmp_path / "draft", tmp_path / "dump")
    assert report.usable, str(report)
    assert report.table("admission").rows == 9
    assert report.table("lab").rows + report.table("medication").rows > 0


def test_the_command(tmp_path: Path) -> None:
    extract = german(tmp_path / "dump", 8)
    told = CliRunner().invoke(
        app, ["layout", "draft", str(tmp_path / "neu"), "--extract", str(extract)]
    )
    assert told.exit_code == 0, told.output
    assert "doubts, which keep a column off until you decide" in told.output
    assert "medication.dose_unit" not in (tmp_path / "neu" / "lab.sql").read_text()
    again = CliRunner().invoke(
        app, ["layout", "draft", str(tmp_path / "neu"), "--extract", str(extract)]
    )
    assert again.exit_code != 0


def test_of_h_and_m_nobody_knows_who_is_a_man(tmp_path: Path) -> None:
    extract = german(tmp_path / "dump", 20)
    table = pl.read_parquet(extract / "patienten.parquet")
    table = table.with_columns(geschlecht=pl.col("geschlecht").replace({"w": "h"}))
    table.write_parquet(extract / "patienten.parquet")
    found = draft.write(tmp_path / "draft", extract)
    assert any(one.startswith("patient.sex: H and M") for one in found.doubts)
    assert "patient.sex" not in found.columns


def test_every_shipped_layout_has_a_signature() -> None:
    names = {one.layout for one in draft.draft_names.signatures() if one.layout}
    assert names == set(layouts.SHIPPED)
