"""The checks of what is usual: what is charted, of whom, and with which values, as elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from ehrivig.validate import (
    charted,
    charted_between_hospitals,
    courses_between_hospitals,
    deaths_between_hospitals,
    doses_of_units,
    hours_between_hospitals,
    one_value,
    shares_between_hospitals,
    strata,
)
from ehrivig.validate.arrival_checks import untold
from ehrivig.validate.network import Network
from ehrivig.validate.over_hospitals import CheckOverHospitals, Counts


def _counts(found: dict[str, tuple[int, int]]) -> Counts:
    return [(hospital, n, of) for hospital, (n, of) in found.items()]


def _of_many_values(table: str) -> Callable[[Network], Counts]:
    """Stays with one value of what has several; of bodies those of all hospitals too."""
    measure_of = one_value.of_many_values(table)
    if table != "admission":
        return measure_of
    return lambda network: [*measure_of(network), *one_value.bodies_of_all(network)]


def _exposure_hours(network: Network) -> Counts:
    """Stays with the exposure at hours of the day at which other hospitals give none."""
    return _counts(hours_between_hospitals.shifted(network.table(hours_between_hospitals.NAME)))


def _charted(table: str) -> Callable[[Network], Counts]:
    """Stays that lack something which nearly every stay has at the other hospitals."""
    measure_of = charted_between_hospitals.for_all(table)
    return lambda network: untold(network, table, measure_of(network))


def _deaths_hidden(network: Network) -> Counts:
    """Deaths that are missing where next to nobody died."""
    return _counts(deaths_between_hospitals.hidden(network.table(deaths_between_hospitals.NAME)))


def _deaths_fewer(network: Network) -> Counts:
    """Deaths that are missing where fewer died than anywhere else."""
    return _counts(deaths_between_hospitals.fewer(network.table(deaths_between_hospitals.NAME)))


def _deaths_implausible(network: Network) -> Counts:
    """Deaths that are missing where next to nobody died, and no other hospital tells."""
    return _counts(
        deaths_between_hospitals.implausible(network.table(deaths_between_hospitals.NAME))
    )


def _sexes(network: Network) -> Counts:
    """Stays that are missing of a sex of which fewer are than anywhere else."""
    return _counts(shares_between_hospitals.of_a_sex(network.table(strata.NAME)))


def _treated(network: Network) -> Counts:
    """Stays that are missing of the treated, where fewer are than anywhere else."""
    return _counts(shares_between_hospitals.of_treated(network.table(strata.NAME)))


def _courses(network: Network) -> Counts:
    """Days without a dose inside of courses, where these have many more than elsewhere."""
    return _counts(
        courses_between_hospitals.with_gaps(network.table(courses_between_hospitals.NAME))
    )


def _doses_of_units(network: Network) -> Counts:
    """Stays with doses in a unit that are several times those in another, or a fraction."""
    return _counts(doses_of_units.apart(network.table(doses_of_units.NAME)))


def _doses_far_apart(network: Network) -> Counts:
    """The same where no habit explains it."""
    frame = network.table(doses_of_units.NAME)
    return _counts(doses_of_units.apart(frame, doses_of_units.FAR))


def _courses_too_short(network: Network) -> Counts:
    """Days with a dose that are missing where stays have but a few of those elsewhere."""
    frame = network.table(courses_between_hospitals.NAME)
    return _counts(courses_between_hospitals.too_short(frame))


CHECKS: tuple[CheckOverHospitals, ...] = (
    CheckOverHospitals(
        "medication.exposure_hours",
        _exposure_hours,
        "block",
        "Doses of the exposure begin at two times of the day, or at another than at all other "
        "hospitals: started_at of medication is in another time zone than it says, in some rows or "
        "in all. Compare some doses with the charts; if it is right, tolerate it.",
        table="medication",
    ),
    *(
        CheckOverHospitals(
            f"{name}.charted_for_all",
            _charted(name),
            "block",
            f"Many stays have no row of something in {name} that nearly every stay has at the "
            "other hospitals: its rows are missing, or bear a code that nobody knows. Ask for "
            "them; if it is right, tolerate it.",
            table=name,
            threshold=0.1,
            told=charted_between_hospitals.told_lacking(name),
        )
        for name in charted.TABLES
    ),
    *(
        CheckOverHospitals(
            f"{name}.of_many_values",
            _of_many_values(name),
            "block",
            f"One value stands in {name} for all readings of many stays: it seems to stand for "
            "one that nobody knows, such as a default of a form. Extract what was measured, or "
            "leave it empty; if it is right, tolerate it.",
            table=name,
            told=one_value.told_of_one_value(name),
        )
        for name in charted.VALUED
    ),
    *(
        CheckOverHospitals(
            f"{name}.of_several_values",
            one_value.of_several_values(name),
            "warn",
            f"All stays with some have one value of a column in {name}, an answer of yes and no or "
            "one of several that the other hospitals have: it may stand for one that nobody asked "
            "(current_smoker, present_on_admission, present), or the others are missing. Compare "
            "some with the charts.",
            table=name,
            told=one_value.told_of_one_answer(name),
        )
        for name in charted.VALUED
    ),
    CheckOverHospitals(
        "patient.of_both_sexes",
        strata.one_sex,
        "warn",
        "Nearly all stays are of one sex, where most other hospitals have both, or of all "
        "hospitals: sex of patient may stand for one that nobody knows. Compare some with the "
        "charts.",
        table="patient",
    ),
    CheckOverHospitals(
        "patient.sexes_as_elsewhere",
        _sexes,
        "warn",
        "Far fewer patients are of one sex than at any other hospital: sex of patient may be wrong "
        "of some. Compare the share of women, in the quality report, with the source system.",
        table="patient",
    ),
    CheckOverHospitals(
        "medication.exposure_as_elsewhere",
        _treated,
        "warn",
        "Far fewer stays have the exposure than at any other hospital: rows of medication may be "
        "missing, or the drug is seldom used here. Compare their share, in the quality report, "
        "with the source system.",
        table="medication",
    ),
    CheckOverHospitals(
        "medication.exposure_courses",
        _courses,
        "block",
        "Courses of the exposure have many more days without a dose than at all other hospitals: "
        "rows of medication seem to be missing. Compare some courses with the charts; where the "
        "drug is given so, tolerate it.",
        table="medication",
    ),
    CheckOverHospitals(
        "medication.exposure_days",
        _courses_too_short,
        "block",
        "Stays with the exposure have it on less than a quarter of the days that they have at all "
        "other hospitals: rows of medication seem to be of orders, of which each stands for many "
        "doses (started_at), or are missing. Send administrations; if it is right, tolerate it.",
        table="medication",
    ),
    CheckOverHospitals(
        "medication.exposure_unit_sizes",
        _doses_far_apart,
        "block",
        "Doses of the exposure in one dose_unit are eight times those in another, or more: one of "
        "them is per kg of weight, or in another unit than the one written. Mend dose or "
        "dose_unit; if it is right, tolerate it.",
        table="medication",
    ),
    CheckOverHospitals(
        "medication.exposure_units",
        _doses_of_units,
        "warn",
        "Doses of the exposure in one dose_unit are four times those in another, or more: one of "
        "them may be per kg of weight, or another unit than the one written. Compare some doses "
        "with the charts.",
        table="medication",
    ),
    CheckOverHospitals(
        "admission.deaths_recorded",
        _deaths_hidden,
        "block",
        "Next to nobody died in hospital, where many would have of patients of that age, as often "
        "ventilated, at the other hospitals: discharge_status of admission says alive of the dead, "
        "or deaths are missing. Extract the deaths; if it is right, tolerate it.",
        table="admission",
    ),
    CheckOverHospitals(
        "admission.deaths_as_elsewhere",
        _deaths_fewer,
        "warn",
        "Far fewer died in hospital than of patients of that age, as often ventilated, at any "
        "other hospital: discharge_status of admission may say alive of some of the dead. Compare "
        "the deaths with the source system.",
        table="admission",
    ),
    CheckOverHospitals(
        "admission.deaths_plausible",
        _deaths_implausible,
        "warn",
        "Next to nobody died in hospital, of many stays or many ventilated: discharge_status of "
        "admission may say alive of the dead, or deaths are missing. Compare the deaths with the "
        "source system.",
        table="admission",
    ),
)
