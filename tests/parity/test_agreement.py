"""Every estimator beside its referees on the public data sets: within the bounds of the page."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from ehrivig.stats.regression.logistic import logistic
from tests.parity.agreement import DOCUMENT, HERE, THEIRS, compared, table_of
from tests.parity.questions import OURS, x_of

pytestmark = pytest.mark.parity
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \| (\d+) \|", re.M)


def test_differences_are_within_the_bounds_of_the_page() -> None:
    page = {
        (function, referee): (int(sets), float(bound), int(refused))
        for function, referee, sets, bound, refused in ROW.findall(
            DOCUMENT.read_text(encoding="utf-8").split("|---|", 1)[1]
        )
    }
    found = compared()
    assert page.keys() == found.keys()
    assert {function for function, _ in page} == set(OURS)
    for key, row in found.items():
        sets, bound, refused = page[key]
        assert (len(row.data), len(row.refused)) == (sets, refused), key
        assert row.largest <= bound, f"{key}: {row.largest:.1e} in {row.where}"


def test_what_is_above_rounding_is_explained() -> None:
    large = {referee for (_, referee), row in compared().items() if row.largest > 1e-6}
    assert large == set(THEIRS)


def test_of_two_maxima_of_the_penalised_likelihood_ours_is_the_higher() -> None:
    """logistf and firthmodels stop at the lower one of `mgus2`."""
    d = table_of("mgus2")
    x = np.column_stack([np.ones(len(d["event"])), x_of(d)])

    def penalised(free: np.ndarray, arm: float) -> float:
        beta = np.array([free[0], arm, *free[1:]])
        eta = x @ beta
        p = 1 / (1 + np.exp(-eta))
        information = (x * (p * (1 - p))[:, None]).T @ x
        return float(d["event"] @ eta - np.logaddexp(0, eta).sum()) + 0.5 * float(
            np.linalg.slogdet(information)[1]
        )

    ours = logistic(d["event"], x_of(d), firth=True).coef
    (theirs,) = _stored("agreement_logistf.json", "mgus2")
    best = minimize(
        lambda free: -penalised(free, theirs["coef"]), np.delete(ours, 1), method="Nelder-Mead"
    )
    assert theirs["coef"] == pytest.approx(0.1715, abs=1e-4)
    assert penalised(np.delete(ours, 1), ours[1]) > -best.fun + 0.05


def test_the_delta_method_by_hand_is_ours() -> None:
    """marginaleffects derives by differences, and `heart` has a year for a covariate."""
    d = table_of("heart")
    x = x_of(d)
    fit = logistic(d["event"], x)
    full = [np.column_stack([np.ones(len(x)), np.full(len(x), a), x[:, 1:]]) for a in (1.0, 0.0)]
    slopes = []
    for one in full:
        p = 1 / (1 + np.exp(-(one @ fit.coef)))
        slopes.append((p * (1 - p)) @ one / len(x))
    slope = slopes[0] - slopes[1]
    found = OURS["g-computation, delta"](d, None)["se"]
    assert found == pytest.approx(float(np.sqrt(slope @ fit.covariance @ slope)), rel=1e-9)
    theirs = next(c for c in _stored("agreement_causal.json", "heart") if "delta" in c["case"])
    assert found != pytest.approx(theirs["se"], rel=0.1)


def _stored(file: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / file).read_text(encoding="utf-8"))[name]
    return found
