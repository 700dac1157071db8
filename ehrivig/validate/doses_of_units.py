"""Hospitals whose doses of the exposure in one unit are several times those in another."""

from __future__ import annotations

import polars as pl

NAME = "quality/dose_of_unit"
FEWEST = 10
"""Stays that a unit needs to be compared."""
OCTAVES, FAR = 2.0, 3.0
"""Medians that are four times apart may be doses by weight, or in another unit than the one
written; eight times apart they are."""


def apart(frame: pl.DataFrame, octaves: float = OCTAVES) -> dict[str, tuple[int, int]]:
    """Hospital -> stays with doses in a unit whose median is far from that of another, of all.

    `frame`: hospital_id, dose_unit, bin (eighths of an octave), n. The smaller group is told.
    """
    found: dict[str, tuple[int, int]] = {}
    for (hospital,), own in frame.sort("hospital_id").group_by("hospital_id", maintain_order=True):
        counts = {unit[0]: _median(of) for unit, of in own.sort("bin").group_by("dose_unit")}
        known = [one for one in counts.values() if one[1] >= FEWEST]
        far = known and max(known)[0] - min(known)[0] >= 8 * octaves
        fewer = min(max(known)[1], min(known)[1]) if far else 0
        found[str(hospital)] = fewer, int(own["n"].sum())
    return found


def _median(of: pl.DataFrame) -> tuple[int, int]:
    """The median bin of a unit, its stays."""
    n = int(of["n"].sum())
    return int(of.filter(2 * pl.col("n").cum_sum() >= n)["bin"][0]), n
