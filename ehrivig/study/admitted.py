"""What a study matches on and adjusts for although it follows time zero, as its rows must say."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study import Study
from ehrivig.study.doubts.acute import acute_names
from ehrivig.study.registries import COVARIATES
from ehrivig.study.rules.later import parts_of, why_late

FOLLOWS = "follows time zero"


@dataclass(frozen=True)
class Admitted:
    """The notes of rows: of whatever rests on the score or the pairs, and of the model of all.

    `matched_hours`, `adjusted_hours`: until when their covariates were measured, where that is
    after time zero.
    """

    matched: str = ""
    adjusted: str = ""
    matched_hours: str = ""
    adjusted_hours: str = ""


def admitted(study: Study) -> Admitted:
    """The notes of a study; empty where nothing that follows time zero is used."""
    match = (*study.match.covariates, *study.match.exact)
    model = study.analysis.adjust or match
    return Admitted(
        _note(study, match), _note(study, model), _measured(study, match), _measured(study, model)
    )


def until_hours(study: Study, name: str) -> float | None:
    """How many hours after time zero a covariate, or a part of it, is still looked for.

    None where it is not looked for later: it is of the record, its window ends before, or it is an
    outcome or a covariate that follows time zero and is told as such.
    """
    found = next((v for v in study.covariates.variables if v.name == name), None)
    if found is None or why_late(study, name):
        return None
    usual = study.covariates.window_hours
    parts = [v for v in parts_of(study, found) if COVARIATES[v.source].window]
    latest = max(((v.window_hours or usual)[1] for v in parts), default=0.0)
    return latest if latest > 0 else None


def _measured(study: Study, names: tuple[str, ...]) -> str:
    """Until when after time zero some variables were measured; empty where none was."""
    latest = max((until_hours(study, name) or 0.0 for name in names), default=0.0)
    return f"covariates measured until {latest:g} h after time zero" if latest else ""


def late_names(study: Study, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some variables that follow time zero, each once, in their order."""
    outcomes = {variable.name for variable in study.outcomes.variables}
    return tuple(n for n in dict.fromkeys(names) if n in outcomes or why_late(study, n))


def _note(study: Study, names: tuple[str, ...]) -> str:
    late = late_names(study, names)
    acute = tuple(name for name in acute_names(study, names) if name not in late)
    said = [f"uses what {FOLLOWS}: {', '.join(late)}"] if late else []
    said += [f"uses acute conditions, which may follow it: {', '.join(acute)}"] if acute else []
    return "; ".join(said)
