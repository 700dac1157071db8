"""Who is in the study, and who counts as exposed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ehrivig.study.registries import CRITERIA, SEVERITIES, OneOf
from ehrivig.study.section import Label, Section, Slug


class Evidence(Section):
    """One way to meet a criterion: a pathogen test, a coded condition, or a clinical concept."""

    pathogen: Slug | None = None
    method: Literal["rna", "antigen", "antibody", "culture"] | None = None
    condition: Slug | None = None
    concept: Slug | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Evidence:
        if sum(v is not None for v in (self.pathogen, self.condition, self.concept)) != 1:
            raise ValueError("name exactly one of pathogen, condition, concept")
        return self


class Criterion(Section):
    """One step of the flow chart; an admission stays when the rule is met."""

    name: Slug
    label: Label
    rule: Annotated[str, OneOf(CRITERIA)]
    min: float | None = None
    max: float | None = None
    any_of: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _rule_has_its_values(self) -> Criterion:
        needs = CRITERIA[self.rule].needs
        if needs and all(getattr(self, key) in (None, ()) for key in needs):
            words = [f"{key} = [...]" if getattr(self, key) == () else key for key in needs]
            raise ValueError(f"rule '{self.rule}' needs {' or '.join(words)}")
        return self


_UNTREATED = Criterion(
    name="untreated_before",
    label="Not given the exposure drug before time zero",
    rule="untreated_before",
)


class Cohort(Section):
    """Who is studied, from when on.

    Where time zero comes after the admission, a last criterion "untreated_before" is added unless
    there is one: whoever had the exposure drug before time zero is excluded, and counted.
    """

    time_zero: Literal["admission", "severity_onset"] = "admission"
    severity: Annotated[str, OneOf(SEVERITIES)] = "china_v6"
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _newly_treated(self) -> Cohort:
        late = self.time_zero != "admission"
        if late and all(criterion.rule != "untreated_before" for criterion in self.criteria):
            object.__setattr__(self, "criteria", (*self.criteria, _UNTREATED))
        return self


class Band(Section):
    """A cut of one dosing feature into a low and a high exposure group.

    `boundary` says which group holds the value that lies exactly on the cut. Feature igma_enriched
    is the product: 1 IgM-enriched, 0 standard; others, and both in one stay, are in neither group.
    """

    name: Slug
    feature: Literal[
        "max_daily_g",
        "mean_daily_g",
        "total_g",
        "total_g_per_kg",
        "max_daily_g_per_kg",
        "duration_days",
        "n_dose_days",
        "hours_to_first_dose",
        "igma_enriched",
    ]
    cut: float
    boundary: Literal["low", "high"] = "low"
    low_label: Label
    high_label: Label


class Exposure(Section):
    """The drug, by which routes, counted in which window around time zero."""

    name: Slug
    label: Label
    codelist: Slug
    routes: tuple[str, ...] = ("iv",)
    start_hours: float = 0
    end_hours: float | None = None
    midnight: Literal["start_day", "pro_rata"] = "start_day"
    course_gap_days: int = Field(default=7, ge=1)
    bands: tuple[Band, ...] = ()
