"""The matched beside everybody: where few are unmatched, the difference of both describes these.

Means of 57 people and of 56 of them are, with all digits, the whole record of the one that is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.disclosure import small_proportion
from ehrivig.release.attack.arms import ARMS, FEWEST, POPULATION
from ehrivig.release.attack.attack import kind
from ehrivig.release.attack.left_over import MATCHED
from ehrivig.release.attack.ratios import by_covariates, told_by_risk
from ehrivig.release.copies import HIDDEN, OF_PEOPLE

Tables = dict[str, pl.DataFrame]
_KEY = ["hospital_id", "admission_id"]
COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")
_NOTE = "not shown: few people are in no pair, and everybody is shown"
_OF_PAIRS = re.compile(
    rf"\bpairs?\b|exposed have a match|E-value|McNemar|\bclusters\b|\d {OF_PEOPLE}\b"
)
"""Parts of a note that count pairs (clusters, rows), or follow from counts: from the p of McNemar's
test and one arm's events come those of the other."""


@dataclass(frozen=True)
class Apart:
    """Whom the matched leave over. `few`: so few of an arm that nothing of the matched is told.

    `uncounted`: of an arm fewer than the smallest cell. How many they are is the most of whom a
    hidden count can be, and follows from the unmatched of the other arm: all others are in pairs.

    `outcomes`: an outcome, and an arm of whose unmatched few had it, or had it not.
    `measured`: what was measured in few of them; `described`: what was measured in so few of an
    arm of everybody ("unmatched", as the table of balance calls it) or of the matched that no mean
    describes them.
    """

    few: bool = False
    outcomes: frozenset[tuple[str, str]] = frozenset()
    measured: frozenset[str] = frozenset()
    described: frozenset[tuple[str, str]] = frozenset()
    uncounted: bool = False


def of_run(folder: Path, smallest: int) -> Apart:
    """The unmatched of a run that still has its rows of patients."""
    table, matched = folder / "analysis.parquet", folder / "matched.parquet"
    if smallest < 1 or not table.is_file():
        return Apart()
    everybody = pl.scan_parquet(table)
    described = [(name, "unmatched") for name in _of_few(everybody, smallest)]
    if not matched.is_file():
        return Apart(described=frozenset(described))
    pairs = pl.scan_parquet(matched).select(_KEY)
    inside = everybody.join(pairs, on=_KEY, how="semi")
    described += [(name, "matched") for name in _of_few(inside, smallest)]
    if pairs.head(1).collect().is_empty():  # nothing is told of the matched
        return Apart(described=frozenset(described))
    rest = everybody.join(pairs, on=_KEY, how="anti").collect()
    return replace(of_unmatched(rest, smallest), described=frozenset(described))


def of_unmatched(rest: pl.DataFrame, smallest: int) -> Apart:
    """What the unmatched forbid to tell of the matched: rows with arm, outcomes and values."""
    arms = {arm: rest.filter(pl.col("exposed") == (arm == "exposed")) for arm in ARMS}
    sizes = [people.height for people in arms.values()]
    few, uncounted = (any(0 < n < least for n in sizes) for least in (FEWEST, smallest))
    kinds = rest.drop("exposed").schema.items()
    yes_no = [name for name, kind in kinds if kind == pl.Boolean]
    told = [
        (name, arm)
        for arm, people in arms.items()
        for name in yes_no
        if _tells(people[name].drop_nulls(), smallest)
    ]
    measured = frozenset(_of_few(rest.lazy(), smallest))
    return Apart(few, frozenset(told), measured, uncounted=uncounted)


def _of_few(people: pl.LazyFrame, smallest: int) -> list[str]:
    """What is known of some of an arm: a number of fewer than may be described, or a yes or no of
    fewer than the smallest cell, of whom it is not told how many they are."""
    kinds = people.drop("exposed").collect_schema().items()
    fewest = {name: FEWEST for name, kind in kinds if kind.is_numeric()}
    fewest |= {name: smallest for name, kind in kinds if kind == pl.Boolean}
    known = people.group_by("exposed").agg(pl.col(list(fewest)).count()).collect()
    return [n for n, least in fewest.items() if known[n].is_between(1, least - 1).any()]


def _tells(had: pl.Series, smallest: int) -> bool:
    return small_proportion(int(had.sum()), had.len(), smallest)


def hide(tables: Tables, apart: Apart) -> Tables:
    """Tables in which the matched do not tell of few unmatched people."""
    found = dict(tables)
    for name, frame in tables.items():
        columns = set(frame.columns)
        if {"covariate", "mean_exposed_matched"} <= columns:
            found[name] = _unknown(_balance(frame, apart), apart)
        elif POPULATION.get(name.removesuffix(".csv")) == "unmatched" and apart.uncounted:
            found[name] = _uncounted(frame)
        elif {"curve", "population"} <= columns and apart.few:
            found[name] = frame.filter(pl.col("population") != "matched")
        elif kind(columns) == "effects":
            found[name] = _effects(frame, apart, _primary(tables))
    return found


def _balance(frame: pl.DataFrame, apart: Apart) -> pl.DataFrame:
    """The table without its half after matching, or before it, where that would describe few."""
    of = {when: [n for n, w in apart.described if w == when] for when in ("unmatched", "matched")}
    few = pl.lit(apart.few) | pl.col("covariate").is_in(sorted({*apart.measured, *of["matched"]}))
    return frame.with_columns(
        pl.when(~(few if when == "matched" else pl.col("covariate").is_in(sorted(of[when]))))
        .then(pl.col(name))
        .alias(name)
        for when in of
        for name in frame.columns
        if name.endswith(f"_{when}")
    )


def _unknown(frame: pl.DataFrame, apart: Apart) -> pl.DataFrame:
    """Of whom a variable is unknown, but where it is known of few of an arm: of as many as all
    others and those of the other arm leave."""
    few = [name for name, when in apart.described if when == "unmatched"]
    if "missing" not in frame.columns:
        return frame
    told = ~pl.col("covariate").is_in(few)
    return frame.with_columns(pl.when(told).then("missing").alias("missing"))


def _uncounted(frame: pl.DataFrame) -> pl.DataFrame:
    """Nothing of the unmatched of either arm; nor of a variable whether it is of anybody."""
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    texts = [name for name in frame.columns if name.startswith("text_")]
    return frame.with_columns(
        *(pl.lit(None, frame.schema[name]).alias(name) for name in numbers),
        *(pl.lit(HIDDEN).alias(name) for name in (*texts, "test") if name in frame.columns),
        *(pl.lit(True).alias(name) for name in ("suppressed",) if name in frame.columns),
    )


def _primary(tables: Tables) -> str:
    """The outcome of Table 3, which has no column for it."""
    effects = tables.get("effects.csv", pl.DataFrame())
    named = effects.filter(pl.col("analysis") == "table3") if "analysis" in effects else effects
    return "" if named.is_empty() else str(named["outcome"][0])


def _effects(frame: pl.DataFrame, apart: Apart, primary: str) -> pl.DataFrame:
    """Rows of the matched without counts; a crude estimate is its counts in other words.

    Where few had an outcome in one arm, the other one keeps its events and its risk.
    """
    rows = frame.to_dicts()
    for row in rows:
        outcome = row.get("outcome", primary)
        of_few = [arm for arm in ARMS if (outcome, arm) in apart.outcomes]
        whole = apart.few or outcome in apart.measured
        if _of_matched(row) and (whole or of_few):
            gone = _gone(row, frame.schema, ARMS if whole else of_few, whole=whole)
            row |= {**dict.fromkeys(gone), "note": _noted(row.get("note"))}
    return pl.DataFrame(rows, frame.schema)


def _gone(row: dict[str, Any], schema: pl.Schema, arms: Sequence[str], *, whole: bool) -> list[str]:
    """The numbers that a row of the matched loses; `whole`: also how many people it is of."""
    numbers = [name for name in row if schema[name].is_numeric()]
    told = [n for n in numbers if n in COUNTS or n.startswith("risk_")]
    if whole:
        return told if by_covariates(row) else numbers
    events = [f"events_{arm}" for arm in arms]
    if by_covariates(row):
        risks = [n for n in told if n.startswith("risk_")] if told_by_risk(row, arms) else []
        return [*events, *risks]
    mine = [n for n in told if any(n.startswith((f"events_{arm}", f"risk_{arm}")) for arm in arms)]
    others = [n for n in numbers if n not in told and n != "percent"]
    return [*mine, *others]


def _of_matched(row: dict[str, Any]) -> bool:
    """Table 3 is of the matched, and has no column that says so."""
    return row.get("population", MATCHED[0]) in MATCHED


def _noted(note: object) -> str:
    """The note without what counts pairs or follows from a ratio, and why there is no number."""
    parts: Iterable[str] = str(note or "").split("; ")
    return "; ".join([*(p for p in parts if p and not _OF_PAIRS.search(p)), _NOTE])
