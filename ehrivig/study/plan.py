"""What is measured, compared and shown."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ehrivig.study.section import Hours, Label, Section, Slug


class Outcome(Section):
    """One outcome or course during the stay."""

    name: Slug
    label: Label
    source: Literal[
        "death",
        "in_hospital_death",
        "length_of_stay",
        "icu_length_of_stay",
        "score_change",
        "clearance",
        "condition",
        "procedure",
        "device",
        "medication",
        "concept",
    ] = Field(alias="from")
    code: Slug | None = None
    within_days: float | None = Field(default=None, gt=0)
    event_label: Label = ""
    group: Literal["outcome", "treatment"] = "outcome"

    @property
    def unit(self) -> str:
        """The unit of a number; empty for an outcome that happens or not."""
        if self.source == "score_change":
            return "points"
        return "days" if self.source in ("length_of_stay", "icu_length_of_stay") else ""


class Outcomes(Section):
    """The primary outcome and all others, in the order of the table."""

    primary: Slug
    variables: tuple[Outcome, ...] = Field(min_length=1)


class Covariate(Section):
    """One baseline variable: where it comes from, its unit, and its window around time zero."""

    name: Slug
    label: Label
    source: Literal[
        "age",
        "male",
        "current_smoker",
        "condition",
        "finding",
        "lab",
        "vital",
        "score",
        "medication",
        "hospital_country",
        "any_of",
    ] = Field(alias="from")
    code: Slug | None = None
    any_of: tuple[Slug, ...] = ()
    unit: str = ""
    window_hours: Hours | None = None
    group: Label = ""

    @property
    def binary(self) -> bool:
        """Whether the variable is yes/no (else a number)."""
        return self.source not in ("age", "lab", "vital", "score")


class Covariates(Section):
    """All baseline variables, in the order of Table 1. The window is [start, end) in hours."""

    window_hours: Hours = (-24.0, 24.0)
    variables: tuple[Covariate, ...] = Field(min_length=1)


class Match(Section):
    """How exposed and unexposed are made comparable."""

    covariates: tuple[Slug, ...] = Field(min_length=1)
    distance: Literal["propensity"] = "propensity"
    method: Literal["nearest", "optimal"] = "nearest"
    caliper: float | None = Field(default=0.2, gt=0)
    caliper_scale: Literal["probability", "logit_sd", "probability_sd"] = "logit_sd"
    ratio: int = Field(default=1, ge=1)
    replace: bool = False
    order: Literal["largest", "smallest", "data", "random", "closest"] = "largest"
    tie_rule: Literal["matchit-4.7", "matchit-4.5"] = "matchit-4.7"
    within_hospital: bool = False
    exact: tuple[Slug, ...] = ()
    allow_post_baseline: tuple[Slug, ...] = ()
    smd_denominator: Literal["pooled_unmatched", "treated_unmatched", "pooled_matched"] = (
        "pooled_unmatched"
    )


class Subgroup(Section):
    """A split of the population by a baseline variable: at or above a cut, or yes/no."""

    name: Slug
    label: Label
    variable: Slug
    cut: float | None = None


Sensitivity = Literal[
    "landmark",
    "time_dependent_cox",
    "sequential_trials",
    "clone_censor_weight",
    "iptw",
    "overlap",
    "aipw",
    "multiple_imputation",
    "leave_one_hospital_out",
    "moribund_discharge",
]


class Analysis(Section):
    """Tests, models and sensitivity analyses."""

    test_policy: Literal["default", "liu"] = "default"
    adjust: tuple[Slug, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    landmark_hours: tuple[float, ...] = (24, 48, 72)
    grace_hours: float = Field(default=48, gt=0)
    bootstrap: int = Field(default=500, ge=0, le=100_000)
    multiplicity: Literal["holm", "bh"] = "holm"
    missing: Literal["complete_case", "multiple_imputation"] = "complete_case"
    imputations: int = Field(default=20, ge=2, le=1000)
    repeat_labs: tuple[Slug, ...] = ()
    repeat_hours: Hours = (48.0, 72.0)
    repeat_anchor: Literal["admission", "first_dose"] = "admission"
    negative_controls: tuple[Slug, ...] = ()
    pool_hospitals: bool = False


class Report(Section):
    """How results are shown."""

    smallest_cell: int = Field(default=5, ge=0, le=100)
    authors: Label = ""
