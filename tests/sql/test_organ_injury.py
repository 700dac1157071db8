"""Acute hepatic injury, myocardial injury, shock."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""


def lab(hospital: Hospital, analyte: str, value: float, unit: str, at: str = "01-03 10:00") -> None:
    hospital.draw(
        "lab",
        f"admission_id|analyte|value_std|unit|collected_at\n1|{analyte}|{value}|{unit}|{at}",
    )


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "met"),
    [
        ("alt", 120, "U/L", True),
        ("alt", 119.9, "U/L", None),
        ("ast", 120, "U/L", True),
        ("total_bilirubin", 42, "umol/L", True),
        ("total_bilirubin", 41.9, "umol/L", None),
        ("total_bilirubin", 2.4 * 17.1, "mg/dL", True),
        ("total_bilirubin", 2.39 * 17.1, "mg/dL", None),
    ],
)
def test_hepatic_injury_edges(
    hospital: Hospital, analyte: str, value: float, unit: str, met: bool | None
) -> None:
    hospital.admit(STAY)
    lab(hospital, analyte, value, unit)
    first = datetime(2020, 1, 3, 10) if met else None
    assert hospital.rows("hepatic_injury") == [(1, met, first)]


def test_hepatic_injury_begins_with_the_first_result_above(hospital: Hospital) -> None:
    hospital.admit(STAY)
    for value, at in ((90, "01-03 08:00"), (200, "01-06 08:00"), (130, "01-05 08:00")):
        lab(hospital, "alt", value, "U/L", at)
    lab(hospital, "total_bilirubin", 50, "umol/L", "01-07 08:00")
    assert hospital.rows("hepatic_injury") == [(1, True, datetime(2020, 1, 5, 8))]


def test_no_hepatic_injury_needs_enzyme_and_bilirubin(hospital: Hospital) -> None:
    hospital.admit(STAY)
    lab(hospital, "ast", 30, "U/L")
    lab(hospital, "alt", 30, "U/L")
    assert hospital.met("hepatic_injury") == {1: None}
    lab(hospital, "total_bilirubin", 10, "umol/L")
    assert hospital.met("hepatic_injury") == {1: False}


@pytest.mark.parametrize(
    ("analyte", "value", "met"),
    [
        ("troponin_i", 40, False),
        ("troponin_i", 40.1, True),
        ("troponin_t", 14, False),
        ("troponin_t", 14.1, True),
        ("ck_mb", 400, None),
    ],
)
def test_myocardial_injury(
    hospital: Hospital, analyte: str, value: float, met: bool | None
) -> None:
    hospital.admit(STAY)
    lab(hospital, analyte, value, "ng/L")
    assert hospital.met("myocardial_injury") == {1: met}


def test_myocardial_injury_begins_with_the_first_result_above(hospital: Hospital) -> None:
    hospital.admit(STAY)
    for value, at in ((10, "01-03 08:00"), (90, "01-06 08:00"), (60, "01-05 08:00")):
        lab(hospital, "troponin_i", value, "ng/L", at)
    lab(hospital, "troponin_t", 5, "ng/L", "01-04 08:00")
    assert hospital.rows("myocardial_injury") == [(1, True, datetime(2020, 1, 5, 8))]


def test_no_myocardial_injury_has_no_moment(hospital: Hospital) -> None:
    hospital.admit(STAY.rstrip() + "\n    2 | 01-02 00:00 | 01-20 00:00\n")
    lab(hospital, "troponin_i", 10, "ng/L")
    assert hospital.rows("myocardial_injury") == [(1, False, None), (2, None, None)]


def give(hospital: Hospital, codelist: str = "norepinephrine") -> None:
    hospital.draw("ref.drug_class", f"drug|codelist|verdict\n1|{codelist}|include")
    hospital.draw(
        "medication",
        """admission_id|drug|dose|dose_unit|status|started_at|stopped_at
        1|1|0.1|ug/kg/min|given|01-05 10:00|01-05 20:00""",
    )


@pytest.mark.parametrize(
    ("lactate", "at", "basis", "met"),
    [
        (2.1, "01-04 10:00", "vasopressor_lactate", True),
        (2.1, "01-06 20:00", "vasopressor_lactate", True),
        (2, "01-05 12:00", "lactate_normal", False),
        (2.1, "01-04 09:59", "vasopressor_only", True),
        (2.1, "01-06 20:01", "vasopressor_only", True),
    ],
)
def test_shock_by_vasopressor_and_lactate(
    hospital: Hospital, lactate: float, at: str, basis: str, met: bool
) -> None:
    hospital.admit(STAY)
    give(hospital)
    lab(hospital, "lactate", lactate, "mmol/L", at)
    assert [row[1] for row in hospital.rows("shock_basis")] == [basis]
    assert hospital.met("shock") == {1: met}


def test_shock_first_moment_is_the_later_of_both(hospital: Hospital) -> None:
    hospital.admit(STAY)
    give(hospital)
    lab(hospital, "lactate", 3, "mmol/L", "01-05 18:00")
    assert hospital.rows("shock") == [(1, True, datetime(2020, 1, 5, 18))]


def test_shock_needs_a_vasopressor_and_administrations(hospital: Hospital) -> None:
    hospital.admit(STAY)
    assert hospital.rows("shock") == [(1, None, None)]
    give(hospital, "dobutamine")
    lab(hospital, "lactate", 9, "mmol/L")
    assert hospital.rows("shock") == [(1, False, None)]
