"""Pairs besides those of the study's own score, where a study asks for them."""

from __future__ import annotations

import polars as pl

from ehrivig.analysis.sample import Other
from ehrivig.features import large_scale as coded
from ehrivig.match import large_scale
from ehrivig.match.comparison import Comparison
from ehrivig.report import large_scale as drawn
from ehrivig.runs import tables
from ehrivig.runs.state import Run
from ehrivig.study.registries.sensitivity import LARGE_SCALE


def by_large_scale_score(run: Run, table: pl.DataFrame, arms: Comparison) -> Other | None:
    """The pairs by a score of all that was coded; None where the study asks for none.

    `table` is the analysis table, `arms` its comparison by the study's score. Leaves every
    covariate, and their balance as a picture, in the run folder, and what of it may be released.
    """
    study = run.answerable.study
    if not study.analysis.asks_for(LARGE_SCALE):
        return None
    run.progress("large-scale score")
    found = large_scale.compare(table, arms, tables.gather(run, coded.TABLE), study)
    found.write(run.folder)
    if not found.every.is_empty():
        drawn.balance(found.every, run.folder / "large_scale.svg")
    summary = found.tables.get(large_scale.SUMMARY, pl.DataFrame())
    return Other(found.matched_rows(table), found.why_none, found.note, summary)
