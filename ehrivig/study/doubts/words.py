"""Words of a study file that name other days or hours than its keys: the report is made of both."""

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
_HOURS = {"h": 1.0, "d": 24.0, "w": 168.0}


def contradicted_words(study: Study) -> Iterator[Doubt]:
    """A label of 28 days beside within_days = 90; a strategy of 48 hours beside another grace."""
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
    if study.answer == "clone_censor_weight":
        grace = study.grace_hours
        for name in ("treatment", "comparator"):
            key = f"grace_hours of {grace:g} h"
            yield from _doubt(_estimand(name), getattr(asked, name), grace, key)


def _estimand(name: str) -> Path:
    return ("study", "estimand", name)


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
