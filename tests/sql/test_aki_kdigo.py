"""KDIGO: rises in 48 h and 7 days, stages, urine, replacement, three values."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-30 00:00
"""


def creatinine(hospital: Hospital, text: str, factor: float = 1) -> None:
    for line in text.splitlines():
        value, at = line.split("|")
        hospital.draw(
            "lab",
            "admission_id|analyte|value_std|unit|collected_at\n"
            f"1|creatinine|{float(value) * factor}|umol/L|{at}",
        )


def stages(hospital: Hospital) -> list[int]:
    return [row[2] for row in hospital.rows("aki_moment")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("80|01-02 10:00\n106.5|01-04 10:00", [1]),
        ("80|01-02 10:00\n106.4|01-04 10:00", []),
        ("80|01-02 10:00\n106.5|01-04 10:01", []),
        ("80|01-02 10:00\n120|01-09 10:00", [1]),
        ("80|01-02 10:00\n119.9|01-09 10:00", []),
        ("80|01-02 10:00\n120|01-09 10:01", []),
        ("80|01-02 10:00\n160|01-09 10:00", [2]),
        ("80|01-02 10:00\n239|01-09 10:00", [2]),
        ("80|01-02 10:00\n240|01-09 10:00", [3]),
        ("320|01-02 10:00\n353.6|01-03 10:00", [3]),
        ("320|01-02 10:00\n353.5|01-03 10:00", [1]),
        ("400|01-02 10:00\n400|01-03 10:00", []),
        ("120|01-02 10:00\n80|01-03 10:00", []),
        ("80|01-02 10:00\n120|01-02 10:00", [1]),
    ],
)
def test_rises(hospital: Hospital, rows: str, expected: list[int]) -> None:
    hospital.admit(STAY)
    creatinine(hospital, rows)
    assert stages(hospital) == expected


def test_a_rise_of_0_3_mg_dl(hospital: Hospital) -> None:
    hospital.admit(STAY)
    creatinine(hospital, "1.0|01-02 10:00\n1.3|01-04 10:00", factor=88.4)
    assert stages(hospital) == [1]


def test_exactly_one_and_a_half_times_in_mg_dl(hospital: Hospital) -> None:
    hospital.admit(STAY)
    creatinine(hospital, "0.4|01-02 10:00\n0.6|01-08 10:00", factor=88.4)
    assert stages(hospital) == [1]


def urine(hospital: Hospital, volumes: list[tuple[float, str]], weight: str = "100") -> None:
    hospital.draw("admission", f"admission_id|weight_kg\n1|{weight}")
    rows = "\n".join(f"1|urine_output|{ml}|{at}" for ml, at in volumes)
    hospital.draw("vital", "admission_id|vital_code|value_std|measured_at\n" + rows)


@pytest.mark.parametrize(
    ("volumes", "weight", "expected"),
    [
        ([(500, "01-03 00:00"), (150, "01-03 03:00"), (149, "01-03 06:00")], "100", [1]),
        ([(500, "01-03 00:00"), (150, "01-03 03:00"), (150, "01-03 06:00")], "100", []),
        ([(500, "01-03 00:00"), (150, "01-03 03:00"), (149, "01-03 05:59")], "100", []),
        ([(500, "01-02 12:00"), (100, "01-03 06:00")], "100", []),
        ([(500, "01-03 00:00"), (100, "01-03 06:00")], "-", []),
        ([(500, "01-03 00:00"), (100, "01-03 06:00")], "0", []),
    ],
)
def test_urine_over_six_covered_hours(
    hospital: Hospital, volumes: list[tuple[float, str]], weight: str, expected: list[int]
) -> None:
    hospital.admit(STAY)
    urine(hospital, volumes, weight)
    assert stages(hospital) == expected


def test_replacement_is_stage_three_within_the_stay(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw(
        "procedure",
        """admission_id|procedure_code|started_at|stopped_at
        1|crrt|01-05 10:00|01-06 10:00
        1|crrt|01-30 00:01|-
        1|prone_position|01-05 10:00|-""",
    )
    assert hospital.rows("aki_moment") == [(1, datetime(2020, 1, 5, 10), 3)]


@pytest.mark.parametrize(
    ("rows", "met"),
    [
        ("80|01-02 10:00\n240|01-03 10:00", True),
        ("80|01-02 10:00\n85|01-03 10:00", False),
        ("80|01-02 10:00", None),
        ("80|01-02 10:00\n85|01-02 10:00", None),
        ("80|01-02 10:00\n85|01-10 10:00", None),
        ("", None),
    ],
)
def test_three_values(hospital: Hospital, rows: str, met: bool | None) -> None:
    hospital.admit(STAY)
    creatinine(hospital, rows)
    assert hospital.met("aki_kdigo") == {1: met}


def test_the_injury_begins_with_its_first_sign(hospital: Hospital) -> None:
    hospital.admit(STAY)
    creatinine(hospital, "80|01-02 10:00\n130|01-03 10:00\n170|01-04 10:00\n260|01-05 10:00")
    assert len(stages(hospital)) > 1
    assert hospital.rows("aki_kdigo") == [(1, True, datetime(2020, 1, 3, 10))]
