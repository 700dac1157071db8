"""What an analysis works on: everybody, the matched, their scores, and the way to match others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.models import set_weights
from ehrivig.analysis.outcome_model import model_of
from ehrivig.dataset import Floats, exposed, values
from ehrivig.stats.result import Effect
from ehrivig.study import Study

Rematch = Callable[[pl.DataFrame], tuple[pl.DataFrame, Floats]]
"""Scores and matches a table anew: its matched rows, with pair_id and weight, and every score."""


@dataclass(frozen=True)
class Other:
    """Other pairs among the same people, by another score; none, and why.

    `matched` as that of a `Sample`; `note`: what their reader must know; `summary`: what, label,
    value of what the score is and leaves.
    """

    matched: pl.DataFrame
    why_none: str = ""
    note: str = ""
    summary: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass(frozen=True)
class Sample:
    """The admissions of a study.

    `table` is the analysis table, `matched` its matched rows with pair_id and weight; `score` (rows
    of table,) is the propensity score, NaN without one; `rematch` scores and matches another table
    the same way (imputed, or without a hospital). `large_scale`: the pairs by the large-scale
    score; None where the study asks for none.
    """

    table: pl.DataFrame
    matched: pl.DataFrame
    score: Floats
    rematch: Rematch
    large_scale: Other | None = None

    @property
    def populations(self) -> tuple[tuple[str, pl.DataFrame], ...]:
        """Everybody and the matched, as effects.csv names them."""
        return ("all", self.table), ("matched", self.matched)


def matched_target(table: pl.DataFrame, matched: pl.DataFrame, smallest: int) -> str:
    """Among whom matching estimates: all exposed (ATT), or those that have a match (ATM)."""
    n, pairs = int(table["exposed"].sum()), int(matched["exposed"].sum())
    if n == pairs:
        return "ATT"
    told = f"{pairs:,} of {n:,}"
    if disclosure.small(n - pairs, smallest) or disclosure.small(pairs, smallest):
        told = "not all"
    return f"ATM ({told} exposed have a match)"


def matched_effect(matched: pl.DataFrame, study: Study) -> Effect:
    """The effect on the primary outcome in a matched set; variance clustered on pairs."""
    y, arm = values(matched, study.primary.name), exposed(matched)
    model, known = model_of(study.primary), ~np.isnan(y)
    if set_weights(matched) is not None:
        return model.crude(y, arm, "ATT", set_weights(matched))
    return model.clustered(y[known], arm[known], matched["pair_id"].to_numpy()[known])
