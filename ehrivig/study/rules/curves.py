"""Curves are of numbers that the score has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem

if TYPE_CHECKING:
    from ehrivig.study.whole import Study


def impossible_curves(study: Study) -> Iterator[Problem]:
    """A spline of what is in no score, or of yes and no."""
    binary = {v.name: v.binary for v in study.covariates.variables}
    for number, name in enumerate(study.match.splines):
        path = ("match", "splines", number)
        if name not in binary:
            continue  # a name that points at nothing is told elsewhere
        if name not in study.match.covariates:
            yield Problem(path, f"{name} is not matched on. Add it to covariates, or remove it")
        elif binary[name]:
            yield Problem(path, f"{name} is yes or no: there is no curve. Remove it")
