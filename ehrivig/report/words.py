"""Words of a study that several texts use: its variables, its event, what its answer is given."""

from __future__ import annotations

from ehrivig.study import Study
from ehrivig.study.protocol import given


def labels(study: Study, names: tuple[str, ...]) -> str:
    """The labels of covariates and outcomes, as a list."""
    known = {v.name: v.label for v in study.covariates.variables}
    known |= {v.name: v.label for v in study.outcomes.variables}
    return ", ".join(known[name] for name in names)


def given_words(study: Study) -> str:
    """The covariates that the models of the answer have, and hospital where they do."""
    names, hospital = given(study)
    bent = labels(study, tuple(name for name in study.match.splines if name in names))
    curves = f" (splines of {bent})" if bent else ""
    return f"{labels(study, names)}{curves}{', and hospital' if hospital else ''}"


def event_words(study: Study) -> str:
    """What the answer is of, with the day by which where the outcome itself has none."""
    words, days = study.primary.event_label, study.follow_up_days
    return words if study.primary.within_days or days is None else f"{words} by day {days:g}"


def needs(study: Study) -> str:
    """Whom the designs free of immortal time leave out, and what they take for a start."""
    said = (
        "Who was given it before time zero, or lacks a covariate or the follow-up, is left out and "
        "counted."
    )
    if study.exposure.end_hours is None:
        return said
    return f"{said} A start after the exposure window is a start, too."
