"""Numbers of the study file against what their variable can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import shown
from ehrivig.study.registries import COVARIATES

if TYPE_CHECKING:
    from ehrivig.study.people import Band
    from ehrivig.study.variables import Covariate
    from ehrivig.study.whole import Study

_OF_SCORES = {"sofa": (0.0, 24.0), "apache_ii": (0.0, 71.0)}
"""Least and greatest value of the scores that have one definition."""
_FEW_VALUES = ("score",)


def exact_numbers(study: Study) -> Iterator[Doubt]:
    """Numbers with many values that must be equal within a pair: hardly anybody has a partner."""
    covariates = {v.name: v for v in study.covariates.variables}
    for number, name in enumerate(study.match.exact):
        variable = covariates.get(name)
        if variable is None or variable.binary or variable.source in _FEW_VALUES:
            continue
        yield Doubt(
            ("match", "exact", number),
            f"{shown(name)} is a number with many values: hardly two people share one, and who has "
            "no partner is left out. Put it into the score, or match exactly on a yes/no variable",
            "exact_on_number",
        )


def absurd_cuts(study: Study) -> Iterator[Doubt]:
    """Cuts beyond the plausible range of their variable: one side of the split stays empty."""
    covariates = {v.name: v for v in study.covariates.variables}
    for number, subgroup in enumerate(study.analysis.subgroups):
        variable = covariates.get(subgroup.variable)
        limits = _studied(study, variable) if variable is not None else None
        if (cut := subgroup.number) is not None and limits and not limits[0] < cut <= limits[1]:
            unit = variable.unit if variable is not None else ""
            yield Doubt(
                ("analysis", "subgroups", number, "cut"),
                f"{cut:g} {unit} is outside what {subgroup.variable} can be "
                f"({limits[0]:g} to {limits[1]:g} {unit}): one side stays empty. Is it of another "
                "unit?",
                "cut_outside_range",
            )
    for number, band in enumerate(study.exposure.bands):
        if not band.of_product and _is_empty_below(study, band):
            text = f"no {band.feature} is below {band.cut:g}: the low group stays empty. Mend it"
            yield Doubt(("exposure", "bands", number, "cut"), text, "cut_outside_range")


def _is_empty_below(study: Study, band: Band) -> bool:
    """Whether nobody can be in the low group of a band.

    Amounts and days of who was given any are above zero. A first dose is not before the window of
    the exposure opens, but may be just then; it may be any time before or after the onset.
    """
    if band.feature == "days_from_onset_to_first_dose":
        return False
    if band.feature != "hours_to_first_dose":
        return band.cut <= 0
    opens = study.exposure.start_hours
    return band.cut < opens or (band.cut == opens and band.boundary == "high")


def absurd_results(study: Study) -> Iterator[Doubt]:
    """Results to be reached that an analyte cannot have, or always has: all have one answer."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.source != "lab_reached":
            continue
        code = outcome.code or outcome.name
        if (limits := _hard(study, code)) is None:
            continue
        units = (row["unit"] for row in study.lists.rows("units") if row["variable"] == code)
        unit = next(units, "")
        reached = {"at_least": outcome.at_least, "at_most": outcome.at_most}
        for key, given in reached.items():
            if given is None or not (who := _all_of(key, given, limits)):
                continue
            text = (
                f"{given:g} {unit} is outside what {code} can be ({limits[0]:g} to "
                f"{limits[1]:g} {unit}): {who} reaches it. Is it of another unit?"
            )
            path = ("outcomes", "variables", number, key)
            yield Doubt(path, text, "cut_outside_range")


def _all_of(key: str, given: float, limits: tuple[float, float]) -> str:
    """Who reaches a result where all or none do; empty where some may."""
    least = key == "at_least"
    if given > limits[1] if least else given < limits[0]:
        return "nobody"
    beyond = given <= limits[0] if least else given >= limits[1]
    return "whoever was measured" if beyond else ""


def _hard(study: Study, code: str) -> tuple[float, float] | None:
    """The hard limits of a variable in its standard unit; None where they are not known."""
    found = [row for row in study.lists.rows("limits") if row["variable"] == code]
    return (float(found[0]["hard_lo"]), float(found[0]["hard_hi"])) if found else None


def _studied(study: Study, variable: Covariate) -> tuple[float, float] | None:
    """What a variable can be among those whom the criteria let in."""
    limits = _limits(study, variable)
    if limits is None or variable.source != "age":
        return limits
    ages = [criterion for criterion in study.cohort.criteria if criterion.rule == "age"]
    return (
        max([limits[0], *(one.min for one in ages if one.min is not None)]),
        min([limits[1], *(one.max for one in ages if one.max is not None)]),
    )


def _limits(study: Study, variable: Covariate) -> tuple[float, float] | None:
    """The hard limits of a variable in the unit of the study; None where they are not known."""
    code = variable.code or variable.name
    if variable.source == "score":
        return _OF_SCORES.get(code)
    named = "age" if variable.source == "age" else code
    found = _hard(study, named)
    if found is None or variable.source not in ("age", "lab", "vital"):
        return None
    low, high = found
    if not COVARIATES[variable.source].unit:
        return low, high
    return _in_unit(study, code, variable.unit, low, high)


def _in_unit(
    study: Study, code: str, unit: str, low: float, high: float
) -> tuple[float, float] | None:
    """Limits in standard units, in another unit of the variable."""
    rows = [row for row in study.lists.rows("units") if row["variable"] == code]
    found = next((row for row in rows if row["unit"] == unit), None)
    if found is None:
        return None
    factor, shift = float(found["factor"]), float(found["shift"] or 0)
    return (low - shift) / factor, (high - shift) / factor
