"""The milestones of a protocol: the days that the study file states, or that it states none."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ehrivig.report.protocol import question
from ehrivig.study import load

LIU = load("ivig_covid19")
PERIOD = (date(2020, 1, 15), date(2020, 3, 31))


@pytest.mark.parametrize(
    ("extract", "days"),
    [
        (
            {"period": PERIOD, "extract_date": date(2020, 6, 30)},
            ["2020-01-15", "2020-03-31", "2020-06-30"],
        ),
        (
            {"period": None, "extract_date": None},
            ["not limited", "not limited", "as the extract has it"],
        ),
    ],
)
def test_the_days_of_a_study(extract: dict[str, Any], days: list[str]) -> None:
    plan = LIU.model_copy(update={"extract": LIU.extract.model_copy(update=extract)})
    (table,) = question._timeline(plan).tables
    assert [row[1] for row in table.rows[:3]] == days
    assert [row[0].split()[0] for row in table.rows[:3]] == ["First", "Last", "Last"]
