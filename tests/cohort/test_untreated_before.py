"""Time zero after admission: who was treated before it is excluded and counted, never misfiled."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from drawn import Hospital

from ehrivig import cohort, study
from ehrivig.concepts import severity

ADMISSIONS = "\n".join(
    ["hospital_id | admission_id | patient_id | admitted_at | discharged_at | age_years"]
    + [f"A | {n} | {n} | 03-01 08:00 | 03-20 08:00 | 60" for n in range(1, 8)]
)
SEVERE_ON_THE_THIRD = "\n".join(
    ["hospital_id | admission_id | vital_code | value_std | unit | measured_at"]
    + [f"A | {n} | respiratory_rate | 32 | /min | 03-03 08:00" for n in range(1, 8)]
    + [f"A | {n} | spo2 | 97 | % | 03-03 08:00" for n in range(1, 8)]
)


def content(**cohort_keys: Any) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))
    found["cohort"]["criteria"] = [
        {"name": "severe", "label": "Severe", "rule": "severity"},
        {"name": "index", "label": "First admission", "rule": "index_admission"},
    ]
    found["cohort"] |= cohort_keys
    return found


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.draw("admission", ADMISSIONS)
    drawn.draw(
        "patient",
        "hospital_id | patient_id | person_id\n"
        + "\n".join(f"A | {n} | p{n}" for n in range(1, 8)),
    )
    drawn.draw("vital", SEVERE_ON_THE_THIRD)
    drawn.db.execute(
        "CREATE OR REPLACE TABLE ref.drug AS SELECT 1 AS drug, 'iv' AS route UNION SELECT 2, 'iv'"
    )
    drawn.draw(
        "ref.drug_class", "drug | codelist | verdict\n1 | ivig | include\n2 | antibiotic | include"
    )
    drawn.draw(
        "medication",
        """
        hospital_id | admission_id | drug | dose | dose_unit | route | status    | started_at
        A           | 1            | 1    | 20   | g         | iv    | given     | 03-02 08:00
        A           | 1            | 1    | 20   | g         | iv    | given     | 03-04 08:00
        A           | 2            | 1    | 20   | g         | iv    | given     | 03-02 08:00
        A           | 3            | 1    | 20   | g         | iv    | given     | 03-03 08:00
        A           | 4            | 1    | 20   | g         | iv    | given     | 03-05 08:00
        A           | 5            | 2    | 1    | g         | iv    | given     | 03-02 08:00
        A           | 6            | 1    | 20   | g         | iv    | cancelled | 03-02 08:00
        """,
    )
    yield drawn
    drawn.db.close()


def screened(hospital: Hospital, plan: study.Study) -> tuple[pl.DataFrame, pl.DataFrame]:
    cohort.screen(hospital.db, plan, severity.prepare)
    criterion = hospital.db.frame("SELECT 'A' AS hospital_id, * FROM criterion")
    return cohort.select(hospital.db.frame("SELECT * FROM screened"), criterion, plan)


def test_treated_before_severity_is_excluded_and_counted(hospital: Hospital) -> None:
    plan = study.parse(content(time_zero="severity_onset"))
    people, flow = screened(hospital, plan)
    # 1 was treated before and after, 2 only before; 3 at that very moment; 6 never got it
    assert people["admission_id"].to_list() == [3, 4, 5, 6, 7]
    last = flow.filter(pl.col("hospital_id") == "all").sort("step").row(-1, named=True)
    assert last["criterion"] == "untreated_before"
    assert (last["admissions"], last["excluded"], last["excluded_not_measured"]) == (5, 2, 0)


def test_the_exposure_window_says_what_before_means(hospital: Hospital) -> None:
    wide = content(time_zero="severity_onset")
    wide["exposure"]["start_hours"] = -24
    people, _ = screened(hospital, study.parse(wide))
    assert people["admission_id"].to_list() == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("dose", "status", "treated"),
    [
        ("0", "given", False),  # nothing went in
        ("0", "stopped", False),
        ("-", "given", True),  # given, the amount not on record
        ("0.5", "stopped", True),
        ("20", "planned", False),
    ],
)
def test_what_was_given_before_counts_and_a_dose_of_zero_does_not(
    hospital: Hospital, dose: str, status: str, treated: bool
) -> None:
    hospital.draw(
        "medication",
        f"""hospital_id | admission_id | drug | dose | dose_unit | route | status | started_at
        A | 7 | 1 | {dose} | g | iv | {status} | 03-02 08:00""",
    )
    people, _ = screened(hospital, study.parse(content(time_zero="severity_onset")))
    assert (7 not in people["admission_id"].to_list()) == treated


@pytest.mark.parametrize(
    ("at", "known"),
    [("-", False), ("03-02 08:00", False), ("03-03 08:00", True), ("03-04 08:00", True)],
)
def test_a_dose_that_was_set_aside_may_have_been_before(
    hospital: Hospital, at: str, known: bool
) -> None:
    assert hospital.db.exists("main.unread_event")
    hospital.draw(
        "unread_event",
        f"""from_table | admission_id | variable | started_at
        medication | 7 | ivig | {at}
        medication | 1 | ivig | {at}""",
    )
    people, flow = screened(hospital, study.parse(content(time_zero="severity_onset")))
    assert (7 in people["admission_id"].to_list()) == known
    last = flow.filter(pl.col("hospital_id") == "all").sort("step").row(-1, named=True)
    assert (last["excluded"], last["excluded_not_measured"]) == (2 + (not known), 0 + (not known))


def test_admission_as_time_zero_adds_no_criterion(hospital: Hospital) -> None:
    plan = study.parse(content(time_zero="admission"))
    assert [c.name for c in plan.cohort.criteria] == ["severe", "index"]
    people, _ = screened(hospital, plan)
    assert people.height == 7


def test_a_criterion_of_ones_own_is_kept() -> None:
    own = {"name": "naive", "label": "Newly treated", "rule": "untreated_before"}
    keys = content(time_zero="severity_onset")
    keys["cohort"]["criteria"].append(own)
    plan = study.parse(keys)
    assert [c.name for c in plan.cohort.criteria] == ["severe", "index", "naive"]
    assert study.parse(plan.model_dump(by_alias=True, exclude_none=True)) == plan
