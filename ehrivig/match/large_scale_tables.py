"""What may be told of a large-scale score: its numbers, balance without names, calibration."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from ehrivig import disclosure
from ehrivig.dataset import exposed
from ehrivig.match.coded import Coded
from ehrivig.match.coded_balance import SIDES
from ehrivig.stats.result import BoolArray
from ehrivig.stats.weighting.lasso_score import LassoScore
from ehrivig.study.plan import Report

BALANCED = 0.1
FARTHEST = 5.0
"""A larger standardised difference is told as this: one arm has it, the other has not."""
_STEP = 0.02
_DECILES = 10
BALANCE_SCHEMA: dict[str, Any] = {
    "score": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "covariates": pl.Int64,
}
SUMMARY_SCHEMA: dict[str, Any] = {"what": pl.String, "label": pl.String, "value": pl.Float64}
CALIBRATION_SCHEMA: dict[str, Any] = {"predicted": pl.Float64, "observed": pl.Float64}


def summary(
    covariates: pl.DataFrame,
    found: Coded,
    learned: LassoScore | None,
    matched: tuple[pl.DataFrame, pl.DataFrame],
    plan: Report,
) -> pl.DataFrame:
    """What was offered, what the score took, how well it tells the arms apart, and what is left.

    No number has so many digits that counts of people could be had from it.
    """
    rows: list[tuple[str, str, float | None]] = [
        ("covariates", "covariates offered", covariates.height),
        ("rare", "too rare, or had by nearly all", found.rare),
        *(() if learned is None else _of_score(learned)),
    ]
    for side, of in zip(SIDES, (None, *matched), strict=True):
        known = _known(covariates, side)
        shown = _known(covariates.filter("shown"), side)
        words = _WORDS[side]
        far = float((known > BALANCED).sum()) if len(known) else None
        rows.append((f"beyond_{side}", f"differ by more than {BALANCED} {words}", far))
        if of is not None:
            error = _error_of(of, plan)
            chance, left = _chance(known, error), _beyond(known, shown, error)
            rows.append((f"chance_{side}", f"would by chance alone {words}", chance))
            rows.append((f"left_{side}", f"how far one differs {words}, beyond chance", left))
        rows.append((f"largest_{side}", f"largest difference {words}", _rounded(shown.max())))
    return pl.DataFrame(rows, schema=SUMMARY_SCHEMA, orient="row")


def _of_score(learned: LassoScore) -> list[tuple[str, str, float | None]]:
    """What the score took, and how well it tells the arms apart."""
    return [
        ("kept", "of them in the score", learned.kept),
        ("c_statistic", "C-statistic in people not learned from", _rounded(learned.c_statistic)),
        ("penalty", "penalty of the lasso, of the mean log loss", float(f"{learned.penalty:.2g}")),
    ]


_WORDS = {
    "unmatched": "before matching",
    "matched": "in the pairs of the study's score",
    "large_scale": "in the pairs of the large-scale score",
}


def _known(covariates: pl.DataFrame, side: str) -> pl.Series:
    """The size of each difference that is known, as it is told at most."""
    return covariates[f"smd_{side}"].abs().drop_nulls().clip(upper_bound=FARTHEST)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


def _error_of(matched: pl.DataFrame, plan: Report) -> float | None:
    """The standard error of a standardised difference in pairs where nothing differs.

    By sizes that are rounded, lest what is told of chance tell them: None without pairs.
    """
    if matched.is_empty():
        return None
    weight, arm = matched["weight"].to_numpy(), exposed(matched)
    size = [w.sum() ** 2 / (w @ w) for w in (weight[arm], weight[~arm])]
    to = max(plan.counts_rounded_to, plan.smallest_cell, 1)
    told = [max(disclosure.nearest(float(n), to), to) for n in size]
    return math.sqrt(sum(1 / n for n in told))


def _chance(known: pl.Series, error: float | None) -> float | None:
    """How many covariates would differ by more than 0.1 if chance alone told the arms apart."""
    if error is None or known.is_empty():
        return None
    return round(2 * len(known) * float(norm.sf(BALANCED / error)), 1)


def _beyond(known: pl.Series, shown: pl.Series, error: float | None) -> float | None:
    """How far the farthest differs, less what one of as many may by chance (Bonferroni).

    In tenths, rounded up, where few people are behind the farthest.
    """
    if error is None or known.is_empty():
        return None
    chance = error * float(norm.isf(0.025 / len(known)))
    left = max(float(known.to_numpy().max()) - chance, 0.0)
    return round(left, 2) if known.max() == shown.max() else math.ceil(10 * left) / 10


def grid(shown: pl.DataFrame) -> pl.DataFrame:
    """How many covariates lie in each step of the difference before and after, for both scores."""
    parts = []
    for side in SIDES[1:]:
        both = (
            shown.select(before=pl.col("smd_unmatched").abs(), after=pl.col(f"smd_{side}").abs())
            .drop_nulls()
            .select(pl.all().clip(upper_bound=FARTHEST))
        )
        steps = both.select((pl.all() / _STEP).floor().cast(pl.Int64))
        counted = steps.group_by("before", "after").len("covariates").sort("before", "after")
        parts.append(
            counted.select(
                pl.lit("study" if side == "matched" else side).alias("score"),
                *((pl.col(n) * _STEP + _STEP / 2).round(4) for n in ("before", "after")),
                pl.col("covariates").cast(pl.Int64),
            )
        )
    return pl.concat(parts).select(pl.col(n).cast(t) for n, t in BALANCE_SCHEMA.items())


def calibration(arm: BoolArray, learned: LassoScore, plan: Report) -> pl.DataFrame:
    """Mean chance and share of the exposed in tenths of the held-out chances, smallest first.

    Tenths with few of an arm are joined with the next; shares are of counts as they are rounded.
    """
    parts: list[Any] = []
    for tenth in np.array_split(np.argsort(learned.held_out, kind="stable"), _DECILES):
        if parts and _few(arm[parts[-1]], plan.smallest_cell):
            parts[-1] = np.concatenate([parts[-1], tenth])
        else:
            parts.append(tenth)
    if len(parts) > 1 and _few(arm[parts[-1]], plan.smallest_cell):
        last = parts.pop()
        parts[-1] = np.concatenate([parts[-1], last])
    if _few(arm[parts[-1]], plan.smallest_cell):
        return pl.DataFrame(schema=CALIBRATION_SCHEMA)
    told = [
        (round(float(learned.held_out[rows].mean()), 3), round(_share(arm[rows], plan), 3))
        for rows in parts
    ]
    return pl.DataFrame(told, schema=CALIBRATION_SCHEMA, orient="row")


def _share(arm: BoolArray, plan: Report) -> float:
    given, n = (disclosure.nearest(k, plan.counts_rounded_to) for k in (int(arm.sum()), len(arm)))
    return min(given / n, 1.0)


def _few(arm: BoolArray, smallest: int) -> bool:
    n, given = len(arm), int(arm.sum())
    return not 0 < given < n or disclosure.small_proportion(given, n, smallest)
