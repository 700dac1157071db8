"""What the libraries of the field do in the package: each row by the one that `docs` names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.stats.regression.gee import gee
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.tables.multiplicity import benjamini_hochberg, holm
from ehrivig.stats.weighting.cross_fitted import cross_fitted_aipw
from ehrivig.stats.weighting.lasso_score import lasso_score

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
RNG = np.random.default_rng(5)
ARM = np.arange(120) % 2
X = np.column_stack([ARM, RNG.normal(size=120)])
DAYS = RNG.lognormal(2, 0.6, 120)
EVENT = (RNG.random(120) < 0.4).astype(float)
HOSPITAL = np.arange(120) // 2 % 12

BY: dict[str, tuple[str, Callable[[], Any]]] = {
    "p_holm": ("statsmodels.stats.multitest.multipletests", lambda: holm([0.01, 0.2])),
    "p_bh": ("statsmodels.stats.multitest.multipletests", lambda: benjamini_hochberg([0.01, 0.2])),
    "negative_binomial": (
        "statsmodels.genmod.generalized_linear_model.GLM",
        lambda: negative_binomial(DAYS, X),
    ),
    "gee": (
        "statsmodels.genmod.generalized_estimating_equations.GEE",
        lambda: gee(EVENT, X, HOSPITAL),
    ),
    "mixed_model": (
        "statsmodels.regression.mixed_linear_model.MixedLM",
        lambda: mixed(DAYS, X, HOSPITAL),
    ),
    "aipw_cross_fitted": (
        "sklearn.linear_model.LogisticRegressionCV",
        lambda: cross_fitted_aipw(EVENT, ARM, X[:, 1:], folds=2, splits=1),
    ),
    "tmle_cross_fitted": (
        "sklearn.linear_model.LogisticRegressionCV",
        lambda: cross_fitted_aipw(EVENT, ARM, X[:, 1:], folds=2, splits=1, targeted=True),
    ),
    "large_scale_score": (
        "sklearn.linear_model.LogisticRegression",
        lambda: lasso_score(ARM, np.column_stack([X, ARM + X[:, 1] / 9])),
    ),
}


class Used(Exception):
    """The library was called."""


@pytest.mark.parametrize("row", BY)
def test_the_library_does_the_work(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, compute = BY[row]
    compute()  # without the patch it gives an answer

    def stop(*args: Any, **keys: Any) -> Any:
        raise Used

    monkeypatch.setattr(name, stop)
    with pytest.raises(Used):
        compute()


def test_the_page_names_each() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| .*`\w+`.* \| (?:statsmodels|scikit-learn) .*$", text, re.MULTILINE)
    for row, (name, _) in BY.items():
        library = {"sklearn": "scikit-learn"}.get(name.split(".")[0], name.split(".")[0])
        told = [line for line in lines if f"`{row}`" in line.split("|")[1]]
        assert len(told) == 1, row
        assert f"{library} " in told[0]
        assert f"`{name.split('.')[-1]}`" in told[0]
