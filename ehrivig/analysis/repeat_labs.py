"""Table S5: laboratory values of day 1 against day 3 within each arm, and between the arms."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.tables import rank
from ehrivig.stats.tables.hodges_lehmann import paired_shift
from ehrivig.study import Study

SCHEMA: dict[str, Any] = {
    "variable": pl.String,
    "label": pl.String,
    "unit": pl.String,
    "arm": pl.String,
    "n_pairs": pl.Int64,
    "median_day1": pl.Float64,
    "median_day3": pl.Float64,
    "shift": pl.Float64,
    "shift_lo": pl.Float64,
    "shift_hi": pl.Float64,
    "p_wilcoxon": pl.Float64,
    "p_paired_t": pl.Float64,
    "ancova_difference": pl.Float64,
    "ancova_lo": pl.Float64,
    "ancova_hi": pl.Float64,
    "ancova_p": pl.Float64,
    "note": pl.String,
}


def table_s5(frame: pl.DataFrame, study: Study) -> pl.DataFrame:
    """One row per lab and arm: paired shift (Hodges-Lehmann), Wilcoxon with Pratt zeros, paired t.

    The row of the exposed also holds the difference between arms at day 3 given day 1 (ANCOVA).
    Only admissions with both values count; survivors of day 3 are a selected group.
    """
    rows = []
    for name in study.analysis.repeat_labs:
        first, second = values(frame, name), values(frame, f"{name}_repeat")
        both, arm = ~np.isnan(first) & ~np.isnan(second), exposed(frame)
        variable = study.covariate(name)
        base = {"variable": name, "label": variable.label, "unit": variable.unit}
        for label, member in (("control", both & ~arm), ("exposed", both & arm)):
            row = {**base, "arm": label, **_paired(first[member], second[member], study)}
            if label == "exposed":
                row |= _between(first[both], second[both], arm[both])
            rows.append(row)
    return pl.DataFrame(rows, schema=SCHEMA)


def _paired(first: Floats, second: Floats, study: Study) -> dict[str, Any]:
    """The change within one arm."""
    n = len(first)
    if n == 0 or disclosure.small(n, study.report.smallest_cell):
        return {"n_pairs": None, "note": f"fewer than {study.report.smallest_cell} pairs"}
    row: dict[str, Any] = {
        "n_pairs": n,
        "median_day1": float(np.median(first)),
        "median_day3": float(np.median(second)),
    }
    try:
        change = paired_shift(second, first)
        row |= {"shift": change.shift, "shift_lo": change.lo, "shift_hi": change.hi}
        row["p_wilcoxon"] = rank.wilcoxon_signed_rank(second, first).p
        row["p_paired_t"] = rank.t_test(second, first, kind="paired").p
    except AnalysisError as error:
        row["note"] = str(error)
    return row


def _between(first: Floats, second: Floats, arm: np.ndarray) -> dict[str, Any]:
    """Day 3 given day 1, exposed minus unexposed."""
    try:
        effect = rank.ancova(second, first, arm)
    except AnalysisError as error:
        return {"note": str(error)}
    return {
        "ancova_difference": effect.difference,
        "ancova_lo": effect.lo,
        "ancova_hi": effect.hi,
        "ancova_p": effect.p,
    }
