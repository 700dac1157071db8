"""Complications: incident, absent at baseline, onset after time zero."""

from __future__ import annotations

import pytest
from drawn import Hospital


def course(hospital: Hospital, codes: str, zero: str = "01-02 10:00") -> object:
    hospital.admit(
        f"""admission_id | admitted_at | discharged_at | time_zero
        1 | 01-02 10:00 | 01-20 10:00 | {zero}"""
    )
    hospital.draw(
        "ref.condition",
        "vocabulary|code|condition\nICD10|J80|ards\nICD9CM|518.82|ards\nICD10|D65|dic",
    )
    hospital.draw(
        "diagnosis",
        "admission_id | code | vocabulary | present_on_admission | diagnosed_at\n" + codes,
    )
    found = hospital.rows("course_condition", conditions=["ards"])
    return found[0][2] if found else "no row"


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        ("1 | J80 | ICD10 | false | 01-05 10:00", True),
        ("1 | J80 | ICD10 | - | 01-02 10:00", True),
        ("1 | J80 | ICD10 | - | 01-02 09:59", False),
        ("1 | J80 | ICD10 | true | 01-05 10:00", False),
        ("1 | J80 | ICD10 | false | -", True),
        ("1 | J80 | ICD10 | false | 01-02 00:00", True),
        ("1 | J80 | ICD10 | false | 01-01 00:00", False),
        ("1 | J80 | ICD10 | - | -", None),
        ("1 | J80 | ICD10 | - | -\n1 | J80 | ICD10 | false | 01-05 10:00", None),
        ("1 | 518.82 | ICD9CM | true | -\n1 | J80 | ICD10 | false | 01-05 10:00", False),
        ("1 | J80 | ICD9CM | false | 01-05 10:00", False),
        ("1 | D65 | ICD10 | false | 01-05 10:00", False),
        ("9 | J80 | ICD10 | false | 01-05 10:00", "no row"),
    ],
)
def test_incident_when_time_zero_is_the_admission(
    hospital: Hospital, codes: str, value: object
) -> None:
    assert course(hospital, codes) == value


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        ("1 | J80 | ICD10 | false | -", None),
        ("1 | J80 | ICD10 | false | 01-04 00:00", False),
        ("1 | J80 | ICD10 | false | 01-04 12:00", True),
    ],
)
def test_a_later_time_zero_needs_a_date(hospital: Hospital, codes: str, value: object) -> None:
    assert course(hospital, codes, zero="01-04 10:00") == value
