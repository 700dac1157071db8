"""How the declared answer is found, in words by which a reader can find it again.

Every number of a design stands here once; a test holds each against the function that uses it.
"""

from __future__ import annotations

from collections.abc import Callable

from ehrivig.report import answer_daily, answer_weights
from ehrivig.report.answer import MEASURES
from ehrivig.report.words import event_words, given_words, labels, needs
from ehrivig.study import Study
from ehrivig.study.protocol import given

_SCORE = "The propensity score is that of the matching below (Rosenbaum and Rubin 1983)."
_INFLUENCE = (
    "Standard errors are of the influence function with that of the score's estimation in it, each "
    "row as if left out (as HC3)"
)


def paragraphs(study: Study, asked: Study | None = None) -> list[str]:
    """The methods of the declared answer.

    `asked`: the study before the data decided what of it can be answered; `study` unless given.
    """
    asked = asked or study
    event = event_words(asked if answer_weights.weighted_for_lost(asked) else study)
    first, *rest = METHODS[study.answer](study, asked)
    said = [f"Answer: the {MEASURES[study.answer_measure]} of {event}, by {first}", *rest]
    return [*said, *filter(None, (answer_daily.unseen(study),)), _hospitals(study)]


def _hospitals(study: Study) -> str:
    """How hospitals stand in the models of the answer, where they do."""
    if not given(study)[1]:
        return "Hospitals are not told apart in the models of the answer."
    if study.answer == "matched" and not study.hospital_in_score:
        return "Pairs are of one hospital; no model of the answer has hospitals."
    return (
        "Of several hospitals, those with five people in each arm have an indicator each (the "
        "largest is the reference; no more than one for every 20 people of the smaller arm), the "
        "others one together and, where they are several, their share of exposed, shrunken towards "
        "that of all (Li, Zaslavsky and Landrum 2013)."
    )


def _trials(study: Study) -> str:
    drug = study.exposure.label
    return (
        "sequential trials (Hernan et al. 2008; Gran et al. 2010), one every 24 h, 7 in all. The "
        "clock of each begins at the end of its window of 24 h, for who is then followed, in the "
        f"hospital, and had not been given {drug} before the window. Exposed is who started in "
        "the window; the others are unexposed and censored when they start. Nobody is credited "
        f"with time survived. {needs(study)} Estimated by a Cox model (Efron's ties) over all "
        "trials, stratified by trial and "
        f"adjusted for {given_words(study)}; n and events count persons in "
        "trials. With fewer than 5,000 events the estimate is corrected for its bias, and its "
        "standard error found, by the jackknife over 20 groups of people (Quenouille 1956; Tukey "
        "1958; limits of the t distribution with 19 degrees of freedom), else the variance is "
        "robust, by person. The risks are those that the model gives who starts, had they started "
        "and had they not, from the clock of their trial until day "
        f"{study.horizon_days:g} after time zero, averaged (g-formula; limits of the same "
        f"jackknife).{answer_daily.of_trials(study)}"
    )


def _spells(study: Study) -> str:
    return (
        "a Cox model with exposure as time-dependent covariate (Efron's ties, variance of the "
        "model): unexposed from time zero to the first administration, exposed from then on, "
        f"whatever follows; adjusted for {given_words(study)}. {needs(study)}"
        f"{answer_daily.of_spells(study)}"
    )


def _landmark(study: Study) -> str:
    first, *later = study.analysis.landmark_hours
    said = (
        f"a landmark at {first:g} h (Anderson, Cain and Gelber 1983). Among who is followed beyond "
        f"it and still in the hospital, who started by {first:g} h is exposed, who did not is "
        f"unexposed, whatever follows. {needs(study)} Estimated from the landmark on by a Cox "
        "model (Efron's ties, variance of the model) "
        f"adjusted for {given_words(study)}. The risks at day {study.horizon_days:g} are those "
        "that the model gives these people, had all started and had none, averaged (g-formula; "
        "jackknife over 20 groups of people, limits of the t distribution with 19 degrees of "
        "freedom). Beside it stand the risks unadjusted (Kaplan-Meier, Greenwood)"
    )
    others = ", ".join(f"{hours:g}" for hours in later)
    return f"{said}, and the landmarks at {others} h." if later else f"{said}."


def _matched(study: Study) -> str:
    adjusted = f"{labels(study, study.match.covariates)}{_and_hospital(study)}"
    told = (
        "the matched pairs (below), adjusted for what is left within them (Rubin 1973; Ho et al. "
        "2007). "
    )
    if study.primary.unit:
        return (
            f"{told}A linear model of the matched has the exposure and {adjusted}; its variance is "
            "clustered on pairs."
        )
    model = f"A logistic model of the matched has the exposure and {adjusted}"
    sparse = (
        "; a yes/no covariate with fewer than two people in a cell with the outcome is left to "
        "the matching"
    )
    if study.answer_measure == "OR":
        return (
            f"{told}{model}{sparse}. The odds ratio is conditional on these; its variance is "
            "clustered on pairs."
        )
    return (
        f"{told}{model}{sparse}. Its risks with and without exposure are averaged over the "
        "matched exposed (g-formula; Robins 1986, Snowden et al. 2011). Standard errors are of "
        "the influence function, clustered on pairs, each row as if left out (as HC3)."
    )


def _and_hospital(study: Study) -> str:
    return ", and hospital" if study.hospital_in_score else ""


def _weighted(study: Study) -> str:
    return (
        f"inverse probability weights (Robins, Hernan and Brumback 2000). {_SCORE} The exposed "
        "weigh one over their score, the others one over the rest of it, whole: none is "
        f"truncated. Compared are the weighted {_averages(study)} of the arms. {_INFLUENCE} "
        "(Lunceford and Davidian 2004)."
    )


def _overlap(study: Study) -> str:
    return (
        f"overlap weights (Li, Morgan and Zaslavsky 2018). {_SCORE} Everybody weighs the "
        f"probability of the other arm. Compared are the weighted {_averages(study)} of the arms. "
        f"{_INFLUENCE} (Li, Thomas and Li 2019)."
    )


def _averages(study: Study) -> str:
    return "means" if study.primary.unit else "risks"


def _augmented(study: Study) -> str:
    return (
        "augmented inverse probability weights (Robins, Rotnitzky and Zhao 1994; Glynn and Quinn "
        f"2010). {_SCORE} A logistic model of the outcome in each arm has the same variables; a "
        "yes/no one with fewer than two people in a cell with the outcome, or that separates it, "
        "is left to the score and named in the note. Right where either model is. The scores are "
        "not bounded. Standard errors are of the influence function, each row as if left out of "
        "the outcome model (as HC3)."
    )


def _learned(study: Study) -> str:
    return (
        "augmented inverse probability weights with learned models, cross-fitted (Chernozhukov et "
        f"al. 2018; Zivich and Breskin 2021). {_learning(study)}"
    )


def _targeted(study: Study) -> str:
    return (
        "targeted maximum likelihood with learned models, cross-fitted (van der Laan and Rose "
        f"2011; Zheng and van der Laan 2011). {_learning(study)} The predicted risks of each arm "
        "are moved by one shift of their log odds, until the arm, weighted by the inverse of its "
        "chance, has as many events as predicted."
    )


def _learning(study: Study) -> str:
    """How both models are learned."""
    return (
        f"Score and outcome of each arm are {_model(study)} People "
        "are dealt into 5 folds, and nobody is predicted by a model that has seen them; dealt 5 "
        "times, the median is the estimate, its variance widened by how the others differ from "
        "it. Scores are bounded by 5 / (root n log n) (Gruber et al. 2022). Standard errors are "
        "of the influence function."
    )


def _model(study: Study) -> str:
    """What learns, in a sentence without its beginning."""
    given = given_words(study)
    lasso = (
        f"with an L1 penalty on {given}, with the squares and products of all but the hospitals; "
        "the penalty is half of what has the best likelihood in 3 inner folds."
    )
    return {
        "lasso": f"logistic models {lasso}",
        "boosting": f"boosted trees of depth 3 on {given}, which stop early on a tenth held back.",
        "super_learner": (
            "in each fold whichever of three models predicts best people it has not seen (van der "
            f"Laan et al. 2007): a logistic one on {given}, 50 boosted trees of depth 3 on these, "
            f"or a logistic one {lasso}"
        ),
    }[study.analysis.learner]


def _alone(words: Callable[[Study], str]) -> Callable[[Study, Study], list[str]]:
    """The one paragraph of a design that has no answer to who left alive unseen."""
    return lambda study, asked: [words(study)]


METHODS: dict[str, Callable[[Study, Study], list[str]]] = {
    "clone_censor_weight": answer_weights.paragraphs,
    "sequential_trials": _alone(_trials),
    "time_dependent_cox": _alone(_spells),
    "landmark": _alone(_landmark),
    "matched": _alone(_matched),
    "iptw": _alone(_weighted),
    "overlap": _alone(_overlap),
    "aipw": _alone(_augmented),
    "aipw_cross_fitted": _alone(_learned),
    "tmle_cross_fitted": _alone(_targeted),
}
"""Name of an answer -> its methods, of the study as it can be answered and as it was asked."""
