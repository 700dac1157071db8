"""Words of a study file that say another thing than its keys: the report is made of both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.lines import Path
from ehrivig.study.problem import shown

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_SPAN = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[\s-]*(hours?|h|days?|d|weeks?)\b", re.IGNORECASE)
_DEATH = re.compile(r"(?:[\w-]+[\s-]+){0,2}(?:death|mortality)\b", re.IGNORECASE)
_DEATHS = ("death", "in_hospital_death")
_MEASURES = {
    measure: re.compile(words, re.IGNORECASE)
    for measure, words in {
        "RD": r"\brisk differences?\b|\bdifferences? (?:in|of) risks?\b",
        "RR": r"\brisk ratios?\b|\bratios? of risks\b|\brelative risks?\b",
        "OR": r"\bodds ratios?\b|\bratios? of odds\b",
        "HR": r"\bhazard ratios?\b|\bratios? of hazards\b",
        "MD": r"\bmean differences?\b|\bdifferences? (?:in|of) means?\b",
    }.items()
}
_HOURS = {"h": 1.0, "d": 24.0, "w": 168.0}


def other_question(study: Study) -> Iterator[Doubt]:
    """A question of death beside another primary outcome; of odds beside another measure.

    Asked of a declared answer alone: one in words has a doubt of its own.
    """
    asked, primary = study.study.estimand, study.primary
    if _DEATH.match(asked.outcome.strip()) and primary.source not in _DEATHS:
        yield _other(
            "outcome",
            f"{shown(asked.outcome)} is a death, and the primary outcome {primary.name} is none",
        )
    named = [measure for measure, words in _MEASURES.items() if words.search(asked.contrast)]
    if asked.analysis and named and study.answer_measure not in named:
        yield _other(
            "contrast",
            f"{shown(asked.contrast)} names another measure than the answer has "
            f"({study.answer_measure})",
        )


def contradicted_words(study: Study) -> Iterator[Doubt]:
    """A label of 28 days beside within_days = 90; a strategy of 48 hours beside another grace or
    landmark."""
    for number, outcome in enumerate(study.outcomes.variables):
        if outcome.within_days is None:
            continue
        key = f"within_days = {outcome.within_days:g}"
        for name in ("label", "event_label"):
            text = getattr(outcome, name) or ""
            path: Path = ("outcomes", "variables", number, name)
            yield from _doubt(path, text, 24 * outcome.within_days, key)
    asked, days = study.study.estimand, study.primary.within_days
    if days is not None:
        yield from _doubt(_estimand("outcome"), asked.outcome, 24 * days, f"within_days = {days:g}")
    compared = {
        "clone_censor_weight": ("grace_hours", study.grace_hours),
        "landmark": ("landmark_hours", study.analysis.landmark_hours[0]),
    }
    if study.answer in compared:
        key, hours = compared[study.answer]
        for name in ("treatment", "comparator"):
            text = getattr(asked, name)
            yield from _doubt(_estimand(name), text, hours, f"{key} of {hours:g} h")


def _estimand(name: str) -> Path:
    return ("study", "estimand", name)


def _other(name: str, what: str) -> Doubt:
    return Doubt(
        _estimand(name), f"{what}. Write what is computed", "words_and_keys", severity="error"
    )


def _doubt(path: Path, text: str, hours: float, key: str) -> Iterator[Doubt]:
    """A doubt where a text names spans of time, and none of them is that of the key."""
    named = [float(number) * _HOURS[unit[0].lower()] for number, unit in _SPAN.findall(text)]
    if named and hours not in named:
        yield Doubt(
            path,
            f"{shown(text)} names another time than {key}, which is what is computed. Write the "
            "same in both",
            "words_and_keys",
            "error",
        )
