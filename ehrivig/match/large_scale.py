"""Pairs by a score of all that was coded before time zero, and balance over all of it.

The score of the study knows what somebody thought of. This one is learned from everything: the
matching variables, and every diagnosis, drug, procedure and measurement that enough people have.
Balance over all of them is shown for both, so that the pairs of the study are held against what
nobody thought of as well.
Source: Schneeweiss et al. 2009; Tian, Schuemie & Suchard 2018; Schuemie et al. 2020 (balance over
all covariates); Walker et al. 2013 (preference score).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, hstack

from ehrivig.dataset import KEY, OTHERS, SHARE, exposed, matrix, score_names
from ehrivig.errors import AnalysisError
from ehrivig.match.coded import Coded, coded
from ehrivig.match.coded_balance import coded_balance
from ehrivig.match.comparison import Comparison
from ehrivig.match.diagnostics import overlap_table
from ehrivig.match.large_scale_tables import calibration, grid, summary
from ehrivig.match.pairs import no_pairs, pairs
from ehrivig.stats.result import BoolArray
from ehrivig.stats.weighting.lasso_score import LassoScore, lasso_score, preference
from ehrivig.study import Study

FAVOURED = 5.0
"""How many spreads of a matching variable its column holds: it is penalised so much less."""
SUMMARY = "large_scale_score"
"""The table of what the score is and leaves: what, label, value."""


@dataclass(frozen=True)
class LargeScale:
    """Pairs by the learned score: `matched` as that of a `Comparison`, empty with `why_none`.

    `covariates`: every covariate with its balance, which must not leave the hospital; `tables`:
    what of it may, by name. `note`: what the reader of an estimate must know.
    """

    matched: pl.DataFrame
    covariates: pl.DataFrame = field(default_factory=pl.DataFrame)
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    why_none: str = ""
    note: str = ""

    def matched_rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of the analysis table that are in a pair, with pair_id and weight."""
        extra = self.matched.drop("exposed")
        return table.join(extra, on=KEY, how="inner", validate="1:1").sort(KEY)

    @property
    def every(self) -> pl.DataFrame:
        """How many covariates lie where, those of few people among them: not to leave either."""
        return grid(self.covariates) if self.covariates.width else self.covariates

    def write(self, folder: Path) -> None:
        """Leave the covariates and what is told of them in a run folder."""
        if self.covariates.width:
            self.covariates.write_csv(folder / "large_scale.csv")
        for name, frame in self.tables.items():
            frame.write_csv(folder / f"{name}.csv")


def compare(table: pl.DataFrame, arms: Comparison, rows: pl.DataFrame, study: Study) -> LargeScale:
    """Learn the score of all complete rows of `table`, and match on it as the study matches.

    `rows`: what was coded (`match.coded`); `arms`: the comparison by the study's own score. No
    score, or no pair, is a result with its reason, and with the balance of the study's pairs.
    """
    asked = score_names(table, study)
    names = tuple(name for name in asked if name != SHARE)
    people = table.filter(pl.Series(~np.isnan(matrix(table, names)).any(axis=1), dtype=pl.Boolean))
    if SHARE in asked:
        rows = pl.concat([rows, _small_hospitals(people).select(rows.columns)])
    found = coded(people, rows, study)
    arm = exposed(people)
    if not arm.any() or arm.all():
        return LargeScale(
            no_pairs(table), why_none="one arm has nobody with all matching variables"
        )
    declared = _declared(people, names)
    learned, why = _learned(arm, csr_matrix(hstack([declared, found.x])), study)
    matched = no_pairs(people)
    if learned is not None:
        matched = pairs(people, arm, learned.score, study)
        why = "" if matched.height else "the caliper admits no pair on the large-scale score"
    both = (arms.matched, matched)
    covariates = coded_balance(people, (names, declared), found, learned, both, study)
    tables = {
        SUMMARY: summary(covariates, found, learned, both, study.report),
        "large_scale_balance": grid(covariates.filter("shown")),
    }
    if learned is not None:
        score = preference(learned.score, float(arm.mean()))
        tables["large_scale_calibration"] = calibration(arm, learned, study.report)
        tables["large_scale_preference"] = overlap_table(score, arm, study.report.smallest_cell)
    return LargeScale(matched, covariates.drop("shown"), tables, why, _note(found, learned))


def _learned(arm: BoolArray, x: csr_matrix, study: Study) -> tuple[LassoScore | None, str]:
    """The score; else why there is none: balance over all that was coded there is all the same."""
    try:
        return lasso_score(arm, x, seed=study.study.seed), ""
    except AnalysisError as error:
        return None, str(error)


def _small_hospitals(people: pl.DataFrame) -> pl.DataFrame:
    """Each person's hospital as what was coded of him, of hospitals without a column of their own.

    In place of the share that they expose, which tells of those whom a model has not seen.
    """
    small = people.filter(pl.col(OTHERS) == 1) if OTHERS in people.columns else people
    return small.select(
        KEY,
        kind=pl.lit("hospital"),
        code=pl.col("hospital_id"),
        value=pl.lit(None, pl.Float64),
    )


def _declared(people: pl.DataFrame, names: tuple[str, ...]) -> csr_matrix:
    """The matching variables, so scaled that the penalty hardly holds them."""
    x = matrix(people, names)
    spread = x.std(axis=0)
    centred = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return csr_matrix(FAVOURED * centred)


def _note(found: Coded, learned: LassoScore | None) -> str:
    """What the reader of an estimate by this score must know."""
    said = list(found.silent)
    if learned is not None:
        kept = f"{learned.kept} of {len(learned.coef):,} covariates in the score"
        said = [f"{kept}, C-statistic {learned.c_statistic:.2f}", *said]
    if found.unknown:
        said.append(f"left out, but no covariate anyway: {', '.join(found.unknown)}")
    return "; ".join(said)
