"""The answer that a study declares must be one that its analyses can give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from ehrivig.errors import many
from ehrivig.study.problem import Problem
from ehrivig.study.registries import ANSWERS, OUTCOMES
from ehrivig.study.registries.answers import WINDOW_HOURS

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_ESTIMAND = ("study", "estimand")
_INTERVAL = 6.0  # hours in which clone_censor_weight counts
_FEWEST_SAMPLES = 40  # the limits are at rank 0.025 x (B + 1)
UNSEEN_BY = "clone_censor_weight"
"""The analysis that can weight for who left alive and is seen no more."""


def _has_primary(study: Study) -> bool:
    """Whether the primary outcome is one of the outcomes; who it is else is somebody's to tell."""
    return study.outcomes.primary in [v.name for v in study.outcomes.variables]


def impossible_answer(study: Study) -> Iterator[Problem]:
    """An analysis, a measure or a population that the answer cannot be given with."""
    if not _has_primary(study):
        return
    estimand = study.study.estimand
    entry, primary = ANSWERS[study.answer], study.primary
    if entry.death and not OUTCOMES[primary.source].follow_up:
        text = (
            f"{entry.name} follows people to a death, and the primary outcome {primary.name} is "
            "none. Name another analysis, as matched, or another primary outcome"
        )
        yield Problem((*_ESTIMAND, "analysis"), text)
        return
    given = (entry.of_number,) if primary.unit else entry.measures
    if not any(given):
        text = f"{entry.name} is of events, and the primary outcome {primary.name} is a number"
        yield Problem((*_ESTIMAND, "analysis"), f"{text}. Name another analysis, as matched")
    elif estimand.measure is not None and estimand.measure not in given:
        what = "a number" if primary.unit else "an event"
        text = f"{entry.name} gives {' or '.join(given)} of {what}, not {estimand.measure}"
        yield Problem((*_ESTIMAND, "measure"), f"{text}. Name one of these, or another analysis")
    elif study.answer == "matched" and (study.match.ratio > 1 or study.match.replace):
        key = "ratio" if study.match.ratio > 1 else "replace"
        text = "matched answers by pairs, each of one exposed and one unexposed used once. Write "
        cure = "ratio = 1" if key == "ratio" else "replace = false"
        yield Problem(("match", key), f"{text}{cure}, or name another analysis, as aipw")
    declared = estimand.analysis is not None and "target" in estimand.model_fields_set
    if declared and estimand.target != entry.target:
        text = (
            f"{entry.name} answers for {entry.target}, not {estimand.target}. Write that, or name "
            "another analysis"
        )
        yield Problem((*_ESTIMAND, "target"), text)


def unknown_deaths(study: Study) -> Iterator[Problem]:
    """Deaths that weights for who left are to answer, where the analysis has no such weights."""
    if not _has_primary(study) or study.primary.source != "death":
        return
    own = study.primary.after_discharge
    if (own or study.outcomes.after_discharge) != "unknown":
        return
    number = [v.name for v in study.outcomes.variables].index(study.outcomes.primary)
    path = ("outcomes", "variables", number) if own else ("outcomes",)
    if study.primary.within_days is None:
        text = (
            "deaths after discharge that nobody knows are answered within some days, and the "
            "primary outcome has none. Write within_days, as 28"
        )
        yield Problem(("outcomes", "variables", number), text)
    if study.answer == UNSEEN_BY:
        return
    text = (
        f"deaths after discharge that nobody knows are answered by {UNSEEN_BY}, which weights for "
        f'who left alive; {study.answer} does not. Write analysis = "{UNSEEN_BY}" under '
        'study.estimand, or after_discharge = "in_hospital"'
    )
    yield Problem((*path, "after_discharge"), text)


def impossible_strategies(study: Study) -> Iterator[Problem]:
    """Strategies of starting within a time that the exposure window does not hold."""
    if study.study.estimand.analysis != "clone_censor_weight":
        return
    end, grace = study.exposure.end_hours, study.grace_hours
    if end is not None and study.exposure.start_hours < end < max(grace, 1):
        whole = end // _INTERVAL * _INTERVAL
        shorter = f"Write grace_hours = {whole:g}, or let the window" if whole else "Let the window"
        text = (
            f"the answer compares starting within {grace:g} h with not, and the exposure window "
            f"closes at {end:g} h: nobody could be seen to start later. {shorter} stay open"
        )
        if end <= 0:
            text = (
                "clone_censor_weight compares starting within hours of time zero with not, and the "
                "exposure window closes at time zero. Name another analysis, as aipw"
            )
            yield Problem((*_ESTIMAND, "analysis"), text)
        else:
            yield Problem(("analysis", "grace_hours"), text)


def impossible_hours(study: Study) -> Iterator[Problem]:
    """Hours and samples with which the design of the answer gives no number, whatever the data."""
    if not _has_primary(study) or not OUTCOMES[study.primary.source].follow_up:
        return
    horizon, plan = study.horizon_days * 24, study.analysis
    if study.answer == "clone_censor_weight":
        grace = study.grace_hours
        if grace >= horizon:
            text = (
                f"the answer compares starting within {grace:g} h with not, and people are "
                f"followed for {horizon:g} h. Write fewer hours of grace, or a longer within_days"
            )
            yield Problem(("analysis", "grace_hours"), text)
        elif grace % _INTERVAL:
            near = max(round(grace / _INTERVAL), 1) * _INTERVAL
            end = study.exposure.end_hours
            if end is not None and end < near:
                near = end // _INTERVAL * _INTERVAL
            text = (
                f"{grace:g} h are no whole number of intervals of {_INTERVAL:g} h, in which "
                "clone_censor_weight counts. "
                + (f"Write {near:g}" if near else "Let the exposure window stay open, and write 6")
            )
            yield Problem(("analysis", "grace_hours"), text)
        if plan.bootstrap < _FEWEST_SAMPLES:
            text = (
                "the answer has the limits of its interval from bootstrap samples, and fewer than "
                f"{_FEWEST_SAMPLES} have no limits at 95%. Write bootstrap = 500"
            )
            yield Problem(("analysis", "bootstrap"), text)
    if study.answer == "sequential_trials" and horizon <= WINDOW_HOURS:
        text = (
            f"the first of the sequential trials begins {WINDOW_HOURS:g} h after time zero, and "
            f"people are followed for {horizon:g} h. Write a longer within_days"
        )
        yield Problem(("study", "estimand", "analysis"), text)
    if study.answer == "landmark" and plan.landmark_hours[0] >= horizon:
        text = (
            f"the answer begins {plan.landmark_hours[0]:g} h after time zero, and people are "
            f"followed for {horizon:g} h. Write earlier landmarks, or a longer within_days"
        )
        yield Problem(("analysis", "landmark_hours"), text)


def horizon_beyond_extract(study: Study) -> Iterator[Problem]:
    """A horizon that nobody of the period can reach before the extract ends."""
    end, period = study.extract.extract_date, study.extract.period
    days = study.primary.within_days if _has_primary(study) else None
    if days is None or end is None or period is None:
        return
    first = period[0]
    if first <= min(period[1], end) and first + timedelta(days=days) > end:
        number = [v.name for v in study.outcomes.variables].index(study.primary.name)
        text = (
            f"{many(days, 'day')} after the first day of the period, {first}, lie beyond the "
            f"extract ({end}): nobody can be followed so long. Shorten it"
        )
        yield Problem(("outcomes", "variables", number, "within_days"), text)
