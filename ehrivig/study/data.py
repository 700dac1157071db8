"""What the study is, what it reads, and how its data are judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ehrivig.stats.weighting.estimands import ESTIMANDS
from ehrivig.study.registries import ANSWERS, OneOf
from ehrivig.study.section import Day, Label, Proportion, Section, Slug, Words

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

    population: Words = Field(
        description="Who is studied, in words.",
        examples=["adults admitted with confirmed COVID-19 that is severe within the stay"],
    )
    treatment: Words = Field(
        description="What the exposed were given, in words.",
        examples=["any intravenous immunoglobulin during the stay"],
    )
    comparator: Words = Field(
        description="What the unexposed were given, in words.",
        examples=["no intravenous immunoglobulin during the stay"],
    )
    outcome: Words = Field(
        description="What the effect is on, and until when, in words.",
        examples=["death from any cause within 28 days of admission"],
    )
    contrast: Words = Field(
        description="How the arms are compared, in words.",
        examples=["odds ratio among matched pairs"],
    )
    target: Annotated[
        str, AfterValidator(_target), Field(json_schema_extra={"enum": list(TARGETS)})
    ] = Field(
        default="ATT",
        description="Among whom: the treated (ATT), everybody (ATE), the overlap (ATO).",
        examples=["ATT"],
    )
    analysis: Annotated[str, OneOf(ANSWERS)] | None = Field(
        default=None,
        description="The analysis that gives the answer: the one row of effects.csv whose role is "
        "primary. Without it `clone_censor_weight` where people are followed to a death and may be "
        f"exposed after time zero, else aipw, and of a number matched.\n{ANSWERS.described}",
        examples=["clone_censor_weight"],
    )
    measure: Literal["RD", "RR", "OR", "HR", "MD"] | None = Field(
        default=None,
        description="The measure of that row; without it the first that the analysis gives.",
        examples=["RD"],
    )


class StudyInfo(Section):
    """Title, seed and estimand."""

    title: Words = Field(
        description="The title of the report.",
        examples=["Intravenous immunoglobulin in severe COVID-19"],
    )
    name: Slug = Field(
        description="A short name, for files and the history of runs.", examples=["ivig_covid19"]
    )
    seed: int = Field(
        ge=0,
        le=2**63 - 1,
        description="Seed of everything random: the same seed gives the same bytes.",
        examples=[20200301],
    )
    estimand: Estimand = Field(description="What is estimated, in words.")
    reproduction: bool = Field(
        default=False,
        description="A published analysis is repeated: admits groups with immortal time and groups "
        "by what happened in the stay; every output then carries the warning.",
        examples=[True],
    )
    citation: Label = Field(
        default="",
        description="The paper that the study follows.",
        examples=["Liu J et al. 2020, doi:10.21203/rs.3.rs-52428/v1"],
    )


class Extract(Section):
    """What is read and how it is mapped."""

    layout: str = Field(
        default="native",
        min_length=1,
        description="How the source is mapped: native, clif, omop, eicu, mimic_iv, mimic_iii, "
        "synthea_csv, or a folder of SELECTs.",
        examples=["omop"],
    )
    dates: Literal["calendar", "shifted"] | None = Field(
        default=None,
        description="Of which clock the moments are: of the calendar, or shifted for each person "
        "by another span, as in public extracts; nothing over calendar time is then asked. "
        "Without it what the layout declares (`layout.toml`), else the calendar.",
        examples=["shifted"],
    )
    hospitals: tuple[Words, ...] = Field(
        default=(),
        description="The hospitals that must be there, no others; empty: those that are there.",
        examples=[["A", "B"]],
    )
    period: tuple[Day, Day] | None = Field(
        default=None,
        description="First and last day of admission for the rule `period`, both included.",
        examples=[["2019-12-01", "2020-03-31"]],
    )
    extract_date: Day | None = Field(
        default=None,
        description="The last day that the extract can know of: follow-up ends with it. Without it "
        "the last day on which anybody of a hospital is admitted, discharged or dies.",
        examples=["2020-06-30"],
    )
    timezone: str | None = Field(
        default=None,
        description="Time zone of hospitals that do not state their own.",
        examples=["Asia/Shanghai"],
    )
    mappings: str | None = Field(
        default=None,
        min_length=1,
        description="A TOML file of signed corrections of units, products and codes.",
        examples=["mappings.toml"],
    )
    codelists: str | None = Field(
        default=None,
        min_length=1,
        description="A folder of code lists of the study's own, which extend or override the "
        "shipped ones; relative to the study file.",
        examples=["lists"],
    )
    local_names: dict[OpenList, tuple[Slug, ...]] = Field(
        default={},
        description="Findings, procedures, scores and pathogens that no shipped list holds and "
        "only this extract has, as they stand in its tables.",
        examples=[{"findings": ["anosmia"], "pathogens": ["influenza_a"]}],
    )
    drug_quantity: dict[str, Literal["ml", "mg", "g", "unit"]] = Field(
        default={},
        description="OMOP: what `quantity` counts, hospital by hospital.",
        examples=[{"A": "ml"}],
    )
    drug_types_given: tuple[Annotated[int, Field(ge=0, le=2**31 - 1)], ...] = Field(
        default=(),
        description="OMOP: further drug_type_concept_ids whose records count as given.",
        examples=[[32869]],
    )
    emergency_visits: bool = Field(
        default=False,
        description="OMOP: whether an emergency visit without admission is an admission.",
        examples=[True],
    )
    hospital_level: Literal["care_site", "location", "source"] | None = Field(
        default=None,
        description="OMOP: what a hospital is: the care site of a visit (as where nothing is "
        "said), the location of that care site, or the whole source.",
        examples=["location"],
    )


class Quality(Section):
    """The policy by which measurements become verdicts."""

    block: Literal["block_run", "drop_hospital"] = Field(
        default="block_run",
        description="What a failed check does: stop the run, or leave its hospital out.",
        examples=["drop_hospital"],
    )
    quarantine: Literal["quarantine_rows", "block_run"] = Field(
        default="quarantine_rows",
        description="What a check that rejects rows does: set them aside, or fail.",
        examples=["block_run"],
    )
    arm_difference_points: float = Field(
        default=2.0,
        ge=0,
        le=100,
        description="By how many percentage points the gate may take more rows from one arm.",
        examples=[2.0],
    )
    thresholds: dict[str, Proportion] = Field(
        default={},
        description="Check id -> the largest proportion of violations that is tolerated.",
        examples=[{"lab.unit_mixup": 0.005}],
    )
    severities: dict[str, Literal["block", "quarantine", "warn", "off"]] = Field(
        default={},
        description="Check id -> another severity, or off.",
        examples=[{"lab.unit_known": "block"}],
    )
    hospitals: dict[str, Literal["block_run", "drop_hospital"]] = Field(
        default={},
        description="Hospital -> `block` for this hospital alone.",
        examples=[{"C": "drop_hospital"}],
    )
