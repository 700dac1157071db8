"""Figure 2B and its effects: time from symptom onset to clearance of a pathogen; death competes."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from ehrivig.analysis.competing import Ends, competing_effects
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import versus
from ehrivig.dataset import exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.study import Study

CLEARED = 1
CAUSES = {1: "event", 2: "death", 3: "left uncleared"}
INSTANT_DAYS = 1 / 1440  # a minute: an event at time zero itself still needs a risk set before it


def clearance_ends(frame: pl.DataFrame) -> Ends:
    """Days from onset to clearance, death, leaving or last sight, by `CAUSES`; entry at admission.

    Leaving is a competing event: who leaves is not like who stays. Admissions enter at admission
    (left truncation), so that early time belongs to nobody unseen.
    """
    columns = ["clearance_days", "clearance_status", "clearance_entry_days"]
    known = frame.filter(pl.all_horizontal(pl.col(columns).is_not_null()))
    if known.is_empty():
        raise AnalysisError("no admission has both an onset and a positive test")
    entry = values(known, "clearance_entry_days")
    time = np.maximum(values(known, "clearance_days"), entry + INSTANT_DAYS)
    return Ends(time, values(known, "clearance_status").astype(int), exposed(known), entry)


def clearance_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Gray's test with Fine-Gray and the cause-specific hazard ratio of clearance."""
    for outcome in study.outcomes.variables:
        if outcome.source != "clearance":
            continue
        label = outcome.event_label
        for population, people in (("all", frame), ("matched", matched)):
            question = Question("main", versus(study), outcome.name, population, label)
            competing_effects(rows, question, partial(clearance_ends, people), CLEARED, label)
