"""One thing under two names in one model: neither could have a coefficient of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem, shown
from ehrivig.study.registries import COVARIATES

if TYPE_CHECKING:
    from ehrivig.study.variables import Covariate
    from ehrivig.study.whole import Study

Definition = tuple[object, ...]


def the_same_twice(study: Study) -> Iterator[Problem]:
    """Covariates of the score, or of the adjustment, that are defined alike."""
    known = {variable.name: variable for variable in study.covariates.variables}
    for place, names in (
        (("match", "covariates"), study.match.covariates),
        (("analysis", "adjust"), study.analysis.adjust),
    ):
        seen: dict[Definition, str] = {}
        for number, name in enumerate(names):
            if name not in known:
                continue
            first = seen.setdefault(_definition(study, known[name]), name)
            if first != name and name not in names[:number]:
                text = f"{shown(name)} is {shown(first)} again, by another name or in another unit"
                yield Problem(
                    (*place, number), f"{text}: a model cannot tell them apart. Remove one"
                )


def _definition(study: Study, variable: Covariate) -> Definition:
    """What a covariate is, whatever it is called and however it is shown."""
    if variable.source == "any_of" and len(set(variable.any_of)) == 1:
        parts = {one.name: one for one in study.covariates.variables}
        part = parts.get(variable.any_of[0])
        if part is not None and part.source != "any_of":
            return _definition(study, part)
    source = COVARIATES[variable.source]
    code = (variable.code or variable.name) if source.codes is not None else ""
    window = (variable.window_hours or study.covariates.window_hours) if source.window else None
    return variable.source, code, window, frozenset(variable.any_of)
