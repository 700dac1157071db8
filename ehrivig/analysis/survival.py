"""Time to the primary death, and its effects: anywhere, or in the hospital alone.

Of a death in the hospital, leaving alive is a competing event, never censoring: who leaves is not
like who stays, and cannot die there any more.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from ehrivig.analysis.clearance import INSTANT_DAYS
from ehrivig.analysis.competing import Ends, competing_effects, schoenfeld
from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights, versus
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank
from ehrivig.stats.survival.rmst import rmst_difference
from ehrivig.study import Study
from ehrivig.study.registries import OUTCOMES

DIED = 1
STAY_ENDS = {DIED: "death in hospital", 2: "left alive"}
LEAVING = "leaving the hospital alive is a competing event"


def followed_up(study: Study) -> bool:
    """Whether the primary outcome is a death, so that the table has times to it."""
    return OUTCOMES[study.primary.source].follow_up


def in_the_stay(study: Study) -> bool:
    """Whether it is a death in the hospital alone."""
    return study.primary.source == "in_hospital_death"


def horizon_of(study: Study) -> float:
    """Days from time zero until when people are followed."""
    return study.horizon_days


def followed(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows whose follow-up is known."""
    return frame.filter(pl.col("time_days").is_not_null() & pl.col("event").is_not_null())


def follow_up(frame: pl.DataFrame) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Days to death or to the horizon, whether death, and the arm, of the rows with follow-up."""
    known = followed(frame)
    time = np.maximum(values(known, "time_days"), INSTANT_DAYS)
    return time, known["event"].cast(pl.Boolean).to_numpy().astype(bool), exposed(known)


def stay_ends(frame: pl.DataFrame) -> Ends:
    """When and how stays ended by the horizon, by `STAY_ENDS`, of the rows where that is known."""
    known = frame.filter(pl.col("stay_days").is_not_null() & pl.col("stay_end").is_not_null())
    if known.is_empty():
        raise AnalysisError("no end of a stay is known")
    time = np.maximum(values(known, "stay_days"), INSTANT_DAYS)
    pairs = "pair_id" in known.columns and set_weights(known) is None
    return Ends(
        time,
        values(known, "stay_end").astype(int),
        exposed(known),
        pair=known["pair_id"].to_numpy() if pairs else None,
    )


def survival_effects(
    frame: pl.DataFrame, matched: pl.DataFrame, study: Study, rows: EffectRows
) -> None:
    """Hazard ratios, log-rank or Gray's test and difference in restricted mean, by population."""
    if not followed_up(study):
        return
    primary = study.primary
    for population, people in (("all", frame), ("matched", matched)):
        note = LEAVING if in_the_stay(study) else ""
        question = Question(
            "main", versus(study), primary.name, population, primary.event_label, note=note
        )
        if not in_the_stay(study):
            rows.ask(question, partial(_hazard, people, population == "matched", study))
        elif set_weights(people) is None:
            competing_effects(rows, question, partial(stay_ends, people), DIED, primary.event_label)
        rows.ask(question, partial(_restricted_mean, people, study))


def _hazard(people: pl.DataFrame, in_pairs: bool, study: Study) -> Effect:
    """The hazard ratio, with the log-rank test beside it; pairs are clusters."""
    time, event, arm = follow_up(people)
    known, label = followed(people), study.primary.event_label
    weights = set_weights(known)
    fit = cox(
        time,
        event,
        arm[:, None].astype(float),
        cluster=known["pair_id"].to_numpy() if in_pairs else None,
        weights=weights,
        names=["exposed"],
        event_label=label,
    )
    if weights is not None:
        return fit.effect("exposed", arm)
    test = logrank(time, event, arm, event_label=label)
    return fit.effect("exposed", arm, notes=(f"log-rank p = {test.p:.4g}", schoenfeld(fit)))


def _restricted_mean(people: pl.DataFrame, study: Study) -> Effect:
    """The difference in days free of the event until the horizon."""
    time, event, arm = follow_up(people)
    fit = kaplan_meier(
        time,
        event,
        group=arm.astype(int),
        weights=set_weights(followed(people)),
        event_label=study.primary.event_label,
    )
    horizon = horizon_of(study)
    free = f" free of {study.primary.event_label}" if in_the_stay(study) else ""
    return rmst_difference(fit[1], fit[0], horizon, estimand=f"days{free} to day {horizon:g}")
