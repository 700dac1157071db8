"""The analyses that may give the declared answer: `analysis` in [study.estimand].

Exactly one row of effects.csv is the answer; which one says `analysis.roles` by these names.
"""

from __future__ import annotations

from dataclasses import dataclass

from ehrivig.study.registries.entry import Entry, Registry

N_TRIALS, WINDOW_HOURS = 7, 24.0
"""Sequential trials: how many, and how long the window is in which people start."""


@dataclass(frozen=True)
class Answer(Entry):
    """One analysis that can be the answer.

    `measures`: what it gives of an event, the first unless another is named; `of_number`: of a
    number, empty where it gives none. `death`: it follows people to a death. `target`: among whom.
    `by_day`: it gives the risk of a death by a day, and takes one where the outcome names none.
    """

    measures: tuple[str, ...]
    of_number: str
    death: bool
    target: str
    by_day: bool = False


ANSWERS = Registry(
    "answer",
    (
        Answer(
            "clone_censor_weight",
            "Clone, censor, weight",
            "Starting within `grace_hours` against not, as everybody could: RD or RR.",
            ("RD", "RR"),
            "",
            death=True,
            target="ATE",
            by_day=True,
        ),
        Answer(
            "sequential_trials",
            "Sequential trials",
            "Starting now against not yet, day after day: HR, RD or RR.",
            ("HR", "RD", "RR"),
            "",
            death=True,
            target="ATT",
        ),
        Answer(
            "time_dependent_cox",
            "Time-dependent Cox model",
            "Exposure counts from its start on: HR.",
            ("HR",),
            "",
            death=True,
            target="ATE",
        ),
        Answer(
            "landmark",
            "Landmark analysis",
            "Exposed by the first of `landmark_hours` against not yet, adjusted: HR, RD or RR.",
            ("HR", "RD", "RR"),
            "",
            death=True,
            target="ATE",
        ),
        Answer(
            "matched",
            "Matched, adjusted for what is left within pairs",
            "RD (standardised to the matched exposed) or OR; of a number MD.",
            ("RD", "OR"),
            "MD",
            death=False,
            target="ATT",
        ),
        Answer(
            "iptw",
            "Inverse probability weights",
            "RD, RR or OR; of a number MD.",
            ("RD", "RR", "OR"),
            "MD",
            death=False,
            target="ATE",
        ),
        Answer(
            "overlap",
            "Overlap weights",
            "RD, RR or OR; of a number MD.",
            ("RD", "RR", "OR"),
            "MD",
            death=False,
            target="ATO",
        ),
        Answer(
            "aipw",
            "Augmented inverse probability weights",
            "RD, RR or OR.",
            ("RD", "RR", "OR"),
            "",
            death=False,
            target="ATE",
        ),
        Answer(
            "aipw_cross_fitted",
            "Cross-fitted AIPW, models learned",
            "Squares and products chosen by a lasso: RD, RR or OR.",
            ("RD", "RR", "OR"),
            "",
            death=False,
            target="ATE",
        ),
        Answer(
            "tmle_cross_fitted",
            "Cross-fitted TMLE, models learned",
            "As aipw_cross_fitted, its risks between 0 and 1 whatever the weights: RD, RR or OR.",
            ("RD", "RR", "OR"),
            "",
            death=False,
            target="ATE",
        ),
    ),
)
