"""Dose-response without immortal time: plans of dose and duration, and the dose so far.

`dose_days` puts doses on a grid of days; `DosePlan` says what a plan demands. Plans are compared by
clone-censor-weight and by the parametric g-formula; the dose so far by a structural model.
"""

from ehrivig.stats.dose_plans.clone_censor_weight import dose_clone_censor_weight
from ehrivig.stats.dose_plans.days import DoseDays, dose_days
from ehrivig.stats.dose_plans.g_formula import GFormula, dose_g_formula
from ehrivig.stats.dose_plans.plan import DosePlan
from ehrivig.stats.dose_plans.structural import StructuralModel, dose_structural_model

__all__ = [
    "DoseDays",
    "DosePlan",
    "GFormula",
    "StructuralModel",
    "dose_clone_censor_weight",
    "dose_days",
    "dose_g_formula",
    "dose_structural_model",
]
