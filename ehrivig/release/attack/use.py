"""What courses of a drug tell: more courses than patients are people who had it again."""

from __future__ import annotations

import polars as pl

from ehrivig.release.attack.known import Known, Place


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
                known.puzzle.told(cell, int(value))
        known.puzzle.equal({courses: 1, patients: -1, again: -1})
        parts.setdefault(dimension, []).append(courses)
        if row["patients"] is not None and row["courses"] is not None:
            known.puzzle.told(again, max(int(row["courses"]) - int(row["patients"]), 0))
    (whole,) = parts.pop("all", [""]) or [""]
    for cells in parts.values() if whole else ():
        known.puzzle.equal({whole: -1, **dict.fromkeys(cells, 1)})
