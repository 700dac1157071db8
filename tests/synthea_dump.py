"""A small dump in the shape of Synthea's CSV export: made up, every column text, moments in UTC."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, Any]
LABS = {"2160-0": (1.1, "mg/dL"), "718-7": (12.0, "g/dL"), "777-3": (220.0, "10*3/uL")}
VITALS = {"8480-6": (125.0, "mm[Hg]"), "8867-4": (82.0, "/min"), "8310-5": (37.2, "Cel")}
DRUGS = (
    ("313782", "Acetaminophen 325 MG Oral Tablet"),
    ("854235", "0.4 ML Enoxaparin sodium 100 MG/ML Prefilled Syringe"),
    ("245314", "albuterol 5 MG/ML Inhalation Solution"),
    ("1659263", "1 ML heparin 5000 UNT/ML Intravenous Solution"),
)


def written(folder: Path, people: int = 60, seed: int = 3) -> Path:
    """The dump as Parquet of text."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _tables(people, random.Random(seed)).items():
        names = list(dict.fromkeys(key for row in rows for key in row))
        text = {key: [_text(row.get(key)) for row in rows] for key in names}
        frame = pl.DataFrame(text, schema=dict.fromkeys(names, pl.String))
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if value is None else str(value)


def _tables(people: int, chance: random.Random) -> dict[str, list[Row]]:
    names = ("patients", "encounters", "organizations", "conditions", "observations", "medications")
    made: dict[str, list[Row]] = {name: [] for name in (*names, "procedures")}
    for number in range(2):
        made["organizations"].append({"Id": f"org{number}", "NAME": f"Hospital {number}"})
    for number in range(people):
        _person(made, number, chance)
    return made


def _person(made: dict[str, list[Row]], number: int, chance: random.Random) -> None:
    person = f"p{number}"
    start = datetime(2019, 1 + number % 12, 1 + number % 27, number % 24, chance.randint(0, 59))
    stop = start + timedelta(hours=60 + chance.uniform(0, 60))
    dies = number % 10 == 3
    born = f"{1930 + number % 60}-0{1 + number % 9}-15"
    death = stop - timedelta(hours=2) if dies else None
    row: Row = {"Id": person, "BIRTHDATE": born, "GENDER": "MF"[number * 5 % 7 < 4]}
    made["patients"].append(row | {"DEATHDATE": death})
    intensive, seen = number % 6 == 1, start - timedelta(days=40)
    stays = (
        ("wellness", start - timedelta(days=90), start - timedelta(days=90, hours=-1), "162673000"),
        ("inpatient", start, stop, "305351004" if intensive else "183452005"),
        ("emergency", seen, seen + timedelta(hours=chance.uniform(1, 9)), "50849002"),
    )
    for place, (kind, begin, end, code) in enumerate(stays):
        key = f"e{number}-{place}"
        row = {"Id": key, "START": begin, "STOP": end, "PATIENT": person}
        row |= {"ORGANIZATION": f"org{number % 2}", "ENCOUNTERCLASS": kind, "CODE": code}
        made["encounters"].append(row)
        _observed(made, chance, person, key, begin)
        for drug in (number % 4, (number + place) % 4):
            code, name = DRUGS[drug]
            when = begin + timedelta(minutes=10 + drug)
            row = {"START": when, "PATIENT": person, "ENCOUNTER": key, "CODE": code}
            made["medications"].append(row | {"DESCRIPTION": name, "DISPENSES": 1})
    key, day = f"e{number}-1", start.strftime("%Y-%m-%d")
    for code, begun, ended in (
        ("44054006", "2015-02-01", None),
        ("195662009", "2016-02-01", "2016-02-09"),
        ("386661006", day, stop.strftime("%Y-%m-%d")),
    ):
        row = {"START": begun, "STOP": ended, "PATIENT": person, "ENCOUNTER": key, "CODE": code}
        made["conditions"].append(row)
    for code, every in (("431182000", 8), ("371908008", 3), ("26763009", 5), ("302497006", 9)):
        if number % every == 0:
            span = {"START": start + timedelta(hours=2), "STOP": start + timedelta(hours=20)}
            made["procedures"].append({**span, "PATIENT": person, "ENCOUNTER": key, "CODE": code})
    result = ("Detected (qualifier value)", "Not detected (qualifier value)")[number % 3 > 0]
    _observation(made, person, key, start, "94531-1", result, None, "laboratory")


def _observed(
    made: dict[str, list[Row]], chance: random.Random, person: str, key: str, begin: datetime
) -> None:
    for code, (usual, unit) in LABS.items():
        value = round(usual * chance.uniform(0.8, 1.3), 1)
        _observation(made, person, key, begin, code, value, unit, "laboratory")
    for code, (usual, unit) in VITALS.items():
        value = round(usual * chance.uniform(0.95, 1.05), 1)
        _observation(made, person, key, begin, code, value, unit, "vital-signs")
    weight = round(chance.uniform(50, 95), 1)
    _observation(made, person, key, begin, "29463-7", weight, "kg", "vital-signs")
    _observation(made, person, key, begin, "72166-2", "Never smoker", None, "survey")


def _observation(
    made: dict[str, list[Row]],
    person: str,
    key: str,
    begin: datetime,
    code: str,
    value: Any,
    unit: str | None,
    category: str,
) -> None:
    row: Row = {"DATE": begin + timedelta(minutes=5), "PATIENT": person, "ENCOUNTER": key}
    row |= {"CATEGORY": category, "CODE": code, "VALUE": value, "UNITS": unit}
    made["observations"].append(row)
