"""Whether the arms are comparable: balance, overlap and positivity, as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig import disclosure
from ehrivig.dataset import KEY, Floats, exposed, matrix
from ehrivig.errors import AnalysisError
from ehrivig.stats.balance import CovariateBalance, balance, level_difference
from ehrivig.study import Study
from ehrivig.study.admitted import FOLLOWS, late_names, until_hours

OVERLAP_BINS = 25
DECILES = 10
HOSPITAL_ROW = "hospital_id"
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
    "note": pl.String,
    "until_hours": pl.Float64,
}


def balance_table(table: pl.DataFrame, matched: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Every covariate before and after matching, with the SMD's denominator named.

    `until_hours`: how long after time zero it was still looked for, null where no later.

    Means of a yes/no covariate with a small cell are null; the SMD stays.
    """
    names = tuple(
        dict.fromkeys([*study.match.covariates, *(v.name for v in study.covariates.variables)])
    )
    weight = table.select(KEY).join(matched.select(*KEY, "weight"), on=KEY, how="left")
    used = weight["weight"].fill_null(0.0).to_numpy()
    labels = {v.name: v.label for v in study.covariates.variables}
    labels |= {v.name: v.label for v in study.outcomes.variables}
    late = late_names(study, names)
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
        row["note"] = FOLLOWS if name in late else None
        row["until_hours"] = until_hours(study, name)
        rows.append({**row, **_sides(found, x[:, 0], arm, used, study.report.smallest_cell)})
    return pl.DataFrame([*rows, *_hospitals(table, used, study)], schema=BALANCE_SCHEMA)


def _hospitals(
    table: pl.DataFrame, used: Floats, study: Study
) -> list[dict[str, str | float | bool | int | None]]:
    """How far the arms differ in their hospitals, in one row; none for one hospital."""
    if table["hospital_id"].n_unique() < 2:
        return []
    weights = used if used.any() else None
    before, after = level_difference(exposed(table), table["hospital_id"].to_numpy(), weights)
    if np.isnan(before):
        return []
    return [
        {
            "covariate": HOSPITAL_ROW,
            "label": "Hospital",
            "level": "all levels",
            "smd_unmatched": _known(before),
            "smd_matched": None if weights is None else _known(after),
            "smd_denominator": "pooled_unmatched",
            "missing": 0,
            "in_score": study.hospital_in_score or study.match.within_hospital,
        }
    ]


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
