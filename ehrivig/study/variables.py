"""What is measured: outcomes and covariates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ehrivig.errors import in_sentence
from ehrivig.study.registries import COVARIATES, OUTCOMES, OneOf
from ehrivig.study.registries.names import shipped_units
from ehrivig.study.registries.outcomes import OF_THE_CODE
from ehrivig.study.section import Hours, Label, Section, Slug, Words

AfterDischarge = Literal["linked", "in_hospital", "unknown"]
"""What is known of deaths after the stay."""


class Outcome(Section):
    """One outcome or course during the stay."""

    name: Slug = Field(
        description="A name, unique among all variables; also the code where there is no `code`.",
        examples=["death_28d"],
    )
    label: Words = Field(description="The words of tables.", examples=["28-day mortality"])
    source: Annotated[str, OneOf(OUTCOMES)] = Field(
        alias="from", description=f"What kind of outcome.\n{OUTCOMES.described}", examples=["death"]
    )
    code: Slug | None = Field(
        default=None,
        description="Which of its kind, from the list of the kind; without it the name.",
        examples=["hfnc"],
    )
    within_days: float | None = Field(
        default=None,
        gt=0,
        le=36_525,
        description="Horizon in days from time zero, of deaths, laboratory values and "
        "`score_change`; of changes 7 without it.",
        examples=[28],
    )
    at_least: float | None = Field(
        default=None,
        ge=0,
        description="The least result that counts as reached, in the standard unit.",
        examples=[30],
    )
    at_most: float | None = Field(
        default=None,
        ge=0,
        description="The largest result that counts as reached, in the standard unit.",
        examples=[2],
    )
    times_baseline_at_least: float | None = Field(
        default=None,
        gt=1,
        le=1000,
        description="So many times the baseline at least: 2 is a value that doubled.",
        examples=[2],
    )
    times_baseline_at_most: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="So many times the baseline at most: 0.5 is a value that halved.",
        examples=[0.5],
    )
    after_discharge: AfterDischarge | None = Field(
        default=None,
        description="What the extract knows of a `death` after the stay, where it is another than "
        "[outcomes] `after_discharge` says.",
        examples=["linked"],
    )
    event_label: Label = Field(
        default="",
        description="What happens to whom it happens, in words; without it the label.",
        examples=["death within 28 days"],
    )
    group: Literal["outcome", "treatment"] = Field(
        default="outcome",
        description="Whether it is an outcome, or a treatment during the stay (table S4).",
        examples=["treatment"],
    )

    @property
    def unit(self) -> str:
        """The unit of a number; empty for an outcome that happens or not."""
        unit = OUTCOMES[self.source].unit
        if unit != OF_THE_CODE:
            return unit
        return next(iter(shipped_units(self.code or self.name)), "") or unit

    @property
    def of_baseline(self) -> bool:
        """Whether it is asked against the laboratory value of the baseline."""
        times = (self.times_baseline_at_least, self.times_baseline_at_most)
        return self.source == "lab_change" or any(one is not None for one in times)

    @property
    def words(self) -> str:
        """What happens, or the number and its unit, as within a sentence."""
        said = self.event_label or in_sentence(self.label)
        return f"{said} ({self.unit})" if self.unit and not self.event_label else said


class Outcomes(Section):
    """The primary outcome and all others, in the order of the table."""

    primary: Slug = Field(
        description="The name of the outcome that the effect is asked of.", examples=["death_28d"]
    )
    after_discharge: AfterDischarge | None = Field(
        default=None,
        description="What the extract knows of deaths after the stay: all of them, from a register "
        "or by following people up (linked), or none that counts (in_hospital). Without it the "
        "data decide: linked where dates of death after discharge prove it. Where nobody knows, "
        "`death` is answered as death in the hospital, with leaving it alive as competing event; "
        "with unknown the primary death is answered all the same, by weights for who left alive.",
        examples=["linked"],
    )
    variables: tuple[Outcome, ...] = Field(
        min_length=1,
        description="All outcomes.",
        examples=[[{"name": "death_28d", "label": "28-day mortality", "from": "death"}]],
    )


class Covariate(Section):
    """One baseline variable: where it comes from, its unit, and its window around time zero."""

    name: Slug = Field(
        description="A name, unique among all variables; also the code where there is no `code`.",
        examples=["crp"],
    )
    label: Words = Field(description="The words of tables.", examples=["C-reactive protein"])
    source: Annotated[str, OneOf(COVARIATES)] = Field(
        alias="from",
        description=f"What kind of variable.\n{COVARIATES.described}",
        examples=["lab"],
    )
    code: Slug | None = Field(
        default=None,
        description="Which of its kind, from the list of the kind; without it the name.",
        examples=["crp"],
    )
    any_of: tuple[Slug, ...] = Field(
        default=(),
        description="The yes/no covariates that a variable from `any_of` is made of.",
        examples=[["copd", "malignancy"]],
    )
    unit: Label = Field(
        default="",
        description="The unit in which it is shown, and in which cuts are written.",
        examples=["mg/L"],
    )
    window_hours: Hours | None = Field(
        default=None,
        description="Its own window [start, end) in hours from time zero.",
        examples=[[-168, 0]],
    )
    group: Label = Field(
        default="",
        description="The heading above it in Table 1.",
        examples=["Laboratory findings"],
    )

    @property
    def binary(self) -> bool:
        """Whether the variable is yes/no (else a number)."""
        return not COVARIATES[self.source].number


class Covariates(Section):
    """All baseline variables, in the order of Table 1. The window is [start, end) in hours."""

    window_hours: Hours = Field(
        default=(-24.0, 24.0),
        description="The window of variables without one of their own, in hours from time zero.",
        examples=[[-24, 24]],
    )
    value: Literal["first", "last"] = Field(
        default="first",
        description="Which of several numbers in a window counts: the first, or the last at or "
        "before time zero (where there is none, the first after it).",
        examples=["last"],
    )
    baseline_end_hours: float = Field(
        default=24,
        ge=0,
        le=24,
        description="Until when a measurement counts as known at time zero: at most the first day.",
        examples=[0],
    )
    variables: tuple[Covariate, ...] = Field(
        min_length=1,
        description="All baseline variables.",
        examples=[[{"name": "age", "label": "Age", "from": "age", "unit": "y"}]],
    )
