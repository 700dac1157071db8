"""The sections of the study file about use: dosing regimens, and the utilisation report.

Both are optional: a study without them writes neither table.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ehrivig.errors import UsageError
from ehrivig.study import regimen
from ehrivig.study.section import Section

Price = Annotated[float, Field(ge=0, le=1e9)]
Dimension = Literal["indication", "indication_class", "hospital_id", "month", "product_type"]


class RegimenPlan(Section):
    """The regimens that every series of doses is compared with: packaged names or TOML files."""

    names: tuple[str, ...] = Field(
        min_length=1,
        description="Packaged regimens, or TOML files of your own.",
        examples=[["gbs", "cidp"]],
    )

    @field_validator("names")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("a regimen is named twice")
        for name in names:
            try:
                regimen.load(name)
            except UsageError as error:
                raise ValueError(str(error).removeprefix("regimen: ")) from error
        return names

    @property
    def regimens(self) -> tuple[regimen.Regimen, ...]:
        """The regimens themselves, in the order of the study file."""
        return tuple(regimen.load(name) for name in self.names)

    @property
    def drugs(self) -> tuple[str, ...]:
        """The code lists of all drugs of these regimens, sorted."""
        return tuple(sorted({drug for plan in self.regimens for drug in plan.drugs}))


class UtilisationPlan(Section):
    """What use is counted by, at which price, and how near a diagnosis must be to a course."""

    by: tuple[Dimension, ...] = Field(
        default=("indication", "hospital_id", "month", "product_type"),
        min_length=1,
        description="The dimensions that use is counted by.",
        examples=[["indication", "month"]],
    )
    price_per_g: Price | dict[str, Price] | None = Field(
        default=None,
        description="One price per gram, or one per product type; without it no cost is given.",
        examples=[{"standard": 60, "igma_enriched": 110}],
    )
    days_before: int = Field(
        default=180,
        ge=0,
        le=3650,
        description="How many days before a course a diagnosis may be its indication.",
        examples=[180],
    )
    days_after: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="How many days after the start of a course it may be.",
        examples=[30],
    )

    @field_validator("by")
    @classmethod
    def _one_of_the_two(cls, by: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        if len(set(by)) < len(by):
            raise ValueError("a dimension is named twice")
        if {"indication", "indication_class"} <= set(by):
            raise ValueError(
                "indication and indication_class together would let hidden rows be computed: "
                "name one of them"
            )
        return by
