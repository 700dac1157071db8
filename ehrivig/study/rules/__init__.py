"""What must hold between the sections of a study, beyond names and types.

Each rule gives its problems, with the sentence that explains why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem
from ehrivig.study.rules.answer import (
    horizon_beyond_extract,
    impossible_answer,
    impossible_hours,
    impossible_strategies,
    unknown_deaths,
)
from ehrivig.study.rules.controls import (
    decided_outcomes,
    primary_as_covariate,
    wrong_controls,
)
from ehrivig.study.rules.criteria import contradictory_criteria
from ehrivig.study.rules.curves import impossible_curves
from ehrivig.study.rules.daily import unread_moving
from ehrivig.study.rules.dose_plans import impossible_doses
from ehrivig.study.rules.exposure_drug import exposure_elsewhere
from ehrivig.study.rules.labels import equal_labels, taken_criteria
from ehrivig.study.rules.late_groups import immortal_groups
from ehrivig.study.rules.later import late_variables
from ehrivig.study.rules.parts import wrong_parts
from ehrivig.study.rules.reached import impossible_results
from ehrivig.study.rules.small_cells import rounded_to_none, unsigned_small_cells
from ehrivig.study.rules.target import unanswered_target
from ehrivig.study.rules.twice import the_same_twice
from ehrivig.study.rules.unread import unread_keys
from ehrivig.study.rules.windows import wrong_windows

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

__all__ = ["broken_rules"]

_RULES = (
    unread_keys,
    wrong_parts,
    wrong_windows,
    impossible_curves,
    impossible_results,
    contradictory_criteria,
    the_same_twice,
    equal_labels,
    taken_criteria,
    late_variables,
    exposure_elsewhere,
    unsigned_small_cells,
    rounded_to_none,
)
_OF_PRIMARY = (
    wrong_controls,
    decided_outcomes,
    primary_as_covariate,
    immortal_groups,
    unanswered_target,
    impossible_answer,
    impossible_hours,
    impossible_strategies,
    unknown_deaths,
    horizon_beyond_extract,
    unread_moving,
    impossible_doses,
)
"""Those that can be asked only where the primary outcome is one of the outcomes."""


def broken_rules(study: Study) -> list[Problem]:
    """Every rule that a study breaks; names that point at nothing are somebody else's to tell."""
    there = study.outcomes.primary in (outcome.name for outcome in study.outcomes.variables)
    rules = (*_RULES, *_OF_PRIMARY) if there else _RULES
    return [problem for rule in rules for problem in rule(study)]
