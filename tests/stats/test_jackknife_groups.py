"""Groups of the jackknife: what says nothing of the people compared does not move anybody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.timezero import course, follow_up
from ehrivig.stats.timezero.clone_outcomes import outcome_ratios
from ehrivig.stats.timezero.follow_up import FollowUp
from ehrivig.stats.timezero.groups import groups_of
from ehrivig.stats.timezero.sequential import sequential_trials

N, STEPS = 300, 10


def people(**other: Any) -> FollowUp:
    """Follow-up in whole days, so that many are alike but for their covariates."""
    rng = np.random.default_rng(4)
    time = np.minimum(np.ceil(rng.exponential(5, N)), 9.0) * 24
    given = {
        "event": (rng.random(N) < 0.5) & (time < 216),
        "start": np.where(rng.random(N) < 0.5, np.floor(rng.exponential(60, N)), np.nan),
        "x": np.column_stack([np.round(rng.normal(60, 10, N)), rng.random(N) < 0.4]).astype(float),
        "moves": np.round(rng.normal(size=(N, STEPS)), 1),
        "leaves": None,
    } | other
    return follow_up(
        time,
        given["event"],
        given["start"],
        given["x"],
        leaves_hours=given["leaves"],
        course=course(given["moves"]),
    )


def test_order_and_direction_of_covariates_move_nobody() -> None:
    made = people()
    assert made.x is not None
    assert made.course is not None
    for x in (made.x[:, ::-1], -made.x, made.x * [1.0, -1.0]):
        assert (groups_of(people(x=x)) == groups_of(made)).all()
    assert (groups_of(people(moves=-made.course.values)) == groups_of(made)).all()


def test_what_comes_after_the_end_of_follow_up_moves_nobody() -> None:
    made = people()
    assert made.course is not None
    after = np.arange(STEPS) * 24 >= made.time_hours[:, None]
    moves = np.where(after, np.random.default_rng(1).normal(size=(N, STEPS)), people_moves())
    for other in ({"moves": moves}, {"leaves": made.time_hours + np.arange(N)}):
        found = people(**other)
        assert (groups_of(found) == groups_of(made)).all()
        assert sequential_trials(found).estimate == pytest.approx(sequential_trials(made).estimate)


def people_moves() -> np.ndarray:
    """The course as `people` has it by itself."""
    made = people().course
    assert made is not None
    return made.values[:, :, 0]


def test_a_start_after_the_end_says_nothing_of_when_a_patient_left() -> None:
    left = np.full(N, 12.0)
    never = people(start=np.full(N, np.nan), leaves=left)
    beyond = people(start=np.full(N, 1e4), leaves=left)
    assert (beyond.leaves_hours == never.leaves_hours).all()


def test_outcomes_of_people_alike_do_not_depend_on_their_order() -> None:
    rng = np.random.default_rng(3)
    time, event = np.full(N, 300.0), np.zeros(N, dtype=bool)
    start = np.where(np.arange(N) % 2 == 0, 10.0, np.nan)
    x, y = (np.arange(N) % 4 < 2).astype(float)[:, None], (rng.random(N) < 0.4).astype(float)
    made = []
    for rows in (np.arange(N), rng.permutation(N)):
        cohort = follow_up(time[rows], event[rows], start[rows], x[rows])
        (one,) = outcome_ratios(cohort, y[rows, None], ("infection",), horizon_hours=240.0)
        assert not isinstance(one, AnalysisError)
        made.append(one)
    assert made[0].lo == pytest.approx(made[1].lo, rel=1e-9)
