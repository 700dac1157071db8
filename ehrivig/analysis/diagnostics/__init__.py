"""Whether to believe the answer: each diagnostic with its threshold, its verdict and what follows.

One row each of diagnostics.csv. `verdict`: pass, fail, or not assessed. Where one that `decides`
fails, the head of the report says that the answer should not be read as an effect.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from ehrivig.analysis.diagnostics import alike, effect, people, weights
from ehrivig.analysis.diagnostics.diagnostic import Diagnostic, Evidence

__all__ = ["SCHEMA", "Evidence", "diagnostics"]

SCHEMA: dict[str, Any] = {
    "diagnostic": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "verdict": pl.String,
    "meaning": pl.String,
    "decides": pl.Boolean,
    "source": pl.String,
    "follows": pl.String,
}


def diagnostics(evidence: Evidence) -> pl.DataFrame:
    """Every diagnostic of a run, in the order in which a reader asks."""
    clones = weights.clones(evidence)
    found: list[Diagnostic] = [
        people.follow_up(evidence),
        people.transferred(evidence),
        people.immortal_time(evidence),
        people.eligible(evidence),
        people.treated(evidence),
        people.undated(evidence),
        people.post_baseline(evidence),
        people.positivity(evidence),
        *weights.largest(evidence),
        *weights.effective(evidence, clones),
        alike.hospitals(evidence),
        alike.in_score(evidence, clones),
        alike.squares(evidence),
        alike.not_in_score(evidence),
        *alike.large_scale(evidence),
        alike.overlap(evidence, clones),
        alike.equipoise(evidence, clones),
        people.complete(evidence),
        effect.controls(evidence),
        effect.detectable(evidence),
    ]
    return pl.DataFrame([one.row for one in found], schema=SCHEMA)
