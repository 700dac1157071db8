"""Results in a notebook: a frame with the names of the fields, and a short line."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig import stats
from ehrivig.meta.pooled import Pooled
from ehrivig.stats.balance import balance
from ehrivig.stats.matching.nearest import nearest
from ehrivig.stats.shown import Shown
from ehrivig.stats.weighting.lasso_score import lasso_score

N = 80
RNG = np.random.default_rng(1)
TIME, EVENT = RNG.exponential(10, N), RNG.integers(0, 2, N)
ARM, X = np.arange(N) % 2, RNG.normal(size=(N, 2))
STATUS = EVENT * (1 + np.arange(N) % 2)
NAMES = ["age", "sofa"]
COX = stats.cox(TIME, EVENT, X, names=NAMES)
RESULTS: dict[str, tuple[Shown, int]] = {
    "cox": (COX, 2),
    "effect": (COX.effect("age", ARM), 1),
    "logistic": (stats.logistic(EVENT, X, names=NAMES), 3),
    "fine_gray": (stats.fine_gray(TIME, STATUS, X, names=NAMES), 2),
    "logrank": (stats.logrank(TIME, EVENT, group=ARM), 1),
    "gray": (stats.gray_test(TIME, STATUS, group=ARM), 1),
    "balance": (balance(ARM, X, names=NAMES), 2),
    "matches": (nearest(X[:, 0], ARM), N // 2),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_a_frame_and_a_line(name: str) -> None:
    result, rows = RESULTS[name]
    frame = result.to_frame()
    assert frame.height == rows
    assert set(result.summary().columns) <= set(frame.columns)
    assert type(result).__name__ in repr(result)
    assert len(repr(result)) < 300
    assert "<table" in result._repr_html_()


def test_names_of_columns_are_kept() -> None:
    frame = COX.summary()
    assert frame.columns == ["names", "hazard_ratio", "lo", "hi", "p"]
    assert frame["names"].to_list() == NAMES
    assert frame["p"].to_list() == COX.p.tolist()
    flat = RESULTS["balance"][0].to_frame()
    assert flat["covariate"].to_list() == NAMES
    assert {"before_smd", "after_smd", "missing"} <= set(flat.columns)


def test_curves_stand_below_each_other_with_what_they_are_of() -> None:
    curves = stats.kaplan_meier(TIME, EVENT, group=ARM).to_frame()
    assert curves["group"].unique(maintain_order=True).to_list() == ["0", "1"]
    incidence = stats.cumulative_incidence(TIME, STATUS, group=ARM).to_frame()
    assert incidence.select("group", "cause").unique().height == 4
    assert incidence["incidence"].dtype == pl.Float64


def test_one_row_says_what_is_said_once() -> None:
    effect = RESULTS["effect"][0].to_frame().row(0, named=True)
    assert (effect["measure"], effect["n_exposed"]) == ("HR", N // 2)
    assert Pooled.ONE_ROW


@pytest.mark.parametrize("name", ["cox", "logistic", "fine_gray", "effect"])
def test_a_summary_of_effects_has_each_with_its_interval_and_p(name: str) -> None:
    result, _ = RESULTS[name]
    assert {"lo", "hi", "p"} <= set(result.summary().columns)


def test_a_summary_of_a_learned_score_says_of_how_many_and_how_well() -> None:
    """One row; the scores of all people are in its frame."""
    x = np.random.default_rng(2).normal(size=(N, 3))
    x[:, 0] += ARM
    score = lasso_score(ARM, x, seed=1)
    found = score.summary()
    assert found.columns == ["n", "exposed", "kept", "penalty", "c_statistic"]
    assert found.row(0) == (N, N // 2, score.kept, score.penalty, score.c_statistic)
    assert found.height == 1
    assert score.to_frame().height == N
