"""Every score of random admissions, held against a second implementation: no difference at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from oracle import (
    apache,
    berlin,
    clearance,
    covid,
    isth,
    kdigo,
    oxygen,
    sepsis,
    sepsis3,
    sirs,
    sofa,
    warehouse,
)
from oracle.stay import DAY, Admission
from oracle.world import draw
from severity_by_hand import daily_sofa

from ehrivig.concepts import concept, severity
from ehrivig.database import Database

ANSWERS: dict[str, Callable[[Admission], sirs.Answer]] = {
    "sirs": sirs.sirs,
    "infection": sepsis.infection,
    "severe_sepsis": sepsis.severe_sepsis,
    "septic_shock": sepsis.septic_shock,
    "shock": sepsis.shock,
    "sepsis3": sepsis3.sepsis3,
    "aki_kdigo": kdigo.kidney_injury,
    "ards_berlin": lambda stay: berlin.ards(stay, support=True),
    "ards_berlin_no_peep": lambda stay: berlin.ards(stay, support=False),
    "dic_isth": isth.dic,
    "severe_china_v6": covid.severe_china,
    "severe_who_2020_01": covid.severe_who,
    "severe_respiratory_failure": covid.respiratory_failure,
    "pneumonia": covid.pneumonia,
}
"""Definitions that answer met (three-valued) and when first."""

World = tuple[list[Admission], Database]
Found = dict[Any, Any]


@pytest.fixture(scope="module", params=[(3000, 1), pytest.param((3000, 2), marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Any:
    stays = draw(*request.param)
    db = warehouse.opened(stays)
    yield stays, db
    db.close()


def differences(found: Found, expected: Found) -> dict[Any, Any]:
    """Key -> (found, expected) of what is not the same on both sides."""
    keys = found.keys() | expected.keys()
    return {
        key: (found.get(key), expected.get(key))
        for key in sorted(keys)
        if found.get(key) != expected.get(key)
    }


def answered(db: Database, name: str) -> Found:
    severity.prepare(db, name)
    rows = db.frame(concept(name)).rows()
    severity.clear(db)
    return {number: (met, first if met else None) for number, met, first in rows}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_and_first_moments(world: World, name: str) -> None:
    stays, db = world
    expected = {}
    for stay in stays:
        met, first = ANSWERS[name](stay)
        expected[stay["id"]] = (met, warehouse.at(first))
    assert differences(answered(db, name), expected) == {}
    assert {met for met, _ in expected.values()} == {True, False, None}


def test_ratios_of_every_gas(world: World) -> None:
    stays, db = world
    severity.prepare(db, "pf_ratio")
    found = {
        (number, at): (*map(in_thousandths, values), supported)
        for number, at, *values, supported in db.frame(concept("pf_ratio")).rows()
    }
    severity.clear(db)
    expected = {}
    for stay in stays:
        for gas in oxygen.gases(stay):
            values = (gas["pao2"], gas["fio2"], gas["pf"])
            told = (*map(in_thousandths, values), gas["supported"])
            expected[stay["id"], warehouse.at(gas["at"])] = told
    assert differences(found, expected) == {}


def in_thousandths(value: Any) -> float | None:
    """A value as far as both sides keep it: the package rounds standard values to six decimals."""
    return None if value is None else round(float(value), 3)


def test_sofa_of_every_day(world: World) -> None:
    stays, db = world
    found = {(row.pop("admission_id"), row.pop("day")): row for row in daily_sofa(db).to_dicts()}
    expected = {
        (stay["id"], number): day
        for stay in stays
        for number, day in enumerate(sofa.days(stay, stay["admitted"]), start=1)
    }
    assert differences(found, expected) == {}


def test_scores_of_the_first_day_from_time_zero(world: World) -> None:
    stays, db = world
    rows = severity.first_day_scores(db).to_dicts()
    found = {row.pop("admission_id"): row for row in rows}
    kept = ("sofa", "sofa_n_missing", "sofa_lo", "sofa_hi")
    expected = {}
    for stay in stays:
        (day,) = sofa.days(stay, stay["zero"], limit=1)
        score = apache.apache(stay, stay["zero"])
        expected[stay["id"]] = {name: day[name] for name in kept} | score
    assert differences(found, expected) == {}


PARTS = ("respiration", "coagulation", "liver", "cardiovascular", "nervous", "renal")


def known_by(days: list[dict[str, Any]]) -> Found:
    """Of the last of some days: its components, each the last known of all, and their score."""
    found: Found = {}
    for part in PARTS:
        found[f"sofa_{part}"] = next(
            (day[part] for day in reversed(days) if day[part] is not None), None
        )
    points = [value for value in found.values() if value is not None]
    return found | {"sofa": sum(points) if len(points) >= 4 else None}


def test_sofa_as_known_when_each_day_begins(world: World) -> None:
    """Of the 24 h before it, a component from at most three days earlier; nothing of the day."""
    stays, db = world
    rows = severity.sofa_course(db, 28).to_dicts()
    found = {(row.pop("admission_id"), row.pop("day")): row for row in rows}
    expected = {}
    for stay in stays:
        days = sofa.days(stay, stay["zero"] - 4 * DAY, limit=32)
        for last in range(3, len(days)):
            expected[stay["id"], last - 3] = known_by(days[last - 3 : last + 1])
    assert differences(found, expected) == {}
    assert sum(row["sofa"] is not None for row in found.values()) > 1000


def test_stages_of_kidney_injury(world: World) -> None:
    stays, db = world
    severity.prepare(db, "aki_moment")
    rows = sorted(db.frame(concept("aki_moment")).rows())
    severity.clear(db)
    expected = [
        (stay["id"], warehouse.at(at), stage) for stay in stays for at, stage in kdigo.moments(stay)
    ]
    assert rows == sorted(expected)
    assert {stage for _, _, stage in expected} == {1, 2, 3}


def test_isth_bounds_of_every_day(world: World) -> None:
    stays, db = world
    severity.prepare(db, "dic_score")
    found = {row[:2]: row[2:] for row in db.frame(concept("dic_score")).rows()}
    severity.clear(db)
    expected = {(s["id"], day): bounds for s in stays for day, bounds in isth.days(s).items()}
    assert differences(found, expected) == {}


def test_clearance(world: World) -> None:
    stays, db = world
    db.table("vital_status", concept("vital_status"))
    db.table("cleared_at", concept("cleared_at"), {"organism": "sars_cov_2"})
    rows = db.frame(concept("clearance")).to_dicts()
    found = {row.pop("admission_id"): row for row in rows}
    expected = {stay["id"]: one for stay in stays if (one := clearance.clearance(stay))}
    assert found.keys() == expected.keys()
    for number, row in expected.items():
        assert found[number] == pytest.approx(row, abs=1e-9), number
    assert {row["status"] for row in expected.values()} == {None, 0, 1, 2, 3}
