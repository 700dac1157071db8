"""The first dose of the exposure drug in its window."""

from __future__ import annotations

from datetime import datetime

import pytest
from drawn import Hospital

from ehrivig import study as studies
from ehrivig.features.dosing import doubtful
from ehrivig.features.outcomes import outcomes

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-05 10:00
    2 | 01-02 10:00 | 01-05 10:00
    3 | 01-02 10:00 | -
    4 | 01-02 10:00 | 01-05 10:00
    5 | 01-02 10:00 | 01-05 10:00
"""
CLASSES = "drug | codelist | verdict\n1 | ivig | include\n2 | ivig | include\n3 | other | include"
GIVEN = """
    admission_id | drug | status | started_at
    1 | 1 | given     | 01-03 00:00
    1 | 1 | given     | 01-02 23:59:59
    1 | 1 | given     | 01-02 09:59
    1 | 1 | cancelled | 01-02 11:00
    2 | 1 | given     | 01-02 10:00
    3 | 1 | given     | 01-09 10:00
    4 | 2 | given     | 01-02 11:00
    4 | 3 | given     | 01-02 12:00
    5 | 1 | given     | 01-05 10:00
    5 | 1 | given     | 01-05 10:01
"""


def treated(hospital: Hospital) -> None:
    """The stays, and what was given in them."""
    hospital.admit(STAYS)
    hospital.db.execute(
        "CREATE OR REPLACE TABLE ref.drug AS SELECT 1 AS drug, 'iv' AS route "
        "UNION SELECT 2, 'im' UNION SELECT 3, 'iv'"
    )
    hospital.draw("ref.drug_class", CLASSES)
    hospital.draw("medication", GIVEN)


def first(hospital: Hospital, **window: float | None) -> dict[int, datetime]:
    values = {"start_hours": 0.0, "end_hours": None, **window}
    rows = hospital.rows("first_dose", codelist="ivig", routes=["iv"], **values)
    return dict(rows)


def test_the_first_dose_by_an_allowed_route_in_the_window(hospital: Hospital) -> None:
    treated(hospital)
    assert first(hospital) == {
        1: datetime(2020, 1, 2, 23, 59, 59),  # the one before is before the window
        2: datetime(2020, 1, 2, 10),  # at the moment it opens
        3: datetime(2020, 1, 9, 10),  # no discharge ends it
        5: datetime(2020, 1, 5, 10),  # at the discharge
    }
    assert first(hospital, end_hours=72.0) == {
        1: datetime(2020, 1, 2, 23, 59, 59),
        2: datetime(2020, 1, 2, 10),
        5: datetime(2020, 1, 5, 10),  # at the moment it closes
    }
    assert first(hospital, start_hours=-1.0)[1] == datetime(2020, 1, 2, 9, 59)
    assert first(hospital, start_hours=13.9999, end_hours=14.0)[1] == datetime(2020, 1, 3)


@pytest.mark.parametrize("end", [None, 24.0])
def test_a_dose_after_the_window_is_no_dose_of_it_and_a_start_all_the_same(
    hospital: Hospital, end: float | None
) -> None:
    """Whoever starts after the window is untreated by it, and no longer one who has not started."""
    treated(hospital)
    plan = studies.load("ivig_covid19")
    drug = plan.exposure.model_copy(update={"end_hours": end})
    few = plan.outcomes.model_copy(update={"variables": (plan.primary,)})
    asked = plan.model_copy(update={"exposure": drug, "outcomes": few})
    doubtful(hospital.db, asked)
    made = outcomes(hospital.db, asked)
    if end is None:
        assert "hours_to_any_dose" not in made.columns  # it is that of the window
        assert "start_unread" not in made.columns
        return
    hours = dict(made.select("admission_id", "hours_to_any_dose").iter_rows())
    assert hours == {1: pytest.approx(14, abs=0.001), 2: 0, 3: 168, 4: None, 5: 72}


def test_a_dose_after_the_window_that_nobody_can_read_leaves_the_start_unknown(
    hospital: Hospital,
) -> None:
    treated(hospital)
    hospital.db.execute(
        "INSERT INTO unread_exposure VALUES "
        "(1, '2020-01-04 10:00'), "  # started in the window
        "(2, '2020-01-04 10:00'), "
        "(3, '2020-01-08 10:00'), "  # before the dose that is known
        "(4, '2020-01-04 10:00'), "
        "(4, '2020-01-06 10:00'), "
        "(5, '2020-01-03 09:00')"  # within the window: nobody knows whether exposed
    )
    plan = studies.load("ivig_covid19")
    drug = plan.exposure.model_copy(update={"end_hours": 24.0})
    few = plan.outcomes.model_copy(update={"variables": (plan.primary,)})
    asked = plan.model_copy(update={"exposure": drug, "outcomes": few})
    doubtful(hospital.db, asked)
    made = outcomes(hospital.db, asked)
    unread = dict(made.select("admission_id", "start_unread").iter_rows())
    assert unread == {1: False, 2: False, 3: True, 4: True, 5: False}
