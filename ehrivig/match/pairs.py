"""The matched: which exposed and unexposed admissions are compared, with their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig import match
from ehrivig.dataset import KEY, Floats
from ehrivig.study import Study

MATCHED_SCHEMA: dict[str, Any] = {
    "exposed": pl.Boolean,
    "pair_id": pl.Int64,
    "propensity_score": pl.Float64,
    "weight": pl.Float64,
}


def pairs(table: pl.DataFrame, arm: NDArray[np.bool_], score: Floats, study: Study) -> pl.DataFrame:
    """One row per matched admission: the key, exposed, pair_id (from 0), score and weight."""
    plan, known = study.match, np.flatnonzero(~np.isnan(score))
    p, treated = score[known], arm[known]
    distance = match.logit(p) if plan.caliper_scale == "logit_sd" else p
    width = None
    if plan.caliper is not None:
        width = match.caliper_width(p, plan.caliper, plan.caliper_scale)
    groups = _groups(table[known], study)
    if plan.method == "optimal":
        found = match.optimal(distance, treated, width or float(np.ptp(distance)), exact=groups)
    else:
        found = match.nearest(
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
    sets, weights = found.set_id(), found.weights()
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


def no_pairs(table: pl.DataFrame) -> pl.DataFrame:
    """The matched of a table in which nobody is: no rows, all columns."""
    return (
        table.head(0)
        .select(KEY)
        .with_columns(
            pl.lit(None, dtype=dtype).alias(name) for name, dtype in MATCHED_SCHEMA.items()
        )
    )


def _groups(rows: pl.DataFrame, study: Study) -> NDArray[np.int64] | None:
    """Labels within which pairs must lie: hospital, exact variables; None without any."""
    names = [*(["hospital_id"] if study.match.within_hospital else []), *study.match.exact]
    if not names:
        return None
    return rows.select(pl.struct(names).rank("dense").cast(pl.Int64)).to_series().to_numpy()
