"""A concept as an outcome: first met at or after time zero."""

from __future__ import annotations

from drawn import Hospital


def test_incident_concept(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at | time_zero
        1 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
        2 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
        3 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
        4 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
        5 | 01-02 10:00 | 01-20 10:00 | 01-03 10:00
        """
    )
    hospital.db.execute(
        "CREATE TABLE concept_met (admission_id BIGINT, met BOOLEAN, first_at TIMESTAMP)"
    )
    hospital.draw(
        "concept_met",
        """admission_id | met | first_at
        1 | true | 01-03 10:00
        2 | true | 01-03 09:59
        3 | false | -
        4 | - | -""",
    )
    assert hospital.rows("course_concept") == [
        (1, True),
        (2, False),
        (3, False),
        (4, None),
        (5, None),
    ]
