"""What makes the arms comparable: propensity score, matched pairs, overlap.

Admissions with a missing matching variable have no score and take no part; they are counted.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.dataset import (
    KEY,
    Floats,
    exposed,
    hospital_names,
    matrix,
    straight,
    with_hospitals,
    with_splines,
)
from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.match import diagnostics
from ehrivig.match.pairs import no_pairs, pairs
from ehrivig.match.score import scores
from ehrivig.study import Study


@dataclass(frozen=True)
class Comparison:
    """Scores of all admissions with complete matching variables, and the pairs among them.

    `score` (rows of the table,) is NaN without a score. `matched` has one row per matched
    admission: the key, exposed, pair_id (from 0), propensity_score, weight. `note`: what is
    unusual about the score.
    """

    score: Floats
    matched: pl.DataFrame
    balance: pl.DataFrame
    overlap: pl.DataFrame
    positivity: pl.DataFrame
    n_incomplete: int
    why_none: str
    note: str = ""

    @property
    def n_pairs(self) -> int:
        """The number of matched sets."""
        return self.matched["pair_id"].n_unique()

    def matched_rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of the analysis table that are matched, with pair_id and weight."""
        return _rows_of(self.matched, table)

    def write(self, folder: Path) -> None:
        """Leave the pairs, the balance and the overlap in a run folder."""
        self.matched.write_parquet(folder / "matched.parquet")
        self.balance.write_csv(folder / "balance.csv")
        self.overlap.write_csv(folder / "overlap.csv")
        self.positivity.write_csv(folder / "positivity.csv")


def compare(table: pl.DataFrame, study: Study) -> Comparison:
    """Fit the score, match on it, describe the overlap. No pair is a result, with its reason."""
    arm = exposed(table)
    complete = ~np.isnan(matrix(table, study.match.covariates)).any(axis=1)
    score, why = np.full(table.height, np.nan), ""
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", NumericalWarning)
        try:
            score = scores(table, study)
            matched = pairs(table, arm, score, study)
            if matched.is_empty():
                why = "the caliper admits no pair. Widen [match] caliper, or look at the overlap."
        except AnalysisError as error:
            matched, why = no_pairs(table), str(error)
    return Comparison(
        score,
        matched,
        diagnostics.balance_table(table, matched, study),
        diagnostics.overlap_table(score, arm, study.report.smallest_cell),
        diagnostics.positivity_table(table, score, arm, study.report.smallest_cell),
        int((~complete).sum()),
        why,
        "; ".join(
            [
                *(str(w.message) for w in raised if issubclass(w.category, NumericalWarning)),
                *(f"{name} takes too few values for a curve" for name in straight(table, study)),
            ]
        ),
    )


def match_again(table: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, Floats]:
    """Another table scored and matched as the study says: its matched rows, and every score.

    The rows have pair_id, propensity_score and weight beside their own columns. Raises
    AnalysisError when there is no score or no pair.
    """
    if hospital_names(table):
        table = with_hospitals(table)  # other hospitals are left, or others are small
    table = with_splines(table, study)
    score = scores(table, study)
    matched = pairs(table, exposed(table), score, study)
    if matched.is_empty():
        raise AnalysisError("the caliper admits no pair")
    return _rows_of(matched, table), score


def _rows_of(matched: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    extra = matched.drop("exposed")
    return table.join(extra, on=KEY, how="inner", validate="1:1").sort(KEY)
