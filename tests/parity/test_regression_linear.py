"""Linear regression against R's lm, sandwich and lmtest (`regression_linear.R`; needs no R).

Tolerance: 1e-8 relative: `far` is a covariate around 100, uncentred in R, which costs R itself the
last digits.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.regression.linear import LinearFit, linear

pytestmark = pytest.mark.parity
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "regression_linear.json").read_text(encoding="utf-8")
)
DATA = {name: np.array(values, dtype=float) for name, values in STORED["data"].items()}
X = np.column_stack([DATA["am"], DATA["hp"], DATA["far"]])


def agree(fit: LinearFit, stored: dict[str, Any]) -> None:
    for name in ("coef", "se", "p", "lo", "hi"):
        wanted = np.atleast_1d(stored[name])
        np.testing.assert_allclose(getattr(fit, name), wanted, rtol=1e-8, err_msg=name)
    assert fit.df == stored["df"]


def test_hc3() -> None:
    agree(linear(DATA["qsec"], X), STORED["hc3"])


def test_weighted() -> None:
    agree(linear(DATA["qsec"], X, weights=DATA["carb"]), STORED["weighted"])


def test_clustered() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # six clusters are few, and it says so
        fit = linear(DATA["qsec"], X[:, :1], cluster=DATA["carb"], names=["exposed"])
    agree(fit, STORED["clustered"])
    effect = fit.effect("exposed", DATA["am"])
    assert (effect.measure, effect.n_exposed, effect.n_control) == ("MD", 13, 19)
    assert effect.estimate == pytest.approx(
        DATA["qsec"][DATA["am"] == 1].mean() - DATA["qsec"][DATA["am"] == 0].mean()
    )


@pytest.mark.parametrize(
    ("y", "x", "said"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], "constant or collinear"),
        ([1, 2], [0, 1], "2 rows for 2 coefficients"),
        ([5, 5, 5, 5], [0, 1, 0, 1], "does not vary"),
        ([1, 2, 3, 9], [0, 0, 0, 1], "a row alone decides"),
        ([1, 2, np.nan, 9], [0, 1, 0, 1], "missing or infinite"),
    ],
)
def test_what_has_no_answer_says_so(y: list[float], x: list[float], said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        linear(y, np.array(x, dtype=float), names=["exposed"])


def test_no_rows_and_no_level_are_refused() -> None:
    with pytest.raises(AnalysisError, match="0 rows for 2 coefficients"):
        linear([], np.empty((0, 1)))
    with pytest.raises(UsageError, match="level: 95; a level lies between 0 and 1"):
        linear(DATA["qsec"], X, level=95)
