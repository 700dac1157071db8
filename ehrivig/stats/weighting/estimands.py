"""The estimands of weighting: for whom an effect is averaged, and the weights that bring it about.

One entry of `ESTIMANDS` is all that another estimand needs: the weights, their influence on the
standard errors, standardisation and the choices of the study file are read from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ehrivig.errors import UsageError
from ehrivig.stats.arrays import one_of
from ehrivig.stats.result import BoolArray, FloatArray

Pair = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Estimand:
    """One population, and the weights by which the arms of a cohort stand for it.

    `weights(e)` are the weights of treated and of control rows with propensity score e (n,),
    `slopes(e)` their derivatives in the log-odds of e. `shares(p)` are the factors of the arms that
    bring their mean weights near one when the share p is treated; None where the weights are
    bounded and stay as they are. `people` are "all", "exposed", "control", or "overlap", which is
    no group of rows. `analysis` is the analysis of a study that answers it ("" when none does).
    """

    name: str
    weights: Callable[[FloatArray], Pair]
    slopes: Callable[[FloatArray], Pair]
    shares: Callable[[float], tuple[float, float]] | None
    method: str
    people: str
    population: str
    analysis: str
    line: str

    def members(self, arm: BoolArray) -> BoolArray:
        """The rows (n,) that the effect is averaged over; UsageError where they are no group."""
        groups = {"all": np.ones_like(arm), "exposed": arm, "control": ~arm}
        if self.people not in groups:
            known = ", ".join(e.name for e in ESTIMANDS.values() if e.people in groups)
            raise UsageError(
                f"estimand: {self.name} averages over no group of rows; known here: {known}."
            )
        return groups[self.people]


ESTIMANDS = {
    entry.name: entry
    for entry in (
        Estimand(
            name="ATE",
            weights=lambda e: (1 / e, 1 / (1 - e)),
            slopes=lambda e: (-(1 - e) / e, e / (1 - e)),
            shares=lambda p: (p, 1 - p),
            method="inverse probability",
            people="all",
            population="everybody",
            analysis="iptw",
            line="1/e and 1/(1 - e): the effect if all were treated against none.",
        ),
        Estimand(
            name="ATT",
            weights=lambda e: (np.ones_like(e), e / (1 - e)),
            slopes=lambda e: (np.zeros_like(e), e / (1 - e)),
            shares=lambda p: (1.0, (1 - p) / p),
            method="inverse probability",
            people="exposed",
            population="those who were treated",
            analysis="matching",
            line="1 and e/(1 - e): the controls weighted to the treated.",
        ),
        Estimand(
            name="ATC",
            weights=lambda e: ((1 - e) / e, np.ones_like(e)),
            slopes=lambda e: (-(1 - e) / e, np.zeros_like(e)),
            shares=lambda p: (p / (1 - p), 1.0),
            method="inverse probability",
            people="control",
            population="those who were not treated",
            analysis="",
            line="(1 - e)/e and 1: the treated weighted to the controls.",
        ),
        Estimand(
            name="ATO",
            weights=lambda e: (1 - e, e),
            slopes=lambda e: (-e * (1 - e), e * (1 - e)),
            shares=None,
            method="overlap",
            people="overlap",
            population="those who could as well have been treated as not",
            analysis="overlap",
            line="1 - e and e: most weight where both treatments are likely (overlap weights).",
        ),
    )
}


def estimand_of(name: str) -> Estimand:
    """The registered estimand of this name; UsageError naming the known ones when there is none."""
    one_of("estimand", name, tuple(ESTIMANDS))
    return ESTIMANDS[name]


def estimand_over(people: str) -> Estimand:
    """The estimand over a group of rows: "all", "exposed" or "control"; UsageError for others."""
    groups = {e.people: e for e in ESTIMANDS.values() if e.people != "overlap"}
    one_of("population", people, tuple(groups))
    return groups[people]
