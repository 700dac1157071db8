"""Evidence synthesis: trials and hospitals pooled, compared and drawn.

The functions take arrays and give frozen results; `run_meta`, `compare` and `pool_aggregates` read
and write files. Names load when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehrivig.meta.aggregates import (
        HospitalEffect,
        aggregate_text,
        pool_estimates,
        read_aggregate,
    )
    from ehrivig.meta.bias import egger_test, peters_test, trim_and_fill
    from ehrivig.meta.commands.compare import CompareSummary, compare
    from ehrivig.meta.commands.meta import MetaSummary, run_meta
    from ehrivig.meta.commands.pool import PoolSummary, pool_aggregates
    from ehrivig.meta.deletion import Influence, cumulative, influence, leave_one_out
    from ehrivig.meta.effects import EffectSizes, effect_sizes, peto_effects
    from ehrivig.meta.forest import hospital_forest
    from ehrivig.meta.hospitals import HospitalPool, pool_hospitals
    from ehrivig.meta.lint import Lint
    from ehrivig.meta.lints import lint_published
    from ehrivig.meta.pooled import Plan, Pooled, pool, pool_effects
    from ehrivig.meta.published import PublishedRow, read_published
    from ehrivig.meta.regression import MetaRegression, meta_regression
    from ehrivig.meta.shipped import evidence_names, evidence_path
    from ehrivig.meta.study_data import Counts, Estimates, Means
    from ehrivig.meta.subgroups import SubgroupAnalysis, subgroup_analysis
    from ehrivig.meta.synthesis import Synthesis, make_plan, synthesise
    from ehrivig.meta.trials import Trials, read_trials

__all__ = [
    "CompareSummary",
    "Counts",
    "EffectSizes",
    "Estimates",
    "HospitalEffect",
    "HospitalPool",
    "Influence",
    "Lint",
    "Means",
    "MetaRegression",
    "MetaSummary",
    "Plan",
    "PoolSummary",
    "Pooled",
    "PublishedRow",
    "SubgroupAnalysis",
    "Synthesis",
    "Trials",
    "aggregate_text",
    "compare",
    "cumulative",
    "effect_sizes",
    "egger_test",
    "evidence_names",
    "evidence_path",
    "hospital_forest",
    "influence",
    "leave_one_out",
    "lint_published",
    "make_plan",
    "meta_regression",
    "peters_test",
    "peto_effects",
    "pool",
    "pool_aggregates",
    "pool_effects",
    "pool_estimates",
    "pool_hospitals",
    "read_aggregate",
    "read_published",
    "read_trials",
    "run_meta",
    "subgroup_analysis",
    "synthesise",
    "trim_and_fill",
]

_NAMES = {
    "aggregates": "HospitalEffect aggregate_text pool_estimates read_aggregate",
    "bias": "egger_test peters_test trim_and_fill",
    "commands.compare": "CompareSummary compare",
    "commands.meta": "MetaSummary run_meta",
    "commands.pool": "PoolSummary pool_aggregates",
    "deletion": "Influence cumulative influence leave_one_out",
    "effects": "EffectSizes effect_sizes peto_effects",
    "forest": "hospital_forest",
    "hospitals": "HospitalPool pool_hospitals",
    "lint": "Lint",
    "lints": "lint_published",
    "pooled": "Plan Pooled pool pool_effects",
    "published": "PublishedRow read_published",
    "regression": "MetaRegression meta_regression",
    "shipped": "evidence_names evidence_path",
    "study_data": "Counts Estimates Means",
    "subgroups": "SubgroupAnalysis subgroup_analysis",
    "synthesis": "Synthesis make_plan synthesise",
    "trials": "Trials read_trials",
}
_MODULE = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """A public name, loaded from its module when first used."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
