"""Which event tables a study reads: its criteria, on which rests who is studied, and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ehrivig.concepts import concept
from ehrivig.concepts.library import files
from ehrivig.concepts.severity import build_order
from ehrivig.contract import EVENT_TABLES
from ehrivig.study import Criterion, Evidence, Study
from ehrivig.study.registries import COVARIATES, OUTCOMES
from ehrivig.study.registries.concepts import of_severity

_READ = re.compile(r"(?:FROM|JOIN|GIVEN\(')\s*(\w+)")
_EVENTS = frozenset(table.name for table in EVENT_TABLES)
_DRUG_RULES = ("treated_before", "untreated_before")


def by_criteria(study: Study) -> frozenset[str]:
    """The event tables that some criterion of a study reads."""
    return frozenset(table for one in study.cohort.criteria for table in _of(one, study))


def by_covariates(study: Study) -> frozenset[str]:
    """The event tables that some baseline variable of a study reads."""
    kinds = {one.source for one in study.covariates.variables}
    names = {COVARIATES[kind].concept or f"baseline_{kind}" for kind in kinds}
    return frozenset(table for name in names & set(files()) for table in of_concept(name))


def by_outcomes(study: Study) -> frozenset[str]:
    """The event tables that some outcome of a study reads."""
    kinds = {one.source for one in study.outcomes.variables}
    also = {OUTCOMES[kind].also for kind in kinds} - {""}
    names = {OUTCOMES[kind].concept for kind in kinds | also}
    return frozenset(table for name in names & set(files()) for table in of_concept(name))


def _of(criterion: Criterion, study: Study) -> Iterator[str]:
    if criterion.rule in _DRUG_RULES:
        yield "medication"
    if criterion.rule == "severity":
        yield from of_concept(of_severity(study.cohort.severity))
    for evidence in criterion.any_of:
        yield from _of_evidence(evidence)


def _of_evidence(evidence: Evidence) -> Iterator[str]:
    if evidence.pathogen:
        yield "pathogen_test"
    elif evidence.condition:
        yield "diagnosis"
    else:
        yield from of_concept(str(evidence.concept))


@cache
def of_concept(name: str) -> frozenset[str]:
    """The event tables that a clinical concept reads, and all that it builds on."""
    texts = (concept(step).text for step in build_order(name))
    lines = (line.partition("--")[0] for text in texts for line in text.splitlines())
    return frozenset(_READ.findall("\n".join(lines))) & _EVENTS
