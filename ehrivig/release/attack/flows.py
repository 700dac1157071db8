"""What the attrition, effects and counts in bins tell: differences of what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ehrivig.release.attack import left_out
from ehrivig.release.attack.arms import name
from ehrivig.release.attack.doses import weighed
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.landmark_rows import between
from ehrivig.release.attack.left_over import of_effects
from ehrivig.release.attack.pairs import pairs
from ehrivig.release.attack.ratios import counts_of, e_value_of, events_of_risk

ALL = "all"
AGAIN = "admitted again"
"""The last words of a place of patients with several admissions."""
_SIDE = re.compile(r"^(.*): (yes|no)$")
_BAND = re.compile(r"^(.*?)(<=|>=|<|>)\s*(\S.*?)( vs .*)?$")


def attrition(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Admissions after each step, those it excluded, and the hospitals that make up all.

    Admissions less patients are who was admitted again: the next step may exclude just these.
    """
    steps = sorted(set(frame["step"]))
    rows = {
        (row["step"], row["hospital_id"]): {**row, "number": number}
        for number, row in enumerate(frame.iter_rows(named=True))
    }
    names = sorted({hospital for _, hospital in rows})
    for hospital in names:
        for before, step in zip([None, *steps], steps, strict=False):
            row = rows.get((step, hospital))
            if row is not None:
                _step(known, file, row, before)
    for step in steps:
        for what in ("admissions", "excluded", "excluded_not_measured"):
            cells = [f"{what}|{step}|{h}" for h in names if h != ALL and (step, h) in rows]
            if cells and (step, ALL) in rows:
                known.puzzle.equal({f"{what}|{step}|{ALL}": -1, **dict.fromkeys(cells, 1)})
        there = [rows[step, hospital] for hospital in names if (step, hospital) in rows]
        if (step, ALL) in rows and len(there) > len((ALL, "a hospital")):
            _in_several(known, file, step, there)


def _in_several(known: Known, file: str, step: int, rows: list[dict[str, object]]) -> None:
    """Patients of all hospitals are fewer than those of each by who was in several."""
    told = [row for row in rows if row["patients"] is not None] or rows
    least = min(told, key=lambda row: (row["hospital_id"] == ALL, int(str(row["patients"] or 0))))
    cell, words = f"in several|{step}", f"{least['label']}: in several hospitals, {AGAIN}"
    known.people(cell, Place(file, int(str(least["number"])), words))
    cells = [f"patients|{step}|{row['hospital_id']}" for row in rows if row["hospital_id"] != ALL]
    known.puzzle.equal({**dict.fromkeys(cells, 1), f"patients|{step}|{ALL}": -1, cell: -1})


def _step(known: Known, file: str, row: dict[str, object], before: int | None) -> None:
    step, hospital, number = row["step"], row["hospital_id"], int(str(row["number"]))
    for what in ("admissions", "patients", "excluded", "excluded_not_measured"):
        cell = f"{what}|{step}|{hospital}"
        known.people(cell, Place(file, number, f"{row['label']}: {what}, {hospital}"))
        value = row.get(what)
        if value is not None:
            known.told(cell, int(str(value)))
    one = f"{step}|{hospital}"
    known.puzzle.between({f"excluded|{one}": 1, f"excluded_not_measured|{one}": -1}, 0, 1e12)
    again = f"again|{one}"
    known.people(again, Place(file, number, f"{row['label']}: {hospital}, {AGAIN}"))
    known.puzzle.equal({f"admissions|{one}": 1, f"patients|{one}": -1, again: -1})
    if before is None:
        return
    last = f"{before}|{hospital}"
    known.puzzle.equal({f"admissions|{last}": 1, f"admissions|{one}": -1, f"excluded|{one}": -1})
    gone = f"patients gone|{one}"
    known.people(gone, Place(file, number, f"{row['label']}: patients left out, {hospital}"))
    known.puzzle.equal({f"patients|{last}": 1, f"patients|{one}": -1, gone: -1})


def bins(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Both arms in bins of the score; together they are the arms."""
    for arm in ("exposed", "control"):
        cells = []
        for number, value in enumerate(frame[arm].to_list()):
            cells.append(f"{file}|{number}|{arm}")
            known.people(cells[-1], Place(file, number, f"bin {number}: {arm}"))
            if value is not None:
                known.told(cells[-1], int(value))
        whole = [n for (who, _), n in known.sizes.items() if who == ALL]
        if "decile" in frame.columns:
            _of_deciles(known, file, frame, arm)
        elif whole:
            n = max(size[0 if arm == "exposed" else 1] for size in whole)
            _together(known, cells, n)


def _together(known: Known, cells: list[str], n: int) -> None:
    """Parts of n people: at most all of them, and all as a guess."""
    every = dict.fromkeys(cells, 1)
    known.puzzle.between(every, 0, n + known.slack)
    known.puzzle.between(every, n - known.slack, n + known.slack, assumed=True)


def _of_deciles(known: Known, file: str, frame: pl.DataFrame, arm: str) -> None:
    """Hospitals and deciles have known sizes: one count that is shown gives hidden ones away."""
    counts = frame[arm].to_list()
    if any(counts):
        for number in (i for i, one in enumerate(counts) if one is None):
            known.few(Place(file, number, f"hospital and decile {number}: {arm}, by the others"))


def follow_up(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Of how many people in each arm nobody knows what was asked, and who was transferred."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        for what in ("unknown", "transferred"):
            cell = f"{file}|{number}|{what}"
            known.people(cell, Place(file, number, f"{row['arm']}: {what}"), of=row["n"])
            value, share = row.get(what), row.get(f"share_{what}")
            if value is None and share is not None and row["n"]:
                value = round(share * row["n"])
            if value is not None:
                known.told(cell, int(value))


def histogram(known: Known, file: str, frame: pl.DataFrame) -> None:
    """People in the bins of a feature, together those who have it.

    A bin of nobody shows its 0, unless no bin of the feature shows anything.
    """
    features: dict[str, list[str]] = {}
    shown = {str(row.get("feature")) for row in frame.iter_rows(named=True) if row["n"] is not None}
    for number, row in enumerate(frame.iter_rows(named=True)):
        cell = f"{file}|{number}"
        known.people(cell, Place(file, number, f"{row.get('label', '')} from {row.get('lo')}"))
        features.setdefault(str(row.get("feature")), []).append(cell)
        if row["n"] is not None:
            known.told(cell, int(row["n"]))
        else:
            known.puzzle.cell(cell, int(str(row.get("feature")) in shown))
    exposed = [n for (who, _), (n, _) in known.sizes.items() if who == ALL]
    for cells in features.values() if exposed else ():
        _together(known, cells, max(exposed))
    for feature, cells in features.items():
        rows = [row for row in frame.iter_rows(named=True) if str(row.get("feature")) == feature]
        weighed(known, cells, rows)


def coefficients(known: Known, file: str, frame: pl.DataFrame) -> None:
    """People of a model, and how many of them had its event."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        people, events = f"{file}|{row['outcome']}|n", f"{file}|{row['outcome']}|events"
        words = f"{row['outcome']}: {row['label']}"
        known.people(people, Place(file, number, f"{words}: n"))
        known.people(events, Place(file, number, f"{words}: events"), of=row["n"])
        for cell, value in ((people, row["n"]), (events, row["events"])):
            if value is not None:
                known.told(cell, int(value))
    left_out.of_models(known, file, frame)


def effects(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Both arms and their events of every comparison; the hospitals, and both sides of a split."""
    columns = set(frame.columns)
    for number, row in enumerate(frame.iter_rows(named=True)):
        for arm in ("exposed", "control"):
            n, events = f"{file}|{number}|n|{arm}", f"{file}|{number}|events|{arm}"
            size = row.get(f"n_{arm}")
            words = " ".join(str(row.get(c) or "") for c in ("contrast", "outcome", "population"))
            known.people(n, Place(file, number, f"{words}: n {arm}"))
            known.people(events, Place(file, number, f"{words}: events {arm}"), of=size)
            had = row.get(f"events_{arm}")
            had = events_of_risk(row.get(f"risk_{arm}"), size) if had is None else had
            for cell, value in ((n, size), (events, had)):
                if value is not None:
                    known.told(cell, int(value))
        if counts_of(row):
            words = f"{row.get('contrast')}, {row.get('population')}: the events of its ratio"
            known.few(Place(file, number, words))
        if e_value_of(row):
            words = f"{row.get('contrast')}, {row.get('population')}: the E-value of its ratio"
            known.few(Place(file, number, words))
    if {"analysis", "population"} <= columns:
        _hospitals(known, file, frame)
    if "contrast" in columns:
        _splits(known, file, frame)
        _subgroups(known, file, frame)
        between(known, file, frame)
        pairs(known, file, frame)
        of_effects(known, file, frame)
        if {"analysis", "population"} <= columns:
            left_out.of_effects(known, file, frame)


def _hospitals(known: Known, file: str, frame: pl.DataFrame) -> None:
    """The hospitals of an analysis are all of its hospitals."""
    rows = list(enumerate(frame.iter_rows(named=True)))
    one = [(i, r) for i, r in rows if str(r["population"]).startswith("hospital ")]
    for i, whole in ((i, r) for i, r in rows if r["population"] == "all hospitals"):
        mine = [j for j, r in one if _same(r, whole, ("analysis", "contrast", "outcome"))]
        for what in ("n", "events"):
            for arm in ("exposed", "control"):
                terms = {f"{file}|{j}|{what}|{arm}": 1 for j in mine}
                if len(terms) == len({rows[j][1]["population"] for j in mine}):
                    known.puzzle.equal({**terms, f"{file}|{i}|{what}|{arm}": -1}, assumed=True)


def _subgroups(known: Known, file: str, frame: pl.DataFrame) -> None:
    """A subgroup by a yes/no variable: its two sides are those who have it, and the others."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        found = _SIDE.match(str(row["contrast"]))
        variable = known.named.get(found[1].casefold()) if found else None
        people = str(row.get("population"))
        if found is None or variable is None or people not in ("all", "matched"):
            continue
        known.speaks(Place(file, number, f"{row['contrast']}: n"), variable)
        for arm in ("exposed", "control"):
            cell = name(people, variable, arm)
            if cell in known.where:
                side = cell if found[2] == "yes" else f"{cell}|rest"
                known.puzzle.equal({f"{file}|{number}|n|{arm}": 1, side: -1})


def _splits(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Below a cut, above it, and those of whom nobody knows on which side they are."""
    rows = list(enumerate(frame.iter_rows(named=True)))
    bands: dict[tuple[object, ...], list[int]] = {}
    for i, row in rows:
        found = _BAND.match(str(row["contrast"]))
        if found and found[4]:
            key = (found[1], found[3], found[4], *_of(row))
            bands.setdefault(key, []).append(i)
    for key, mine in bands.items():
        for i, whole in rows:
            named = str(whole["contrast"])
            both = len(mine) == 2 and i not in mine and _of(whole) == key[3:]
            if both and named == f"{str(key[0]).strip()}{key[2]}":
                smaller = min(mine, key=lambda j: rows[j][1].get("n_exposed") or 0)
                _unknown_side(known, Place(file, smaller, named), i, mine)


def _unknown_side(known: Known, place: Place, whole: int, mine: list[int]) -> None:
    file = place.file
    for what in ("n", "events"):
        left = f"{file}|{whole}|{what}|unknown side of {tuple(mine)}"
        known.people(left, replace(place, words=f"{place.words}: {what}, side of a cut unknown"))
        terms = {f"{file}|{i}|{what}|exposed": -1 for i in mine}
        known.puzzle.equal({f"{file}|{whole}|{what}|exposed": 1, left: -1, **terms})


def _of(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row.get(name) for name in ("analysis", "outcome", "model", "population"))


def _same(a: dict[str, object], b: dict[str, object], names: Iterable[str]) -> bool:
    return all(a.get(name) == b.get(name) for name in names)
