"""Covariates that move: against plain rows per person and interval, and what is no course."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.duration.hazard_regression import PHReg

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.timezero import (
    Course,
    FollowUp,
    clone_censor_weight,
    course,
    extreme_weights,
    follow_up,
    sequential,
    sequential_trials,
    time_dependent_cox,
    weighted_clones,
)
from ehrivig.stats.timezero.groups import groups_of
from ehrivig.stats.timezero.initiation import (
    at_risk_of_start,
    grace_period,
    interval_terms,
    modelled_chance,
)

NAN, DAY, GRACE, STEP, HORIZON = float("nan"), 24.0, 48.0, 6.0, 240.0
N_DAYS, N_TRIALS = 10, 4
WHOLE = (0.0, 1.0)


def world(n: int, seed: int) -> tuple[FollowUp, np.ndarray]:
    """Severity moves, starts treatment, kills and keeps in hospital; and when each left alive."""
    rng = np.random.default_rng(seed)
    x, moves = rng.normal(size=(n, 1)), np.empty((n, N_DAYS))
    start, death, leave = np.full((3, n), np.inf)
    for day in range(N_DAYS):
        fresh = rng.normal(size=n)
        moves[:, day] = fresh if day == 0 else 0.8 * moves[:, day - 1] + 0.6 * fresh
        pull = 0.6 * moves[:, day] + 0.3 * x[:, 0]
        for when, rate in ((start, 0.15), (death, 0.05), (leave, 0.04)):
            drawn = rng.exponential(size=n) / (rate * np.exp(-pull if rate == 0.04 else pull))
            first = np.isinf(when) & (drawn < 1)
            when[first] = day * DAY + DAY * drawn[first]
    stay = np.minimum(death, leave)
    moves[np.arange(N_DAYS) * DAY >= np.minimum(death, HORIZON)[:, None]] = NAN
    cohort = follow_up(
        np.minimum(death, HORIZON),
        death <= HORIZON,
        np.where(start < np.minimum(stay, HORIZON), start, NAN),
        x,
        leaves_hours=np.where(np.isinf(stay), NAN, stay),
        names=["x"],
        course=course(moves, names=["severity"]),
    )
    return cohort, np.where((leave < death) & (leave < HORIZON), leave, NAN)


def _moves(cohort: FollowUp, person: int, hours: float) -> float:
    assert cohort.course is not None
    return float(cohort.course.values[person, min(int(hours // DAY), N_DAYS - 1), 0])


def _fitted(rows: list[tuple[float, ...]], terms: int) -> np.ndarray:
    """Coefficients of a logistic model of rows (outcome, weight, step, covariates ...)."""
    table = np.array(rows)
    step = table[:, 2]
    time = np.column_stack((np.ones(len(step)), step, step**2, np.log(step)))[:, : terms + 1]
    fit = sm.GLM(
        table[:, 0],
        np.hstack((time, table[:, 3:])),
        family=sm.families.Binomial(),
        freq_weights=table[:, 1],
    ).fit(tol=1e-13)
    return np.asarray(fit.params)


def _chance(beta: np.ndarray, step: float, terms: int, *covariates: float) -> float:
    time = [1.0, step, step**2, np.log(step)][: terms + 1]
    return float(1 / (1 + np.exp(-(beta @ np.array([*time, *covariates])))))


def _log_weights(cohort: FollowUp) -> np.ndarray:
    """(n, days + 1) how the log weight of who has not started grows: a row per person and day."""
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    days = int(np.nanmax(cohort.start_hours) // DAY) + 1
    there = np.minimum(cohort.time_hours, cohort.leaves_hours)
    rows = []
    for i in range(cohort.n):
        for d in range(days):
            if start[i] >= d * DAY and there[i] > d * DAY:
                starts = start[i] < (d + 1) * DAY
                share = 1.0 if starts else min(1.0, there[i] / DAY - d)
                now = (cohort.x[i, 0], _moves(cohort, i, d * DAY))
                rows.append((float(starts), share, d + 1.0, *now))
    beta = _fitted(rows, 3)
    table, grown = np.array(rows), np.zeros((cohort.n, days + 1))
    for d in range(days):
        today = table[table[:, 2] == d + 1]
        all_ = (today[:, 0] * today[:, 1]).sum() / today[:, 1].sum()
        for i in range(cohort.n):
            own = _chance(beta, d + 1.0, 3, cohort.x[i, 0], _moves(cohort, i, d * DAY))
            grown[i, d + 1] = grown[i, d] + np.log(1 - all_) - np.log(1 - own)
    return grown


def _trials_by_hand(cohort: FollowUp) -> float:
    """The log hazard ratio: a row per person, trial and day, and Newton's method on risk sets."""
    grown = _log_weights(cohort)
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)

    def at(i: int, hours: float) -> float:
        hours = min(hours, cohort.leaves_hours[i], (grown.shape[1] - 1) * DAY)
        day = min(int(hours // DAY), grown.shape[1] - 2)
        return float(grown[i, day] + (hours / DAY - day) * (grown[i, day + 1] - grown[i, day]))

    rows = []
    for k in range(1, N_TRIALS + 1):
        zero = k * DAY
        for i in range(cohort.n):
            if min(cohort.time_hours[i], cohort.leaves_hours[i]) <= zero or start[i] < zero - DAY:
                continue
            exposed = start[i] < zero
            end = cohort.time_hours[i] if exposed else min(cohort.time_hours[i], start[i])
            died = bool(cohort.event[i]) and cohort.time_hours[i] <= end
            known = (float(exposed), cohort.x[i, 0], _moves(cohort, i, zero - DAY))
            cuts = {zero, end, *(d * DAY for d in range(k, N_DAYS) if zero < d * DAY < end)}
            if not exposed and zero < cohort.leaves_hours[i] < end:
                cuts.add(cohort.leaves_hours[i])
            edges = sorted(cuts)
            for a, b in pairwise(edges):
                weight = 1.0 if exposed else np.exp(at(i, (a + b) / 2) - at(i, zero))
                rows.append((k, a, b, float(died and b == end), weight, *known))
    return _weighted_cox(np.array(rows))


def _weighted_cox(rows: np.ndarray) -> float:
    trial, entry, stop, event, weight = rows[:, :5].T
    x, beta = rows[:, 5:], np.zeros(3)
    for _ in range(30):
        score, information = np.zeros(3), np.zeros((3, 3))
        for death in np.flatnonzero(event):
            there = (trial == trial[death]) & (entry < stop[death]) & (stop >= stop[death])
            share = weight[there] * np.exp(x[there] @ beta)
            mean = share @ x[there] / share.sum()
            spread = (x[there] - mean).T @ ((x[there] - mean) * share[:, None]) / share.sum()
            score += weight[death] * (x[death] - mean)
            information += weight[death] * spread
        beta = beta + np.linalg.solve(information, score)
    return float(beta[0])


def test_sequential_trials_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequential, "_ENOUGH_EVENTS", 0)  # as of many deaths: no jackknife
    cohort, _ = world(220, 3)
    found = sequential_trials(cohort, n_trials=N_TRIALS)
    assert np.log(found.estimate) == pytest.approx(_trials_by_hand(cohort), rel=1e-6)
    without = sequential_trials(replace(cohort, course=None), n_trials=N_TRIALS)
    assert abs(np.log(found.estimate / without.estimate)) > 0.01
    assert "adjusted for severity as each trial's window began" in found.notes[1]


def test_time_dependent_cox_by_hand() -> None:
    """A row per person and day, the models of statsmodels."""
    cohort, _ = world(300, 4)
    rows = []
    for i in range(cohort.n):
        start = cohort.start_hours[i]
        edges = {0.0, cohort.time_hours[i]} | ({start} if start > 0 else set())
        edges |= {d * DAY for d in range(N_DAYS) if d * DAY < cohort.time_hours[i]}
        cut = sorted(edges)
        for a, b in pairwise(cut):
            died = cohort.event[i] and b == cohort.time_hours[i]
            rows.append(
                (a, b, float(died), float(a >= start), cohort.x[i, 0], _moves(cohort, i, a))
            )
    entry, stop, died, *columns = np.array(rows).T
    model = PHReg(stop, np.column_stack(columns), status=died, entry=entry, ties="efron")
    fit = model.fit(method="newton", tol=1e-12)
    found = time_dependent_cox(cohort)
    assert np.log(found.estimate) == pytest.approx(fit.params[0], rel=1e-6)
    assert found.se == pytest.approx(fit.bse[0], rel=1e-5)
    assert "runs through it is not counted" in found.notes[1]


def _clones_by_hand(cohort: FollowUp, lost: np.ndarray) -> tuple[float, float]:
    """Risks under both strategies: a row per copy and interval, weights by the chance of each."""
    lost = np.where(np.isnan(lost), np.inf, lost)
    start = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    end = np.minimum(cohort.time_hours, lost)
    event = cohort.event & np.isinf(lost)
    n_intervals = int(GRACE / STEP)
    starts, rows = np.ceil(start / STEP - 1e-9), []
    gone = np.minimum(end, np.minimum(cohort.leaves_hours, lost))
    for i in range(cohort.n):
        for k in range(1, n_intervals + 1):
            if gone[i] > k * STEP and starts[i] >= k:
                now = (cohort.x[i, 0], _moves(cohort, i, (k - 1) * STEP))
                rows.append((float(starts[i] == k), 1.0, float(k), *now))
    beta, table = _fitted(rows, 2), np.array(rows)
    share = np.array([table[table[:, 2] == k + 1, 0].mean() for k in range(n_intervals)])
    plan = share * np.append(1, np.cumprod(1 - share))[:-1]
    plan /= plan.sum()
    stays = _chance_of_staying(cohort, end, lost, start)
    risks = []
    for arm in (1, 0):
        copies = []
        for i in range(cohort.n):
            left = min(cohort.leaves_hours[i], lost[i])
            stop = end[i]
            if arm == 1 and start[i] > GRACE and left > GRACE:
                stop = min(stop, GRACE)
            if arm == 0 and start[i] <= GRACE:
                stop = min(stop, start[i])
            weight, waited, begun = 1.0, 1.0, False
            edges = [*np.arange(n_intervals + 1) * STEP, HORIZON]
            for k in range(1, n_intervals + 2):
                a, b = edges[k - 1], min(edges[k], stop)
                if stop <= a:
                    break
                for d in range(int(a // DAY), int(np.ceil(b / DAY))):
                    first, last = max(a, d * DAY), min(b, (d + 1) * DAY)
                    dies = event[i] and last == end[i] and end[i] <= stop
                    copies.append((first, last, dies, weight / stays[arm, i, d]))
                if k > n_intervals or left <= k * STEP:
                    continue
                own = _chance(beta, float(k), 2, cohort.x[i, 0], _moves(cohort, i, (k - 1) * STEP))
                if arm == 0:
                    weight /= 1 - own
                elif starts[i] == k:
                    weight, begun = plan[k - 1] / (waited * own), True
                elif not begun:
                    waited *= 1 - own
                    weight = (1 - plan[:k].sum()) / waited
        risks.append(_risk(np.array(copies, dtype=float)))
    return risks[0], risks[1]


def _risk(copies: np.ndarray) -> float:
    entry, stop, dies, weight = copies.T
    alive = 1.0
    for when in np.unique(stop[dies > 0]):
        at_risk = (entry < when) & (stop >= when)
        alive *= 1 - weight[at_risk & (stop == when) & (dies > 0)].sum() / weight[at_risk].sum()
    return 1 - alive


def _chance_of_staying(
    cohort: FollowUp, end: np.ndarray, lost: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """(2, n, days) chance of not having been lost before each day, by strategy."""
    rows = []
    for arm in (1, 0):
        for i in range(cohort.n):
            stop = min(end[i], start[i]) if arm == 0 and start[i] <= GRACE else end[i]
            if arm == 1 and start[i] > GRACE and lost[i] > GRACE and cohort.leaves_hours[i] > GRACE:
                stop = min(stop, GRACE)
            for d in range(N_DAYS):
                leaves = d * DAY < lost[i] <= (d + 1) * DAY and lost[i] <= stop
                if leaves or stop >= (d + 1) * DAY:
                    now = (cohort.x[i, 0], float(arm), _moves(cohort, i, d * DAY))
                    rows.append((float(leaves), 1.0, d + 1.0, *now))
    beta = _fitted(rows, 3)
    stays = np.ones((2, cohort.n, N_DAYS + 1))
    for arm in (1, 0):
        for i in range(cohort.n):
            for d in range(N_DAYS):
                now = (cohort.x[i, 0], float(arm), _moves(cohort, i, d * DAY))
                stays[arm, i, d + 1] = stays[arm, i, d] * (1 - _chance(beta, d + 1.0, 3, *now))
    return stays


def test_clone_censor_weight_by_hand() -> None:
    """The weights for starting, and for being lost, know severity as each interval begins."""
    cohort, lost = world(400, 5)
    options = {"grace_hours": GRACE, "horizon_hours": HORIZON, "truncate": WHOLE}
    found = clone_censor_weight(cohort, bootstraps=2, lost_hours=lost, **options)
    start, wait = _clones_by_hand(cohort, lost)
    assert found.risk_start == pytest.approx(start, rel=1e-6)
    assert found.risk_wait == pytest.approx(wait, rel=1e-6)
    assert "at times like those of who did" in found.risk_difference.estimand
    assert found.risk_difference.notes[2] == "weights by severity as each 6 h of grace begin"
    seen = extreme_weights(cohort, grace_hours=GRACE, horizon_hours=HORIZON, lost_hours=lost)
    assert seen.difference == pytest.approx(start - wait, rel=1e-6)
    weighted_clones.weighted_clones(
        cohort, grace_hours=GRACE, horizon_hours=HORIZON, lost_hours=lost
    )


def test_workers_do_not_change_a_bootstrap_with_a_course() -> None:
    cohort, _ = world(300, 6)
    one, two = (
        clone_censor_weight(cohort, horizon_hours=HORIZON, bootstraps=6, workers=workers)
        for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.replicates, two.replicates)


def test_what_the_baseline_says_already_is_left_out() -> None:
    """One trial, one day of grace: severity at its beginning is the baseline's own."""
    cohort, _ = world(400, 7)
    assert cohort.course is not None
    first = cohort.course.values[:, 0]
    same = replace(cohort, x=first, names=("first",))
    trial = sequential_trials(same, n_trials=1)
    assert np.isfinite(trial.estimate)
    options = {"grace_hours": 24.0, "horizon_hours": HORIZON, "bootstraps": 2}
    moves, stands = (clone_censor_weight(c, **options) for c in (same, replace(same, course=None)))
    assert moves.risk_wait == pytest.approx(stands.risk_wait, rel=1e-9)


def test_a_column_that_tells_days_apart_and_no_people_changes_nothing() -> None:
    """A value that nobody has on the first day, and everybody after it."""
    cohort, _ = world(400, 8)
    assert cohort.course is not None
    values = cohort.course.values
    unknown = np.zeros_like(values)
    unknown[:, 0] = 1.0
    both = replace(cohort, course=course(np.dstack((values, unknown)), names=["a", "unknown"]))
    for design, close in ((sequential_trials, 0.01), (time_dependent_cox, 1e-6)):
        assert design(both).estimate == pytest.approx(design(cohort).estimate, rel=close)


def test_starts_that_severity_tells_without_error_are_penalised() -> None:
    """Whoever is at all severe starts, nobody else does."""
    cohort, _ = world(300, 9)
    assert cohort.course is not None
    started = np.where(np.isnan(cohort.start_hours), np.inf, cohort.start_hours)
    knows = (started[:, None] < (np.arange(N_DAYS) + 1) * DAY).astype(float)
    found = sequential_trials(replace(cohort, course=course(knows, names=["sure"])))
    assert any("penalised" in note for note in found.notes)


def test_moments_a_rounding_apart_are_one() -> None:
    """The stay ends a rounding before death; a start a rounding after a day begins."""
    cohort, _ = world(300, 10)
    near = np.nextafter(cohort.time_hours, 0)
    starts = np.where(cohort.start_hours > 60, np.nextafter(72.0, 100), cohort.start_hours)
    starts = np.where(starts < near, starts, NAN)
    rounded = replace(cohort, leaves_hours=near, start_hours=starts)
    whole = replace(
        cohort, leaves_hours=cohort.time_hours, start_hours=np.where(starts > 60, 72.0, starts)
    )
    assert time_dependent_cox(rounded).estimate == pytest.approx(
        time_dependent_cox(whole).estimate, rel=1e-6
    )
    assert np.isfinite(sequential_trials(rounded).estimate)


BAD = {
    "one number per patient": (np.zeros(5), "patients x steps x covariates"),
    "no step": (np.zeros((5, 0)), "patients x steps x covariates"),
    "constant": (np.ones((5, 3)), "x0: the same in every step"),
    "never known": (np.full((5, 3), NAN), "x0: the same in every step"),
    "infinite": (np.array([[1.0, np.inf]]), "infinite"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_no_course_is_refused(name: str) -> None:
    values, message = BAD[name]
    with pytest.raises(AnalysisError, match=message):
        course(values)


def test_a_gap_is_refused_only_where_somebody_is_followed() -> None:
    values = np.array([[1.0, NAN, 3.0], [2.0, 1.0, NAN], [0.0, NAN, NAN]])
    with pytest.raises(AnalysisError, match="severity in 1 of 6 steps"):
        follow_up([72.0, 48.0, 24.0], [1, 0, 1], [NAN, 30, NAN], course=_named(values))
    cohort = follow_up([24.0, 48.0, 24.0], [1, 0, 1], [NAN, 30, NAN], course=_named(values))
    assert cohort.course is not None
    np.testing.assert_array_equal(cohort.course.values[:, :, 0], [[1, 1, 1], [2, 1, 1], [0, 0, 0]])
    with pytest.raises(AnalysisError, match="3 patients where time_hours has 2"):
        follow_up([24.0, 48.0], [1, 0], [NAN, 30], course=_named(values))
    with pytest.raises(UsageError, match="give a number above 0"):
        course(values, step_hours=0)


def _named(values: np.ndarray) -> Course:
    return course(values, names=["severity"])


def test_groups_of_people_alike_but_for_what_moves_do_not_depend_on_their_order() -> None:
    """Ten people, each with nine who differ in their course, or in when they leave, alone."""
    n = 200
    alike = np.repeat(np.arange(n // 10), 10)
    moves = np.random.default_rng(1).normal(size=(n, 3))
    moves[::4] = 0.0
    leaves = 6.0 + np.arange(n) / 10  # within the follow-up
    shuffled = np.random.default_rng(2).permutation(n)

    def of(rows: np.ndarray) -> np.ndarray:
        time, event = 40.0 + alike[rows], alike[rows] % 2 == 0
        start = np.where(alike[rows] % 3 == 0, 5.0, np.nan)
        moving = course(moves[rows], step_hours=24.0)
        made = follow_up(
            time, event, start, alike[rows][:, None], course=moving, leaves_hours=leaves[rows]
        )
        return groups_of(made)

    assert (of(np.arange(n))[shuffled] == of(shuffled)).all()


def test_the_chance_of_starting_knows_what_moves() -> None:
    """Who is sicker as an interval begins starts in it: that alone tells them apart."""
    rng = np.random.default_rng(2)
    sick = rng.random((400, 3)) < 0.5
    start = np.full(400, np.nan)
    for day in (1, 0):
        now = rng.random(400) < np.where(sick[:, day], 0.6, 0.1)
        start = np.where(now, 24.0 * day + 12.0, start)
    made = follow_up(
        np.full(400, 72.0),
        np.zeros(400),
        start,
        course=course(sick.astype(float), names=["sick"]),
    )
    grace = grace_period(48.0, 24.0)
    rows = at_risk_of_start(made, grace)
    chance = modelled_chance(made, rows, interval_terms(rows, grace), np.ones(400))
    for value, expected in ((True, 0.6), (False, 0.1)):
        assert chance[:, :2][sick[:, :2] == value].mean() == pytest.approx(expected, abs=0.06)
