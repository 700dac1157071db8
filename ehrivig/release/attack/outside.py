"""Who was given the drug, or died, outside the cohort: everybody less those of the cohort.

Patients treated less the exposed are a count of people, in all and in each hospital. Where they are
few, grams of everybody less those of the cohort are the doses of these few. Patients less who left
alive died in the hospital; less the deaths of the cohort they are those of the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import FEWEST, OUTCOMES
from ehrivig.release.attack.known import Known, Place

AMOUNTS = ("administrations", "grams", "grams_per_kg", "share_without_amount", "cost")
"""What a row of the use of the drug tells of amounts."""
WORDS = "amounts given to few outside the cohort"
ALL, HOSPITAL = "all", "hospital_id"
_LEFT_ALIVE = re.compile(r"\bof ([\d,]+) who left alive\b")
_IN_HOSPITAL = re.compile(r"in.hospital mortality|death in hospital|in_hospital$")
_DOSE = "total_g"
_NEAR = 1e-6
Rows = list[dict[str, Any]]


def outside(known: Known, tables: dict[str, pl.DataFrame]) -> None:
    """What the use of the drug tells of those who had it outside the cohort."""
    _died(known, tables)
    exposed = _exposed(known, tables)
    for file, frame in tables.items():
        if {"dimension", "level", "patients"} <= set(frame.columns):
            rows = frame.to_dicts()
            _parts(known, file, rows)
            for number, of in _beside(rows, exposed):
                _left(known, file, number, rows[number], of)
            if (
                "grams" in frame.columns
                and _tells_amounts(known, rows)
                and not _enough(rows, exposed.get(ALL))
            ):
                known.few(Place(file, _total(rows), WORDS))


def _died(known: Known, tables: dict[str, pl.DataFrame]) -> None:
    """Deaths outside the cohort, where a text says how many left the hospital alive (a guess)."""
    read = next((cell for cell in known.where if cell.startswith("patients|") and _first(cell)), "")
    deaths = {
        v: cell
        for words, v in known.named.items()
        if _IN_HOSPITAL.search(words) and (cell := f"{OUTCOMES}|{v}|{ALL}") in known.where
    }
    for file, frame in tables.items():
        told = frame["evidence"].drop_nulls().to_list() if "evidence" in frame.columns else []
        left = next((found for one in told if (found := _LEFT_ALIVE.search(str(one)))), None)
        for variable, cell in deaths.items() if left and read else ():
            others = f"{file}|{variable}|died outside the cohort"
            known.people(others, Place(file, 0, "who left alive, and who died outside the cohort"))
            n = int(left[1].replace(",", "")) if left else 0
            lo, hi = n - known.slack, n + known.slack
            known.puzzle.between({read: 1, cell: -1, others: -1}, lo, hi, assumed=True)


def _first(cell: str) -> bool:
    """Whether a cell of patients is of everybody who was read."""
    return cell.split("|")[1:] == ["0", ALL]


def _exposed(known: Known, tables: dict[str, pl.DataFrame]) -> dict[str, int]:
    """The exposed of the cohort: of all, and of each hospital of which they are told."""
    found = dict[str, int]()
    for frame in tables.values():
        if {"population", "n_exposed"} <= set(frame.columns):
            for row in frame.drop_nulls("n_exposed").iter_rows(named=True):
                name = str(row["population"]).removeprefix("hospital ")
                found[name] = max(found.get(name, 0), int(row["n_exposed"]))
    sizes = [exposed for (people, _), (exposed, _) in known.sizes.items() if people == ALL]
    return found | ({ALL: max(sizes)} if sizes else {})


def _beside(rows: Rows, exposed: dict[str, int]) -> Iterator[tuple[int, int]]:
    """The rows of which the exposed of the cohort are known, and how many these are."""
    for number, row in enumerate(rows):
        if row["dimension"] in (ALL, HOSPITAL) and str(row["level"]) in exposed:
            yield number, exposed[str(row["level"])]


def _left(known: Known, file: str, number: int, row: dict[str, Any], exposed: int) -> None:
    """Patients less the exposed: a guess, for a person may have several admissions."""
    cell, patients = f"{file}|{number}|outside", f"{file}|{number}|patients"
    words = f"{row['dimension']} {row['level']}: patients outside the cohort"
    known.people(cell, Place(file, number, words))
    lo, hi = exposed - known.slack, exposed + known.slack
    known.puzzle.between({patients: 1, cell: -1}, lo, hi, assumed=True)
    if row["patients"] is not None:
        known.apart(cell, int(row["patients"]) - exposed)


def _parts(known: Known, file: str, rows: Rows) -> None:
    """The patients of the parts of a dimension are all of them, if nobody is in two (a guess)."""
    whole = [n for n, row in enumerate(rows) if row["dimension"] == ALL]
    for name in dict.fromkeys(row["dimension"] for row in rows if whole):
        terms = {
            f"{file}|{n}|patients": 1 for n, row in enumerate(rows) if row["dimension"] == name
        }
        if name != ALL:
            known.puzzle.equal({**terms, f"{file}|{whole[0]}|patients": -1}, assumed=True)


def _tells_amounts(known: Known, rows: Rows) -> bool:
    """Whether grams of all are known, and those of the cohort, and differ."""
    cohort = [grams for (_, name, arm), grams in known.sums.items() if (name, arm) == (_DOSE, ALL)]
    every = [sum(grams) for grams in _told(rows) if None not in grams]
    return any(not math.isclose(one, mine, rel_tol=_NEAR) for one in every for mine in cohort)


def _told(rows: Rows) -> list[list[Any]]:
    """The grams of every dimension; each sums to all."""
    names = dict.fromkeys(str(row["dimension"]) for row in rows)
    return [[row["grams"] for row in rows if row["dimension"] == name] for name in names]


def _enough(rows: Rows, exposed: int | None) -> bool:
    """Whether so many were treated outside the cohort that amounts of theirs are of no one."""
    patients = rows[_total(rows)]["patients"]
    return None not in (patients, exposed) and int(patients) - int(exposed or 0) >= FEWEST


def _total(rows: Rows) -> int:
    return next((n for n, row in enumerate(rows) if row["dimension"] == ALL), 0)
