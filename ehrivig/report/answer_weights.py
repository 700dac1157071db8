"""How clone-censor-weight finds the answer, and what stands for who left alive unseen."""

from __future__ import annotations

from ehrivig.report import answer_daily
from ehrivig.report.words import given_words, needs
from ehrivig.study import Study


def paragraphs(study: Study, asked: Study) -> list[str]:
    """The strategies with their copies, the weights, the risks with their limits.

    `asked`: the study before the data decided what of it can be answered.
    """
    parts = (
        (_strategies(study), _copies(study)),
        (_weights(study, asked), _lost(asked)),
        (_risks(study), _limits(study), _left(study, asked), _bounds(study, asked)),
    )
    return [" ".join(filter(None, part)) for part in parts]


def _strategies(study: Study) -> str:
    drug, grace = study.exposure.label, f"{study.grace_hours:g} h"
    return (
        "cloning, censoring and weighting (Hernan and Robins 2016; Cain et al. 2010; Maringe et "
        f"al. 2020). Compared are two strategies that everybody could follow from time zero: "
        f"START, to be given {drug} within {grace}; and WAIT, not to be given it within {grace} "
        f"(later is allowed). {needs(study)}"
    )


def _copies(study: Study) -> str:
    grace = f"{study.grace_hours:g} h"
    return (
        f"Everybody is copied into both. The copy in START is censored at {grace} where the person "
        "has not started and could still start; the copy in WAIT when the person starts within "
        f"{grace}. Who left the hospital within {grace} could not start any more and departs from "
        "neither."
    )


def _weights(study: Study, asked: Study) -> str:
    told = "diagnostics.csv" if weighted_for_lost(asked) else "the note of the row"
    grace = f"{study.grace_hours:g} h"
    start = answer_daily.of_start(study) or (
        f"A copy in START weighs one until {grace}, and after that one over the chance of having "
        "started by then: all who started stand for who had not, "
        f"who are taken to start at {grace} and to fare as the starters."
    )
    return (
        "The chance of starting is a pooled logistic model (D'Agostino et al. 1990) of intervals "
        f"of 6 h up to {grace}, and, where somebody starts at time zero, of that moment by itself "
        "before them, among who is followed and in the hospital at the end of the "
        "interval and had not started before it, on time (an indicator for each interval where "
        "every one has 20 people who start and 20 who do not, else its number, the square of it "
        f"and an indicator of time zero) and {given_words(study)}"
        f"{answer_daily.of_interval(study)}. A copy in WAIT weighs one over "
        f"the chance of not having started before its interval. {start} Weights are stabilised by "
        f"the same chances without covariates and used whole, none truncated; {told} "
        "has the largest, and what cutting weights at their 1st and 99th percentiles would change. "
        "Where covariates separate who starts from who does not, in all or in more than 5% of the "
        "samples below, the model is penalised (log-F(1, 1); Greenland and Mansournia 2015) in "
        "all of them, and the note says so."
    )


def weighted_for_lost(asked: Study) -> bool:
    """Whether a study asks for weights that stand for who left alive unseen."""
    return asked.primary.source == "death" and _declared(asked) == "unknown"


def _declared(asked: Study) -> str | None:
    return asked.primary.after_discharge or asked.outcomes.after_discharge


def _lost(asked: Study) -> str:
    """The weights for who left alive and is seen no more."""
    if not weighted_for_lost(asked):
        return ""
    named = answer_daily.names(asked)
    moves = f", {named} as known when the day begins" if named else ""
    return (
        "People are followed until they leave alive. A copy that is still followed weighs, "
        "besides, one over the chance of not having been lost so before its day: a pooled logistic "
        "model of days on time (an indicator for each day where every one has 20 people lost and "
        "20 not, else its number, the square and the logarithm of it), the same covariates"
        f"{moves} and the strategy (Robins and Finkelstein 2000; Cain et al. 2010). Taken is that "
        "who left would have fared as who stayed, of the same covariates and strategy: no data "
        "show it."
    )


def _risks(study: Study) -> str:
    return (
        f"The risk of a strategy is one minus the weighted Kaplan-Meier curve of its copies at day "
        f"{study.horizon_days:g}."
    )


def _limits(study: Study) -> str:
    scale = ", on the log scale" if study.answer_measure == "RR" else ""
    return (
        f"Limits are the 2.5th and 97.5th percentiles of {study.analysis.bootstrap:,} bootstrap "
        "samples of people, drawn before they are copied, with every weight model fitted anew; p "
        f"is by the standard deviation of the samples{scale} (Wald)."
    )


def _left(study: Study, asked: Study) -> str:
    """What follows for who leaves alive, where no weights stand for them."""
    if weighted_for_lost(asked):
        return ""
    day = f"day {study.horizon_days:g}"
    if study.primary.source == "in_hospital_death" or _declared(asked) == "in_hospital":
        return (
            f"Who leaves alive cannot die in the hospital and is followed to {day} without the "
            "event, so that leaving competes with it."
        )
    said = f"Who is not followed to {day} is censored then, as if like the others in the strategy."
    if _declared(asked) == "linked":
        return said
    return (
        f"{said} Where dates do not show that deaths after discharge are on record, death in the "
        f"hospital takes its place, and who leaves alive is followed to {day} without the event."
    )


def _bounds(study: Study, asked: Study) -> str:
    """What the effect can be at most, where a death anywhere could not be known."""
    declared, primary = _declared(asked), asked.primary
    if primary.source != "death" or primary.within_days is None:
        return ""
    refused = study.primary.source != "death" or declared in ("in_hospital", "unknown")
    if declared == "linked" and not refused:
        return ""
    return (
        f"{'Beside the answer' if refused else 'Beside it, then,'} stand bounds without "
        "assumptions on who left alive (Manski 1990): the difference if of those whose fate "
        "nobody knows all died by the horizon in one strategy and none in the other, by the same "
        "model of starting."
    )
