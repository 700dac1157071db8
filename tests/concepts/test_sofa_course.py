"""The course of SOFA: what is known when each day begins, and nothing of after it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from drawn import Hospital

from ehrivig.concepts import severity


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(
        """admission_id | admitted_at | discharged_at | time_zero | age_years
        1 | 01-02 00:00 | 01-12 00:00 | 01-05 12:00 | 70
        2 | 01-05 00:00 | 01-06 00:00 | 01-05 12:00 | 50
        3 | 01-05 00:00 | - | 01-05 12:00 | 50
        """
    )
    yield drawn
    drawn.db.close()


LABS = """admission_id | analyte | value_std | unit | collected_at
    1 | platelets | 40 | 10^9/L | 01-02 13:00
    1 | platelets | 140 | 10^9/L | 01-05 11:59
    1 | platelets | 90 | 10^9/L | 01-05 12:00
    1 | platelets | 19 | 10^9/L | 01-08 12:00
    1 | total_bilirubin | 50 | umol/L | 01-03 13:00
    1 | creatinine | 180 | umol/L | 01-05 06:00"""
VITALS = """admission_id | vital_code | value_std | measured_at
    1 | map | 60 | 01-05 06:00
    1 | map | 80 | 01-06 13:00
    1 | gcs | 14 | 01-04 13:00
    2 | gcs | 15 | 01-05 13:00"""


def course(hospital: Hospital, admission: int, days: float = 28) -> pl.DataFrame:
    found = severity.sofa_course(hospital.db, days)
    return found.filter(pl.col("admission_id") == admission)


def test_a_day_knows_what_was_measured_before_it(hospital: Hospital) -> None:
    hospital.draw("lab", LABS)
    hospital.draw("vital", VITALS)
    found = course(hospital, 1)
    assert found["day"].to_list() == [0, 1, 2, 3, 4, 5, 6, 7]
    # the value of the moment itself belongs to the next day; the last one is carried three days
    platelets = [1, 2, 2, 2, 4, 4, 4, 4]
    assert found["sofa_coagulation"].to_list() == platelets
    assert found["sofa_liver"].to_list() == [2, 2, 2, None, None, None, None, None]
    assert found["sofa_renal"].to_list() == [2, 2, 2, 2, None, None, None, None]
    assert found["sofa_cardiovascular"].to_list() == [1, 1, 0, 0, 0, 0, None, None]
    assert found["sofa_nervous"].to_list() == [1, 1, 1, 1, None, None, None, None]
    assert found["sofa_respiration"].null_count() == 8
    # at most two components may be missing, and count 0
    assert found["sofa"].to_list() == [7, 8, 7, 5, None, None, None, None]


def test_a_stay_ends_its_course_and_one_without_an_end_goes_on(hospital: Hospital) -> None:
    assert course(hospital, 2)["day"].to_list() == [0, 1]
    assert course(hospital, 3, days=6)["day"].to_list() == [0, 1, 2, 3, 4, 5, 6]
    assert course(hospital, 3, days=5.5)["day"].to_list() == [0, 1, 2, 3, 4, 5, 6]  # a day begun
    assert course(hospital, 2)["sofa"].null_count() == 2


def test_a_recorded_score_counts_before_a_computed_one(hospital: Hospital) -> None:
    hospital.draw("lab", LABS)
    hospital.draw("vital", VITALS)
    hospital.draw(
        "score",
        """admission_id | score_code | value | scored_at
        1 | sofa | 11 | 01-05 13:00
        1 | sofa | 12 | 01-05 14:00
        1 | sofa | 3 | 01-06 13:00
        1 | apache_ii | 30 | 01-06 14:00
        2 | sofa | 9 | 01-05 11:00
        2 | sofa | 8 | 01-06 00:30""",
    )
    assert course(hospital, 1)["sofa"].to_list() == [7, 12, 3, 5, 3, 3, None, None]
    assert course(hospital, 2)["sofa"].to_list() == [9, 9]  # not what follows the discharge


def test_whoever_is_no_candidate_has_no_course(hospital: Hospital) -> None:
    hospital.db.execute("DELETE FROM candidate WHERE admission_id > 1")
    found = severity.sofa_course(hospital.db, 28)
    assert found["admission_id"].unique().to_list() == [1]
    hospital.db.execute("DELETE FROM candidate")
    assert severity.sofa_course(hospital.db, 28).is_empty()


def test_a_score_of_before_the_admission_is_not_of_the_stay(hospital: Hospital) -> None:
    """The first day is of the 24 h before time zero, of which the stay has twelve."""
    hospital.draw(
        "score",
        """admission_id | score_code | value | scored_at
        2 | sofa | 13 | 01-04 23:59
        2 | sofa | 7 | 01-05 00:00
        3 | sofa | 13 | 01-04 13:00""",
    )
    assert course(hospital, 2)["sofa"].to_list() == [7, 7]
    assert course(hospital, 3, days=1)["sofa"].to_list() == [None, None]
