"""Covariates that move after time zero: `time_varying` in [analysis].

Each is a column of the daily table (`sql/concept/score/sofa_course.sql`), and its own name there.
"""

from __future__ import annotations

from ehrivig.study.registries.entry import Entry, Registry

MOVING = Registry(
    "covariate that moves",
    (
        Entry("sofa", "SOFA score", "The score of each day, recorded or computed."),
        Entry("sofa_respiration", "SOFA, respiration", "PaO2/FiO2 and support."),
        Entry("sofa_coagulation", "SOFA, coagulation", "Platelets."),
        Entry("sofa_liver", "SOFA, liver", "Bilirubin."),
        Entry("sofa_cardiovascular", "SOFA, cardiovascular", "Pressure and vasoactive drugs."),
        Entry("sofa_nervous", "SOFA, nervous system", "Glasgow coma scale."),
        Entry("sofa_renal", "SOFA, renal", "Creatinine and urine."),
    ),
)
READ_BY = ("sequential_trials", "time_dependent_cox", "clone_censor_weight")
"""The designs that adjust for what moves."""
DAILY = "_daily"
"""Ends the name of a column of the analysis table: a list, a value for each day of the stay."""
