"""The design diagram: what is looked for when, around time zero.

The rows are those of Schneeweiss et al. (Ann Intern Med 2019;170:398): eligibility, washout,
covariates, exposure, follow-up.
"""

from __future__ import annotations

from collections.abc import Sized

from ehrivig.errors import many
from ehrivig.figures.style import VERMILION
from ehrivig.figures.windows import Bar
from ehrivig.figures.windows import windows as drawn
from ehrivig.report.protocol import hours
from ehrivig.study import Study
from ehrivig.study.registries import CRITERIA


def bars(study: Study) -> list[Bar]:
    """Every window of a study, from top to bottom."""
    found = [*_eligible(study), *_washout(study), *_covariates(study), *_exposure(study)]
    return [*found, *_follow_up(study)]


def _eligible(study: Study) -> list[Bar]:
    criteria = study.cohort.criteria
    by_zero = study.cohort.time_zero == "eligible"
    late = [
        c
        for c in criteria
        if CRITERIA[c.rule].timed
        and not by_zero
        and not (c.rule == "severity" and study.cohort.time_zero == "severity_onset")
    ]
    known = [c for c in criteria if c not in late and c.rule != "untreated_before"]
    start = 0.0 if study.cohort.time_zero == "admission" else None
    said = f"{_criteria(known)}, met by time zero" if start is None else _criteria(known)
    found = [Bar("Eligibility", start, 0.0, said)] if known else []
    if late:
        names = f"{_criteria(late)}, also after time zero"
        found.append(Bar("Eligibility looked for in the whole stay", 0.0, None, names, VERMILION))
    return found


def _criteria(some: Sized) -> str:
    return many(len(some), "criterion", "criteria")


def _washout(study: Study) -> list[Bar]:
    if not any(c.rule == "untreated_before" for c in study.cohort.criteria):
        return []
    end = study.exposure.start_hours
    return [Bar("Washout", None, end, f"no {study.exposure.label} before")]


def _covariates(study: Study) -> list[Bar]:
    windows: dict[tuple[float, float | None] | None, int] = {}
    for variable in study.covariates.variables:
        found = hours.of_covariate(study, variable)
        windows[found] = windows.get(found, 0) + 1
    rows = []
    for found, number in windows.items():
        if found is None:
            said = f"{number} of the record (age, sex, coded history)"
            rows.append(Bar("Covariates of the record", None, 0.0, said))
        else:
            said = f"{number} in {hours.window(*found)}"
            rows.append(Bar("Covariates measured", *found, said, ends_known=True))
    return rows


def _exposure(study: Study) -> list[Bar]:
    drug = study.exposure
    said = f"first {drug.label} in {hours.window(drug.start_hours, drug.end_hours)}"
    found = [Bar("Exposure window", drug.start_hours, drug.end_hours, said)]
    if study.answer == "clone_censor_weight":
        said = f"may start until {study.grace_hours:g} h"
        found.append(Bar("Grace period", 0.0, study.grace_hours, said))
    if study.answer == "landmark":
        first = study.analysis.landmark_hours[0]
        found.append(Bar("Until the landmark", 0.0, first, f"exposed by {first:g} h"))
    return found


def _follow_up(study: Study) -> list[Bar]:
    end = hours.horizon(study)
    said = f"{study.primary.event_label}, to {hours.follow_up_end(study)}"
    return [Bar("Follow-up", 0.0, end, said)]


def diagram(study: Study) -> str:
    """The design of a study as SVG text, its words being words."""
    title = f"Design of {study.study.title}"
    return drawn(bars(study), hours.time_zero(study), title, hours.moment)
