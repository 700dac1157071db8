"""The first recorded value of each score in the window."""

from __future__ import annotations

from drawn import Hospital


def test_first_value_with_the_highest_of_a_tie(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "score",
        """admission_id | score_code | value | scored_at
        1 | sofa | 4 | 01-02 12:00
        1 | sofa | 6 | 01-02 12:00
        1 | sofa | 9 | 01-02 13:00
        1 | apache_ii | 0 | 01-02 12:00
        2 | sofa | - | 01-02 12:00
        2 | sofa | 3 | 01-04 12:00""",
    )
    found = hospital.rows(
        "baseline_score", scores=["sofa", "apache_ii"], start_hours=-24, end_hours=24, last=False
    )
    assert found == [(1, "apache_ii", 0), (1, "sofa", 6)]


def test_the_last_at_or_before_time_zero_else_the_first_after_it(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "score",
        """admission_id | score_code | value | scored_at
        1 | sofa | 9 | 01-02 09:00
        1 | sofa | 4 | 01-02 10:00
        1 | sofa | 6 | 01-02 10:00
        1 | sofa | 8 | 01-02 11:00
        2 | sofa | 3 | 01-02 12:00
        2 | sofa | 5 | 01-02 12:00""",
    )
    asked = {"scores": ["sofa"], "start_hours": -24, "end_hours": 24, "last": True}
    assert hospital.rows("baseline_score", **asked) == [(1, "sofa", 6), (2, "sofa", 5)]
