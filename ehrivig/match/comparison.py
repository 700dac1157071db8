"""What makes the arms comparable: propensity score, matched pairs, overlap.

Admissions with a missing matching variable have no score and take no part; they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig import match
from ehrivig.dataset import KEY, Floats, exposed, matrix
from ehrivig.errors import AnalysisError
from ehrivig.match import diagnostics
from ehrivig.stats.regression.logistic import logistic, predicted
from ehrivig.study import Study

MATCHED_SCHEMA: dict[str, Any] = {
    "exposed": pl.Boolean,
    "pair_id": pl.Int64,
    "propensity_score": pl.Float64,
    "weight": pl.Float64,
}


@dataclass(frozen=True)
class Comparison:
    """Scores of all admissions with complete matching variables, and the pairs among them.

    `score` (rows of the table,) is NaN without a score. `matched` has one row per matched
    admission: the key, exposed, pair_id (from 0), propensity_score, weight.
    """

    score: Floats
    matched: pl.DataFrame
    balance: pl.DataFrame
    overlap: pl.DataFrame
    positivity: pl.DataFrame
    n_incomplete: int
    why_none: str

    @property
    def n_pairs(self) -> int:
        """The number of matched sets."""
        return self.matched["pair_id"].n_unique()

    def matched_rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of the analysis table that are matched, with pair_id and weight."""
        extra = self.matched.drop("exposed")
        return table.join(extra, on=KEY, how="inner", validate="1:1").sort(KEY)

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
    try:
        score = scores(table, study)
        matched = _matched(table, arm, score, study)
        if matched.is_empty():
            why = "the caliper admits no pair. Widen [match] caliper, or look at the overlap."
    except AnalysisError as error:
        matched, why = _empty(table), str(error)
    return Comparison(
        score,
        matched,
        diagnostics.balance_table(table, matched, study),
        diagnostics.overlap_table(score, arm, study.report.smallest_cell),
        diagnostics.positivity_table(table, score, arm, study.report.smallest_cell),
        int((~complete).sum()),
        why,
    )


def scores(table: pl.DataFrame, study: Study) -> Floats:
    """The propensity score of each row (rows,), NaN where a matching variable is missing.

    Raises AnalysisError as `propensity` does.
    """
    arm, x = exposed(table), matrix(table, study.match.covariates)
    complete = ~np.isnan(x).any(axis=1)
    score = np.full(table.height, np.nan)
    score[complete] = propensity(arm[complete], x[complete], study.match.covariates)
    return score


def match_again(table: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, Floats]:
    """Another table scored and matched as the study says: its matched rows, and every score.

    The rows have pair_id, propensity_score and weight beside their own columns. Raises
    AnalysisError when there is no score or no pair.
    """
    score = scores(table, study)
    matched = _matched(table, exposed(table), score, study)
    if matched.is_empty():
        raise AnalysisError("the caliper admits no pair")
    extra = matched.drop("exposed")
    return table.join(extra, on=KEY, how="inner", validate="1:1").sort(KEY), score


def propensity(arm: NDArray[np.bool_], x: Floats, names: tuple[str, ...]) -> Floats:
    """Probability of exposure of each row, by unpenalised maximum likelihood; shape (rows,).

    A covariate that is the same in all rows says nothing and is left out of the model. Raises
    AnalysisError when an arm is empty or the arms are separated.
    """
    if arm.all() or not arm.any():
        empty = "unexposed" if arm.all() else "exposed"
        raise AnalysisError(f"no {empty} admission with complete matching variables")
    varies = np.array([np.ptp(column) > 0 for column in x.T], dtype=bool)
    kept = [name for name, keep in zip(names, varies, strict=True) if keep]
    if not kept:
        return np.full(len(arm), arm.mean())
    fit = logistic(arm.astype(float), x[:, varies], names=kept, event_label="exposed")
    return predicted(fit, x[:, varies])


def _matched(
    table: pl.DataFrame, arm: NDArray[np.bool_], score: Floats, study: Study
) -> pl.DataFrame:
    """One row per matched admission."""
    plan, known = study.match, np.flatnonzero(~np.isnan(score))
    p, treated = score[known], arm[known]
    distance = match.logit(p) if plan.caliper_scale == "logit_sd" else p
    width = None
    if plan.caliper is not None:
        width = match.caliper_width(p, plan.caliper, plan.caliper_scale)
    groups = _groups(table[known], study)
    if plan.method == "optimal":
        pairs = match.optimal(distance, treated, width or float(np.ptp(distance)), exact=groups)
    else:
        pairs = match.nearest(
            distance,
            treated,
            width,
            order=plan.order,
            ratio=plan.ratio,
            replace=plan.replace,
            tie_rule=plan.tie_rule,
            exact=groups,
            seed=study.study.seed if plan.order == "random" else None,
        )
    sets, weights = pairs.set_id(), pairs.weights()
    rows = np.flatnonzero(sets >= 0)
    return (
        table[known[rows]]
        .select(KEY)
        .with_columns(
            pl.Series("exposed", treated[rows]),
            pl.Series("pair_id", sets[rows]),
            pl.Series("propensity_score", p[rows]),
            pl.Series("weight", weights[rows]),
        )
        .sort(KEY)
    )


def _groups(rows: pl.DataFrame, study: Study) -> NDArray[np.int64] | None:
    """Labels within which pairs must lie: hospital, exact variables; None without any."""
    names = [*(["hospital_id"] if study.match.within_hospital else []), *study.match.exact]
    if not names:
        return None
    return rows.select(pl.struct(names).rank("dense").cast(pl.Int64)).to_series().to_numpy()


def _empty(table: pl.DataFrame) -> pl.DataFrame:
    return (
        table.head(0)
        .select(KEY)
        .with_columns(
            pl.lit(None, dtype=dtype).alias(name) for name, dtype in MATCHED_SCHEMA.items()
        )
    )
