"""Numbers and methods in words, the same in figures and report."""

from __future__ import annotations

import math

from ehrivig.errors import many
from ehrivig.meta.heterogeneity import Dispersion
from ehrivig.meta.measures import Measure
from ehrivig.meta.pooled import Plan, Pooled

MINUS = "−"
_METHOD = {"MH": "Mantel-Haenszel", "IV": "inverse variance", "Peto": "Peto"}
_SHORT = {"MH": "M-H", "IV": "IV", "Peto": "Peto"}


def number(value: float, digits: int = 2) -> str:
    """A number with fixed decimals and a true minus; a dash where it does not exist."""
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def count(value: float) -> str:
    """A whole number, else with the decimals it has."""
    return f"{value:.0f}" if float(value).is_integer() else number(value)


def digits_for(measure: Measure, size: float) -> int:
    """Decimals that show an effect of some size: 2, more for small differences."""
    if measure.ratio or not math.isfinite(size) or size >= 1 or size == 0:
        return 2
    return 3 if size >= 0.001 else 4


def studies(k: int) -> str:
    """A number of studies: 1 study, 2 studies."""
    return many(k, "study", "studies")


def interval(estimate: float, lo: float, hi: float, digits: int = 2) -> str:
    """Estimate and limits: 0.66 [0.53, 0.83]; a dash where there is none."""
    if not math.isfinite(estimate):
        return "not estimable"
    return f"{number(estimate, digits)} [{number(lo, digits)}, {number(hi, digits)}]"


def p_value(p: float) -> str:
    """A p-value with its sign of equality: = 0.035, < 0.0001."""
    if not math.isfinite(p):
        return "not defined"
    if p < 0.0001:
        return "< 0.0001"
    return f"= {p:.4f}" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def immortal(note: str | None) -> bool:
    """Whether the note of an estimate says that it holds immortal time."""
    return any(part.startswith("immortal time") for part in (note or "").split("; "))


def percent(proportion: float) -> str:
    """A proportion from 0 to 1 as whole percent."""
    return f"{100 * proportion:.0f}%" if math.isfinite(proportion) else "–"


def method_words(plan: Plan) -> str:
    """The method in full: inverse variance, random effects (REML), Hartung-Knapp interval."""
    words = _METHOD[plan.method]
    if plan.model == "common":
        return f"{words}, common effect"
    knapp = ", Hartung-Knapp interval" if plan.ci == "hksj" else ""
    return f"{words}, random effects ({plan.tau2}){knapp}"


def level(plan: Plan) -> str:
    """What the intervals of a plan are: 95% CI."""
    return f"{100 * plan.level:.0f}% CI"


def column_words(plan: Plan) -> str:
    """The method as the head of a forest plot's column."""
    model = "common effect" if plan.model == "common" else f"random, {plan.tau2}"
    knapp = " HKSJ" if plan.ci == "hksj" else ""
    return f"{_SHORT[plan.method]}, {model}{knapp}, {level(plan)}"


def heterogeneity_words(pooled: Pooled) -> str:
    """The line under a diamond: tau2, chi-square, df, p, I2."""
    spread = pooled.dispersion
    if spread.q_df < 1:
        return "Heterogeneity: not applicable"
    tau2 = f"Tau² = {pooled.tau2:.3g}; " if math.isfinite(pooled.tau2) else ""
    return (
        f"Heterogeneity: {tau2}Chi² = {spread.q:.2f}, df = {spread.q_df} "
        f"(P {p_value(spread.q_p)}); I² = {percent(spread.i2)}"
    )


def between_words(between: Dispersion) -> str:
    """The line with the test between subgroups."""
    return (
        f"Test for subgroup differences: Chi² = {between.q:.2f}, df = {between.q_df} "
        f"(P {p_value(between.q_p)}); I² = {percent(between.i2)}"
    )


def overall_words(pooled: Pooled) -> str:
    """The line with the test of the pooled effect."""
    name = "Z" if math.isnan(pooled.df) else f"t({pooled.df:.0f})"
    return f"Test for overall effect: {name} = {abs(pooled.statistic):.2f} (P {p_value(pooled.p)})"
