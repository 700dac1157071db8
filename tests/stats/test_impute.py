"""Multiple imputation: observed cells untouched, determinism, and unbiased effects."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.imputation.impute import impute
from ehrivig.stats.imputation.rubin import pool
from ehrivig.stats.regression.logistic import logistic

KINDS = ("binary", "binary", "pmm", "normal")


def cohort(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Death, exposure and two confounders; complete, and with holes that depend on the others."""
    rng = np.random.default_rng(seed)
    age, crp = rng.normal(size=n), rng.normal(size=n)
    crp = 0.6 * age + 0.8 * crp
    exposed = (rng.random(n) < 1 / (1 + np.exp(-crp))).astype(float)
    death = (rng.random(n) < 1 / (1 + np.exp(1 - crp - 0.5 * age + 0.7 * exposed))).astype(float)
    full = np.column_stack([death, exposed, np.round(age, 2), crp])
    holes = full.copy()
    holes[rng.random(n) < 1 / (1 + np.exp(1 - 1.5 * death)), 3] = np.nan
    holes[rng.random(n) < 0.2, 2] = np.nan
    holes[rng.random(n) < 0.1, 1] = np.nan
    return full, holes


def test_observed_cells_are_untouched_and_nothing_is_missing() -> None:
    _, holes = cohort(150, 0)
    got = impute(holes, KINDS, seed=1, m=3, iterations=2, names=["death", "ivig", "age", "crp"])
    seen = ~np.isnan(holes)
    assert got.values.shape == (3, 150, 4)
    assert not np.isnan(got.values).any()
    for table in got.values:
        np.testing.assert_array_equal(table[seen], holes[seen])
    assert set(np.unique(got.values[:, :, 1])) == {0.0, 1.0}
    assert set(got.values[:, :, 2].ravel()) <= set(holes[seen[:, 2], 2])  # PMM: seen values only
    assert got.missing.tolist() == (~seen).sum(0).tolist()
    assert np.isnan(got.trace[:, :, 0]).all()
    assert not np.isnan(got.trace[:, :, 1:]).any()


def test_the_seed_decides_and_more_imputations_begin_the_same() -> None:
    _, holes = cohort(120, 2)
    five = impute(holes, KINDS, seed=7, m=5, iterations=2)
    three = impute(holes, KINDS, seed=7, m=3, iterations=2)
    other = impute(holes, KINDS, seed=8, m=3, iterations=2)
    np.testing.assert_array_equal(five.values[:3], three.values)
    assert (other.values != three.values).any()
    assert (five.values[0] != five.values[1]).any()


def test_a_complete_table_comes_back() -> None:
    full, _ = cohort(40, 3)
    got = impute(full, KINDS, seed=1, m=2)
    np.testing.assert_array_equal(got.values[0], full)
    np.testing.assert_array_equal(got.values[1], full)


@pytest.mark.slow
def test_pooled_effect_is_unbiased_where_complete_cases_are_not() -> None:
    truth, complete_case, pooled, covered = -0.7, [], [], 0
    for seed in range(30):
        _, holes = cohort(700, seed)
        known = ~np.isnan(holes).any(axis=1)
        complete_case.append(logistic(holes[known, 0], holes[known, 1:]).coef[0])
        fits = [
            logistic(t[:, 0], t[:, 1:])
            for t in impute(holes, KINDS, seed=seed, m=20, iterations=5).values
        ]
        answer = pool([f.coef[1] for f in fits], [f.se[1] for f in fits], df_complete=696)
        intercept = pool([f.coef[0] for f in fits], [f.se[0] for f in fits], df_complete=696)
        pooled.append((answer.estimate, intercept.estimate))
        covered += answer.lo < truth < answer.hi
    effect, intercept = np.mean(pooled, axis=0)
    spread = np.std(pooled, axis=0) / np.sqrt(30)
    assert abs(effect - truth) < 3.5 * spread[0]
    assert abs(intercept + 1.0) < 3.5 * spread[1]
    assert abs(np.mean(complete_case) + 1.0) > 0.3  # deaths are missing more often
    assert covered >= 25


def test_rows_with_one_outcome_and_collinear_columns_do_not_stop_it() -> None:
    _, holes = cohort(100, 4)
    twice = np.column_stack([holes, holes[:, 0] * 2, np.ones(100)])
    got = impute(twice, (*KINDS, "normal", "normal"), seed=1, m=2, iterations=2)
    assert not np.isnan(got.values).any()
    constant = holes.copy()
    constant[~np.isnan(constant[:, 1]), 1] = 1.0
    assert (impute(constant, KINDS, seed=1, m=1, iterations=1).values[0, :, 1] == 1).all()


def test_a_predictor_that_separates_is_survived() -> None:
    rng = np.random.default_rng(0)
    marker = rng.normal(size=80)
    arm = (marker > 0).astype(float)
    arm[:10] = np.nan
    got = impute(np.column_stack([arm, marker]), ("binary", "normal"), seed=2, m=5, iterations=2)
    agree = got.values[:, :10, 0] == (marker[:10] > 0)
    assert agree.mean() > 0.8


@pytest.mark.parametrize(
    ("table", "kinds", "error"),
    [
        ([[1.0, np.inf]] * 6, ("pmm", "pmm"), AnalysisError),
        ([[1.0, np.nan]] * 6, ("pmm", "pmm"), AnalysisError),
        ([[2.0, 1.0]] * 6, ("binary", "pmm"), UsageError),
        ([[2.0, 1.0]] * 6, ("pmm",), UsageError),
        ([1.0, 2.0], ("pmm",), UsageError),
    ],
)
def test_bad_input_is_named(table: object, kinds: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"impute|kinds"):
        impute(table, kinds, seed=1, m=2)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_yes_or_no_that_is_always_the_same_stays_so(value: float) -> None:
    _, holes = cohort(60, 4)
    holes[:, 1] = value
    holes[:7, 1] = np.nan
    assert (impute(holes, KINDS, seed=1, m=2, iterations=2).values[:, :, 1] == value).all()


@pytest.mark.parametrize("unit", [1e-100, 1e-13, 1e100])
@pytest.mark.parametrize("kind", ["normal", "pmm"])
def test_what_predicts_does_so_in_any_unit(unit: float, kind: str) -> None:
    """In 1e-13 of a unit a column was taken to be always the same, and predicted nothing."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = x + 0.1 * rng.normal(size=200)
    y[:40] = np.nan
    options = {"seed": 1, "m": 1, "iterations": 1}
    plain = impute(np.column_stack([y, x]), (kind, "normal"), **options)  # type: ignore[arg-type]
    other = impute(np.column_stack([y, x * unit]), (kind, "normal"), **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(other.values[0, :40, 0], plain.values[0, :40, 0], rtol=1e-9)
    assert np.corrcoef(plain.values[0, :40, 0], x[:40])[0, 1] > 0.95
