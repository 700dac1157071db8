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
        PoolSummary,
        aggregate_text,
        pool_aggregates,
        pool_estimates,
        read_aggregate,
    )
    from ehrivig.meta.bias import egger_test, peters_test, trim_and_fill
    from ehrivig.meta.command import MetaSummary, run_meta
    from ehrivig.meta.comparison import compare
    from ehrivig.meta.deletion import Influence, cumulative, influence, leave_one_out
    from ehrivig.meta.effects import EffectSizes, effect_sizes, peto_effects
    from ehrivig.meta.hospitals import HospitalPool, hospital_forest, pool_hospitals
    from ehrivig.meta.lint import Lint
    from ehrivig.meta.lints import lint_published
    from ehrivig.meta.ours import CompareSummary
    from ehrivig.meta.pooling import Plan, Pooled, pool, pool_effects
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

_MODULE = {
    "CompareSummary": "ours",
    "Counts": "study_data",
    "EffectSizes": "effects",
    "Estimates": "study_data",
    "HospitalEffect": "aggregates",
    "HospitalPool": "hospitals",
    "Influence": "deletion",
    "Lint": "lint",
    "Means": "study_data",
    "MetaRegression": "regression",
    "MetaSummary": "command",
    "Plan": "pooling",
    "PoolSummary": "aggregates",
    "Pooled": "pooling",
    "PublishedRow": "published",
    "SubgroupAnalysis": "subgroups",
    "Synthesis": "synthesis",
    "Trials": "trials",
    "aggregate_text": "aggregates",
    "compare": "comparison",
    "cumulative": "deletion",
    "effect_sizes": "effects",
    "egger_test": "bias",
    "evidence_names": "shipped",
    "evidence_path": "shipped",
    "hospital_forest": "hospitals",
    "influence": "deletion",
    "leave_one_out": "deletion",
    "lint_published": "lints",
    "make_plan": "synthesis",
    "meta_regression": "regression",
    "peters_test": "bias",
    "peto_effects": "effects",
    "pool": "pooling",
    "pool_aggregates": "aggregates",
    "pool_effects": "pooling",
    "pool_estimates": "aggregates",
    "pool_hospitals": "hospitals",
    "read_aggregate": "aggregates",
    "read_published": "published",
    "read_trials": "trials",
    "run_meta": "command",
    "subgroup_analysis": "subgroups",
    "synthesise": "synthesis",
    "trim_and_fill": "bias",
}


def __getattr__(name: str) -> object:
    """A public name, loaded from its module when first used."""
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
