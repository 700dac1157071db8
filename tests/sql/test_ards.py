"""Berlin ARDS: grades, opacities within a week, support, cardiac oedema, three values."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""


def gas(hospital: Hospital, pao2: float, fio2: str = "0.5", device: str = "imv") -> None:
    hospital.draw(
        "respiratory_support",
        f"admission_id|device|started_at|stopped_at|fio2\n1|{device}|01-10 00:00|-|{fio2}",
    )
    hospital.draw("lab", f"admission_id|analyte|value_std|collected_at\n1|pao2|{pao2}|01-10 10:00")


def image(hospital: Hospital, code: str, present: str, at: str = "01-10 10:00") -> None:
    hospital.draw(
        "finding", f"admission_id|finding_code|present|observed_at\n1|{code}|{present}|{at}"
    )


@pytest.mark.parametrize(
    ("pao2", "grade"),
    [
        (50, "severe"),
        (50.1, "moderate"),
        (100, "moderate"),
        (100.1, "mild"),
        (150, "mild"),
        (150.1, "none"),
    ],
)
def test_grades(hospital: Hospital, pao2: float, grade: str) -> None:
    hospital.admit(STAY)
    gas(hospital, pao2)
    assert [row[2] for row in hospital.rows("ards_gas")] == [grade]


@pytest.mark.parametrize(
    ("at", "met"),
    [
        ("01-03 10:00", True),
        ("01-03 09:59", None),
        ("01-17 10:00", True),
        ("01-17 10:01", None),
    ],
)
def test_opacities_within_a_week(hospital: Hospital, at: str, met: bool | None) -> None:
    hospital.admit(STAY)
    gas(hospital, 100)
    image(hospital, "bilateral_opacities", "true", at)
    first = datetime(2020, 1, 10, 10) if met else None
    assert hospital.rows("ards_berlin") == [(1, met, first)]


@pytest.mark.parametrize(
    ("device", "berlin", "no_peep"),
    [("imv", True, True), ("niv", True, True), ("hfnc", False, True), ("face_mask", False, True)],
)
def test_support_stands_for_peep(
    hospital: Hospital, device: str, berlin: bool, no_peep: bool
) -> None:
    hospital.admit(STAY)
    gas(hospital, 100, device=device)
    image(hospital, "bilateral_opacities", "true")
    assert hospital.met("ards_berlin") == {1: berlin}
    assert hospital.met("ards_berlin_no_peep") == {1: no_peep}


def test_cardiac_oedema_excludes(hospital: Hospital) -> None:
    hospital.admit(STAY)
    gas(hospital, 100)
    image(hospital, "bilateral_opacities", "true")
    image(hospital, "cardiogenic_oedema", "true", "01-15 10:00")
    assert hospital.met("ards_berlin_no_peep") == {1: False}


@pytest.mark.parametrize(
    ("pao2", "fio2", "opacities", "met"),
    [
        (160, "0.5", None, False),
        (100, "0.5", "false", False),
        (100, "0.5", None, None),
        (100, "-", "true", None),
        (100, "0", "true", None),
        (100, "40", "true", None),
    ],
)
def test_three_values(
    hospital: Hospital, pao2: float, fio2: str, opacities: str | None, met: bool | None
) -> None:
    hospital.admit(STAY)
    gas(hospital, pao2, fio2)
    if opacities:
        image(hospital, "bilateral_opacities", opacities)
    assert hospital.met("ards_berlin") == {1: met}


def test_ecmo_on_top_of_ventilation_hides_neither(hospital: Hospital) -> None:
    """Ventilation for eight days, ECMO for two of them without an FiO2, a gas two days later."""
    hospital.admit(STAY)
    hospital.draw(
        "respiratory_support",
        """admission_id|device|started_at|stopped_at|fio2
        1|imv|01-02 00:00|01-10 00:00|0.8
        1|ecmo|01-04 00:00|01-06 00:00|-""",
    )
    hospital.draw("lab", "admission_id|analyte|value_std|collected_at\n1|pao2|64|01-08 00:00")
    image(hospital, "bilateral_opacities", "true", "01-08 00:00")
    assert hospital.rows("ards_berlin") == [(1, True, datetime(2020, 1, 8))]
    assert [row[2] for row in hospital.rows("ards_gas")] == ["severe"]


def test_support_that_nobody_sends_is_unknown(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("vital", "admission_id|vital_code|value_std|measured_at\n1|fio2|0.5|01-10 10:00")
    hospital.draw("lab", "admission_id|analyte|value_std|collected_at\n1|pao2|100|01-10 10:00")
    image(hospital, "bilateral_opacities", "true")
    assert hospital.met("ards_berlin") == {1: None}
    assert hospital.met("ards_berlin_no_peep") == {1: True}
    hospital.draw("respiratory_support", "admission_id|device|started_at\n2|imv|01-10 00:00")
    assert hospital.met("ards_berlin") == {1: False}


def test_no_gas_is_not_measured(hospital: Hospital) -> None:
    hospital.admit(STAY)
    image(hospital, "bilateral_opacities", "true")
    assert hospital.met("ards_berlin") == {1: None}
