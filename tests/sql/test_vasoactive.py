"""Vasoactive infusions: rates, units, ends, and their SOFA points."""

from __future__ import annotations

import pytest
from drawn import Hospital

CLASSES = """
    drug | codelist | verdict
    1 | dopamine | include
    1 | vasopressor | include
    2 | dobutamine | include
    3 | epinephrine | include
    3 | vasopressor | include
    4 | norepinephrine | include
    4 | vasopressor | include
    5 | vasopressor | include
    6 | vasopressor | exclude
"""
HEADER = "admission_id | drug | dose | dose_unit | status | started_at | stopped_at\n"
STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-05 00:00
"""


def give(hospital: Hospital, rows: str, weight: str = "80") -> None:
    hospital.admit(STAY)
    hospital.draw("admission", f"admission_id | weight_kg\n1 | {weight}")
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", HEADER + rows)


RATE = "0.1 | ug/kg/min | given"
STOP = "- | - | stopped"
PUSH = "10 | ug | given"


@pytest.mark.parametrize(
    ("rows", "intervals"),
    [
        # no end and no stop: one hour is assumed
        (f"1 | 4 | {RATE} | 01-02 10:00 | -", [("10:00", "11:00")]),
        # until it is stopped, however long
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 4 | {STOP} | 01-02 15:00 | -",
            [("10:00", "15:00")],
        ),
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 4 | 0 | ug/kg/min | given | 01-02 10:30 | -",
            [("10:00", "10:30")],
        ),
        # another rate begins where the first ends; the stop ends the last
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 4 | {RATE} | 01-02 12:00 | -\n"
            f"1 | 4 | {STOP} | 01-02 15:00 | -",
            [("10:00", "12:00"), ("12:00", "15:00")],
        ),
        # too long before the next chart for a rate that went on
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 4 | {RATE} | 01-03 11:00 | -\n"
            f"1 | 4 | {STOP} | 01-03 15:00 | -",
            [("10:00", "11:00"), ("11:00", "15:00")],
        ),
        # a stop of another drug, one before, and an end of its own
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 3 | {STOP} | 01-02 15:00 | -",
            [("10:00", "11:00")],
        ),
        (
            f"1 | 4 | {STOP} | 01-02 09:00 | -\n1 | 4 | {RATE} | 01-02 10:00 | -",
            [("10:00", "11:00")],
        ),
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | 01-02 12:00\n1 | 4 | {STOP} | 01-02 15:00 | -",
            [("10:00", "12:00")],
        ),
        # a push (10 ug) is no infusion and ends none, whatever follows, with or without a moment
        (
            f"1 | 4 | {PUSH} | 01-02 11:00 | -\n1 | 4 | {STOP} | 01-02 15:00 | -\n"
            f"1 | 4 | {RATE} | 01-02 10:00 | -",
            [("10:00", "15:00")],
        ),
        (
            f"1 | 4 | {PUSH} | 01-02 09:00 | -\n1 | 4 | {RATE} | 01-02 12:00 | -\n"
            f"1 | 4 | {STOP} | 01-02 15:00 | -",
            [("12:00", "15:00")],
        ),
        (f"1 | 4 | {PUSH} | 01-02 11:00 | 01-02 11:00", []),
        (
            f"1 | 4 | {RATE} | 01-02 10:00 | -\n1 | 4 | {PUSH} | 01-02 11:00 | -\n"
            f"1 | 4 | {RATE} | 01-02 12:00 | 01-02 13:00\n1 | 4 | {STOP} | 01-02 13:00 | -",
            [("10:00", "12:00"), ("12:00", "13:00")],
        ),
        # a bag of which nobody charts a rate runs until it is stopped
        (
            f"1 | 4 | 250 | mL | given | 01-02 10:00 | -\n1 | 4 | {STOP} | 01-02 15:00 | -",
            [("10:00", "15:00")],
        ),
        # a stop alone is nothing
        (f"1 | 4 | {STOP} | 01-02 15:00 | -", []),
    ],
)
def test_a_stop_ends_what_was_begun(
    hospital: Hospital, rows: str, intervals: list[tuple[str, str]]
) -> None:
    give(hospital, rows)
    found = [(f"{r[3]:%H:%M}", f"{r[4]:%H:%M}") for r in hospital.rows("vasoactive")]
    assert found == intervals


@pytest.mark.parametrize(
    ("dose", "weight", "rate"),
    [
        ("0.1 | ug/kg/min", "-", 0.1),
        ("0.1 | mcg/kg/min", "-", 0.1),
        ("0.1 | µg/kg/min", "-", 0.1),
        ("6 | ug/kg/h", "-", 0.1),
        ("100 | ng/kg/min", "-", 0.1),
        ("8 | ug/min", "80", 0.1),
        ("8 | ug/min", "-", None),
        ("8 | ug/min", "0", None),
        ("0.48 | mg/h", "80", 0.1),
        ("0.48 | mg/hr", "80", 0.1),
        ("4 | mL/h", "80", None),
    ],
)
def test_rates(hospital: Hospital, dose: str, weight: str, rate: float | None) -> None:
    give(hospital, f"1 | 4 | {dose} | given | 01-02 10:00 | 01-02 12:00", weight)
    (row,) = hospital.rows("vasoactive")
    assert row[-1] == (None if rate is None else pytest.approx(rate, abs=1e-9))


@pytest.mark.parametrize(
    ("dose", "concentration", "rate"),
    [
        ("7.2 | mL/h", "0.064", 0.096),  # 7.2 x 64 ug / 60 / 80 kg
        ("0.12 | ml/min", "0.016", 0.024),
        ("7.2 | mL/h", "-", None),
        ("7.2 | mL/h", "0", None),
    ],
)
def test_a_rate_in_ml_needs_the_concentration(
    hospital: Hospital, dose: str, concentration: str, rate: float | None
) -> None:
    hospital.admit(STAY)
    hospital.draw("admission", "admission_id | weight_kg\n1 | 80")
    hospital.draw("ref.drug_class", CLASSES)
    header = HEADER.strip() + " | concentration_g_per_l\n"
    row = f"1 | 4 | {dose} | given | 01-02 10:00 | 01-02 12:00 | {concentration}"
    hospital.draw("medication", header + row)
    (found,) = hospital.rows("vasoactive")
    assert found[-1] == (None if rate is None else pytest.approx(rate, abs=1e-9))


def test_what_is_no_infusion_or_outside_the_stay_is_left_out(hospital: Hospital) -> None:
    give(
        hospital,
        """1 | 3 | 1 | mg | given | 01-02 10:00 | -
        1 | 4 | 0 | ug/kg/min | given | 01-02 10:00 | 01-02 12:00
        1 | 4 | 0.1 | ug/kg/min | not_given | 01-02 10:00 | 01-02 12:00
        1 | 6 | 0.1 | ug/kg/min | given | 01-02 10:00 | 01-02 12:00
        1 | 4 | 0.1 | ug/kg/min | given | 01-01 10:00 | 01-01 12:00
        1 | 4 | 0.1 | ug/kg/min | given | 01-05 00:01 | 01-05 12:00
        1 | 5 | 0.04 | U/min | given | 01-02 10:00 | -
        1 | 2 | 5 | ug/kg/min | given | 01-01 22:00 | 01-06 00:00""",
    )
    rows = hospital.rows("vasoactive")
    assert [(row[1], row[2], row[3].day, row[4].day, row[5]) for row in rows] == [
        ("dobutamine", False, 2, 5, 5),
        ("other", True, 2, 2, None),
    ]


@pytest.mark.parametrize(
    ("drug", "dose", "points"),
    [
        (1, "0.5 | ug/kg/min", 2),
        (1, "5 | ug/kg/min", 2),
        (1, "5.1 | ug/kg/min", 3),
        (1, "15 | ug/kg/min", 3),
        (1, "15.1 | ug/kg/min", 4),
        (2, "20 | ug/kg/min", 2),
        (3, "0.1 | ug/kg/min", 3),
        (3, "0.11 | ug/kg/min", 4),
        (4, "0.1 | ug/kg/min", 3),
        (4, "0.11 | ug/kg/min", 4),
    ],
)
def test_sofa_points_by_rate(hospital: Hospital, drug: int, dose: str, points: int) -> None:
    give(hospital, f"1 | {drug} | {dose} | given | 01-02 10:00 | 01-02 12:00")
    assert hospital.rows("sofa_vasoactive") == [(1, 1, points, points)]


@pytest.mark.parametrize(("drug", "points"), [(1, (2, 4)), (2, (2, 2)), (3, (3, 4)), (4, (3, 4))])
def test_unknown_rate_gives_bounds(hospital: Hospital, drug: int, points: tuple[int, int]) -> None:
    give(hospital, f"1 | {drug} | 5 | mL | given | 01-02 10:00 | 01-02 12:00")
    assert hospital.rows("sofa_vasoactive") == [(1, 1, *points)]


@pytest.mark.parametrize(
    ("rows", "points"),
    [
        ("1 | 4 | 0.05 | ug/kg/min | given | 01-02 10:00 | 01-02 10:59", None),
        ("1 | 4 | 0.05 | ug/kg/min | given | 01-02 10:00 | 01-02 11:00", 3),
        ("1 | 4 | 0.05 | ug/kg/min | given | 01-02 10:00 | -", 3),
        (
            "1 | 4 | 0.05 | ug/kg/min | given | 01-02 10:00 | 01-02 10:30\n"
            "1 | 4 | 0.2 | ug/kg/min | given | 01-02 10:30 | 01-02 11:00",
            3,
        ),
    ],
)
def test_one_hour_at_least_in_pieces(hospital: Hospital, rows: str, points: int | None) -> None:
    give(hospital, rows)
    assert [row[2] for row in hospital.rows("sofa_vasoactive")] == [points]


def test_a_push_is_no_vasopressor_of_a_shock(hospital: Hospital) -> None:
    """Five hours pass between the push and the rate: nothing ran, and nothing scores."""
    give(
        hospital,
        f"""1 | 4 | {PUSH} | 01-02 10:00 | -
        1 | 4 | 0.05 | ug/kg/min | given | 01-02 15:00 | -
        1 | 4 | {STOP} | 01-02 15:50 | -""",
    )
    assert [(f"{r[1]:%H:%M}", f"{r[2]:%H:%M}") for r in hospital.rows("vasopressor_run")] == [
        ("15:00", "15:50")
    ]
    assert hospital.rows("sofa_vasoactive") == [(1, 1, None, None)]


NOREPINEPHRINE = "1 | 4 | 0.05 | ug/kg/min | given | "


@pytest.mark.parametrize(
    ("rows", "days"),
    [
        # an infusion of an hour counts on each day that it reaches
        (["01-02 22:00 | 01-04 00:30"], {1: 3, 2: 3, 3: 3}),
        (["01-02 23:15 | 01-03 00:45"], {1: 3, 2: 3}),
        (["01-02 23:15 | 01-03 00:14"], {1: None, 2: None}),
        (["01-02 23:00 | 01-03 00:00"], {1: 3}),
        # pieces that adjoin or overlap are one infusion, over the edge of a day as well
        (["01-02 23:30 | 01-03 00:00", "01-03 00:00 | 01-03 00:30"], {1: 3, 2: 3}),
        (["01-02 10:00 | 01-02 10:40", "01-02 10:00 | 01-02 10:40"], {1: None}),
        (["01-02 10:00 | 01-02 10:40", "01-02 10:20 | 01-02 10:59"], {1: None}),
        (["01-02 10:00 | 01-02 10:40", "01-02 10:20 | 01-02 11:00"], {1: 3}),
        (["01-02 10:00 | 01-02 10:40", "01-02 10:10 | 01-02 10:20"], {1: None}),
        # an hour in pieces, within one day
        (["01-02 10:00 | 01-02 10:30", "01-02 14:00 | 01-02 14:30"], {1: 3}),
        (["01-02 10:00 | 01-02 10:30", "01-03 14:00 | 01-03 14:30"], {1: None, 2: None}),
        # a row of no length neither adds nor ends anything
        (["01-02 10:00 | 01-02 11:00", "01-02 10:30 | 01-02 10:30"], {1: 3}),
        (["01-02 10:00 | 01-02 10:00"], {1: None}),
    ],
)
def test_an_hour_of_one_infusion(
    hospital: Hospital, rows: list[str], days: dict[int, int | None]
) -> None:
    give(hospital, "\n".join(NOREPINEPHRINE + row for row in rows))
    assert {row[1]: row[2] for row in hospital.rows("sofa_vasoactive")} == days


@pytest.mark.parametrize("second", [3, 1])
def test_the_hour_is_of_one_agent(hospital: Hospital, second: int) -> None:
    """Two agents side by side for 40 minutes, or one after the other, are no hour of either."""
    give(
        hospital,
        f"""{NOREPINEPHRINE}01-02 10:00 | 01-02 10:40
        1 | {second} | 5.1 | ug/kg/min | given | 01-02 10:00 | 01-02 10:40
        1 | {second} | 5.1 | ug/kg/min | given | 01-03 10:00 | 01-03 10:40
        {NOREPINEPHRINE}01-03 10:40 | 01-03 11:20""",
    )
    assert hospital.rows("sofa_vasoactive") == [(1, 1, None, None), (1, 2, None, None)]


def test_the_hour_is_at_the_rate_or_above(hospital: Hospital) -> None:
    """Dopamine: 40 min above 15, 40 min above 5, 40 min at 5: an hour above 5, not above 15."""
    give(
        hospital,
        """1 | 1 | 16 | ug/kg/min | given | 01-02 10:00 | 01-02 10:40
        1 | 1 | 6 | ug/kg/min | given | 01-02 10:40 | 01-02 11:20
        1 | 1 | 5 | ug/kg/min | given | 01-02 11:20 | 01-02 12:00""",
    )
    assert hospital.rows("sofa_vasoactive") == [(1, 1, 3, 3)]


@pytest.mark.parametrize(
    ("drug", "dose", "points"),
    [
        (2, "5 | ug/kg/min", (2, 2)),
        (4, "0.1 | ug/kg/min", (3, 3)),
        (4, "0.2 | ug/kg/min", (4, 4)),
        (4, "5 | mL", (3, 4)),
        (1, "5 | mL", (2, 4)),
    ],
)
def test_one_hour_is_enough_and_less_is_not(
    hospital: Hospital, drug: int, dose: str, points: tuple[int, int]
) -> None:
    give(hospital, f"1 | {drug} | {dose} | given | 01-02 10:00 | 01-02 11:00")
    assert hospital.rows("sofa_vasoactive") == [(1, 1, *points)]
    hospital.db.execute("UPDATE medication SET stopped_at = TIMESTAMP '2020-01-02 10:59:59'")
    assert hospital.rows("sofa_vasoactive") == [(1, 1, None, None)]


def test_an_hour_at_a_higher_rate_within_longer_ones(hospital: Hospital) -> None:
    give(
        hospital,
        """1 | 2 | 5 | ug/kg/min | given | 01-02 10:00 | 01-02 14:00
        1 | 4 | 0.1 | ug/kg/min | given | 01-02 10:00 | 01-02 10:59
        1 | 4 | 5 | mL | given | 01-02 12:00 | 01-02 12:59""",
    )
    assert hospital.rows("sofa_vasoactive") == [(1, 1, 3, 3)]
