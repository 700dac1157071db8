"""What is told of courses, regimens, values on two days and diagnostics: people all the same."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ehrivig.release.attack.arms import FEWEST
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.signs import AGAINST, against

_DETECTABLE = "minimum_detectable"
_DESCRIBED = ("median_day1", "median_day3", "shift", "p_wilcoxon", "p_paired_t")


def use(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Patients and courses of every part; those of the parts of a dimension are all courses."""
    parts: dict[str, list[str]] = {}
    for number, row in enumerate(frame.iter_rows(named=True)):
        dimension = str(row.get("dimension") or "indication")
        words = f"{dimension} {row.get('level') or row.get('indication')}"
        patients, courses = f"{file}|{number}|patients", f"{file}|{number}|courses"
        known.people(patients, Place(file, number, f"{words}: patients"))
        known.puzzle.cell(courses)
        again = f"{file}|{number}|again"
        known.people(again, Place(file, number, f"{words}: courses beyond the first of a patient"))
        for cell, value in ((patients, row["patients"]), (courses, row["courses"])):
            if value is not None:
                known.told(cell, int(value))
        known.puzzle.equal({courses: 1, patients: -1, again: -1})
        parts.setdefault(dimension, []).append(courses)
        if row["patients"] is not None and row["courses"] is not None:
            known.apart(again, int(row["courses"]) - int(row["patients"]))
    (whole,) = parts.pop("all", [""])
    for cells in parts.values() if whole else ():
        known.puzzle.equal({whole: -1, **dict.fromkeys(cells, 1)})


def days(known: Known, file: str, frame: pl.DataFrame) -> None:
    """People with a value on both days, in each arm; no median of few."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        place = Place(file, number, f"{row['label']}, {row['arm']}: values on both days")
        known.people(f"{file}|{number}", place)
        if row["n_pairs"] is not None:
            known.told(f"{file}|{number}", int(row["n_pairs"]))
            if row["n_pairs"] < FEWEST and any(row.get(n) is not None for n in _DESCRIBED):
                known.few(place)
            elif known.rounded_to < 2 and against(row, known.fewest):
                known.few(Place(file, number, f"{row['label']}, {row['arm']}: {AGAINST}"))


def regimens(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Persons, or cycles, of every verdict; each row has at least one, all regimens have the same.

    Those of a regimen are all persons who are judged: as many as had the drug.
    """
    sums: dict[str, dict[str, int]] = {}
    what = "persons" if "persons" in frame.columns else "cycles"
    for number, row in enumerate(frame.iter_rows(named=True)):
        of = [str(row[n]) for n in ("drug", "number", "verdict", "reason", "finding") if row.get(n)]
        cell = f"{file}|{number}"
        known.people(cell, Place(file, number, f"{row['regimen']}, {', '.join(of)}: {what}"))
        known.puzzle.cell(cell, 1)
        if row[what] is not None:
            known.told(cell, int(row[what]))
        sums.setdefault(str(row["regimen"]), {})[cell] = 1
    first, *others = list(sums.values()) if what == "persons" else [{}]
    for other in others:
        known.puzzle.equal({**first, **dict.fromkeys(other, -1)})
    whole = known.shown.get("utilisation.csv|0|patients")
    if first and whole:
        lo, hi = whole - known.slack, whole + known.slack
        known.puzzle.between(first, lo, hi, assumed=True)


def detectable(known: Known, tables: Mapping[str, pl.DataFrame]) -> None:
    """The effect that could have been found, beside an answer that is not shown: it is its SE."""
    answers = [
        answer["estimate"][0]
        for frame in tables.values()
        if {"role", "estimate"} <= set(frame.columns)
        and not (answer := frame.filter(pl.col("role") == "primary")).is_empty()
    ]
    if not answers or None not in answers:
        return
    for file, frame in tables.items():
        if {"diagnostic", "value", "verdict"} <= set(frame.columns):
            for number, row in enumerate(frame.iter_rows(named=True)):
                if row["diagnostic"] == _DETECTABLE and row["value"] is not None:
                    known.few(Place(file, number, "the standard error of an answer not shown"))


def diagnostics(known: Known, file: str, frame: pl.DataFrame) -> None:
    """A verdict beside a hidden share of few: it tells on which side of its threshold it is."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        if row["value"] is None and row["verdict"] in ("pass", "fail"):
            known.few(Place(file, number, f"{row['diagnostic']}: verdict on few people"))
