"""Ways to make rows of a hospital wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

START = datetime(2020, 1, 10, 9, 30)
Spoil = Callable[[Any], None]
TIME = {
    "icu_stay": "started_at",
    "diagnosis": "diagnosed_at",
    "lab": "collected_at",
    "vital": "measured_at",
    "medication": "started_at",
    "respiratory_support": "started_at",
    "procedure": "started_at",
    "score": "scored_at",
    "finding": "observed_at",
    "pathogen_test": "collected_at",
}
COPIED = [table for table in TIME if table != "medication"]
CODES = {
    "diagnosis": ["code"],
    "lab": ["lab_code"],
    "vital": ["vital_code"],
    "respiratory_support": ["device"],
    "procedure": ["procedure_code"],
    "score": ["score_code"],
    "finding": ["finding_code"],
    "pathogen_test": ["organism_code"],
}


def put(table: str, **values: Any) -> Spoil:
    """Add a wrong row beside a clean one."""

    def spoil(hospital: Any) -> None:
        hospital.add(table, admission_id="2")
        hospital.add(table, **values)

    return spoil


def patient(**values: Any) -> Spoil:
    return lambda hospital: hospital.change("patient", 2, **values)


def admission(**values: Any) -> Spoil:
    return lambda hospital: hospital.change("admission", 2, **values)


def many(table: str, n: int, **values: Any) -> Spoil:
    """Add `n` rows of which each has its own value from a function of its number."""

    def spoil(hospital: Any) -> None:
        for number in range(n):
            made = {key: v(number) if callable(v) else v for key, v in values.items()}
            hospital.add(table, **made)

    return spoil


def spread(table: str, n: int, **values: Any) -> Spoil:
    """As `many`, over fifteen further patients with a stay each."""

    def spoil(hospital: Any) -> None:
        for number in range(15):
            hospital.person(f"spread{number}")
        many(table, n, admission_id=lambda n: f"spread{n % 15}", **values)(hospital)

    return spoil


def days(table: str) -> Spoil:
    """Twenty events on bare dates, of which five are of the day of admission."""
    first = datetime(2020, 1, 10)
    bare = {TIME[table]: lambda n: first + timedelta(days=n // 5)}
    bare |= {"resulted_at": lambda n: START + timedelta(days=n // 5)} if table == "lab" else {}
    return many(table, 20, value=lambda n: 36 + n / 10, value_std=lambda n: 36 + n / 10, **bare)


def born_in_1969(*, one_day: bool) -> Spoil:
    """Twenty patients of one day, or of days of one month, beside patients of twenty ages."""

    def spoil(hospital: Any) -> None:
        born = [date(1969, 6, 1 if one_day else n + 1) for n in range(20)]
        for number, day in enumerate([*born, *(date(1928 + 2 * n, 3, 2 + n) for n in range(20))]):
            hospital.person(f"born{number}")
            hospital.change("patient", -1, birth_date=day)
            hospital.change("admission", -1, age_years=(START.date() - day).days / 365.25)

    return spoil


def died_at_once(hospital: Any) -> None:
    """Twenty patients who died on one day, in the afternoon."""
    for number in range(20):
        hospital.person(f"dead{number}")
        hospital.change("patient", -1, death_at=datetime(2020, 2, 29, 15, number))


def born_in_january(hospital: Any) -> None:
    """Twenty patients of twenty years, all born on one day of January."""
    for number in range(20):
        hospital.person(f"first{number}")
        hospital.change("patient", -1, birth_date=date(1950 + number, 1, 15))
        hospital.change("admission", -1, age_years=70.0 - number)


def as_tall() -> Spoil:
    """Forty men and forty women of the same heights."""

    def spoil(hospital: Any) -> None:
        for number in range(80):
            hospital.person(f"tall{number}", height_cm=150.0 + number // 2)
            hospital.change("patient", -1, sex=("male", "female")[number % 2])

    return spoil


def as_heavy() -> Spoil:
    """A hundred people of whom the tall weigh less."""

    def spoil(hospital: Any) -> None:
        for number in range(100):
            body = {"height_cm": 150.0 + number / 3, "weight_kg": 90.0 - number / 3}
            hospital.person(f"heavy{number}", **body)

    return spoil


def utc_days(table: str, column: str) -> Spoil:
    """Let all rows of a table be at midnight of UTC, on days of their own."""

    def spoil(hospital: Any) -> None:
        for number in range(2):
            hospital.person(f"utc{number}")
        if table not in ("admission", "patient"):
            many(table, 5)(hospital)
        days = 10 if column == "discharged_at" else 40 if column == "death_at" else 0
        days += 3 if column == "stopped_at" else 0
        for number, row in enumerate(hospital.rows[table]):
            later = number % 5 if table not in ("admission", "patient") else 0
            row[column] = datetime(2020, 1, 11, 8) + timedelta(days=days + later)
            for end in {"stopped_at", "resulted_at"} & set(row) - {column}:
                row[end] = row[column] + timedelta(hours=3)

    return spoil


def both(*spoils: Spoil) -> Spoil:
    def spoil(hospital: Any) -> None:
        for one in spoils:
            one(hospital)

    return spoil


def of_five_percent(**values: Any) -> Spoil:
    """A dose in mL of a product of 50 g/L."""

    def spoil(hospital: Any) -> None:
        drug = len(hospital.drugs) + 1
        hospital.drugs.append((drug, "local", f"5% {drug}", "Octagam 5%", "iv"))
        hospital.classes.append((drug, "ivig", "include", "standard", 50.0, None))
        hospital.add("medication", drug=drug, dose=2.0, dose_unit="mL", **values)

    return spoil
