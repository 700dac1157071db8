"""The whole study, and what must hold between its sections."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from ehrivig import resources
from ehrivig.codes.lists import SHIPPED, CodeLists
from ehrivig.study import clock
from ehrivig.study.data import Extract, Quality, StudyInfo
from ehrivig.study.people import UNTREATED, Cohort, Exposure
from ehrivig.study.plan import Analysis, Match, Report
from ehrivig.study.problem import place
from ehrivig.study.references import wrong_references
from ehrivig.study.registries import ANSWERS, OUTCOMES, SENSITIVITY
from ehrivig.study.registries.names import LAYOUTS, REGIMENS
from ehrivig.study.rules import broken_rules
from ehrivig.study.section import Section
from ehrivig.study.use import RegimenPlan, UtilisationPlan
from ehrivig.study.variables import Covariate, Covariates, Outcome, Outcomes

FOLLOW_UP_DAYS = 28.0
"""How long people are followed where a death has no horizon and the design needs one."""
RULES_LATER = "rules_later"
"""The context of a validation whose caller asks for the broken rules itself."""


class Study(Section):
    """One study: what is read, who is in, what is compared, how it is judged."""

    study: StudyInfo = Field(description="Title, seed and estimand.")
    extract: Extract = Field(default=Extract(), description="What is read and how it is mapped.")
    quality: Quality = Field(
        default=Quality(), description="The policy by which measurements become verdicts."
    )
    cohort: Cohort = Field(description="Who is studied, from when on.")
    exposure: Exposure = Field(description="The drug, by which routes, in which window.")
    outcomes: Outcomes = Field(description="The primary outcome and all others.")
    covariates: Covariates = Field(description="All baseline variables.")
    match: Match = Field(description="How exposed and unexposed are made comparable.")
    analysis: Analysis = Field(
        default=Analysis(), description="Tests, models and sensitivity analyses."
    )
    report: Report = Field(default=Report(), description="How results are shown.")
    regimen: RegimenPlan | None = Field(
        default=None, description="The regimens that every series of doses is compared with."
    )
    utilisation: UtilisationPlan | None = Field(
        default=None, description="What use of the drug by everybody is counted by."
    )
    _lists: CodeLists = PrivateAttr(default=SHIPPED)

    @model_validator(mode="after")
    def _rules_hold(self, info: ValidationInfo) -> Study:
        object.__setattr__(self, "cohort", _newly_treated(self.cohort, self.exposure))
        if self.outcomes.primary in [v.name for v in self.outcomes.variables]:
            object.__setattr__(self, "analysis", _answered(self.analysis, self.answer))
        if info.context != RULES_LATER:
            content = self.model_dump(by_alias=True)
            problems = wrong_references(content) or broken_rules(self)
            if problems:
                said = (f"{place(one.path, content)}: {one.text}" for one in problems)
                raise ValueError("; ".join(said))
        return self

    @property
    def lists(self) -> CodeLists:
        """The code lists that the study reads: the shipped ones, with its own laid over them."""
        return self._lists

    def with_lists(self, lists: CodeLists) -> Study:
        """The same study with other code lists."""
        changed = self.model_copy()
        changed._lists = lists
        return changed

    @property
    def clock(self) -> clock.Clock:
        """Of which clock the moments of the extract are: as declared, else of the calendar."""
        return clock.of_study(self)

    @property
    def digest(self) -> str:
        """SHA-256 of the study's meaning: the same for the same settings, however written.

        Files that it names count by their names alone: from wherever it is read, it is the same.
        """
        return resources.digest(self.without_folders.model_dump_json(by_alias=True).encode())

    @property
    def without_folders(self) -> Study:
        """The same study, each file or folder that it names by its own name alone."""
        data, plan = self.extract, self.regimen
        named = {
            "mappings": data.mappings and Path(data.mappings).name,
            "codelists": data.codelists and Path(data.codelists).name,
            "layout": data.layout if data.layout in LAYOUTS.names else Path(data.layout).name,
        }
        changed: dict[str, Section] = {"extract": data.model_copy(update=named)}
        if plan is not None:
            names = tuple(n if n in REGIMENS.names else Path(n).name for n in plan.names)
            changed["regimen"] = plan.model_copy(update={"names": names})
        return self.model_copy(update=changed)

    def covariate(self, name: str) -> Covariate:
        """The baseline variable of that name."""
        return next(v for v in self.covariates.variables if v.name == name)

    def outcome(self, name: str) -> Outcome:
        """The outcome of that name."""
        return next(v for v in self.outcomes.variables if v.name == name)

    @property
    def answer(self) -> str:
        """The analysis whose row is the answer: the declared one, else a safe one."""
        return self.study.estimand.analysis or default_answer(self.primary, self.exposure)

    @property
    def answer_measure(self) -> str:
        """The measure of that row."""
        entry = ANSWERS[self.answer]
        usual = entry.of_number if self.primary.unit else entry.measures[0]
        return self.study.estimand.measure or usual

    @property
    def hospital_in_score(self) -> bool:
        """Whether the propensity score tells hospitals apart; a reproduction does as published."""
        if self.match.hospital is None:
            return not self.study.reproduction
        return self.match.hospital == "model"

    @property
    def hospital_in_models(self) -> bool:
        """Whether the designs free of immortal time tell hospitals apart."""
        return self.match.hospital != "ignore"

    @property
    def grace_hours(self) -> float:
        """Within how many hours who is to start has started; no later than exposure counts."""
        end, grace = self.exposure.end_hours, self.analysis.grace_hours
        if end is None or end <= 0 or "grace_hours" in self.analysis.model_fields_set:
            return grace
        return min(grace, end)

    @property
    def horizon_days(self) -> float:
        """Days from time zero at which the designs that need a horizon give the risk of a death."""
        return self.primary.within_days or FOLLOW_UP_DAYS

    @property
    def follow_up_days(self) -> float | None:
        """Days from time zero in which the answer counts its event; None: without an end."""
        by_day = OUTCOMES[self.primary.source].follow_up and ANSWERS[self.answer].by_day
        return self.horizon_days if by_day else self.primary.within_days

    @property
    def primary(self) -> Outcome:
        """The primary outcome, with the words of its event."""
        found = self.outcome(self.outcomes.primary)
        return found.model_copy(update={"event_label": found.words})


def default_answer(primary: Outcome, exposure: Exposure) -> str:
    """Where nothing is declared: a design free of immortal time where there is one."""
    later = exposure.end_hours is None or exposure.end_hours > 0
    if OUTCOMES[primary.source].follow_up and later:
        return "clone_censor_weight"
    return "matched" if primary.unit else "aipw"


def _answered(analysis: Analysis, answer: str) -> Analysis:
    """The analyses with that of the answer among them."""
    if answer not in SENSITIVITY.names or answer in analysis.sensitivity:
        return analysis
    return analysis.model_copy(update={"sensitivity": (*analysis.sensitivity, answer)})


def _newly_treated(cohort: Cohort, exposure: Exposure) -> Cohort:
    """The cohort without those who had the drug before a late exposure window opened.

    They would be neither newly treated nor untreated; they are excluded, and counted.
    """
    late = cohort.time_zero != "admission" or exposure.start_hours > 0
    if not late or any(criterion.rule == "untreated_before" for criterion in cohort.criteria):
        return cohort
    label = UNTREATED.label
    if opens := exposure.start_hours:
        label = f"{label} {'+' if opens > 0 else '-'} {abs(opens):g} h"
    rule = UNTREATED.model_copy(update={"label": label})
    return cohort.model_copy(update={"criteria": (*cohort.criteria, rule)})
