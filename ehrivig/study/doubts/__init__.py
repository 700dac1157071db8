"""What a study may say and its reader should know: a warning of `study check`, a lint of a run.

A rule that a study breaks refuses it (`study.rules`); a doubt does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehrivig.study.doubts.acute import acute_conditions
from ehrivig.study.doubts.answer import few_samples, undeclared_answer, unsafe_answer
from ehrivig.study.doubts.declared import declared_for_nothing
from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.doubts.exposure_drug import exposure_in_tables
from ehrivig.study.doubts.old_form import outcome_subgroups
from ehrivig.study.doubts.ranges import absurd_cuts, absurd_results, exact_numbers
from ehrivig.study.doubts.units import without_unit
from ehrivig.study.doubts.unread import unread_settings
from ehrivig.study.doubts.unused import unused_settings
from ehrivig.study.doubts.windows import baseline_after_exposure
from ehrivig.study.doubts.words import contradicted_words, other_question

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

__all__ = ["Doubt", "doubts_of"]

_DOUBTS = (
    unused_settings,
    exposure_in_tables,
    acute_conditions,
    exact_numbers,
    absurd_cuts,
    absurd_results,
    undeclared_answer,
    unsafe_answer,
    outcome_subgroups,
    unread_settings,
    baseline_after_exposure,
    without_unit,
    declared_for_nothing,
    contradicted_words,
    other_question,
    few_samples,
)


def doubts_of(study: Study) -> list[Doubt]:
    """Every doubt about a study that breaks no rule."""
    return [doubt for kind in _DOUBTS for doubt in kind(study)]
