"""The checks of who is studied: what shows only once the cohort stands."""

from __future__ import annotations

import polars as pl

from ehrivig.validate import (
    arms,
    doses_between_hospitals,
    evidence_between_hospitals,
    transfers,
)
from ehrivig.validate.arms import arm_difference
from ehrivig.validate.measurement import ALL
from ehrivig.validate.network import Network
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts


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


def _dose_against_hospitals(network: Network) -> Counts:
    """People whose hospital gives several times the doses of the others, or a fraction of them."""
    found = doses_between_hospitals.away(network.people.dosing)
    return [(hospital, wrong, of) for hospital, (wrong, of) in found.items()]


def _dose_of_its_size(network: Network) -> Counts:
    """People with a fiftieth of the doses of the others, or fifty times them."""
    found = doses_between_hospitals.of_another_size(network.people.dosing)
    return [(hospital, wrong, of) for hospital, (wrong, of) in found.items()]


def _evidence_beside(network: Network) -> Counts:
    """Stays with one kind of evidence and without another that goes with it elsewhere."""
    return evidence_between_hospitals.hardly_beside(network.table(evidence_between_hospitals.NAME))


CHECKS: tuple[CheckOverHospitals, ...] = (
    CheckOverHospitals(
        "study.evidence_beside",
        _evidence_beside,
        "block",
        "Of the stays with one kind of evidence of who is studied (a positive test, a coded "
        "diagnosis) far fewer have the other kind than at the other hospitals: organism_code, "
        "method or result of pathogen_test, or code of diagnosis, is missing here or means "
        "something else. Ask how tests and codes are exported; if it is right, tolerate it.",
        needs_cohort=True,
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
        "study.dose_of_its_size",
        _dose_of_its_size,
        "warn",
        "People whose mean daily dose of the exposure is a fiftieth of their hospital's median or "
        "less, or fifty times it: mg or bags read as g or mL in dose, dose_unit, "
        "concentration_g_per_l or strength_g of medication. Compare these doses with the charts.",
        needs_cohort=True,
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
        warns_below=True,
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
