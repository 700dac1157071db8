"""The study file: one TOML file that drives a run, read into frozen objects.

Unknown keys are refused and all problems are reported at once. `json_schema()` is what editors use.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ehrivig import resources
from ehrivig.errors import StudyError
from ehrivig.use_plan import RegimenPlan, UtilisationPlan

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Label = Annotated[str, Field(max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Hours = tuple[float, float]


class _Section(BaseModel):
    """One frozen section of the study file; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Estimand(_Section):
    """What is estimated, in words, before anything is computed."""

    population: Label
    treatment: Label
    comparator: Label
    outcome: Label
    contrast: Label
    target: Literal["ATE", "ATT", "ATO"] = "ATT"


class StudyInfo(_Section):
    """Title, seed and estimand."""

    title: Label
    name: Slug
    seed: int = Field(ge=0)
    estimand: Estimand
    reproduction: bool = False
    citation: Label = ""


class Extract(_Section):
    """What is read and how it is mapped.

    OMOP only: drug_quantity, how a hospital's `quantity` is read; drug_types_given, further
    drug_type_concept_ids whose records are taken as given; emergency_visits, whether an emergency
    visit without admission is an admission of its own.
    """

    layout: str = "native"
    hospitals: tuple[str, ...] = ()
    period: tuple[date, date] | None = None
    extract_date: date | None = None
    timezone: str | None = None
    mappings: str | None = None
    drug_quantity: dict[str, Literal["ml", "mg", "g", "unit"]] = {}
    drug_types_given: tuple[int, ...] = ()
    emergency_visits: bool = False


class Quality(_Section):
    """The policy by which measurements become verdicts."""

    block: Literal["block_run", "drop_hospital"] = "block_run"
    quarantine: Literal["quarantine_rows", "block_run"] = "quarantine_rows"
    arm_difference_points: float = Field(default=2.0, ge=0, le=100)
    thresholds: dict[str, Share] = {}
    severities: dict[str, Literal["block", "quarantine", "warn", "off"]] = {}
    hospitals: dict[str, Literal["block_run", "drop_hospital"]] = {}


class Evidence(_Section):
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


class Criterion(_Section):
    """One step of the flow chart; an admission stays when the rule is met."""

    name: Slug
    label: Label
    rule: Literal[
        "period",
        "age",
        "any_of",
        "index_admission",
        "length_of_stay",
        "severity",
        "untreated_before",
    ]
    min: float | None = None
    max: float | None = None
    any_of: tuple[Evidence, ...] = ()

    @model_validator(mode="after")
    def _rule_has_its_values(self) -> Criterion:
        if self.rule == "any_of" and not self.any_of:
            raise ValueError("rule 'any_of' needs any_of = [...]")
        if self.rule in ("age", "length_of_stay") and self.min is None and self.max is None:
            raise ValueError(f"rule '{self.rule}' needs min or max")
        return self


_UNTREATED = Criterion(
    name="untreated_before",
    label="Not given the exposure drug before time zero",
    rule="untreated_before",
)


class Cohort(_Section):
    """Who is studied, from when on.

    Where time zero comes after the admission, a last criterion "untreated_before" is added unless
    there is one: whoever had the exposure drug before time zero is excluded, and counted.
    """

    time_zero: Literal["admission", "severity_onset"] = "admission"
    severity: Slug = "china_v6"
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    episode_gap_hours: float = Field(default=24, ge=0)

    @model_validator(mode="after")
    def _newly_treated(self) -> Cohort:
        late = self.time_zero != "admission"
        if late and all(criterion.rule != "untreated_before" for criterion in self.criteria):
            object.__setattr__(self, "criteria", (*self.criteria, _UNTREATED))
        return self


class Band(_Section):
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


class Exposure(_Section):
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


class Outcome(_Section):
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


class Outcomes(_Section):
    """The primary outcome and all others, in the order of the table."""

    primary: Slug
    variables: tuple[Outcome, ...] = Field(min_length=1)


class Covariate(_Section):
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


class Covariates(_Section):
    """All baseline variables, in the order of Table 1. The window is [start, end) in hours."""

    window_hours: Hours = (-24.0, 24.0)
    variables: tuple[Covariate, ...] = Field(min_length=1)


class Match(_Section):
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


class Subgroup(_Section):
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


class Analysis(_Section):
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


class Report(_Section):
    """How results are shown."""

    smallest_cell: int = Field(default=5, ge=0, le=100)
    authors: Label = ""


class Study(_Section):
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
    problems = [f"covariates: {name!r} is defined twice" for name in _repeated(known)]
    problems += [f"outcomes: {name!r} is defined twice" for name in _repeated(outcomes)]
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
    """Whether a covariate, or a part of it, is a medication in a window beyond time zero."""
    found = [v for v in study.covariates.variables if v.name == name]
    for part in [*found, *(study.covariate(n) for v in found for n in v.any_of)]:
        window = part.window_hours or study.covariates.window_hours
        if part.source == "medication" and window[1] > 0:
            return True
    return False


_SAFE_DESIGNS = ("landmark", "time_dependent_cox", "sequential_trials", "clone_censor_weight")


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
        return any(name in plan.sensitivity for name in _SAFE_DESIGNS)
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
    return f"Add {' or '.join(_SAFE_DESIGNS)}"


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def packaged() -> list[str]:
    """The names of the studies that ship with the package."""
    return sorted(path.stem for path in resources.studies_folder().glob("*.toml"))


def locate(name: str) -> Path:
    """The path of a study file, or of the packaged study of that name."""
    shipped = resources.studies_folder() / f"{name}.toml"
    if shipped.is_file():
        return shipped
    path = Path(name)
    if path.is_file():
        return path
    raise StudyError(
        f"study: no file {name!r}, and no packaged study of that name "
        f"(there are: {', '.join(packaged())}). Give the path of a study file."
    )


def load(name: str | Path) -> Study:
    """The study in a TOML file or of a packaged name; StudyError lists every problem at once."""
    path = locate(str(name))
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"study: {path.name} is not TOML: {error}") from error
    return parse(content, path.name)


def parse(content: dict[str, Any], where: str = "study file") -> Study:
    """The study in a dictionary as TOML gives it; StudyError lists every problem at once."""
    try:
        return Study.model_validate(content)
    except ValidationError as error:
        lines = [_problem(dict(item)) for item in error.errors(include_url=False)]
        raise StudyError(
            f"study: {where} has {len(lines)} problem(s):\n  " + "\n  ".join(lines)
        ) from error


def _problem(item: dict[str, Any]) -> str:
    """One problem as "place: what is wrong"."""
    place = ".".join(str(part) for part in item["loc"]) or "study"
    if item["type"] == "extra_forbidden":
        return f"{place}: unknown key. Remove it or mend its spelling."
    if item["type"] == "missing":
        return f"{place}: missing."
    return f"{place}: {item['msg'].removeprefix('Value error, ')}."


def json_schema() -> str:
    """The JSON Schema of the study file, for editors."""
    return json.dumps(Study.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"
