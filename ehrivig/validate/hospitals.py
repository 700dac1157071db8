"""The checks over hospitals: what shows only when hospitals, runs or the arms lie side by side.

`CHECKS` is the registry: an entry has the check's id, the function that measures it, its severity,
what it says when it speaks, the kinds of the catalogue that it finds, and whether it needs the
cohort. Adding a check is adding a function and an entry here, or in the family that it belongs to
(`arrival_checks`, `usual_checks`, `left_checks`, `cohort_checks`). A measurement whose
`hospital_id` is "all" belongs to no single hospital.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable

import polars as pl

from ehrivig import codes
from ehrivig.errors import MeasuringError
from ehrivig.study import Study
from ehrivig.validate import (
    arrival_checks,
    cohort_checks,
    left_checks,
    transfers,
    unused_mappings,
    usual_checks,
)
from ehrivig.validate.drift import changes
from ehrivig.validate.measurement import ALL, Measurement
from ehrivig.validate.network import Network, stays_of_known_persons
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts
from ehrivig.validate.result import HospitalResult
from ehrivig.validate.units_between_hospitals import away_by_a_factor

DRIFT_POINTS = 5.0
"""A violated proportion that moved by more than this many points since the run before is drift."""
MOST_NAMES = 20
"""Hospitals or variables that a message names; of more it says how many there are."""


def notes(network: Network, failed: Iterable[str]) -> dict[str, str]:
    """Check -> what it says beside its message when it failed, of those that say more."""
    wanted = set(failed)
    return {one.check: one.told(network) for one in CHECKS if one.told and one.check in wanted}


def notes_of_names(
    study: Study, read: Iterable[str], unreadable: Iterable[str], failed: Iterable[str]
) -> dict[str, str]:
    """The same of checks that count hospitals or variables, for which no table is looked at."""
    wanted = set(failed)
    results = [HospitalResult(name, [], {}, {}) for name in read]
    network = Network(study, study.extract.hospitals, results, list(unreadable), [], _no_table)
    told = [one for one in CHECKS if one.check in wanted and not one.of_people]
    return {one.check: one.told(network) for one in told if one.told}


def _no_table(name: str, hospitals: object) -> pl.LazyFrame:
    raise MeasuringError(f"{name}: a check of names looks at no table")


def measure(network: Network) -> list[Measurement]:
    """What the checks find: before the cohort stands, or once it does, those that need it."""
    stands = network.studied is not None
    return [
        Measurement(hospital, one.table, one.check, one.severity, violated, denominator)
        for one in CHECKS
        if one.needs_cohort == stands
        for hospital, violated, denominator in one.measure(network)
    ]


def _hospital_set(network: Network) -> Counts:
    """Hospitals named by the study but not in the extract, or the reverse."""
    named, there = _named_and_there(network)
    return [(ALL, len(named ^ there), len(named | there))] if named else []


def _rows_placed(network: Network) -> Counts:
    """Rows of the source that are of no stay and no person, in the table with most of them."""
    if network.unplaced:
        _, lost, rows = max(network.unplaced, key=lambda one: one[1] / one[2])
        yield ALL, lost, rows


def _rows_placed_told(network: Network) -> str:
    names = {table for table, _, _ in network.unplaced}
    return f"Tables: {_few_names(names)}." if names else ""


def _named_and_there(network: Network) -> tuple[set[str], set[str]]:
    there = {*(result.hospital_id for result in network.results), *network.unreadable}
    return set(network.expected), there


def _hospital_set_told(network: Network) -> str:
    named, there = _named_and_there(network)
    if not named:
        return ""
    parts = {"Named, but not there": named - there, "There, but not named": there - named}
    return " ".join(f"{words}: {_few_names(names)}." for words, names in parts.items() if names)


def _few_names(names: set[str]) -> str:
    shown = sorted(names)[:MOST_NAMES]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if names > set(shown) else "")


def _post_baseline_covariate(network: Network) -> Counts:
    """Variables of the propensity score that happen after time zero, and are not allowed."""
    return [(ALL, len(_after_time_zero(network)), len(network.study.match.covariates))]


def _after_time_zero(network: Network) -> set[str]:
    plan = network.study.match
    courses = {outcome.name for outcome in network.study.outcomes.variables}
    return {n for n in plan.covariates if n in courses and n not in plan.allow_post_baseline}


def _post_baseline_told(network: Network) -> str:
    return f"After time zero: {_few_names(_after_time_zero(network))}."


def _unit_against_hospitals(network: Network) -> Counts:
    """Analytes away from the other hospitals by a factor between units, of those compared."""
    units = codes.list_frame(network.study.lists, "units", ("variable", "factor"))
    grouped = units.group_by("variable").agg(pl.col("factor").cast(pl.Float64))
    factors = {variable: list(values) for variable, values in grouped.iter_rows()}
    found = away_by_a_factor(network.table("quality/lab_median"), factors)
    return [(hospital, away, compared) for hospital, (away, compared) in found.items()]


def _mapping_found(network: Network) -> Counts:
    """Signed mappings that changed nothing, of those of a hospital, or of no hospital that is."""
    unused = network.unused_mappings
    there = collections.Counter(
        one.hospital_id if one.hospital_id in network.hospitals else ALL
        for one in network.signed_mappings
    )
    without = collections.Counter(one.hospital_id for one in unused)
    return [(hospital, without[hospital], n) for hospital, n in sorted(there.items())]


def _transfer(network: Network) -> Counts:
    """Admissions that continue a stay elsewhere, of those of a known person."""
    stays = stays_of_known_persons(network)
    return [] if stays.is_empty() else [(ALL, transfers.transfers(stays).height, stays.height)]


def _drift(network: Network) -> Counts:
    """Per hospital: the checks that moved since the run before, of those that it had."""
    if not network.before:
        return []
    now = [m for result in network.results for m in result.measurements]
    moved = changes(now, network.before, DRIFT_POINTS)
    earlier = {(m.hospital_id, m.check) for m in network.before}
    counts = [
        (
            hospital,
            sum(change.hospital_id == hospital for change in moved),
            sum((hospital, m.check) in earlier for m in now),
        )
        for hospital in sorted({m.hospital_id for m in now})
    ]
    return [one for one in counts if one[2]]


CHECKS: tuple[CheckOverHospitals, ...] = (
    *arrival_checks.CHECKS,
    *usual_checks.CHECKS,
    *left_checks.CHECKS,
    CheckOverHospitals(
        "study.hospital_set",
        _hospital_set,
        "block",
        "The hospitals of the extract are not those that the study or extract.json names. Mend "
        "[extract] hospitals, or ask for the missing folder.",
        kinds=(44,),
        told=_hospital_set_told,
        of_people=False,
    ),
    CheckOverHospitals(
        "study.rows_placed",
        _rows_placed,
        "warn",
        "rows of the source that name no stay and no person that it lists: they are of no "
        "hospital, and whoever they are of counts as without them. Mend the key, or extract the "
        "stays.",
        told=_rows_placed_told,
    ),
    CheckOverHospitals(
        "study.post_baseline_covariate",
        _post_baseline_covariate,
        "block",
        "A variable of the propensity score happens after time zero. Take it out, or name it in "
        "[match] allow_post_baseline.",
        kinds=(40,),
        told=_post_baseline_told,
        of_people=False,
    ),
    CheckOverHospitals(
        "study.unit_against_hospitals",
        _unit_against_hospitals,
        "block",
        "A median is away from the other hospitals' by the factor between two units. Ask the "
        "laboratory, and sign a unit mapping.",
        kinds=(1,),
        table="lab",
        of_people=False,
    ),
    CheckOverHospitals(
        unused_mappings.CHECK,
        _mapping_found,
        "warn",
        "A signed mapping changed nothing. quality/mappings.csv names each with its line. Mend the "
        "entry, or take it out.",
        of_people=False,
    ),
    CheckOverHospitals(
        "study.transfer",
        _transfer,
        "warn",
        "A person goes on to another hospital within a day: one episode, studied at the first "
        "hospital.",
        kinds=(26,),
    ),
    CheckOverHospitals(
        "study.drift",
        _drift,
        "warn",
        "The hospital moved by more than 5 points since the run before. Look at what changed in "
        "the quality report.",
    ),
    *cohort_checks.CHECKS,
)
BY_CHECK = {one.check: one for one in CHECKS}
