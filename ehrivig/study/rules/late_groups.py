"""Late, long or high exposure groups: whoever is in one had to live until it happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.problem import Problem
from ehrivig.study.registries import OUTCOMES
from ehrivig.study.registries.sensitivity import safe_designs

if TYPE_CHECKING:
    from ehrivig.study.people import Band
    from ehrivig.study.whole import Study


def immortal_groups(study: Study) -> Iterator[Problem]:
    """Bands by what happens after time zero without a time-zero-safe twin, in no reproduction."""
    if study.study.reproduction:
        return
    for number, band in enumerate(study.exposure.bands):
        if not band.of_product and not _has_twin(study, band):
            yield Problem(
                ("exposure", "bands", number),
                f"{band.name!r} divides the exposed by what happens after time zero: whoever dies "
                f"early is never in {band.high_label!r}. {_cure(study, band)}, remove the band, "
                "or set [study] reproduction = true (every output then carries the warning)",
            )


def _has_twin(study: Study, band: Band) -> bool:
    """Whether a design free of immortal time asks the question of a band."""
    plan = study.analysis
    if not OUTCOMES[study.primary.source].follow_up:
        return False
    if band.feature != "hours_to_first_dose":
        return any(name in plan.sensitivity for name in safe_designs())
    landmark = "landmark" in plan.sensitivity and band.cut in plan.landmark_hours
    cloned = "clone_censor_weight" in plan.sensitivity and band.cut == plan.grace_hours
    return landmark or cloned


def _cure(study: Study, band: Band) -> str:
    """What to do beside removing a band: a twin, which only a death can have."""
    if OUTCOMES[study.primary.source].follow_up:
        return f"{_twin(band)} in analysis.sensitivity"
    return "Name a death as primary outcome, of which alone a design without that is"


def _twin(band: Band) -> str:
    """What to add to the study file for a band."""
    if band.feature == "hours_to_first_dose":
        return (
            f'Add "landmark" with landmark_hours = [{band.cut:g}], or "clone_censor_weight" with '
            f"grace_hours = {band.cut:g},"
        )
    return f"Add {' or '.join(safe_designs())}"
