"""The tables of a release with rounded counts, each kind by its own rule."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ehrivig.disclosure import nearest
from ehrivig.release import strategy_curves
from ehrivig.release.attack.arms import ARMS, POPULATION
from ehrivig.release.attack.attack import is_count, kind
from ehrivig.release.attack.multiples import TABLE
from ehrivig.release.rounded import arms
from ehrivig.release.rounded.digits import named
from ehrivig.release.rounded.effects import effects
from ehrivig.release.rounded.words import of_words

Tables = dict[str, pl.DataFrame]
_MORE = ("administrations", "at_risk")
_AS_THEY_ARE = ("quality.csv", "ledger.csv")
"""Counts that are rounded down already."""
_EDGES = ("lo", "hi", "time", "decile", "threshold", "step", "number", "grams")
"""Numbers that are no measurements, and sums of doses."""
_OF_SHARES = 2
"""Digits of a diagnostic: 0.194 is 6 of 31 and of no other number near it, 0.19 of many."""
_TEXTS = ("note", "message", "evidence", "estimand", "meaning", "follows")


def rounded(tables: Tables, to: int, smallest: int) -> Tables:
    """Tables whose counts are rounded to a multiple, and one that says so; as they are for 0."""
    if not to:
        return tables
    sizes = _sizes(tables)
    found = {file: _told(file, frame, to, sizes) for file, frame in tables.items()}
    said = pl.DataFrame({"counts_rounded_to": [to], "smallest_cell": [smallest]})
    return {**found, TABLE: said}


def _told(file: str, frame: pl.DataFrame, to: int, sizes: arms.Sizes) -> pl.DataFrame:
    if frame.is_empty() or file in _AS_THEY_ARE:
        return frame
    what = kind(set(frame.columns))
    if what == "descriptive":
        frame = arms.descriptive(frame, to)
    elif what == "balance":
        frame = arms.balance(frame, to, sizes)
    elif what == "effects":
        frame = effects(frame, to)
    elif what == "curves":
        frame = _curves(frame, to, sizes)
    elif what == "diagnostics":
        frame = frame.with_columns(pl.col("value").round_sig_figs(_OF_SHARES))
    else:
        frame = _plain(frame, to, edges=what in ("bins", "histogram"))
    return _worded(frame, to)


def _sizes(tables: Tables) -> dict[tuple[str, str, str], int]:
    """How many of each arm have a variable: of everybody, of the unmatched, of the matched."""
    found: dict[tuple[str, str, str], int] = {}
    for file, people in POPULATION.items():
        frame = tables.get(f"{file}.csv", pl.DataFrame())
        for row in frame.iter_rows(named=True):
            for arm in (arm for arm in ARMS if row.get(f"n_{arm}") is not None):
                n = int(row[f"n_{arm}"])
                found[people, row["variable"], arm] = n
                found[people, "", arm] = max(n, found.get((people, "", arm), 0))
    for (people, variable, arm), n in list(found.items()):
        if people == "all" and ("unmatched", variable, arm) in found:
            found["matched", variable, arm] = n - found["unmatched", variable, arm]
    return found


def _plain(frame: pl.DataFrame, to: int, *, edges: bool) -> pl.DataFrame:
    """A table of counts and of numbers that are no function of them."""
    kept = _EDGES if edges else _EDGES[2:]
    return frame.with_columns(
        _column(name, to)
        for name, kind_ in frame.schema.items()
        if kind_.is_numeric() and name not in kept
    ).with_columns(_shares(frame))


def _column(name: str, to: int) -> pl.Expr:
    if is_count(name) or name in _MORE:
        return pl.col(name).map_elements(lambda n: nearest(n, to), return_dtype=pl.Int64)
    return (
        pl.col(name)
        .cast(pl.Float64)
        .map_elements(lambda value: named(name, value), return_dtype=pl.Float64)
    )


def _shares(frame: pl.DataFrame) -> list[pl.Expr]:
    """Shares of people as the rounded counts give them."""
    names = [n for n in ("unknown", "transferred") if {n, f"share_{n}", "n"} <= set(frame.columns)]
    return [
        pl.when(pl.col(f"share_{n}").is_not_null() & (pl.col("n") > 0))
        .then(pl.min_horizontal(pl.col(n) / pl.col("n"), 1.0))
        .alias(f"share_{n}")
        for n in names
    ]


def _curves(frame: pl.DataFrame, to: int, sizes: arms.Sizes) -> pl.DataFrame:
    """Curves at whole multiples of people of their arm; limits as far away as they were."""
    rows = frame.to_dicts()
    starts: Mapping[tuple[str, str], int] = {
        (people, arm): n for (people, variable, arm), n in sizes.items() if not variable
    }
    for row in rows:
        n = starts.get((str(row["population"]), str(row["group"])))
        if row["curve"] == strategy_curves.KIND:
            row["at_risk"] = row["at_risk"] and nearest(row["at_risk"], to)
            continue
        if row["time"] == 0 and row.get("at_risk") is not None and n:
            row["at_risk"] = nearest(n, to)
        if row["estimate"] is None:
            continue
        exact = row["estimate"]
        people = nearest(exact * n, to) / nearest(n, to) if n and nearest(n, to) else exact
        row["estimate"] = min(people, 1.0)
        for end in (end for end in ("lo", "hi") if row[end] is not None):
            row[end] = round(min(max(row["estimate"] + row[end] - exact, 0.0), 1.0), 2)
    return pl.DataFrame(rows, frame.schema)


def _worded(frame: pl.DataFrame, to: int) -> pl.DataFrame:
    texts = [name for name in _TEXTS if frame.schema.get(name) == pl.String]
    return frame.with_columns(
        pl.col(name).map_elements(lambda text: of_words(text, to), return_dtype=pl.String)
        for name in texts
    )
