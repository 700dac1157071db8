"""Windows of baseline variables against an exposure that may begin before time zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ehrivig.study.doubts.doubt import Doubt
from ehrivig.study.registries import COVARIATES

if TYPE_CHECKING:
    from ehrivig.study.whole import Study


def baseline_after_exposure(study: Study) -> Iterator[Doubt]:
    """Baseline windows that reach beyond an exposure window which opens before time zero."""
    opens, usual = study.exposure.start_hours, study.covariates.window_hours
    used = {*study.match.covariates, *study.match.exact, *study.analysis.adjust}
    late = [
        v.name
        for v in study.covariates.variables
        if v.name in used and COVARIATES[v.source].window
        if (v.window_hours or usual)[1] > opens
    ]
    if opens < 0 and late:
        yield Doubt(
            ("exposure", "start_hours"),
            f"the exposure window opens {-opens:g} h before time zero, and these may be measured "
            f"after it began: {', '.join(late)}. End their windows at {opens:g} h",
            "baseline_after_exposure",
        )
