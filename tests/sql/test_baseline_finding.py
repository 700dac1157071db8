"""Findings: present, absent, or not recorded."""

from __future__ import annotations

from drawn import Hospital


def test_presence_wins_over_absence_and_silence_is_not_absence(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 10:00 | 01-20 10:00
        2 | 01-02 10:00 | 01-20 10:00
        3 | 01-02 10:00 | 01-20 10:00
        """
    )
    hospital.anchor()
    hospital.draw(
        "finding",
        """admission_id | finding_code | present | observed_at
        1 | fever | false | 01-02 10:00
        1 | fever | true | 01-02 12:00
        1 | cough | false | 01-02 10:00
        1 | cough | true | 01-03 10:00
        2 | fever | - | 01-02 10:00
        3 | rash | true | 01-02 10:00""",
    )
    found = hospital.rows(
        "baseline_finding", findings=["fever", "cough"], start_hours=-24, end_hours=24
    )
    assert found == [(1, "cough", False), (1, "fever", True)]
