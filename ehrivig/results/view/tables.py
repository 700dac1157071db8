"""What the page shows: released tables of one or more runs, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.stats.no_estimate import hidden

RANK = {"pass": 0, "warn": 1, "fail": 2}
_COMPLETE = r"_(present|recorded|given|known)$"
"""Checks of which the rest of the share violated is the share that is there."""
Read = Callable[[Run], pl.DataFrame]


def of_runs(runs: dict[str, Run]) -> dict[str, pl.DataFrame]:
    """Name of a table of the page -> its rows, with column `run`; those without a row left out."""
    found = {name: _below(runs, wanted, read) for name, (wanted, read) in _TABLES.items()}
    found["checks"] = _that_told(found["checks"])
    found["complete"] = _with_gaps(found["complete"])
    return {name: frame for name, frame in found.items() if frame.height}


def hidden_estimates(runs: dict[str, Run]) -> tuple[int, int]:
    """Of how many rows of effects nothing is shown, for few people; how many were not estimated."""
    tables = [run.table("effects") for run in runs.values() if "effects" in run.tables]
    none = [table.filter(pl.col("estimate").is_null()) for table in tables if table.height]
    impossible = sum(map(_impossible, none))
    return sum(table.height for table in none) - impossible, impossible


def _impossible(none: pl.DataFrame) -> int:
    """Of how many rows without an estimate the note says why there is none, and no few people."""
    notes = none["note"].to_list() if "note" in none.columns else []
    return sum(not hidden(note) for note in notes)


def _below(runs: dict[str, Run], wanted: Sequence[str], read: Read) -> pl.DataFrame:
    """The rows of all runs that have them; UsageError for a table of another version."""
    frames = list[pl.DataFrame]()
    for label, run in runs.items():
        name = _needed[read]
        if name in run.tables and run.table(name).height:
            try:
                frames.append(read(run).select(pl.lit(label).alias("run"), *wanted))
            except pl.exceptions.ColumnNotFoundError as error:
                raise UsageError(
                    f"view: {name}.csv of {label!r} lacks a column: it is of another version. Run "
                    "the study again, or leave it out."
                ) from error
    return pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame()


def _flow(run: Run) -> pl.DataFrame:
    return run.table("attrition").with_columns(
        pl.col("hospital_id").cast(pl.String).alias("hospital")
    )


def _checks(run: Run) -> pl.DataFrame:
    share = pl.col("violated") / pl.col("denominator")
    return run.table("quality").with_columns(
        pl.col("hospital_id").cast(pl.String).fill_null("whole extract").alias("hospital"),
        share.fill_nan(None).alias("share"),
    )


def _complete(run: Run) -> pl.DataFrame:
    rows = _checks(run).filter(pl.col("check").str.contains(_COMPLETE))
    return rows.with_columns((1 - pl.col("share")).alias("complete"))


def _that_told(checks: pl.DataFrame) -> pl.DataFrame:
    """The checks that did not pass everywhere and always, worst first."""
    if checks.is_empty():
        return checks
    rank = pl.col("verdict").replace_strict(RANK, default=1, return_dtype=pl.Int64)
    told = checks.with_columns(
        rank.max().over("check").alias("_worst"), rank.sum().over("check").alias("_all")
    ).filter(pl.col("_worst") > 0)
    return told.sort("_worst", "_all", "check", descending=[True, True, False]).drop("^_.*$")


def _with_gaps(complete: pl.DataFrame) -> pl.DataFrame:
    """The columns that lack something somewhere, were it fewer rows than are told."""
    if complete.is_empty():
        return complete
    lacks = (pl.col("complete") < 1) | (pl.col("verdict") != "pass")
    return complete.filter(lacks.fill_null(False).any().over("check"))


def _as_it_is(name: str) -> Read:
    def read(run: Run) -> pl.DataFrame:
        return run.table(name)

    return read


_dosing, _balance, _overlap = map(_as_it_is, ("dosing_histogram", "balance", "overlap"))


def _effects(run: Run) -> pl.DataFrame:
    rows = run.table("effects")
    absent = [n for n in ("role", "population") if n not in rows.columns]
    rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    rows = rows.filter(pl.col("estimate").is_not_null()).with_columns(
        pl.col("role").fill_null("other"), pl.col("population").fill_null("all")
    )
    some = pl.when(pl.col("population") != "all").then("population")
    name = pl.concat_str(["contrast", "model", some], separator=" · ", ignore_nulls=True)
    shown = rows.with_columns(name.alias("row"))
    alike = pl.len().over("outcome", "measure", "row") > 1
    for more in ("analysis", "variance"):
        longer = pl.concat_str(["row", more], separator=" · ", ignore_nulls=True)
        shown = shown.with_columns(pl.when(alike).then(longer).otherwise("row").alias("row"))
    return shown.sort(pl.col("role") != "primary", maintain_order=True)


_needed: dict[Read, str] = {
    _flow: "attrition",
    _checks: "quality",
    _complete: "quality",
    _dosing: "dosing_histogram",
    _balance: "balance",
    _overlap: "overlap",
    _effects: "effects",
}
_TABLES: dict[str, tuple[tuple[str, ...], Read]] = {
    "flow": (("hospital", "step", "label", "admissions", "excluded"), _flow),
    "checks": (("hospital", "table", "check", "severity", "share", "verdict"), _checks),
    "complete": (("hospital", "table", "check", "complete", "verdict"), _complete),
    "dosing": (("label", "lo", "hi", "n"), _dosing),
    "balance": (("label", "level", "smd_unmatched", "smd_matched", "in_score"), _balance),
    "overlap": (("lo", "hi", "exposed", "control"), _overlap),
    "effects": (
        ("analysis", "row", "outcome", "population", "role", "measure", "estimate", "lo", "hi",
         "n_exposed", "n_control"),
        _effects,
    ),
}  # fmt: skip
