"""MIMIC-IV and MIMIC-III as CSV gives them (all text), against queries that know no layout."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import opened
from mimic_dump import dump
from typer.testing import CliRunner

from ehrivig import extract, pipeline
from ehrivig.cli import app
from ehrivig.errors import ExtractError
from ehrivig.extract import layout_check
from ehrivig.study import Study, load

NAMES = {4: "mimic_iv", 3: "mimic_iii"}


def plan(version: int, name: str = "vasopressin_septic_shock") -> Study:
    study = load(name)
    section = study.extract.model_copy(update={"layout": NAMES[version]})
    return study.model_copy(update={"extract": section})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    root = tmp_path_factory.mktemp("mimic")
    return {version: dump(version).written(root / str(version)) for version in NAMES}


@pytest.fixture(scope="module", params=sorted(NAMES))
def mapped(request: pytest.FixtureRequest, folders: dict[int, Path]) -> Any:
    version = request.param
    with opened(folders[version], plan(version)) as db:
        yield version, db, folders[version]


def own(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB alone says of the files; "<patients>" is a file."""
    text = re.sub(r"<(\w+)>", rf"'{folder}/\1.parquet'", sql)
    with duckdb.connect() as connection:
        return connection.execute(text).fetchall()


SPAN = "round(sum(date_diff('second', {}::TIMESTAMP, {}::TIMESTAMP)) / 3600.0, 4)"
ED = "coalesce(a.edregtime, a.admittime)"
CHARTED = "SELECT count(*), round(sum(value), 3) FROM mapped.vital WHERE vital_code = "
LOINC = "SELECT count(*), round(sum(value), 3) FROM mapped.lab WHERE lab_code = "
LAB = (
    "SELECT count(*), round(sum(valuenum::DOUBLE), 3) FROM <labevents> l JOIN <admissions> a "
    f"USING (subject_id) WHERE l.charttime BETWEEN {ED} AND a.dischtime AND itemid = "
)
ARTERIAL = {
    4: " AND specimen_id IN (SELECT specimen_id FROM <labevents> WHERE value = 'ART.')",
    3: " AND (l.subject_id, l.charttime) IN (SELECT (subject_id, charttime) FROM <labevents> "
    "WHERE value = 'ART.')",
}
RATES = (
    "SELECT count(*), round(sum(dose * date_diff('minute', started_at, stopped_at)), 4) "
    "FROM mapped.medication WHERE dose_unit = 'ug/kg/min' AND status = 'given' AND "
    "drug_name "
)
MV_RATE = (
    "SELECT count(*), round(sum(rate::DOUBLE * date_diff('minute', starttime::TIMESTAMP, "
    "endtime::TIMESTAMP)), 4) FROM <{}> WHERE itemid = '221906' AND statusdescription <> "
    "'Rewritten'"
)
FIGURES: dict[str, tuple[str, dict[int, str]]] = {
    "stays, persons, women": (
        "SELECT (SELECT count(*) FROM mapped.admission), count(*), count_if(sex = 'female') "
        "FROM mapped.patient",
        dict.fromkeys(
            NAMES,
            "SELECT (SELECT count(*) FROM <admissions>), count(*), count_if(gender = 'F') "
            "FROM <patients>",
        ),
    ),
    "deaths in hospital, transfers": (
        "SELECT count_if(discharge_status = 'died'), count_if(discharge_status = 'transferred') "
        "FROM mapped.admission",
        dict.fromkeys(
            NAMES,
            "SELECT count_if(hospital_expire_flag = '1'), count_if(discharge_location IN "
            "('ACUTE HOSPITAL', 'SHORT TERM HOSPITAL')) FROM <admissions>",
        ),
    ),
    "hours in hospital": (
        f"SELECT {SPAN.format('admitted_at', 'discharged_at')} FROM mapped.admission",
        dict.fromkeys(NAMES, f"SELECT {SPAN.format('admittime', 'dischtime')} FROM <admissions>"),
    ),
    "hours in intensive care": (
        f"SELECT count(*), {SPAN.format('started_at', 'stopped_at')} FROM mapped.icu_stay",
        dict.fromkeys(
            NAMES, f"SELECT count(*), {SPAN.format('intime', 'outtime')} FROM <icustays>"
        ),
    ),
    "deaths, of the day of a discharge among them": (
        "SELECT count(death_at), count_if(death_at = discharged_at AND discharge_status <> 'died'),"
        " count_if(death_at < admitted_at) FROM mapped.patient JOIN mapped.admission USING "
        "(patient_id)",
        dict.fromkeys(
            NAMES,
            "SELECT count(dod), count_if(hospital_expire_flag = '0' AND dod[:10] = "
            "dischtime[:10]), 0 FROM <patients> JOIN <admissions> USING (subject_id)",
        ),
    ),
    "ages": (
        "SELECT round(sum(coalesce(age_years, date_diff('year', birth_date, admitted_at)))), "
        "count_if(age_years >= 90) FROM mapped.admission JOIN mapped.patient USING (patient_id)",
        {
            4: "SELECT sum(anchor_age::INT), count_if(anchor_age = '91') FROM <patients>",
            3: "SELECT sum(CASE WHEN n > 200 THEN 90 ELSE n END), count_if(n > 200) FROM (SELECT "
            "admittime[:4]::INT - dob[:4]::INT AS n FROM <patients> JOIN <admissions> USING "
            "(subject_id))",
        },
    ),
    "creatinine": (LOINC + "'2160-0'", dict.fromkeys(NAMES, LAB + "'50912'")),
    "lactate": (LOINC + "'32693-4'", dict.fromkeys(NAMES, LAB + "'50813'")),
    "arterial oxygen": (
        LOINC + "'2703-7'",
        {version: LAB + "'50821'" + text for version, text in ARTERIAL.items()},
    ),
    "other oxygen": (
        "SELECT count(*) FROM mapped.lab WHERE lab_code = '50821' AND vocabulary = 'local'",
        {
            version: (LAB + "'50821'").replace(", round(sum(valuenum::DOUBLE), 3)", "")
            + text.replace(" IN (SELECT", " NOT IN (SELECT", 1)
            for version, text in ARTERIAL.items()
        },
    ),
    "heart rates": (
        CHARTED + "'heart_rate'",
        dict.fromkeys(
            NAMES,
            "SELECT count(*), round(sum(valuenum::DOUBLE), 3) FROM <chartevents> "
            "WHERE itemid IN ('220045', '211') AND value <> '400'",
        ),
    ),
    "inspired oxygen as a fraction": (
        "SELECT count(*), round(sum(value * CASE unit WHEN '%' THEN 0.01 ELSE 1 END), 3) "
        "FROM mapped.vital WHERE vital_code = 'fio2'",
        dict.fromkeys(
            NAMES,
            "SELECT count(*), round(sum(CASE WHEN n > 1 THEN n / 100 ELSE n END), 3) FROM (SELECT "
            "valuenum::DOUBLE AS n FROM <chartevents> WHERE itemid IN ('223835', '190'))",
        ),
    ),
    "coma scores": (
        CHARTED + "'gcs'",
        dict.fromkeys(
            NAMES,
            "SELECT count(*), round(sum(n), 3) FROM (SELECT sum(valuenum::DOUBLE) AS n FROM "
            "<chartevents> WHERE itemid IN ('220739', '223900', '223901', '198') GROUP BY hadm_id, "
            "charttime HAVING count(*) = 3 OR any_value(itemid) = '198')",
        ),
    ),
    "urine": (
        CHARTED + "'urine_output'",
        dict.fromkeys(
            NAMES,
            "SELECT count(*), round(sum(value::DOUBLE), 3) FROM <outputevents> "
            "WHERE itemid IN ('40055', '226559')",
        ),
    ),
    "norepinephrine, ug/kg": (
        RATES + "= 'Norepinephrine'",
        {4: MV_RATE.format("inputevents"), 3: MV_RATE.format("inputevents_mv")},
    ),
    "crystalloid by volume": (
        "SELECT count(*), sum(dose) FROM mapped.medication WHERE drug_name LIKE 'NaCl 0.9%' "
        "AND dose_unit = 'mL' AND route = 'iv'",
        {
            version: f"SELECT count(*), sum(amount::DOUBLE) FROM <{table}> WHERE itemid = '225158'"
            for version, table in ((4, "inputevents"), (3, "inputevents_mv"))
        },
    ),
    "ventilation by its own record, hours": (
        "SELECT count(*), round(sum(date_diff('second', started_at, stopped_at)) / 3600.0, 3) "
        "FROM mapped.respiratory_support WHERE device = 'imv' AND "
        "date_diff('hour', started_at, stopped_at) >= 39",
        {
            version: "SELECT count(*), 40.0 * count(*) FROM "
            f"<{table}> WHERE itemid = '225792' AND statusdescription = 'FinishedRunning'"
            for version, table in ((4, "procedureevents"), (3, "procedureevents_mv"))
        },
    ),
    "renal replacement and prone position": (
        "SELECT procedure_code, count(*), sum(date_diff('minute', started_at, stopped_at)) / 60.0 "
        "FROM mapped.procedure GROUP BY ALL ORDER BY ALL",
        {
            version: "SELECT 'crrt', count(*), 30.0 * count(*) FROM "
            f"<{table}> WHERE itemid = '225802' AND statusdescription = 'FinishedRunning' UNION "
            "ALL SELECT 'prone_position', count(DISTINCT hadm_id), 10.0 * count(DISTINCT hadm_id) "
            "FROM <chartevents> WHERE value = 'Prone' ORDER BY ALL"
            for version, table in ((4, "procedureevents"), (3, "procedureevents_mv"))
        },
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_of_a_query_of_the_files(mapped: Any, name: str) -> None:
    version, db, folder = mapped
    ours, theirs = FIGURES[name]
    found = db.rows(ours)
    assert found == own(folder, theirs[version])
    assert found[0][0] not in (0, None)


def test_carevue_rates_hold_until_the_next(folders: dict[int, Path]) -> None:
    hours = ((1, 6, 0.05), (6, 14, 0.15), (14, 30, 0.04))
    each = round(sum(60 * (stop - start) * rate for start, stop, rate in hours), 4)
    with opened(folders[3], plan(3)) as db:
        for name in ("Levophed-k", "Neosynephrine-k (phenylephrine)"):
            ((rows, amount),) = db.rows(RATES + f"= '{name}'")
            assert (rows, amount) == (3 * 20, pytest.approx(20 * each))
        stopped = "drug_name LIKE 'Levo%' AND status = 'stopped' AND dose = 0"
        assert db.rows(f"SELECT count(*) FROM mapped.medication WHERE {stopped}") == [(20,)]


def test_a_dose_of_mimic_iv_is_counted_once(folders: dict[int, Path]) -> None:
    """Of what the unit charted nothing stays of eMAR; without eMAR the orders count."""
    with opened(folders[4], plan(4)) as db:
        rows = db.rows(
            "SELECT medication_id[:4] AS source, drug_name, status, dose, dose_unit, route, "
            "count(*) FROM mapped.medication WHERE drug_name NOT LIKE 'NaCl%' AND dose_unit "
            "IS DISTINCT FROM 'ug/kg/min' GROUP BY ALL ORDER BY ALL"
        )
    found = {row[:-1]: row[-1] for row in rows}
    with_emar, without = 32, 8
    assert found[("emar", "Ceftriaxone", "given", 1.0, "g", "iv")] == 2 * with_emar
    assert found[("emar", "Ceftriaxone", "not_given", None, None, "iv")] == with_emar
    assert found[("emar", "Hydrocortisone Na Succ.", "given", 50.0, "mg", "iv")] == 2 * 10
    assert found[("emar", "Acetaminophen", "given", None, None, "po")] == 2 * with_emar
    assert found[("emar", "Heparin", "given", 5000.0, "unit", "sc")] == 2 * with_emar
    assert found[("emar", "Argatroban", "given", 12.0, "mL/h", "iv")] == 2 * with_emar
    assert found[("emar", "Argatroban", "stopped", None, None, "iv")] == with_emar
    assert found[("orde", "Ceftriaxone", "given", 1.0, "g", "iv")] == without
    assert found[("orde", "Heparin", "given", 5000.0, "unit", "sc")] == without
    ward = {name for source, name, *_ in found if source in ("emar", "orde")}
    assert not ward & {"Vancomycin", "Norepinephrine", "D5W"}
    assert found[("inpu", "Heparin Sodium (Prophylaxis)", "given", None, None, "sc")] == 40
    assert ("inpu", "Vasopressin", "given", 2.4, "unit/h", "iv") in found


def test_infusions_of_the_ward_hold_until_the_next_record(folders: dict[int, Path]) -> None:
    with opened(folders[4], plan(4)) as db:
        assert db.rows(
            "SELECT DISTINCT date_diff('hour', started_at, stopped_at) FROM mapped.medication "
            "WHERE drug_name = 'Argatroban' AND status = 'given' ORDER BY 1"
        ) == [(2,), (3,)]


def test_orders_of_mimic_iii_begin_no_earlier_than_the_stay(folders: dict[int, Path]) -> None:
    with opened(folders[3], plan(3)) as db:
        rows = db.rows(
            "SELECT drug_name, dose, dose_unit, status, count(*), count_if(started_at < "
            "admitted_at) FROM mapped.medication JOIN mapped.admission USING (admission_id) "
            "WHERE order_id LIKE 'order%' GROUP BY ALL ORDER BY ALL"
        )
        assert db.rows("SELECT * FROM prepared.words_unread")[0][:2] == ("BIDMC", "order")
    found = {row[:4]: row[4:] for row in rows}
    assert found[("Hydrocortisone Na Succ.", 50.0, "mg", "given")] == (13, 0)
    assert found[("Acetaminophen", None, "mg", "given")] == (40, 0)
    assert found[("Norepinephrine", None, None, "unknown")] == (20, 0)  # CareVue says Levophed
    assert found[("Vancomycin", 1000.0, "mg", "given")] == (20, 0)


@pytest.mark.parametrize("version", sorted(NAMES))
def test_moments_may_be_moments(folders: dict[int, Path], version: int, tmp_path: Path) -> None:
    """Typed Parquet, as a conversion of CSV by DuckDB gives it, is read as text is."""
    for path in folders[version].iterdir():
        with duckdb.connect() as connection:
            text = tmp_path / "text.csv"
            connection.execute(f"COPY (FROM '{path}') TO '{text}' (HEADER)")
            target = tmp_path / "typed" / path.name
            target.parent.mkdir(exist_ok=True)
            connection.execute(f"COPY (FROM read_csv('{text}')) TO '{target}' (FORMAT parquet)")
    counts = "SELECT count(*), sum(epoch(started_at)) FROM mapped.medication"
    stays = "SELECT count(*), sum(epoch(admitted_at)), min(patient_id) FROM mapped.admission"
    with opened(tmp_path / "typed", plan(version)) as db:
        typed = db.rows(counts), [row[:2] for row in db.rows(stays)]
    with opened(folders[version], plan(version)) as db:
        assert (db.rows(counts), [row[:2] for row in db.rows(stays)]) == typed


def test_what_is_no_moment_is_counted(folders: dict[int, Path], tmp_path: Path) -> None:
    for path in folders[4].iterdir():
        pl.read_parquet(path).write_parquet(tmp_path / path.name)
    stays = pl.read_parquet(tmp_path / "icustays.parquet")
    wrong = stays.with_columns(intime=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("3/5/94")))
    wrong.write_parquet(tmp_path / "icustays.parquet")
    with pytest.raises(ExtractError, match=r"intime is text, and 3 of its .* are not moments"):
        extract.inspect(tmp_path, plan(4))


def test_every_code_that_can_be_understood_is(folders: dict[int, Path]) -> None:
    report = layout_check.check("mimic_iv", folders[4], plan(4))
    assert report.usable
    shares = {(one.table, one.what): one.proportion for one in report.codes}
    assert shares.pop(("lab", "code of an analyte")) > 0.7  # chloride and specimen types are none
    assert shares.pop(("medication", "content of a mL or vial")) == 0.0  # argatroban by the hour
    doses = ("unit of the dose", "end of a rate", "weight for a dose per kg")
    assert all(("medication", what) in shares for what in doses)
    assert set(shares.values()) == {1.0}


def test_doses_that_can_be_no_amount_are_counted(folders: dict[int, Path], tmp_path: Path) -> None:
    """A rate without an end, a unit that nobody knows, nobody weighed."""
    for path in folders[4].iterdir():
        table = pl.read_parquet(path)
        if path.stem == "chartevents":
            table = table.filter(pl.col("itemid") != "226512")
        if path.stem == "inputevents":
            rated = pl.col("rateuom") == "mcg/kg/min"
            none = pl.lit(None, pl.String)
            table = table.with_columns(
                patientweight=none,
                endtime=pl.when(rated).then(none).otherwise("endtime"),
                rateuom=pl.when(~rated).then(pl.lit("drops/hour")).otherwise("rateuom"),
            )
        table.write_parquet(tmp_path / path.name)
    report = layout_check.check("mimic_iv", tmp_path, plan(4))
    found = {one.what: one for one in report.codes if one.table == "medication"}
    assert found["weight for a dose per kg"].understood == 0
    assert found["end of a rate"].understood < found["end of a rate"].rows
    assert "drops/hour" in {one.code for one in found["unit of the dose"].commonest}


def test_a_dump_without_stays_is_told_as_a_run_tells_it(
    folders: dict[int, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(folders[4], tmp_path / "x")
    path = folder / "admissions.parquet"
    pl.read_parquet(path).head(0).write_parquet(path)
    told = CliRunner().invoke(app, ["layout", "check", "mimic_iv", "--extract", str(folder)])
    assert told.exit_code == 4
    assert "\n  admission: no row. Fill the table, or mend admission.sql of your" in told.output
    with pytest.raises(ExtractError, match="admission: no row"):
        extract.inspect(folder, plan(4))


def test_a_rehearsal_finds_people_and_what_blocks(folders: dict[int, Path]) -> None:
    asked = ["layout", "check", "mimic_iv", "--extract", str(folders[4]), "--rehearse"]
    told = CliRunner().invoke(app, [*asked, "--study", "vasopressin_septic_shock"])
    assert "criteria (persons left; admissions excluded)" in told.output
    assert "On norepinephrine by then" in told.output
    blocked = "gate: blocked hospital(s) BIDMC" in told.output
    assert told.exit_code == (3 if blocked else 0), told.output
    assert blocked or "gate: no check blocks a hospital" in told.output


@pytest.mark.slow
@pytest.mark.parametrize("study", ["vasopressin_septic_shock", "hydrocortisone_septic_shock"])
@pytest.mark.parametrize("version", sorted(NAMES))
def test_the_packaged_studies_run(version: int, study: str, tmp_path: Path) -> None:
    folder = dump(version, people=160).written(tmp_path / "extract")
    summary = pipeline.run(plan(version, study), folder, tmp_path / "out")
    assert summary.exit_code == 0
    attrition = pl.read_csv(tmp_path / "out" / "attrition.csv").filter(hospital_id="all")
    assert attrition["patients"][-1] > 100
    cohort = pl.read_parquet(tmp_path / "out" / "cohort.parquet")
    assert cohort["exposed"].sum() > 30
