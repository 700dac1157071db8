"""Learned models that nobody is predicted by who taught them: the curve is seen, the rest holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ehrivig.analysis.curvature import farthest
from ehrivig.errors import AnalysisError, UsageError
from ehrivig.match.score import propensity
from ehrivig.stats.expansion import scaled, squares_and_products
from ehrivig.stats.regression.glm import expit
from ehrivig.stats.regression.standardise import aipw
from ehrivig.stats.weighting import cross_fitted, learners
from ehrivig.stats.weighting.cross_fitted import cross_fitted_aipw

World = tuple[np.ndarray, np.ndarray, np.ndarray]


def bent(seed: int, n: int = 850, effect: float = 0.0) -> World:
    """One square and one product drive treatment and death alike (simulated)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    eta = 0.4 * x[:, 0] + 0.3 * x[:, 2] - 0.2 * x[:, 3]
    eta += 0.6 * (x[:, 0] ** 2 - 1) + 0.6 * x[:, 0] * x[:, 1]
    arm = rng.random(n) < expit(eta)
    return rng.random(n) < expit(eta - 0.6 + effect * arm), arm, x


def straight(seed: int, n: int = 850) -> World:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    arm = rng.random(n) < expit(x[:, 0] * 0.5 + 0.3 * x[:, 1])
    return rng.random(n) < expit(x[:, 0] * 0.5 - 0.6), arm, x


def rejects(seeds: range) -> tuple[list[float], list[float]]:
    """z of the risk difference: models linear in the covariates, and learned ones."""
    linear, learned = [], []
    for seed in seeds:
        y, arm, x = bent(seed)
        plain = aipw(y, arm, x, propensity=propensity(arm, x)).risk_difference
        found = cross_fitted_aipw(y, arm, x, seed=seed, splits=1).risk_difference
        linear.append(plain.estimate / plain.se)
        learned.append(found.estimate / found.se)
    return linear, learned


def test_what_bends_makes_no_effect() -> None:
    """M23: linear models see an effect in every cohort; learned ones lean by a third of that."""
    linear, learned = rejects(range(4))
    assert min(linear) > 1.96
    assert abs(np.mean(learned)) < 1


def test_targeted_risks_have_the_events_of_their_arm() -> None:
    """The shift is that of a weighted logistic model with an offset (statsmodels)."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    rng = np.random.default_rng(6)
    arm, chance, risk = rng.random(500) < 0.4, rng.uniform(0.05, 0.9, 500), rng.random(500) ** 2
    event = (rng.random(500) < 0.3).astype(float)
    told = cross_fitted._targeted(event, arm, chance, risk)
    offset = np.log(risk[arm] / (1 - risk[arm]))
    fit = GLM(
        event[arm],
        np.ones((int(arm.sum()), 1)),
        family=Binomial(),
        offset=offset,
        freq_weights=1 / chance[arm],
    ).fit(tol=1e-14)
    assert told == pytest.approx(expit(np.log(risk / (1 - risk)) + fit.params[0]), abs=1e-8)
    left = (event[arm] - told[arm]) / chance[arm]
    assert left.sum() == pytest.approx(0, abs=1e-6)


def test_the_targeted_estimate_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constant models: each arm's risk becomes its own share of events."""
    monkeypatch.setattr(cross_fitted, "lasso", Constant)
    y, arm, x = straight(3, n=300)
    found = cross_fitted_aipw(y, arm, x, folds=3, splits=1, targeted=True).risk_difference
    assert found.estimate == pytest.approx(y[arm].mean() - y[~arm].mean(), abs=0.02)
    assert found.method.startswith("TMLE, cross-fitted in 3 folds")


def test_risks_stay_within_what_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that throw the augmented risk beyond 1 move the targeted one to the edge."""
    rng = np.random.default_rng(0)
    arm = np.arange(400) < 200
    event = np.where(arm, rng.random(400) < 0.97, rng.random(400) < 0.5).astype(float)

    def predicted(cohort: Any, *_: Any) -> Any:
        chance = np.where(cohort.event == 1, 0.4, 0.75)
        return (chance, 1 - chance), (np.full(400, 0.6), np.full(400, 0.5))

    monkeypatch.setattr(cross_fitted, "_predicted", predicted)
    asked = {"folds": 2, "splits": 1}
    with pytest.raises(AnalysisError, match="outside 0 to 1"):
        cross_fitted_aipw(event, arm, rng.normal(size=(400, 2)), **asked)  # type: ignore[arg-type]
    asked["targeted"] = True
    found = cross_fitted_aipw(event, arm, rng.normal(size=(400, 2)), **asked)  # type: ignore[arg-type]
    assert 0.9 < found.risk_exposed < 1


@pytest.mark.parametrize("world", [bent, straight])
def test_targeted_and_augmented_agree_where_weights_are_mild(world: Any) -> None:
    y, arm, x = world(2, n=2000)
    one, other = (
        cross_fitted_aipw(y, arm, x, splits=1, targeted=targeted).risk_difference
        for targeted in (False, True)
    )
    assert one.estimate == pytest.approx(other.estimate, abs=0.3 * one.se)
    assert one.se == pytest.approx(other.se, rel=0.1)


@pytest.mark.slow
def test_the_error_of_the_first_kind_where_it_bends() -> None:
    linear, learned = rejects(range(200))
    assert np.mean(np.abs(linear) > 1.96) > 0.8
    assert np.mean(np.abs(learned) > 1.96) < 0.09


def test_balance_of_squares_and_products_would_have_shown_it() -> None:
    """Beyond chance in the bent world, and not in a straight one."""
    names = tuple("abcdefgh")
    for seed in range(4):
        for world, off in ((bent, True), (straight, False)):
            _, arm, x = world(seed)
            score = propensity(arm, x)
            found = farthest(arm, x, names, np.where(arm, 1 / score, 1 / (1 - score)))
            assert found is not None
            assert (found.beyond > 0.1) is off
            if off:
                assert found.term in {"a squared", "a x b"}


def test_what_few_people_have_is_not_told() -> None:
    """Three exposed have both of two rare conditions, and nobody else: no term tells of them."""
    rng = np.random.default_rng(8)
    arm = np.arange(400) < 200
    first, second = (np.zeros(400) for _ in range(2))
    first[:30] = first[200:230] = 1
    second[27:57] = second[300:330] = 1
    number = rng.normal(size=400)
    x = np.column_stack((first, second, number))
    assert first[arm] @ second[arm] == 3
    found = farthest(arm, x, ("a", "b", "c"), np.ones(400))
    assert found is not None
    assert found.term != "a x b"
    rare = np.column_stack((np.arange(400) < 5, number)).astype(float)
    told = farthest(arm, rare, ("rare", "c"), np.ones(400))
    assert told is not None
    assert told.term == "c squared"


def test_squares_and_products_by_hand() -> None:
    """A yes/no column has no square; the plain one, nothing; names say what each is."""
    x = np.array([[0.0, 1, 7], [2, 0, 8], [4, 1, 9], [6, 0, 7]])
    terms, names = squares_and_products(x, ("a", "b", "hospital"), plain=1)
    assert names == ("a squared", "a x b")
    a, b = ((column - column.mean()) / column.std() for column in x.T[:2])
    assert terms == pytest.approx(np.column_stack((a * a, a * b)))


class Constant:
    """A model that knows the share of what it was shown, and remembers it."""

    shown: list[int] = []  # noqa: RUF012

    def __init__(self, x: np.ndarray, answer: np.ndarray) -> None:
        self.shown.append(len(answer))
        self.share = float(answer.mean())

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.column_stack((np.full(len(x), 1 - self.share), np.full(len(x), self.share)))


def test_the_estimate_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_fitted, "lasso", Constant)
    Constant.shown.clear()
    y, arm, x = straight(3, n=300)
    found = cross_fitted_aipw(y, arm, x, folds=3, seed=4, splits=1)
    stream = int(np.random.SeedSequence(4).generate_state(1)[0])
    made = cross_fitted._in_order(cross_fitted.cohort_of(y, arm, x, None, None))
    y, arm, fold = made.event, made.exposed, cross_fitted._folds(made, 3, stream)
    phi = np.empty((300, 2))
    for number in range(3):
        seen, here = fold != number, fold == number
        chance = arm[seen].mean()
        for k, (side, e) in enumerate(((arm, chance), (~arm, 1 - chance))):
            risk = y[seen & side].mean()
            phi[here, k] = risk + side[here] * (y[here] - risk) / e
    difference = phi[:, 0] - phi[:, 1]
    assert found.risk_difference.estimate == pytest.approx(difference.mean())
    assert found.risk_difference.se == pytest.approx(difference.std() / np.sqrt(300))
    assert len(Constant.shown) == 9
    assert Constant.shown[0] == (fold != 0).sum()


@pytest.mark.parametrize("learner", ["lasso", "boosting", "super_learner"])
def test_order_and_units_change_nothing(learner: Any) -> None:
    y, arm, x = bent(1, n=400)
    asked: dict[str, Any] = {"learner": learner, "splits": 1}
    first = cross_fitted_aipw(y, arm, x, **asked).risk_difference
    order = np.random.default_rng(0).permutation(400)
    moved = cross_fitted_aipw(y[order], arm[order], x[order], **asked).risk_difference
    assert (moved.estimate, moved.se) == (first.estimate, first.se)
    if learner != "boosting":
        scaled = cross_fitted_aipw(y, arm, x * 3 + 100, **asked).risk_difference
        assert scaled.estimate == pytest.approx(first.estimate, abs=1e-6)


@pytest.mark.parametrize(
    ("risk", "best"),
    [
        (lambda x: expit(1.5 * x[:, 0] - x[:, 1]), "logisticregression"),
        (lambda x: expit(2 * x[:, 0] * x[:, 1]), "lasso"),
        (
            lambda x: np.where((x[:, 0] > 0.3) ^ (x[:, 1] > -0.2) ^ (x[:, 2] > 0), 0.9, 0.1),
            "histgradientboostingclassifier",
        ),
    ],
    ids=["a straight line", "a product", "steps"],
)
def test_a_super_learner_takes_who_sees_what_is_there(risk: Any, best: str) -> None:
    """The logistic model, the lasso with products, the trees: each where it is right."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(1500, 4))
    answer = rng.random(1500) < risk(x)
    bent, _ = squares_and_products(x, tuple("abcd"))
    model = learners.best_of_three(np.hstack((scaled(x), scaled(bent))), answer, own=4)
    steps = getattr(model, "named_steps", {"lasso": None})
    assert list(steps)[-1] == best


def test_of_models_that_are_alike_the_plainest() -> None:
    """A covariate that says nothing: all three predict the share."""
    answer = np.arange(300) % 3 == 0
    model = learners.best_of_three(np.zeros((300, 1)), answer, own=1)
    assert list(model.named_steps)[-1] == "logisticregression"


def test_arms_may_change_their_names_for_a_super_learner() -> None:
    y, arm, x = bent(1, n=400)
    asked: dict[str, Any] = {"learner": "super_learner", "splits": 1}
    one, other = (cross_fitted_aipw(y, a, x, **asked).risk_difference for a in (arm, ~arm))
    assert one.estimate == pytest.approx(-other.estimate, abs=1e-6)
    assert one.method.endswith("of logistic, L1-penalised and boosted models the best")


def test_the_median_of_several_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: differences 0.1, 0.3, 0.2 with variance 0.04 each: the variance grows by 0.01."""
    covariance = np.array([[0.02, 0.0], [0.0, 0.02]])
    found = [(np.array([0.4 + d, 0.4]), covariance) for d in (0.1, 0.3, 0.2)]
    risks, widened = cross_fitted._median(found)
    assert risks[0] - risks[1] == pytest.approx(0.2)
    assert widened == pytest.approx(covariance * 0.05 / 0.04)
    with pytest.raises(AnalysisError, match="outside 0 to 1"):
        cross_fitted._median([(np.array([0.9, 0.2]), covariance * 3)])


def test_arms_and_events_are_dealt_alike() -> None:
    y, arm, x = bent(2)
    fold = cross_fitted._folds(cross_fitted.cohort_of(y, arm, x, None, None), 5, 0)
    for side in (arm, ~arm):
        counts = np.bincount(fold[side & y], minlength=5)
        assert counts.max() - counts.min() <= 1
    where = np.arange(len(y)) // 5
    whole = cross_fitted._folds(cross_fitted.cohort_of(y, arm, x, where, None), 5, 0)
    assert all(len(set(whole[where == one])) == 1 for one in range(170))


def test_what_cannot_be_learned_is_said() -> None:
    y, arm, x = straight(5, n=100)
    few = y & (~arm | (np.cumsum(y & arm) <= 9))
    with pytest.raises(AnalysisError, match="an arm has too few with the event, or without it"):
        cross_fitted_aipw(few, arm, x)
    with pytest.raises(UsageError, match="learner"):
        cross_fitted_aipw(y, arm, x, learner="forest")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="plain: 9 of 8"):
        cross_fitted_aipw(y, arm, x, plain=9)


@pytest.mark.slow
def test_arms_may_change_their_names_where_people_are_alike() -> None:
    """Ages in years: people of both arms share them, and their order must not tell the arms."""
    rng = np.random.default_rng(2)
    age = rng.integers(20, 30, 200).astype(float)[:, None]
    arm, event = rng.random(200) < 0.5, rng.random(200) < 0.4
    found = [cross_fitted_aipw(event, one, age).risk_difference for one in (arm, ~arm)]
    assert found[0].estimate == pytest.approx(-found[1].estimate, rel=1e-6)
    assert found[0].se == pytest.approx(found[1].se, rel=1e-6)


def test_a_covariate_that_says_nothing_predicts_the_share() -> None:
    rng = np.random.default_rng(3)
    arm, event = rng.permutation(200) < 100, rng.random(200) < 0.4
    found = cross_fitted_aipw(event, arm, np.full((200, 1), 37.1)).risk_difference
    crude = event[arm].mean() - event[~arm].mean()
    assert found.estimate == pytest.approx(crude, abs=0.01)
