"""SOFA: components from raw rows, both unit systems, windows, missing and bounds."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import Hospital
from severity_by_hand import daily_sofa

from ehrivig.concepts import severity

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-04 00:00
"""
FACTOR = {"creatinine": 88.4, "total_bilirubin": 17.1}
NAMES = ("respiration", "coagulation", "liver", "cardiovascular", "nervous", "renal")


def labs(hospital: Hospital, text: str) -> None:
    """Rows of `analyte | value | unit | time`, with the standard value that a layout gives."""
    for line in text.splitlines():
        analyte, value, unit, at = (cell.strip() for cell in line.split("|"))
        standard = float(value) * (FACTOR.get(analyte, 1) if unit == "mg/dL" else 1)
        hospital.draw(
            "lab",
            "admission_id | analyte | value | value_std | unit | collected_at\n"
            f"1 | {analyte} | {value} | {standard} | {unit} | {at}",
        )


def vitals(hospital: Hospital, text: str) -> None:
    hospital.draw("vital", "admission_id | vital_code | value_std | measured_at\n" + text)


def days(hospital: Hospital) -> list[dict[str, Any]]:
    return daily_sofa(hospital.db).to_dicts()


@pytest.mark.parametrize(
    ("analyte", "unit", "value", "component", "points"),
    [
        ("creatinine", "mg/dL", 1.19, "renal", 0),
        ("creatinine", "mg/dL", 1.2, "renal", 1),
        ("creatinine", "mg/dL", 2.0, "renal", 2),
        ("creatinine", "mg/dL", 3.5, "renal", 3),
        ("creatinine", "mg/dL", 5.0, "renal", 4),
        ("creatinine", "umol/L", 106.08, "renal", 0),
        ("creatinine", "umol/L", 110, "renal", 1),
        ("creatinine", "umol/L", 440, "renal", 3),
        ("creatinine", "umol/L", 441, "renal", 4),
        ("total_bilirubin", "mg/dL", 1.19, "liver", 0),
        ("total_bilirubin", "mg/dL", 1.2, "liver", 1),
        ("total_bilirubin", "mg/dL", 2.0, "liver", 2),
        ("total_bilirubin", "mg/dL", 6.0, "liver", 3),
        ("total_bilirubin", "mg/dL", 12.0, "liver", 4),
        ("total_bilirubin", "umol/L", 19.9, "liver", 0),
        ("total_bilirubin", "umol/L", 20, "liver", 1),
        ("total_bilirubin", "umol/L", 204, "liver", 3),
        ("total_bilirubin", "umol/L", 205.2, "liver", 4),
        ("platelets", "10^9/L", 99, "coagulation", 2),
    ],
)
def test_labs_are_binned_in_the_unit_reported(
    hospital: Hospital, analyte: str, unit: str, value: float, component: str, points: int
) -> None:
    hospital.admit(STAY)
    labs(hospital, f"{analyte} | {value} | {unit} | 01-02 10:00")
    first = days(hospital)[0]
    assert first[component] == points
    assert [first[name] for name in NAMES if name != component] == [None] * 5


def test_mixed_units_of_one_day_take_the_worse(hospital: Hospital) -> None:
    hospital.admit(STAY)
    labs(hospital, "creatinine|1.0|mg/dL|01-02 10:00\ncreatinine|175|umol/L|01-02 11:00")
    assert days(hospital)[0]["renal"] == 2


@pytest.mark.parametrize(
    ("device", "pao2", "points"),
    [("imv", 99, 3), ("imv", 49, 4), ("nasal_cannula", 49, 2), ("hfnc", 49, 2), ("niv", 99, 3)],
)
def test_respiration_needs_support_for_three_and_four(
    hospital: Hospital, device: str, pao2: float, points: int
) -> None:
    hospital.admit(STAY)
    hospital.draw(
        "respiratory_support",
        f"admission_id | device | started_at | fio2\n1 | {device} | 01-02 00:00 | 0.5",
    )
    labs(hospital, f"pao2 | {pao2} | mmHg | 01-02 10:00")
    assert days(hospital)[0]["respiration"] == points


@pytest.mark.parametrize("fio2", ["0", "40"])
def test_impossible_fio2_is_missing_not_infinite(hospital: Hospital, fio2: str) -> None:
    hospital.admit(STAY)
    vitals(hospital, f"1 | fio2 | {fio2} | 01-02 09:00")
    labs(hospital, "pao2 | 80 | mmHg | 01-02 10:00")
    first = days(hospital)[0]
    assert (first["respiration"], first["sofa_n_missing"]) == (None, 6)


def urine(hospital: Hospital, records: list[tuple[float, str]]) -> None:
    vitals(hospital, "\n".join(f"1 | urine_output | {ml} | {at}" for ml, at in records))


@pytest.mark.parametrize(
    ("volumes", "points"),
    [
        ([100, 100, 300], 0),
        ([100, 100, 299.9], 3),
        ([100, 50, 50], 3),
        ([100, 50, 49.9], 4),
        ([0, 0, 0], 4),
    ],
)
def test_urine_adds_up_over_a_whole_day(
    hospital: Hospital, volumes: list[float], points: int
) -> None:
    hospital.admit(STAY)
    times = ("01-02 06:00", "01-02 14:00", "01-02 22:00")
    urine(hospital, list(zip(volumes, times, strict=True)))
    assert days(hospital)[0]["renal"] == points


@pytest.mark.parametrize(
    ("times", "charted"),
    [
        (["12:00"], False),
        (["08:00", "16:00"], False),
        (["08:00", "08:00", "16:00"], False),  # two records of one moment are one
        (["00:00", "08:00", "16:00"], True),
        (["09:00", "12:00", "15:00"], True),
        (["09:01", "12:00", "18:00"], False),  # more than 9 h after the day began
        (["06:00", "14:00", "14:59"], False),  # more than 9 h before it ended
        (["06:00", "15:00", "23:00"], True),
        (["05:59", "15:00", "23:00"], False),
        ([f"{hour:02}:00" for hour in range(24)], True),
        ([f"{hour:02}:00" for hour in range(12)], False),
    ],
)
def test_a_low_sum_needs_a_day_of_charting(
    hospital: Hospital, times: list[str], charted: bool
) -> None:
    hospital.admit(STAY)
    urine(hospital, [(150 / len(times), f"01-02 {at}") for at in times])
    assert days(hospital)[0]["renal"] == (4 if charted else None)


def test_half_a_litre_is_half_a_litre_however_charted(hospital: Hospital) -> None:
    hospital.admit(STAY)
    urine(hospital, [(500, "01-02 12:00"), (499.9, "01-03 12:00")])
    assert [day["renal"] for day in days(hospital)] == [0, None]


def test_creatinine_counts_beside_urine_that_says_nothing(hospital: Hospital) -> None:
    hospital.admit(STAY)
    urine(hospital, [(150, "01-02 12:00")])
    labs(hospital, "creatinine | 1.2 | mg/dL | 01-02 10:00")
    assert days(hospital)[0]["renal"] == 1


@pytest.mark.parametrize(
    ("support", "expected"),
    [(None, (2, 2, 24)), ("imv | 01-02 00:00", (4, 4, 24)), ("hfnc | 01-02 00:00", (2, 2, 22))],
)
def test_unknown_support_widens_the_bounds(
    hospital: Hospital, support: str | None, expected: tuple[int, int, int]
) -> None:
    hospital.admit(STAY)
    if support:
        hospital.draw("respiratory_support", f"admission_id | device | started_at\n1 | {support}")
    vitals(hospital, "1 | fio2 | 0.5 | 01-02 09:00")
    labs(hospital, "pao2 | 49 | mmHg | 01-02 10:00")
    first = days(hospital)[0]
    assert (first["respiration"], first["sofa_lo"], first["sofa_hi"]) == expected


def test_urine_of_a_part_of_a_day_says_nothing(hospital: Hospital) -> None:
    hospital.admit("admission_id|admitted_at|discharged_at\n1|01-02 00:00|01-02 23:59")
    urine(hospital, [(50, "01-02 06:00"), (50, "01-02 14:00"), (50, "01-02 22:00")])
    assert days(hospital)[0]["renal"] is None


def test_pressure_and_consciousness_take_the_lowest(hospital: Hospital) -> None:
    hospital.admit(STAY)
    vitals(
        hospital,
        """1 | map | 90 | 01-02 10:00
        1 | map | 69 | 01-02 11:00
        1 | gcs | 15 | 01-02 10:00
        1 | gcs | 9 | 01-02 11:00
        1 | gcs | 3 | 01-03 00:00""",
    )
    first, second = days(hospital)
    assert (first["cardiovascular"], first["nervous"]) == (1, 3)
    assert (second["cardiovascular"], second["nervous"]) == (None, 4)


def test_missing_is_counted_and_bounded(hospital: Hospital) -> None:
    hospital.admit(STAY)
    labs(
        hospital,
        "platelets|90|10^9/L|01-02 10:00\ncreatinine|3.5|mg/dL|01-02 10:00\n"
        "total_bilirubin|10|umol/L|01-02 10:00",
    )
    vitals(hospital, "1 | map | 65 | 01-02 10:00")
    first, second = days(hospital)
    known = {"sofa": 6, "sofa_n_missing": 2, "sofa_lo": 6, "sofa_hi": 14}
    assert first | known == first
    nothing = {"sofa": None, "sofa_n_missing": 6, "sofa_lo": 0, "sofa_hi": 24}
    assert second | nothing == second


def test_three_missing_components_give_no_score(hospital: Hospital) -> None:
    hospital.admit(STAY)
    labs(hospital, "platelets|90|10^9/L|01-02 10:00\ncreatinine|3.5|mg/dL|01-02 10:00")
    vitals(hospital, "1 | map | 65 | 01-02 10:00")
    first = days(hospital)[0]
    assert (first["sofa"], first["sofa_lo"], first["sofa_hi"]) == (None, 6, 18)


def test_an_unknown_rate_widens_the_bounds(hospital: Hospital) -> None:
    hospital.admit(STAY)
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|norepinephrine|include")
    hospital.draw(
        "medication",
        """admission_id | drug | dose | dose_unit | status | started_at | stopped_at
        1 | 1 | 5 | mL/h | given | 01-02 10:00 | 01-02 12:00""",
    )
    vitals(hospital, "1 | map | 65 | 01-02 10:00")
    first = days(hospital)[0]
    assert (first["cardiovascular"], first["sofa_lo"], first["sofa_hi"]) == (3, 3, 24)


def test_first_day_begins_at_time_zero(hospital: Hospital) -> None:
    hospital.admit(
        """admission_id | admitted_at | discharged_at | time_zero
        1 | 01-02 00:00 | 01-06 00:00 | 01-03 12:00"""
    )
    labs(
        hospital,
        """platelets|10|10^9/L|01-03 11:59
        platelets|160|10^9/L|01-03 12:00
        platelets|140|10^9/L|01-04 11:59
        platelets|10|10^9/L|01-04 12:00""",
    )
    assert severity.first_day_scores(hospital.db)["sofa_lo"].to_list() == [1]
