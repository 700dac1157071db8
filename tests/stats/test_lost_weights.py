"""Weights for who left unseen: against plain person-days, and in a world where they are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import statsmodels.api as sm

from ehrivig.errors import AnalysisError
from ehrivig.stats.timezero import FollowUp, clone_censor_weight, follow_up
from ehrivig.stats.timezero.lost_weights import _terms

NAN, HORIZON, GRACE, STEP = float("nan"), 168.0, 48.0, 6.0
WHOLE = (0.0, 1.0)


@dataclass(frozen=True)
class World:
    """A cohort with all its deaths, and when each left alive, after which nobody sees them."""

    cohort: FollowUp
    lost: np.ndarray


def world(n: int, seed: int) -> World:
    """Sicker patients (x) start sooner, die sooner and leave later; the drug does nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    death = rng.exponential(200 / np.exp(0.8 * x[:, 0]))
    leave = 12 + rng.exponential(110 * np.exp(0.4 * x[:, 0] + 0.2 * x[:, 1]))
    start = rng.exponential(100 / np.exp(0.5 * x[:, 0] - 0.3 * x[:, 1]))
    stay = np.minimum(death, leave)
    given = np.where(start < np.minimum(stay, HORIZON), start, NAN)
    lost = np.where((leave < death) & (leave < HORIZON), leave, NAN)
    end = np.minimum(death, HORIZON)
    return World(follow_up(end, death <= HORIZON, given, x, leaves_hours=stay), lost)


def _by_hand(made: World) -> tuple[float, float]:
    """Risks under starting and not starting, by a row per patient and day and statsmodels."""
    cohort, n = made.cohort, made.cohort.n
    lost = np.where(np.isnan(made.lost), np.inf, made.lost)
    end = np.minimum(cohort.time_hours, lost)
    event = cohort.event & np.isinf(lost)
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    chance = _chance_of_start(cohort, end, start, lost)
    never = np.prod(1 - chance, axis=1)
    follow = {arm: _until(arm, end, start, lost) for arm in (1, 0)}
    stays = _chance_of_staying(cohort, follow, lost)
    risks = []
    for arm in (1, 0):
        alive = 1.0
        for when in np.unique(end[event & (end <= follow[arm])]):
            at_risk = follow[arm] >= when
            after = when > GRACE
            weight = np.ones(n)
            if arm == 0:
                weight = 1 / np.prod(1 - chance[:, : int(np.ceil(when / STEP - 1e-9)) - 1], axis=1)
            elif after:
                weight = np.where(lost > GRACE, 1 / (1 - never), 0.0)
            weight = weight / stays[arm][:, int(np.ceil(when / 24 - 1e-9)) - 1]
            dies = at_risk & event & (end == when)
            alive *= 1 - (weight * dies).sum() / (weight * at_risk).sum()
        risks.append(1 - alive)
    return risks[0], risks[1]


def _until(arm: int, end: np.ndarray, start: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """How long a copy is followed: until it departs from its strategy."""
    if arm == 0:
        return np.where(start <= GRACE, np.minimum(end, start), end)
    stops = (start > GRACE) & (lost > GRACE)
    return np.where(stops, np.minimum(end, GRACE), end)


def _chance_of_start(
    cohort: FollowUp, end: np.ndarray, start: np.ndarray, lost: np.ndarray
) -> np.ndarray:
    """(n, 8) chance of starting in each six hours, zero once gone."""
    rows = [
        (i, k, start[i] <= (k + 1) * STEP)
        for i in range(cohort.n)
        for k in range(8)
        if end[i] > (k + 1) * STEP and start[i] > k * STEP
    ]
    who, when, starts = (np.array(column) for column in zip(*rows, strict=True))
    terms = np.column_stack((np.arange(1, 9), np.arange(1, 9) ** 2))
    fit = sm.GLM(
        starts.astype(float),
        np.column_stack((np.ones(len(who)), terms[when], cohort.x[who])),
        family=sm.families.Binomial(),
    ).fit(tol=1e-12)
    out = np.zeros((cohort.n, 8))
    for k in range(8):
        x = np.column_stack((np.ones(cohort.n), np.tile(terms[k], (cohort.n, 1)), cohort.x))
        out[:, k] = np.where(lost > (k + 1) * STEP, fit.predict(x), 0.0)
    return out


def _chance_of_staying(
    cohort: FollowUp, follow: dict[int, np.ndarray], lost: np.ndarray
) -> dict[int, np.ndarray]:
    """Arm -> (n, 7) chance of not having left alive before each day."""
    rows = []
    for arm in (1, 0):
        for i in range(cohort.n):
            for d in range(7):
                leaves = 24 * d < lost[i] <= 24 * (d + 1) and lost[i] <= follow[arm][i]
                if leaves or follow[arm][i] >= 24 * (d + 1):
                    rows.append((i, d, arm, leaves))
    who, day, arm, leaves = (np.array(column) for column in zip(*rows, strict=True))

    def design(i: np.ndarray, d: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.column_stack(
            (np.ones(len(i)), d + 1, (d + 1) ** 2, np.log(d + 1), cohort.x[i], a)
        )

    fit = sm.GLM(leaves.astype(float), design(who, day, arm), family=sm.families.Binomial()).fit(
        tol=1e-12
    )
    everybody = np.arange(cohort.n)
    out = {}
    for a in (1, 0):
        hazard = np.column_stack(
            [
                fit.predict(design(everybody, np.full(cohort.n, d), np.full(cohort.n, a)))
                for d in range(7)
            ]
        )
        out[a] = np.hstack((np.ones((cohort.n, 1)), np.cumprod(1 - hazard, axis=1)))
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_risks_equal_those_of_plain_person_days(seed: int) -> None:
    made = world(150, seed)
    found = clone_censor_weight(
        made.cohort, horizon_hours=HORIZON, truncate=WHOLE, bootstraps=2, lost_hours=made.lost
    )
    assert (found.risk_start, found.risk_wait) == pytest.approx(_by_hand(made), rel=1e-6)
    assert found.max_lost_weight > 1


def test_weights_give_the_risk_of_those_who_left() -> None:
    """Simulated: leaving as mere censoring keeps the sick; weighted, the truth of all is met."""
    errors: dict[str, list[float]] = {"weighted": [], "censored": []}
    for seed in range(8):
        made = world(1500, 100 + seed)
        truth = float(made.cohort.event.mean())
        weighted = clone_censor_weight(
            made.cohort, horizon_hours=HORIZON, truncate=WHOLE, bootstraps=2, lost_hours=made.lost
        )
        seen = np.fmin(made.cohort.time_hours, np.where(np.isnan(made.lost), np.inf, made.lost))
        known = follow_up(
            seen,
            made.cohort.event & np.isnan(made.lost),
            made.cohort.start_hours,
            made.cohort.x,
            leaves_hours=seen,
        )
        censored = clone_censor_weight(known, horizon_hours=HORIZON, truncate=WHOLE, bootstraps=2)
        errors["weighted"].append(weighted.risk_wait - truth)
        errors["censored"].append(censored.risk_wait - truth)
    assert abs(np.mean(errors["weighted"])) < 0.01
    assert np.mean(errors["censored"]) > 0.025


def test_nobody_lost_changes_nothing() -> None:
    made = world(200, 5)
    plain = clone_censor_weight(made.cohort, horizon_hours=HORIZON, bootstraps=5)
    none = clone_censor_weight(
        made.cohort, horizon_hours=HORIZON, bootstraps=5, lost_hours=np.full(200, NAN)
    )
    assert none.risk_difference.estimate == pytest.approx(plain.risk_difference.estimate)
    assert none.replicates == pytest.approx(plain.replicates)
    assert none.max_lost_weight == 1


def test_what_happens_after_the_loss_counts_for_nothing() -> None:
    """A death that is known of those who died after leaving, and of nobody who lived, is no use."""
    made = world(200, 6)
    gone = ~np.isnan(made.lost)
    later = follow_up(
        np.where(gone, np.maximum(made.lost + 1, 1), made.cohort.time_hours),
        made.cohort.event | gone,
        made.cohort.start_hours,
        made.cohort.x,
        leaves_hours=made.cohort.leaves_hours,
    )
    asked = {"horizon_hours": HORIZON, "bootstraps": 2, "lost_hours": made.lost}
    first, second = (clone_censor_weight(one, **asked) for one in (made.cohort, later))
    assert first.risk_wait == second.risk_wait
    assert first.risk_start == second.risk_start


@pytest.mark.parametrize("wrong", [np.zeros(150), np.full(149, 5.0), np.full(150, -1.0)])
def test_hours_that_are_none_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(AnalysisError, match="lost_hours"):
        clone_censor_weight(world(150, 1).cohort, horizon_hours=HORIZON, lost_hours=wrong)


@pytest.mark.parametrize(("n", "columns"), [(20, "a day each"), (19, "a curve")])
def test_days_have_terms_of_their_own_where_twenty_are_lost_and_stay(n: int, columns: str) -> None:
    lost, stay = np.zeros((100, 4), dtype=bool), np.ones((100, 4), dtype=bool)
    for day in range(4):
        lost[day * 20 : day * 20 + (n if day == 2 else 20), day] = True
    day = np.arange(1, 5)
    wanted = np.eye(4)[:, 1:]
    if columns == "a curve":
        wanted = np.column_stack((day, day**2, np.log(day)))
    np.testing.assert_array_equal(_terms(lost, stay), wanted)
