"""What the answer takes to move after time zero, and what it cannot see where nothing does."""

from __future__ import annotations

from ehrivig.study import Study
from ehrivig.study.registries import MOVING
from ehrivig.study.registries.daily import READ_BY

_DAY_HOURS = 24.0


def names(study: Study) -> str:
    """What moves, in the words of tables; empty for an answer that adjusts for nothing of it."""
    if study.answer not in READ_BY:
        return ""
    return ", ".join(MOVING[name].caption for name in study.analysis.time_varying)


def known(study: Study) -> str:
    """When it is known, and what stands for it where it is not."""
    if not names(study):
        return ""
    return (
        f"{names(study)}: as known when each day from time zero begins, of the 24 h before it. A "
        "component that was not measured is the last one of the stay, for at most 3 days; the "
        "score is the recorded one, else the sum, a missing component counting 0 where at most two "
        "are missing. "
        "A day without a value has the median of the known ones, told apart by a column of its own "
        "where at least 5 people died and 5 started on such days, and on others."
    )


def unseen(study: Study) -> str:
    """The confounding after time zero that the answer cannot see; empty where there is none."""
    if study.answer not in READ_BY:
        return ""
    if names(study):
        return (
            f"{names(study)} moves by the day in the models of the answer: what changes within a "
            "day, and starts the drug on it, is not seen, nor is what moves otherwise."
        )
    if study.answer == "clone_censor_weight" and study.grace_hours <= _DAY_HOURS:
        return ""
    return (
        "Everybody is adjusted for as known at time zero alone: where severity moves after it and "
        "decides who starts and who dies, the answer leans, and nothing here shows by how much "
        "([analysis] time_varying adjusts for it)."
    )


def of_trials(study: Study) -> str:
    """How sequential trials adjust for it."""
    if not names(study):
        return ""
    return (
        f" Each trial is adjusted, besides, for {names(study)} as known when its window began. Who "
        "has not started stands for who starts later: weighted by one over the chance of not "
        "having started by then, a pooled logistic model of days on time, the same covariates and "
        f"{names(study)} as known when the day begins, stabilised by the share of all who do not "
        "start on it, whole and estimated anew in each group of the jackknife (Robins and "
        f"Finkelstein 2000; Danaei et al. 2013). {known(study)}"
    )


def of_spells(study: Study) -> str:
    """How the time-dependent Cox model adjusts for it."""
    if not names(study):
        return ""
    return (
        f" It is adjusted, besides, for {names(study)} as known when each day begins, after the "
        "start as before it, so that an effect that runs through it is not counted. "
        f"{known(study)}"
    )


def of_interval(study: Study) -> str:
    """What the chance of starting in an interval of grace is given, besides."""
    return f", and {names(study)} as known when the interval begins" if names(study) else ""


def of_start(study: Study) -> str:
    """What a copy in START weighs; empty where nothing moves."""
    if not names(study):
        return ""
    return (
        "A copy in START follows a plan: to be given it when those who were within grace were, "
        "whatever the severity (Cain et al. 2010). Who started weighs the chance of the interval "
        "by the plan over the chance of having started in it, who has not yet what is left of the "
        "plan over the chance of not having. Only what was known before the start is in a weight. "
        f"{known(study)}"
    )
