"""What is measured, compared and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ehrivig.study.registries import COVARIATES, OUTCOMES, SENSITIVITY, OneOf
from ehrivig.study.registries.sensitivity import EffectTable, named_in
from ehrivig.study.section import Hours, Label, Section, Slug


class Outcome(Section):
    """One outcome or course during the stay."""

    name: Slug
    label: Label
    source: Annotated[str, OneOf(OUTCOMES)] = Field(alias="from")
    code: Slug | None = None
    within_days: float | None = Field(default=None, gt=0)
    event_label: Label = ""
    group: Literal["outcome", "treatment"] = "outcome"

    @property
    def unit(self) -> str:
        """The unit of a number; empty for an outcome that happens or not."""
        return OUTCOMES[self.source].unit


class Outcomes(Section):
    """The primary outcome and all others, in the order of the table."""

    primary: Slug
    variables: tuple[Outcome, ...] = Field(min_length=1)


class Covariate(Section):
    """One baseline variable: where it comes from, its unit, and its window around time zero."""

    name: Slug
    label: Label
    source: Annotated[str, OneOf(COVARIATES)] = Field(alias="from")
    code: Slug | None = None
    any_of: tuple[Slug, ...] = ()
    unit: str = ""
    window_hours: Hours | None = None
    group: Label = ""

    @property
    def binary(self) -> bool:
        """Whether the variable is yes/no (else a number)."""
        return not COVARIATES[self.source].number


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


class Analysis(Section):
    """Tests, models and sensitivity analyses."""

    test_policy: Literal["default", "liu"] = "default"
    adjust: tuple[Slug, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    sensitivity: tuple[Annotated[str, OneOf(SENSITIVITY)], ...] = ()
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

    def asks_for(self, table: EffectTable) -> bool:
        """Whether a table is wanted: one of its analyses is named, or a key of its own is set."""
        named = any(name in self.sensitivity for name in named_in(table))
        fields = type(self).model_fields
        return named or any(getattr(self, key) != fields[key].default for key in table.keys)


class Report(Section):
    """How results are shown."""

    smallest_cell: int = Field(default=5, ge=0, le=100)
    authors: Label = ""
