"""Variables that are made of others, split or repeated: each of the kind that this needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem, shown

if TYPE_CHECKING:
    from ehrivig.study.whole import Study


def wrong_parts(study: Study) -> Iterator[Problem]:
    """Yes/no variables made of numbers or of themselves, splits without a cut, and the like."""
    yield from _any_of(study)
    yield from _circles(study)
    yield from _cuts(study)
    yield from _repeats(study)
    yield from _bands(study)


def _any_of(study: Study) -> Iterator[Problem]:
    binary = {v.name: v.binary for v in study.covariates.variables}
    for number, variable in enumerate(study.covariates.variables):
        path = ("covariates", "variables", number, "any_of")
        if variable.source == "any_of" and not variable.any_of:
            yield Problem(path, 'from = "any_of" needs any_of = [...], the yes/no variables')
        for place, name in enumerate(variable.any_of):
            if not binary.get(name, True):
                text = f"{shown(name)} is a number, and only a yes/no variable can be one of any"
                yield Problem((*path, place), f"{text}. Remove it")


def _circles(study: Study) -> Iterator[Problem]:
    """Variables that are made of themselves."""
    parts = {v.name: set(v.any_of) for v in study.covariates.variables}
    for number, variable in enumerate(study.covariates.variables):
        inside, fresh = set(variable.any_of), set(variable.any_of)
        while fresh:
            fresh = set().union(*(parts.get(name, set()) for name in fresh)) - inside
            inside |= fresh
        if variable.name in inside:
            path = ("covariates", "variables", number, "any_of")
            yield Problem(path, "goes in a circle: it is made of itself. Remove one of its parts")


def _cuts(study: Study) -> Iterator[Problem]:
    """A number without a cut is no split; a yes/no variable has no cut."""
    numbers = {v.name: not v.binary for v in study.covariates.variables}
    numbers |= {v.name: bool(v.unit) for v in study.outcomes.variables}
    for number, subgroup in enumerate(study.analysis.subgroups):
        path = ("analysis", "subgroups", number)
        is_number = numbers.get(subgroup.variable)
        if is_number and subgroup.cut is None:
            text = f"{shown(subgroup.variable)} is a number: where is it cut? Add cut = ..."
            yield Problem((*path, "variable"), text)
        if is_number is False and subgroup.cut is not None:
            text = f"{shown(subgroup.variable)} is yes or no: it has no cut. Remove it"
            yield Problem((*path, "cut"), text)


def _repeats(study: Study) -> Iterator[Problem]:
    sources = {v.name: v.source for v in study.covariates.variables}
    for number, name in enumerate(study.analysis.repeat_labs):
        if sources.get(name, "lab") != "lab":
            text = f'{shown(name)} is no laboratory variable (from = "lab"). Remove it'
            yield Problem(("analysis", "repeat_labs", number), text)


def _bands(study: Study) -> Iterator[Problem]:
    """Both groups of a band by the same words could not be told apart in a table."""
    for number, band in enumerate(study.exposure.bands):
        if band.low_label == band.high_label:
            path = ("exposure", "bands", number, "high_label")
            yield Problem(path, f"both groups are called {shown(band.low_label)}. Rename one")
