"""The cohort: criteria in order, the index admission across hospitals, three values counted."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from ehrivig import cohort, study
from ehrivig.database import Database


@pytest.fixture
def plan() -> study.Study:
    return study.load("ivig_covid19")


def screened(rows: list[tuple[str, int, str, int]]) -> pl.DataFrame:
    """hospital, admission, person, day of March 2020."""
    return pl.DataFrame(
        {
            "hospital_id": [r[0] for r in rows],
            "admission_id": [r[1] for r in rows],
            "patient_id": [r[2] for r in rows],
            "person_id": [r[2] for r in rows],
            "admitted_at": [datetime(2020, 3, r[3]) for r in rows],
        }
    )


def judged(rows: list[tuple[str, str, int, bool | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "name": pl.String,
            "hospital_id": pl.String,
            "admission_id": pl.Int64,
            "met": pl.Boolean,
        },
        orient="row",
    )


def all_met(admissions: pl.DataFrame, *names: str) -> list[tuple[str, str, int, bool | None]]:
    keys = admissions.select("hospital_id", "admission_id").rows()
    return [(name, h, a, True) for name in names for h, a in keys]


def test_index_admission_is_the_first_of_the_person_in_the_network(plan: study.Study) -> None:
    who = screened([("A", 1, "p", 9), ("B", 7, "p", 2), ("B", 8, "q", 3)])
    rows = all_met(who, "in_period", "confirmed", "adult", "severe")
    chosen, flow = cohort.select(who, judged(rows), plan)
    assert chosen["admission_id"].to_list() == [7, 8]
    index = flow.filter((pl.col("criterion") == "index") & (pl.col("hospital_id") == "all"))
    assert index["excluded"].to_list() == [1]


def test_index_ties_do_not_depend_on_row_order(plan: study.Study) -> None:
    who = screened([("B", 1, "p", 2), ("A", 5, "p", 2), ("A", 4, "p", 2)])
    rows = judged(all_met(who, "in_period", "confirmed", "adult", "severe"))
    results = {
        tuple(cohort.select(who.sample(fraction=1, shuffle=True, seed=s), rows, plan)[0].rows())
        for s in range(5)
    }
    assert len(results) == 1
    assert next(iter(results))[0][:2] == ("A", 4)


def test_not_measured_is_excluded_and_counted_apart(plan: study.Study) -> None:
    who = screened([("A", 1, "p", 1), ("A", 2, "q", 1), ("A", 3, "r", 1)])
    rows = all_met(who, "in_period", "confirmed", "adult")
    rows += [("severe", "A", 1, True), ("severe", "A", 2, False), ("severe", "A", 3, None)]
    chosen, flow = cohort.select(who, judged(rows), plan)
    last = flow.filter(pl.col("criterion") == "severe", pl.col("hospital_id") == "all").row(
        0, named=True
    )
    assert chosen["admission_id"].to_list() == [1]
    assert (last["excluded"], last["excluded_not_measured"]) == (2, 1)


def test_attrition_adds_up_per_hospital(plan: study.Study) -> None:
    who = screened([("A", 1, "p", 1), ("A", 2, "q", 1), ("B", 3, "r", 1)])
    rows = [("in_period", "A", 1, True), ("in_period", "A", 2, False), ("in_period", "B", 3, True)]
    _, flow = cohort.select(who, judged(rows), plan)
    for hospital in ("A", "B", "all"):
        part = flow.filter(pl.col("hospital_id") == hospital).sort("step")
        before, after = part["admissions"][:-1], part["admissions"][1:]
        assert (before - after).to_list() == part["excluded"][1:].to_list()


def test_empty_cohort_keeps_its_columns(plan: study.Study) -> None:
    who = screened([("A", 1, "p", 1)])
    chosen, flow = cohort.select(who, judged([]), plan)
    assert chosen.columns == who.columns
    assert chosen.is_empty()
    assert flow["admissions"].to_list()[-1] == 0


def test_screen_judges_in_sql() -> None:
    db = Database()
    db.execute(
        "CREATE TABLE patient AS SELECT 'A' AS hospital_id, 1 AS patient_id, "
        "NULL::VARCHAR AS person_id, 'male' AS sex, DATE '1980-06-15' AS birth_date, "
        "NULL::TIMESTAMP AS death_at"
    )
    db.execute(
        "CREATE TABLE admission AS SELECT 'A' AS hospital_id, unnest([1, 2, 3]) AS "
        "admission_id, 1 AS patient_id, unnest([TIMESTAMP '1998-06-14 10:00', "
        "TIMESTAMP '1998-06-15 00:00', TIMESTAMP '2020-03-31 23:59']) AS admitted_at, "
        "NULL::TIMESTAMP AS discharged_at, 'alive' AS discharge_status, "
        "NULL::TIMESTAMP AS symptom_onset_at, NULL::DOUBLE AS age_years, "
        "NULL::DOUBLE AS weight_kg, NULL::DOUBLE AS height_cm, NULL::BOOLEAN AS "
        "current_smoker"
    )
    db.table("screened", cohort.cohort_query("screened"))
    db.execute(
        "CREATE TABLE criterion (name VARCHAR, admission_id INTEGER, met BOOLEAN, "
        "first_at TIMESTAMP)"
    )
    db.table("eligible", cohort.cohort_query("eligible"))
    ages = db.frame("SELECT age_years, person_id FROM screened ORDER BY admission_id")
    assert ages["age_years"].to_list() == [17, 18, 39]
    assert ages["person_id"].unique().to_list() == [None]  # whom no network knows
    adult = db.frame(cohort.cohort_query("rule_age"), {"min": 18, "max": None})
    assert adult.sort("admission_id")["met"].to_list() == [False, True, True]
    period = db.frame(
        cohort.cohort_query("rule_period"),
        {"period_start": datetime(2019, 12, 1).date(), "period_end": datetime(2020, 3, 31).date()},
    )
    assert period.sort("admission_id")["met"].to_list() == [False, False, True]
