"""What the study is, what it reads, and how its data are judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ehrivig.stats.weighting.estimands import ESTIMANDS
from ehrivig.study.section import Day, Label, Proportion, Section, Slug

OpenList = Literal["findings", "procedures", "scores", "pathogens"]
"""The lists of names that an extract may have others of, since its layout hands them on."""

TARGETS = tuple(entry.name for entry in ESTIMANDS.values() if entry.analysis)


def _target(name: str) -> str:
    """The name of an estimand that an analysis of a study answers."""
    if name not in TARGETS:
        raise ValueError(f"{name!r} is none of {', '.join(TARGETS)}")
    return name


class Estimand(Section):
    """What is estimated, in words, before anything is computed."""

    population: Label
    treatment: Label
    comparator: Label
    outcome: Label
    contrast: Label
    target: Annotated[
        str, AfterValidator(_target), Field(json_schema_extra={"enum": list(TARGETS)})
    ] = "ATT"


class StudyInfo(Section):
    """Title, seed and estimand."""

    title: Label
    name: Slug
    seed: int = Field(ge=0)
    estimand: Estimand
    reproduction: bool = False
    citation: Label = ""


class Extract(Section):
    """What is read and how it is mapped.

    local_names: names of findings, procedures, scores and pathogens that no shipped list holds and
    that only this extract knows, as they stand in its tables.
    OMOP only: drug_quantity, how a hospital's `quantity` is read; drug_types_given, further
    drug_type_concept_ids whose records are taken as given; emergency_visits, whether an emergency
    visit without admission is an admission of its own.
    """

    layout: str = "native"
    hospitals: tuple[str, ...] = ()
    period: tuple[Day, Day] | None = None
    extract_date: Day | None = None
    timezone: str | None = None
    mappings: str | None = None
    local_names: dict[OpenList, tuple[Slug, ...]] = Field(default_factory=dict)
    drug_quantity: dict[str, Literal["ml", "mg", "g", "unit"]] = Field(default_factory=dict)
    drug_types_given: tuple[int, ...] = ()
    emergency_visits: bool = False


class Quality(Section):
    """The policy by which measurements become verdicts."""

    block: Literal["block_run", "drop_hospital"] = "block_run"
    quarantine: Literal["quarantine_rows", "block_run"] = "quarantine_rows"
    arm_difference_points: float = Field(default=2.0, ge=0, le=100)
    thresholds: dict[str, Proportion] = Field(default_factory=dict)
    severities: dict[str, Literal["block", "quarantine", "warn", "off"]] = Field(
        default_factory=dict
    )
    hospitals: dict[str, Literal["block_run", "drop_hospital"]] = Field(default_factory=dict)
