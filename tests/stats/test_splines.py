"""Restricted cubic splines: R's curves (splines.R), straight ends, and what is no curve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.splines import QUANTILES, spline_columns, spline_knots

STORED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "parity" / "splines.json").read_text(encoding="utf-8")
)
X, Y = np.array(STORED["x"], dtype=float), np.array(STORED["y"], dtype=float)


@pytest.mark.parity
@pytest.mark.parametrize("knots", sorted(QUANTILES))
def test_curves_are_those_of_r(knots: int) -> None:
    at, stored = spline_knots(X, knots), STORED[str(knots)]
    np.testing.assert_allclose(at, stored["knots"], rtol=1e-12)
    design = np.column_stack([np.ones(len(X)), X, spline_columns(X, at)])
    fitted = design @ np.linalg.lstsq(design, Y, rcond=None)[0]
    np.testing.assert_allclose(fitted, stored["fitted"], rtol=1e-8)


def test_beyond_the_outer_knots_it_is_a_line() -> None:
    at = np.array([0.0, 1.0, 3.0, 4.0])
    for ends in (np.array([-5.0, -3.0, -1.0]), np.array([5.0, 8.0, 11.0])):
        columns = spline_columns(ends, at)
        assert np.diff(columns, 2, axis=0) == pytest.approx(0, abs=1e-12)
    assert np.abs(np.diff(spline_columns(np.array([1.0, 2.0, 3.0]), at), 2, axis=0)).max() > 0.01


def test_what_is_not_known_stays_unknown() -> None:
    x = np.append(X, np.nan)
    assert (spline_knots(x) == spline_knots(X)).all()
    assert np.isnan(spline_columns(x, spline_knots(x))[-1]).all()


def test_knots_that_fall_together_are_one() -> None:
    x = np.r_[np.zeros(60), np.arange(1, 41)]
    assert len(spline_knots(x, 5)) == 3


@pytest.mark.parametrize("x", [np.zeros(50), np.arange(50) % 2, np.full(9, np.nan), np.empty(0)])
def test_few_values_have_no_curve(x: np.ndarray) -> None:
    with pytest.raises(AnalysisError, match="too few values"):
        spline_knots(x)


@pytest.mark.parametrize("knots", [0, 2, 8])
def test_other_numbers_of_knots_are_refused(knots: int) -> None:
    with pytest.raises(UsageError, match="3 to 7"):
        spline_knots(X, knots)
