"""Synthea's CSV export as it is (all text, UTC), against queries that know no layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from synthea_dump import written

from ehrivig import extract, pipeline
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.study import Study, load
from ehrivig.study.doubts.unused import unused_settings

ZONE = "America/New_York"


def plan(**section: Any) -> Study:
    study = load("omop_synthea")
    settings = {"layout": "synthea_csv", "timezone": ZONE, "drug_types_given": ()} | section
    return study.model_copy(update={"extract": study.extract.model_copy(update=settings)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("synthea"))


@pytest.fixture(scope="module", params=[False, True], ids=["inpatient", "emergency too"])
def mapped(request: pytest.FixtureRequest, folder: Path) -> Any:
    study = plan(emergency_visits=request.param)
    source = extract.inspect(folder, study)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, source.hospitals, study, keep=True)
        yield db, ("'inpatient', 'emergency'" if request.param else "'inpatient'")


LOCAL = "({}::TIMESTAMPTZ AT TIME ZONE 'America/New_York')"
STAY = "<encounters> AS s ON x.ENCOUNTER = s.Id AND s.ENCOUNTERCLASS IN (<kinds>)"
OBSERVED = f"SELECT count(*), round(sum(x.VALUE::DOUBLE), 3) FROM <observations> AS x JOIN {STAY} "
FIGURES = {
    "stays, persons, women": (
        "SELECT (SELECT count(*) FROM mapped.admission), count(DISTINCT person_id), "
        "count_if(sex = 'female') FROM mapped.patient",
        "SELECT (SELECT count(*) FROM <encounters> WHERE ENCOUNTERCLASS IN (<kinds>)), count(*), "
        "count_if(GENDER = 'F') FROM <patients>",
    ),
    "local clock of admissions and hours in hospital": (
        "SELECT round(sum(epoch(admitted_at))), round(sum(date_diff('second', admitted_at, "
        "discharged_at))) FROM mapped.admission",
        f"SELECT round(sum(epoch({LOCAL.format('START')}))), round(sum(date_diff('second', "
        f"{LOCAL.format('START')}, {LOCAL.format('STOP')}))) FROM <encounters> "
        "WHERE ENCOUNTERCLASS IN (<kinds>)",
    ),
    "deaths in hospital": (
        "SELECT count_if(discharge_status = 'died'), count(DISTINCT patient_id) FILTER "
        "(discharge_status = 'died') FROM mapped.admission",
        "SELECT count(DEATHDATE), count(DEATHDATE) FROM <patients>",
    ),
    "years of birth": (
        "SELECT sum(year(birth_date)) FROM mapped.patient",
        "SELECT sum(BIRTHDATE[:4]::INT) FROM <patients>",
    ),
    "intensive care": (
        "SELECT count(*) FROM mapped.icu_stay",
        "SELECT count(*) FROM <encounters> WHERE CODE = '305351004'",
    ),
    "conditions that were there": (
        "SELECT count(*), count_if(present_on_admission) FROM mapped.diagnosis "
        "WHERE code = '44054006'",
        "SELECT count(*), count(*) FROM <encounters> WHERE ENCOUNTERCLASS IN (<kinds>)",
    ),
    "creatinine": (
        "SELECT count(*), round(sum(value), 3) FROM mapped.lab WHERE lab_code = '2160-0'",
        OBSERVED + "WHERE x.CODE = '2160-0'",
    ),
    "platelets": (
        "SELECT count(*), round(sum(value), 3) FROM mapped.lab WHERE lab_code = '777-3'",
        OBSERVED + "WHERE x.CODE = '777-3'",
    ),
    "systolic pressure": (
        "SELECT count(*), round(sum(value), 3) FROM mapped.vital WHERE vital_code = 'sbp'",
        OBSERVED + "WHERE x.CODE = '8480-6'",
    ),
    "tests of the virus": (
        "SELECT count_if(result = 'positive'), count_if(result = 'negative') "
        "FROM mapped.pathogen_test",
        "SELECT count_if(VALUE LIKE 'Detected%'), count_if(VALUE LIKE 'Not%') "
        "FROM <observations> WHERE CODE = '94531-1'",
    ),
    "orders by form": (
        "SELECT route, count(*) FROM mapped.medication GROUP BY ALL ORDER BY ALL",
        "SELECT CASE WHEN DESCRIPTION LIKE '%Oral%' THEN 'po' WHEN DESCRIPTION LIKE '%Inhal%' "
        "THEN 'other' WHEN DESCRIPTION LIKE '%Intravenous%' THEN 'iv' ELSE 'unknown' END AS r, "
        f"count(*) FROM <medications> AS x JOIN {STAY} GROUP BY ALL ORDER BY ALL",
    ),
    "support, hours": (
        "SELECT device, count(*), sum(date_diff('hour', started_at, stopped_at)) "
        "FROM mapped.respiratory_support GROUP BY ALL ORDER BY ALL",
        "SELECT CASE CODE WHEN '26763009' THEN 'imv' ELSE 'face_mask' END AS d, count(*), "
        "18 * count(*) FROM <procedures> WHERE CODE IN ('26763009', '371908008') "
        "GROUP BY ALL ORDER BY ALL",
    ),
    "procedures": (
        "SELECT procedure_code, count(*) FROM mapped.procedure GROUP BY ALL ORDER BY ALL",
        "SELECT CASE CODE WHEN '431182000' THEN 'prone_position' ELSE 'hemodialysis' END AS c, "
        "count(*) FROM <procedures> WHERE CODE IN ('431182000', '302497006') "
        "GROUP BY ALL ORDER BY ALL",
    ),
    "fever": (
        "SELECT count(*) FROM mapped.finding WHERE finding_code = 'fever' AND present",
        "SELECT count(*) FROM <conditions> WHERE CODE = '386661006'",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_of_a_query_of_the_files(mapped: Any, folder: Path, name: str) -> None:
    db, kinds = mapped
    ours, theirs = FIGURES[name]
    text = re.sub(r"<(\w+)>", rf"'{folder}/\1.parquet'", theirs.replace("<kinds>", kinds))
    with duckdb.connect() as connection:
        expected = connection.execute(text).fetchall()
    assert db.rows(ours) == expected
    assert expected[0][0] not in (0, None)


def test_a_zone_that_is_written_needs_that_of_the_hospital(folder: Path) -> None:
    with pytest.raises(ExtractError, match="are not moments"):
        extract.inspect(folder, plan(timezone=None))


def test_emergency_visits_are_read_here_too() -> None:
    assert not [one for one in unused_settings(plan()) if "emergency_visits" in str(one)]


def test_older_dumps_say_less(folder: Path, tmp_path: Path) -> None:
    """Without categories of observations, and with the date of a procedure alone."""
    for path in folder.iterdir():
        pl.read_parquet(path).write_parquet(tmp_path / path.name)
    table = pl.read_parquet(tmp_path / "observations.parquet").drop("CATEGORY")
    table.filter(pl.col("CODE") != "72166-2").write_parquet(tmp_path / "observations.parquet")
    table = pl.read_parquet(tmp_path / "procedures.parquet").rename({"START": "DATE"}).drop("STOP")
    table.write_parquet(tmp_path / "procedures.parquet")
    study = plan(emergency_visits=False)
    source = extract.inspect(tmp_path, study)
    with Database(within=source.within) as db:
        extract.open_hospitals(db, source, source.hospitals, study, keep=True)
        assert db.rows("SELECT count(*) FROM mapped.lab") == [(3 * 60,)]
        assert db.rows("SELECT count(*), count(stopped_at) FROM mapped.procedure") == [(15, 0)]


@pytest.mark.slow
def test_a_study_runs(folder: Path, tmp_path: Path) -> None:
    """The packaged study of Synthea in OMOP, on the CSV export."""
    study = plan(emergency_visits=True)
    by_mouth = study.exposure.model_copy(update={"routes": ("po",)})
    summary = pipeline.run(
        study.model_copy(update={"exposure": by_mouth}), folder, tmp_path / "out"
    )
    assert summary.exit_code in (0, 5)
    attrition = pl.read_csv(tmp_path / "out" / "attrition.csv").filter(hospital_id="all")
    assert attrition["admissions"][0] == 120
    cohort = pl.read_parquet(tmp_path / "out" / "cohort.parquet")
    assert cohort.height == 60
    assert cohort["exposed"].sum() == 30  # whose emergency visit brought the tablet


@pytest.mark.parametrize(
    ("table", "column", "change", "told"),
    [
        ("observations", "ENCOUNTER", pl.lit("elsewhere"), "encounter is filled in .* none of"),
        ("conditions", "PATIENT", pl.col("PATIENT") + " ", "column patient has in .* an id of pat"),
        ("encounters", "PATIENT", pl.col("PATIENT").str.to_uppercase(), "column patient has in"),
        ("procedures", "ENCOUNTER", pl.col("ENCOUNTER") + " ", "column encounter has in .* blanks"),
    ],
)
def test_rows_of_no_encounter_and_no_patient_are_said(
    tmp_path: Path, table: str, column: str, change: pl.Expr, told: str
) -> None:
    folder = written(tmp_path)
    path = folder / f"{table}.parquet"
    pl.read_parquet(path).with_columns(change.alias(column)).write_parquet(path)
    with pytest.raises(ExtractError, match=f"^{table}: {told}"):
        extract.inspect(folder, plan())
