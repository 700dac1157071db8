"""What random stays had measured: alone, together, and at the edges of what counts."""

from __future__ import annotations

import random
from typing import Any

from oracle.clock import Clock
from oracle.stay import HOUR
from oracle.values import LABS, VITALS

Row = dict[str, Any]


def measured(rng: random.Random, clock: Clock) -> Row:
    """Labs and vital signs: each variable absent, rare or frequent in a stay."""
    found: Row = {}
    for table, known in (("lab", LABS), ("vital", VITALS)):
        rows = []
        for name, units in known.items():
            often = rng.choice((0, 0, 1, 2, 4))
            often = rng.choice((often, 9, 14)) if name == "urine_output" and often else often
            rows += [_value(rng, clock, name, units) for _ in range(rng.randint(0, often))]
        found[table] = rows
    found["vital"] += _pairs(rng, clock) + _beside_gases(rng, found["lab"])
    return found


def _value(rng: random.Random, clock: Clock | None, name: str, units: dict[str, str]) -> Row:
    unit = rng.choice(list(units))
    value = rng.choice(units[unit].split())
    strange = rng.random()
    return {
        "code": name,
        "value": None if strange < 0.02 else value,
        "unit": "furlong" if strange > 0.98 else unit,
        "at": None if clock is None else clock.moment(),
    }


def _pairs(rng: random.Random, clock: Clock) -> list[Row]:
    """Systolic and diastolic pressures of one moment, now and then two of one kind."""
    rows = []
    for _ in range(rng.randint(0, 2)):
        at = clock.moment()
        for name in rng.choice((("sbp", "dbp"), ("sbp", "dbp", "dbp"), ("sbp", "sbp", "dbp"))):
            rows.append(_value(rng, clock, name, VITALS[name]) | {"at": at})
    return rows


def _beside_gases(rng: random.Random, labs: list[Row]) -> list[Row]:
    """FiO2 measured some hours before a gas, at the edges of what counts."""
    rows = []
    for gas in labs:
        if gas["code"] == "pao2" and rng.random() < 0.5:
            ago = rng.choice((0, 0, HOUR, 4 * HOUR - 1, 4 * HOUR, 4 * HOUR, 4 * HOUR + 1))
            measured = {"unit": "fraction", "at": gas["at"] - ago}
            value = rng.choice(VITALS["fio2"]["fraction"].split())
            rows.append({"code": "fio2", "value": value, **measured})
    return rows


def gases_beside_devices(rng: random.Random, devices: list[Row]) -> list[Row]:
    """Gases when a device begins or ends, and some hours later, at the edges of what counts."""
    rows = []
    for device in devices:
        later = rng.choice((-1, 0, 0, 1, HOUR, 4 * HOUR - 1, 4 * HOUR, 4 * HOUR + 1))
        at = rng.choice((device["start"], device["stop"] or device["start"])) + later
        if rng.random() < 0.5:
            value = rng.choice(LABS["pao2"]["mmHg"].split())
            rows.append({"code": "pao2", "value": value, "unit": "mmHg", "at": at})
    return rows


def carbon_dioxide(rng: random.Random, labs: list[Row]) -> list[Row]:
    """PaCO2 of some gases, now and then two of one moment."""
    return [
        _value(rng, None, "paco2", LABS["paco2"]) | {"at": gas["at"]}
        for gas in labs
        if gas["code"] == "pao2"
        for _ in range(rng.choice((0, 1, 2)))
    ]


def charted_urine(rng: random.Random, begin: int) -> list[Row]:
    """Records at equal distances, from some hours after a window began on."""
    every = rng.choice((3, 6, 6, 8, 9, 9)) * HOUR + rng.choice((0, 0, 0, 1))
    first = begin + rng.choice((0, HOUR, 6 * HOUR, 9 * HOUR))
    n = rng.choice((0, 0, 2, 3, 9))
    return [
        _value(rng, None, "urine_output", VITALS["urine_output"]) | {"at": first + i * every}
        for i in range(n)
    ]
