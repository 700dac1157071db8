"""The methods say how the declared answer is found, each number as the function has it."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from ehrivig import study as studies
from ehrivig.analysis import daily
from ehrivig.concepts import severity
from ehrivig.report import answer_methods, methods, protocol
from ehrivig.report.words import event_words
from ehrivig.stats.timezero import follow_up, initiation, lost_weights, sequential
from ehrivig.stats.timezero.clone_censor_weight import clone_censor_weight
from ehrivig.stats.timezero.clone_effects import MOST_FAILED
from ehrivig.stats.timezero.groups import N_GROUPS
from ehrivig.stats.weighting import cross_fitted, learners
from ehrivig.study import Study
from ehrivig.study.protocol import beside, given
from ehrivig.study.protocol import protocol as fixed
from ehrivig.study.registries import ANSWERS
from ehrivig.study.registries.answers import N_TRIALS, WINDOW_HOURS

LIU = studies.load("ivig_covid19")


def asks(plan: Study, analysis: str, **more: Any) -> Study:
    """The study with another answer, and other values of [match]."""
    told = {"analysis": analysis, "measure": None, "target": ANSWERS[analysis].target}
    section = plan.study.model_copy(
        update={"estimand": plan.study.estimand.model_copy(update=told)}
    )
    return plan.model_copy(update={"study": section, "match": plan.match.model_copy(update=more)})


def answer_of(plan: Study, asked: Study | None = None) -> str:
    return " ".join(answer_methods.paragraphs(plan, asked))


def default(function: Any, name: str) -> Any:
    return inspect.signature(function).parameters[name].default


def test_every_answer_has_methods() -> None:
    assert tuple(answer_methods.METHODS) == ANSWERS.names


@pytest.mark.parametrize("name", ANSWERS.names)
def test_the_methods_of_each_answer_stand_in_report_and_protocol(name: str) -> None:
    plan = asks(LIU, name)
    said = answer_of(plan)
    assert said.startswith("Answer: the ")
    assert re.search(r"\b(19|20)\d\d\b", said) or name == "time_dependent_cox"
    assert answer_methods.paragraphs(plan)[0] in methods.paragraphs(plan)
    section = next(one for one in protocol.sections(plan, fixed(plan)) if one.number == "7.5")
    assert answer_methods.paragraphs(plan)[0] in section.said


def test_numbers_are_those_of_clone_censor_weight() -> None:
    said = answer_of(LIU)
    hours = default(clone_censor_weight, "interval_hours")
    assert f"of intervals of {hours:g} h up to {LIU.grace_hours:g} h" in said
    assert said.count(f"{initiation._DUMMY_MINIMUM} people who start and 20 who do not") == 1
    assert f"more than {MOST_FAILED:.0%} of the samples" in said
    assert f"percentiles of {LIU.analysis.bootstrap:,} bootstrap samples" in said
    assert default(clone_censor_weight, "stand_in") == "all_starters"
    assert default(clone_censor_weight, "level") == 0.95
    assert "used whole, none truncated" in said
    assert f"at day {LIU.horizon_days:g}" in said


def test_numbers_are_those_of_the_trials_and_the_learned_models() -> None:
    said = answer_of(asks(LIU, "sequential_trials"))
    hours, n = (default(sequential.sequential_trials, a) for a in ("window_hours", "n_trials"))
    assert (hours, n) == (WINDOW_HOURS, N_TRIALS)
    assert f"one every {hours:g} h, {n} in all" in said
    assert f"fewer than {sequential._ENOUGH_EVENTS:,} events" in said
    assert f"{N_GROUPS} groups of people" in said
    assert f"until day {LIU.horizon_days:g} after time zero, averaged (g-formula" in said
    assert f"{N_GROUPS - 1} degrees of freedom" in said
    said = answer_of(asks(LIU, "aipw_cross_fitted"))
    folds, splits = (default(cross_fitted.cross_fitted_aipw, a) for a in ("folds", "splits"))
    assert f"dealt into {folds} folds" in said
    assert f"dealt {splits} times" in said
    assert learners.WEAKER == 2
    assert f"half of what has the best likelihood in {learners.INNER_FOLDS} inner" in said
    targeted = answer_of(asks(LIU, "tmle_cross_fitted"))
    assert said.split("models\n")[-1].split("Score")[1][:200] in targeted
    assert "one shift of their log odds" in targeted


@pytest.mark.parametrize("name", ANSWERS.names)
@pytest.mark.parametrize("hospital", [None, "model", "ignore"])
def test_hospitals_are_told_where_the_models_have_them(name: str, hospital: str | None) -> None:
    plan = asks(LIU, name, hospital=hospital)
    has = plan.hospital_in_models if ANSWERS[name].death else plan.hospital_in_score
    assert given(plan)[1] == has
    assert ("Of several hospitals" in answer_of(plan)) == has
    (assigned,) = [one for one in fixed(plan)["items"] if one["part"] == "Assignment"]
    assert (" and hospital" in assigned["emulation"]) == has


def test_what_follows_time_zero_is_in_the_score_alone() -> None:
    late = LIU.outcome(LIU.match.allow_post_baseline[0]).label
    assert late not in answer_of(LIU)
    assert late in answer_of(asks(LIU, "matched"))
    assert "Beside the answer: propensity scores" in " ".join(methods.paragraphs(LIU))
    assert "Beside the answer" not in " ".join(methods.paragraphs(asks(LIU, "iptw")))


def test_pairs_of_one_hospital_and_equal_in_a_covariate() -> None:
    plan = asks(LIU, "matched", within_hospital=True, exact=("male",))
    assert "Pairs are of one hospital; no model of the answer has" in answer_of(plan)
    matching = methods._matching(plan)
    assert "; pairs are of one hospital; equal within a pair: Male sex." in matching


def deaths(declared: str | None) -> Study:
    outcomes = LIU.outcomes.model_copy(update={"after_discharge": declared})
    return LIU.model_copy(update={"outcomes": outcomes})


@pytest.mark.parametrize(
    ("declared", "said", "unsaid"),
    [
        ("linked", ["is censored then"], ["Manski", "lost so before its day", "competes"]),
        ("in_hospital", ["leaving competes", "Beside the answer stand bounds"], ["lost so"]),
        ("unknown", ["lost so before its day", "Beside the answer stand bounds"], ["competes"]),
        (None, ["Where dates do not show", "Beside it, then, stand bounds"], ["lost so before"]),
    ],
)
def test_who_left_alive(declared: str | None, said: list[str], unsaid: list[str]) -> None:
    text = answer_of(deaths(declared))
    assert all(words in text for words in said)
    assert not any(words in text for words in unsaid)
    if declared == "unknown":
        assert text.count(f"{lost_weights._FEWEST} people lost and 20 not") == 1


def test_the_answer_of_who_left_unseen_is_of_death_anywhere() -> None:
    """Weights stand for them: the rest of the report is of the stay."""
    asked = deaths("unknown")
    first, *rest = asked.outcomes.variables
    stay = first.model_copy(
        update={"source": "in_hospital_death", "event_label": "death in hospital"}
    )
    outcomes = asked.outcomes.model_copy(update={"variables": (stay, *rest)})
    answered = asked.model_copy(update={"outcomes": outcomes})
    assert f"risk of {event_words(asked)}, by cloning" in answer_of(answered, asked)
    assert "lost so before its day" in answer_of(answered, asked)
    assert "leaving competes" not in answer_of(answered, asked)


def test_the_answer_is_not_beside_itself() -> None:
    plan = studies.load("clif_demo")
    assert beside(plan) == ()
    (item,) = [one for one in fixed(plan)["items"] if one["part"] == "Analysis plan"]
    assert "Beside it: none." in item["emulation"]
    assert "clone_censor_weight" not in beside(LIU)
    assert "landmark" in beside(asks(LIU, "landmark"))  # the later ones
    assert "landmark" not in beside(
        asks(LIU, "landmark").model_copy(
            update={"analysis": LIU.analysis.model_copy(update={"landmark_hours": (24.0,)})}
        )
    )


@pytest.mark.parametrize("name", [name for name in ANSWERS.names if ANSWERS[name].death])
def test_a_start_after_the_exposure_window_is_one(name: str) -> None:
    closed = LIU.model_copy(update={"exposure": LIU.exposure.model_copy(update={"end_hours": 48})})
    said = "A start after the exposure window is a start, too."
    assert said in answer_of(asks(closed, name))
    assert said not in answer_of(asks(LIU, name))


def test_a_start_at_time_zero_is_an_interval_of_its_own() -> None:
    cohort = follow_up([900.0] * 2, [1, 0], [0.0, 7.0])
    assert initiation.grace_period(48, 6).of(cohort).at_zero
    assert "of that moment by itself before them" in answer_of(LIU)


DAY_BY_DAY = ("clone_censor_weight", "sequential_trials", "time_dependent_cox")


def moves(plan: Study, **more: Any) -> Study:
    """The study with severity that moves."""
    told = {"time_varying": ("sofa",), **more}
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update=told)})


@pytest.mark.parametrize("name", DAY_BY_DAY)
def test_an_answer_says_what_it_adjusts_for_day_by_day(name: str) -> None:
    said = answer_of(moves(asks(LIU, name)))
    assert "SOFA score: as known when each day from time zero begins, of the 24 h before it" in said
    assert f"for at most {severity.CARRIED_DAYS} days" in said
    assert severity.SOFA_MAX_MISSING == 2
    assert "counting 0 where at most two are missing" in said
    assert f"at least {daily._FEWEST} people died and {daily._FEWEST} started" in said
    assert "what changes within a day" in said
    assert "at time zero alone" not in said


@pytest.mark.parametrize("name", ANSWERS.names)
def test_an_answer_without_it_says_what_it_cannot_see(name: str) -> None:
    """Where people start after time zero; and so do the limits of the protocol."""
    plan = asks(LIU, name)
    limits = next(one for one in protocol.sections(plan, fixed(plan)) if one.number == "8")
    for said in (answer_of(plan), " ".join(limits.said)):
        assert ("where severity moves after it" in said) == (name in DAY_BY_DAY)
    short = plan.analysis.model_copy(update={"grace_hours": 24.0})
    day = answer_of(plan.model_copy(update={"analysis": short}))
    unseen = name in DAY_BY_DAY and name != "clone_censor_weight"
    assert ("where severity moves after it" in day) == unseen


def test_a_copy_in_start_follows_a_plan_where_severity_moves() -> None:
    said = answer_of(moves(LIU))
    assert "A copy in START follows a plan" in said
    assert "fare as the starters" not in said
    assert "fare as the starters" in answer_of(LIU)


@pytest.mark.parametrize(
    ("answer", "strategies", "clock"),
    [
        ("clone_censor_weight", "Grace period: 48 h", "From admission to 28 days"),
        ("landmark", "Exposed is who started by 24 h", "24 h after admission (the landmark) to"),
        ("sequential_trials", "of 7 windows of 24 h", "zero of each trial, 24 to 168 h after"),
        ("time_dependent_cox", "Unexposed until the first", "From admission to 28 days"),
    ],
)
def test_the_protocol_says_on_which_clock_the_answer_is(
    answer: str, strategies: str, clock: str
) -> None:
    items = {item["item"]: item["emulation"] for item in fixed(asks(LIU, answer))["items"]}
    assert strategies in items["6b, 7b"]
    assert clock in items["6d, 7d"]
