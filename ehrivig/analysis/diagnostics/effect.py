"""Whether the answer could have been found, and finds nothing where there is nothing."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.analysis.diagnostics.diagnostic import Diagnostic, Evidence
from ehrivig.stats.result import DIFFERENCES

FEWEST_CONTROLS = 3
"""Controls with an estimate; fewer tell too little to pass or to fail."""
POWER = 2.8015852  # 1.96 + 0.8416: 80% power at 5%, two-sided


def controls(e: Evidence) -> Diagnostic:
    """An effect on what the drug cannot change is bias."""
    meaning = "share of negative controls with an effect (95% interval without 1)"
    rows = e.tables["effects"].filter(pl.col("analysis") == "negative_control")
    asked = ~pl.col("contrast").str.ends_with("calibrated")
    found = rows.filter(asked, pl.col("lo").is_not_null())
    enough = found.height >= FEWEST_CONTROLS
    hit = ((found["lo"] > 1) | (found["hi"] < 1)).mean() if enough else None
    if not e.study.analysis.negative_controls:
        meaning += "; none is declared"
    else:
        meaning += f"; {found.height} of {rows.filter(asked).height} have an estimate"
        meaning += _calibrated(rows.filter(~asked))
    return Diagnostic(
        "negative_controls",
        None if hit is None else float(hit),  # type: ignore[arg-type]
        0.25,
        meaning,
        "Lipsitch et al. 2010; Schuemie et al. 2014; a quarter by convention",
        "bias is left: read the calibrated estimate, and look for what is not adjusted for",
        decides=hit is not None,
    )


def _calibrated(rows: pl.DataFrame) -> str:
    """Whether the answer's ratio was calibrated by them; where it stands, not what it is."""
    if rows["estimate"].is_not_null().any():
        return "; the ratio of the answer calibrated by them stands in effects.csv"
    return "; they calibrate no estimate"


def detectable(e: Evidence) -> Diagnostic:
    """The effect that the answer had 80% power to find; no threshold, for it is the reader's."""
    se, measure = e.primary["se"], e.primary["measure"]
    value, unit = None, ""
    if se is not None and measure is not None:
        value = POWER * se if measure in DIFFERENCES else float(np.exp(POWER * se))
        unit = f" ({measure})"
    return Diagnostic(
        "minimum_detectable",
        value,
        None,
        f"smallest effect that the answer would have found with 80% power{unit}",
        "Schoenfeld 1981; no threshold: what matters is the reader's",
        "no effect found is no proof of none where this is larger than what would matter",
    )
