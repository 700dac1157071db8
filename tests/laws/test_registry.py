"""No public estimator without its laws, no exemption without a law, and the page says the same."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType

import ehrivig
from tests.laws import table
from tests.laws.estimators import ESTIMATORS
from tests.laws.laws import LAWS

PACKAGE = Path(ehrivig.__file__).parent
OFFERED = (
    "ehrivig.audit",
    "ehrivig.match",
    "ehrivig.meta",
    "ehrivig.stats",
    "ehrivig.stats.timezero",
)
NO_ESTIMATORS = {
    "ehrivig.meta.aggregates.aggregate_text": "writes a file's text",
    "ehrivig.meta.aggregates.pool_estimates": "reads rows for `pool_hospitals`",
    "ehrivig.meta.aggregates.read_aggregate": "reads a file",
    "ehrivig.meta.commands.compare.compare": "a command",
    "ehrivig.meta.commands.meta.run_meta": "a command",
    "ehrivig.meta.commands.pool.pool_aggregates": "a command",
    "ehrivig.meta.forest.hospital_forest": "draws",
    "ehrivig.meta.lints.lint_published": "checks printed numbers: tests/meta",
    "ehrivig.meta.published.read_published": "reads a file",
    "ehrivig.meta.shipped.evidence_names": "names of files",
    "ehrivig.meta.shipped.evidence_path": "the path of a file",
    "ehrivig.meta.synthesis.make_plan": "options",
    "ehrivig.meta.synthesis.synthesise": "calls the estimators of this table",
    "ehrivig.meta.trials.read_trials": "reads a file",
    "ehrivig.stats.arrays.checked_level": "checks an argument",
    "ehrivig.stats.arrays.numbers": "checks an argument",
    "ehrivig.stats.arrays.refuse_far": "checks an argument",
    "ehrivig.stats.arrays.one_of": "checks an argument",
    "ehrivig.stats.design_matrix.column_names": "names",
    "ehrivig.stats.design_matrix.near_zero": "columns on another origin: law shift_scale",
    "ehrivig.stats.dose_plans.g_formula.dose_g_formula": "state by state by hand: tests/stats",
    "ehrivig.stats.expansion.squares_and_products": "columns",
    "ehrivig.stats.no_estimate.hidden": "reads a note",
    "ehrivig.stats.no_estimate.reason": "reads a note",
    "ehrivig.stats.no_estimate.word": "reads a note",
    "ehrivig.stats.regression.glm.expit": "a function of one number",
    "ehrivig.stats.regression.logistic_fit.predicted": "reads a fit",
    "ehrivig.stats.regression.marginal.cohort_of": "checks arguments",
    "ehrivig.stats.regression.marginal.influence_covariance": "a part of g-computation and AIPW",
    "ehrivig.stats.regression.odds_ratios.exposure_effect": "reads a fit",
    "ehrivig.stats.splines.spline_columns": "columns: R's curves in tests/stats",
    "ehrivig.stats.splines.spline_knots": "quantiles",
    "ehrivig.stats.tables.two_by_two.crude_risks": "Wilson's interval of each arm",
    "ehrivig.stats.timezero.compare.side_by_side": "calls the designs of this table",
    "ehrivig.stats.timezero.sequential.nested_trials": "a part of sequential trials",
    "ehrivig.stats.timezero.simulate.naive_biases": "describes simulated patients",
    "ehrivig.stats.timezero.simulate.simulate_null": "simulates",
    "ehrivig.stats.wald.p_value": "a function of one number",
    "ehrivig.stats.wald.quantile": "a function of one number",
    "ehrivig.stats.timezero.time_dependent.exposure_spells": "a part of time-dependent Cox",
    "ehrivig.stats.weighting.estimands.estimand_of": "looks up a name",
}
"""Public functions that estimate nothing of their own, each with what they do instead."""


def functions_of(found: object) -> set[str]:
    """The dotted names of a function, or of the public functions that a module defines."""
    if inspect.isfunction(found):
        return {f"{found.__module__}.{found.__name__}"}
    if isinstance(found, ModuleType) and found.__name__.startswith("ehrivig.stats"):
        own = [f for _, f in inspect.getmembers(found, inspect.isfunction)]
        return {
            f"{f.__module__}.{f.__name__}"
            for f in own
            if f.__module__ == found.__name__ and not f.__name__.startswith("_")
        }
    return set()


def imported_from_stats() -> set[str]:
    """Functions of `ehrivig.stats` that the rest of the package imports."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.is_relative_to(PACKAGE / "stats"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ehrivig.stats"):
                for alias in node.names:
                    found |= functions_of(_member(str(node.module), alias.name))
    return found


def _member(module: str, name: str) -> object:
    """A name of a module, or the module below it."""
    parent = import_module(module)
    return getattr(parent, name, None) or import_module(f"{module}.{name}")


def public() -> set[str]:
    """Every function that a notebook or another part of the package may use for statistics."""
    offered = [getattr(import_module(m), n) for m in OFFERED for n in import_module(m).__all__]
    return imported_from_stats().union(*(functions_of(found) for found in offered))


def test_every_public_estimator_has_its_laws() -> None:
    covered = {name for e in ESTIMATORS for f in (e.function, *e.also) for name in functions_of(f)}
    missing = public() - covered - set(NO_ESTIMATORS)
    assert not missing, f"no entry in tests/laws/estimators.py: {sorted(missing)}"
    assert not set(NO_ESTIMATORS) - public(), "no longer public"


def test_names_and_exemptions_are_of_today() -> None:
    assert len({e.name for e in ESTIMATORS}) == len(ESTIMATORS)
    for estimator in ESTIMATORS:
        for law in estimator.exempt:
            assert LAWS[law].applies(estimator), (
                f"{estimator.name} is exempt from {law} for nothing"
            )


def test_the_page_says_what_is_tried() -> None:
    assert table.DOCUMENT.read_text(encoding="utf-8") == table.text()
