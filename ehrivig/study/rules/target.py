"""The estimand that a study names must be answered by one of its analyses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.stats.weighting.estimands import ESTIMANDS
from ehrivig.study.problem import Problem

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

MATCHING = "matching"


def unanswered_target(study: Study) -> Iterator[Problem]:
    """A target that no analysis of the study estimates: matching answers for the treated alone."""
    if study.study.estimand.analysis is not None:
        return  # see `rules.answer`
    target = ESTIMANDS[study.study.estimand.target]
    if target.analysis not in (MATCHING, *study.analysis.sensitivity):
        yield Problem(
            ("study", "estimand", "target"),
            f"{target.name} ({target.population}) is estimated by {target.analysis}, which the "
            f'study does not ask for. Add "{target.analysis}" to [analysis] sensitivity, or write '
            "ATT, which matching estimates",
        )
