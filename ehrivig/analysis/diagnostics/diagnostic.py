"""One question that is put to the answer, with its threshold, and what it is put to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ehrivig import disclosure
from ehrivig.analysis.strategies import deadline
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
    the answer is then no effect. `hidden`: the value would tell a small count; the least and the
    largest that it could be. Where both have one verdict, the nearer to the threshold is shown.
    """

    name: str
    value: float | None
    threshold: float | None
    meaning: str
    source: str
    follows: str
    at_most: bool = True
    decides: bool = False
    hidden: tuple[float, float] | None = None

    @property
    def verdict(self) -> str:
        """Whether it passes; without a value or a threshold it is not assessed."""
        return self._judged(self.value)

    def _judged(self, value: float | None) -> str:
        if value is None or self.threshold is None or np.isnan(value):
            return OPEN
        good = value <= self.threshold if self.at_most else value >= self.threshold
        return PASS if good else FAIL

    @property
    def _shown(self) -> tuple[float | None, str]:
        """The value that may be shown, and what it is of the true one."""
        if self.value is None or np.isnan(self.value):
            return None, ""
        if self.hidden is None:
            return float(self.value), ""
        least, most = self.hidden
        verdicts = {self._judged(least), self._judged(most)}
        if len(verdicts) > 1:
            return None, ""
        below = verdicts == {PASS if self.at_most else FAIL}
        return (most, " (at most)") if below else (least, " (at least)")

    @property
    def row(self) -> dict[str, Any]:
        """A row of diagnostics.csv."""
        value, bound = self._shown
        return {
            "diagnostic": self.name,
            "value": value,
            "threshold": self.threshold,
            "verdict": self.verdict,
            "meaning": f"{self.meaning}{bound}",
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
    def strategy(self) -> BoolArray:
        """Who is exposed as the answer tells the arms apart: by a time, or ever."""
        hours, _ = deadline(self.study)
        if not hours:
            return self.arm
        starts = self.table["hours_to_first_dose"].is_between(0, hours).fill_null(False)
        return np.asarray(starts.to_numpy(), dtype=np.bool_)

    @property
    def primary(self) -> dict[str, Any]:
        """The row of the answer."""
        return self.tables["effects"].filter(pl.col("role") == "primary").row(0, named=True)

    def ends(self, count: int, n: int) -> tuple[float, float] | None:
        """Between which shares a count lies that must not be shown, or that of the others.

        None: the share may be shown.
        """
        return hidden_ends(count, n, self.study.report.smallest_cell)


def hidden_ends(count: int, n: int, smallest: int) -> tuple[float, float] | None:
    """As `Evidence.ends`, of a smallest cell that may be shown."""
    if disclosure.small(count, smallest):
        return 1 / n, min(smallest - 1, n) / n
    if disclosure.small(n - count, smallest):
        return max(n - smallest + 1, 0) / n, (n - 1) / n
    return None
