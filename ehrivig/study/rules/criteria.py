"""Criteria against each other: ranges that leave nobody, evidence that is named twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem, shown

if TYPE_CHECKING:
    from ehrivig.study.people import Criterion
    from ehrivig.study.whole import Study


def contradictory_criteria(study: Study) -> Iterator[Problem]:
    """Two ranges of one rule that nobody meets, and the same evidence twice."""
    yield from _ranges(study)
    for number, criterion in enumerate(study.cohort.criteria):
        for place, evidence in enumerate(criterion.any_of):
            if evidence in criterion.any_of[:place]:
                path = ("cohort", "criteria", number, "any_of", place)
                yield Problem(path, "this evidence is listed twice. Remove one")


def _ranges(study: Study) -> Iterator[Problem]:
    criteria = study.cohort.criteria
    for number, one in enumerate(criteria):
        for other in criteria[:number]:
            if one.rule == other.rule and (_above(one, other) or _above(other, one)):
                yield Problem(
                    ("cohort", "criteria", number),
                    f"nobody can meet it and {shown(other.name)} as well: {_range(one)}, and "
                    f"{_range(other)}. Mend one of them",
                )


def _above(one: Criterion, other: Criterion) -> bool:
    """Whether one range begins where the other has ended."""
    return one.min is not None and other.max is not None and one.min > other.max


def _range(one: Criterion) -> str:
    least = "" if one.min is None else f"at least {one.min:g}"
    most = "" if one.max is None else f"at most {one.max:g}"
    return " and ".join(text for text in (least, most) if text)
