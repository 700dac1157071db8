"""Risk of bias as the authors of a synthesis judged it: columns `rob_<domain>` of the trials.

Judgements are those of RoB 2 (low, some concerns, high) and ROBINS-I (low, moderate, serious,
critical), or no information. `rob_overall` is the verdict of a study; without it a study is as its
worst domain. Sources: Sterne et al. 2019 (RoB 2), 2016 (ROBINS-I).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ehrivig.errors import UsageError
from ehrivig.stats.result import BoolArray, FloatArray

if TYPE_CHECKING:
    from ehrivig.meta.trials import Trials

PREFIX = "rob_"
OVERALL = "rob_overall"
_ORDER = {
    "low": 0,
    "some concerns": 1,
    "moderate": 1,
    "no information": 1,
    "high": 2,
    "serious": 2,
    "critical": 3,
}
_ALSO = {
    **dict.fromkeys(("unclear", "some", "some concern"), "some concerns"),
    "ni": "no information",
}
_ENDS = (" of bias", " risk")
"""Of "high risk of bias" the first word is the judgement."""
_NAMED = re.compile(r"(?:rob2?|robins_i|risk_of_bias)(?:_(.+))?")
_HIGH = 2


@dataclass(frozen=True)
class RiskOfBias:
    """Judgements of k studies: `domains` by name, each (k,) words; `overall` (k,) words."""

    domains: Mapping[str, tuple[str, ...]]
    overall: tuple[str, ...]

    @property
    def high(self) -> BoolArray:
        """Studies (k,) at high, serious or critical risk."""
        return np.array([_ORDER[word] >= _HIGH for word in self.overall])

    @property
    def low(self) -> BoolArray:
        """Studies (k,) at low risk."""
        return np.array([_ORDER[word] == 0 for word in self.overall])

    def weight_at(self, weights: FloatArray) -> tuple[float, float]:
        """Share of the pool at low, and at high risk; `weights` (k,) sum to 1."""
        return float(weights[self.low].sum()), float(weights[self.high].sum())


def column_name(name: str) -> str:
    """`rob_<domain>` of a column that is named so in another spelling; other names as they are."""
    named = _NAMED.fullmatch(re.sub(r"[\W_]+", "_", name.casefold()).strip("_"))
    return f"{PREFIX}{named[1] or 'overall'}" if named else name


def risk_of_bias(trials: Trials) -> RiskOfBias | None:
    """The judgements of a table of trials; None where it has no such column.

    Raises UsageError for a word that is no judgement, with the line.
    """
    names = [name for name in trials.columns if name.startswith(PREFIX)]
    if not names:
        return None
    read = {name: _judgements(trials, name) for name in names}
    overall = read.pop(OVERALL, None)
    if overall is None:
        each = zip(*read.values(), strict=True)
        overall = tuple(max(words, key=_ORDER.__getitem__) for words in each)
    domains = {name.removeprefix(PREFIX).replace("_", " "): words for name, words in read.items()}
    return RiskOfBias(domains, overall)


def _judgements(trials: Trials, name: str) -> tuple[str, ...]:
    found = []
    for label, line, cell in zip(
        trials.labels, trials.lines, trials.text_column(name), strict=True
    ):
        word = " ".join(cell.casefold().replace("_", " ").replace("-", " ").split())
        for end in _ENDS:
            word = word.removesuffix(end)
        word = _ALSO.get(word, word)
        if word not in _ORDER:
            raise UsageError(
                f"{trials.source}: line {line} ({label}): {name} is {cell!r}. "
                f"Write one of {', '.join(_ORDER)}."
            )
        found.append(word)
    return tuple(found)
