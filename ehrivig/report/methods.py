"""The methods paragraph, generated from the study file so that it cannot drift from the run."""

from __future__ import annotations

from ehrivig.report import answer_methods, doses
from ehrivig.report.words import labels
from ehrivig.stats.weighting.estimands import ESTIMANDS
from ehrivig.study import Study, clock
from ehrivig.study.admitted import until_hours
from ehrivig.study.registries import ANSWERS

_SCALE = {
    "probability": "on the probability scale",
    "logit_sd": "standard deviations of the logit of the score",
    "probability_sd": "standard deviations of the score",
}
_DISTANCE = {"propensity": "Propensity scores"}
_ORDER = {
    "largest": "from the largest score down",
    "smallest": "from the smallest score up",
    "data": "in the order of the data",
    "random": "in random order",
    "closest": "closest pairs first",
}


def paragraphs(study: Study, asked: Study | None = None) -> list[str]:
    """What was done, in sentences that a methods section could hold.

    `asked`: the study before the data decided what of it can be answered; `study` unless given.
    """
    said = [_population(study), _exposure(study), _covariates(study)]
    said += [*answer_methods.paragraphs(study, asked), _matching(study), *doses.paragraphs(study)]
    said.append(_analysis(study))
    said += [words for words in (clock.told(study),) if words]
    return [*said, _own_lists(study)] if study.lists.own else said


def _question(study: Study) -> str:
    """The estimand, as the study file words it."""
    asked = study.study.estimand
    among = ESTIMANDS[asked.target].population
    return (
        f"Question: {asked.treatment} against {asked.comparator}; {asked.outcome}, as "
        f"{asked.contrast}, in {among} ({asked.target})."
    )


def _severity(study: Study) -> str:
    """The definition of severity, where a criterion asks for it."""
    if not any(c.rule == "severity" for c in study.cohort.criteria):
        return ""
    return f"Severity follows the definition {study.cohort.severity}. "


def hidden_counts(study: Study) -> str:
    """Which counts are not shown, in a sentence."""
    most, to = study.report.smallest_cell - 1, study.report.counts_rounded_to
    if most < 1:
        return "Every count is shown."
    which = "of 1" if most == 1 else f"of 1 to {most}"
    said = f"Counts {which} are not shown, nor what they could be computed from."
    if not to:
        return said
    return (
        f"{said} All others are rounded to the nearest multiple of {to}, totals by themselves; "
        "percentages and crude estimates are those of rounded counts."
    )


def _population(study: Study) -> str:
    steps = "; ".join(c.label for c in study.cohort.criteria)
    info = study.study.estimand
    zero = {
        "admission": "admission",
        "severity_onset": "the first moment of severity",
        "eligible": "the first moment at which all criteria are met",
    }[study.cohort.time_zero]
    return (
        f"{_question(study)} Population: {info.population}. Criteria, in this order: {steps}. "
        f"Time zero is {zero}. "
        f"{_severity(study)}Only criteria that were measured and met admit a patient. The unit of "
        "analysis is a person's index admission." + _local_names(study)
    )


def _local_names(study: Study) -> str:
    """The names that the study file says only this extract has."""
    own = study.extract.local_names
    listed = "; ".join(f"{kind} {', '.join(names)}" for kind, names in own.items())
    return f" Names of this extract alone: {listed}." if listed else ""


def _exposure(study: Study) -> str:
    e = study.exposure
    end = "the end of the stay" if e.end_hours is None else f"{e.end_hours:g} h"
    bands = "; ".join(
        f"{b.low_label} against {b.high_label} (exactly {b.cut:g} counts as "
        f"{b.low_label if b.boundary == 'low' else b.high_label})"
        for b in e.bands
    )
    text = (
        f"Exposure: administrations of {e.label} (code list {e.codelist}; route "
        f"{', '.join(e.routes)}) from {e.start_hours:g} h after time zero to {end}. A day is "
        f"{_day(study)}; doses of one day add up; an administration without a usable amount "
        "has no dose and is counted in the dose coverage."
    )
    return text + (f" Groups: {bands}." if bands else "")


def _day(study: Study) -> str:
    return "24 hours from the admission on" if study.clock == "offsets" else "a local calendar day"


def _own_lists(study: Study) -> str:
    """The study's own code lists: what they add to the shipped ones or stand in place of."""
    files = []
    for file in study.lists.own:
        lines, hidden = len(file.lines), study.lists.overridden(file)
        instead = f", in place of {hidden} shipped ones" if hidden else ""
        files.append(f"{file.path} ({lines} line(s){instead}; SHA-256 {file.sha256[:12]})")
    return f"Code lists of this study's own, laid over the shipped ones: {'; '.join(files)}."


def _covariates(study: Study) -> str:
    """Which value of a covariate counts, and until when it is looked for."""
    which = {"first": "the first in its window", "last": "the last at or before time zero"}
    text = f"Of several values of a covariate {which[study.covariates.value]} counts"
    latest = [until_hours(study, v.name) or 0.0 for v in study.covariates.variables]
    return (
        f"{text}; windows end up to {max(latest):g} h beyond time zero."
        if any(latest)
        else f"{text}."
    )


def _matching(study: Study) -> str:
    m = study.match
    caliper = (
        "without a caliper"
        if m.caliper is None
        else f"within a caliper of {m.caliper:g} {_SCALE[m.caliper_scale]}"
    )
    text = (
        f"{_DISTANCE[m.distance]} come from a logistic model of the exposure fitted by unpenalised "
        f"maximum likelihood on: {labels(study, m.covariates)}{_curves(study)}{_hospital(study)}; "
        "penalised (Firth 1993) only where these separate the arms, which a lint says. Admissions "
        "with a missing matching variable are left out and counted. Matching: "
        f"{_pairs(study, caliper)}. "
        "Standardised mean differences are divided by the "
        f"{m.smd_denominator.replace('_', ' ')} standard deviation."
    )
    admitted = (*m.allow_post_baseline, *study.analysis.allow_post_baseline)
    if admitted:
        text += (
            f" The study file admits variables measured after time zero "
            f"({labels(study, admitted)}): they can bias the effect."
        )
    return text if not ANSWERS[study.answer].death else f"Beside the answer: {_lower(text)}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _curves(study: Study) -> str:
    """Which of them may bend."""
    m = study.match
    if not m.splines:
        return ""
    bent = labels(study, m.splines)
    return f" ({bent} by restricted cubic splines with {m.spline_knots} knots)"


def _hospital(study: Study) -> str:
    """Whether the score has the hospitals, where there are several."""
    return ", and hospital where there are several" if study.hospital_in_score else ""


def _pairs(study: Study, caliper: str) -> str:
    """How pairs are found: one after the other, or all together, which knows no order."""
    m = study.match
    if m.method == "optimal":
        told = f"optimal, 1:1, without replacement, {caliper}: the least distance over all pairs"
        return told + _equal(study)
    return (
        f"nearest neighbour, {m.ratio}:1, {'with' if m.replace else 'without'} replacement, "
        f"{caliper}, {_ORDER[m.order]}; equal distances by the rule {m.tie_rule}{_equal(study)}"
    )


def _equal(study: Study) -> str:
    """What must be equal within a pair."""
    m = study.match
    inside = "; pairs are of one hospital" if m.within_hospital else ""
    return inside + (f"; equal within a pair: {labels(study, m.exact)}" if m.exact else "")


def _analysis(study: Study) -> str:
    policy = {
        "liu": "Pearson's chi-square without continuity correction in every row, as the "
        "reproduced paper",
        "default": "Pearson's chi-square, or Fisher's exact test where an expected count is "
        "below 5",
    }[study.analysis.test_policy]
    correction = {"holm": "Holm", "bh": "Benjamini and Hochberg"}[study.analysis.multiplicity]
    return (
        f"Primary outcome: {study.primary.label} (event: {study.primary.event_label}). Categorical "
        f"variables: {policy}. Continuous variables: Kruskal-Wallis. Intervals are 95%. p-values "
        f"of the declared family are adjusted by {correction}. Percentages use the non-missing "
        f"denominator of each row. {hidden_counts(study)} Random numbers start from seed "
        f"{study.study.seed}."
    )
