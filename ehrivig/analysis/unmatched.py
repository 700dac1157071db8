"""Who was not matched, per arm, described like Table 1: whom the matched estimate is not about."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ehrivig.analysis.describe import ARMS, describe
from ehrivig.dataset import KEY, Variable
from ehrivig.study import Study

_NUMBERS = ("events", "percent", "mean", "sd", "median", "q1", "q3")
_OF_BOTH = ("p", "smd")


def unmatched(
    table: pl.DataFrame, matched: pl.DataFrame, variables: Sequence[Variable], study: Study
) -> pl.DataFrame:
    """One row per baseline variable, as `describe`, of the admissions that are in no matched set.

    Table 1 describes everybody, so a count of the unmatched also tells that of the matched: where
    the matched part of an arm is too small to show, the unmatched part is not shown either.
    """
    policy, smallest = study.analysis.test_policy, study.report.smallest_cell
    rest = table.join(matched, on=KEY, how="anti")
    found = describe(rest, variables, policy=policy, smallest=smallest)
    binary = [variable for variable in variables if variable.binary]
    inside = describe(matched, binary, policy=policy, smallest=smallest)
    hidden = inside.filter("suppressed")["variable"].to_list()
    return found.with_columns(_blank(hidden)) if hidden else found


def _blank(hidden: Sequence[str]) -> list[pl.Expr]:
    """Expressions that take the numbers out of the rows of these variables."""
    here = pl.col("variable").is_in(list(hidden))
    names = [*_OF_BOTH, *(f"{what}_{arm}" for what in _NUMBERS for arm in ARMS)]
    blank = [pl.when(~here).then(pl.col(name)).alias(name) for name in names]
    text = [f"text_{arm}" for arm in ARMS]
    blank += [pl.when(here).then(pl.lit("suppressed")).otherwise(name).alias(name) for name in text]
    blank.append(pl.when(here).then(pl.lit("suppressed")).otherwise("test").alias("test"))
    return [*blank, (pl.col("suppressed") | here).alias("suppressed")]
