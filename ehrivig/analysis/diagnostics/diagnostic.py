"""One question that is put to the answer, with its threshold, and what it is put to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.concepts.follow_up import Answerable
from ehrivig.dataset import Floats, exposed
from ehrivig.stats.result import BoolArray
from ehrivig.study import Study
from ehrivig.study.registries import ANSWERS

PASS, FAIL, OPEN = "pass", "fail", "not assessed"


@dataclass(frozen=True)
class Diagnostic:
    """One question of the answer: `at_most` or at least the threshold passes.

    `source`: where the threshold is from. `follows`: what to do where it fails. `decides`: whether
    the answer is then no effect. `hidden`: the value would tell a small count, and is not shown;
    the verdict is.
    """

    name: str
    value: float | None
    threshold: float | None
    meaning: str
    source: str
    follows: str
    at_most: bool = True
    decides: bool = False
    hidden: bool = False

    @property
    def verdict(self) -> str:
        """Whether it passes; without a value or a threshold it is not assessed."""
        if self.value is None or self.threshold is None or np.isnan(self.value):
            return OPEN
        good = self.value <= self.threshold if self.at_most else self.value >= self.threshold
        return PASS if good else FAIL

    @property
    def row(self) -> dict[str, Any]:
        """A row of diagnostics.csv."""
        unknown = self.hidden or self.value is None or np.isnan(self.value)
        return {
            "diagnostic": self.name,
            "value": None if unknown else float(self.value or 0.0),
            "threshold": self.threshold,
            "verdict": self.verdict,
            "meaning": self.meaning,
            "decides": self.decides,
            "source": self.source,
            "follows": self.follows,
        }


@dataclass(frozen=True)
class Evidence:
    """What the diagnostics look at: everybody, the matched, their scores, the tables of the run."""

    table: pl.DataFrame
    matched: pl.DataFrame
    score: Floats
    tables: dict[str, pl.DataFrame]
    answerable: Answerable

    @property
    def study(self) -> Study:
        """The study as it is answered."""
        return self.answerable.study

    @property
    def own_design(self) -> bool:
        """Whether the answer follows people by a design of its own, free of immortal time."""
        return ANSWERS[self.study.answer].death

    @property
    def arm(self) -> BoolArray:
        """Who is exposed."""
        return exposed(self.table)

    @property
    def primary(self) -> dict[str, Any]:
        """The row of the answer."""
        return self.tables["effects"].filter(pl.col("role") == "primary").row(0, named=True)

    def few(self, count: float, n: int) -> bool:
        """Whether a share would tell a count that must not be shown, or that of the others."""
        return disclosure.small_proportion(round(count), n, self.study.report.smallest_cell)
