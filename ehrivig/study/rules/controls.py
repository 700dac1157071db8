"""Negative controls and the primary outcome: neither may be decided by what it stands for.

Controls calibrate the effect: one that is the primary outcome under another name takes the effect
itself for bias and removes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem, shown
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.registries.concepts import of_severity
from ehrivig.study.registries.conditions import ACUTE
from ehrivig.study.rules.later import asked_about, parts_of, used_variables

if TYPE_CHECKING:
    from ehrivig.study.people import Evidence
    from ehrivig.study.variables import Outcome
    from ehrivig.study.whole import Study


def wrong_controls(study: Study) -> Iterator[Problem]:
    """Controls that are the primary outcome, a number, or a control that is there already."""
    known = {outcome.name: outcome for outcome in study.outcomes.variables}
    primary, seen = known.get(study.outcomes.primary), list[str]()
    for number, name in enumerate(study.analysis.negative_controls):
        control = known.get(name)
        if control is None or primary is None or name in seen:
            continue  # told by its name
        others = [known[other] for other in seen]
        seen.append(name)
        if why := _no_control(control, primary, others):
            path = ("analysis", "negative_controls", number)
            yield Problem(path, f"{shown(name)} {why}. Remove it")


def _no_control(control: Outcome, primary: Outcome, others: list[Outcome]) -> str:
    """Why an outcome calibrates nothing; empty where it does."""
    if control.name == primary.name:
        return "is the primary outcome: it is no control of itself"
    calibrated = "calibrating by it would take the effect away"
    if all(OUTCOMES[one.source].follow_up for one in (control, primary)):
        return f"is a death, as is the primary outcome {primary.name}: {calibrated}"
    if same_event(control, primary):
        return f"is what the primary outcome {primary.name} is, under another name: {calibrated}"
    if control.unit:
        return f"is a number ({control.unit}): only what happens or not can be a control"
    if of_the_disease(control):
        kind = OUTCOMES[control.source].caption.lower()
        return (
            f"is an outcome of the disease ({kind}), which a drug that works may change: an effect "
            "on it is no bias. Name what the drug can neither bring nor spare, as fracture"
        )
    twin = next((one.name for one in others if same_event(control, one)), None)
    return f"is the control {twin} under another name: it would count twice" if twin else ""


def of_the_disease(control: Outcome) -> bool:
    """Whether an outcome is of a severe disease: a complication, organ support, clearance."""
    if control.source == "condition":
        return (control.code or control.name) in ACUTE
    return control.source in ("device", "procedure", "clearance", "concept")


def same_event(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are of the same kind and code, whatever their names."""
    also = OUTCOMES[one.source].also
    codes = OUTCOMES[one.source].codes is not None
    kind = one.source == other.source or other.source == also
    return kind and (not codes or (one.code or one.name) == (other.code or other.name))


def decided_outcomes(study: Study) -> Iterator[Problem]:
    """Outcomes that are asked about and are met by whoever is in the study."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.name in asked_about(study) and (why := _decided(study, outcome)):
            kind = "primary outcome" if outcome.name == study.outcomes.primary else "control"
            yield Problem(
                ("outcomes", "variables", number),
                f"{why}: who is in the study has it by that, whatever was given. Name another "
                f"{kind}",
            )


def _decided(study: Study, outcome: Outcome) -> str:
    """By what everybody in the study, or nobody, has an outcome; empty where by nothing."""
    code = outcome.code or outcome.name
    for criterion in study.cohort.criteria:
        severity = of_severity(study.cohort.severity)
        if criterion.rule == "severity" and outcome.source == "concept" and code == severity:
            when = ", and sets time zero" if study.cohort.time_zero != "admission" else ""
            return f"{code} is what the criterion {criterion.label!r} asks for{when}"
        if any(_names(evidence, outcome.source, code) for evidence in criterion.any_of):
            return f"{code} is among what the criterion {criterion.label!r} asks for"
    return ""


def _names(evidence: Evidence, source: str, code: str) -> bool:
    """Whether a piece of evidence is of an outcome's kind and code."""
    return source in ("condition", "concept") and getattr(evidence, source) == code


def primary_as_covariate(study: Study) -> Iterator[Problem]:
    """The condition that the effect is asked of, where the arms are made alike or split by it."""
    asked = {
        outcome.code or outcome.name: outcome.name
        for outcome in study.outcomes.variables
        if outcome.source == "condition" and outcome.name in asked_about(study)
    }
    covariates = {v.name: v for v in study.covariates.variables}
    for path, use, name in used_variables(study):
        inside = parts_of(study, covariates[name]) if name in covariates else []
        codes = [v.code or v.name for v in inside if v.source == "condition"]
        for code in (one for one in codes if one in asked):
            yield Problem(
                path,
                f"{shown(name)} cannot be {use}: it is coded {code}, as is the outcome "
                f"{asked[code]} that the effect is asked of, and nothing but dates and flags "
                "would tell the two apart. Remove it",
            )
