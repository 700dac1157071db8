"""Every check of every suite: a row that violates it, a row that does not, and the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from ehrivig import contract, validate
from ehrivig.study import Study
from tests.check_cases import APART, BY_ITSELF, CASES, GROUPS, besides

CLEAN = ("A", "Z")  # before and behind the one with faults, which is H


def measured(db: Any, plan: Study) -> dict[str, validate.Measurement]:
    return {m.check: m for m in validate.measure(db, plan, ["H"])}


@pytest.fixture(scope="module")
def found(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str], dict[str, validate.Measurement]]:
    """What was measured in the hospital of a group of cases, each with patients of its own."""

    @cache
    def measure(group: str) -> dict[str, validate.Measurement]:
        db = of_group(group, hospitals).database()
        made = measured(db, plan)
        db.close()
        return made

    return measure


def of_group(group: str, hospitals: Callable[[], Any]) -> Any:
    """The hospital of a group of cases."""
    together = hospitals()
    for rows in together.rows.values():
        rows.clear()
    for number, check in enumerate(GROUPS[group]):
        alone = hospitals()
        CASES[check][0](alone)
        together.take(alone, str(number))
    return together


def clean_one(hospitals: Callable[[], Any], timezone: str | None) -> Any:
    """A clean hospital with events."""
    made = hospitals()
    for table in contract.EVENT_TABLES:
        made.add(table.name)
        made.add(table.name, admission_id="2")
    made.change("hospital", timezone=timezone)
    return made


@pytest.fixture(scope="module")
def clean_alone(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str | None], dict[str, validate.Measurement]]:
    """What was measured in a clean hospital of a time zone that is by itself."""

    @cache
    def measure(timezone: str | None) -> dict[str, validate.Measurement]:
        db = clean_one(hospitals, timezone).database()
        made = measured(db, plan)
        db.close()
        return made

    return measure


@pytest.fixture(scope="module")
def beside(
    hospitals: Callable[[], Any], plan: Study
) -> Callable[[str], tuple[str | None, list[validate.Measurement]]]:
    """The hospital of a group of cases between two clean ones: their time zone, and what was
    measured in the three."""

    @cache
    def measure(group: str) -> tuple[str | None, list[validate.Measurement]]:
        faulty = of_group(group, hospitals)
        timezone = faulty.rows["hospital"][0]["timezone"]
        for name in CLEAN:
            faulty.stand_beside(clean_one(hospitals, timezone), name)
        db = faulty.database()
        made = validate.measure(db, plan, sorted(["H", *CLEAN]))
        db.close()
        return timezone, made

    return measure


@pytest.mark.parametrize("group", [g for g in GROUPS if g != "hospital.hospital_id_present"])
@pytest.mark.parametrize("name", [*CLEAN, "H"])
def test_hospitals_beside_each_other_are_measured_as_alone(
    group: str,
    name: str,
    beside: Callable[[str], tuple[str | None, list[validate.Measurement]]],
    clean_alone: Callable[[str | None], dict[str, validate.Measurement]],
    found: Callable[[str], dict[str, validate.Measurement]],
) -> None:
    """A clean hospital, before or behind the one with faults, has none of them; nor hides any.

    Rows that name no hospital are never read beside those of several.
    """
    timezone, made = beside(group)
    alone = found(group) if name == "H" else clean_alone(timezone)
    own = {m.check: m for m in made if m.hospital_id == name}
    assert own == {check: replace(m, hospital_id=name) for check, m in alone.items()}


def test_every_check_has_a_case() -> None:
    declared = {c.check for checks in validate.suites().values() for c in checks}
    assert declared == set(CASES) | BY_ITSELF
    assert set(besides()) <= set(CASES)


@pytest.mark.parametrize("check", sorted(CASES))
def test_check_counts_the_wrong_rows_only(
    check: str, found: Callable[[str], dict[str, validate.Measurement]]
) -> None:
    group = APART.get(check, "one row each")
    expected = CASES[check][1]
    spilled = [other for case in GROUPS[group] for other in besides().get(case, ())]
    one = found(group)[check]
    assert one.violated == expected + spilled.count(check)
    assert one.denominator >= one.violated


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_else_is_violated(
    group: str, found: Callable[[str], dict[str, validate.Measurement]]
) -> None:
    expected = Counter({check: CASES[check][1] for check in GROUPS[group]})
    for check in GROUPS[group]:
        expected.update(besides().get(check, ()))
    assert {m.check: m.violated for m in found(group).values() if m.violated} == expected


def test_a_clean_hospital_violates_nothing(hospital: Any, opened: Any, plan: Study) -> None:
    for table in contract.EVENT_TABLES:
        hospital.add(table.name)
        hospital.add(table.name, admission_id="2")
    found = validate.measure(opened(), plan, ["H"])
    assert {m.check: m.violated for m in found if m.violated} == {}
    assert {check.verdict for check in validate.judge(found, plan)} == {"pass"}


BODY = ("weight_hard_range", "height_hard_range", "weight_soft_range", "height_soft_range")


def test_a_newborn_known_by_birth_date_is_no_small_adult(
    hospital: Any, opened: Any, plan: Study
) -> None:
    """No recorded age: 3.4 kg and 50 cm are right for the day of birth, and wrong for 60 years."""
    hospital.change("admission", 2, age_years=None, weight_kg=3.4, height_cm=50)
    adult = measured(opened(), plan)
    assert adult["admission.weight_hard_range"].violated == 1
    admitted = hospital.rows["admission"][2]["admitted_at"]
    hospital.change("patient", 2, birth_date=admitted.date())
    newborn = measured(opened(), plan)
    assert [newborn[f"admission.{name}"].violated for name in BODY] == [0, 0, 0, 0]


def test_an_empty_hospital_violates_nothing(hospital: Any, opened: Any, plan: Study) -> None:
    for name in hospital.rows:
        hospital.rows[name].clear()
    found = validate.measure(opened(), plan, ["H"])
    assert {m.violated for m in found} == {0}


def test_a_hospital_without_a_time_zone_is_blocked(hospital: Any, opened: Any, plan: Study) -> None:
    extract = plan.extract.model_copy(update={"timezone": None})
    naive = plan.model_copy(update={"extract": extract})
    hospital.change("hospital", 0, timezone="Middle/Earth")
    found = measured(opened(), naive)["hospital.timezone_known"]
    assert (found.violated, found.denominator) == (1, 1)
    assert measured(opened(), plan)["hospital.timezone_known"].violated == 0
