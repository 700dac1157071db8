"""Standard errors that know the pairs: four counts of pairs in other words."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables
from ehrivig.release.attack.pairs import cells_of
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe
from ehrivig.stats.regression.logistic import logistic

SMALLEST = 5
FEW, MANY = (2, 6, 6, 4), (13, 7, 9, 14)
"""Pairs with the event in both, in the exposed alone, in the control alone, in neither."""
NUMBERS = ("estimate", "lo", "hi", "se", "p")


def row(cells: tuple[int, int, int, int], single: tuple[int, ...] = (), **more: Any) -> Any:
    """A crude comparison of pairs; `single`: events of exposed without a mate."""
    both, one, two, neither = cells
    exposed = [1] * (both + one) + [0] * (two + neither)
    control = [1] * both + [0] * one + [1] * two + [0] * neither
    n = len(exposed)
    y = np.array([*exposed, *single, *control], dtype=float)
    arm = np.array([1] * (n + len(single)) + [0] * n, dtype=float)[:, None]
    people = np.array([*range(n), *(n + k for k in range(len(single))), *range(n)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = logistic(y, arm, cluster=people, names=["exposed"], event_label="death")
    a, c = int(y[arm[:, 0] == 1].sum()), int(y[arm[:, 0] == 0].sum())
    estimate = a / (n + len(single) - a) / (c / (n - c))
    return {
        **{"analysis": "moribund_discharge", "contrast": "IVIG vs no IVIG"},
        **{"outcome": "death_28d", "population": "matched", "measure": "OR"},
        **{"estimate": estimate, "lo": 0.3, "hi": 2.0, "p": 0.5, "adjusted": True},
        **{"se": float(fit.se[1]), "n_exposed": n + len(single), "n_control": n},
        **{"events_exposed": a, "events_control": c, "model": "logistic, Wald interval"},
        **{"variance": "cluster HC1 (statsmodels, R vcovCL type HC1)", "note": "read with care"},
        **more,
    }


def had(tables: dict[str, pl.DataFrame]) -> set[str]:
    """What can be had of few pairs."""
    found = (cell for cell in of_tables(tables, SMALLEST) if cell.disclosed)
    return {cell.place.words for cell in found if "pairs" in cell.place.words}


@pytest.mark.parametrize("cells", [FEW, MANY])
def test_a_clustered_standard_error_is_the_four_counts_of_pairs(
    cells: tuple[int, int, int, int],
) -> None:
    assert cells_of(row(cells)) == [cells]


def test_who_has_no_mate_is_a_cluster_of_one() -> None:
    assert FEW in cells_of(row(FEW, single=(1, 0)))


def test_few_pairs_are_not_told_and_the_counts_of_both_arms_stay() -> None:
    found = {"effects.csv": pl.DataFrame([row(MANY), row(FEW)])}
    assert len(had(found)) == 2  # both, and neither
    safe, _, cells = until_safe(found, SMALLEST)
    assert not any(cell.disclosed for cell in cells)
    many, few = safe["effects.csv"].to_dicts()
    assert many == found["effects.csv"].to_dicts()[0]
    assert [few[name] for name in NUMBERS] == [None] * len(NUMBERS)
    assert (few["events_exposed"], few["n_exposed"]) == (8, 18)
    assert few["note"].endswith("its variance would tell few pairs")


@pytest.mark.parametrize(
    "other",
    [
        {"variance": "model (inverse Fisher information)"},
        {"estimate": 1.1},
        {"se": 0.7},
        {"measure": "HR"},
        {"events_control": None},
    ],
)
def test_what_is_no_crude_comparison_of_pairs_tells_none(other: dict[str, Any]) -> None:
    assert cells_of(row(FEW, **other)) == []


def test_how_many_clusters_there_are_tells_in_how_many_pairs_both_are_compared() -> None:
    """Ten exposed and seven controls with a stay in intensive care, in 13 clusters: four pairs."""
    note = "clustered variance from 13 clusters: below 40 it is too small"
    told = row(MANY, n_exposed=10, n_control=7, se=2.1, measure="MD", note=note)
    tables = {"effects.csv": pl.DataFrame([told])}
    assert {words.split(",")[1].strip() for words in had(tables)} == {
        "matched: pairs of both",
        "matched: pairs of the control alone",
    }
    copy = first("effects.csv", tables["effects.csv"], SMALLEST)
    assert "from few clusters: below 40" in copy["note"][0]
    assert had({"effects.csv": copy}) == set()
