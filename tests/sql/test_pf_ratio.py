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
        (None, None, None),
        (0.5, 160, None),
        (0.5, 160, None),
        (0.8, 100, None),
        (None, None, None),
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
    assert hospital.rows("pf_ratio") == [(1, datetime(2020, 1, 2, 9), 80, 0.5, 160, None)]


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
    assert ratios(hospital) == [(float(value), expected, None)]


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
    assert ratios(hospital) == [(0.5, 120, None), (None, None, None)]


def test_support_is_unknown_where_the_hospital_sends_none(hospital: Hospital) -> None:
    hospital.admit(STAY)
    gas(hospital, "1 | pao2 | 01-02 12:00 | 80")
    assert ratios(hospital) == [(None, None, None)]
    support(hospital, "2 | imv | 01-02 00:00 | - | 0.4")
    assert ratios(hospital) == [(None, None, False)]


VENTILATED = "1 | imv | 01-02 00:00 | 01-10 00:00 | 0.8"


@pytest.mark.parametrize(
    ("inner", "gas_at", "expected"),
    [
        # the running ventilation is not hidden by what began later
        ("ecmo | 01-04 00:00 | 01-06 00:00 | -", "01-05 00:00", (0.8, 80, True)),
        ("ecmo | 01-04 00:00 | 01-06 00:00 | -", "01-08 00:00", (0.8, 80, True)),
        ("ecmo | 01-04 00:00 | 01-04 00:00 | -", "01-08 00:00", (0.8, 80, True)),
        ("hfnc | 01-04 00:00 | 01-06 00:00 | 0.4", "01-08 00:00", (0.8, 80, True)),
        # of what is known, the last stated
        ("hfnc | 01-04 00:00 | 01-06 00:00 | 0.4", "01-05 00:00", (0.4, 160, True)),
        ("hfnc | 01-04 00:00 | 01-06 00:00 | 0.4", "01-06 00:00", (0.8, 80, True)),
        ("imv | 01-04 00:00 | 01-06 00:00 | -", "01-05 00:00", (0.8, 80, True)),
        ("room_air | 01-04 00:00 | 01-06 00:00 | -", "01-05 00:00", (0.21, 64 / 0.21, True)),
        # stated at one time: the highest
        ("niv | 01-02 00:00 | 01-06 00:00 | 0.6", "01-05 00:00", (0.8, 80, True)),
        ("niv | 01-02 00:00 | 01-06 00:00 | 1", "01-05 00:00", (1, 64, True)),
        # the last moment is not of the interval
        ("ecmo | 01-04 00:00 | 01-06 00:00 | -", "01-10 00:00", (None, None, False)),
        ("ecmo | 01-04 00:00 | 01-10 00:01 | -", "01-10 00:00", (None, None, True)),
    ],
)
def test_every_interval_that_covers_the_gas_counts(
    hospital: Hospital, inner: str, gas_at: str, expected: tuple[float | None, ...]
) -> None:
    hospital.admit(STAY)
    support(hospital, f"{VENTILATED}\n1 | {inner}")
    gas(hospital, f"1 | pao2 | {gas_at} | 64")
    (found,) = ratios(hospital)
    assert found[:1] + found[2:] == expected[:1] + expected[2:]
    assert found[1] == (None if expected[1] is None else pytest.approx(expected[1], abs=1e-6))


@pytest.mark.parametrize(
    ("rows", "gas_at", "fio2_used"),
    [
        ("1 | imv | 01-02 10:00 | 01-02 12:00 | -", "10:00", 0.6),
        ("1 | imv | 01-02 10:00 | 01-02 12:00 | -", "11:59", 0.6),
        ("1 | imv | 01-02 10:00 | 01-02 20:00 | -", "14:00", 0.6),
        ("1 | imv | 01-02 10:00 | 01-02 20:00 | -", "14:01", None),
        ("1 | imv | 01-02 10:00 | - | -", "14:00", 0.6),
        ("1 | imv | 01-02 10:00 | 01-02 11:00 | -", "11:00", None),
        # what covers the gas and states an FiO2 comes before what has ended
        ("1 | imv | 01-02 07:00 | 01-02 12:00 | 0.4", "10:30", 0.4),
        ("1 | niv | 01-02 07:00 | 01-02 12:00 | 0.4", "10:30", 0.4),
        ("1|imv|01-02 07:00|01-02 12:00|0.4\n1|imv|01-02 07:00|01-02 12:00|-", "10:30", 0.4),
        # begun while the first went on, stated nothing
        ("1 | imv | 01-02 09:00 | 01-02 12:00 | -", "11:00", 0.6),
        # a gap, and another device: what was set before says nothing of what is given now
        ("1 | imv | 01-02 10:01 | 01-02 12:00 | -", "11:00", None),
        ("1 | hfnc | 01-02 10:00 | 01-02 12:00 | -", "11:00", None),
        # a reading between, of no length, ends nothing and is known for four hours too
        ("1|imv|01-02 10:00|01-02 20:00|-\n1|imv|01-02 12:00|01-02 12:00|0.9", "11:59", 0.6),
        ("1|imv|01-02 10:00|01-02 20:00|-\n1|imv|01-02 12:00|01-02 12:00|0.9", "12:00", 0.9),
        ("1|imv|01-02 10:00|01-02 20:00|-\n1|imv|01-02 12:00|01-02 12:00|0.9", "16:00", 0.9),
        ("1|imv|01-02 10:00|01-02 20:00|-\n1|imv|01-02 12:00|01-02 12:00|-", "13:00", 0.6),
        ("1|imv|01-02 10:00|01-02 20:00|-\n1|imv|01-02 12:00|01-02 12:00|0.9", "16:01", None),
    ],
)
def test_a_stated_fio2_is_carried_while_its_device_goes_on(
    hospital: Hospital, rows: str, gas_at: str, fio2_used: float | None
) -> None:
    hospital.admit(STAY)
    support(hospital, "1 | imv | 01-02 08:00 | 01-02 10:00 | 0.6\n" + rows)
    gas(hospital, f"1 | pao2 | 01-02 {gas_at} | 60")
    assert [row[0] for row in ratios(hospital)] == [fio2_used]


@pytest.mark.parametrize(("gas_at", "expected"), [("10:00", (0.5, True)), ("10:01", (None, False))])
def test_a_reading_without_length_holds_at_its_moment(
    hospital: Hospital, gas_at: str, expected: tuple[float | None, bool]
) -> None:
    hospital.admit(STAY)
    support(hospital, "1 | imv | 01-02 10:00 | 01-02 10:00 | 0.5")
    gas(hospital, f"1 | pao2 | 01-02 {gas_at} | 60")
    assert [(row[0], row[2]) for row in ratios(hospital)] == [expected]
