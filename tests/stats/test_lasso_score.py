"""The score of thousands of covariates: learned from others, not moved by the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.weighting import lasso_score as module
from ehrivig.stats.weighting.lasso_score import lasso_score, preference

N, P = 1500, 120


def people(seed: int, told: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Arm and codes; the first `told` codes tell of the arm."""
    rng = np.random.default_rng(seed)
    x = (rng.random((N, P)) < rng.uniform(0.02, 0.3, P)).astype(float)
    odds = x[:, :told].sum(axis=1) * 1.2 - 1.5
    return rng.random(N) < 1 / (1 + np.exp(-odds)), x


def test_what_tells_the_arms_apart_is_kept_and_chances_are_right() -> None:
    arm, x = people(1)
    found = lasso_score(arm, csr_matrix(x))
    assert (found.coef[:6] > 0.4).all()
    assert found.kept < P / 2
    assert found.coef[:6].min() > np.abs(found.coef[6:]).max()
    for chances in (found.score, found.held_out):
        assert chances.mean() == pytest.approx(arm.mean(), abs=0.01)
    top = found.held_out > np.quantile(found.held_out, 0.8)
    assert arm[top].mean() == pytest.approx(found.held_out[top].mean(), abs=0.06)
    exposed, others = found.held_out[arm], found.held_out[~arm]
    pairs = exposed[:, None] - others
    assert found.c_statistic == pytest.approx(((pairs > 0) + (pairs == 0) / 2).mean(), abs=1e-12)
    assert 0.65 < found.c_statistic < 0.85


@pytest.mark.parametrize("seed", range(6))
def test_what_is_let_in_first_and_tells_nothing_does_not_end_the_search(seed: int) -> None:
    """Large columns of noise worsen the prediction before the codes that tell are let in."""
    rng = np.random.default_rng(seed)
    n = 240
    codes = (rng.random((n, 40)) < 0.25).astype(float)
    arm = rng.random(n) < 1 / (1 + np.exp(-(codes[:, :20].sum(axis=1) - 5) * 0.8))
    found = lasso_score(arm, np.hstack([5 * rng.normal(size=(n, 4)), codes]))
    assert found.c_statistic > 0.6
    assert found.kept > 10


def test_a_fit_without_end_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    arm, x = people(1)
    fitted, tried = module._fitted, set[float]()

    def ends(columns: csr_matrix, arm: np.ndarray, strength: float, close: float) -> object:
        tried.add(strength)
        if len(tried) > 3 and strength == max(tried):
            raise AnalysisError("lasso score: the fit does not come to an end.")
        return fitted(columns, arm, strength, close)

    monkeypatch.setattr(module, "_fitted", ends)
    found = lasso_score(arm, x)
    assert len(found.loss) == 3


def test_held_out_chances_do_not_flatter() -> None:
    """Where nothing tells the arms apart a fit of all rows seems to; models of others do not."""
    arm, x = people(2, told=1)
    found = lasso_score(arm, x)
    pairs = found.score[arm][:, None] - found.score[~arm]
    assert found.c_statistic < ((pairs > 0) + (pairs == 0) / 2).mean()


@pytest.mark.parametrize("sparse", [False, True])
def test_the_order_of_rows_changes_nothing(sparse: bool) -> None:
    arm, x = people(3)
    mixed = np.random.default_rng(0).permutation(N)
    made = csr_matrix if sparse else np.asarray
    one, other = lasso_score(arm, made(x)), lasso_score(arm[mixed], made(x[mixed]))
    assert (one.coef == other.coef).all()
    assert (one.score[mixed] == other.score).all()
    assert (one.loss == other.loss).all()


def test_a_sparse_matrix_gives_what_a_dense_one_does() -> None:
    arm, x = people(4)
    dense, sparse = lasso_score(arm, x), lasso_score(arm, csr_matrix(x))
    assert (dense.coef == sparse.coef).all()
    assert dense.penalty == sparse.penalty


def test_another_seed_deals_other_folds() -> None:
    arm, x = people(5)
    assert (lasso_score(arm, x).held_out != lasso_score(arm, x, seed=1).held_out).any()


def test_the_penalty_is_the_one_that_predicts_best() -> None:
    arm, x = people(6)
    found = lasso_score(arm, x)
    best = int(np.argmin(found.loss))
    assert found.penalty == found.penalties[best]
    assert 0 < best < len(found.loss) - 1
    chosen = np.where(arm, found.held_out, 1 - found.held_out)
    assert found.loss[best] == pytest.approx(-np.log(chosen).mean(), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_tells_the_arms_apart_there_is_no_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = (rng.random((400, 40)) < 0.2).astype(float)
    arm = np.arange(400) % 2 == 0
    x[1::2] = x[::2]  # the arms are alike to the last code
    with pytest.raises(AnalysisError, match="better than chance"):
        lasso_score(arm, x)


@pytest.mark.parametrize("columns", [np.zeros((100, 0)), np.ones((100, 3)), np.zeros((100, 3))])
def test_nothing_to_learn_from(columns: np.ndarray) -> None:
    with pytest.raises(AnalysisError, match="better than chance"):
        lasso_score(np.arange(100) % 2, columns)


def test_few_people_are_not_counted_in_the_message() -> None:
    arm = np.arange(300) < 7
    with pytest.raises(AnalysisError, match="fewer than 10 people") as error:
        lasso_score(arm, np.random.default_rng(0).random((300, 3)))
    assert "7" not in str(error.value)


@pytest.mark.parametrize("x", [np.full((40, 2), np.nan), csr_matrix(np.full((40, 2), np.inf))])
def test_missing_values_are_refused(x: object) -> None:
    with pytest.raises(AnalysisError, match="missing or infinite"):
        lasso_score(np.arange(40) % 2, x)  # type: ignore[arg-type]


def test_arguments_out_of_range() -> None:
    arm, x = people(7)
    with pytest.raises(AnalysisError, match="Scale them"):
        lasso_score(arm, 1e31 * x)
    with pytest.raises(UsageError, match="folds"):
        lasso_score(arm, x, folds=1)
    with pytest.raises(UsageError, match="rows"):
        lasso_score(arm[:-1], csr_matrix(x))
    with pytest.raises(UsageError, match="share"):
        preference([0.5], 1.0)


def test_the_preference_score_is_one_half_at_the_share_of_the_exposed() -> None:
    assert preference([0.2], 0.2)[0] == pytest.approx(0.5)
    assert preference([0.5], 0.2)[0] == pytest.approx(0.8)
    assert (np.diff(preference(np.linspace(0.01, 0.99, 50), 0.3)) > 0).all()


def test_scikit_learn_does_the_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import LogisticRegression

    fits = []
    original = LogisticRegression.fit
    monkeypatch.setattr(
        LogisticRegression, "fit", lambda self, x, y: fits.append(len(y)) or original(self, x, y)
    )
    arm, x = people(8)
    found = module.lasso_score(arm, x, folds=4)
    assert len(fits) == 4 * len(found.loss) + 1
    assert fits[-1] == N


def test_numbers_beyond_the_fits_are_refused() -> None:
    x = np.random.default_rng(0).normal(size=(80, 2))
    arm = np.arange(80) % 2
    x[3, 0] = 1e31
    with pytest.raises(AnalysisError):
        lasso_score(arm, x)
