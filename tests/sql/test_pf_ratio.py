"""PaO2/FiO2: pairing in time, ties, and FiO2 values that must never give infinity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""


def ratios(hospital: Hospital) -> list[tuple[Any, ...]]:
    """(fio2, pf_mmhg, supported) of each gas, in time."""
    return [row[3:] for row in hospital.rows("pf_ratio")]


def gas(hospital: Hospital, text: str) -> None:
    hospital.draw("lab", "admission_id | analyte | collected_at | value_std\n" + text)


def fio2(hospital: Hospital, text: str) -> None:
    hospital.draw("vital", "admission_id | vital_code | measured_at | value_std\n" + text)


def support(hospital: Hospital, text: str) -> None:
    hospital.draw(
        "respiratory_support", "admission_id | device | started_at | stopped_at | fio2\n" + text
    )


def test_measured_fio2_is_used_for_four_hours(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-02 08:00 | 0.5\n1 | fio2 | 01-02 11:00 | 0.8")
    gas(
        hospital,
        """1 | pao2 | 01-02 07:59 | 80
        1 | pao2 | 01-02 08:00 | 80
        1 | pao2 | 01-02 10:59 | 80
        1 | pao2 | 01-02 15:00 | 80
        1 | pao2 | 01-02 15:01 | 80""",
    )
    assert ratios(hospital) == [
        (None, None, False),
        (0.5, 160, False),
        (0.5, 160, False),
        (0.8, 100, False),
        (None, None, False),
    ]


@pytest.mark.parametrize(("gas_at", "fio2_used"), [("12:00", 0.5), ("12:01", 0.4), ("11:59", 0.5)])
def test_a_measurement_older_than_four_hours_gives_way_to_an_earlier_device(
    hospital: Hospital, gas_at: str, fio2_used: float
) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-02 08:00 | 0.5")
    support(hospital, "1 | imv | 01-02 07:00 | - | 0.4")
    gas(hospital, f"1 | pao2 | 01-02 {gas_at} | 80")
    assert ratios(hospital) == [(fio2_used, 80 / fio2_used, True)]


def test_ties_take_the_lower_gas_and_the_higher_fio2(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-02 08:00 | 0.5\n1 | fio2 | 01-02 08:00 | 0.4")
    gas(hospital, "1 | pao2 | 01-02 09:00 | 90\n1 | pao2 | 01-02 09:00 | 80")
    assert hospital.rows("pf_ratio") == [(1, datetime(2020, 1, 2, 9), 80, 0.5, 160, False)]


@pytest.mark.parametrize("value", ["0", "40", "0.2", "1.01", "-1", "-"])
def test_impossible_fio2_gives_no_ratio(hospital: Hospital, value: str) -> None:
    hospital.admit(STAY)
    fio2(hospital, f"1 | fio2 | 01-02 08:00 | {value}")
    support(hospital, f"1 | imv | 01-02 00:00 | - | {value}")
    gas(hospital, "1 | pao2 | 01-02 09:00 | 80")
    assert ratios(hospital) == [(None, None, True)]


@pytest.mark.parametrize(("value", "expected"), [("0.21", 300.0), ("1", 63.0)])
def test_ends_of_the_fio2_range_count(hospital: Hospital, value: str, expected: float) -> None:
    hospital.admit(STAY)
    fio2(hospital, f"1 | fio2 | 01-02 08:00 | {value}")
    gas(hospital, "1 | pao2 | 01-02 09:00 | 63")
    assert ratios(hospital) == [(float(value), expected, False)]


def test_device_covers_its_interval_half_open(hospital: Hospital) -> None:
    hospital.admit(STAY)
    support(
        hospital,
        """1 | room_air | 01-02 00:00 | 01-02 06:00 | -
        1 | imv | 01-02 06:00 | 01-02 12:00 | 0.6
        1 | hfnc | 01-02 12:00 | 01-02 13:00 | -""",
    )
    gas(
        hospital,
        """1 | pao2 | 01-02 05:59 | 63
        1 | pao2 | 01-02 06:00 | 63
        1 | pao2 | 01-02 12:00 | 63
        1 | pao2 | 01-02 13:00 | 63""",
    )
    assert ratios(hospital) == [
        (0.21, 300, False),
        (0.6, 105, True),
        (None, None, False),
        (None, None, False),
    ]


def test_the_more_recent_of_device_and_measurement_counts(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-02 08:00 | 0.5\n1 | fio2 | 01-02 10:00 | 0.3")
    support(hospital, "1 | imv | 01-02 09:00 | - | 1\n1 | niv | 01-02 10:00 | - | 0.4")
    gas(hospital, "1 | pao2 | 01-02 09:30 | 60\n1 | pao2 | 01-02 10:30 | 60")
    assert ratios(hospital) == [(1, 60, True), (0.4, 150, True)]


def test_gases_outside_the_stay_or_of_nobody_eligible_do_not_count(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-01 23:00 | 0.5\n1 | fio2 | 01-20 00:00 | 0.5")
    gas(
        hospital,
        """1 | pao2 | 01-01 23:59 | 60
        1 | pao2 | 01-02 00:00 | 60
        1 | pao2 | 01-20 00:00 | 60
        1 | pao2 | 01-20 00:01 | 60
        1 | crp | 01-03 00:00 | 60
        1 | pao2 | 01-03 00:00 | 0
        2 | pao2 | 01-03 00:00 | 60""",
    )
    assert [row[1] for row in hospital.rows("pf_ratio")] == [
        datetime(2020, 1, 2),
        datetime(2020, 1, 20),
    ]


def test_a_gas_at_admission_is_read_with_the_fio2_before_it(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fio2(hospital, "1 | fio2 | 01-01 20:00 | 0.5")
    gas(hospital, "1 | pao2 | 01-02 00:00 | 60\n1 | pao2 | 01-02 00:01 | 60")
    assert ratios(hospital) == [(0.5, 120, False), (None, None, False)]
