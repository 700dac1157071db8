"""Which function fills which table: bound where the function is written, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.study import Study

Answer = Callable[[Sample, Study, EffectRows], None]
"""Adds the rows of one table."""

ANSWERS: dict[str, Answer] = {}
"""Name of a table -> its function."""


def answers(table: str) -> Callable[[Answer], Answer]:
    """Bind a function to a table of `study.registries.sensitivity`; each table has one."""

    def bind(function: Answer) -> Answer:
        if table in ANSWERS:
            raise ValueError(f"two functions fill table {table!r}")
        ANSWERS[table] = function
        return function

    return bind
