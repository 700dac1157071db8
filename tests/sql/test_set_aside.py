"""An event that was set aside is neither yes nor no: unknown, unless another row proves it."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import Hospital

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-20 10:00
    2 | 01-02 10:00 | 01-20 10:00
    3 | 01-02 10:00 | 01-20 10:00
    4 | 01-02 10:00 | 01-20 10:00
"""
DOUBTED = """
    from_table | admission_id | variable | started_at
    {table} | 1 | {it} | -
    {table} | 2 | {it} | -
    {table} | 3 | another | -
    another | 4 | {it} | -
"""
CODES = """
    admission_id | code | vocabulary | present_on_admission | diagnosed_at
    1 | {code} | ICD10 | {flag} | 01-04 10:00
    2 | Z00 | ICD10 | {flag} | 01-04 10:00
    3 | Z00 | ICD10 | {flag} | 01-04 10:00
    4 | Z00 | ICD10 | {flag} | 01-04 10:00
"""
"""Admission 1 has a good row, 2 a doubtful one alone; the doubts on 3 and 4 are of other things."""


@pytest.fixture
def asked(hospital: Hospital) -> Hospital:
    hospital.admit(STAYS)
    hospital.anchor()
    hospital.draw("ref.condition", "vocabulary|code|condition\nICD10|J80|ards\nICD10|A41|sepsis")
    hospital.draw("ref.drug_class", "drug | codelist | verdict\n1 | antiviral | include")
    assert hospital.db.exists("main.unread_event")
    return hospital


def doubt(hospital: Hospital, table: str, it: str) -> None:
    hospital.draw("unread_event", DOUBTED.format(table=table, it=it))


@pytest.mark.parametrize(
    ("concept", "flag", "values"),
    [
        ("baseline_condition", "true", {"conditions": ["ards"]}),
        ("course_condition", "false", {"conditions": ["ards"]}),
    ],
)
def test_a_condition(asked: Hospital, concept: str, flag: str, values: dict[str, Any]) -> None:
    asked.draw("diagnosis", CODES.format(code="J80", flag=flag))
    doubt(asked, "diagnosis", "ards")
    found = {row[0]: row[-1] for row in asked.rows(concept, **values)}
    assert found == {1: True, 2: None, 3: False, 4: False}


def test_a_condition_of_a_criterion_and_an_infection(asked: Hospital) -> None:
    asked.draw("diagnosis", CODES.format(code="A41", flag="true"))
    doubt(asked, "diagnosis", "sepsis")
    right = {1: True, 2: None, 3: False, 4: False}
    assert asked.met("evidence_condition", condition="sepsis") == right
    assert asked.met("infection") == right


@pytest.mark.parametrize(
    ("concept", "table", "column", "code"),
    [
        ("course_procedure", "procedure", "procedure_code", "ecmo"),
        ("course_device", "respiratory_support", "device", "invasive_ventilation"),
    ],
)
def test_a_procedure_or_a_device(
    asked: Hospital, concept: str, table: str, column: str, code: str
) -> None:
    asked.draw(
        table,
        f"""hospital_id | admission_id | {column} | started_at | stopped_at
        H | 1 | {code} | 01-04 10:00 | 01-05 10:00""",
    )
    doubt(asked, table, code)
    found = {row[0]: row[-1] for row in asked.rows(concept, codes=[code])}
    assert found == {1: True, 2: None, 3: False, 4: False}


def test_a_finding_or_a_result_of_a_lab(asked: Hospital) -> None:
    present = "\n".join(f"{n} | remission | {n == 1} | 01-03 10:00" for n in range(1, 5))
    asked.draw("finding", "admission_id | finding_code | present | observed_at\n" + present)
    doubt(asked, "finding", "remission")
    found = {row[0]: row[-1] for row in asked.rows("course_finding", codes=["remission"])}
    assert found == {1: True, 2: None, 3: False, 4: False}
    result = "\n".join(f"{n} | lactate | {1 if n == 1 else 9} | 01-03 10:00" for n in range(1, 5))
    asked.draw("lab", "admission_id | analyte | value_std | collected_at\n" + result)
    doubt(asked, "lab", "lactate")
    asked.db.table("lab_baseline", "SELECT 1 AS admission_id, 9.0 AS value WHERE FALSE")
    times = dict.fromkeys(("at_least", "times_at_least", "times_at_most", "within_days"))
    window = {"start_hours": -24.0, "end_hours": 24.0}
    assert asked.met("lab_reached", analyte="lactate", at_most=2.0, **times, **window) == {
        1: True,
        2: None,
        3: False,
        4: False,
    }


@pytest.mark.parametrize(
    ("at", "value"),
    [("-", None), ("01-03 09:59", None), ("01-02 10:00", None), ("01-03 10:00", False)],
)
def test_a_drug_in_a_window(asked: Hospital, at: str, value: bool | None) -> None:
    asked.draw(
        "medication",
        """hospital_id | admission_id | drug | status | started_at
        H | 1 | 1 | given | 01-02 12:00""",
    )
    asked.draw(
        "unread_event",
        f"""from_table | admission_id | variable | started_at
        medication | 1 | antiviral | {at}
        medication | 2 | antiviral | {at}
        medication | 3 | another | {at}""",
    )
    window = {"codelists": ["antiviral"], "start_hours": 0, "end_hours": 24}
    found = {row[0]: row[-1] for row in asked.rows("medication_given", **window)}
    assert found == {1: True, 2: value, 3: False, 4: False}


def test_a_test_for_a_pathogen(asked: Hospital) -> None:
    asked.draw(
        "pathogen_test",
        "admission_id | organism_code | method | result | collected_at\n"
        + "\n".join(
            f"{n} | sars_cov_2 | rna | {'positive' if n == 1 else 'negative'} | 01-03 10:00"
            for n in range(1, 5)
        ),
    )
    doubt(asked, "pathogen_test", "sars_cov_2")
    found = asked.met("evidence_pathogen", organism="sars_cov_2", method="rna")
    assert found == {1: True, 2: None, 3: False, 4: False}


def test_a_vasopressor_leaves_shock_open(asked: Hospital) -> None:
    asked.draw(
        "medication",
        """hospital_id | admission_id | drug | status | started_at
        H | 1 | 1 | given | 01-02 12:00""",
    )
    doubt(asked, "medication", "vasopressor")
    assert asked.met("shock") == {1: None, 2: None, 3: False, 4: False}
