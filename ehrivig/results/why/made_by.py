"""By which function, keys of the study and SQL a row of effects.csv is made.

Told apart by what the row says of itself: its analysis, its contrast and the method in `model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ehrivig import resources
from ehrivig.study.registries import COVARIATES, OUTCOMES

_STATS = "ehrivig.stats."
_METHODS: tuple[tuple[str, str], ...] = (
    ("clone-censor-weight over dose plans", "dose_plans.clone_censor_weight"),
    ("clone-censor-weight", "timezero.clone_censor_weight.clone_censor_weight"),
    ("sequential trials", "timezero.sequential.sequential_trials"),
    ("time-dependent Cox", "timezero.time_dependent.time_dependent_cox"),
    ("landmark", "timezero.landmark.landmark"),
    ("naive ever vs never", "timezero.naive.ever_vs_never"),
    ("AIPW, cross-fitted", "weighting.cross_fitted"),
    ("TMLE, cross-fitted", "weighting.cross_fitted"),
    ("AIPW", "regression.standardise.aipw"),
    ("g-computation", "regression.standardise.g_computation"),
    ("weighted: ", "weighting"),
    ("conditional logistic", "regression.conditional.conditional_logistic"),
    ("logistic with interaction", "regression.interaction"),
    ("logistic", "regression.logistic.logistic"),
    ("Fine-Gray", "survival.fine_gray.fine_gray"),
    ("Cox", "survival.cox.cox"),
    ("area under the Kaplan-Meier", "survival.rmst"),
    ("pairs, Tango", "tables.paired.paired_risk_difference"),
    ("pairs, Wald", "tables.paired.paired_risk_ratio"),
    ("GEE, ", "regression.gee.gee"),
    ("linear mixed model", "regression.mixed.mixed"),
    ("negative binomial", "regression.negative_binomial.negative_binomial"),
    ("difference of medians", "tables.median_difference.median_difference"),
    ("Hodges-Lehmann", "tables.hodges_lehmann.paired_shift"),
    ("linear regression", "regression.linear.linear"),
)
_TABLES = {"RD": "risk_difference", "RR": "risk_ratio"}
_BESIDE = (
    ("pooled over", _STATS + "imputation", "values that are missing, imputed and pooled"),
    ("empirically calibrated", "ehrivig.analysis.sensitivity.negative_controls", "calibration"),
    ("random effects", "ehrivig.meta", "the estimates of the hospitals, pooled"),
    ("common effect over", "ehrivig.meta", "the estimates of the hospitals, pooled"),
)
_BUILDERS = {
    "table3": "dosing_table",
    "table_s2": "model_tables",
    "main": "main_effects",
    "outcomes": "main_effects",
    "subgroup": "subgroups",
    "interaction": "subgroups",
    "follow_up": "follow_up_length",
    "weighting": "sensitivity.weighting",
    "missing_data": "sensitivity.missing_data",
    "moribund_discharge": "sensitivity.moribund",
    "negative_control": "sensitivity.negative_controls",
    "hospital": "sensitivity.hospitals",
    "time_zero": "sensitivity.time_zero",
    "dose": "sensitivity.dose",
    "large_scale": "sensitivity.large_scale",
    "numbers": "sensitivity.numbers",
    "left_out": "sensitivity.left_out",
}
"""Analysis of a row -> the module that asks for it."""
_ESTIMAND = ("study.estimand.analysis", "study.estimand.measure", "study.estimand.target")
_MATCH = (
    *("match.covariates", "match.distance", "match.method", "match.caliper", "match.caliper_scale"),
    *("match.ratio", "match.replace", "match.exact"),
)
_KEYS: dict[str, tuple[str, ...]] = {
    "table3": ("exposure.bands", *_MATCH, "analysis.test_policy"),
    "table_s2": ("analysis.adjust", "analysis.missing"),
    "main": (*_MATCH, "analysis.missing"),
    "outcomes": _MATCH,
    "subgroup": ("analysis.subgroups", *_MATCH),
    "interaction": ("analysis.subgroups", *_MATCH),
    "weighting": ("analysis.sensitivity", "match.covariates", "analysis.bootstrap"),
    "missing_data": ("analysis.adjust", "analysis.missing", "analysis.imputations", "study.seed"),
    "moribund_discharge": ("analysis.sensitivity", *_MATCH),
    "negative_control": ("analysis.negative_controls", "analysis.sensitivity"),
    "hospital": ("analysis.pool_hospitals", "analysis.sensitivity", "match.covariates"),
    "time_zero": ("analysis.sensitivity", "match.covariates", "covariates.baseline_end_hours"),
    "dose": ("analysis.dose_plans", "analysis.dose_metric", "analysis.time_varying"),
    "large_scale": (
        *_MATCH,
        "analysis.large_scale_prevalence",
        "analysis.large_scale_until_hours",
        "analysis.large_scale_leave_out",
        "study.seed",
    ),
    "numbers": ("analysis.sensitivity", *_MATCH),
}
_CODED = ("diagnosis", "medication", "care", "measurement")
"""What the large-scale score is learned from."""
_OF_DESIGN = (
    ("landmark", ("analysis.landmark_hours",)),
    ("clone-censor", ("analysis.grace_hours", "analysis.bootstrap", "study.seed")),
    ("within", ("analysis.grace_hours", "analysis.bootstrap", "study.seed")),
)
_EXPOSURE = ("exposure.codelist", "exposure.routes", "exposure.start_hours", "exposure.end_hours")


def functions(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The module that asks for the row, and the functions that give its number."""
    builder = _BUILDERS.get(row["analysis"] or "", "")
    found = [(f"ehrivig.analysis.{builder}" if builder else "ehrivig.analysis", "asks for the row")]
    model = row["model"] or ""
    if not model:
        return [*found, ("none", "the row has no number: its note says why")]
    if model.startswith("2x2 table"):
        name = _TABLES.get(row["measure"], "risk_difference")
        found.append((f"{_STATS}tables.two_by_two.{name}", model))
    for begins, name in _METHODS:
        if begins in model:
            found.append((_STATS + name, model))
            break
    found += [(name, words) for part, name, words in _BESIDE if part in model]
    return found


def keys(analysis: str, outcome: str, contrast: str) -> list[str]:
    """The keys of the study that decide a row, the declared answer in front."""
    own = [key for part, more in _OF_DESIGN if part in contrast for key in more]
    named = [*_ESTIMAND, f"outcomes.variables.{outcome}", *_EXPOSURE, *_KEYS.get(analysis, ())]
    return list(dict.fromkeys([*named, *own, "analysis.multiplicity", "report.smallest_cell"]))


def statements(study: Mapping[str, Any], analysis: str, outcome: str) -> list[tuple[str, str]]:
    """The SQL files behind exposure, criteria, covariates and outcome of a row."""
    said = [("exposure", _file("administration"))]
    for one in (study.get("cohort") or {}).get("criteria") or []:
        path = f"sql/cohort/rule_{one.get('rule')}.sql"
        if one.get("rule") == "severity":
            path = _file(f"severe_{study['cohort']['severity']}")
        if (resources.sql_folder() / path.removeprefix("sql/")).is_file():
            said.append((f"criterion {one['name']}", path))
    variables = (study.get("outcomes") or {}).get("variables") or []
    source = next((one.get("from") for one in variables if one["name"] == outcome), "")
    if source in OUTCOMES.names:
        known = OUTCOMES[source].concept or source
        said.append((f"outcome {outcome}", _file(known) or f"ehrivig.features.outcomes ({source})"))
    covariates = (study.get("covariates") or {}).get("variables") or []
    used = [s for s in dict.fromkeys(one.get("from") for one in covariates) if s]
    said += [(f"covariates: {s}", _file(c)) for s in used if (c := COVARIATES[s].concept)]
    if analysis == "large_scale":
        said += [(f"coded: {name}", _file(f"coded_{name}")) for name in _CODED]
    return [(name, path) for name, path in said if path]


def _file(concept: str) -> str:
    """The path of a concept's SQL below the package's folder; empty where it has none."""
    home = resources.sql_folder()
    found = sorted((home / "concept").rglob(f"{concept}.sql"))
    return f"sql/{found[0].relative_to(home).as_posix()}" if found else ""
