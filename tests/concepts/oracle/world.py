"""Random admissions: what a warehouse may hold of a stay, edges and ties in it more often than not.

`draw(n, seed)` gives dicts of lists. Times are seconds since 2020. Moments are drawn again and
again from a few of the stay (its begin and end, the edges of its 24 h windows, midnights, earlier
events, and these 1, 4, 6, 9, 12, 24, 48 h and 7 days apart, a second more or less), so that ties
and edges are the rule; values are printed edges in either unit system, and just beside them.
"""

from __future__ import annotations

import random
from typing import Any

from oracle.stay import DAY, HOUR, Admission
from oracle.values import DEVICES, LABS, RATES, STATED, VITALS

ALL = ("respiratory_support", "medication", "procedure", "iv_fluid")
STEPS = (0, HOUR, 4 * HOUR, 6 * HOUR, 9 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY)
CODES = ("I10", "I10", "A41.9", "A41.9", "J18.9", "N17.9", "K74.6", "J44.9", "N18.5", "D84.9")
FINDINGS = ("cardiogenic_oedema", "severe_respiratory_distress", "cough")
Row = dict[str, Any]


class Clock:
    """The moments of one stay: drawn from what has happened already, or anywhere in it."""

    def __init__(self, rng: random.Random, begin: int, end: int) -> None:
        self._rng = rng
        self._begin, self._end = begin, end
        edges = range(begin, min(end, begin + 6 * DAY) + 1, DAY)
        midnights = range(-(-begin // DAY) * DAY, min(end, begin + 6 * DAY) + 1, DAY)
        self._known = [begin, end, *edges, *midnights]

    def moment(self) -> int:
        rng = self._rng
        kind = rng.random()
        if kind < 0.45:
            return self._keep(60 * rng.randint(self._begin // 60, self._end // 60))
        at = rng.choice(self._known)
        if kind < 0.75:
            return at
        return self._keep(at + rng.choice((-1, 1)) * rng.choice(STEPS) + rng.choice((-1, 0, 0, 1)))

    def interval(self) -> tuple[int, int | None]:
        """[start, stop): often of no length, an hour, or as long as to another moment; or open."""
        rng = self._rng
        start = self.moment()
        kind = rng.random()
        if kind < 0.12:
            return start, start
        if kind < 0.22:
            return start, None
        if kind < 0.5:
            minutes = rng.choice((10, 30, 40, 59, 60, 61, 90, 240))
            return start, self._keep(start + 60 * minutes)
        first, last = sorted((start, self.moment()))
        return first, last

    def _keep(self, at: int) -> int:
        self._known.append(at)
        return at


def draw(n: int, seed: int) -> list[Admission]:
    """`n` admissions, numbered from 1; every fifth of a hospital that sends fewer tables."""
    rng = random.Random(seed)
    return [_stay(rng, number) for number in range(1, n + 1)]


def _stay(rng: random.Random, number: int) -> Admission:
    begin = rng.randint(0, 300) * DAY + rng.choice((0, 0, 60 * rng.randint(1, 1439)))
    hours = rng.choice((6, 24, 48, 72, rng.randint(1, 300), rng.randint(24, 300)))
    end = begin + hours * HOUR + rng.choice((0, 0, 0, 1, 60 * rng.randint(0, 59)))
    clock = Clock(rng, begin, end)
    sent = () if number % 5 == 0 else ALL
    discharged = None if rng.random() < 0.06 else end
    status = rng.choice(("alive", "alive", "died", "transferred", "against_advice", "unknown"))
    died = status == "died" and discharged is not None and rng.random() < 0.5
    return {
        "id": number,
        "sent": sent,
        "admitted": begin,
        "discharged": discharged,
        "status": status,
        "death": end - 1 if died and (end - 1) % DAY else None,
        "onset": rng.choice((None, begin - 3 * DAY, begin, begin + HOUR)),
        "zero": rng.choice((begin, begin, min(begin + 5 * HOUR, end), min(begin + DAY, end))),
        "age": rng.choice((None, "44", "45", "54.9", "55", "65", "74", "75", "90")),
        "weight": rng.choice((None, "0", "60", "80", "80", "100")),
        **_measured(rng, clock),
        **(_treated(rng, clock) if sent else {"device": [], "drug": [], "procedure": []}),
        **_found(rng, clock),
    }


def _measured(rng: random.Random, clock: Clock) -> Row:
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


def _value(rng: random.Random, clock: Clock, name: str, units: dict[str, str]) -> Row:
    unit = rng.choice(list(units))
    value = rng.choice(units[unit].split())
    strange = rng.random()
    return {
        "code": name,
        "value": None if strange < 0.02 else value,
        "unit": "furlong" if strange > 0.98 else unit,
        "at": clock.moment(),
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


def _treated(rng: random.Random, clock: Clock) -> Row:
    return {
        "device": _devices(rng, clock),
        "drug": _pieces(rng, [_infusion(rng, clock) for _ in range(rng.choice((0, 0, 1, 3, 6)))])
        + [_dose(rng, clock) for _ in range(rng.choice((0, 0, 1, 3)))],
        "procedure": [
            {"code": rng.choice(("crrt", "prone_position")), **_times(clock)}
            for _ in range(rng.choice((0, 0, 0, 0, 1)))
        ],
    }


def _times(clock: Clock) -> Row:
    start, stop = clock.interval()
    return {"start": start, "stop": stop}


def _devices(rng: random.Random, clock: Clock) -> list[Row]:
    rows = [
        {"device": rng.choice(DEVICES), "fio2": rng.choice(STATED), **_times(clock)}
        for _ in range(rng.choice((0, 1, 2, 4, 7)))
    ]
    return [row | {"fio2": rng.choice(STATED)} for row in _pieces(rng, rows)]


def _pieces(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Rows, some in two pieces that adjoin, overlap by a second, or leave a second between."""
    found = []
    for row in rows:
        if row["stop"] is None or row["stop"] - row["start"] < 2 or rng.random() < 0.6:
            found.append(row)
            continue
        middle = rng.randint(row["start"] + 1, row["stop"] - 1)
        again = middle + rng.choice((0, 0, 0, -1, 1))
        found += [row | {"stop": middle}, row | {"start": again}]
    return found


def _infusion(rng: random.Random, clock: Clock) -> Row:
    name = rng.choice(("norepinephrine", *RATES))
    unit = rng.choice(list(RATES[name]))
    status = rng.choice(("given", "given", "given", "given", "stopped", "not_given"))
    dose = rng.choice((*RATES[name][unit].split(), None))
    return {"name": name, "dose": dose, "unit": unit, "status": status, **_times(clock)}


def _dose(rng: random.Random, clock: Clock) -> Row:
    """A bag of fluid or an antibiotic."""
    name = rng.choice(("lactated ringer", "meropenem"))
    dose, unit = (
        ("1", "g")
        if name == "meropenem"
        else rng.choice(
            (("1000", "mL"), ("2400", "mL"), ("1800", "ml"), (None, "mL"), ("1", "bag"))
        )
    )
    at = clock.moment()
    return {"name": name, "dose": dose, "unit": unit, "status": "given", "start": at, "stop": None}


def _found(rng: random.Random, clock: Clock) -> Row:
    """Diagnoses, image findings and tests of pathogens."""
    return {
        "diagnosis": [
            {
                "code": rng.choice(CODES),
                "present": rng.choice((None, True, True, False)),
                "at": rng.choice((None, clock.moment())),
            }
            for _ in range(rng.choice((0, 0, 1, 2)))
        ],
        "finding": [
            {
                "code": rng.choice(("bilateral_opacities",) * 3 + FINDINGS),
                "present": rng.choice((True, True, False, None)),
                "at": clock.moment(),
            }
            for _ in range(rng.choice((0, 1, 2)))
        ],
        "test": [
            {
                "method": rng.choice(("rna",) * 6 + ("antigen", "culture", "culture", "antibody")),
                "specimen": rng.choice(("respiratory",) * 6 + ("blood", "stool")),
                "result": rng.choice(
                    ("positive", "negative", "negative", "negative", "indeterminate", "not_done")
                ),
                "at": clock.moment(),
            }
            for _ in range(rng.choice((0, 0, 1, 4, 7)))
        ],
    }
