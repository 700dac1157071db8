"""The milestones of a protocol: the days that the study file states, or that it states none."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from ehrivig.report.protocol import question
from ehrivig.report.protocol.variables import _limits, _uses
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a", "score"),
        ("b", "score, exact matching, model, subgroup"),
        ("c", "model"),
        ("d", "subgroup"),
        ("e", "described"),
    ],
)
def test_what_a_covariate_is_used_for(name: str, said: str) -> None:
    match = LIU.match.model_copy(update={"covariates": ("a", "b"), "exact": ("b",)})
    split = LIU.analysis.subgroups[0]
    groups = tuple(split.model_copy(update={"variable": one}) for one in "bd")
    analysis = LIU.analysis.model_copy(update={"adjust": ("b", "c"), "subgroups": groups})
    assert _uses(LIU.model_copy(update={"match": match, "analysis": analysis}), name) == said


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, []),
        ({"at_least": 30.0, "at_most": 100.5}, ["30 or more", "100.5 or less"]),
        ({"times_baseline_at_least": 2.0}, ["2 times the baseline or more"]),
        ({"times_baseline_at_most": 0.5}, ["0.5 times the baseline or less"]),
        ({"at_least": 0.0}, ["0 or more"]),
    ],
)
def test_what_a_value_must_reach_in_words(limits: dict[str, float], said: list[str]) -> None:
    none = ("at_least", "at_most", "times_baseline_at_least", "times_baseline_at_most")
    outcome: Any = SimpleNamespace(**(dict.fromkeys(none) | limits))
    assert list(_limits(outcome)) == said
