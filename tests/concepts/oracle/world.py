"""Random admissions: what a warehouse may hold of a stay, edges and ties in it more often than not.

`draw(n, seed)` gives dicts of lists. Times are seconds since 2020. Moments are drawn again and
again from a few of the stay (its begin and end, the edges of its 24 h windows, midnights, earlier
events, and these 1, 4, 6, 9, 12, 24, 48 h and 7 days apart, a second more or less), so that ties
and edges are the rule; values are printed edges in either unit system, and just beside them.
"""

from __future__ import annotations

import random
from typing import Any

from oracle.clock import Clock
from oracle.measurements import carbon_dioxide, charted_urine, gases_beside_devices, measured
from oracle.stay import DAY, HOUR, Admission
from oracle.values import DEVICES, RATES, STATED

ALL = ("respiratory_support", "medication", "procedure", "iv_fluid")
CODES = ("I10", "I10", "A41.9", "A41.9", "J18.9", "N17.9", "K74.6", "J44.9", "N18.5", "D84.9")
FINDINGS = ("cardiogenic_oedema", "severe_respiratory_distress", "cough")
Row = dict[str, Any]


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
    stay = {
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
        **measured(rng, clock),
        **(_treated(rng, clock) if sent else {"device": [], "drug": [], "procedure": []}),
        **_found(rng, clock),
    }
    stay["lab"] += gases_beside_devices(rng, stay["device"])
    stay["lab"] += carbon_dioxide(rng, stay["lab"])
    stay["vital"] += charted_urine(rng, stay["zero"])
    stay["finding"] += _images_beside_gases(rng, stay["lab"])
    stay["test"] += _repeated_tests(rng, stay["test"]) + _cultures(rng, stay["drug"])
    return stay


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


def _images_beside_gases(rng: random.Random, labs: list[Row]) -> list[Row]:
    """Images a week before or after a gas, a second more or less."""
    return [
        {
            "code": "bilateral_opacities",
            "present": rng.choice((True, False)),
            "at": row["at"] + rng.choice((-1, 1)) * (7 * DAY + rng.choice((0, 0, 1))),
        }
        for row in labs
        if row["code"] == "pao2" and rng.random() < 0.05
    ]


def _repeated_tests(rng: random.Random, tests: list[Row]) -> list[Row]:
    """Negative tests a day after another, a second more or less."""
    return [
        row | {"result": "negative", "at": row["at"] + DAY + rng.choice((-1, 0, 0, 1))}
        for row in tests
        if rng.random() < 0.3
    ]


def _cultures(rng: random.Random, drugs: list[Row]) -> list[Row]:
    """Cultures at the edges of what makes an antibiotic a suspicion."""
    return [
        {
            "method": "culture",
            "specimen": "blood",
            "result": rng.choice(("negative", "negative", "not_done")),
            "at": row["start"] + rng.choice((-3 * DAY - 1, -3 * DAY, 0, DAY, DAY + 1)),
        }
        for row in drugs
        if row["name"] == "meropenem" and rng.random() < 0.5
    ]
