"""Acute conditions as baseline variables: a code without a flag may be of what the stay brought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import shown
from ehrivig.study.registries.conditions import ACUTE
from ehrivig.study.rules.later import parts_of, used_variables

if TYPE_CHECKING:
    from ehrivig.study.variables import Covariate
    from ehrivig.study.whole import Study


def acute_conditions(study: Study) -> Iterator[Doubt]:
    """Acute conditions that the arms are made alike or split by, unless admitted by name."""
    declared = {*study.match.allow_post_baseline, *study.analysis.allow_post_baseline}
    covariates = {v.name: v for v in study.covariates.variables}
    for path, use, name in used_variables(study):
        acute = _acute_parts(study, covariates[name]) if name in covariates else []
        if acute and name not in declared:
            yield Doubt(
                path,
                f"{shown(name)} is {use}, and {_are(acute)} of an acute kind: a code without "
                "the flag present_on_admission counts as known at time zero, though the stay may "
                f"have brought it. Declare it in allow_post_baseline, where each row says so, or "
                "take a measured variable",
                "acute_condition_baseline",
            )


def acute_names(study: Study, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some variables that are, or rest on, a coded acute condition; each once."""
    covariates = {v.name: v for v in study.covariates.variables}
    known = [name for name in dict.fromkeys(names) if name in covariates]
    return tuple(name for name in known if _acute_parts(study, covariates[name]))


def _acute_parts(study: Study, variable: Covariate) -> list[str]:
    """The acute conditions that a variable is made of."""
    parts = [v for v in parts_of(study, variable) if v.source == "condition"]
    return [code for v in parts if (code := v.code or v.name) in ACUTE]


def _are(names: list[str]) -> str:
    return f"{', '.join(names)} {'is a condition' if len(names) == 1 else 'are conditions'}"
