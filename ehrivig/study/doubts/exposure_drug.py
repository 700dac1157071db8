"""The exposure drug among other treatments: as a row of a table it shows the exposure itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.registries import SEVERITIES
from ehrivig.study.rules.exposure_drug import holds_exposure, overlapping
from ehrivig.study.rules.later import asked_about

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_CODE = "exposure_in_variable"


def exposure_in_tables(study: Study) -> Iterator[Doubt]:
    """Secondary outcomes, covariates and criteria whose list holds the exposure drug."""
    yield from _outcomes(study)
    yield from _covariates(study)
    yield from _criteria(study)
    yield from _definition(study)


def _outcomes(study: Study) -> Iterator[Doubt]:
    for number, outcome in enumerate(study.outcomes.variables):
        secondary = outcome.source == "medication" and outcome.name not in asked_about(study)
        if secondary and (why := holds_exposure(study, outcome.code or outcome.name)):
            text = f"{why}: the exposed have it by definition, and its row is no effect"
            yield Doubt(("outcomes", "variables", number), f"{text}. Remove it", _CODE)


def _covariates(study: Study) -> Iterator[Doubt]:
    for number, variable in enumerate(study.covariates.variables):
        if why := overlapping(study, variable):
            opens = study.exposure.start_hours
            text = f"{why}, and its window reaches into the exposure window: its row shows the "
            text += f"exposure itself. End its window at {opens:g} h"
            yield Doubt(("covariates", "variables", number), text, _CODE)


def _criteria(study: Study) -> Iterator[Doubt]:
    for number, criterion in enumerate(study.cohort.criteria):
        if criterion.codelist and (why := holds_exposure(study, criterion.codelist)):
            text = f"{why}: a dose of the exposure by time zero meets this criterion too"
            path = ("cohort", "criteria", number, "codelist")
            yield Doubt(path, f"{text}. Name a list without the drug", _CODE)


def _definition(study: Study) -> Iterator[Doubt]:
    """A time zero that the exposure drug itself brings about: few of the eligible lack it.

    Where everybody had a comparator by then (rule treated_before), that brought it about.
    """
    cohort = study.cohort
    compared = any(criterion.rule == "treated_before" for criterion in cohort.criteria)
    if cohort.time_zero == "admission" or compared:
        return
    for codelist in SEVERITIES[cohort.severity].drugs:
        if why := holds_exposure(study, codelist):
            yield Doubt(
                ("cohort", "severity"),
                f"{why}, and giving one of that list is what {cohort.severity} is met by: the "
                "first dose of the exposure is time zero of many, and few are left unexposed. Take "
                "another definition, or a comparator that both arms have (rule treated_before)",
                "exposure_defines_cohort",
            )
