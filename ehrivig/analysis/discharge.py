"""Leaving the hospital alive, where the length of stay is the primary outcome; death competes.

A drug that kills shortens stays: the difference in days alone would praise it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from ehrivig.analysis.clearance import INSTANT_DAYS
from ehrivig.analysis.competing import Ends, competing_effects
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.dataset import exposed, values
from ehrivig.errors import AnalysisError
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
        question = Question(
            "main", versus(study), study.primary.name, population, LABEL, cautioned=False
        )
        competing_effects(rows, question, partial(stays, people), LEFT, LABEL)


def stays(frame: pl.DataFrame) -> Ends:
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
    return Ends(time, status.to_series().to_numpy().astype(int), exposed(known))
