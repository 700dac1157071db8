"""How the exposed were dosed: the rows of Table S1 and the histograms of Figure S1."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.dataset import Variable, values
from ehrivig.stats.result import FloatArray, IntArray
from ehrivig.study import Study

_ONSET = "days_from_onset_to_first_dose"
FEATURES = {
    "hours_to_first_dose": ("Time from time zero to the first dose", "h"),
    _ONSET: ("Time from the onset of symptoms to the first dose", "days"),
    "max_daily_g": ("Maximum daily dose", "g/day"),
    "mean_daily_g": ("Mean daily dose", "g/day"),
    "total_g": ("Total dose", "g"),
    "total_g_per_kg": ("Total dose per kg", "g/kg"),
    "duration_days": ("Duration", "days"),
    "n_dose_days": ("Days with a dose", "days"),
    "dose_coverage": ("Share of administrations with a usable dose", ""),
}
DRAWN = ("max_daily_g", "duration_days", "hours_to_first_dose")
BINS = (20, 10, 5, 4, 2)
"""Numbers of bins, the finest first: the first that can show most people, else the finest."""
SHOWN = 0.8
"""Share of the people who stand in bins that can be shown, before bins are wide enough."""
SCHEMA: dict[str, Any] = {
    "feature": pl.String,
    "label": pl.String,
    "lo": pl.Float64,
    "hi": pl.Float64,
    "n": pl.Int64,
}


def dosing_variables(study: Study, table: pl.DataFrame) -> list[Variable]:
    """The dosing features as table rows; the coverage says which ends of rates are assumed.

    `table` is the analysis table: where nobody tells an onset, there is no row of it.
    """
    hours = study.exposure.open_rate_hours
    assumed = (
        {} if hours is None else {"dose_coverage": f"; rates without an end: {hours:g} h at most"}
    )
    return [
        Variable(name, f"{label}{assumed.get(name, '')}", unit, "", False)
        for name, (label, unit) in FEATURES.items()
        if name != _ONSET or (_ONSET in table.columns and table[_ONSET].count())
    ]


def dosing_histogram(table: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Exposed admissions per bin [lo, hi) of each drawn feature; small counts are null.

    The last bin also holds what lies beyond the 99th percentile.
    """
    given = table.filter(pl.col("exposed"))
    rows: list[dict[str, Any]] = []
    for name in DRAWN:
        x = values(given, name)
        x = x[~np.isnan(x)]
        if not len(x):
            continue
        counted, edges = _histogram(x, study.report.smallest_cell)
        counts = disclosure.hide_counts(counted.tolist(), study.report.smallest_cell)
        label, unit = FEATURES[name]
        rows += [
            {
                "feature": name,
                "label": f"{label} ({unit})",
                "lo": lo,
                "hi": hi,
                "n": n,
            }
            for lo, hi, n in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _histogram(x: FloatArray, smallest: int) -> tuple[IntArray, FloatArray]:
    """Counts (b,) and edges (b + 1,) of bins that are as fine as few people allow."""
    top = np.ceil(max(float(np.quantile(x, 0.99)), 1.0))
    every = [np.histogram(np.clip(x, 0, top), np.linspace(0, top, n + 1)) for n in BINS]
    wide = (one for one in every if one[0][one[0] >= smallest].sum() >= SHOWN * len(x))
    return next(wide, every[0])
