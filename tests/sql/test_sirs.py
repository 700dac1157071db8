"""SIRS: strict inequalities, two criteria within 24 h, three values."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""
VITALS = {"temperature", "heart_rate", "respiratory_rate"}


def draw(hospital: Hospital, rows: list[tuple[str, float, str]]) -> None:
    for code, value, at in rows:
        if code in VITALS:
            text = "admission_id|vital_code|value_std|measured_at"
            hospital.draw("vital", f"{text}\n1|{code}|{value}|{at}")
        else:
            text = "admission_id|analyte|value_std|collected_at"
            hospital.draw("lab", f"{text}\n1|{code}|{value}|{at}")


@pytest.mark.parametrize(
    ("code", "value", "sign"),
    [
        ("temperature", 38, None),
        ("temperature", 38.1, 1),
        ("temperature", 36, None),
        ("temperature", 35.9, 1),
        ("heart_rate", 90, None),
        ("heart_rate", 90.5, 2),
        ("respiratory_rate", 20, None),
        ("respiratory_rate", 20.5, 4),
        ("paco2", 32, None),
        ("paco2", 31.9, 4),
        ("wbc", 12, None),
        ("wbc", 12.1, 8),
        ("wbc", 4, None),
        ("wbc", 3.9, 8),
        ("bands", 10, None),
        ("bands", 10.1, 8),
    ],
)
def test_every_edge(hospital: Hospital, code: str, value: float, sign: int | None) -> None:
    hospital.admit(STAY)
    draw(hospital, [(code, value, "01-02 10:00")])
    assert [row[2] for row in hospital.rows("sirs_sign")] == ([] if sign is None else [sign])


def test_a_converted_temperature_of_exactly_38_is_not_fever(hospital: Hospital) -> None:
    hospital.admit(STAY)
    fahrenheit = 100.4 * 0.5555555555555556 - 17.77777777777778
    draw(hospital, [("temperature", fahrenheit, "01-02 10:00")])
    assert hospital.rows("sirs_sign") == []


@pytest.mark.parametrize(
    ("second", "met"),
    [("01-03 10:00", True), ("01-03 10:01", False), ("01-02 10:00", True), ("01-01 23:00", False)],
)
def test_two_criteria_within_24_hours(hospital: Hospital, second: str, met: bool) -> None:
    hospital.admit(STAY)
    draw(
        hospital,
        [
            ("temperature", 39, "01-02 10:00"),
            ("heart_rate", 100, second),
            ("heart_rate", 80, "01-10 10:00"),
            ("respiratory_rate", 15, "01-02 10:00"),
            ("wbc", 8, "01-02 10:00"),
        ],
    )
    expected = max(datetime(2020, 1, 2, 10), datetime.strptime("2020-" + second, "%Y-%m-%d %H:%M"))
    assert hospital.rows("sirs") == [(1, met, expected if met else None)]


def test_two_signs_of_one_criterion_are_one(hospital: Hospital) -> None:
    hospital.admit(STAY)
    rows = [("respiratory_rate", 25, "01-02 10:00"), ("paco2", 30, "01-02 10:00")]
    rows += [("temperature", 37, "01-02 10:00"), ("heart_rate", 80, "01-02 10:00")]
    draw(hospital, [*rows, ("wbc", 8, "01-02 10:00")])
    assert hospital.rows("sirs") == [(1, False, None)]


@pytest.mark.parametrize(
    ("values", "met"),
    [
        ({"temperature": 37, "heart_rate": 80, "respiratory_rate": 15, "wbc": 8}, False),
        ({"temperature": 37, "heart_rate": 80, "respiratory_rate": 15}, False),
        ({"temperature": 39, "heart_rate": 80, "respiratory_rate": 15}, None),
        ({"temperature": 37, "heart_rate": 80}, None),
        ({"temperature": 39, "heart_rate": 95}, True),
        ({}, None),
    ],
)
def test_three_values(hospital: Hospital, values: dict[str, float], met: bool | None) -> None:
    hospital.admit(STAY)
    draw(hospital, [(code, value, "01-02 10:00") for code, value in values.items()])
    assert hospital.met("sirs") == {1: met}
