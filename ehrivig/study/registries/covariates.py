"""Where a baseline variable may come from: `from` in [covariates].

The step is `features.baseline`. A source of one query per window needs nothing but its entry and
the SQL file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study.registries.entry import Entry, Registry
from ehrivig.study.registries.names import (
    ANALYTES,
    CONDITIONS,
    COUNTRY_GROUPS,
    DRUGS,
    FINDINGS,
    SCORES,
    VITALS,
    NameList,
)


@dataclass(frozen=True)
class CovariateSource(Entry):
    """One kind of baseline variable, and who answers it.

    Either `concept`, a query that finds admission_id, variable, value of many codes at once
    (`parameter` takes the codes); or `column`, a column of the admission; or neither: a function of
    `features.baseline`. `codes`: the list that `code` (else `name`) comes from; None without codes.
    `number`: a number, else yes/no. `unit`: brought to the unit of the study. `window`: looked for
    in a window around time zero, else at any time. `units`: those that it may be shown with, where
    nothing is converted. `treatment`: later than time zero it may carry
    part of the effect.
    """

    codes: NameList | None = None
    concept: str = ""
    parameter: str = ""
    column: str = ""
    number: bool = False
    unit: bool = False
    window: bool = True
    treatment: bool = False
    units: tuple[str, ...] = ()


COVARIATES = Registry(
    "covariate source",
    (
        CovariateSource(
            "age",
            "Age",
            "Age at admission, in years.",
            column="age_years",
            number=True,
            window=False,
            units=("y", "years"),
        ),
        CovariateSource(
            "male", "Male sex", "Whether the patient is male.", column="male", window=False
        ),
        CovariateSource(
            "current_smoker",
            "Current smoker",
            "Whether the patient smokes, as recorded at admission.",
            column="current_smoker",
            window=False,
        ),
        CovariateSource(
            "condition",
            "Coded condition",
            "Whether the condition is coded and not flagged as arisen in the stay.",
            CONDITIONS,
            "baseline_condition",
            "conditions",
            window=False,
        ),
        CovariateSource(
            "finding",
            "Sign, symptom or image finding",
            "Whether the finding was recorded as present in the window; unknown without a record.",
            FINDINGS,
            "baseline_finding",
            "findings",
        ),
        CovariateSource(
            "lab",
            "Laboratory result",
            "The first result in the window, or the last by time zero (`value`), in the unit of "
            "the study.",
            ANALYTES,
            "baseline_lab",
            "analytes",
            number=True,
            unit=True,
        ),
        CovariateSource(
            "vital",
            "Vital sign",
            "The first measurement in the window, or the last by time zero (`value`), in the unit "
            "of the study.",
            VITALS,
            "baseline_vital",
            "vitals",
            number=True,
            unit=True,
        ),
        CovariateSource(
            "score",
            "Severity score",
            "The first recorded score in the window, or the last by time zero (`value`); SOFA and "
            "APACHE II are else computed.",
            SCORES,
            "baseline_score",
            "scores",
            number=True,
            units=("points",),
        ),
        CovariateSource(
            "medication",
            "Medication",
            "Whether a drug of the list was given in the window.",
            DRUGS,
            "medication_given",
            "codelists",
            treatment=True,
        ),
        CovariateSource(
            "hospital_country",
            "Country of the hospital",
            "Whether the hospital lies in a country of the group.",
            COUNTRY_GROUPS,
            window=False,
        ),
        CovariateSource(
            "any_of",
            "Any of several variables",
            "Whether any of the covariates named in `any_of` is true.",
            window=False,
        ),
    ),
)
