"""Covariates that move are for designs that start people after time zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.registries.daily import READ_BY
from ehrivig.study.registries.sensitivity import DOSE, named_in

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

_PATH = ("analysis", "time_varying")


def unread_moving(study: Study) -> Iterator[Problem]:
    """Covariates that move, which no analysis of the study can adjust for."""
    if not study.analysis.time_varying:
        return
    if not OUTCOMES[study.primary.source].follow_up:
        text = (
            f"the designs that read it follow people to a death, and the primary outcome "
            f"{study.primary.name} is none. Remove it, or ask of a death"
        )
        yield Problem(_PATH, text)
    elif not {*READ_BY, *named_in(DOSE)} & set(study.analysis.sensitivity):
        designs = f"{', '.join(READ_BY[:-1])} or {READ_BY[-1]}"
        text = (
            f"no analysis of this study reads it: {study.answer} compares people as they are at "
            f"one moment. Add {designs} to sensitivity, or remove it"
        )
        yield Problem(_PATH, text)
