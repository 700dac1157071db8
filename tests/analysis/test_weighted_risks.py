"""Weighted risks and what each row gives to them, against the sample without that row."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.analysis.sensitivity.weighting import weighted_risks
from ehrivig.match.score import propensity
from ehrivig.stats.result import FloatArray
from ehrivig.stats.weighting.estimands import estimand_of

RNG = np.random.default_rng(7)
X = RNG.normal(size=(300, 2))
ARM = RNG.random(300) < 1 / (1 + np.exp(-X[:, 0]))
Y = (RNG.random(300) < 1 / (1 + np.exp(0.5 - X[:, 1]))).astype(float)


def risks_of(rows: np.ndarray, aim: str) -> FloatArray:
    score = propensity(ARM[rows], X[rows])
    return weighted_risks(Y[rows], ARM[rows], X[rows], score, estimand_of(aim))[0]


@pytest.mark.parametrize("aim", ["ATE", "ATT", "ATO"])
def test_a_row_gives_what_leaving_it_out_takes(aim: str) -> None:
    """Its influence over n is the risks less those without it, to first order."""
    everybody = np.arange(300)
    score = propensity(ARM, X)
    risks, influence = weighted_risks(Y, ARM, X, score, estimand_of(aim))
    weights = estimand_of(aim).weights(score)
    for k, side in enumerate((ARM, ~ARM)):
        assert risks[k] == pytest.approx(np.average(Y[side], weights=weights[k][side]))
    left = np.array([risks - risks_of(np.delete(everybody, i), aim) for i in everybody])
    for k in (0, 1):
        mine, gone = influence[:, k] / 300, left[:, k]
        assert np.corrcoef(mine, gone)[0, 1] > 0.98
        slope = float(mine @ gone / (mine @ mine))
        assert slope == pytest.approx(1, abs=0.06)
