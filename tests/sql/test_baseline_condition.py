"""Chronic conditions from coded diagnoses."""

from __future__ import annotations

import pytest
from drawn import Hospital


def test_a_code_that_arose_in_the_stay_is_no_comorbidity(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        3 | 01-02 10:00 | 01-20 10:00
        4 | 01-02 10:00 | 01-20 10:00
        5 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "ref.condition",
        """vocabulary | code | condition
        ICD10 | C34.9 | malignancy
        ICD10 | C34.9 | immunosuppression
        ICD9CM | 162.9 | malignancy
        ICD10 | J44.9 | copd
        ICD10 | I10 | hypertension""",
    )
    hospital.draw(
        "diagnosis",
        """admission_id | code | vocabulary | present_on_admission | diagnosed_at
        1 | C34.9 | ICD10 | true | 01-02 10:00
        1 | C34.9 | ICD10 | true | 01-02 10:00
        1 | J44.9 | ICD10 | false | 01-05 10:00
        2 | 162.9 | ICD9CM | - | 01-20 10:00
        3 | 162.9 | ICD10 | true | 01-02 10:00
        4 | J44.9 | ICD10 | false | 01-02 10:00
        4 | J44.9 | ICD10 | true | -""",
    )
    found = hospital.rows("baseline_condition", conditions=["malignancy", "copd"])
    assert found == [
        (1, "copd", False),
        (1, "malignancy", True),
        (2, "copd", False),
        (2, "malignancy", True),
        (3, "copd", False),
        (3, "malignancy", False),
        (4, "copd", True),
        (4, "malignancy", False),
    ]


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        ("1 | C34.9 | ICD10 | - | 01-12 10:00", None),
        ("1 | C34.9 | ICD10 | - | 01-04 23:59", True),
        ("1 | C34.9 | ICD10 | - | 01-05 00:00", None),
        ("1 | C34.9 | ICD10 | - | 01-20 00:00", True),
        ("1 | C34.9 | ICD10 | - | -", True),
        ("1 | C34.9 | ICD10 | true | 01-12 10:00", True),
        ("1 | C34.9 | ICD10 | false | 01-03 10:00", False),
        ("1 | C34.9 | ICD10 | - | 01-12 10:00\n1 | C34.9 | ICD10 | - | 01-03 10:00", True),
        ("1 | C34.9 | ICD10 | - | 01-12 10:00\n1 | C34.9 | ICD10 | false | -", None),
    ],
)
def test_a_later_code_without_a_flag_says_nothing_of_before(
    hospital: Hospital, codes: str, value: bool | None
) -> None:
    hospital.admit(
        "admission_id | admitted_at | discharged_at | time_zero\n"
        "1 | 01-02 10:00 | 01-20 10:00 | 01-04 10:00"
    )
    hospital.anchor()
    hospital.draw("ref.condition", "vocabulary | code | condition\nICD10 | C34.9 | malignancy")
    hospital.draw(
        "diagnosis",
        "admission_id | code | vocabulary | present_on_admission | diagnosed_at\n" + codes,
    )
    assert hospital.rows("baseline_condition", conditions=["malignancy"]) == [
        (1, "malignancy", value)
    ]
