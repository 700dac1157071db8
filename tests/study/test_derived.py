"""What follows from a study file without being written there: answer, grace, days, hospitals."""

from __future__ import annotations

from typing import Any

import pytest
from drawn_study import BEGIN, parsed

from ehrivig.study import Study
from ehrivig.study.plan import Analysis
from ehrivig.study.whole import FOLLOW_UP_DAYS, _newly_treated

PLAN = """
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "p"
variables = [{{ name = "p", label = "P", {outcome} }}]
[covariates]
window_hours = [-24, 0]
variables = [{{ name = "age", label = "Age", from = "age" }}]
[match]
covariates = ["age"]
"""
DEATH = 'from = "death", within_days = 28'
EVER = 'from = "in_hospital_death"'
DAYS = 'from = "length_of_stay"'


def study(outcome: str = DEATH, answer: str | None = None, **exposure: Any) -> Study:
    begin = BEGIN
    if answer is not None:
        begin = begin.replace('contrast = "e"', f'contrast = "e"\nanalysis = "{answer}"')
    begin += "".join(f"{key} = {value}\n" for key, value in exposure.items())
    return parsed(begin + PLAN.format(outcome=outcome))


@pytest.mark.parametrize(
    ("outcome", "exposure", "answer"),
    [
        (DEATH, {}, "clone_censor_weight"),
        (DEATH, {"end_hours": 24}, "clone_censor_weight"),
        (DEATH, {"start_hours": -24, "end_hours": 0}, "aipw"),  # nobody is exposed later
        (DAYS, {}, "matched"),
    ],
)
def test_the_answer_where_none_is_declared(
    outcome: str, exposure: dict[str, Any], answer: str
) -> None:
    assert study(outcome, **exposure).answer == answer


@pytest.mark.parametrize(
    ("end", "grace", "expected"),
    [
        (None, None, "usual"),
        (24, None, 24.0),  # who is to start has started when exposure counts no more
        (24, 48.0, 48.0),  # unless the study says otherwise
        (24, 12.0, 12.0),
        (0, None, "usual"),
        (1000, None, "usual"),
    ],
)
def test_within_how_many_hours_who_is_to_start_has_started(
    end: float | None, grace: float | None, expected: float | str
) -> None:
    plan = study()
    usual = Analysis.model_fields["grace_hours"].default
    exposure = plan.exposure.model_copy(update={"end_hours": end})
    written = {} if grace is None else {"grace_hours": grace}
    analysis = Analysis.model_validate(written)
    plan = plan.model_copy(update={"exposure": exposure, "analysis": analysis})
    assert plan.grace_hours == (usual if expected == "usual" else expected)


@pytest.mark.parametrize(
    ("outcome", "answer", "days"),
    [
        (DEATH, "clone_censor_weight", 28.0),
        (DEATH, "matched", 28.0),
        (EVER, "clone_censor_weight", float(FOLLOW_UP_DAYS)),  # day by day until a horizon
        (EVER, "matched", None),  # without an end
        (DAYS, "matched", None),
    ],
)
def test_the_days_in_which_the_answer_counts_its_event(
    outcome: str, answer: str, days: float | None
) -> None:
    plan = study(outcome, answer)
    assert plan.follow_up_days == days
    assert plan.horizon_days == (28.0 if outcome == DEATH else FOLLOW_UP_DAYS)


@pytest.mark.parametrize(
    ("hospital", "reproduction", "score", "models"),
    [
        (None, False, True, True),
        (None, True, False, True),  # as published
        ("model", True, True, True),
        ("ignore", False, False, False),
    ],
)
def test_where_hospitals_are_told_apart(
    hospital: str | None, reproduction: bool, score: bool, models: bool
) -> None:
    plan = study()
    plan = plan.model_copy(
        update={
            "match": plan.match.model_copy(update={"hospital": hospital}),
            "study": plan.study.model_copy(update={"reproduction": reproduction}),
        }
    )
    assert (plan.hospital_in_score, plan.hospital_in_models) == (score, models)


BEFORE = "Not given the exposure drug before time zero"


@pytest.mark.parametrize(
    ("time_zero", "opens", "label"),
    [
        ("admission", 0.0, None),
        ("admission", -6.0, None),  # nothing of the stay is before it
        ("admission", 6.0, f"{BEFORE} + 6 h"),
        ("eligible", -6.0, f"{BEFORE} - 6 h"),
        ("eligible", 0.0, BEFORE),
        ("eligible", 6.0, f"{BEFORE} + 6 h"),
    ],
)
def test_who_had_the_drug_before_the_window_opens_goes(
    time_zero: str, opens: float, label: str | None
) -> None:
    plan = study()
    before = plan.cohort.model_copy(update={"time_zero": time_zero})
    exposure = plan.exposure.model_copy(update={"start_hours": opens})
    cohort = _newly_treated(before, exposure)
    added = [one.label for one in cohort.criteria[len(before.criteria) :]]
    assert added == ([] if label is None else [label])
    assert _newly_treated(cohort, exposure) == cohort  # once is enough
