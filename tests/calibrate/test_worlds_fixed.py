"""The worlds of a seed, and what the analyses find in them, are always the same."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from calibrate.stored import CASES, STORED, answers, columns, constants, plan

from ehrivig.calibrate import replicate, worlds
from ehrivig.calibrate.replicate import one

KEPT = json.loads(STORED.read_text(encoding="utf-8"))


def near(kept: dict[str, list[Any]]) -> dict[str, Any]:
    """The stored numbers, but for the last digits, in which processors may differ."""
    return {
        name: [None if v is None else pytest.approx(v, rel=1e-4, abs=1e-6) for v in values]
        for name, values in kept.items()
    }


@pytest.fixture(scope="module", params=CASES)
def world(request: pytest.FixtureRequest) -> worlds.Model:
    return worlds.model(plan(), *CASES[request.param])


def test_the_constants_of_a_world(world: worlds.Model) -> None:
    assert constants(world) == near(KEPT[world.world]["constants"])


def test_the_columns_of_a_cohort(world: worlds.Model) -> None:
    made = columns(worlds.draw(world, 700, np.random.default_rng(1)))
    assert made == near(KEPT[world.world]["columns"])


def test_the_answers_of_a_replicate(world: worlds.Model) -> None:
    made = answers(one(world, 700, np.random.default_rng(1)))
    assert made == near(KEPT[world.world]["answers"])


def test_the_risks_of_the_strategies() -> None:
    world = worlds.model(plan(), "delayed", -0.5)
    found = [worlds.strategy_risk(world, 48, starts=starts) for starts in (True, False)]
    assert {"start, wait": found} == near(KEPT["strategies"])


def test_deaths_by_the_horizon_follow_a_weibull_curve_cut_there() -> None:
    days = worlds.death_proportion(np.array([0.0, 0.5, 1.0]), 28.0)
    whole = 1 - np.exp(-(2.0**worlds.SHAPE))
    assert days == pytest.approx([0, 14 * (-np.log(1 - whole / 2)) ** (1 / worlds.SHAPE), 28])


def test_the_margins_of_what_nobody_published() -> None:
    assert worlds._margin("unheard of")[:2] == (0.0, 1.0)
    assert worlds._margin("sbp")[:2] == (128.0, pytest.approx(24 / 1.349))


def test_nobody_starts_before_they_may() -> None:
    toward = np.full(400, 3.0)
    late = worlds._start_days(toward, np.random.default_rng(1), after_hours=48)
    assert late.min() >= 2.0
    assert worlds._start_days(toward, np.random.default_rng(1)).min() < 0.25


def test_a_cohort_that_cannot_be_matched_still_has_its_other_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(table: object, study: object) -> None:
        raise replicate.AnalysisError("nobody")

    monkeypatch.setattr(replicate.comparison, "match_again", fail)
    made = one(worlds.model(plan(), "immediate", 0.0), 400, np.random.default_rng(1))
    assert {slot[0] for slot in made.answers} == {"table_s2"}
    assert made.risks == {}


def test_what_calibration_leaves_of_a_study() -> None:
    whole = plan()
    many = whole.model_copy(
        update={"analysis": whole.analysis.model_copy(update={"bootstrap": 900})}
    )
    assert replicate.trimmed(many).analysis.bootstrap == 100
    kept = replicate.trimmed(whole)
    assert kept.analysis.bootstrap == 10
    assert (kept.analysis.negative_controls, kept.analysis.missing) == ((), "complete_case")
    assert kept.report.smallest_cell == 0
    names = {v.name for v in kept.outcomes.variables}
    assert kept.primary.name in names
    assert names == names & {
        *(kept.primary.name, *kept.match.covariates, *kept.analysis.adjust),
        *(s.variable for s in kept.analysis.subgroups),
    }
