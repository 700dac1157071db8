"""CR2 with Satterthwaite's degrees of freedom against R's clubSandwich (needs no R).

`regression_few_clusters.R` has the calls. Tolerance: 1e-6 relative, for R's own rounding of `conc`,
which is uncentred there.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.errors import NumericalWarning, UsageError
from ehrivig.stats.regression.linear import linear
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.regression.sandwich import working

pytestmark = pytest.mark.parity
STORED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "regression_few_clusters.json").read_text(encoding="utf-8")
)
PLANTS = {name: np.array(values, dtype=float) for name, values in STORED["plants"].items()}
WOMEN = {name: np.array(values, dtype=float) for name, values in STORED["women"].items()}


def columns(data: dict[str, Any], *names: str) -> Any:
    return np.column_stack([data[name] for name in names])


def agree(fit: Any, stored: dict[str, Any]) -> None:
    for name in ("coef", "se", "p"):
        wanted = np.atleast_1d(stored[name])
        np.testing.assert_allclose(getattr(fit, name), wanted, rtol=1e-6, err_msg=name)


def test_linear() -> None:
    fit = linear(
        PLANTS["uptake"],
        columns(PLANTS, "conc", "south", "chilled"),
        cluster=PLANTS["plant"],
        variance="CR2",
    )
    agree(fit, STORED["line"])
    np.testing.assert_allclose(fit.lo, STORED["line"]["lo"], rtol=1e-6)
    np.testing.assert_allclose(fit.hi, STORED["line"]["hi"], rtol=1e-6)
    assert fit.df == pytest.approx(min(STORED["line"]["df"]))
    assert fit.variance == "clustered CR2 (12 clusters), t with Satterthwaite df"


def test_a_column_that_one_cluster_decides() -> None:
    x = np.column_stack([PLANTS["conc"], PLANTS["plant"] == 4])
    with pytest.warns(NumericalWarning, match="12 clusters: one of them alone"):
        fit = linear(PLANTS["uptake"], x, cluster=PLANTS["plant"], variance="CR2")
    agree(fit, STORED["alone"])


def test_logistic() -> None:
    x = columns(WOMEN, "spontaneous", "induced", "age")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = logistic(WOMEN["case"], x, cluster=WOMEN["group"], variance="CR2")
    agree(fit, STORED["logistic"])
    np.testing.assert_allclose(np.log(fit.lo), STORED["logistic"]["lo"], rtol=1e-6)
    np.testing.assert_allclose(np.log(fit.hi), STORED["logistic"]["hi"], rtol=1e-6)


def test_many_clusters_have_the_plain_sandwich() -> None:
    """With hundreds of clusters the correction is of the order of one in their number."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(400), 5)
    x = rng.normal(size=(2000, 2)) + rng.normal(size=400)[group, None]
    y = rng.random(2000) < 1 / (1 + np.exp(-x[:, 0] - rng.normal(size=400)[group]))
    plain = logistic(y, x, cluster=group)
    reduced = logistic(y, x, cluster=group, variance="CR2")
    np.testing.assert_allclose(reduced.se, plain.se, rtol=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"variance": "CR2"}, "belong together"),
        ({"variance": "CR2", "cluster": PLANTS["plant"], "weights": PLANTS["conc"]}, "no weights"),
    ],
)
def test_what_does_not_go_together(options: dict[str, Any], said: str) -> None:
    x = columns(PLANTS, "conc", "chilled")
    with pytest.raises(UsageError, match=said):
        linear(PLANTS["uptake"], x, **options)
    with pytest.raises(UsageError, match=said):
        logistic(PLANTS["south"], x, **options)


def test_a_row_of_which_the_model_is_sure_has_no_residual() -> None:
    """0 by 0 where the fitted probability is 1 to the last digit: its limit is 0."""
    x = np.array([[0.0], [60.0]])
    design, residual = working(np.array([1.0, 1.0]), x, np.array([0.0, 1.0]))
    assert design[1].tolist() == [0.0, 0.0]
    assert residual.tolist() == [1.0, 0.0]
