"""Pairs and weights of R's MatchIt 4.7.2 on survival::rotterdam, ties included.

`regression_matching.R` makes the three CSV files; nothing here needs R. Pairs are compared whole:
there is no tolerance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.match import Matches, nearest

pytestmark = pytest.mark.parity

WEIGHT = 1e-14  # sums of a few fractions
FOLDER = Path(__file__).parent
UNITS = pl.read_csv(FOLDER / "regression_matching_input.csv")
PAIRS = pl.read_csv(FOLDER / "regression_matching_pairs.csv")
WEIGHTS = pl.read_csv(FOLDER / "regression_matching_weights.csv")
SETTINGS: dict[str, dict[str, Any]] = {
    "order": {"caliper": 0.02},
    "ratio2": {"caliper": 0.05, "ratio": 2},
    "exact": {"caliper": 0.05, "exact": UNITS.select("meno", "grade").to_numpy()},
    "replace": {"caliper": 0.02, "replace": True},
    "replace2": {"caliper": 0.05, "replace": True, "ratio": 2},
    "nocaliper": {"caliper": None},
    "mahalanobis": {"caliper": 0.05, "mahalanobis": UNITS.select("u", "v", "w").to_numpy()},
}


def matched(case: str) -> Matches:
    """Our match under the settings that the name of the case says."""
    kind, *order, score = case.split()
    distance = UNITS["ps"].to_numpy()
    distance = np.round(distance, 2) if score == "round2" else distance
    settings = dict(SETTINGS[kind])
    caliper = settings.pop("caliper")
    choice = order[0] if order else "largest"
    return nearest(distance, UNITS["treated"].to_numpy(), caliper, order=choice, **settings)


def test_the_reference_has_every_kind_of_match() -> None:
    kinds = {case.split()[0] for case in PAIRS["case"].unique()}
    assert kinds == set(SETTINGS)


@pytest.mark.parametrize("case", PAIRS["case"].unique(maintain_order=True).to_list())
def test_pairs_are_identical(case: str) -> None:
    expected = PAIRS.filter(pl.col("case") == case).sort("treated", "round")
    got = matched(case)
    assert (got.treated + 1).tolist() == expected["treated"].to_list()
    by_set = sorted(zip((got.treated + 1).tolist(), (got.control + 1).tolist(), strict=True))
    assert by_set == sorted(expected.select("treated", "control").rows())


@pytest.mark.parametrize("case", WEIGHTS["case"].unique(maintain_order=True).to_list())
def test_weights_are_identical(case: str) -> None:
    rows = WEIGHTS.filter(pl.col("case") == case)
    expected = np.zeros(UNITS.height)
    expected[rows["row"].to_numpy() - 1] = rows["weight"].to_numpy()
    np.testing.assert_allclose(matched(case).weights(normalise=True), expected, rtol=0, atol=WEIGHT)
