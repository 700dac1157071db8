"""The exposure drug where it must not stand: as its own outcome, control, adjustment or comparator.

A drug is known by what its list includes, not by the name of the list: dexamethasone is one of the
glucocorticoids.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.codes.overlap import common, lies_within
from ehrivig.study.lines import Path
from ehrivig.study.problem import Problem, shown
from ehrivig.study.rules.later import asked_about, parts_of, used_variables

if TYPE_CHECKING:
    from ehrivig.study.variables import Covariate
    from ehrivig.study.whole import Study

_SHOWN = 2


def exposure_elsewhere(study: Study) -> Iterator[Problem]:
    """Uses of the exposure drug, under whatever list, that answer the question by itself."""
    yield from _its_own_outcome(study)
    yield from _its_own_adjustment(study)
    yield from _its_own_comparator(study)


def holds_exposure(study: Study, codelist: str) -> str:
    """What a drug list has of the exposure drug, in words; empty when nothing."""
    exposure = study.exposure
    if codelist == exposure.codelist:
        return "it is the exposure drug"
    found = common(study.lists, exposure.codelist, codelist, exposure.routes)
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"the list {shown(codelist)} includes the exposure drug, as does {exposure.codelist!r} "
        f"({', '.join(found[:_SHOWN])}{more})"
    )


def overlapping(study: Study, variable: Covariate) -> str:
    """Why a treatment before time zero holds doses of the exposure itself; empty when it does not.

    A window that ends where the exposure window opens holds none.
    """
    if variable.source != "medication":
        return ""
    _, end = variable.window_hours or study.covariates.window_hours
    late = end > study.exposure.start_hours
    return holds_exposure(study, variable.code or variable.name) if late else ""


def _its_own_outcome(study: Study) -> Iterator[Problem]:
    """The exposure drug as what the effect is asked of: the effect of the drug on having it."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.source != "medication" or outcome.name not in asked_about(study):
            continue
        if why := holds_exposure(study, outcome.code or outcome.name):
            path: Path = ("outcomes", "variables", number)
            text = f"{why}: the effect of the drug would be asked on having it. "
            kind = "primary outcome" if outcome.name == study.outcomes.primary else "control"
            yield Problem(path, f"{text}Name another {kind}, or a list without the drug")


def _its_own_adjustment(study: Study) -> Iterator[Problem]:
    """A treatment that is matched on or adjusted for, and holds doses of the exposure."""
    covariates = {v.name: v for v in study.covariates.variables}
    for path, use, name in used_variables(study):
        inside = parts_of(study, covariates[name]) if name in covariates else []
        why = next((said for v in inside if (said := overlapping(study, v))), "")
        if why:
            yield Problem(
                path,
                f"{shown(name)} cannot be {use}: {why}, and its window reaches into the exposure "
                f"window, so that the exposure would explain itself. End its window at "
                f"{study.exposure.start_hours:g} h, or take a list without the drug",
            )
    outcomes = {v.name: v for v in study.outcomes.variables if v.source == "medication"}
    for path, use, name in used_variables(study):
        if name in outcomes and (why := holds_exposure(study, outcomes[name].code or name)):
            text = f"{shown(name)} cannot be {use}: {why}, and it counts from admission on"
            yield Problem(path, f"{text}, so that the exposure would explain itself. Remove it")


def _its_own_comparator(study: Study) -> Iterator[Problem]:
    """A comparator given to everybody that is the exposure drug, which nobody may have had."""
    untreated = next((c for c in study.cohort.criteria if c.rule == "untreated_before"), None)
    for number, criterion in enumerate(study.cohort.criteria):
        if untreated is not None and _is_exposure(study, criterion.codelist):
            yield Problem(
                ("cohort", "criteria", number, "codelist"),
                f"{criterion.label!r} wants {criterion.codelist} by time zero, which is the "
                f"exposure drug, and {untreated.label!r} excludes whoever had it before: no "
                "unexposed person can meet both. Name another comparator, or remove one of the two",
            )


def _is_exposure(study: Study, codelist: str | None) -> bool:
    """Whether a drug list holds the exposure drug and nothing else."""
    if codelist is None:
        return False
    exposure = study.exposure
    same = codelist == exposure.codelist
    return same or lies_within(study.lists, codelist, exposure.codelist, exposure.routes)
