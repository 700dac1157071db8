"""The window around time zero in which a baseline variable is looked for."""

from __future__ import annotations

from ehrivig.study.registries.covariates import COVARIATES
from ehrivig.study.variables import Covariate
from ehrivig.study.whole import Study

Window = tuple[float, float | None]
"""[start, end) in hours from time zero; None: to the end of the stay."""


def window_of(variable: Covariate, study: Study) -> Window:
    """The hours around time zero in which a variable is looked for; some sources have none.

    A treatment that the study allows to be post-baseline by name, and that has no window of its
    own, is looked for from time zero to the end of the stay.
    """
    source = COVARIATES[variable.source]
    if not source.window:
        return (0.0, None)
    if variable.window_hours is not None:
        return variable.window_hours
    if source.treatment and variable.name in study.match.allow_post_baseline:
        return (0.0, None)
    return study.covariates.window_hours
