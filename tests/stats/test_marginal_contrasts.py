"""The contrasts of two marginal risks, where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.marginal import Cohort, Report


@pytest.mark.parametrize("risks", [(0.0, 0.0), (0.0, 0.2), (0.3, 1.0)])
def test_a_risk_of_none_or_all_has_no_ratio_and_is_refused_by_name(
    risks: tuple[float, float],
) -> None:
    arm = np.array([True, False, True, False])
    cohort = Cohort(np.zeros(4), arm, np.empty((4, 0)), (), None, 0)
    report = Report(cohort, "death", 0.95, "ATE", "weighting")
    with pytest.raises(AnalysisError, match="nobody in one arm had the event, or everybody"):
        report.from_covariance(np.array(risks), np.eye(2), "none")
