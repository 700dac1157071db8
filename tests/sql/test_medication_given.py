"""Drugs given in a window, by code list."""

from __future__ import annotations

from drawn import Hospital

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-20 10:00
    2 | 01-02 10:00 | 01-20 10:00
    3 | 01-02 10:00 | 01-20 10:00
    4 | 01-02 10:00 | 01-20 10:00
"""
CLASSES = """
    drug | codelist | verdict
    1 | glucocorticoid | include
    2 | antiviral | include
    2 | ribavirin | include
    3 | antiviral | exclude
    4 | antiviral | quarantine
"""
GIVEN = """
    admission_id | drug | status | started_at | stopped_at
    1 | 1 | given | 01-02 10:00 | -
    1 | 2 | stopped | 01-03 09:59 | 01-03 10:30
    2 | 1 | given | 01-02 09:59 | -
    2 | 2 | given | 01-03 10:00 | -
    3 | 1 | cancelled | 01-02 11:00 | -
    3 | 1 | not_given | 01-02 11:00 | -
    3 | 1 | unknown | 01-02 11:00 | -
    3 | 3 | given | 01-02 11:00 | -
    3 | 4 | given | 01-02 11:00 | -
    9 | 1 | given | 01-02 11:00 | -
"""


def test_only_what_was_given_in_the_window_counts(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor()
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", GIVEN)
    values = {"codelists": ["glucocorticoid", "antiviral"], "start_hours": 0, "end_hours": 24}
    assert hospital.rows("medication_given", **values) == [
        (1, "antiviral", True),
        (1, "glucocorticoid", True),
        (2, "antiviral", False),
        (2, "glucocorticoid", False),
        (3, "antiviral", False),
        (3, "glucocorticoid", False),
        (4, "antiviral", False),
        (4, "glucocorticoid", False),
    ]


def test_without_an_end_the_window_is_the_stay(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor("admitted_at")
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", GIVEN)
    values = {"codelists": ["ribavirin"], "start_hours": 0, "end_hours": None}
    found = hospital.rows("medication_given", **values)
    assert [row[2] for row in found] == [True, True, False, False]


def test_without_any_administration_nothing_is_known(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.anchor()
    values = {"codelists": ["ribavirin"], "start_hours": 0, "end_hours": 24}
    assert [row[2] for row in hospital.rows("medication_given", **values)] == [None] * 4


def test_a_row_that_nobody_can_read_leaves_its_own_stay_open(hospital: Hospital) -> None:
    """In the window of another stay, which begins later, it is none of either."""
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-06 10:00 | 01-20 10:00"""
    )
    hospital.anchor()
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", GIVEN.splitlines()[1] + "\n9 | 1 | given | 01-02 11:00 | -")
    assert hospital.db.exists("main.unread_event")
    hospital.draw(
        "unread_event",
        """from_table | admission_id | variable | started_at
        medication | 1 | antiviral | 01-06 12:00
        medication | 2 | ribavirin | 01-06 12:00""",
    )
    values = {"codelists": ["antiviral", "ribavirin"], "start_hours": 0, "end_hours": 24}
    assert hospital.rows("medication_given", **values) == [
        (1, "antiviral", False),
        (1, "ribavirin", False),
        (2, "antiviral", False),
        (2, "ribavirin", None),
    ]
