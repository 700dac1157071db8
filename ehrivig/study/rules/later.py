"""What is measured after time zero can carry part of the effect: where it may not stand.

A variable is later than time zero by its section (every outcome is), by its kind (a treatment), or
by its window. It may be matched on, adjusted for or split by only where the study file admits it by
name; an outcome proper never is, save to split a population in a reproduction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.lines import Path
from ehrivig.study.problem import Problem, shown
from ehrivig.study.registries import COVARIATES, OUTCOMES

if TYPE_CHECKING:
    from ehrivig.study.variables import Covariate, Outcome
    from ehrivig.study.whole import Study

_TREATMENTS = ("medication", "procedure", "device")
_USES = {
    "match": "matched on",
    "analysis": "adjusted for",
    "subgroup": "made a subgroup",
}


def late_variables(study: Study) -> Iterator[Problem]:
    """Uses of a variable that is known only after time zero, and is not admitted by name."""
    for path, use, name in _used(study):
        outcome = next((v for v in study.outcomes.variables if v.name == name), None)
        if outcome is not None and not _is_treatment(study, outcome):
            yield from _of_an_outcome(study, path, use, name)
        elif (outcome is not None or why_late(study, name)) and name not in _admitted(study, use):
            why = "a treatment of [outcomes], which counts from admission to discharge"
            yield Problem(path, _late(name, use, why_late(study, name) or why))


def _is_treatment(study: Study, outcome: Outcome) -> bool:
    """Whether a variable of [outcomes] is a treatment, and nothing that the effect is asked of.

    Its group in the tables says nothing of it where what it is says otherwise.
    """
    given = outcome.group != "outcome" and outcome.source in _TREATMENTS
    return given and outcome.name not in asked_about(study)


def _used(study: Study) -> Iterator[tuple[Path, str, str]]:
    """Place, use and name of every variable that must be known at time zero."""
    for key in ("covariates", "exact"):
        for number, name in enumerate(getattr(study.match, key)):
            yield ("match", key, number), "match", name
    for number, name in enumerate(study.analysis.adjust):
        yield ("analysis", "adjust", number), "analysis", name
    for number, subgroup in enumerate(study.analysis.subgroups):
        yield ("analysis", "subgroups", number, "variable"), "subgroup", subgroup.variable


def _of_an_outcome(study: Study, path: Path, use: str, name: str) -> Iterator[Problem]:
    """An outcome never adjusts or matches; it splits only where a reproduction says so by name."""
    fate = OUTCOMES[study.outcome(name).source].follow_up or name in asked_about(study)
    if use == "subgroup" and not fate:
        if _splits(study, name) or of_old_form(study):
            return
        yield Problem(
            path,
            f"{shown(name)} is an outcome: a group that it makes is known only after time zero, "
            "and the drug may have moved people into it. Split by a covariate; or, to repeat a "
            "published split, set [study] reproduction = true and name it in [analysis] "
            "allow_post_baseline (its rows then say so)",
        )
        return
    kind = "the primary outcome" if name == study.outcomes.primary else "an outcome"
    yield Problem(
        path,
        f"{shown(name)} is {kind}: it cannot be {_USES[use]}, since the effect on it would then be "
        "compared within its own result. Remove it, or name a covariate",
    )


def of_old_form(study: Study) -> bool:
    """Whether a study file is of version 0.1, which declared no answer and split by outcomes.

    It is read as before, with a doubt (`doubts.old_form`).
    """
    return study.study.estimand.analysis is None


def split_by_outcome(study: Study) -> Iterator[tuple[Path, str]]:
    """Place and name of every outcome proper that splits without leave, where none is refused."""
    outcomes = {v.name: v for v in study.outcomes.variables}
    for path, use, name in _used(study):
        outcome = outcomes.get(name) if use == "subgroup" else None
        if outcome and not _is_treatment(study, outcome) and not _splits(study, name):
            yield path, name


def _splits(study: Study, name: str) -> bool:
    """Whether a reproduction admits an outcome by name to split a population."""
    return study.study.reproduction and name in study.analysis.allow_post_baseline


def used_variables(study: Study) -> Iterator[tuple[Path, str, str]]:
    """Place, use in words and name of every variable that the arms are made alike or split by."""
    yield from ((path, _USES[use], name) for path, use, name in _used(study))


def asked_about(study: Study) -> tuple[str, ...]:
    """The outcomes that the effect itself, or its calibration, is asked of."""
    return study.outcomes.primary, *study.analysis.negative_controls


def _admitted(study: Study, use: str) -> set[str]:
    """The variables after time zero that the study file admits for a use."""
    match, analysis = (
        set(section.allow_post_baseline) for section in (study.match, study.analysis)
    )
    return {"match": match, "analysis": match | analysis, "subgroup": analysis}[use]


def _late(name: str, use: str, why: str) -> str:
    section = "match" if use == "match" else "analysis"
    return (
        f"{shown(name)} is known only after time zero ({why}), so it can carry part of the effect "
        f"or lose who dies early: it cannot be {_USES[use]}. Remove it, end its window at time "
        f"zero, or admit it by name in {section}.allow_post_baseline (each row then says so)"
    )


def why_late(study: Study, name: str) -> str:
    """Why a covariate, or a part of it, is later than time zero; empty where it is not."""
    found = next((v for v in study.covariates.variables if v.name == name), None)
    if found is None:
        return ""
    for part in parts_of(study, found):
        if reason := _window_is_late(study, part):
            return reason if part is found else f"its part {part.name}: {reason}"
    return ""


def parts_of(study: Study, variable: Covariate) -> list[Covariate]:
    """A covariate and all that it is made of, each once."""
    found = [variable]
    for part in found:
        inner = [v for v in study.covariates.variables if v.name in part.any_of]
        found += [v for v in inner if v not in found]
    return found


def _window_is_late(study: Study, variable: Covariate) -> str:
    """Why the window of one covariate is later than time zero; empty where it is not."""
    source = COVARIATES[variable.source]
    if not source.window:
        return ""
    start, end = variable.window_hours or study.covariates.window_hours
    latest = 0.0 if source.treatment else study.covariates.baseline_end_hours
    if start >= end:
        return ""  # it holds nothing, and that is told
    if start > 0:
        return f"its window opens {start:g} h after time zero"
    if end > latest:
        what = "a treatment" if source.treatment else "a measurement"
        return f"{what} in a window until {end:g} h, and {latest:g} h is the limit"
    return ""
