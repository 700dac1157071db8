"""ISTH DIC: each edge, the day as the unit, bounds decide."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 06:00 | 01-05 06:00
"""


def labs(hospital: Hospital, **values: float) -> None:
    for analyte, value in values.items():
        at(hospital, analyte, value, "01-02 10:00")


def at(hospital: Hospital, analyte: str, value: float, when: str) -> None:
    hospital.draw("lab", f"admission_id|analyte|value_std|collected_at\n1|{analyte}|{value}|{when}")


@pytest.mark.parametrize(
    ("analyte", "value", "points", "spread"),
    [
        ("platelets", 100, 0, 6),
        ("platelets", 99.9, 1, 6),
        ("platelets", 50, 1, 6),
        ("platelets", 49.9, 2, 6),
        ("d_dimer", 0.49, 0, 5),
        ("d_dimer", 0.5, 2, 5),
        ("d_dimer", 4.9, 2, 5),
        ("d_dimer", 5, 3, 5),
        ("prothrombin_time", 16.4, 0, 6),
        ("prothrombin_time", 16.5, 1, 6),
        ("prothrombin_time", 19.4, 1, 6),
        ("prothrombin_time", 19.5, 2, 6),
        ("fibrinogen", 1, 0, 7),
        ("fibrinogen", 0.99, 1, 7),
    ],
)
def test_points_and_bounds(
    hospital: Hospital, analyte: str, value: float, points: int, spread: int
) -> None:
    hospital.admit(STAY)
    labs(hospital, **{analyte: value})
    assert hospital.rows("dic_score") == [(1, 1, points, points + spread)]


@pytest.mark.parametrize(
    ("values", "met"),
    [
        ({"platelets": 49, "d_dimer": 5}, True),
        ({"platelets": 90, "d_dimer": 5, "prothrombin_time": 16.5}, True),
        ({"platelets": 90, "d_dimer": 5, "prothrombin_time": 14, "fibrinogen": 2}, False),
        ({"platelets": 150, "prothrombin_time": 12}, False),
        ({"platelets": 90}, None),
        ({}, None),
    ],
)
def test_five_points(hospital: Hospital, values: dict[str, float], met: bool | None) -> None:
    hospital.admit(STAY)
    labs(hospital, **values)
    first = datetime(2020, 1, 2, 6) if met else None
    assert hospital.rows("dic_isth") == [(1, met, first)]


def test_points_of_two_days_do_not_add_up(hospital: Hospital) -> None:
    hospital.admit(STAY)
    at(hospital, "platelets", 49, "01-02 10:00")
    at(hospital, "d_dimer", 6, "01-03 06:00")
    assert hospital.met("dic_isth") == {1: None}
    at(hospital, "platelets", 49, "01-04 05:59")
    assert hospital.rows("dic_isth") == [(1, True, datetime(2020, 1, 3, 6))]
