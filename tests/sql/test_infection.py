"""Infection: coded, proven, or suspected by antibiotic and culture."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""


@pytest.mark.parametrize(
    ("culture", "met"),
    [
        ("01-05 10:00", True),
        ("01-06 10:00", True),
        ("01-06 10:01", None),
        ("01-02 10:00", True),
        ("01-02 09:59", None),
    ],
)
def test_suspicion_needs_both_in_time(hospital: Hospital, culture: str, met: bool | None) -> None:
    hospital.admit(STAY)
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|antibiotic|include")
    hospital.draw("medication", "admission_id|drug|status|started_at\n1|1|given|01-05 10:00")
    hospital.draw(
        "pathogen_test",
        f"admission_id|organism_code|method|result|collected_at\n1|x|culture|negative|{culture}",
    )
    found = hospital.rows("infection")
    antibiotic = datetime(2020, 1, 5, 10)
    moment = datetime.strptime("2020-" + culture, "%Y-%m-%d %H:%M")
    assert found == [(1, met, min(antibiotic, moment) if met else None)]


def test_an_antibiotic_alone_is_no_infection(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|antibiotic|include")
    hospital.draw("medication", "admission_id|drug|status|started_at\n1|1|given|01-05 10:00")
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|I10|ICD10")
    assert hospital.met("infection") == {1: False}


@pytest.mark.parametrize(
    ("method", "result", "met"),
    [
        ("culture", "positive", True),
        ("rna", "positive", True),
        ("antibody", "positive", None),
        ("culture", "negative", None),
        ("culture", "not_done", None),
    ],
)
def test_proof(hospital: Hospital, method: str, result: str, met: bool | None) -> None:
    hospital.admit(STAY)
    hospital.draw(
        "pathogen_test",
        f"admission_id|organism_code|method|result|collected_at\n1|x|{method}|{result}|01-03 10:00",
    )
    assert hospital.met("infection") == {1: met}


def test_codes(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("ref.condition", "vocabulary|code|condition\nICD10|A41.9|sepsis")
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|I10|ICD10")
    assert hospital.met("infection") == {1: False}
    hospital.draw(
        "diagnosis", "admission_id|code|vocabulary|diagnosed_at\n1|A41.9|ICD10|01-04 00:00"
    )
    assert hospital.rows("infection") == [(1, True, datetime(2020, 1, 4))]
