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
from ehrivig.disclosure import FEWEST_DESCRIBED
from ehrivig.errors import AnalysisError
from ehrivig.stats.result import Effect
from ehrivig.study import Study, Subgroup
from ehrivig.study.admitted import late_names

FAMILY = "interaction"


def sides(frame: pl.DataFrame, subgroup: Subgroup) -> Floats:
    """1 at or above the cut (or yes), 0 below (or no), NaN where unknown; shape (rows,)."""
    x = values(frame, subgroup.variable)
    if subgroup.number is None:
        return x
    return np.where(np.isnan(x), np.nan, (x >= subgroup.number).astype(float))


def cut_at_medians(study: Study, frame: pl.DataFrame) -> Study:
    """The study with a number for every cut "median": that of all people studied.

    `frame` is the analysis table. Names stay as they are: a median moves from night to night.
    """
    found = [_at_median(one, frame) for one in study.analysis.subgroups]
    if tuple(found) == study.analysis.subgroups:
        return study
    analysis = study.analysis.model_copy(update={"subgroups": tuple(found)})
    return study.model_copy(update={"analysis": analysis}).with_lists(study.lists)


def _at_median(subgroup: Subgroup, frame: pl.DataFrame) -> Subgroup:
    if subgroup.cut != "median":
        return subgroup
    x = values(frame, subgroup.variable)
    x = x[~np.isnan(x)]
    middle = float(np.median(x)) if len(x) else 0.0  # of nobody: no side
    return subgroup.model_copy(update={"cut": middle})


def _medians_told(study: Study, asked: Study, frame: pl.DataFrame) -> dict[str, str]:
    """Of each subgroup that was asked for by a median, where it lies; not that of few people."""
    told = {}
    units = {v.name: v.unit for v in study.covariates.variables}
    units |= {v.name: v.unit for v in study.outcomes.variables}
    for one, given in zip(study.analysis.subgroups, asked.analysis.subgroups, strict=True):
        people = int((~np.isnan(values(frame, one.variable))).sum())
        if given.cut == "median" and people >= FEWEST_DESCRIBED:
            told[one.name] = f"cut at the median, {one.number:.3g} {units[one.variable]}".strip()
    return told


def forest(
    matched: pl.DataFrame, study: Study, rows: EffectRows, asked: Study | None = None
) -> None:
    """Crude effect on each side of every split, then the tests between the sides.

    `study` has numbers for cuts; `asked` is the one whose cuts may have been medians.
    The tests are one family: a difference between subgroups is claimed by the corrected p of its
    interaction, not by one side being significant and the other not.
    """
    primary, model = study.primary, model_of(study.primary)
    event, arm = values(matched, primary.name), exposed(matched)
    weights = set_weights(matched)
    medians = _medians_told(study, asked or study, matched)
    tests = []
    for subgroup in study.analysis.subgroups:
        side, split = sides(matched, subgroup), f"subgroup {subgroup.name}"
        late = late_names(study, (subgroup.variable,))
        after = "the split is measured after time zero" if late else ""
        note = "; ".join(filter(None, (after, medians.get(subgroup.name, ""))))
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
