"""The open eICU demo, 186 real hospitals, against queries that know nothing of the layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from extracts import study

from ehrivig import extract, pipeline
from ehrivig.database import Database
from ehrivig.extract import layout_check
from ehrivig.study import Study, load

PLAN = load("eicu_demo")


@pytest.fixture(scope="module")
def demo(reference_data: Path) -> Path:
    folder = reference_data / "eicu_demo"
    if not folder.is_dir():
        pytest.skip("the eICU demo (../shared/data/eicu_demo) is not here")
    return folder


@pytest.fixture(scope="module")
def mapped(demo: Path) -> Any:
    """Every hospital of the demo in one database."""
    source = extract.inspect(demo, PLAN)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, source.hospitals, PLAN, keep=True)
        yield db


def own(demo: Path, sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB alone says of the files; "<patient>" is a file."""
    text = re.sub(r"<(\w+)>", rf"'{demo}/\1.parquet'", sql)
    with duckdb.connect() as connection:
        return connection.execute(text).fetchall()


FIRST_HOUR = "date_diff('second', a.admitted_at, min(i.started_at)) / 3600.0"
FIGURES = {
    "hospital stays": (
        "SELECT count(*) FROM mapped.admission",
        "SELECT count(DISTINCT patienthealthsystemstayid) FROM <patient>",
    ),
    "persons": (
        "SELECT count(DISTINCT person_id) FROM mapped.patient",
        "SELECT count(DISTINCT uniquepid) FROM <patient>",
    ),
    "deaths in hospital": (
        "SELECT count(*) FROM mapped.admission WHERE discharge_status = 'died'",
        "SELECT count(DISTINCT patienthealthsystemstayid) FROM <patient> "
        "WHERE hospitaldischargestatus = 'Expired'",
    ),
    "ages": (
        "SELECT count(age_years), sum(age_years), count_if(age_years = 90) FROM mapped.admission",
        "SELECT count(n), sum(n)::DOUBLE, count_if(n = 90) FROM (SELECT DISTINCT ON "
        "(patienthealthsystemstayid) CASE age WHEN '> 89' THEN 90 ELSE try_cast(age AS INT) END "
        "AS n FROM <patient>)",
    ),
    "days in hospital": (
        "SELECT round(sum(date_diff('second', admitted_at, discharged_at)) / 86400.0, 6) "
        "FROM mapped.admission",
        "SELECT round(sum(d) / 1440.0, 6) FROM (SELECT DISTINCT patienthealthsystemstayid, "
        "hospitaldischargeoffset - hospitaladmitoffset AS d FROM <patient>)",
    ),
    "first hour in intensive care": (
        f"SELECT count(*), round(sum(h), 4) FROM (SELECT {FIRST_HOUR} AS h FROM mapped.icu_stay "
        "AS i JOIN mapped.admission AS a USING (admission_id) GROUP BY admission_id, admitted_at)",
        "SELECT count(*), round(sum(h), 4) FROM (SELECT min(-hospitaladmitoffset) / 60.0 AS h "
        "FROM <patient> WHERE unitstaytype <> 'stepdown/other' GROUP BY patienthealthsystemstayid)",
    ),
    "P/F of the first day": (
        "SELECT count(*), round(sum(l.value / v.value * 100), 3) FROM mapped.lab AS l JOIN "
        "mapped.vital AS v USING (admission_id) WHERE lab_code = 'pao2' AND vital_code = 'fio2' "
        "AND l.collected_at = v.measured_at AND NOT EXISTS (FROM (SELECT admission_id, measured_at "
        "FROM mapped.vital WHERE vital_code = 'fio2' GROUP BY ALL HAVING count(*) > 1) AS twice "
        "WHERE twice.admission_id = l.admission_id AND twice.measured_at = l.collected_at)",
        "SELECT count(*), round(sum(pao2 / fio2 * 100), 3) FROM <apacheapsvar> AS v JOIN <patient> "
        "AS p USING (patientunitstayid) WHERE pao2 > 0 AND fio2 > 0 AND NOT EXISTS (FROM "
        "<respiratorycharting> AS c JOIN <patient> AS q USING (patientunitstayid) WHERE "
        "q.patienthealthsystemstayid = p.patienthealthsystemstayid AND c.respchartvaluelabel IN "
        "('FiO2', 'FIO2 (%)', 'O2 Percentage', 'Set Fraction of Inspired Oxygen (FIO2)') AND "
        "try_cast(c.respchartvalue AS DOUBLE) IS NOT NULL AND c.respchartoffset - "
        "q.hospitaladmitoffset = least(1440, p.unitdischargeoffset) - p.hospitaladmitoffset)",
    ),
    "charted starts of vasopressors": (
        "SELECT count(*), count(DISTINCT admission_id), round(sum(date_diff('second', "
        "admitted_at, started_at)) / 60.0) FROM mapped.medication JOIN mapped.admission USING "
        "(admission_id) WHERE regexp_matches(drug_name, '^(norepi|vasopressin|phenyle)', 'i') AND "
        "dose > 0 AND source_medication_id LIKE 'infusion%'",
        "SELECT count(*), count(DISTINCT patienthealthsystemstayid), round(sum(infusionoffset - "
        "hospitaladmitoffset)) FROM <infusiondrug> JOIN <patient> USING (patientunitstayid) WHERE "
        "regexp_matches(trim(drugname), '^(norepi|vasopressin|phenyle)', 'i') AND "
        "try_cast(drugrate AS DOUBLE) > 0",
    ),
    "doses of a stay": (
        "SELECT max(n), round(sum(g), 3) FROM (SELECT count(*) AS n, sum(dose) AS g FROM "
        "mapped.medication WHERE dose_unit = 'g' AND source_medication_id LIKE 'order%' "
        "GROUP BY admission_id)",
        "SELECT max(n), round(sum(g), 3) FROM (SELECT count(*) AS n, sum(replace(regexp_extract("
        "trim(dosage), '^[0-9,.]+'), ',', '')::DOUBLE) AS g FROM <medication> JOIN <patient> USING "
        "(patientunitstayid) WHERE regexp_full_match(lower(trim(dosage)), "
        "'[0-9,]*[.]?[0-9]+ *(g|gm|gms|gram|grams)') AND NOT coalesce(regexp_matches(frequency, "
        "'contin|titrat', 'i'), FALSE) GROUP BY patienthealthsystemstayid)",
    ),
    "orders that were cancelled": (
        "SELECT count(*) FROM mapped.medication WHERE status = 'cancelled'",
        "SELECT count(*) FROM <medication> WHERE drugordercancelled",
    ),
    "urine": (
        "SELECT count(*), sum(value) FROM mapped.vital WHERE vital_code = 'urine_output'",
        "SELECT count(*), sum(cellvaluenumeric) FROM <intakeoutput> WHERE cellpath LIKE "
        "'%|Output (ml)|%' AND (celllabel ILIKE '%urin%' OR celllabel ILIKE '%foley%' OR celllabel "
        "ILIKE '%void%') AND NOT (celllabel ILIKE '%count%' OR celllabel ILIKE '%occurrence%' OR "
        "celllabel ILIKE '%unmeasured%' OR celllabel ILIKE '%stool%' OR celllabel ILIKE "
        "'%irrigat%') AND cellvaluenumeric IS NOT NULL",
    ),
    "coded diagnoses": (
        "SELECT count(*), count_if(vocabulary = 'ICD10CM'), count(DISTINCT admission_id) FROM "
        "mapped.diagnosis WHERE vocabulary LIKE 'ICD%CM' AND present_on_admission IS NULL",
        "SELECT count(*), count_if(regexp_matches(c, '^[A-Z]') AND NOT regexp_full_match(c, "
        "'V[0-9]{2}([.].*)?|E[0-9]{3}([.].*)?')), count(DISTINCT patienthealthsystemstayid) FROM "
        "(SELECT trim(unnest(string_split(icd9code, ','))) AS c, patientunitstayid FROM "
        "<diagnosis> WHERE icd9code <> '') JOIN <patient> USING (patientunitstayid) "
        "WHERE NOT regexp_full_match(c, '[0-9]{2}[.][0-9]')",
    ),
    "infarctions, diabetes and cancer of before": (
        "SELECT count(*) FILTER (code = 'I25.2'), count(DISTINCT admission_id) FILTER (code IN "
        "('E11.9', 'E14.9')), count(DISTINCT admission_id) FILTER (code IN ('C50.9', 'C61')) FROM "
        "mapped.diagnosis WHERE present_on_admission AND vocabulary = 'ICD10'",
        "SELECT count(DISTINCT patienthealthsystemstayid) FILTER (pasthistorypath LIKE "
        "'%Infarction/%'), count(DISTINCT patienthealthsystemstayid) FILTER (pasthistorypath LIKE "
        "'%Diabetes/%'), count(DISTINCT patienthealthsystemstayid) FILTER (pasthistorypath LIKE "
        "'%/Cancer-Primary Site/breast' OR pasthistorypath LIKE '%/Cancer-Primary Site/prostate') "
        "FROM <pasthistory> JOIN <patient> USING (patientunitstayid) WHERE "
        "patienthealthsystemstayid IN (SELECT patienthealthsystemstayid FROM <diagnosis> JOIN "
        "<patient> USING (patientunitstayid))",
    ),
    "why they came, and what of it was there on admission": (
        "SELECT count(*) FILTER (code = 'A41.9'), count(*) FILTER (code = 'E14.1'), count(*) "
        "FILTER (code = 'N17.9'), count(*) FILTER (code = 'N17.9' AND present_on_admission) "
        "FROM mapped.diagnosis WHERE vocabulary = 'ICD10'",
        "SELECT count(DISTINCT patienthealthsystemstayid) FILTER (admitdxname LIKE 'Sepsis%'), "
        "count(DISTINCT patienthealthsystemstayid) FILTER (admitdxname = 'Diabetic ketoacidosis'), "
        "count(DISTINCT patienthealthsystemstayid) FILTER (admitdxname = 'Renal failure, acute'), "
        "count(DISTINCT patienthealthsystemstayid) FILTER (admitdxname = 'Renal failure, acute' "
        "AND unitvisitnumber = 1 AND hospitaladmitoffset > -1440 AND unitadmitsource IN "
        "('Emergency Department', 'Direct Admit', 'Other Hospital', 'Chest Pain Center')) "
        "FROM <admissiondx> JOIN <patient> USING (patientunitstayid) WHERE "
        "patienthealthsystemstayid IN (SELECT patienthealthsystemstayid FROM <diagnosis> JOIN "
        "<patient> USING (patientunitstayid))",
    ),
    "invasively ventilated stays": (
        "SELECT count(DISTINCT admission_id) FROM mapped.respiratory_support WHERE device = 'imv'",
        "SELECT count(DISTINCT patienthealthsystemstayid) FROM <patient> JOIN (SELECT "
        "patientunitstayid FROM <respiratorycharting> WHERE respchartvaluelabel IN "
        "('Tidal Volume (set)', 'Ventilator Type', 'Mechanical Ventilator Mode', "
        "'Ventilator Support Mode') OR respchartvaluelabel = 'O2 Device' AND respchartvalue = "
        "'Ventilator' OR respchartvaluelabel = 'RT Vent On/Off' AND respchartvalue IN ('Start', "
        "'Continued') UNION SELECT patientunitstayid FROM <respiratorycare> WHERE ventstartoffset "
        "<> 0 OR priorventstartoffset <> 0 AND priorventendoffset <> 0 UNION SELECT "
        "patientunitstayid FROM <treatment> WHERE treatmentstring LIKE '%|mechanical ventilation%' "
        "AND treatmentstring NOT LIKE '%non-invasive ventilation%') USING (patientunitstayid)",
    ),
    "creatinine of APACHE": (
        "SELECT count(*), round(sum(value), 3) FROM mapped.lab WHERE lab_code = 'creatinine'",
        "SELECT count(*), round(sum(creatinine), 3) FROM <apacheapsvar> WHERE creatinine > 0",
    ),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_agrees_with_a_query_of_its_own(mapped: Database, demo: Path, figure: str) -> None:
    ours, theirs = FIGURES[figure]
    found, expected = mapped.rows(ours), own(demo, theirs)
    assert found == [tuple(pytest.approx(one) for one in row) for row in expected]
    assert found[0][0]


@pytest.mark.slow
def test_the_report_of_the_layout(demo: Path) -> None:
    report = layout_check.check("eicu", demo, PLAN)
    assert report.usable
    assert report.table("admission").rows == 2_174
    unknown = {"finding", "pathogen_test"}
    assert {t.name for t in report.tables if not t.given} == unknown


def of_some(n: int) -> Study:
    """The packaged study in the first so many hospitals of the demo."""
    names = ("56", "58", "61", "67", "69", "71", "73", "79", "83", "92", "93", "95")[:n]
    section = PLAN.extract.model_copy(update={"hospitals": names})
    return PLAN.model_copy(update={"extract": section})


def test_the_gate_on_some_hospitals_of_the_demo(demo: Path, tmp_path: Path) -> None:
    summary = pipeline.check(of_some(8), demo, tmp_path / "out")
    assert summary.exit_code == 0, summary.message
    assert summary.dropped_hospitals == ["56"]  # no support is charted there, and orders end early
    checks = pl.read_csv(tmp_path / "out" / "quality" / "checks.csv", infer_schema_length=None)
    assert "medication.given_is_charted" in checks.filter(verdict="warn")["check"].to_list()


@pytest.mark.slow
def test_the_study_runs_on_all_hospitals(demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = pipeline.run(PLAN, demo, out)
    assert (summary.exit_code, summary.admissions, summary.cohort) == (0, 1_983, 255)
    assert len(summary.hospitals) == 186
    assert sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) < 40e6
    lints = pl.read_csv(out / "lints.csv")["code"].to_list()
    assert {"no_calendar", "stays_of_unknown_order"} <= set(lints)


def test_a_study_of_another_layout_reads_it_too(demo: Path) -> None:
    plan: Study = study(layout="eicu", period=None)
    rules = tuple(one for one in plan.cohort.criteria if one.rule != "period")
    plan = plan.model_copy(update={"cohort": plan.cohort.model_copy(update={"criteria": rules})})
    assert plan.clock == "offsets"
