"""The whole study, and what must hold between its sections."""

from __future__ import annotations

from pydantic import model_validator

from ehrivig import resources
from ehrivig.study.data import Extract, Quality, StudyInfo
from ehrivig.study.people import Band, Cohort, Exposure
from ehrivig.study.plan import (
    Analysis,
    Covariate,
    Covariates,
    Match,
    Outcome,
    Outcomes,
    Report,
)
from ehrivig.study.registries import COVARIATES
from ehrivig.study.registries.sensitivity import safe_designs
from ehrivig.study.section import Section, repeated
from ehrivig.study.use import RegimenPlan, UtilisationPlan


class Study(Section):
    """One study: what is read, who is in, what is compared, how it is judged."""

    study: StudyInfo
    extract: Extract = Extract()
    quality: Quality = Quality()
    cohort: Cohort
    exposure: Exposure
    outcomes: Outcomes
    covariates: Covariates
    match: Match
    analysis: Analysis = Analysis()
    report: Report = Report()
    regimen: RegimenPlan | None = None
    utilisation: UtilisationPlan | None = None

    @model_validator(mode="after")
    def _names_resolve(self) -> Study:
        problems = _unknown_names(self)
        if not problems:
            problems = _post_baseline(self) + _immortal_groups(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of the study's meaning: the same for the same settings, however written."""
        return resources.digest(self.model_dump_json(by_alias=True).encode())

    def covariate(self, name: str) -> Covariate:
        """The baseline variable of that name."""
        return next(v for v in self.covariates.variables if v.name == name)

    def outcome(self, name: str) -> Outcome:
        """The outcome of that name."""
        return next(v for v in self.outcomes.variables if v.name == name)

    @property
    def primary(self) -> Outcome:
        """The primary outcome."""
        return self.outcome(self.outcomes.primary)


def _unknown_names(study: Study) -> list[str]:
    """Every reference of the study file that points at nothing, and every name used twice."""
    known = [variable.name for variable in study.covariates.variables]
    outcomes = [variable.name for variable in study.outcomes.variables]
    problems = [f"covariates: {name!r} is defined twice" for name in repeated(known)]
    problems += [f"outcomes: {name!r} is defined twice" for name in repeated(outcomes)]
    wanted = {
        "match.covariates": study.match.covariates,
        "match.exact": study.match.exact,
        "match.allow_post_baseline": study.match.allow_post_baseline,
        "analysis.adjust": study.analysis.adjust,
        "analysis.subgroups": tuple(s.variable for s in study.analysis.subgroups),
        "analysis.repeat_labs": study.analysis.repeat_labs,
    }
    everything = {*known, *outcomes}
    for place, names in wanted.items():
        problems += [
            f"{place}: no variable {name!r} under [covariates] or [outcomes]"
            for name in names
            if name not in everything
        ]
    for name in (study.outcomes.primary, *study.analysis.negative_controls):
        if name not in outcomes:
            problems.append(f"outcomes: no outcome {name!r}")
    for variable in study.covariates.variables:
        missing = [n for n in variable.any_of if n not in known]
        problems += [f"covariates.{variable.name}.any_of: no variable {n!r}" for n in missing]
    return problems


def _post_baseline(study: Study) -> list[str]:
    """Matching variables that are measured after time zero and not admitted by name."""
    problems, allowed = [], set(study.match.allow_post_baseline)
    outcomes = {variable.name for variable in study.outcomes.variables}
    if study.outcomes.primary in study.match.covariates:
        problems.append(
            f"match.covariates: {study.outcomes.primary!r} is the primary outcome: it cannot be "
            "matched on. Remove it"
        )
        outcomes.remove(study.outcomes.primary)
    for name in dict.fromkeys((*study.match.covariates, *study.match.exact)):
        if name not in allowed and (name in outcomes or _treated_later(study, name)):
            problems.append(
                f"match.covariates: {name!r} is known only after time zero, so it can carry part "
                "of the effect. Remove it, end its window at time zero, or admit it by name in "
                "match.allow_post_baseline"
            )
    return problems


def _treated_later(study: Study, name: str) -> bool:
    """Whether a covariate, or a part of it, is a treatment in a window beyond time zero."""
    found = [v for v in study.covariates.variables if v.name == name]
    for part in [*found, *(study.covariate(n) for v in found for n in v.any_of)]:
        window = part.window_hours or study.covariates.window_hours
        if COVARIATES[part.source].treatment and window[1] > 0:
            return True
    return False


def _immortal_groups(study: Study) -> list[str]:
    """Late, long or high exposure groups without a time-zero-safe twin, unless a reproduction."""
    if study.study.reproduction:
        return []
    return [
        f"exposure.bands: {band.name!r} divides the exposed by what happens after time zero: "
        f"whoever dies early is never in {band.high_label!r}. {_twin(band)} in "
        "analysis.sensitivity, remove the band, or set [study] reproduction = true (every output "
        "then carries the warning)"
        for band in study.exposure.bands
        if band.feature != "igma_enriched" and not _has_twin(study, band)
    ]


def _has_twin(study: Study, band: Band) -> bool:
    """Whether a design free of immortal time asks the question of a band."""
    plan = study.analysis
    if band.feature != "hours_to_first_dose":
        return any(name in plan.sensitivity for name in safe_designs())
    landmark = "landmark" in plan.sensitivity and band.cut in plan.landmark_hours
    cloned = "clone_censor_weight" in plan.sensitivity and band.cut == plan.grace_hours
    return landmark or cloned


def _twin(band: Band) -> str:
    """What to add to the study file for a band."""
    if band.feature == "hours_to_first_dose":
        return (
            f'Add "landmark" with landmark_hours = [{band.cut:g}], or "clone_censor_weight" with '
            f"grace_hours = {band.cut:g},"
        )
    return f"Add {' or '.join(safe_designs())}"
