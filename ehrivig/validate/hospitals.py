"""The checks over hospitals: what shows only when hospitals, runs or the arms lie side by side.

`CHECKS` is the registry: an entry has the check's id, the function that measures it, its severity,
what it says when it speaks, the kinds of the catalogue that it finds, and whether it needs the
cohort. Adding a check is adding a function and an entry here, or in the family that it belongs to
(`arrival_checks`, `left_checks`). A measurement whose `hospital_id` is "all" belongs to no single
hospital.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable

import polars as pl

from ehrivig import codes
from ehrivig.validate import (
    arms,
    arrival_checks,
    doses_between_hospitals,
    left_checks,
    transfers,
    unused_mappings,
)
from ehrivig.validate.arms import arm_difference
from ehrivig.validate.drift import changes
from ehrivig.validate.measurement import ALL, Measurement
from ehrivig.validate.network import Network, stays_of_known_persons
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts
from ehrivig.validate.units_between_hospitals import away_by_a_factor

DRIFT_POINTS = 5.0
"""A violated proportion that moved by more than this many points since the run before is drift."""


def notes(network: Network, failed: Iterable[str]) -> dict[str, str]:
    """Check -> what it says beside its message when it failed, of those that say more."""
    wanted = set(failed)
    return {one.check: one.told(network) for one in CHECKS if one.told and one.check in wanted}


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
    named = set(network.expected)
    there = {*(result.hospital_id for result in network.results), *network.unreadable}
    return [(ALL, len(named ^ there), len(named | there))] if named else []


def _post_baseline_covariate(network: Network) -> Counts:
    """Variables of the propensity score that happen after time zero, and are not allowed."""
    plan = network.study.match
    courses = {outcome.name for outcome in network.study.outcomes.variables}
    wrong = [n for n in plan.covariates if n in courses and n not in plan.allow_post_baseline]
    return [(ALL, len(wrong), len(plan.covariates))]


def _unit_against_hospitals(network: Network) -> Counts:
    """Analytes away from the other hospitals by a factor between units, of those compared."""
    units = codes.list_frame(network.study.lists, "units", ("variable", "factor"))
    grouped = units.group_by("variable").agg(pl.col("factor").cast(pl.Float64))
    factors = {variable: list(values) for variable, values in grouped.iter_rows()}
    found = away_by_a_factor(network.table("quality/lab_median"), factors)
    return [(hospital, away, compared) for hospital, (away, compared) in found.items()]


def _dose_against_hospitals(network: Network) -> Counts:
    """People whose hospital gives several times the doses of the others, or a fraction of them."""
    found = doses_between_hospitals.away(network.people.dosing)
    return [(hospital, wrong, of) for hospital, (wrong, of) in found.items()]


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


def _transfer_counted_once(network: Network) -> Counts:
    """Transfers of which both admissions are in the cohort: one episode counted twice."""
    studied = network.people
    twice = transfers.counted_twice(studied.stays, studied.table)
    return [(ALL, twice.height, studied.table.height)]


def _death_known_elsewhere(network: Network) -> Counts:
    """Persons of the cohort whose death only another hospital recorded."""
    studied = network.people
    elsewhere = transfers.death_known_elsewhere(studied.stays, studied.table)
    return [(ALL, elsewhere.height, transfers.persons_of(studied.stays, studied.table).height)]


def _exposed_after_transfer(network: Network) -> Counts:
    """Unexposed admissions of the cohort that got the drug after the move elsewhere."""
    studied = network.people
    moved = transfers.exposed_after_transfer(studied.stays, studied.table, studied.dosing)
    return [(ALL, moved.height, studied.table.filter(~pl.col("exposed")).height)]


def _exposed_in_next_stay(network: Network) -> Counts:
    """Unexposed people of the cohort who got the drug in a stay that adjoins, per hospital."""
    studied = network.people
    found = transfers.exposed_in_next_stay(studied.stays, studied.table, studied.dosing)
    return _of_cohort(studied.table.filter(~pl.col("exposed")), found)


def _death_in_other_stay(network: Network) -> Counts:
    """People of the cohort who died in another stay, by its status alone, per hospital."""
    studied = network.people
    found = transfers.death_in_other_stay(studied.stays, studied.table)
    return _of_cohort(studied.table, found)


def _of_cohort(people: pl.DataFrame, found: pl.DataFrame) -> Counts:
    """Those that were found, of these people, per hospital."""
    here = dict(people.group_by("hospital_id").len().iter_rows())
    some = dict(found.group_by("hospital_id").len().iter_rows())
    return [(hospital, int(some.get(hospital, 0)), n) for hospital, n in sorted(here.items())]


def _index_after_rejected(network: Network) -> Counts:
    """People of the cohort with an earlier stay that the gate set aside, per hospital."""
    studied = network.people
    found = transfers.after_rejected(
        studied.stays, studied.table, arms.lost_admissions(network, studied.stays)
    )
    return _of_cohort(studied.table, found)


def _eligible_undated(network: Network) -> Counts:
    """People of the cohort of whom nobody knows since when they met a criterion, per hospital."""
    counted = network.people.table.group_by("hospital_id").agg(
        pl.col("eligible_undated").sum(), pl.len()
    )
    return [(hospital, int(n), of) for hospital, n, of in sorted(counted.iter_rows())]


def _arm_difference(network: Network) -> Counts:
    """Rows lost, of the arm that lost more of its rows; violated only beyond the limit."""
    studied = network.people
    found = arm_difference(network, studied.scope, studied.table)
    lost, read = found.worse
    return [(ALL, lost if found.points > network.study.quality.arm_difference_points else 0, read)]


def _arms_told(network: Network) -> str:
    studied = network.people
    found = arm_difference(network, studied.scope, studied.table)
    study = network.study
    return found.told(study.quality.arm_difference_points, study.report.smallest_cell)


CHECKS: tuple[CheckOverHospitals, ...] = (
    *arrival_checks.CHECKS,
    *left_checks.CHECKS,
    CheckOverHospitals(
        "study.hospital_set",
        _hospital_set,
        "block",
        "The hospitals of the extract are not those that the study names. Mend [extract] "
        "hospitals, or ask for the missing folder.",
        kinds=(44,),
    ),
    CheckOverHospitals(
        "study.post_baseline_covariate",
        _post_baseline_covariate,
        "block",
        "A variable of the propensity score happens after time zero. Take it out, or name it in "
        "[match] allow_post_baseline.",
        kinds=(40,),
    ),
    CheckOverHospitals(
        "study.unit_against_hospitals",
        _unit_against_hospitals,
        "block",
        "A median is away from the other hospitals' by the factor between two units. Ask the "
        "laboratory, and sign a unit mapping.",
        kinds=(1,),
        table="lab",
    ),
    CheckOverHospitals(
        "study.dose_against_hospitals",
        _dose_against_hospitals,
        "block",
        "The median daily dose of the exposure is five times that of the other hospitals or more, "
        "or a fifth or less: dose, dose_unit, concentration_g_per_l or strength_g of medication is "
        "in another unit than it says, here or there. Compare some doses with the charts.",
        needs_cohort=True,
    ),
    CheckOverHospitals(
        unused_mappings.CHECK,
        _mapping_found,
        "warn",
        "A signed mapping changed nothing. quality/mappings.csv names each with its line. Mend the "
        "entry, or take it out.",
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
    CheckOverHospitals(
        "study.transfer_counted_once",
        _transfer_counted_once,
        "block",
        "Both stays of a transfer are in the cohort. Add the criterion of the first admission of "
        "the person.",
        kinds=(26,),
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.death_known_elsewhere",
        _death_known_elsewhere,
        "block",
        "Another hospital recorded the death of somebody who counts as alive at the hospital where "
        "he is studied. Link deaths in the extract: patient.death_at is a death at any place.",
        kinds=(26,),
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.exposed_after_transfer",
        _exposed_after_transfer,
        "warn",
        "Somebody who counts as unexposed got the drug after a move to another hospital. Read the "
        "effect with that in mind, or leave transfers out.",
        kinds=(26,),
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.exposed_in_next_stay",
        _exposed_in_next_stay,
        "block",
        "People who count as unexposed got the drug in another stay (admission_id) of theirs in "
        "the same hospital that overlaps the one studied or follows it within a day: one episode "
        "in several rows of admission. Join the rows of an episode in the extract.",
        kinds=(26,),
        needs_cohort=True,
        threshold=0.02,
    ),
    CheckOverHospitals(
        "study.death_in_other_stay",
        _death_in_other_stay,
        "warn",
        "Patients of the cohort died in another stay (discharge_status of admission) and have no "
        "date of death: they count as alive. Fill death_at of patient from the end of that stay.",
        kinds=(26,),
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.index_after_rejected",
        _index_after_rejected,
        "warn",
        "People of the cohort have an earlier stay that the gate set aside: what counts as their "
        "first stay may not be it. Look at quarantine/admission.parquet.",
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.eligible_undated",
        _eligible_undated,
        "warn",
        "People of the cohort met a criterion at no known time: the rows that prove it have no "
        "moment, such as diagnosed_at of diagnosis. Whether they were treated before they were "
        "eligible is unknown. Fill the moments.",
        needs_cohort=True,
    ),
    CheckOverHospitals(
        "study.arm_difference",
        _arm_difference,
        "block",
        "The gate took more rows from one arm than from the other. Look at the reasons in the "
        "quality report before reading any effect.",
        needs_cohort=True,
        told=_arms_told,
    ),
)
BY_CHECK = {one.check: one for one in CHECKS}
