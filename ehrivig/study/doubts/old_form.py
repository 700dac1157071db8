"""What a study file of version 0.1 could ask and a new one cannot: read as before, and told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.problem import shown
from ehrivig.study.rules.later import of_old_form, split_by_outcome

if TYPE_CHECKING:
    from ehrivig.study.whole import Study

SPLIT = (
    "is an outcome: a group that it makes is known only after time zero, and the drug may have "
    "moved people into it"
)


def outcome_subgroups(study: Study) -> Iterator[Doubt]:
    """Subgroups by an outcome, which a file that declares its answer cannot have."""
    for path, name in split_by_outcome(study) if of_old_form(study) else ():
        yield Doubt(
            path,
            f"{shown(name)} {SPLIT}. Split by a covariate; `ehrivig study upgrade` takes it out",
            "subgroup_by_outcome",
            "error",
        )
