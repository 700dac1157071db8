"""Covariates that tell without error who starts: the weights have a penalised model, by name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from ehrivig.errors import SeparationError
from ehrivig.stats.timezero import FollowUp, clone_censor_weight, follow_up
from ehrivig.stats.timezero.clone_censor_weight import PENALISED
from ehrivig.stats.timezero.initiation import (
    at_risk_of_start,
    grace_period,
    interval_terms,
    modelled_chance,
)
from ehrivig.stats.timezero.pooled_logistic import pooled_chance


def cohort(rare: int, starters: int, seed: int = 3) -> FollowUp:
    """Of 200 people `rare` have a disease; `starters` of these start, of the others half do."""
    rng = np.random.default_rng(seed)
    n = 200
    disease = np.arange(n) < rare
    start = np.where(rng.random(n) < 0.5, rng.uniform(1, 47, n), np.nan)
    start[:rare] = np.nan
    start[:starters] = rng.uniform(1, 47, starters)
    time = np.minimum(rng.exponential(1200, n) + 60, 672)
    x = np.column_stack([rng.normal(size=n), disease.astype(float)])
    return follow_up(time, time < 672, start, x, names=["age", "malignancy"])


def test_who_has_a_disease_never_starts_and_the_answer_has_a_number() -> None:
    found = clone_censor_weight(cohort(rare=9, starters=0), bootstraps=60).risk_difference
    assert np.isfinite([found.estimate, found.lo, found.hi]).all()
    assert found.lo < found.estimate < found.hi
    (note,) = [note for note in found.notes if "penalised" in note]
    assert note == "the weight model is penalised (log-F): separation by malignancy"


def test_replicates_that_are_separated_are_no_reason_to_give_up() -> None:
    """One of nine starts: a third of the replicates draw nobody of that kind."""
    found = clone_censor_weight(cohort(rare=9, starters=1), bootstraps=60)
    assert found.n_failed == 0
    assert PENALISED in found.risk_difference.notes


def test_all_who_start_do_so_at_one_hour() -> None:
    """First doses of which only the day is known: time tells without error who starts."""
    some = cohort(rare=90, starters=45)
    start = np.where(np.isnan(some.start_hours), np.nan, 12.0)
    days = follow_up(some.time_hours, some.event, start, some.x, names=["age", "malignancy"])
    found = clone_censor_weight(days, bootstraps=40).risk_difference
    assert found.lo < found.estimate < found.hi
    assert any("separation by time" in note for note in found.notes)


def test_without_separation_nothing_is_penalised() -> None:
    found = clone_censor_weight(cohort(rare=90, starters=45), bootstraps=20)
    assert not any("penalised" in note for note in found.risk_ratio.notes)


def test_the_penalised_chances_are_those_of_a_general_optimiser() -> None:
    rng = np.random.default_rng(1)
    n, k = 60, 3
    x = np.column_stack([rng.normal(size=n), np.arange(n) < 6]).astype(float)
    started = rng.random((n, k)) < 0.3
    started[:6] = False
    weight, terms = rng.integers(0, 3, (n, k)).astype(float), np.arange(k)[:, None].astype(float)
    with pytest.raises(SeparationError):
        pooled_chance(started, weight, terms, x, ["age", "rare"])
    found = pooled_chance(started, weight, terms, x, ["age", "rare"], penalised=True)

    z = (x - x.mean(axis=0)) / x.std(axis=0)
    u = (terms - terms.mean()) / terms.std()

    def odds(b: np.ndarray) -> np.ndarray:
        return np.asarray(b[0] + (u * b[1]).T + (z @ b[2:])[:, None])

    def against(b: np.ndarray) -> float:
        eta = odds(b)
        fit = np.sum(weight * (started * eta - np.logaddexp(0, eta)))
        return float(-fit - np.sum(b[1:] / 2 - np.logaddexp(0, b[1:])))

    best = minimize(against, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
    assert found == pytest.approx(1 / (1 + np.exp(-odds(best.x))), abs=1e-5)


def test_who_was_not_drawn_is_never_certain_to_start() -> None:
    """A replicate without somebody far off is sure of them: 0 times infinity would follow."""
    some = cohort(rare=90, starters=45)
    grace = grace_period(48.0, 6.0)
    for far in (-1e6, 1e6):
        x = np.array(some.x)
        x[150, 0] = far
        drawn = np.ones(some.n)
        drawn[150] = 0
        moved = follow_up(some.time_hours, some.event, some.start_hours, x)
        rows = at_risk_of_start(moved, grace)
        chance = modelled_chance(moved, rows, interval_terms(rows, grace), drawn)
        assert 0 < chance[150].min() <= chance[150].max() < 1
