"""What the hospital after a transfer knows, and the first one does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ehrivig.validate import catalogue, episodes

START = datetime(2020, 2, 1)
SCHEMA = {
    "hospital_id": pl.String,
    "admission_id": pl.Int64,
    "person_id": pl.String,
    "admitted_at": pl.Datetime("us"),
    "discharged_at": pl.Datetime("us"),
    "discharge_status": pl.String,
    "death_at": pl.Datetime("us"),
}


def stays(*rows: tuple[str, int, str, int, str, int | None]) -> pl.DataFrame:
    """Hospital, admission, person, first day (five days each), status, day of death."""
    full: list[dict[str, Any]] = [
        {
            "hospital_id": hospital,
            "admission_id": number,
            "person_id": person,
            "admitted_at": START + timedelta(days=day),
            "discharged_at": START + timedelta(days=day + 5),
            "discharge_status": status,
            "death_at": None if death is None else START + timedelta(days=death),
        }
        for hospital, number, person, day, status, death in rows
    ]
    return pl.DataFrame(full, schema=SCHEMA)


def cohort(*rows: tuple[str, int, bool]) -> pl.DataFrame:
    names = ["hospital_id", "admission_id", "exposed"]
    return pl.DataFrame(rows, schema=names, orient="row")


def dosing(*rows: tuple[str, int, int]) -> pl.DataFrame:
    names = ["hospital_id", "admission_id", "n_administrations"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_a_death_that_only_the_second_hospital_recorded() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),  # died at B, unknown to A
        ("B", 1, "p", 5, "died", None),
        ("A", 2, "q", 0, "transferred", 8),  # the same, and A knows
        ("B", 2, "q", 5, "died", 8),
        ("A", 3, "r", 0, "alive", None),  # lives
        ("B", 3, "r", 5, "alive", None),
        ("A", 4, "s", 0, "died", None),  # died at A
    )
    studied = cohort(("A", 1, False), ("A", 2, False), ("A", 3, True), ("A", 4, True))
    (found,) = episodes.death_known_elsewhere(seen, studied)
    assert (found.violated, found.denominator, found.severity) == (1, 4, "block")


def test_a_death_of_somebody_who_is_not_studied_is_no_finding() -> None:
    seen = stays(("A", 1, "p", 0, "transferred", None), ("B", 1, "p", 5, "died", None))
    (found,) = episodes.death_known_elsewhere(seen, cohort(("B", 1, True)))
    assert found.violated == 0


def test_the_drug_given_after_the_move() -> None:
    seen = stays(
        ("A", 1, "p", 0, "transferred", None),
        ("B", 1, "p", 5, "alive", None),
        ("A", 2, "q", 0, "transferred", None),
        ("B", 2, "q", 5, "alive", None),
        ("A", 3, "r", 0, "alive", None),  # comes back three weeks later: no transfer
        ("B", 3, "r", 26, "alive", None),
    )
    studied = cohort(("A", 1, False), ("A", 2, True), ("A", 3, False))
    given = dosing(("A", 2, 3), ("B", 1, 2), ("B", 2, 2), ("B", 3, 1), ("A", 3, 0))
    (found,) = episodes.exposed_after_transfer(seen, studied, given)
    assert (found.violated, found.denominator, found.severity) == (1, 2, "warn")


def test_every_check_across_hospitals_says_how_to_mend() -> None:
    assert set(catalogue.MESSAGES) == set(catalogue.OUTSIDE_SUITES)
