"""Hospitals where far fewer die than of patients as old and as ventilated at the other hospitals.

Hospitals differ in who dies, but hardly ever by half, and never so that next to nobody dies where
many should: deaths are then recorded as something else.
"""

from __future__ import annotations

import polars as pl

from ehrivig.validate.chance import at_most
from ehrivig.validate.measurement import ALL

NAME = "quality/died_of"
ENOUGH = 15
"""Deaths that the others let expect."""
_OTHERS = 2
_NEXT_TO_NONE = 0.2
_FEW, _BELOW_ALL, _BY_CHANCE = 0.6, 0.75, 1e-3
_HARDLY_BY_CHANCE = 1e-2
_LEAST_DIE = {True: 0.08, False: 0.002}
"""Ventilated -> the share that dies in hospital where few do (after elective surgery, say)."""


def hidden(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> deaths that are missing where next to nobody dies, of its stays."""
    return {
        hospital: (round(expected - died) if died < _NEXT_TO_NONE * expected else 0, stays)
        for hospital, (died, expected, stays) in _expected(frame).items()
    }


def fewer(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> deaths that are missing where fewer die than anywhere else, not by chance."""
    found = _expected(frame)
    ratios = {name: died / expected for name, (died, expected, _) in found.items()}
    return {
        hospital: (round(expected - died) if _are_few(hospital, died, expected, ratios) else 0, of)
        for hospital, (died, expected, of) in found.items()
    }


def implausible(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Hospital -> deaths that are missing where next to nobody dies, of its stays.

    Held against what few hospitals fall below: of their ventilated patients so many die anyway. Of
    more than two hospitals only all together: each is held against the others.
    """
    if frame["hospital_id"].n_unique() > _OTHERS:
        frame = frame.with_columns(pl.lit(ALL).alias("hospital_id"))
    least = pl.col("ventilated").replace_strict(_LEAST_DIE, return_dtype=pl.Float64)
    sums = frame.group_by("hospital_id").agg(
        pl.col("n_died").sum(),
        (pl.col("n_stays") * least).sum().alias("least"),
        pl.col("n_stays").sum(),
    )
    found = {}
    for name, died, expected, of in sums.sort("hospital_id").rows():
        few = died < _NEXT_TO_NONE * expected and at_most(died, expected) < _HARDLY_BY_CHANCE
        found[name] = (round(expected) - died if few else 0), of
    return found


def _are_few(hospital: str, died: int, expected: float, ratios: dict[str, float]) -> bool:
    others = [ratio for name, ratio in ratios.items() if name != hospital]
    own = ratios[hospital]
    far = len(others) >= _OTHERS and own < _FEW and own < _BELOW_ALL * min(others)
    return far and at_most(died, expected) < _BY_CHANCE


def _expected(frame: pl.DataFrame) -> dict[str, tuple[int, float, int]]:
    """Hospital -> deaths, deaths as at the others by age and ventilation, stays; of enough deaths.

    `frame`: hospital_id, age, ventilated, n_stays, n_died.
    """
    alike = ["age", "ventilated"]
    counts = pl.col("n_stays", "n_died")
    others = counts.sum().over(alike) - counts
    beside = frame.with_columns(others.name.suffix("_others"))
    known = beside.filter(pl.col("n_stays_others") > 0)
    share = pl.col("n_died_others") / pl.col("n_stays_others")
    sums = known.group_by("hospital_id").agg(
        pl.col("n_died").sum(),
        (pl.col("n_stays") * share).sum().alias("expected"),
        pl.col("n_stays").sum(),
    )
    if frame["hospital_id"].n_unique() <= _OTHERS:
        return {}
    rows = sums.sort("hospital_id").rows()
    return {name: (died, expected, of) for name, died, expected, of in rows if expected >= ENOUGH}
