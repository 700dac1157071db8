"""APACHE II: worst of the first day, oxygenation, age, chronic health and bounds."""

from __future__ import annotations

from typing import Any

import pytest
from drawn import Hospital

from ehrivig.concepts import severity

STAY = """
    admission_id | admitted_at | discharged_at | age_years
    1 | 01-02 00:00 | 01-06 00:00 | 40
"""
NORMAL_LABS = [
    ("ph", 7.4),
    ("sodium", 140),
    ("potassium", 4),
    ("creatinine", 88.4),
    ("hematocrit", 40),
    ("wbc", 8),
    ("pao2", 90),
]
NORMAL_VITALS = [
    ("temperature", 37),
    ("map", 80),
    ("heart_rate", 80),
    ("respiratory_rate", 16),
    ("gcs", 15),
    ("fio2", 0.21),
]


def draw(
    hospital: Hospital, labs: list[tuple[str, float]], vitals: list[tuple[str, float]]
) -> None:
    for analyte, value in labs:
        hospital.draw(
            "lab",
            "admission_id | analyte | value_std | unit | collected_at\n"
            f"1 | {analyte} | {value} | umol/L | 01-02 10:00",
        )
    for code, value in vitals:
        hospital.draw(
            "vital",
            "admission_id | vital_code | value_std | measured_at\n"
            f"1 | {code} | {value} | 01-02 10:00",
        )


def coded(hospital: Hospital, condition: str, present: str = "true") -> None:
    hospital.draw("ref.condition", f"vocabulary|code|condition\nICD10|X|{condition}")
    hospital.draw(
        "diagnosis",
        f"admission_id|code|vocabulary|present_on_admission\n1|X|ICD10|{present}",
    )


def score(hospital: Hospital) -> tuple[Any, ...]:
    """(apache_ii, n_missing, highest possible)."""
    found = severity.first_day_scores(hospital.db)
    return found.select("apache_ii", "apache_ii_n_missing", "apache_ii_hi").rows()[0]


def with_changes(values: list[tuple[str, float]], **changes: float) -> list[tuple[str, float]]:
    return [(name, changes.get(name, value)) for name, value in values]


def test_everything_normal_is_zero(hospital: Hospital) -> None:
    hospital.admit(STAY)
    draw(hospital, NORMAL_LABS, NORMAL_VITALS)
    coded(hospital, "hypertension")
    assert score(hospital) == (0, 0, 0)


def test_nothing_measured_is_zero_with_the_widest_bounds(hospital: Hospital) -> None:
    hospital.admit(STAY.replace("| 40", "| -"))
    assert score(hospital) == (0, 12, 71)


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"temperature": 41}, 4),
        ({"map": 49}, 4),
        ({"heart_rate": 110}, 2),
        ({"respiratory_rate": 25}, 1),
        ({"gcs": 9}, 6),
        ({"gcs": 3}, 12),
        ({"ph": 7.14}, 4),
        ({"sodium": 129}, 2),
        ({"potassium": 6}, 3),
        ({"creatinine": 3.5 * 88.4}, 4),
        ({"creatinine": 2 * 88.4}, 3),
        ({"creatinine": 0.59 * 88.4}, 2),
        ({"hematocrit": 19}, 4),
        ({"wbc": 15}, 1),
        ({"pao2": 70}, 1),
    ],
)
def test_points_of_one_variable(hospital: Hospital, changes: dict[str, float], points: int) -> None:
    hospital.admit(STAY)
    draw(hospital, with_changes(NORMAL_LABS, **changes), with_changes(NORMAL_VITALS, **changes))
    coded(hospital, "hypertension")
    assert score(hospital) == (points, 0, points)


@pytest.mark.parametrize(
    ("pressures", "points"),
    [
        (["map 165", "map 90"], 4),  # of one minute the worst, whichever side it lies on
        (["map 45", "map 90"], 4),
        (["map 45", "map 165"], 4),
        (["map 60", "map 165"], 4),
        (["sbp 215", "dbp 130", "sbp 120"], 3),  # (215 + 260) / 3 = 158.3, (120 + 260) / 3 = 126.7
        (["sbp 120", "dbp 75", "dbp 15"], 2),  # (120 + 30) / 3 = 50
        (["sbp 120", "dbp 75", "dbp 14.8"], 4),  # (120 + 29.6) / 3 = 49.9
    ],
)
def test_worst_of_several_pressures_of_one_minute(
    hospital: Hospital, pressures: list[str], points: int
) -> None:
    hospital.admit(STAY)
    draw(hospital, NORMAL_LABS, [one for one in NORMAL_VITALS if one[0] != "map"])
    for pressure in pressures:
        code, value = pressure.split()
        draw(hospital, [], [(code, float(value))])
    assert score(hospital)[0] == points


def test_worst_of_both_sides_and_only_the_first_day(hospital: Hospital) -> None:
    hospital.admit(STAY)
    draw(hospital, NORMAL_LABS, NORMAL_VITALS)
    coded(hospital, "hypertension")
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | temperature | 38.6 | 01-02 12:00
        1 | temperature | 33 | 01-02 23:59
        1 | temperature | 29 | 01-03 00:00""",
    )
    assert score(hospital)[0] == 2


@pytest.mark.parametrize(
    ("fio2", "pao2", "paco2", "points", "missing"),
    [
        # 0.5 x 713 - 40 / 0.8 - pao2
        (0.5, 106.5, 40, 2, 0),
        (0.5, 106.6, 40, 0, 0),
        (1.0, 313, 40, 3, 0),
        (1.0, 163, 40, 4, 0),
        (0.5, 60, None, 0, 1),
        (0.49, 60, None, 3, 0),
        (None, 40, 40, 0, 1),
    ],
)
def test_oxygenation(
    hospital: Hospital,
    fio2: float | None,
    pao2: float,
    paco2: float | None,
    points: int,
    missing: int,
) -> None:
    hospital.admit(STAY)
    labs = with_changes(NORMAL_LABS, pao2=pao2)
    labs += [("paco2", paco2)] if paco2 else []
    vitals = [(n, v) for n, v in NORMAL_VITALS if n != "fio2"]
    vitals += [("fio2", fio2)] if fio2 else []
    draw(hospital, labs, vitals)
    coded(hospital, "hypertension")
    assert score(hospital) == (points, missing, points + 4 * missing)


def test_bicarbonate_stands_in_for_the_ph_only(hospital: Hospital) -> None:
    hospital.admit(STAY)
    draw(hospital, [*NORMAL_LABS, ("bicarbonate", 10)], NORMAL_VITALS)
    coded(hospital, "hypertension")
    assert score(hospital) == (0, 0, 0)
    hospital.db.execute("DELETE FROM lab WHERE analyte = 'ph'")
    assert score(hospital) == (4, 0, 4)


@pytest.mark.parametrize(
    ("condition", "present", "expected"),
    [
        ("acute_kidney_injury", "true", (6, 6)),
        ("acute_kidney_injury", "false", (3, 3)),
        ("cirrhosis", "true", (8, 8)),
        ("immunosuppressive_state", "-", (8, 8)),
        ("cirrhosis", "false", (3, 3)),
        ("copd", "true", (3, 8)),
    ],
)
def test_renal_failure_and_chronic_health(
    hospital: Hospital, condition: str, present: str, expected: tuple[int, int]
) -> None:
    hospital.admit(STAY)
    draw(hospital, with_changes(NORMAL_LABS, creatinine=2 * 88.4), NORMAL_VITALS)
    coded(hospital, condition, present)
    found = score(hospital)
    assert (found[0], found[2]) == expected


@pytest.mark.parametrize(
    ("age", "points"), [(44, 0), (45, 2), (55, 3), (65, 5), (74.9, 5), (75, 6)]
)
def test_age(hospital: Hospital, age: float, points: int) -> None:
    hospital.admit(STAY.replace("| 40", f"| {age}"))
    draw(hospital, NORMAL_LABS, NORMAL_VITALS)
    coded(hospital, "hypertension")
    assert score(hospital) == (points, 0, points)


@pytest.mark.parametrize(
    ("moment", "points"),
    [
        ("01-01 23:59", 0),
        ("01-02 00:00", 4),
        ("01-02 23:59", 4),
        ("01-03 00:00", 0),
        ("01-05 10:00", 0),
    ],
)
def test_only_results_of_the_first_day_count(hospital: Hospital, moment: str, points: int) -> None:
    hospital.admit(STAY)
    draw(hospital, NORMAL_LABS, NORMAL_VITALS)
    coded(hospital, "hypertension")
    hospital.draw(
        "lab",
        "admission_id | analyte | value_std | unit | collected_at\n"
        f"1 | sodium | 190 | umol/L | {moment}",
    )
    hospital.draw(
        "vital",
        f"admission_id | vital_code | value_std | measured_at\n1 | heart_rate | 200 | {moment}",
    )
    assert score(hospital)[0] == 2 * points


@pytest.mark.parametrize("condition", ["acute_kidney_injury", "cirrhosis", "copd"])
def test_one_diagnosis_among_others_is_enough(hospital: Hospital, condition: str) -> None:
    hospital.admit(STAY)
    draw(hospital, with_changes(NORMAL_LABS, creatinine=2 * 88.4), NORMAL_VITALS)
    coded(hospital, condition)
    alone = score(hospital)
    hospital.draw("ref.condition", "vocabulary|code|condition\nICD10|Y|hypertension")
    hospital.draw(
        "diagnosis",
        "admission_id|code|vocabulary|present_on_admission\n1|Y|ICD10|true\n1|Z|ICD10|-",
    )
    assert score(hospital) == alone
    assert alone != (3, 0, 3)
