"""Diagnoses that have nothing to do with a drug: the negative controls of the packaged studies."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.demo.rows import clock, coded, numbers, table
from ehrivig.demo.sites import Part

_CODES = ("S52.5", "L60.0", "H61.2", "K02.1", "K64.0", "K40.9")
"""Fracture, ingrown nail, impacted cerumen, dental caries, hemorrhoids, inguinal hernia."""
_FOUND = 0.06  # assumed: more often than coders write them, so that a demo of few has some


def added(diagnosis: pl.DataFrame, part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Table diagnosis with them behind."""
    known = diagnosis.schema["code"]
    assert isinstance(known, pl.Enum)  # as coded() makes it
    names = pl.Enum([*known.categories, *_CODES])
    both = (diagnosis, _found(part, stays))
    return pl.concat(frame.with_columns(pl.col("code").cast(names)) for frame in both)


def _found(part: Part, stays: pl.DataFrame) -> pl.DataFrame:
    """Rows of table diagnosis: each found in the stay in as many of every arm, at any moment."""
    rng = part.rng("incidental")
    row, kind = np.nonzero(rng.random((stays.height, len(_CODES))) < _FOUND)
    length = (numbers(stays, "ended") - numbers(stays, "admitted"))[row]
    offset = (rng.uniform(0.15, 0.9, len(row)) * length).astype(np.int64)
    return table(
        {
            "admission_id": numbers(stays, "admission_id")[row],
            "code": coded(kind, _CODES),
            "vocabulary": coded(np.zeros(len(row), dtype=np.uint32), ["ICD10"]),
            "present_on_admission": np.zeros(len(row), dtype=np.bool_),
            "diagnosed_at": clock(numbers(stays, "admitted")[row] + offset),
        }
    )
