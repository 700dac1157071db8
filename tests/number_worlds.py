"""Numbers by means, medians and ratios, and hospitals as clusters, where nothing has an effect.

Pairs of stays whose two logarithms share half their spread, in days or in whole days. Hospitals of
10 to 80 people that differ in level and in whom they treat (correlation 0.77): GEE and the mixed
model are asked with and without what tells hospitals apart in their treatment, as a score does.
All numbers of the stored table are simulated.

    python -m tests.number_worlds [--cohorts N] [--workers N]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.errors import AnalysisError, NumericalWarning
from ehrivig.stats.regression.gee import gee
from ehrivig.stats.regression.linear import linear
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.tables.median_difference import median_difference
from tests import simulated_worlds

STORED = Path(__file__).with_name("number_worlds.csv")
FIRST = Path(__file__).with_name("number_worlds_first.csv")
"""Every row of the first cohort: what is stored must be what runs."""
COHORTS = 1000
PAIRS, CLUSTERS, LEVELS = (20, 50, 200, 800), (10, 20, 40), (4, 10)
Row = dict[str, object]
Limits = tuple[float, float, float]


def stays(pairs: int, rng: np.random.Generator, *, whole: bool) -> np.ndarray:
    """The days of the exposed, then of their mates, (2 pairs,)."""
    shared = np.tile(rng.normal(0, 0.5, pairs), 2)
    days = np.exp(2 + shared + rng.normal(0, 0.5, 2 * pairs))
    return np.ceil(days) if whole else days


def people(hospitals: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Hospital, its level, its inclination to treat, and arm of everybody, each (n,)."""
    level = rng.normal(0, 0.7, hospitals)
    inclined = 0.6 * level + rng.normal(0, 0.35, hospitals)
    hospital = np.repeat(np.arange(hospitals), rng.integers(10, 81, hospitals))
    arm = rng.random(len(hospital)) < 1 / (1 + np.exp(-inclined[hospital]))
    return hospital, level[hospital], inclined[hospital], arm.astype(float)


def cohort(seed: int) -> list[Row]:
    """All that is asked of the cohorts of one seed."""
    rows = []
    for world, asked, null, ask in _questions(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumericalWarning)
            try:
                estimate, lo, hi = ask()
            except AnalysisError:
                estimate = lo = hi = float("nan")
        told = {"estimate": estimate, "lo": lo, "hi": hi, "null": null}
        rows.append({"world": world, "asked": asked, "seed": seed, **told})
    return rows


def _questions(seed: int) -> Iterator[tuple[str, str, float, object]]:
    for pairs in PAIRS:
        for whole in (False, True):
            y = stays(pairs, np.random.default_rng([seed, pairs]), whole=whole)
            world = f"{pairs} pairs, {'whole days' if whole else 'days'}"
            yield world, "difference of means", 0.0, lambda y=y: _mean(y)
            yield world, "difference of medians", 0.0, lambda y=y: _median(y)
            yield world, "ratio of means", 1.0, lambda y=y: _ratio(y)
    for hospitals in CLUSTERS:
        drawn = people(hospitals, np.random.default_rng([seed, hospitals]))
        for apart in (False, True):
            world = f"{hospitals} hospitals, {'told apart' if apart else 'not told apart'}"
            yield world, "GEE", 1.0, lambda d=drawn, a=apart: _gee(d, seed, apart=a)
    for hospitals in LEVELS:
        drawn = people(hospitals, np.random.default_rng([seed, hospitals]))
        yield f"{hospitals} hospitals", "mixed model", 0.0, lambda d=drawn: _mixed(d, seed)


def _arms(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = len(y) // 2
    return np.repeat([1.0, 0.0], half), np.tile(np.arange(half), 2)


def _mean(y: np.ndarray) -> Limits:
    arm, pair = _arms(y)
    fit = linear(y, arm, cluster=pair)
    return float(fit.coef[0]), float(fit.lo[0]), float(fit.hi[0])


def _median(y: np.ndarray) -> Limits:
    arm, pair = _arms(y)
    found = median_difference(y, arm, cluster=pair)
    return found.estimate, found.lo, found.hi


def _ratio(y: np.ndarray) -> Limits:
    arm, pair = _arms(y)
    fit = negative_binomial(y, arm, cluster=pair)
    return float(fit.ratio[0]), float(fit.lo[0]), float(fit.hi[0])


def _gee(drawn: tuple[np.ndarray, ...], seed: int, *, apart: bool) -> Limits:
    hospital, level, inclined, arm = drawn
    rng = np.random.default_rng([seed, len(arm), 1])
    event = (rng.random(len(arm)) < 1 / (1 + np.exp(1 - level))).astype(float)
    x = np.column_stack([arm, inclined]) if apart else arm
    fit = gee(event, x, cluster=hospital)
    return float(fit.odds_ratio[0]), float(fit.lo[0]), float(fit.hi[0])


def _mixed(drawn: tuple[np.ndarray, ...], seed: int) -> Limits:
    hospital, level, _, arm = drawn
    rng = np.random.default_rng([seed, len(arm), 2])
    fit = mixed(10 + 2 * level + rng.normal(0, 3, len(arm)), arm, cluster=hospital)
    return float(fit.coef[0]), float(fit.lo[0]), float(fit.hi[0])


def summary(rows: pl.DataFrame) -> pl.DataFrame:
    """How often the interval holds no effect, among the cohorts that have one."""
    known = rows.with_columns(pl.col("estimate", "lo", "hi").fill_nan(None))
    held = pl.col("null").is_between(pl.col("lo"), pl.col("hi"))
    return known.group_by("world", "asked", maintain_order=True).agg(
        cohorts=pl.len(), without=pl.col("lo").null_count(), coverage=held.mean()
    )


def simulated(seeds: range, workers: int) -> Iterator[list[Row]]:
    """The rows of each seed."""
    if workers == 1:
        yield from map(cohort, seeds)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(cohort, seeds, chunksize=10)


if __name__ == "__main__":
    simulated_worlds.main(__doc__ or "", COHORTS, simulated, summary, (STORED, FIRST))
