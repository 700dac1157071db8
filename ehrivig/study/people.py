"""Who is in the study, and who counts as exposed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ehrivig.study.registries import CRITERIA, SEVERITIES, OneOf
from ehrivig.study.section import Hour, Section, Slug, Words

Route = Literal["iv", "sc", "im", "po", "other", "unknown"]


class Evidence(Section):
    """One way to meet a criterion: a pathogen test, a coded condition, or a clinical concept."""

    pathogen: Slug | None = Field(
        default=None, description="A pathogen with a positive test.", examples=["sars_cov_2"]
    )
    method: Literal["rna", "antigen", "antibody", "culture"] | None = Field(
        default=None,
        description="The method of the test of `pathogen`; without it any method.",
        examples=["rna"],
    )
    condition: Slug | None = Field(
        default=None, description="A condition that is coded.", examples=["covid19"]
    )
    concept: Slug | None = Field(
        default=None, description="A clinical definition that is met.", examples=["sepsis3"]
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Evidence:
        if sum(v is not None for v in (self.pathogen, self.condition, self.concept)) != 1:
            raise ValueError("name exactly one of pathogen, condition, concept")
        if self.method is not None and self.pathogen is None:
            raise ValueError("method is of a pathogen's test: it says nothing of a condition")
        return self


class Criterion(Section):
    """One step of the flow chart; an admission stays when the rule is met."""

    name: Slug = Field(description="A name for attrition.csv.", examples=["adult"])
    label: Words = Field(
        description="The words of the flow chart.", examples=["Aged 18 years or more"]
    )
    rule: Annotated[str, OneOf(CRITERIA)] = Field(
        description=f"Who stays.\n{CRITERIA.described}", examples=["age"]
    )
    min: float | None = Field(
        default=None,
        ge=0,
        le=1e6,
        description="Least value of rules `age` (years) and `length_of_stay` (hours), included.",
        examples=[18],
    )
    max: float | None = Field(
        default=None,
        ge=0,
        le=1e6,
        description="Greatest value of these rules, included.",
        examples=[90],
    )
    codelist: Slug | None = Field(
        default=None,
        description="The drug list of rule `treated_before`.",
        examples=["crystalloid"],
    )
    any_of: tuple[Evidence, ...] = Field(
        default=(),
        description="The evidence of rule `any_of`: one of it is enough.",
        examples=[[{"pathogen": "sars_cov_2", "method": "rna"}, {"condition": "covid19"}]],
    )

    @model_validator(mode="after")
    def _rule_has_its_values(self) -> Criterion:
        needs = CRITERIA[self.rule].needs
        if needs and all(getattr(self, key) in (None, ()) for key in needs):
            words = [f"{key} = [...]" if getattr(self, key) == () else key for key in needs]
            raise ValueError(f"rule '{self.rule}' needs {' or '.join(words)}")
        for key in ("min", "max", "any_of", "codelist"):
            if key not in needs and getattr(self, key) not in (None, ()):
                raise ValueError(f"rule '{self.rule}' does not read {key}. Remove it")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min = {self.min:g} is above max = {self.max:g}: nobody can stay")
        return self


UNTREATED = Criterion(
    name="untreated_before",
    label="Not given the exposure drug before time zero",
    rule="untreated_before",
)


class Cohort(Section):
    """Who is studied, from when on.

    Where time zero comes after the admission, or the exposure window opens after time zero, a last
    criterion "untreated_before" is added unless there is one: whoever had the exposure drug before
    the window opens is excluded, and counted.
    """

    time_zero: Literal["admission", "severity_onset", "eligible"] = Field(
        default="admission",
        description="From when on: the admission, the first moment of `severity`, or the moment "
        "at which all criteria are met (eligible), so that nobody is followed from before it was "
        "known that they are in.",
        examples=["eligible"],
    )
    severity: Annotated[str, OneOf(SEVERITIES)] = Field(
        default="china_v6",
        description=f"The definition of the rule `severity`.\n{SEVERITIES.described}",
        examples=["sepsis"],
    )
    criteria: tuple[Criterion, ...] = Field(
        min_length=1,
        description="Who stays, in the order of the flow chart.",
        examples=[[{"name": "adult", "label": "Adult", "rule": "age", "min": 18}]],
    )


FEATURES = (
    "max_daily_g",
    "mean_daily_g",
    "total_g",
    "total_g_per_kg",
    "max_daily_g_per_kg",
    "duration_days",
    "n_dose_days",
    "hours_to_first_dose",
    "days_from_onset_to_first_dose",
)
"""The dosing features that a band may divide by."""


class Band(Section):
    """A cut of one dosing feature into a low and a high exposure group.

    A feature that is no dosing feature is a product type of the exposure's code list: 1 for who was
    given that product, 0 for the standard one; others, and both in one stay, are in neither group.
    """

    name: Slug = Field(description="A name, unique among the bands.", examples=["dose"])
    feature: Slug = Field(
        description="What is cut: a dosing feature, or a product type of the exposure's list.\n"
        f"Dosing features: {', '.join(FEATURES)}.",
        examples=["max_daily_g"],
    )
    cut: float = Field(
        ge=-1e9, le=1e9, description="Where it is cut, in the unit of the feature.", examples=[10]
    )
    boundary: Literal["low", "high"] = Field(
        default="low",
        description="Which group holds the value that lies exactly on the cut.",
        examples=["high"],
    )
    low_label: Words = Field(description="The words of the low group.", examples=["<=10 g/day"])
    high_label: Words = Field(description="The words of the high group.", examples=[">10 g/day"])

    @property
    def of_product(self) -> bool:
        """Whether the groups are products, which are chosen at the first dose."""
        return self.feature not in FEATURES


class Exposure(Section):
    """The drug, by which routes, counted in which window around time zero."""

    name: Slug = Field(description="A name for columns: `<name>_any`.", examples=["ivig"])
    label: Words = Field(description="The words of tables and figures.", examples=["IVIG"])
    codelist: Slug = Field(description="The list of the drug.", examples=["ivig"])
    routes: tuple[Route, ...] = Field(
        default=("iv",),
        min_length=1,
        description="The routes that count.",
        examples=[["iv", "im"]],
    )
    start_hours: Hour = Field(
        default=0,
        description="When the exposure window opens, in hours from time zero.",
        examples=[0],
    )
    end_hours: Hour | None = Field(
        default=None,
        description="When it closes; without it at discharge. A later dose does not expose.",
        examples=[48],
    )
    midnight: Literal["start_day", "pro_rata"] = Field(
        default="start_day",
        description="To which day an infusion over midnight belongs: that of its start, or each by "
        "its part of the time.",
        examples=["pro_rata"],
    )
    course_gap_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="Doses further apart than this many days are two courses.",
        examples=[7],
    )
    open_rate_hours: float | None = Field(
        default=None,
        gt=0,
        le=168,
        description="The end of a rate (mg/h) that has none: the drug is charted anew or stopped, "
        "the stay ends, or so many hours have passed, whichever is first. Without it, how much was "
        "given is unknown. `medication.end_of_rate` counts these.",
        examples=[24],
    )
    bands: tuple[Band, ...] = Field(
        default=(),
        description="Groups of the exposed by dose, duration, timing or product.",
        examples=[
            [
                {
                    **{"name": "dose", "feature": "max_daily_g", "cut": 10},
                    **{"low_label": "<=10 g/day", "high_label": ">10 g/day"},
                }
            ]
        ],
    )

    @property
    def asked(self) -> dict[str, Any]:
        """What a query of its doses is asked with: the list, the routes, the window in hours."""
        window = {"start_hours": self.start_hours, "end_hours": self.end_hours}
        return {"codelist": self.codelist, "routes": list(self.routes), **window}
