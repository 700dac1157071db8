"""Which variables, sides and groups hold others by their definition: `nested.csv`.

Deaths by day 28 hold those by day 27, everybody aged 65 those aged 66. Whoever is told both counts
knows the difference, so the attack on a release has to know what holds what.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations, permutations
from typing import TypeVar

import polars as pl

from ehrivig.codes.held import conditions_held, drugs_held
from ehrivig.study import Band, Covariate, Outcome, Study, Subgroup
from ehrivig.study.covariate_window import window_of

VARIABLE, ANY_OF, SIDE, GROUP, MEASURED = "variable", "any_of", "side", "group", "measured"
SUBGROUP, CODED = "subgroup", "coded"
SCHEMA = dict.fromkeys(("kind", "part", "whole", "yields"), pl.String)
"""`part` is held by `whole`; `yields`: which of both is missed least. Of measured ones both are the
same thing in two windows; a subgroup is held by the yes/no variable that it is a side of; what is
coded holds what is on a shorter list of the same codes."""
_ANY_TIME = {"medication", "finding"}
"""What is true in a window when it is true in a part of it."""
_DEATHS = {"death", "in_hospital_death"}
Pair = tuple[str, str]
T = TypeVar("T", Covariate, Outcome)


def nested(study: Study) -> pl.DataFrame:
    """A row for each pair of which one holds the other; the study as it can be answered."""
    rows = [*_variables(study), *_coded(study), *_sides(study), *_groups(study), *_measured(study)]
    rows += [
        (SUBGROUP, one.label, one.variable, one.label)
        for one in study.analysis.subgroups
        if one.cut is None
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _variables(study: Study) -> Iterator[tuple[str, str, str, str]]:
    named = {v.name: v for v in study.covariates.variables}
    for whole in named.values():
        for part in dict.fromkeys(whole.any_of):
            yield ANY_OF, part, whole.name, whole.name
    for inner, outer in _held(study):
        if outer not in named or inner not in named[outer].any_of:
            yield VARIABLE, inner, outer, _later(study, inner, outer)


def _coded(study: Study) -> Iterator[tuple[str, str, str, str]]:
    """Conditions and drugs of which the one's codes are all among the other's."""
    held = {"condition": conditions_held(study.lists), "medication": drugs_held(study.lists)}

    def of(part: Covariate, whole: Covariate) -> bool:
        pairs = held.get(part.source, ())
        (start, end), (opens, closes) = (_hours(v, study) for v in (part, whole))
        return _listed(part, whole) in pairs and opens <= start and end <= closes

    def given(part: Outcome, whole: Outcome) -> bool:
        told = [v.model_dump(exclude={"name", "label", "code", "group"}) for v in (part, whole)]
        same = part.source == "medication" and told[0] == told[1]
        return same and _listed(part, whole) in held["medication"]

    for inner, outer in _pairs(study.covariates.variables, of):
        yield CODED, inner, outer, _later(study, inner, outer)
    for inner, outer in _pairs(study.outcomes.variables, given):
        yield CODED, inner, outer, _later(study, inner, outer)


def _listed(part: T, whole: T) -> Pair:
    """The lists of two variables; of two sources none."""
    if part.source != whole.source:
        return "", ""
    return part.code or part.name, whole.code or whole.name


def _held(study: Study) -> Iterator[Pair]:
    """Yes/no variables and those that hold them."""
    yield from _pairs(study.outcomes.variables, _dies_within)
    yield from _pairs(study.covariates.variables, lambda a, b: _among(a, b) or _seen(a, b, study))


def _pairs(variables: tuple[T, ...], holds: Callable[[T, T], bool]) -> Iterator[Pair]:
    for part, whole in permutations(variables, 2):
        if holds(part, whole):
            yield part.name, whole.name


def _dies_within(part: Outcome, whole: Outcome) -> bool:
    """Deaths by an earlier day, or in the hospital, are deaths by a later one, or anywhere."""
    if {part.source, whole.source} - _DEATHS or (part.source, whole.source) == (
        "death",
        "in_hospital_death",
    ):
        return False
    days = [math.inf if v.within_days is None else v.within_days for v in (part, whole)]
    return days[0] <= days[1] and (part.source, days[0]) != (whole.source, days[1])


def _among(part: Covariate, whole: Covariate) -> bool:
    """Of two made of others, whether one is made of some of the other's."""
    return bool(part.any_of) and set(part.any_of) < set(whole.any_of)


def _seen(part: Covariate, whole: Covariate, study: Study) -> bool:
    """Whether one is the other in a part of its window."""
    if not _same(part, whole) or part.source not in _ANY_TIME:
        return False
    (start, end), (opens, closes) = (_hours(v, study) for v in (part, whole))
    return opens <= start and end <= closes and (start, end) != (opens, closes)


def _same(one: Covariate, other: Covariate) -> bool:
    return one.source == other.source and (one.code or one.name) == (other.code or other.name)


def _hours(variable: Covariate, study: Study) -> tuple[float, float]:
    start, end = window_of(variable, study)
    return start, math.inf if end is None else end


def _later(study: Study, *names: str) -> str:
    """The one that is named last in the study file; the primary outcome is named first."""
    order = [v.name for v in study.covariates.variables]
    order += [v.name for v in study.outcomes.variables]
    return max(names, key=lambda name: (name != study.primary.name, order.index(name)))


def _sides(study: Study) -> Iterator[tuple[str, str, str, str]]:
    """Sides of subgroups: who is 66 or older is 65 or older."""
    held = {*_held(study), *((p, v.name) for v in study.covariates.variables for p in v.any_of)}
    for one, other in combinations(study.analysis.subgroups, 2):
        for part, whole in ((one, other), (other, one)):
            if _higher(part, whole) or (part.variable, whole.variable) in held:
                yield SIDE, f"{part.label}: yes", f"{whole.label}: yes", f"{other.label}: yes"
                yield SIDE, f"{whole.label}: no", f"{part.label}: no", f"{other.label}: no"


def _higher(part: Subgroup, whole: Subgroup) -> bool:
    """Of two cuts of one variable, whether one is above the other."""
    if part.variable != whole.variable or part.number is None or whole.number is None:
        return False
    return part.number > whole.number


def _groups(study: Study) -> Iterator[tuple[str, str, str, str]]:
    """Groups of the exposed: who was given 5 g/day or less was given 10 g/day or less."""
    label = study.exposure.label

    def words(text: str) -> str:
        return f"{label} {text} vs no {label}"

    for one, other in combinations(study.exposure.bands, 2):
        low, high = sorted((one, other), key=_cut)
        if one.of_product or one.feature != other.feature or _cut(low) == _cut(high):
            continue
        yield GROUP, words(low.low_label), words(high.low_label), words(other.low_label)
        yield GROUP, words(high.high_label), words(low.high_label), words(other.high_label)


def _cut(band: Band) -> tuple[float, bool]:
    """The order of cuts; with the cut itself in the low group, that one is larger."""
    return band.cut, band.boundary == "low"


def _measured(study: Study) -> Iterator[tuple[str, str, str, str]]:
    """One measured variable in two windows: who has another value in both are few, or many."""
    numbers = [v for v in study.covariates.variables if not v.binary]
    for one, other in combinations(numbers, 2):
        if _same(one, other):
            yield MEASURED, one.name, other.name, other.name
