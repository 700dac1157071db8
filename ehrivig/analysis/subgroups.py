"""The subgroup forest: the effect on each side of a split, and the test between the sides."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import crude
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.logistic import likelihood_ratio, logistic
from ehrivig.study import Study, Subgroup


def sides(frame: pl.DataFrame, subgroup: Subgroup) -> Floats:
    """1 at or above the cut (or yes), 0 below (or no), NaN where unknown; shape (rows,)."""
    x = values(frame, subgroup.variable)
    if subgroup.cut is None:
        return x
    return np.where(np.isnan(x), np.nan, (x >= subgroup.cut).astype(float))


def forest(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """Crude odds ratio on each side of every split, with the interaction p in the note."""
    primary = study.primary
    event, arm = values(matched, primary.name), exposed(matched)
    post_baseline = {v.name for v in study.outcomes.variables}
    for subgroup in study.analysis.subgroups:
        side = sides(matched, subgroup)
        between = interaction(event, arm, side)
        for value, word in ((1.0, "yes"), (0.0, "no")):
            note = [between]
            if subgroup.variable in post_baseline:
                note.append("the split is measured after time zero")
            question = Question(
                "subgroup",
                f"{subgroup.label}: {word}",
                primary.name,
                "matched",
                primary.event_label,
                "subgroup",
                note="; ".join(note),
                split=f"subgroup {subgroup.name}",
            )
            member = side == value

            rows.ask(
                question,
                partial(crude, event[member], arm[member], primary.event_label, "within subgroup"),
            )


def interaction(event: Floats, arm: NDArray[np.bool_], side: Floats) -> str:
    """The likelihood-ratio test that the odds ratio is the same on both sides, in words."""
    known = ~np.isnan(event) & ~np.isnan(side)
    e, a, s = event[known], arm[known].astype(float), side[known]
    try:
        smaller = logistic(e, np.column_stack([a, s]), names=["arm", "side"])
        larger = logistic(e, np.column_stack([a, s, a * s]), names=["arm", "side", "both"])
        _, _, p = likelihood_ratio(larger, smaller)
    except AnalysisError:
        return "interaction: not estimable"
    return f"interaction p = {p:.3f}"
