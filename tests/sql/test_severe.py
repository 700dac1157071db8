"""Severity definitions: each edge, three values, first moment, agreement."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital
from severity_by_hand import agreement

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""


def vitals(hospital: Hospital, text: str) -> None:
    hospital.draw("vital", "admission_id | vital_code | value_std | measured_at\n" + text)


def gas(hospital: Hospital, pao2: float, fio2: float, admission: int = 1) -> None:
    vitals(hospital, f"{admission} | fio2 | {fio2} | 01-03 08:00")
    hospital.draw(
        "lab",
        f"admission_id | analyte | value_std | collected_at\n{admission}|pao2|{pao2}|01-03 08:00",
    )


@pytest.mark.parametrize(
    ("rate", "saturation", "met"),
    [("29.9", "93.1", False), ("30", "98", True), ("20", "93", True), ("20", "-", None)],
)
def test_china_bedside_edges(
    hospital: Hospital, rate: str, saturation: str, met: bool | None
) -> None:
    hospital.admit(STAY)
    vitals(hospital, f"1|respiratory_rate|{rate}|01-02 00:00\n1|spo2|{saturation}|01-02 01:00")
    assert hospital.met("severe_china_v6") == {1: met}


@pytest.mark.parametrize(("pao2", "met"), [(150, True), (150.1, None)])
def test_china_ratio_edge(hospital: Hospital, pao2: float, met: bool | None) -> None:
    hospital.admit(STAY)
    gas(hospital, pao2, 0.5)
    assert hospital.met("severe_china_v6") == {1: met}


def test_china_first_moment_and_the_stay(hospital: Hospital) -> None:
    hospital.admit(STAY)
    vitals(
        hospital,
        """1 | spo2 | 80 | 01-01 23:59
        1 | spo2 | 80 | 01-20 00:01
        1 | spo2 | 99 | 01-02 00:00
        1 | respiratory_rate | 31 | 01-04 00:00
        1 | respiratory_rate | 40 | 01-05 00:00""",
    )
    gas(hospital, 60, 0.5)
    assert hospital.rows("severe_china_v6") == [(1, True, datetime(2020, 1, 3, 8))]


def test_china_without_any_measurement(hospital: Hospital) -> None:
    hospital.admit(STAY)
    vitals(hospital, "2 | spo2 | 80 | 01-03 00:00")
    assert hospital.rows("severe_china_v6") == [(1, None, None)]


PNEUMONIA = """admission_id | finding_code | present | observed_at
    1 | ground_glass_opacity | true | 01-04 12:00
"""


@pytest.mark.parametrize(
    ("rate", "saturation", "device", "met"),
    [
        ("30", "90", "room_air", False),
        ("30.5", "90", "room_air", True),
        ("20", "89.9", "room_air", True),
        ("20", "89.9", "nasal_cannula", False),
        ("20", "89.9", None, None),
        ("-", "95", "room_air", None),
    ],
)
def test_who_edges(
    hospital: Hospital, rate: str, saturation: str, device: str | None, met: bool | None
) -> None:
    hospital.admit(STAY)
    hospital.draw("finding", PNEUMONIA)
    vitals(hospital, f"1|respiratory_rate|{rate}|01-03 00:00\n1|spo2|{saturation}|01-03 01:00")
    if device:
        hospital.draw(
            "respiratory_support",
            f"admission_id | device | started_at\n1 | {device} | 01-03 01:00",
        )
    assert hospital.met("severe_who_2020_01") == {1: met}


@pytest.mark.parametrize(
    ("rows", "met"),
    [
        (["room_air | 01-02 00:00 | 01-03 02:00"], True),
        (["room_air | 01-02 00:00 | 01-03 01:00"], None),  # ended when it was measured
        (["room_air | 01-02 00:00 | -"], True),
        (["imv | 01-02 00:00 | 01-03 01:00", "room_air | 01-03 01:00 | -"], True),
        # ventilated throughout, whatever began later
        (["imv | 01-02 00:00 | 01-05 00:00", "room_air | 01-03 00:00 | 01-03 02:00"], False),
        (["imv | 01-02 00:00 | 01-05 00:00", "room_air | 01-02 12:00 | 01-02 13:00"], False),
        (["room_air | 01-02 00:00 | -", "imv | 01-02 12:00 | 01-02 12:00"], True),
        (["room_air | 01-03 01:00 | 01-03 01:00"], True),
    ],
)
def test_who_saturation_on_what_covers_the_moment(
    hospital: Hospital, rows: list[str], met: bool | None
) -> None:
    hospital.admit(STAY)
    hospital.draw("finding", PNEUMONIA)
    vitals(hospital, "1|respiratory_rate|20|01-03 00:00\n1|spo2|89|01-03 01:00")
    for row in rows:
        hospital.draw("respiratory_support", f"admission_id|device|started_at|stopped_at\n1|{row}")
    assert hospital.met("severe_who_2020_01") == {1: met}


def test_who_needs_pneumonia_and_is_met_when_both_were_seen(hospital: Hospital) -> None:
    hospital.admit(STAY)
    vitals(hospital, "1|respiratory_rate|35|01-03 00:00\n1|spo2|95|01-03 00:00")
    assert hospital.rows("severe_who_2020_01") == [(1, None, None)]
    hospital.draw("finding", PNEUMONIA.replace("true", "false"))
    assert hospital.rows("severe_who_2020_01") == [(1, False, None)]
    hospital.draw("finding", PNEUMONIA)
    assert hospital.rows("severe_who_2020_01") == [(1, True, datetime(2020, 1, 4, 12))]


@pytest.mark.parametrize(
    ("present", "at", "met"),
    [
        ("-", "01-05 00:00", False),  # a finding without an answer says nothing
        ("false", "01-05 00:00", False),
        ("true", "01-02 00:00", True),
        ("true", "01-20 00:00", True),
        ("true", "01-01 23:59", False),
        ("true", "01-20 00:01", False),
    ],
)
def test_who_distress_beside_normal_vital_signs(
    hospital: Hospital, present: str, at: str, met: bool
) -> None:
    hospital.admit(STAY)
    hospital.draw("finding", PNEUMONIA + f"1 | severe_respiratory_distress | {present} | {at}")
    vitals(hospital, "1|respiratory_rate|20|01-03 00:00\n1|spo2|97|01-03 00:00")
    assert hospital.met("severe_who_2020_01") == {1: met}


def test_who_distress_suffices(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("finding", PNEUMONIA + "1 | severe_respiratory_distress | true | 01-05 00:00")
    assert hospital.rows("severe_who_2020_01") == [(1, True, datetime(2020, 1, 5))]


def test_pneumonia_by_code_counts_and_other_codes_say_nothing(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("ref.condition", "vocabulary|code|condition\nICD10|J18.9|pneumonia")
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|I10|ICD10")
    assert hospital.met("pneumonia") == {1: None}
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|J18.9|ICD10")
    assert hospital.met("pneumonia") == {1: True}


def test_either_is_the_three_valued_or_and_agreement_counts(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 00:00 | 01-20 00:00
        2 | 01-02 00:00 | 01-20 00:00
        3 | 01-02 00:00 | 01-20 00:00
        4 | 01-02 00:00 | 01-20 00:00
        """
    )
    vitals(
        hospital,
        """1 | respiratory_rate | 30 | 01-03 00:00
        1 | spo2 | 95 | 01-03 00:00
        2 | respiratory_rate | 20 | 01-03 00:00
        2 | spo2 | 95 | 01-03 00:00
        4 | respiratory_rate | 20 | 01-03 00:00
        4 | spo2 | 95 | 01-03 00:00""",
    )
    hospital.draw(
        "finding",
        """admission_id | finding_code | present | observed_at
        1 | pneumonia | true | 01-03 00:00
        2 | pneumonia | false | 01-03 00:00
        4 | pneumonia | true | 01-03 00:00
        4 | severe_respiratory_distress | true | 01-06 00:00""",
    )
    assert hospital.rows("severe_either") == [
        (1, True, datetime(2020, 1, 3)),
        (2, False, None),
        (3, None, None),
        (4, True, datetime(2020, 1, 6)),
    ]
    found = agreement(hospital.db, "severe_china_v6", "severe_who_2020_01")
    assert found.rows() == [
        ("met", "not met", 1),
        ("not measured", "not measured", 1),
        ("not met", "met", 1),
        ("not met", "not met", 1),
    ]


def test_respiratory_failure_by_device_or_ratio(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at
        1 | 01-02 00:00 | 01-20 00:00
        2 | 01-02 00:00 | 01-20 00:00
        3 | 01-02 00:00 | 01-20 00:00
        4 | 01-02 00:00 | 01-20 00:00
        5 | 01-02 00:00 | 01-20 00:00
        6 | 01-02 00:00 | 01-20 00:00
        """
    )
    hospital.draw(
        "respiratory_support",
        """admission_id | device | started_at | stopped_at
        1 | imv | 01-01 20:00 | 01-05 00:00
        2 | nasal_cannula | 01-03 00:00 | -
        4 | imv | 01-20 00:01 | -
        6 | hfnc | 01-01 00:00 | -
        5 | imv | 01-01 00:00 | 01-02 00:00""",
    )
    gas(hospital, 150, 0.5, admission=2)
    gas(hospital, 151, 0.5, admission=5)
    assert hospital.rows("severe_respiratory_failure") == [
        (1, True, datetime(2020, 1, 2)),
        (2, True, datetime(2020, 1, 3, 8)),
        (3, None, None),
        (4, None, None),
        (5, False, None),
        (6, True, datetime(2020, 1, 2)),
    ]
