"""What makes the arms comparable: propensity score, matched pairs, overlap.

Admissions with a missing matching variable have no score and take no part; they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig import disclosure, match
from ehrivig.balance import CovariateBalance, balance
from ehrivig.dataset import KEY, Floats, exposed, matrix
from ehrivig.errors import AnalysisError
from ehrivig.stats.logistic import logistic, predicted
from ehrivig.study import Study

MATCHED_SCHEMA: dict[str, Any] = {
    "exposed": pl.Boolean,
    "pair_id": pl.Int64,
    "propensity_score": pl.Float64,
    "weight": pl.Float64,
}
OVERLAP_BINS = 25
DECILES = 10


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
        balance_table(table, matched, study),
        overlap_table(score, arm, study.report.smallest_cell),
        positivity_table(table, score, arm, study.report.smallest_cell),
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


BALANCE_SCHEMA: dict[str, Any] = {
    "covariate": pl.String,
    "label": pl.String,
    "level": pl.String,
    **{
        f"{what}_{when}": pl.Float64
        for when in ("unmatched", "matched")
        for what in ("mean_exposed", "mean_control", "smd", "variance_ratio", "ks")
    },
    "smd_denominator": pl.String,
    "missing": pl.Int64,
    "in_score": pl.Boolean,
}


def balance_table(table: pl.DataFrame, matched: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Every covariate before and after matching, with the SMD's denominator named.

    Means of a yes/no covariate with a small cell are null; the SMD stays.
    """
    names = tuple(
        dict.fromkeys([*study.match.covariates, *(v.name for v in study.covariates.variables)])
    )
    weight = table.select(KEY).join(matched.select(*KEY, "weight"), on=KEY, how="left")
    used = weight["weight"].fill_null(0.0).to_numpy()
    labels = {v.name: v.label for v in study.covariates.variables}
    labels |= {v.name: v.label for v in study.outcomes.variables}
    arm, rows = exposed(table), []
    for name in names:
        x = matrix(table, (name,))
        try:
            found = balance(
                arm,
                x,
                weights=used if used.any() else None,
                names=[name],
                denominator=study.match.smd_denominator,
            ).rows[0]
        except AnalysisError:
            continue
        row: dict[str, Any] = {"covariate": name, "label": labels[name], "level": found.level}
        row |= {"smd_denominator": study.match.smd_denominator, "missing": found.missing}
        row["in_score"] = name in study.match.covariates
        rows.append({**row, **_sides(found, x[:, 0], arm, used, study.report.smallest_cell)})
    return pl.DataFrame(rows, schema=BALANCE_SCHEMA)


def _sides(
    found: CovariateBalance, x: Floats, arm: NDArray[np.bool_], used: Floats, smallest: int
) -> dict[str, float | None]:
    """Both halves of a balance row; without pairs the second half is empty."""
    row: dict[str, float | None] = {}
    for when, side, member in (
        ("unmatched", found.before, np.ones(len(x), bool)),
        ("matched", found.after, used > 0),
    ):
        if not member.any():
            continue
        # The unmatched are described in a table of their own, and everybody in Table 1: what one
        # part may not show, the other may not either.
        parts = [part & ~np.isnan(x) for part in (member, ~member)]
        cells = [(int(x[k & a].sum()), int((k & a).sum())) for k in parts for a in (arm, ~arm)]
        hidden = found.binary and disclosure.any_small(cells, smallest)
        row |= {
            f"mean_exposed_{when}": None if hidden else side.mean_treated,
            f"mean_control_{when}": None if hidden else side.mean_control,
            f"smd_{when}": _known(side.smd),
            f"variance_ratio_{when}": _known(side.variance_ratio),
            f"ks_{when}": _known(side.ks),
        }
    return row


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def overlap_table(score: Floats, arm: NDArray[np.bool_], smallest: int) -> pl.DataFrame:
    """Admissions per arm and bin [lo, hi) of the score; small counts are null."""
    edges = np.linspace(0, 1, OVERLAP_BINS + 1)
    known = ~np.isnan(score)
    counts = {
        name: np.histogram(score[known & who], bins=edges)[0].astype(np.int64)
        for name, who in (("exposed", arm), ("control", ~arm))
    }
    shown = {
        name: pl.Series(disclosure.hide_counts(n.tolist(), smallest), dtype=pl.Int64)
        for name, n in counts.items()
    }
    return pl.DataFrame({"lo": edges[:-1], "hi": edges[1:], **shown})


def positivity_table(
    table: pl.DataFrame, score: Floats, arm: NDArray[np.bool_], smallest: int
) -> pl.DataFrame:
    """Admissions per hospital, decile of the score and arm; one arm alone has no support."""
    frame = table.select("hospital_id").with_columns(
        pl.Series("score", score).fill_nan(None), pl.Series("exposed", arm)
    )
    frame = frame.filter(pl.col("score").is_not_null())
    if frame.is_empty():
        return pl.DataFrame(
            schema={
                "hospital_id": pl.String,
                "decile": pl.Int64,
                "exposed": pl.Int64,
                "control": pl.Int64,
                "supported": pl.Boolean,
            }
        )
    rank = (pl.col("score").rank("ordinal") - 1) * DECILES // pl.len() + 1
    return (
        frame.with_columns(rank.cast(pl.Int64).alias("decile"))
        .group_by("hospital_id", "decile")
        .agg(
            pl.col("exposed").sum().cast(pl.Int64).alias("exposed"),
            (~pl.col("exposed")).sum().cast(pl.Int64).alias("control"),
        )
        .with_columns(((pl.col("exposed") > 0) & (pl.col("control") > 0)).alias("supported"))
        .sort("hospital_id", "decile")
        .with_columns(_hidden("exposed", smallest), _hidden("control", smallest))
    )


def _hidden(name: str, smallest: int) -> pl.Expr:
    """A column of counts of one whole, with what must not be shown null."""
    return pl.col(name).map_batches(
        lambda n: pl.Series(disclosure.hide_counts(n.to_list(), smallest), dtype=pl.Int64),
        return_dtype=pl.Int64,
    )
