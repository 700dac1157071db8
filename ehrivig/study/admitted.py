"""What a study matches on and adjusts for although it follows time zero, as its rows must say."""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study import Study
from ehrivig.study.doubts.acute import acute_names
from ehrivig.study.rules.later import why_late

FOLLOWS = "follows time zero"


@dataclass(frozen=True)
class Admitted:
    """The notes of rows: of whatever rests on the score or the pairs, and of the model of all."""

    matched: str = ""
    adjusted: str = ""


def admitted(study: Study) -> Admitted:
    """The notes of a study; empty where nothing that follows time zero is used."""
    match = (*study.match.covariates, *study.match.exact)
    return Admitted(_note(study, match), _note(study, study.analysis.adjust or match))


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
