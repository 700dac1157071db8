"""Medians, ratios of means, GEE and a mixed model against R (`regression_numbers.R`; needs no R).

Tolerances: gee and nlme stop at about 1e-6 of their own. `gee` without its correction for few
clusters is R's sandwich.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.stats.regression.gee import _covariance, _fit, _of_clusters, gee
from ehrivig.stats.regression.mixed import mixed
from ehrivig.stats.regression.negative_binomial import negative_binomial
from ehrivig.stats.result import Effect
from ehrivig.stats.tables.median_difference import median_difference

pytestmark = pytest.mark.parity
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "regression_numbers.json").read_text(encoding="utf-8")
)


def columns(name: str, *chosen: str) -> np.ndarray:
    return np.column_stack([np.array(STORED[name][one], dtype=float) for one in chosen])


def agree(fit: Any, stored: dict[str, Any], close: float) -> None:
    for name in ("coef", "se"):
        np.testing.assert_allclose(getattr(fit, name), stored[name], rtol=close, err_msg=name)


CARS = columns("mtcars", "am", "hp", "wt")
SECONDS = columns("mtcars", "qsec")[:, 0]
CARB = columns("mtcars", "carb")[:, 0]


def told(found: Effect) -> dict[str, float]:
    return {name: getattr(found, name) for name in ("estimate", "lo", "hi", "p")}


def test_medians() -> None:
    found = told(median_difference(SECONDS, CARS[:, 0]))
    assert found == pytest.approx(STORED["median"], rel=1e-8)


def test_medians_with_clusters() -> None:
    with pytest.warns(match="6 clusters"):
        found = median_difference(SECONDS, CARS[:, 0], cluster=CARB)
    assert told(found) == pytest.approx(STORED["median_cluster"], rel=1e-8)


def test_ratio_of_means() -> None:
    power, x = CARS[:, 1], CARS[:, [0, 2]]
    fit = negative_binomial(power, x)
    agree(fit, STORED["ratio"], 1e-7)
    assert fit.alpha == pytest.approx(STORED["ratio"]["alpha"], rel=1e-6)
    with pytest.warns(match="6 clusters"):
        agree(negative_binomial(power, x, cluster=CARB), STORED["ratio_cluster"], 1e-7)


def test_a_count_with_less_spread_than_poisson() -> None:
    fit = negative_binomial(CARB, CARS[:, [0, 2]])
    agree(fit, STORED["poisson"], 1e-8)
    assert (fit.alpha, fit.method.split()[0]) == (0.0, "Poisson")


def test_gee() -> None:
    event, x = columns("bacteria", "event")[:, 0], columns("bacteria", "active", "week")
    who = np.array(STORED["bacteria"]["id"])
    fit, wanted = gee(event, x, who, names=["active", "week"]), STORED["gee"]
    np.testing.assert_allclose(fit.coef, wanted["coef"], rtol=1e-5)
    assert f"{wanted['correlation']:.3f}" in fit.notes[0]
    design, index = np.column_stack([np.ones(len(x)), x]), np.unique(who, return_inverse=True)[1]
    beta, correlation, _ = _fit(event, design, index)
    clusters = _of_clusters(event, design, index, beta, correlation)
    plain = np.sqrt(np.diag(_covariance(clusters, corrected=False)))[1:]
    np.testing.assert_allclose(plain, wanted["se"], rtol=1e-5)
    assert (fit.se > plain).all()


def test_mixed_model() -> None:
    fit = mixed(
        columns("pixel", "pixel")[:, 0], columns("pixel", "right", "day"), STORED["pixel"]["dog"]
    )
    agree(fit, STORED["mixed"], 1e-6)
    assert f"{STORED['mixed']['correlation']:.3f}" in fit.notes[0]


def test_they_are_read_as_effects() -> None:
    arm = CARS[:, 0]
    names = ["exposed", "hp", "wt"]
    effect = median_difference(SECONDS, arm)
    assert (effect.measure, effect.n_exposed, effect.n_control) == ("median difference", 13, 19)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ratio = negative_binomial(SECONDS, CARS, names=names).effect("exposed", arm)
    assert ratio.measure == "mean ratio"
    assert ratio.lo < ratio.estimate < ratio.hi
