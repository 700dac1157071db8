"""The contrasts of two marginal risks, where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError
from ehrivig.stats.regression.marginal import Cohort, Report


@pytest.mark.parametrize("risks", [(0.0, 0.0), (0.0, 0.2), (0.2, 0.0), (0.3, 1.0), (1.0, 0.3)])
def test_a_risk_of_none_or_all_has_no_ratio_and_is_refused_by_name(
    risks: tuple[float, float],
) -> None:
    arm = np.array([True, False, True, False])
    cohort = Cohort(np.zeros(4), arm, np.empty((4, 0)), (), None, 0)
    report = Report(cohort, "death", 0.95, "ATE", "weighting")
    with pytest.raises(AnalysisError, match="nobody in one arm had the event, or everybody"):
        report.from_covariance(np.array(risks), np.eye(2), "none")


def test_contrasts_and_their_errors_by_hand() -> None:
    """Risks of 0.3 and 0.2, errors of 0.03 and 0.04 that go together by 0.5."""
    arm = np.array([True, False, True, False])
    cohort = Cohort(np.zeros(4), arm, np.empty((4, 0)), (), None, 0)
    report = Report(cohort, "death", 0.95, "ATE", "weighting")
    v, w, c = 0.03**2, 0.04**2, 0.5 * 0.03 * 0.04
    found = report.from_covariance(np.array([0.3, 0.2]), np.array([[v, c], [c, w]]), "none")
    assert found.risk_difference.estimate == pytest.approx(0.1)
    assert found.risk_difference.se == pytest.approx(np.sqrt(v + w - 2 * c))
    assert found.risk_ratio.estimate == pytest.approx(1.5)
    assert found.risk_ratio.se == pytest.approx(np.sqrt(v / 0.09 + w / 0.04 - 2 * c / 0.06))
    assert found.odds_ratio.estimate == pytest.approx((3 / 7) / (1 / 4))
    a, b = 0.21, 0.16
    error = np.sqrt(v / a**2 + w / b**2 - 2 * c / (a * b))
    assert found.odds_ratio.se == pytest.approx(error)
    assert found.odds_ratio.hi == pytest.approx(12 / 7 * np.exp(1.959964 * error), rel=1e-6)
    assert found.risk_difference.risks is not None
    risk = found.risk_difference.risks[1]
    ends = 1 / (1 + np.exp(-(np.log(0.25) + np.array([-1, 1]) * 1.959964 * 0.04 / 0.16)))
    assert (risk.estimate, risk.lo, risk.hi) == pytest.approx((0.2, *ends), rel=1e-6)
