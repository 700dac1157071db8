"""Where an outcome may come from: `from` in [outcomes].

The step is `features.outcomes`. A source of one query needs nothing but its entry and the SQL file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study.registries.entry import Entry, Registry
from ehrivig.study.registries.names import (
    ANALYTES,
    COMPUTED_SCORES,
    CONCEPT_NAMES,
    CONDITIONS,
    DEVICES,
    DRUGS,
    FINDINGS,
    PATHOGENS,
    PROCEDURES,
    NameList,
)

OF_THE_CODE = "standard unit"
"""In place of a unit: each code has its own."""


@dataclass(frozen=True)
class OutcomeSource(Entry):
    """One kind of outcome, and who answers it.

    Either `concept` with a `parameter`, a query that answers many codes at once; or `concept`
    alone, a query of its own; or neither: a function of `features.outcomes`, which may stand beside
    a `concept` that it asks. `codes`: the list that `code` (else `name`) comes from; None without
    codes. `unit`: of a number (`OF_THE_CODE`: the standard one of the code); empty for an outcome
    that happens or not. `horizon`: whether it reads `within_days`. `also`: another source that
    shows the same supports. `follow_up`: a death, whose times are the follow-up of the survival
    analyses when it is the primary outcome. `caution`: what each row of an effect on it must say.
    `of_some`: a number that who was not there, or no longer, does not have: how many have none is a
    count of these people (of a laboratory value they may as well not have been measured).
    """

    codes: NameList | None = None
    concept: str = ""
    parameter: str = ""
    unit: str = ""
    horizon: bool = False
    also: str = ""
    follow_up: bool = False
    caution: str = ""
    of_some: bool = False


OUTCOMES = Registry(
    "outcome source",
    (
        OutcomeSource(
            "death",
            "Death",
            "Death from any cause, anywhere, within `within_days` of time zero.",
            horizon=True,
            follow_up=True,
        ),
        OutcomeSource(
            "in_hospital_death",
            "Death in the hospital",
            "Death in the stay, within `within_days` of time zero where that is given.",
            horizon=True,
            follow_up=True,
        ),
        OutcomeSource(
            "length_of_stay",
            "Length of the stay",
            "Days from admission to discharge.",
            concept="length_of_stay",
            unit="days",
            caution="death ends a stay as well: read with the rows of discharge alive",
        ),
        OutcomeSource(
            "icu_length_of_stay",
            "Length of the stay in intensive care",
            "Days in intensive care within the stay; unknown, not zero, for who never was there.",
            concept="icu_length_of_stay",
            unit="days",
            caution="among who was in intensive care at all; death ends a stay as well",
            of_some=True,
        ),
        OutcomeSource(
            "score_change",
            "Change of a severity score",
            "The score `within_days` (7) after time zero less that of the first day.",
            COMPUTED_SCORES,
            unit="points",
            horizon=True,
            caution="among who was still there to be scored",
            of_some=True,
        ),
        OutcomeSource(
            "lab_change",
            "Change of a laboratory value",
            "The last result after the window of the baseline and within `within_days` (7) of time "
            "zero, less the baseline; in the standard unit.",
            ANALYTES,
            "lab_last",
            unit=OF_THE_CODE,
            horizon=True,
            caution="among who was measured before and after; who died or left early was less so",
        ),
        OutcomeSource(
            "lab_reached",
            "Laboratory value reached",
            "Whether a result after time zero was within `at_least`, `at_most`, and so many times "
            "the baseline; unknown, not no, where nothing was measured.",
            ANALYTES,
            "lab_reached",
            horizon=True,
            caution="among who was measured after time zero; who died or left early had less time",
        ),
        OutcomeSource(
            "clearance",
            "Clearance of a pathogen",
            "Whether RNA of the pathogen was cleared in the stay: two negative tests.",
            PATHOGENS,
        ),
        OutcomeSource(
            "condition",
            "Coded complication",
            "Whether the condition is coded as arisen after time zero.",
            CONDITIONS,
            "course_condition",
            "conditions",
        ),
        OutcomeSource(
            "finding",
            "Finding",
            "Whether the finding (a sign, an image, a remission, a relapse) was recorded as there "
            "after time zero; no where only its absence was; else unknown.",
            FINDINGS,
            "course_finding",
            "codes",
            caution="among whom somebody asked: of the others nothing is recorded",
        ),
        OutcomeSource(
            "procedure",
            "Procedure",
            "Whether the procedure was done or under way after time zero.",
            PROCEDURES,
            "course_procedure",
            "codes",
            also="device",
        ),
        OutcomeSource(
            "device",
            "Respiratory device",
            "Whether the device was in use after time zero.",
            DEVICES,
            "course_device",
            "codes",
            also="procedure",
        ),
        OutcomeSource(
            "medication",
            "Medication",
            "Whether a drug of the list was given in the stay: from admission on, but as primary "
            "outcome or control from time zero on.",
            DRUGS,
            "medication_given",
            "codelists",
        ),
        OutcomeSource(
            "concept",
            "Clinical definition",
            "Whether what a clinical definition describes was first met after time zero.",
            CONCEPT_NAMES,
        ),
    ),
)
