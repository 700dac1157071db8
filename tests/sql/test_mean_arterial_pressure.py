"""Mean arterial pressure: measured first, else from both pressures of one moment; both extremes."""

from __future__ import annotations

from datetime import datetime

from drawn import Hospital


def test_measured_computed_and_incomplete(hospital: Hospital) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 10:00 | 01-05 10:00")
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | sbp | 120 | 01-02 10:00
        1 | dbp | 60 | 01-02 10:00
        1 | sbp | 120 | 01-02 11:00
        1 | dbp | 60 | 01-02 11:00
        1 | map | 70 | 01-02 11:00
        1 | map | 68 | 01-02 11:00
        1 | sbp | 100 | 01-02 12:00
        1 | dbp | 60 | 01-02 13:00
        1 | map | 90 | 01-03 10:00""",
    )
    rows = hospital.rows("mean_arterial_pressure")
    assert [row[1:] for row in rows] == [
        (datetime(2020, 1, 2, 10), 1, 80, 80),
        (datetime(2020, 1, 2, 11), 1, 68, 70),
        (datetime(2020, 1, 3, 10), 2, 90, 90),
    ]


def test_of_several_pressures_of_one_moment_the_extremes_of_all_pairs(hospital: Hospital) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 10:00 | 01-05 10:00")
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | sbp | 120 | 01-02 10:00
        1 | sbp | 90 | 01-02 10:00
        1 | dbp | 60 | 01-02 10:00
        1 | dbp | 45 | 01-02 10:00""",
    )
    rows = hospital.rows("mean_arterial_pressure")
    assert [row[1:] for row in rows] == [(datetime(2020, 1, 2, 10), 1, 60, 80)]
