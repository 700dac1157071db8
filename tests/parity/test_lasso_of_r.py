"""The lasso's coefficients and chances at given penalties against R's glmnet (lasso_score.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ehrivig.stats.weighting import lasso_score

pytestmark = pytest.mark.parity
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "lasso_score.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("number", range(4))
def test_the_fit_at_a_penalty(number: int) -> None:
    x, arm = csr_matrix(np.array(STORED["x"])), np.array(STORED["smoke"]) == 1
    strength = 1 / (STORED["penalties"][number] * len(arm))
    fit = lasso_score._fitted(x, arm, strength, lasso_score._FITTED)
    np.testing.assert_allclose(fit.coef_[0], STORED["coef"][number], atol=4e-3)
    chance = fit.predict_proba(x)[:, 1]
    np.testing.assert_allclose(chance, STORED["chance"][number], atol=1.5e-3)
    closer = lasso_score._fitted(x, arm, strength, 1e-9)
    np.testing.assert_allclose(closer.coef_[0], STORED["coef"][number], atol=5e-4)
