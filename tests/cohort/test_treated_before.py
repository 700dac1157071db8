"""Rule treated_before: a drug of a list by time zero, drawn by hand with ties and nulls."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from drawn import Hospital

from ehrivig import study
from ehrivig.cohort import cohort_query
from ehrivig.errors import StudyError

ADMISSIONS = """
    admission_id | admitted_at | discharged_at
    1            | 01-02 10:00 | 01-20 00:00
    2            | 01-02 10:00 | 01-20 00:00
    3            | 01-02 10:00 | 01-20 00:00
    4            | 01-02 10:00 | 01-20 00:00
    5            | 01-02 10:00 | 01-20 00:00
    6            | 01-02 10:00 | 01-20 00:00
"""
SEVERE = """
    name   | admission_id | met  | first_at
    severe | 1            | TRUE | 01-03 00:00
    severe | 2            | TRUE | 01-03 00:00
    severe | 3            | TRUE | 01-03 00:00
    severe | 4            | TRUE | 01-03 00:00
    severe | 5            | TRUE | 01-01 00:00
    severe | 6            | TRUE | -
"""
GIVEN = """
    admission_id | drug | status    | dose | started_at
    1            | 1    | given     | 1    | 01-03 00:00
    2            | 1    | given     | 1    | 01-03 00:01
    3            | 1    | cancelled | 1    | 01-02 12:00
    4            | 2    | given     | 1    | 01-02 12:00
    5            | 1    | stopped   | 1    | 01-02 10:00
    6            | 1    | given     | 1    | -
"""


@pytest.fixture
def drawn() -> Iterator[Hospital]:
    hospital = Hospital()
    hospital.admit(ADMISSIONS)
    columns = "(name VARCHAR, admission_id BIGINT, met BOOLEAN, first_at TIMESTAMP)"
    hospital.db.execute(f"CREATE TABLE criterion {columns}")
    hospital.draw("criterion", SEVERE)
    classes = "drug | codelist | verdict\n1 | crystalloid | include\n2 | other | include"
    hospital.draw("ref.drug_class", classes)
    yield hospital
    hospital.db.close()


def met(hospital: Hospital, severity: str | None) -> dict[int, bool | None]:
    names = {"names": [severity] if severity else []}
    hospital.db.table("moment", cohort_query("moment"), names)
    values = {"codelist": "crystalloid"}
    rows = hospital.db.frame(cohort_query("rule_treated_before"), values).rows()
    return {row[0]: row[1] for row in sorted(rows)}


def test_given_by_the_moment_of_severity_that_moment_included(drawn: Hospital) -> None:
    drawn.draw("medication", GIVEN)
    # 1 at time zero; 2 a minute later; 3 cancelled; 4 another list; 5 severe before admission, so
    # time zero is the admission; 6 without a moment
    assert met(drawn, "severe") == {1: True, 2: False, 3: False, 4: False, 5: True, 6: False}


def test_time_zero_is_the_admission_without_a_severity(drawn: Hospital) -> None:
    drawn.draw("medication", GIVEN)
    assert met(drawn, None) == {1: False, 2: False, 3: False, 4: False, 5: True, 6: False}


def test_a_dose_that_was_set_aside_may_have_been_by_then(drawn: Hospital) -> None:
    drawn.draw("medication", GIVEN)
    assert drawn.db.exists("main.unread_event")
    drawn.draw(
        "unread_event",
        """from_table | admission_id | variable | started_at
        medication | 1 | crystalloid | -
        medication | 2 | crystalloid | 01-03 00:00
        medication | 3 | crystalloid | 01-03 00:01
        medication | 4 | another | -
        medication | 6 | crystalloid | -""",
    )
    assert met(drawn, "severe") == {1: True, 2: None, 3: False, 4: False, 5: True, 6: None}


def test_a_hospital_without_administrations_does_not_know(drawn: Hospital) -> None:
    assert set(met(drawn, "severe").values()) == {None}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('codelist = "crystalloid" }', 'codelist = "cristalloid" }', "Did you mean 'crystalloid'"),
        (', codelist = "crystalloid" }', " }", "rule 'treated_before' needs codelist"),
        ('rule = "age", min = 18', 'rule = "age", min = 18, codelist = "ivig"', "does not read"),
    ],
)
def test_the_study_file_is_held_to_the_rule(old: str, new: str, said: str) -> None:
    text = study.locate("albumin_septic_shock").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(StudyError, match=said):
        study.parse(tomllib.loads(text.replace(old, new, 1)))


def test_it_comes_after_the_severity_that_sets_time_zero() -> None:
    text = study.locate("albumin_septic_shock").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    criteria = content["cohort"]["criteria"]
    criteria.insert(0, criteria.pop(2))
    with pytest.raises(StudyError, match="treated_before comes before the rule severity"):
        study.parse(content)
