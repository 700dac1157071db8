"""The lints on our own output: the same checks that an audit of a published table runs."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

import polars as pl

from ehrivig.analysis import daily, lost
from ehrivig.analysis.models import versus
from ehrivig.analysis.same_drug import same_drug
from ehrivig.analysis.sensitivity.time_zero import cohort_of, followed_people
from ehrivig.audit import lints
from ehrivig.concepts.follow_up import Answerable
from ehrivig.errors import AnalysisError, EhrivigError
from ehrivig.meta.lint import Lint
from ehrivig.stats.balance import level_difference
from ehrivig.study import Study
from ehrivig.study.admitted import late_names
from ehrivig.study.doubts import doubts_of
from ehrivig.study.immortal_time import warnings_of
from ehrivig.study.registries.sensitivity import safe_designs

_ON_CUT = re.compile(r"(\S+) exactly on the cut")
MOST_IMBALANCE = 0.1
"""Standardised differences that are small (Austin 2009)."""
DESIGNS_OF_THEIR_OWN = safe_designs()
"""Answers that rest on no score; they tell hospitals apart by their own models."""
Severity = Literal["info", "warn", "error"]
MODELS_OF_EVERYBODY = ("table3", "main", "weighting", "table_s2")


class InvertedEvent(EhrivigError):
    """A model counted another event than its outcome: a fault of the program (exit code 1)."""


def of_run(
    table: pl.DataFrame,
    matched: pl.DataFrame,
    tables: dict[str, pl.DataFrame],
    answerable: Answerable,
    score_note: str = "",
) -> pl.DataFrame:
    """Every lint that the run's own numbers raise."""
    study = answerable.study
    found = [
        *lost.lints(table, answerable),
        *_orientation(table, matched, tables["effects"], study),
        *_quartiles(tables["table1"]),
        *_unit_smells(tables["table1"], study),
        *_implications(table, study),
        *_of_nobody(table, study),
        *same_drug(table, study),
        *_multiplicity(tables["effects"]),
        *_post_baseline(study),
        *_separated(score_note),
        *_hospitals(table, matched, study),
        *_late_eligibility(study),
        *_unknown_days(table, study),
        *_doubts(study),
        *_immortal(study),
        *_boundaries(tables["effects"]),
    ]
    return lints.frame(found)


def _orientation(
    table: pl.DataFrame, matched: pl.DataFrame, effects: pl.DataFrame, study: Study
) -> list[Lint]:
    """The modelled events of the primary outcome against those counted in the same people.

    Raises InvertedEvent when a model of all the exposed and unexposed of a population counted other
    events than the table holds: no result may leave then.
    """
    name = study.primary.name
    if study.primary.unit:
        return []  # a number has no event to invert
    for population, people in (("all", table), ("matched", matched)):
        known = people.filter(pl.col(name).is_not_null())
        exposed = known.filter("exposed")
        counted = {
            "n_exposed": exposed.height,
            "n_control": known.height - exposed.height,
            "events_exposed": int(exposed[name].sum()),
            "events_control": int(known[name].sum()) - int(exposed[name].sum()),
        }
        of_everybody = [pl.col(n) == counted[n] for n in ("n_exposed", "n_control")]
        modelled = effects.filter(
            pl.col("analysis").is_in(MODELS_OF_EVERYBODY),
            pl.col("population") == population,
            pl.col("outcome") == name,
            pl.col("measure").is_in(["OR", "RR", "RD"]),
            pl.col("contrast") == versus(study),
            pl.col("events_exposed").is_not_null(),
            *of_everybody,
        )
        for row in modelled.iter_rows(named=True):
            if any(row[n] != counted[n] for n in ("events_exposed", "events_control")):
                raise InvertedEvent(_inverted(row, counted, name))
    return []


def _inverted(row: dict[str, Any], counted: dict[str, int], name: str) -> str:
    """What a model with the wrong event says against the table, as proportions."""
    n = counted["n_exposed"] + counted["n_control"]
    modelled = (row["events_exposed"] + row["events_control"]) / n
    described = (counted["events_exposed"] + counted["events_control"]) / n
    return (
        f"{row['analysis']}: the model of {name} has events in {modelled:.1%} of the people, the "
        f"table in {described:.1%}: the event is inverted or mislabelled. Nothing was written; "
        "report this."
    )


def _quartiles(table1: pl.DataFrame) -> list[Lint]:
    found: list[Lint] = []
    for row in table1.filter(pl.col("kind") == "continuous").iter_rows(named=True):
        for arm in ("all", "control", "exposed"):
            median, q1, q3 = (row[f"{what}_{arm}"] for what in ("median", "q1", "q3"))
            if median is not None:
                found += lints.median_outside_iqr(f"{row['label']} [{arm}]", median, q1, q3)
    return found


def _unit_smells(table1: pl.DataFrame, study: Study) -> list[Lint]:
    """Subgroup cuts that are a power of ten off the median of their own variable."""
    medians = dict(table1.select("variable", "median_all").iter_rows())
    found: list[Lint] = []
    for subgroup in study.analysis.subgroups:
        median = medians.get(subgroup.variable)
        if subgroup.number is not None and median is not None:
            unit = study.covariate(subgroup.variable).unit
            found += lints.unit_smell(subgroup.label, subgroup.number, median, unit)
    return found


def _implications(table: pl.DataFrame, study: Study) -> list[Lint]:
    """A variable that is any of several others cannot be less common than one of them."""
    found: list[Lint] = []
    for variable in study.covariates.variables:
        for part in variable.any_of:
            whole_n, part_n = (int(table[name].sum() or 0) for name in (variable.name, part))
            found += lints.implication(variable.name, whole_n, part, part_n)
    return found


def _of_nobody(table: pl.DataFrame, study: Study) -> list[Lint]:
    """Variables that nobody has, or that are unknown of everybody: a code that finds nothing."""
    names = [variable.name for variable in study.covariates.variables]
    names += [variable.name for variable in study.outcomes.variables]
    found: list[Lint] = []
    for name in names if table.height else ():
        known = table[name].drop_nulls()
        if known.is_empty():
            found.append(_nobody(name, "is unknown of everybody"))
        elif known.dtype == pl.Boolean and not known.any():
            found.append(_nobody(name, "is true of nobody (0%)"))
    return found


def _nobody(name: str, what: str) -> Lint:
    message = (
        f"{name} {what}: its code finds nothing in this extract, or the extract does not hold it. "
        "Mend the code, or take the variable out"
    )
    return Lint("variable_of_nobody", "error", message)


def _multiplicity(effects: pl.DataFrame) -> list[Lint]:
    found: list[Lint] = []
    for family in sorted(set(effects["family"].drop_nulls()) - {""}):
        p_values = effects.filter(pl.col("family") == family)["p"].drop_nulls().to_list()
        found += lints.multiplicity(family, p_values)
    return found


def _post_baseline(study: Study) -> list[Lint]:
    """What the study matches on or adjusts for although it follows time zero."""
    names = late_names(study, (*study.match.covariates, *study.match.exact))
    if not names:
        return []
    message = f"matching uses variables measured after time zero: {', '.join(names)}"
    return [Lint("post_baseline_covariate", "warn", message, {"n": len(names)})]


def _separated(note: str) -> list[Lint]:
    """A score that separates the arms: some people could hardly be of the other one."""
    if not note:
        return []
    return [Lint("penalised_score", "warn", f"{note}: look at the overlap of the scores")]


_NONE_SHARED = (
    "no hospital has matched people of both arms: what differs between hospitals looks like an "
    "effect of the exposure, and no model tells them apart. Compare people of hospitals with both"
)


def _hospitals(table: pl.DataFrame, matched: pl.DataFrame, study: Study) -> list[Lint]:
    """Hospitals that differ between the arms and are in no model: they look like an effect."""
    told_apart = study.hospital_in_score or study.match.within_hospital
    if told_apart or matched.is_empty() or table["hospital_id"].n_unique() < 2:
        return []
    pairs = matched["hospital_id"].to_numpy()
    _, after = level_difference(matched["exposed"].to_numpy(), pairs)
    if not after > MOST_IMBALANCE:
        return []
    severity: Severity = "error" if study.answer not in DESIGNS_OF_THEIR_OWN else "warn"
    if math.isinf(after):
        return [Lint("hospital_imbalance", severity, _NONE_SHARED)]
    message = (
        f"the arms differ in their hospitals after matching (standardised difference {after:.2f}, "
        f"limit {MOST_IMBALANCE:g}), and the score does not tell hospitals apart: what differs "
        "between hospitals looks like an effect of the exposure. Write [match] hospital = 'model'"
    )
    return [Lint("hospital_imbalance", severity, message, {"smd": round(after, 4)})]


def _unknown_days(table: pl.DataFrame, study: Study) -> list[Lint]:
    """What moves day by day and is not known on most days: the adjustment is of the rest."""
    if not study.analysis.time_varying:
        return []
    try:
        people, _ = followed_people(table, study)
        found = daily.mostly_unknown(people, cohort_of(table, study, moves=False)[0], study)
    except AnalysisError:
        return []  # the rows of the designs say why
    return [
        Lint(
            "time_varying_unknown",
            "warn",
            f"{name} is known on {share:.0%} of days in hospital: on the others a median stands "
            "for it, and adjusts for nothing",
            {"known": round(share, 2)},
        )
        for name, share in found.items()
    ]


def _late_eligibility(study: Study) -> list[Lint]:
    """Criteria that look beyond time zero: who is in is then decided by what happened later.

    Who must be there when the exposure window opens was chosen before anybody was exposed.
    """
    if study.cohort.time_zero != "admission":
        return []
    opens = study.exposure.start_hours
    late = [
        c.label
        for c in study.cohort.criteria
        if c.rule == "severity"
        or (c.rule == "length_of_stay" and (c.max is not None or (c.min or 0) > opens))
    ]
    if not late:
        return []
    message = (
        f"time zero is the admission, and criteria look at the whole stay: {'; '.join(late)}. "
        "Who died or left early may have met them never; severity_onset starts where they are met"
    )
    return [Lint("late_eligibility", "warn", message, {"n": len(late)})]


def _doubts(study: Study) -> list[Lint]:
    """What `study check` warns of: a reader of the report should know it too."""
    return [Lint(one.code, one.severity, one.text) for one in doubts_of(study)]


def _immortal(study: Study) -> list[Lint]:
    """What the study compares although it is told apart after time zero."""
    declared = "yes" if study.study.reproduction else "no"
    return [
        Lint("immortal_time", "warn", text, {"declared_reproduction": declared})
        for text in warnings_of(study)
    ]


def _boundaries(effects: pl.DataFrame) -> list[Lint]:
    """Groups whose cut has admissions exactly on it: the side was a choice."""
    found: list[Lint] = []
    rows: list[dict[str, Any]] = effects.filter(pl.col("analysis") == "table3").to_dicts()
    for row in rows:
        on_cut = _ON_CUT.search(row["note"] or "")
        if on_cut and on_cut.group(1) != "0":
            message = f"{row['contrast']}: some admissions lie exactly on the cut"
            found.append(Lint("on_boundary", "info", message, {}))
    return found
