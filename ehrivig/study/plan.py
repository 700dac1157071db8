"""How people are compared, and what is shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ehrivig.study.registries import MOVING, SENSITIVITY, OneOf
from ehrivig.study.registries.sensitivity import EffectTable, named_in
from ehrivig.study.section import Hour, Hours, Label, Section, Slug, Words


class Match(Section):
    """How exposed and unexposed are made comparable."""

    covariates: tuple[Slug, ...] = Field(
        min_length=1,
        description="The covariates of the propensity score.",
        examples=[["age", "male", "sofa"]],
    )
    splines: tuple[Slug, ...] = Field(
        default=(),
        description="Those of them, numbers, that the score and the models of the effect may bend: "
        "restricted cubic splines.",
        examples=[["age", "sofa"]],
    )
    spline_knots: int = Field(
        default=4, ge=3, le=7, description="Knots of each spline, at quantiles.", examples=[5]
    )
    distance: Literal["propensity"] = Field(
        default="propensity",
        description="What is near: equal propensity scores.",
        examples=["propensity"],
    )
    method: Literal["nearest", "optimal"] = Field(
        default="nearest",
        description="One exposed after the other takes the nearest, or all together.",
        examples=["optimal"],
    )
    caliper: float | None = Field(
        default=0.2,
        gt=0,
        le=100,
        description="The largest distance within a pair, on `caliper_scale`.",
        examples=[0.2],
    )
    caliper_scale: Literal["probability", "logit_sd", "probability_sd"] = Field(
        default="logit_sd",
        description="What the caliper counts: scores, or standard deviations of the score or of "
        "its logit.",
        examples=["probability"],
    )
    ratio: int = Field(
        default=1, ge=1, le=100, description="Most controls for each exposed.", examples=[2]
    )
    replace: bool = Field(
        default=False, description="Whether a control may serve again.", examples=[True]
    )
    order: Literal["largest", "smallest", "data", "random", "closest"] = Field(
        default="largest",
        description="Which exposed chooses first, by its score.",
        examples=["closest"],
    )
    tie_rule: Literal["matchit-4.7", "matchit-4.5"] = Field(
        default="matchit-4.7",
        description="Which of two equally near controls is taken: as that MatchIt does.",
        examples=["matchit-4.5"],
    )
    hospital: Literal["model", "ignore"] | None = Field(
        default=None,
        description="Whether hospitals are told apart in the score and in the models of the "
        "effect, where there are several: those with five in each arm by an effect of their own, "
        "the others by their share of exposed. Without it they are; in a reproduction not in the "
        "score.",
        examples=["model"],
    )
    within_hospital: bool = Field(
        default=False, description="Whether pairs are of one hospital.", examples=[True]
    )
    exact: tuple[Slug, ...] = Field(
        default=(),
        description="Covariates that must be equal within a pair.",
        examples=[["male"]],
    )
    allow_post_baseline: tuple[Slug, ...] = Field(
        default=(),
        description="Treatments and covariates after time zero that may be matched on and "
        "adjusted for all the same; each row of results that used them says so.",
        examples=[["glucocorticoid"]],
    )
    smd_denominator: Literal["pooled_unmatched", "treated_unmatched", "pooled_matched"] = Field(
        default="pooled_unmatched",
        description="The standard deviation under a standardised mean difference.",
        examples=["treated_unmatched"],
    )


class Subgroup(Section):
    """A split of the population by a baseline variable: at or above a cut, or yes/no."""

    name: Slug = Field(description="A name, unique among the subgroups.", examples=["age"])
    label: Words = Field(description="The words of the forest plot.", examples=["Age >= 65 y"])
    variable: Slug = Field(description="The covariate that splits.", examples=["age"])
    cut: Annotated[float, Field(ge=-1e9, le=1e9)] | Literal["median"] | None = Field(
        default=None,
        description="Where a number is cut, in its unit, or at the median of the people studied; "
        "none for a yes/no variable.",
        examples=[65],
    )

    @property
    def number(self) -> float | None:
        """The cut where it is a number; that of a median is known when the people are."""
        return None if self.cut == "median" else self.cut


class DosePlan(Section):
    """A way of dosing that everybody could be held to: how long, and how much a day."""

    name: Slug = Field(description="A name, unique among the plans.", examples=["five_days"])
    label: Label = Field(
        default="",
        description="The words of tables; without it the name.",
        examples=["5 days or more"],
    )
    days_at_least: int = Field(
        default=1,
        ge=0,
        le=366,
        description="On how many days running from its start the drug is given at least.",
        examples=[5],
    )
    days_at_most: int | None = Field(
        default=None,
        ge=0,
        le=366,
        description="On how many days it is given at most; 0: never, with days_at_least = 0.",
        examples=[8],
    )
    grams_per_day_at_least: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Grams of each day with a dose, at least.",
        examples=[10],
    )
    grams_per_day_at_most: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="Grams of each day with a dose, at most.",
        examples=[20],
    )


class Analysis(Section):
    """Tests, models and sensitivity analyses."""

    test_policy: Literal["default", "liu"] = Field(
        default="default",
        description="Tests of tables: exact where cells are small, or chi-square as in Liu 2020.",
        examples=["liu"],
    )
    adjust: tuple[Slug, ...] = Field(
        default=(),
        description="The covariates of the model of everybody (table S2).",
        examples=[["age", "sofa"]],
    )
    subgroups: tuple[Subgroup, ...] = Field(
        default=(),
        description="The rows of the subgroup forest.",
        examples=[[{"name": "age", "label": "Age >= 65 y", "variable": "age", "cut": 65}]],
    )
    allow_post_baseline: tuple[Slug, ...] = Field(
        default=(),
        description="Variables after time zero that may be adjusted for or split by all the same; "
        "each row of results that used them says so. An outcome may split only, and only in a "
        "reproduction.",
        examples=[["invasive_ventilation"]],
    )
    sensitivity: tuple[Annotated[str, OneOf(SENSITIVITY)], ...] = Field(
        default=(),
        description="The analyses beside the main one, of those below.",
        examples=[["landmark", "iptw"]],
    )
    landmark_hours: tuple[Annotated[Hour, Field(gt=0)], ...] = Field(
        default=(24, 48, 72),
        min_length=1,
        description="The landmarks, in hours from time zero.",
        examples=[[24, 48]],
    )
    grace_hours: float = Field(
        default=48,
        gt=0,
        le=8784,
        description="Within how many hours who is to start has started (clone_censor_weight, and "
        "dose plans, in whole days).",
        examples=[48],
    )
    time_varying: tuple[Annotated[str, OneOf(MOVING)], ...] = Field(
        default=(),
        description="What sequential_trials, time_dependent_cox, clone_censor_weight and the "
        "designs of doses adjust for day by day, as it is known when the day begins, besides what "
        "is known at time zero.",
        examples=[["sofa"]],
    )
    bootstrap: int = Field(
        default=500,
        ge=0,
        le=100_000,
        description="Bootstrap samples of clone_censor_weight, and of the designs of doses.",
        examples=[500],
    )
    learner: Literal["lasso", "boosting", "super_learner"] = Field(
        default="lasso",
        description="What learns the models of aipw_cross_fitted and tmle_cross_fitted: logistic "
        "models with an L1 penalty, squares and products; boosted trees; or, of both and a plain "
        "logistic model, the one that predicts best whom it has not seen.",
        examples=["super_learner"],
    )
    dose_plans: tuple[DosePlan, ...] = Field(
        default=(),
        description="Plans of dose_clone_censor_weight and dose_g_formula: who starts within "
        "`grace_hours`, as those did who started, and is dosed so long and so much; the first is "
        "compared with each other one.",
        examples=[
            [{"name": "five_days", "days_at_least": 5}, {"name": "short", "days_at_most": 2}]
        ],
    )
    dose_metric: Literal["dose_days", "grams"] = Field(
        default="dose_days",
        description="What of the doses so far death depends on, in dose_g_formula and "
        "dose_structural_model: days with a dose, or grams.",
        examples=["grams"],
    )
    large_scale_prevalence: float = Field(
        default=0.01,
        gt=0,
        lt=0.5,
        description="Of the people scored, how many at least must have what large_scale_score "
        "uses, and how many must not.",
        examples=[0.01],
    )
    large_scale_until_hours: float = Field(
        default=0,
        ge=0,
        le=8784,
        description="How long after time zero large_scale_score still looks for diagnoses, "
        "laboratory values, vital signs and findings; for drugs, procedures and devices never.",
        examples=[24],
    )
    large_scale_leave_out: tuple[Label, ...] = Field(
        default=(),
        description="What large_scale_score must not use, as column covariate of large_scale.csv "
        "names it: what tells of the exposure alone, or follows from it.",
        examples=[["drug_list corticosteroids", "diagnosis ICD10 Z51.2"]],
    )
    multiplicity: Literal["holm", "bh"] = Field(
        default="holm",
        description="Which corrected p the report shows; effects.csv has both.",
        examples=["bh"],
    )
    missing: Literal["complete_case", "multiple_imputation"] = Field(
        default="complete_case",
        description="Whether missing covariates are imputed beside the complete cases.",
        examples=["multiple_imputation"],
    )
    imputations: int = Field(
        default=20, ge=2, le=1000, description="How many imputations.", examples=[20]
    )
    repeat_labs: tuple[Slug, ...] = Field(
        default=(),
        description="Laboratory covariates that table S5 compares with a later value.",
        examples=[["crp"]],
    )
    repeat_hours: Hours = Field(
        default=(48.0, 72.0),
        description="The window [start, end) of the later value, in hours from `repeat_anchor`.",
        examples=[[48, 72]],
    )
    repeat_anchor: Literal["time_zero", "admission", "first_dose"] = Field(
        default="time_zero",
        description="From when the later value is timed; the unexposed have no first dose, and "
        "then no later value.",
        examples=["first_dose"],
    )
    negative_controls: tuple[Slug, ...] = Field(
        default=(),
        description="Outcomes that the drug cannot change; three or more calibrate the effect.",
        examples=[["fracture"]],
    )
    pool_hospitals: bool = Field(
        default=False,
        description="Whether the effect is given hospital by hospital and pooled.",
        examples=[True],
    )

    def asks_for(self, table: EffectTable) -> bool:
        """Whether a table is wanted: one of its analyses is named, or a key of its own is set."""
        named = any(name in self.sensitivity for name in named_in(table))
        fields = type(self).model_fields
        return named or any(getattr(self, key) != fields[key].default for key in table.keys)


class Report(Section):
    """How results are shown."""

    smallest_cell: int = Field(
        default=5,
        ge=0,
        le=100,
        description="Counts below it are hidden, with what would give them away.",
        examples=[5],
    )
    counts_rounded_to: Literal[0, 5] = Field(
        default=0,
        description="To which multiple released counts are rounded, with what follows from them; "
        "0: to none.",
        examples=[5],
    )
    small_cells_signed_by: Label = Field(
        default="",
        description="Who answers for a smallest_cell below 3; without it such a study is refused.",
        examples=["A. Steward"],
    )
    small_cells_reason: Label = Field(
        default="",
        description="Why counts of 1 or 2 people may be shown; it stands in the released manifest.",
        examples=["synthetic data"],
    )
    authors: Label = Field(
        default="",
        description="Who signs the report; shown under its title.",
        examples=["A. Author, B. Author"],
    )
