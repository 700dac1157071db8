"""An answer that the study file does not declare: one is chosen, and the reader should know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.registries import ANSWERS

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_STEADY_SAMPLES = 500


def undeclared_answer(study: Study) -> Iterator[Doubt]:
    """An estimand in words alone: no row of the results can be told to be its answer."""
    if study.study.estimand.analysis is not None:
        return
    name, asked = study.answer, study.study.estimand
    taken, other = ANSWERS[name].target, "target" in asked.model_fields_set
    other = other and asked.target != taken
    among = f", which answers for {taken} and not for {asked.target}" if other else ""
    yield Doubt(
        ("study", "estimand"),
        "the estimand is in words, by which no row of the results can be its answer: "
        f"{ANSWERS[name].caption.lower()} ({study.answer_measure}) is taken{among}. Declare it: "
        f'analysis = "{name}", measure = "{study.answer_measure}", target = "{taken}"',
        "estimand_in_words",
        "error" if other else "warn",
    )


def unsafe_answer(study: Study) -> Iterator[Doubt]:
    """An answer by who was exposed at any time, though exposure may begin after time zero."""
    end = study.exposure.end_hours
    if ANSWERS[study.answer].death or (end is not None and end <= 0):
        return
    yield Doubt(
        ("study", "estimand", "analysis"),
        f"{study.answer} compares who was ever exposed with who was not, and exposure may begin "
        "after time zero: whoever dies early cannot be exposed (immortal time). Let the exposure "
        "window end at time zero, or ask for a death by clone_censor_weight",
        "unsafe_answer",
        "error",
    )


def few_samples(study: Study) -> Iterator[Doubt]:
    """An interval from so few samples that another seed would give another one."""
    given = study.analysis.bootstrap
    if study.answer != "clone_censor_weight" or given >= _STEADY_SAMPLES:
        return
    yield Doubt(
        ("analysis", "bootstrap"),
        f"the interval of the answer has its limits from {given} samples, and moves with the seed. "
        f"Write bootstrap = {_STEADY_SAMPLES}",
        "few_samples",
    )
