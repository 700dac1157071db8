"""Laboratory values as outcomes: how one changed, and whether it reached what was wanted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from drawn import Hospital
from drawn_study import asking

from ehrivig.errors import StudyError
from ehrivig.features.outcomes import outcomes

CHANGE = 'from = "lab_change", code = "platelets"'
REACHED = 'from = "lab_reached", code = "platelets"'
ITP = f"{REACHED}, at_least = 30, times_baseline_at_least = 2"
"""A response of immune thrombocytopenia: 30 x 10^9/L at least, and twice the baseline."""
HEAD = "admission_id | analyte | value_std | censored | collected_at\n"


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(
        """admission_id | admitted_at | discharged_at | discharge_status | time_zero
        1 | 01-02 10:00 | 01-20 10:00 | alive | 01-03 10:00"""
    )
    yield drawn
    drawn.close()


def asked(hospital: Hospital, outcome: str, results: str, covariates: str = "") -> object:
    """The answer to an outcome of one admission with some results of platelets ("25<": below)."""
    rows = [line.split() for line in results.split("; ") if line]
    drawn = [
        f"1 | platelets | {value.rstrip('<>')} | {value.lstrip('0123456789.')} | {day} {time}"
        for value, day, time in rows
    ]
    hospital.draw("lab", HEAD + "\n".join(drawn))
    return outcomes(hospital.db, asking(outcome, covariates))["asked"].to_list()[0]


@pytest.mark.parametrize(
    ("results", "change"),
    [
        ("20 01-03 09:00; 50 01-08 09:00", 30.0),
        ("20 01-03 09:00; 40 01-05 09:00; 15 01-08 09:00", -5.0),
        ("20 01-03 09:00; 25 01-04 09:59; 50 01-04 10:00", 30.0),  # the window of the baseline
        ("20 01-03 09:00; 25 01-04 09:59", None),
        ("20 01-03 09:00; 50 01-10 10:00", 30.0),
        ("20 01-03 09:00; 50 01-10 10:01", None),
        ("50 01-08 09:00", None),
        ("20 01-03 09:00; 50 01-08 09:00; 45 01-08 09:00", 25.0),  # at one time the lowest
        ("20 01-02 11:00; 22 01-03 09:00; 30 01-08 09:00", 10.0),  # from the first, as covariates
        ("20 01-03 09:00; 50 01-08 09:00; - 01-09 09:00", 30.0),
        ("", None),
    ],
)
def test_a_change_from_the_baseline(hospital: Hospital, results: str, change: float | None) -> None:
    assert asked(hospital, CHANGE, results) == change


def test_the_baseline_and_the_horizon_are_those_of_the_study(hospital: Hospital) -> None:
    results = "20 01-02 11:00; 22 01-03 09:00; 30 01-08 09:00; 99 01-10 11:00"
    assert asked(hospital, f"{CHANGE}, within_days = 5", results, 'value = "last"') == 8.0


@pytest.mark.parametrize(
    ("outcome", "results", "value"),
    [
        (f"{REACHED}, at_least = 30", "30 01-05 09:00", True),
        (f"{REACHED}, at_least = 30", "29.9 01-05 09:00", False),
        (f"{REACHED}, at_most = 30", "30 01-05 09:00; 90 01-06 09:00", True),
        (f"{REACHED}, at_least = 30, at_most = 50", "60 01-05 09:00; 20 01-06 09:00", False),
        (f"{REACHED}, at_least = 30", "50 01-03 10:00", None),  # time zero is not after it
        (f"{REACHED}, at_least = 30", "50 01-03 10:01", True),
        (f"{REACHED}, at_least = 30, within_days = 2", "9 01-04 09:00; 50 01-05 10:01", False),
        (f"{REACHED}, at_least = 30, within_days = 2", "9 01-04 09:00; 50 01-05 10:00", True),
        (f"{REACHED}, at_least = 30", "20 01-05 09:00; - 01-06 09:00", None),
        (f"{REACHED}, at_least = 30", "", None),
        (ITP, "20 01-03 09:00; 40 01-05 09:00", True),
        (ITP, "20 01-03 09:00; 39 01-05 09:00", False),
        (ITP, "10 01-03 09:00; 29 01-05 09:00", False),
        (ITP, "90 01-05 09:00", None),  # twice what?
        (f"{REACHED}, times_baseline_at_most = 0.5", "20 01-03 09:00; 10 01-05 09:00", True),
        (f"{REACHED}, times_baseline_at_most = 0.5", "20 01-03 09:00; 11 01-05 09:00", False),
        (f"{REACHED}, times_baseline_at_least = 1.1", "10 01-03 09:00; 11 01-05 09:00", True),
        (f"{REACHED}, times_baseline_at_most = 0.7", "0.1 01-03 09:00; 0.07 01-05 09:00", True),
        (f"{REACHED}, at_least = 30", "20 01-05 09:00; 50 01-20 10:01", False),  # after the stay
        (f"{REACHED}, at_least = 30, within_days = 20", "50 01-20 10:01", True),
    ],
)
def test_what_was_reached(
    hospital: Hospital, outcome: str, results: str, value: bool | None
) -> None:
    assert asked(hospital, outcome, results) is value


@pytest.mark.parametrize(
    ("outcome", "results", "value"),
    [  # half of what "<" names, and what ">" names, as a covariate has them
        ("at_most = 50", "25< 01-05 09:00", True),
        ("at_most = 40", "25< 01-05 09:00", None),  # 30, or 45
        ("at_least = 20", "25< 01-05 09:00", None),
        ("at_least = 60", "25< 01-05 09:00", False),
        ("at_least = 900", "900> 01-05 09:00", True),
        ("at_least = 950", "900> 01-05 09:00", None),
        ("at_most = 900", "900> 01-05 09:00", None),
        ("at_most = 800", "900> 01-05 09:00", False),
        ("at_least = 10, at_most = 800", "900> 01-05 09:00", False),
        ("times_baseline_at_least = 2", "5< 01-03 09:00; 15 01-05 09:00", None),
        ("times_baseline_at_least = 2", "5< 01-03 09:00; 20 01-05 09:00", True),
        ("times_baseline_at_least = 2", "900> 01-03 09:00; 1700 01-05 09:00", False),
        ("times_baseline_at_most = 0.5", "5< 01-03 09:00; 1 01-05 09:00", None),
        ("times_baseline_at_most = 0.5", "900> 01-03 09:00; 450 01-05 09:00", True),
        ("times_baseline_at_most = 0.5", "5 01-03 09:00; 1< 01-05 09:00", True),
    ],
)
def test_what_was_beyond_the_laboratory(
    hospital: Hospital, outcome: str, results: str, value: bool | None
) -> None:
    assert asked(hospital, f"{REACHED}, {outcome}", results) is value


def test_half_of_a_limit_means_nothing_where_a_unit_has_another_zero(hospital: Hospital) -> None:
    hospital.db.execute("INSERT INTO ref.unit VALUES ('platelets', 'other', 2, -50)")
    assert asked(hospital, f"{REACHED}, at_most = 50", "25< 01-05 09:00") is None


def test_without_a_discharge_the_stay_goes_on(hospital: Hospital) -> None:
    hospital.db.execute("UPDATE candidate SET discharged_at = NULL")
    assert asked(hospital, f"{REACHED}, at_least = 30", "50 02-20 10:01") is True


@pytest.mark.parametrize(("code", "unit"), [("platelets", "10^9/L"), ("ph", "standard unit")])
def test_a_change_has_the_unit_of_its_analyte(code: str, unit: str) -> None:
    assert asking(CHANGE.replace("platelets", code)).outcome("asked").unit == unit


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (REACHED, "what is to be reached is not said. Write one of at_least, at_most"),
        (f"{REACHED}, at_least = 5, at_most = 2", "at_most = 2 is below at_least = 5"),
        (f"{CHANGE}, within_days = 1", "1 days are over when the window of the baseline ends"),
        (f"{CHANGE}, at_least = 5", 'nothing reads at_least where from = "lab_change"'),
        ('from = "finding", code = "remission", within_days = 7', "nothing reads within_days"),
        ('from = "lab_reached", code = "platelet", at_least = 5', "platelets"),
        ('from = "finding", code = "remision"', "remission"),
    ],
)
def test_what_cannot_be_is_refused(outcome: str, said: str) -> None:
    with pytest.raises(StudyError, match=said.replace("[", r"\[")):
        asking(outcome)
