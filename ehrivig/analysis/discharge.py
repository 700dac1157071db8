"""Leaving the hospital alive, where the length of stay is the primary outcome; death competes.

A drug that kills shortens stays: the difference in days alone would praise it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.analysis.survival import INSTANT_DAYS, schoenfeld
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.competing import cause_specific_cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.study import Study

LABEL = "discharge alive"
LEFT, DIED = 1, 2
_LEFT = ("alive", "transferred", "against_advice")


def discharge_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Fine-Gray and cause-specific hazard ratios of discharge alive; nothing for other outcomes."""
    if study.primary.source != "length_of_stay":
        return
    for population, people in (("all", frame), ("matched", matched)):
        question = Question("main", versus(study), study.primary.name, population, LABEL)
        rows.ask(question, partial(_subdistribution, people))
        rows.ask(question, partial(_cause_specific, people))


def stays(frame: pl.DataFrame) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Days from time zero to the end of the stay, how it ended (1 left alive, 2 died), and the arm.

    Who left in a way that nobody recorded counts as censored (0).
    """
    known = frame.filter(pl.col("discharge_days").is_not_null())
    if known.is_empty():
        raise AnalysisError("no end of a stay is known")
    ended = pl.col("discharge_status")
    status = known.select(
        pl.when(ended == "died").then(DIED).when(ended.is_in(_LEFT)).then(LEFT).otherwise(0)
    )
    time = np.maximum(values(known, "discharge_days"), INSTANT_DAYS)
    return time, status.to_series().to_numpy().astype(int), exposed(known)


def _subdistribution(frame: pl.DataFrame) -> Effect:
    time, status, arm = stays(frame)
    x = arm[:, None].astype(float)
    fit = fine_gray(time, status, x, cause=LEFT, names=["exposed"], event_label=LABEL)
    gray = gray_test(time, status, arm, cause=LEFT)
    return replace(fit.effect("exposed", arm), notes=(f"Gray's test p = {gray.p:.4g}",))


def _cause_specific(frame: pl.DataFrame) -> Effect:
    time, status, arm = stays(frame)
    x = arm[:, None].astype(float)
    fit = cause_specific_cox(time, status, x, cause=LEFT, names=["exposed"], event_label=LABEL)
    return fit.effect("exposed", arm, notes=(schoenfeld(fit),))
