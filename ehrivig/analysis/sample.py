"""What an analysis works on: everybody, the matched, their scores, and the way to match others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from ehrivig.analysis.models import crude, set_weights
from ehrivig.dataset import Floats, exposed, values
from ehrivig.stats.regression.logistic import exposure_effect, logistic
from ehrivig.stats.result import Effect
from ehrivig.study import Study

Rematch = Callable[[pl.DataFrame], tuple[pl.DataFrame, Floats]]
"""Scores and matches a table anew: its matched rows, with pair_id and weight, and every score."""


@dataclass(frozen=True)
class Sample:
    """The admissions of a study.

    `table` is the analysis table, `matched` its matched rows with pair_id and weight; `score` (rows
    of table,) is the propensity score, NaN without one; `rematch` scores and matches another table
    the same way (imputed, or without a hospital).
    """

    table: pl.DataFrame
    matched: pl.DataFrame
    score: Floats
    rematch: Rematch

    @property
    def populations(self) -> tuple[tuple[str, pl.DataFrame], ...]:
        """Everybody and the matched, as effects.csv names them."""
        return ("all", self.table), ("matched", self.matched)


def matched_effect(matched: pl.DataFrame, study: Study) -> Effect:
    """The odds ratio of the primary outcome in a matched set; variance clustered on pairs."""
    event, arm = values(matched, study.primary.name), exposed(matched)
    label = study.primary.event_label
    known = ~np.isnan(event)
    if set_weights(matched) is not None:
        return crude(event, arm, label, "ATT", set_weights(matched))
    fit = logistic(
        event[known],
        arm[known, None].astype(float),
        cluster=matched["pair_id"].to_numpy()[known],
        names=["exposed"],
        event_label=label,
    )
    return exposure_effect(fit, event[known], arm[known], "exposed", estimand="ATT")
