"""The study file: one TOML file that drives a run, read into frozen objects.

Unknown keys are refused and all problems are reported at once. `json_schema()` is what editors use.
"""

from ehrivig.study.data import Estimand, Extract, Quality, StudyInfo
from ehrivig.study.file import doubted, json_schema, load, locate, packaged, parse
from ehrivig.study.people import Band, Cohort, Criterion, Evidence, Exposure
from ehrivig.study.plan import Analysis, Match, Report, Subgroup
from ehrivig.study.use import RegimenPlan, UtilisationPlan
from ehrivig.study.variables import Covariate, Covariates, Outcome, Outcomes
from ehrivig.study.whole import Study

__all__ = [
    "Analysis",
    "Band",
    "Cohort",
    "Covariate",
    "Covariates",
    "Criterion",
    "Estimand",
    "Evidence",
    "Exposure",
    "Extract",
    "Match",
    "Outcome",
    "Outcomes",
    "Quality",
    "RegimenPlan",
    "Report",
    "Study",
    "StudyInfo",
    "Subgroup",
    "UtilisationPlan",
    "doubted",
    "json_schema",
    "load",
    "locate",
    "packaged",
    "parse",
]
