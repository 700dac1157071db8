"""The subgroup forest: the effect on each side of a split, and the test between the sides."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehrivig.analysis.effects import EffectRows, Question
from ehrivig.analysis.models import set_weights
from ehrivig.analysis.outcome_model import OutcomeModel, model_of
from ehrivig.dataset import Floats, exposed, values
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.study import Study, Subgroup
from ehrivig.study.admitted import late_names

FAMILY = "interaction"


def sides(frame: pl.DataFrame, subgroup: Subgroup) -> Floats:
    """1 at or above the cut (or yes), 0 below (or no), NaN where unknown; shape (rows,)."""
    x = values(frame, subgroup.variable)
    if subgroup.cut is None:
        return x
    return np.where(np.isnan(x), np.nan, (x >= subgroup.cut).astype(float))


def forest(matched: pl.DataFrame, study: Study, rows: EffectRows) -> None:
    """Crude effect on each side of every split, then the tests between the sides.

    The tests are one family: a difference between subgroups is claimed by the corrected p of its
    interaction, not by one side being significant and the other not.
    """
    primary, model = study.primary, model_of(study.primary)
    event, arm = values(matched, primary.name), exposed(matched)
    weights = set_weights(matched)
    tests = []
    for subgroup in study.analysis.subgroups:
        side, split = sides(matched, subgroup), f"subgroup {subgroup.name}"
        late = late_names(study, (subgroup.variable,))
        note = "the split is measured after time zero" if late else ""
        for value, word in ((1.0, "yes"), (0.0, "no")):
            question = Question(
                "subgroup",
                f"{subgroup.label}: {word}",
                primary.name,
                "matched",
                primary.event_label,
                note=note,
                split=split,
            )
            among = side == value
            w = None if weights is None else weights[among]
            rows.ask(question, partial(model.crude, event[among], arm[among], "in subgroup", w))
        between = Question(
            "interaction",
            f"{subgroup.label}: yes against no",
            primary.name,
            "matched",
            primary.event_label,
            FAMILY,
            note=note,
            split=split,
        )
        tests.append((between, partial(between_sides, event, arm, side, model, weights)))
    for between, test in tests:
        rows.ask(between, test)


def between_sides(
    event: Floats,
    arm: NDArray[np.bool_],
    side: Floats,
    model: OutcomeModel,
    weights: Floats | None = None,
) -> Effect:
    """The effect on the side "yes" against that on the side "no", among rows with both known.

    Raises AnalysisError where a side has no estimate, and for weighted rows, which have no
    likelihood.
    """
    if weights is not None:
        raise AnalysisError("matched sets of unequal size have no likelihood-ratio test")
    known = ~np.isnan(event) & ~np.isnan(side)
    return model.interaction(event[known], arm[known], side[known])
