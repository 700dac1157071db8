"""Series of doses along a plan that leaves choices: what fits, what is overdue, what is cut off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ehrivig.study.regimen import Regimen, Step
from ehrivig.use.adherence import adherence
from ehrivig.use.cycles import Dose, Patient

START = date(2020, 1, 1)
KNOWN = Patient(weight_kg=100.0, height_cm=180.0, onset_on=START)


def plan(*steps: dict[str, Any], **more: Any) -> Regimen:
    """A regimen of 2 g/kg; what a step does not say is usual."""
    made = tuple(Step(**({"dose": 2.0, "basis": "g/kg"} | step)) for step in steps)
    return Regimen(name="plan", label="Plan", step=made, **more)


def follow(regimen: Regimen, *days: tuple[int, float], patient: Patient = KNOWN) -> Any:
    """Doses by day from the start, in grams."""
    doses = [Dose(START + timedelta(days=day), grams) for day, grams in days]
    return adherence(doses, regimen, patient)


AGAIN = {"gap_weeks": 4.0, "times": (0, 2)}
DAILY = {"basis": "g/day", "dose": 30.0, "dose_days": 2}
LAST = {"gap_weeks": 4.0, "dose": 1.0, "times": (1, 1)}


@pytest.mark.parametrize(
    ("days", "verdict", "completed", "findings"),
    [
        # the second cycle is one again, or the last: nothing is overdue where it may be the last
        ([(0, 200.0), (28, 200.0)], "adherent", True, ["as_planned"] * 2),
        ([(0, 200.0)], "deviates", False, ["as_planned", "missing_cycle"]),
        ([(0, 200.0), (28, 200.0), (56, 200.0)], "adherent", True, ["as_planned"] * 3),
        ([(0, 200.0), *((28 * n, 200.0) for n in (1, 2, 3))], "adherent", True, ["as_planned"] * 4),
        (
            [(0, 200.0), *((28 * n, 200.0) for n in (1, 2, 3, 4))],
            "deviates",
            True,
            [*["as_planned"] * 4, "extra_cycle"],
        ),
    ],
)
def test_a_cycle_may_be_one_more_or_the_last(
    days: list[tuple[int, float]], verdict: str, completed: bool, findings: list[str]
) -> None:
    found = follow(plan({}, AGAIN, LAST | {"dose": 2.0}), *days)
    assert (found.verdict, found.completed) == (verdict, completed)
    assert [cycle.finding for cycle in found.cycles] == findings


@pytest.mark.parametrize(
    ("days", "finding"),
    [
        ([(0, 200.0), (28, 100.0)], "as_planned"),
        ([(0, 200.0), (21, 100.0)], "as_planned"),  # within a week of its time
        ([(0, 200.0), (35, 100.0)], "as_planned"),
        ([(0, 200.0), (20, 100.0)], "interval"),
        ([(0, 200.0), (36, 100.0)], "interval"),
        ([(0, 200.0), (28, 90.0)], "as_planned"),  # a tenth less, or more
        ([(0, 200.0), (28, 110.0)], "as_planned"),
        ([(0, 200.0), (28, 89.9)], "dose_low"),
        ([(0, 200.0), (28, 110.1)], "dose_high"),
        ([(0, 200.0), (28, 50.0), (31, 50.0)], "as_planned"),  # three days apart: one cycle
        ([(0, 200.0), (28, 50.0), (32, 50.0)], "dose_low"),
    ],
)
def test_the_second_cycle_of_a_plan(days: list[tuple[int, float]], finding: str) -> None:
    assert follow(plan({}, LAST), *days).cycles[1].finding == finding


@pytest.mark.parametrize(
    ("until", "missing"),
    [(34, False), (35, True), (None, True)],  # due on day 28, and a week is no delay
)
def test_what_is_overdue_where_it_would_have_been_seen(until: int | None, missing: bool) -> None:
    seen = None if until is None else START + timedelta(days=until)
    patient = Patient(weight_kg=100.0, observed_until=seen)
    found = follow(plan({}, LAST), (0, 200.0), patient=patient)
    assert ("missing_cycle" in [cycle.finding for cycle in found.cycles]) is missing
    if missing:
        last = found.cycles[-1]
        assert (last.number, last.n_dose_days, last.dose_g) == (2, 0, None)
        assert last.started_on == START + timedelta(days=35)


@pytest.mark.parametrize(
    ("seen_from", "seen_until", "finding"),
    [
        (None, None, "dose_low"),
        (-3, None, "dose_low"),
        (-2, None, "cut_off"),  # a dose three days before would not have been seen
        (None, 3, "dose_low"),
        (None, 2, "cut_off"),
    ],
)
def test_a_shortfall_at_the_edge_of_what_was_seen(
    seen_from: int | None, seen_until: int | None, finding: str
) -> None:
    edges = [
        None if one is None else START + timedelta(days=one) for one in (seen_from, seen_until)
    ]
    patient = Patient(weight_kg=100.0, observed_from=edges[0], observed_until=edges[1])
    assert follow(plan({}), (0, 100.0), patient=patient).cycles[0].finding == finding


@pytest.mark.parametrize(
    ("onset", "finding"),
    [(0, "as_planned"), (-5, "as_planned"), (-6, "late_start"), (1, "unknown_onset"),
     (None, "unknown_onset")],
)  # fmt: skip
def test_the_first_dose_after_the_onset(onset: int | None, finding: str) -> None:
    began = None if onset is None else START + timedelta(days=onset)
    patient = Patient(weight_kg=100.0, onset_on=began)
    found = follow(plan({}, onset_within_days=5), (0, 200.0), patient=patient)
    assert found.cycles[0].finding == finding


@pytest.mark.parametrize(
    ("step", "days", "finding", "amount"),
    [
        ({"dose_days": 2}, [(0, 100.0), (1, 100.0)], "as_planned", 2.0),
        ({"dose_days": 2}, [(0, 200.0)], "days_few", 2.0),
        ({"dose_days": 2}, [(0, 100.0), (1, 50.0), (2, 50.0)], "days_many", 2.0),
        ({"span_days": (2, 3)}, [(0, 200.0)], "days_few", 2.0),
        ({"span_days": (2, 3)}, [(0, 100.0), (2, 100.0)], "as_planned", 2.0),
        ({"span_days": (2, 3)}, [(0, 100.0), (3, 100.0)], "days_many", 2.0),
        ({"basis": "g", "dose": 30.0}, [(0, 30.0)], "as_planned", 30.0),
        (DAILY, [(0, 30.0), (1, 30.0)], "as_planned", 30.0),
        (DAILY, [(0, 40.0), (1, 20.0)], "dose_high", 30.0),
        ({"basis": "g/kg/day", "dose": 0.4, "dose_days": 1}, [(0, 40.0)], "as_planned", 0.4),
        ({"basis": "g/m2", "dose": 10.0}, [(0, 22.4)], "as_planned", 10.017584),
    ],
)  # fmt: skip
def test_days_and_amounts_of_a_cycle(
    step: dict[str, Any], days: list[tuple[int, float]], finding: str, amount: float
) -> None:
    """100 kg and 180 cm are 2.236 square metres."""
    (cycle,) = follow(plan(step), *days).cycles
    assert (cycle.finding, cycle.amount) == (finding, pytest.approx(amount))


@pytest.mark.parametrize(
    ("weight", "height"), [(None, 180.0), (0.0, 180.0), (100.0, None), (100.0, 0.0)]
)
def test_of_an_unknown_body_no_amount_is_known(weight: float | None, height: float | None) -> None:
    patient = Patient(weight_kg=weight, height_cm=height)
    found = follow(plan({"basis": "g/m2", "dose": 10.0}), (0, 20.0), patient=patient)
    assert found.verdict == "not_assessable"
    assert found.cycles[0].amount is None
