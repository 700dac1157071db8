"""The analyses beside the main one that [analysis] asks for, and the tables that they fill.

A table is one value of `analysis` in effects.csv, one table of the report, and one module of
`analysis.sensitivity`. The order of `tables()` is the order of the rows in effects.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ehrivig.study.registries.entry import Entry, Registry


@dataclass(frozen=True)
class EffectTable:
    """Rows of effects.csv under one name, with their caption and section in the report.

    `keys`: keys of [analysis] that ask for the table as well, when they are not left as they are.
    """

    name: str
    caption: str
    section: Literal["effects", "time_zero", "dose"] = "effects"
    keys: tuple[str, ...] = ()


WEIGHTING = EffectTable("weighting", "Weighting and doubly robust estimates")
MISSING_DATA = EffectTable(
    "missing_data", "Missing data: complete cases beside multiple imputation", keys=("missing",)
)
MORIBUND_DISCHARGE = EffectTable(
    "moribund_discharge", "Discharges against advice counted as deaths"
)
NEGATIVE_CONTROL = EffectTable("negative_control", "Negative controls", keys=("negative_controls",))
HOSPITAL = EffectTable(
    "hospital", "By hospital, and leaving one hospital out", keys=("pool_hospitals",)
)
LARGE_SCALE = EffectTable("large_scale", "Large-scale score: all that was coded before time zero")
NUMBERS = EffectTable("numbers", "Days and points: differences of means and medians, ratios")
TIME_ZERO = EffectTable(
    "time_zero", "Time zero: the same question, with and without immortal time", "time_zero"
)
DOSE = EffectTable(
    "dose",
    "Dose and duration: plans that everybody could follow, and the dose so far",
    "dose",
)
_IN_ORDER = (
    *(WEIGHTING, LARGE_SCALE, MISSING_DATA, MORIBUND_DISCHARGE, NUMBERS, HOSPITAL, TIME_ZERO, DOSE),
    NEGATIVE_CONTROL,
)


@dataclass(frozen=True)
class Sensitivity(Entry):
    """One sensitivity analysis. `within`: the table of its rows; None: one of its own.

    `safe`: a design free of immortal time, told apart at time zero. `calibrated`: `ehrivig
    calibrate` runs it.
    """

    within: EffectTable | None = None
    safe: bool = False
    calibrated: bool = False

    @property
    def table(self) -> EffectTable:
        """The table of its rows; one of its own bears its name and caption."""
        return self.within or EffectTable(self.name, self.caption)


SENSITIVITY = Registry(
    "sensitivity analysis",
    (
        Sensitivity(
            "landmark",
            "Landmark analysis",
            "Exposed by each of `landmark_hours` against not yet, among who is still there.",
            TIME_ZERO,
            safe=True,
            calibrated=True,
        ),
        Sensitivity(
            "time_dependent_cox",
            "Time-dependent Cox model",
            "Exposure counts from its start on.",
            TIME_ZERO,
            safe=True,
            calibrated=True,
        ),
        Sensitivity(
            "sequential_trials",
            "Sequential trials",
            "Whoever starts now against whoever has not yet, day after day.",
            TIME_ZERO,
            safe=True,
            calibrated=True,
        ),
        Sensitivity(
            "clone_censor_weight",
            "Clone, censor, weight",
            "Starting within `grace_hours` against not, as strategies that everybody could follow.",
            TIME_ZERO,
            safe=True,
            calibrated=True,
        ),
        Sensitivity(
            "dose_clone_censor_weight",
            "Dose plans by clone, censor, weight",
            "The first of `dose_plans` against each other one, as plans that everybody could "
            "follow.",
            DOSE,
        ),
        Sensitivity(
            "dose_g_formula",
            "Dose plans by the parametric g-formula",
            "The same plans, everybody's course simulated; with its natural-course check.",
            DOSE,
        ),
        Sensitivity(
            "dose_structural_model",
            "Marginal structural model of the dose",
            "The hazard of death in hospital per day dosed, or per 10 g, so far (`dose_metric`).",
            DOSE,
        ),
        Sensitivity(
            "iptw",
            "Inverse probability weights",
            "Everybody weighted by the inverse probability of their own exposure (ATE).",
            WEIGHTING,
            calibrated=True,
        ),
        Sensitivity(
            "overlap",
            "Overlap weights",
            "Everybody weighted by the probability of the other exposure (ATO).",
            WEIGHTING,
            calibrated=True,
        ),
        Sensitivity(
            "aipw",
            "Augmented inverse probability weights",
            "Score and outcome model together: right when either is (ATE).",
            WEIGHTING,
            calibrated=True,
        ),
        Sensitivity(
            "aipw_cross_fitted",
            "Cross-fitted AIPW, models learned",
            "As aipw, with squares and products of the covariates chosen by a lasso (ATE).",
            WEIGHTING,
            calibrated=True,
        ),
        Sensitivity(
            "tmle_cross_fitted",
            "Cross-fitted TMLE, models learned",
            "As aipw_cross_fitted, targeted: its risks stay between 0 and 1 (ATE).",
            WEIGHTING,
            calibrated=True,
        ),
        Sensitivity(
            "large_scale_score",
            "Large-scale propensity score",
            "Matched anew on a lasso of all that was coded before time zero: diagnoses, drugs, "
            "procedures, laboratory, vital signs.",
            LARGE_SCALE,
        ),
        Sensitivity(
            "multiple_imputation",
            "Multiple imputation",
            "Missing covariates imputed, scored and matched anew, pooled by Rubin's rules.",
            MISSING_DATA,
        ),
        Sensitivity(
            "median_difference",
            "Difference of medians",
            "The difference of medians of each outcome with a unit, in the matched.",
            NUMBERS,
        ),
        Sensitivity(
            "negative_binomial",
            "Negative binomial regression",
            "The ratio of means of each outcome with a unit (days), in the matched.",
            NUMBERS,
        ),
        Sensitivity(
            "gee",
            "Generalized estimating equations",
            "Hospitals as clusters: the odds ratio in the whole population (10 hospitals or more).",
            HOSPITAL,
        ),
        Sensitivity(
            "mixed_model",
            "Linear mixed model",
            "A primary outcome that is a number, each hospital with a level of its own.",
            HOSPITAL,
        ),
        Sensitivity(
            "leave_one_hospital_out",
            "Leaving one hospital out",
            "Scored and matched anew without each hospital.",
            HOSPITAL,
        ),
        Sensitivity(
            "moribund_discharge",
            "Moribund discharge",
            "Discharges against advice within the horizon counted as deaths.",
            MORIBUND_DISCHARGE,
        ),
    ),
)


def tables() -> tuple[EffectTable, ...]:
    """Every table, in the order of its rows in effects.csv; tables of their own come last."""
    return tuple(dict.fromkeys((*_IN_ORDER, *(entry.table for entry in SENSITIVITY))))


def named_in(table: EffectTable) -> tuple[str, ...]:
    """The names of the analyses whose rows are in a table."""
    return tuple(entry.name for entry in SENSITIVITY if entry.table == table)


def safe_designs() -> tuple[str, ...]:
    """The names of the designs free of immortal time."""
    return tuple(entry.name for entry in SENSITIVITY if entry.safe)
