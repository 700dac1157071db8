"""What was coded of people as columns of a score: a sparse matrix of thousands of yes and no."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from ehrivig.codes.spelling import plain_name
from ehrivig.dataset import KEY
from ehrivig.disclosure import FEWEST_DESCRIBED
from ehrivig.errors import many
from ehrivig.stats.arrays import ROUNDING
from ehrivig.study import Study

SENT = {
    "diagnosis": "a diagnosis known by then",
    "drug": "a drug given by then",
    "lab": "a laboratory value by then",
    "vital": "a vital sign by then",
}
"""Kinds that every hospital has of somebody, and what it is to have one."""
NUMBERS = ("lab", "vital")
"""Kinds of which a number was measured: it was at all, it was low, it was high."""


@dataclass(frozen=True)
class Coded:
    """The covariates: `names` (p,) as "kind code", `kinds` (p,), and who has them, `x` (n, p).

    `unknown`: what the study leaves out and is none of them anyway. `rare`: how many were too rare,
    or had by nearly all. `silent`: kinds of which nobody of some hospitals has anything, in words.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    x: csr_matrix
    unknown: tuple[str, ...]
    rare: int
    silent: tuple[str, ...] = ()


def coded(people: pl.DataFrame, rows: pl.DataFrame, study: Study) -> Coded:
    """The covariates of `people` (KEY), from `rows`: KEY, kind, code, value of one each.

    A number is three columns: measured, in the lowest and in the highest quarter of all people of
    whom it is known. What fewer than `large_scale_prevalence` have, or have not, is left out, and
    what the study names: a code with all its columns, or one column.
    """
    place = people.select(KEY).with_row_index("row")
    rows = rows.join(place, on=KEY, how="inner").with_columns(
        pl.concat_str("kind", "code", separator=" ").alias("name")
    )
    long = pl.concat([_present(rows), *_quarters(rows)])
    n, least = people.height, study.analysis.large_scale_prevalence * people.height
    count = long.group_by("name", "column", "kind").len("count")
    out = _left_out(count, study)
    told = count.join(out, on="column", how="semi").filter(
        _enough(max(least, study.report.smallest_cell), n)
    )
    unknown = _not_among(told, study)
    wide = count.join(out, on="column", how="anti")
    kept = wide.filter(_enough(least, n)).sort("kind", "column").with_row_index("j")
    cells = long.join(kept.select("column", "j"), on="column", how="inner")
    at = (cells["row"].to_numpy(), cells["j"].to_numpy())
    x = csr_matrix((np.ones(cells.height), at), shape=(n, kept.height))
    names, kinds = tuple(kept["column"].to_list()), tuple(kept["kind"].to_list())
    silent = _silent(people, rows)
    return Coded(names, kinds, x, unknown, wide.height - kept.height, silent)


def _silent(people: pl.DataFrame, rows: pl.DataFrame) -> tuple[str, ...]:
    """Where nobody has anything of a kind: not sent, not dated, or not done; that is not known.

    Of hospitals with as many people as may be described; of fewer it may be chance.
    """
    sizes = people.group_by("hospital_id").len()
    large = sizes.filter(pl.col("len") >= FEWEST_DESCRIBED)["hospital_id"]
    said = []
    for kind, words in SENT.items():
        there = rows.filter(pl.col("kind") == kind)["hospital_id"].unique()
        without = int((~large.is_in(there.implode())).sum())
        if without:
            said.append(f"in {without} of {many(len(large), 'hospital')} nobody has {words}")
    return tuple(said)


def _enough(least: float, n: int) -> pl.Expr:
    """Whether so many of n people have it, and so many have not; a product of floats is rounded."""
    count, fewest = pl.col("count").cast(pl.Int64), least * (1 - ROUNDING)
    return (count >= fewest) & (n - count >= fewest)


def _left_out(count: pl.DataFrame, study: Study) -> pl.DataFrame:
    """The columns that the study leaves out, by the name of their code or their own."""
    asked = sorted({_alike(name) for name in study.analysis.large_scale_leave_out})
    named = _spelt("name").is_in(asked) | _spelt("column").is_in(asked)
    return count.filter(named).select("column")


def _not_among(told: pl.DataFrame, study: Study) -> tuple[str, ...]:
    """What the study leaves out, and would be no covariate either: nothing is told of few."""
    there = {_alike(name) for name in [*told["name"], *told["column"]]}
    asked = study.analysis.large_scale_leave_out
    return tuple(sorted(name for name in asked if _alike(name) not in there))


def _spelt(column: str) -> pl.Expr:
    return pl.col(column).map_elements(_alike, return_dtype=pl.String)


def _alike(name: str) -> str:
    """A name for comparison: no case, no dots of a code."""
    return plain_name(name).replace(".", "")


def _present(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each person and code: row, name, kind, column."""
    measured = pl.when(pl.col("kind").is_in(NUMBERS)).then(pl.lit(" measured"))
    column = pl.concat_str("name", measured.otherwise(pl.lit("")))
    return rows.select("row", "name", "kind", column.alias("column")).unique()


def _quarters(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """One row for each person whose number is among the lowest, or the highest, quarter."""
    known = rows.filter(pl.col("value").is_finite() & pl.col("kind").is_in(NUMBERS))
    value = pl.col("value")
    ends = known.with_columns(
        low=value.quantile(0.25, "nearest").over("name"),
        high=value.quantile(0.75, "nearest").over("name"),
    ).filter(pl.col("low") < pl.col("high"))
    return [
        ends.filter(where).select(
            "row", "name", "kind", pl.concat_str("name", pl.lit(word)).alias("column")
        )
        for where, word in ((value <= pl.col("low"), " low"), (value >= pl.col("high"), " high"))
    ]
