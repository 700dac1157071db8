"""Designs that give no credit for time survived, on cohorts where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.regression.glm import expit, maximise
from ehrivig.stats.timezero import (
    FollowUp,
    clone_censor_weight,
    ever_vs_never,
    exposure_spells,
    follow_up,
    landmark,
    naive_biases,
    nested_trials,
    sequential_trials,
    side_by_side,
    simulate_null,
    time_dependent_cox,
)
from ehrivig.stats.timezero.clones import START, WAIT, clone_weights, clones
from ehrivig.stats.timezero.contrast import no_event, risk_effects
from ehrivig.stats.timezero.initiation import (
    Grace,
    at_risk_of_start,
    grace_period,
    interval_terms,
    modelled_chance,
    start_interval,
)
from ehrivig.stats.timezero.pooled_logistic import pooled_chance

# Monte Carlo: with 400,000 patients the standard error of each ratio is below 0.005.
N_LARGE, BIAS_TOLERANCE = 400_000, 0.015
NAN = float("nan")


def _confounded(n: int, seed: int, log_hazard_ratio: float = 0.0) -> FollowUp:
    """Sicker patients (x) start sooner and die sooner; exposure acts on the hazard from its start.

    With x in the analysis the effect is recovered, without it exposure looks harmful.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    rate = 0.0167 * np.exp(0.6 * x[:, 0] - 0.13)
    start = rng.exponential(1 / (0.15 * np.exp(0.5 * x[:, 0] + 0.3 * x[:, 1])))
    exposure = rng.exponential(size=n)
    before = rate * start
    death = np.where(
        exposure < before,
        exposure / rate,
        start + (exposure - before) / (rate * np.exp(log_hazard_ratio)),
    )
    end = np.minimum(death, 28.0)
    starts = np.where(start < end, start * 24, np.nan)
    return follow_up(end * 24, death <= 28, starts, x, names=["severity", "other"])


def _without_covariates(cohort: FollowUp) -> FollowUp:
    return follow_up(cohort.time_hours, cohort.event, cohort.start_hours)


def test_the_null_simulation_shows_the_published_biases() -> None:
    biases = naive_biases(simulate_null(N_LARGE, seed=1))
    assert biases.ever_rr == pytest.approx(0.85, abs=BIAS_TOLERANCE)
    assert biases.long_or == pytest.approx(0.49, abs=BIAS_TOLERANCE)
    assert biases.short_or == pytest.approx(1.14, abs=BIAS_TOLERANCE)
    assert biases.late_or == pytest.approx(0.71, abs=BIAS_TOLERANCE)
    assert biases.early_or == pytest.approx(0.84, abs=BIAS_TOLERANCE)


def test_the_null_simulation_is_what_it_says() -> None:
    cohort = simulate_null(100_000, seed=2)
    f = cohort.follow_up
    assert f.event.mean() == pytest.approx(0.374, abs=0.006)
    assert cohort.intended.mean() == pytest.approx(0.5, abs=0.006)
    assert np.all(f.start_hours[f.ever] < f.time_hours[f.ever])
    assert not np.any(f.ever & ~cohort.intended)
    lived = cohort.duration_days[f.ever] * 24
    assert np.all(lived <= (f.time_hours - f.start_hours)[f.ever] + 1e-9)
    same = simulate_null(100_000, seed=2)
    np.testing.assert_array_equal(same.follow_up.time_hours, f.time_hours)


def test_valid_designs_find_nothing_where_nothing_is() -> None:
    """120,000 patients: log hazard ratios within 4 standard errors of 0, the naive one far off."""
    cohort = simulate_null(120_000, seed=3).follow_up
    effects = [time_dependent_cox(cohort), sequential_trials(cohort)]
    effects += [
        e for hours in (24, 48, 72) for e in landmark(cohort, hours, 672) if e.measure == "HR"
    ]
    for effect in effects:
        assert abs(np.log(effect.estimate)) < 4 * effect.se, effect.method
    naive = next(e for e in ever_vs_never(cohort, 672) if e.measure == "HR")
    assert np.log(naive.estimate) < -20 * naive.se
    assert "immortal time" in naive.notes[0]


@pytest.mark.parametrize("stand_in", ["all_starters", "last_interval"])
def test_clone_censor_weight_is_unbiased_under_the_null(stand_in: str) -> None:
    """Mean risk difference of 20 cohorts of 10,000, within 4 of its own standard errors of 0."""
    values = []
    for seed in range(20):
        result = clone_censor_weight(
            simulate_null(10_000, 100 + seed).follow_up,
            stand_in=stand_in,  # type: ignore[arg-type]
            bootstraps=2,
        )
        values.append(result.risk_difference.estimate)
    error = np.std(values, ddof=1) / np.sqrt(20)
    assert abs(np.mean(values)) < 4 * error
    assert error < 0.01


def test_weights_remove_measured_confounding() -> None:
    """No effect, but the sick start sooner: without the covariates exposure looks harmful."""
    crude, adjusted = [], []
    for seed in range(12):
        cohort = _confounded(8_000, seed)
        for values, data in ((crude, _without_covariates(cohort)), (adjusted, cohort)):
            values.append(clone_censor_weight(data, bootstraps=2).risk_difference.estimate)
    assert np.mean(crude) > 0.06
    assert abs(np.mean(adjusted)) < 4 * np.std(adjusted, ddof=1) / np.sqrt(12)


def test_every_design_sees_a_true_effect() -> None:
    """True hazard ratio 0.5 from the start on."""
    cohort = _confounded(40_000, 7, np.log(0.5))
    for effect in (time_dependent_cox(cohort), sequential_trials(cohort)):
        assert effect.estimate == pytest.approx(0.5, abs=0.04), effect.method
    result = clone_censor_weight(cohort, bootstraps=50, seed=1)
    truth = _true_risk_difference()
    assert truth == pytest.approx(-0.037, abs=0.002)
    assert result.risk_difference.estimate == pytest.approx(truth, abs=0.01)
    assert result.risk_difference.hi < 0


def _true_risk_difference() -> float:
    """Simulated under both strategies: starters' own times within 48 h, or never before 48 h.

    Under START nature runs for 48 h and whoever has not started by then starts then; under WAIT
    starts within 48 h are drawn anew from later than 48 h (the start is exponential).
    """
    rng = np.random.default_rng(99)
    n = 400_000
    x = rng.normal(size=(n, 2))
    rate = 0.0167 * np.exp(0.6 * x[:, 0] - 0.13)
    intensity = 0.15 * np.exp(0.5 * x[:, 0] + 0.3 * x[:, 1])
    u, exposure = rng.random(n), rng.exponential(size=n)
    early = np.minimum(-np.log(u) / intensity, 2.0)
    late = 2 - np.log(u) / intensity

    def risk(start: np.ndarray) -> float:
        before = rate * start
        death = np.where(
            exposure < before, exposure / rate, start + (exposure - before) / (rate * 0.5)
        )
        return float((death <= 28).mean())

    return risk(early) - risk(late)


def test_intervals_of_the_clones() -> None:
    """Starts at 0, exactly 6, 6.5, 47.9, 48 and 50 h fall in intervals 1, 1, 2, 8, 8 and none."""
    cohort = follow_up(np.full(7, 600.0), np.zeros(7), [0, 6, 6.5, 47.9, 48, 50, NAN])
    grace = grace_period(48, 6)
    np.testing.assert_array_equal(start_interval(cohort, grace), [1, 1, 2, 8, 8, 9, 9])
    with pytest.raises(AnalysisError, match="whole number"):
        grace_period(50, 6)


def test_clones_by_hand() -> None:
    """Grace 12 h in two intervals, horizon 100 h; five histories, both copies of each."""
    cohort = follow_up(
        #     start 3, die 50 | die 4 unexposed | start 9, alive | start 20, die 30 | never
        [50, 4, 200, 30, 200],
        [1, 1, 0, 1, 0],
        [3, NAN, 9, 20, NAN],
    )
    c = clones(cohort, grace_period(12, 6), 100.0)

    def last(patient: int, arm: int) -> tuple[float, bool]:
        mine = (c.patient == patient) & (c.arm == arm)
        return float(c.time_hours[mine].max()), bool(c.event[mine].any())

    assert [last(i, START) for i in range(5)] == [
        (50, True),
        (4, True),  # died within grace: counts in both arms
        (100, False),
        (12, False),  # censored at the end of grace
        (12, False),
    ]
    assert [last(i, WAIT) for i in range(5)] == [
        (3, False),  # censored at the start
        (4, True),
        (9, False),
        (30, True),  # a start after grace is allowed
        (100, False),
    ]
    for patient in range(5):
        for arm in (START, WAIT):
            mine = np.flatnonzero((c.patient == patient) & (c.arm == arm))
            np.testing.assert_array_equal(c.entry_hours[mine][1:], c.time_hours[mine][:-1])
            assert c.entry_hours[mine][0] == 0


@pytest.mark.parametrize("stand_in", ["all_starters", "last_interval"])
def test_weights_reproduce_those_censored(stand_in: str) -> None:
    """Without covariates nor truncation the weighted copies number all who are still followed,
    up to the common factor of stabilisation.
    """
    cohort = simulate_null(5_000, 4).follow_up
    grace = grace_period(48, 6)
    rows = at_risk_of_start(cohort, grace)
    copies = clones(cohort, grace, 672.0)
    ones = np.ones(cohort.n)
    terms = interval_terms(rows, grace)
    weight = clone_weights(cohort, copies, rows, terms, ones, (0, 1), grace, stand_in)  # type: ignore[arg-type]
    after = copies.interval == 9
    followed = cohort.time_hours > 48
    started = start_interval(cohort, grace) <= 8
    early = started & (start_interval(cohort, grace) < 8)
    start_arm = after & (copies.arm == START)
    kept, stay = weight[start_arm], weight[after & (copies.arm == WAIT)]
    np.testing.assert_allclose(stay, 1.0)  # one number for the arm, stabilised to 1
    assert stay.size == (followed & ~started).sum()
    assert kept.size == (followed & started).sum()
    if stand_in == "all_starters":
        np.testing.assert_allclose(kept, 1.0)
    else:
        unscaled = kept / kept.min()
        total = unscaled.sum()
        assert total == pytest.approx(followed.sum(), rel=1e-9)
        assert (unscaled == 1).sum() == (early & followed).sum()


def test_chance_of_starting_is_calibrated() -> None:
    cohort = _confounded(20_000, 8)
    grace = grace_period(48, 6)
    rows = at_risk_of_start(cohort, grace)
    chance = modelled_chance(cohort, rows, interval_terms(rows, grace), np.ones(cohort.n))
    predicted = chance[rows.patient, rows.interval - 1]
    for k in range(1, 9):
        mine = rows.interval == k
        assert predicted[mine].mean() == pytest.approx(rows.started[mine].mean(), rel=1e-6)
    high = cohort.x[rows.patient, 0] > 1  # type: ignore[index]
    assert predicted[high].mean() == pytest.approx(rows.started[high].mean(), rel=0.06)


@pytest.mark.parametrize("n", [300, 20_000])
def test_pooled_model_equals_the_fit_of_the_long_table(n: int) -> None:
    """Indicators of time (large n) or a parabola (small n); patients counted 0 to 3 times."""
    cohort = _confounded(n, 9)
    grace = grace_period(48, 6)
    rows = at_risk_of_start(cohort, grace)
    terms = interval_terms(rows, grace)
    assert terms.shape[1] == (7 if n == 20_000 else 2)
    frequency = np.random.default_rng(3).integers(0, 4, cohort.n).astype(float)
    chance = modelled_chance(cohort, rows, terms, frequency)
    assert cohort.x is not None
    long = np.hstack((terms[rows.interval - 1], cohort.x[rows.patient]))
    fit = maximise(rows.started.astype(float), long, weights=frequency[rows.patient])
    expected = expit(fit.coef[0] + long @ fit.coef[1:])
    np.testing.assert_allclose(chance[rows.patient, rows.interval - 1], expected, rtol=1e-9)


def test_bootstrap_is_seeded_and_workers_do_not_matter() -> None:
    cohort = simulate_null(600, 5).follow_up
    a = clone_censor_weight(cohort, bootstraps=20, seed=1)
    b = clone_censor_weight(cohort, bootstraps=20, seed=1, workers=2)
    c = clone_censor_weight(cohort, bootstraps=20, seed=2)
    np.testing.assert_array_equal(a.replicates, b.replicates)
    assert a.risk_difference == b.risk_difference
    assert not np.array_equal(a.replicates, c.replicates)
    assert a.risk_difference.estimate == c.risk_difference.estimate
    assert a.n_failed == 0
    assert a.risk_difference.estimate == pytest.approx(a.risk_start - a.risk_wait)
    assert a.risk_ratio.estimate == pytest.approx(a.risk_start / a.risk_wait)


def test_spells_conserve_time_and_events() -> None:
    cohort = simulate_null(2_000, 6).follow_up
    spells = exposure_spells(cohort)
    length = spells.time_hours - spells.entry_hours
    np.testing.assert_allclose(np.bincount(spells.patient, length), cohort.time_hours, rtol=1e-12)
    assert spells.event.sum() == cohort.event.sum()
    assert (length > 0).all()
    np.testing.assert_allclose(
        np.bincount(spells.patient, length * spells.exposed)[cohort.ever],
        (cohort.time_hours - cohort.start_hours)[cohort.ever],
    )


def test_nested_trials_by_hand() -> None:
    """Windows of 10 h. Patient 0 starts at 5, 1 at 15, 2 never, 3 dies at 8; all others to 100."""
    cohort = follow_up([100, 100, 100, 8], [1, 1, 0, 1], [5, 15, NAN, NAN])
    rows = nested_trials(cohort, 10.0, 2)
    table = [
        (int(k), int(i), float(t), bool(e), bool(a))
        for k, i, t, e, a in zip(
            rows.trial, rows.patient, rows.time_hours, rows.event, rows.exposed, strict=True
        )
    ]
    assert table == [
        (1, 0, 90.0, True, True),
        (1, 1, 5.0, False, False),  # censored at its start
        (1, 2, 90.0, False, False),
        (2, 1, 80.0, True, True),
        (2, 2, 80.0, False, False),
    ]


def test_landmark_by_hand() -> None:
    """At 24 h: 0 exposed, 1 starts later so unexposed, 2 died before, 3 unexposed; deaths 0 of 1
    and 1 of 2 would make a ratio of 0, so two more exposed are added, one dying.
    """
    cohort = follow_up(
        [600, 600, 20, 100, 50, 600, 600, 600],
        [0, 0, 1, 1, 1, 0, 0, 0],
        [5, 30, NAN, NAN, 24, 10, NAN, NAN],
    )
    effects = {e.measure: e for e in landmark(cohort, 24, 600)}
    assert effects["RD"].estimate == pytest.approx(1 / 3 - 1 / 4)
    assert effects["RR"].estimate == pytest.approx((1 / 3) / (1 / 4))
    assert (effects["RD"].n_exposed, effects["RD"].n_control) == (3, 4)
    assert (effects["RD"].events_exposed, effects["RD"].events_control) == (1, 1)


def test_side_by_side_names_every_estimand_and_survives_a_failure() -> None:
    cohort = simulate_null(1_500, 7).follow_up
    results = side_by_side(cohort, bootstraps=10)
    assert [r.design for r in results] == [
        "naive ever vs never",
        "landmark 24 h",
        "landmark 48 h",
        "landmark 72 h",
        "time-dependent Cox",
        "sequential trials",
        "clone-censor-weight",
    ]
    for result in results:
        assert result.problem == ""
        for effect in result.effects:
            assert effect.estimand
            assert effect.lo <= effect.estimate <= effect.hi
            assert effect.event_label == "death"
    broken = side_by_side(cohort, landmarks_hours=(9999.0,), bootstraps=10)
    assert broken[1].effects == ()
    assert "not between 0 and the horizon" in broken[1].problem
    assert broken[2].effects


@pytest.mark.parametrize(
    ("time", "event", "start", "message"),
    [
        ([0, 5], [0, 1], [NAN, 1], "not above 0"),
        ([4, NAN], [0, 1], [NAN, 1], "missing or infinite"),
        ([4, 5], [0, 1], [-1, 1], "before time zero"),
        ([4, 5], [0, 1], [np.inf, 1], "infinite"),
        ([4, 5], [0, 1], [1], "one value per row"),
        ([], [], [], "no row"),
    ],
)
def test_refused_cohorts(
    time: list[float], event: list[int], start: list[float], message: str
) -> None:
    with pytest.raises(AnalysisError, match=message):
        follow_up(time, event, start)


def test_refused_analyses() -> None:
    never = follow_up([100, 200, 700], [1, 0, 1], [NAN] * 3)
    for run in (
        lambda: ever_vs_never(never, 672),
        lambda: landmark(never, 24, 672),
        lambda: time_dependent_cox(never),
        lambda: sequential_trials(never),
        lambda: clone_censor_weight(never, bootstraps=5),
    ):
        with pytest.raises(AnalysisError):
            run()
    alive = follow_up([700.0] * 40, np.zeros(40), np.arange(40.0) * 2)
    with pytest.raises(AnalysisError, match="no event"):
        time_dependent_cox(alive)
    with pytest.raises(AnalysisError, match="neither strategy has an event"):
        clone_censor_weight(alive, bootstraps=5)
    cohort = simulate_null(300, 8).follow_up
    with pytest.raises(AnalysisError, match="horizon must be after"):
        clone_censor_weight(cohort, grace_hours=48, horizon_hours=24)
    with pytest.raises(UsageError, match="stand_in"):
        clone_censor_weight(cohort, stand_in="nobody")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="bootstraps: 1"):
        clone_censor_weight(cohort, bootstraps=1)
    with pytest.raises(UsageError, match="window_hours"):
        nested_trials(cohort, 0, 3)


def test_a_strategy_without_an_event_has_a_difference_and_no_ratio() -> None:
    """40 start at once and live, a third of 60 others die: 0 against a third, and no ratio."""
    time = np.where(np.arange(100) >= 80, 100.0, 700.0)
    start = np.where(np.arange(100) < 40, 1.0, np.nan)
    cohort = follow_up(time, time < 700, start)
    found = clone_censor_weight(cohort, grace_hours=6, bootstraps=60, seed=1)
    assert (found.risk_start, found.risk_wait) == pytest.approx((0.0, 1 / 3))
    difference = found.risk_difference
    assert difference.estimate == pytest.approx(-1 / 3)
    assert -0.5 < difference.lo < -1 / 3 < difference.hi < -0.2
    # of 40 people who follow the strategy, not of the 100 that are copied into it
    assert "one arm has no event: its true risk may be up to 7.2%" in difference.notes[-1]
    assert np.isnan([found.risk_ratio.estimate, found.risk_ratio.lo, found.risk_ratio.p]).all()
    assert found.risk_ratio.notes[0].startswith("no estimate: a strategy has no event")
    risk, ratio, hazard = landmark(cohort, 6, 672)
    assert risk.estimate == pytest.approx(-1 / 3)
    assert "up to 7.2%" in risk.notes[-1]  # 1 - 0.05 ** (1 / 40)
    assert np.isnan([ratio.estimate, hazard.estimate]).all()
    assert all(one.notes[0].startswith("no estimate: ") for one in (ratio, hazard))


def test_how_rare_an_event_may_be_tells_no_few_people() -> None:
    """1 - 0.05 ** (1 / 3) is 63.2%, which three people alone give."""
    (few,) = no_event(0.0, 0.2, (3, 90))
    assert few == "one arm has no event among fewer than 10 people"
    (many,) = no_event(0.2, 0.0, (3, 60))
    assert "up to 4.9%" in many
    assert no_event(0.1, 0.2, (3, 3)) == ()


def test_an_arm_of_one_whose_event_is_certain_says_so_beside_every_contrast() -> None:
    time = np.arange(1.0, 21.0)
    event, exposed = time % 3 == 0, time == 3
    found = risk_effects(
        time, event, exposed, 12.0, event_label="death", method="crude", estimand="none"
    )
    for effect in found:
        assert any("nobody without the event" in note for note in effect.notes), effect


def test_who_starts_at_time_zero_leaves_the_others_standing_for_all_at_once() -> None:
    """No effect; the ill start at once and die within hours (20 simulated cohorts of 4,000).

    Without an interval of its own the difference was +0.020: those left weighed 1 until hour 6.
    """
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        ill = rng.normal(size=4000)
        hazard, later = 0.01 * np.exp(ill), 0.0006 * np.exp(0.8 * ill)
        drawn = rng.exponential(size=4000)
        time = np.where(drawn < 6 * hazard, drawn / hazard, 6 + (drawn - 6 * hazard) / later)
        start = np.where(rng.random(4000) < expit(-0.4 + ill), 0.0, np.nan)
        after = np.isnan(start) & (rng.random(4000) < expit(-1.2 + ill))
        start[after] = rng.uniform(0.5, 47.5, after.sum())
        cohort = follow_up(np.minimum(time, 672), time <= 672, start, ill[:, None])
        found.append(clone_censor_weight(cohort, truncate=(0, 1), bootstraps=2, seed=seed))
    differences = [one.risk_start - one.risk_wait for one in found]
    assert abs(np.mean(differences)) < 3 * np.std(differences, ddof=1) / 20**0.5
    assert abs(np.mean(differences)) < 0.012


def test_time_zero_is_an_interval_where_somebody_starts_then() -> None:
    cohort = follow_up([100.0] * 4, [False] * 4, [0.0, 0.5, 12.0, np.nan])
    grace = grace_period(12, 6)
    assert not grace.of(follow_up([9.0], [True], [3.0])).at_zero
    own = grace.of(cohort)
    assert (own.at_zero, own.n_intervals, own.edges.tolist()) == (True, 3, [0, 0, 6, 12])
    np.testing.assert_array_equal(start_interval(cohort, own), [1, 2, 3, 4])
    rows = at_risk_of_start(cohort, own)
    assert rows.patient.tolist() == [0, 1, 2, 3, 1, 2, 3, 2, 3]
    assert rows.started.tolist() == [True, False, False, False, True, *[False] * 2, True, False]
    np.testing.assert_array_equal(interval_terms(rows, own)[:, 0], [1, 0, 0])
    copies = clones(cohort, own, 100.0)
    assert (copies.time_hours > copies.entry_hours).all()
    assert 0 not in copies.patient[copies.arm == WAIT]


def test_a_start_at_or_after_the_end_counts_as_never() -> None:
    cohort = follow_up([10, 10, 10], [1, 1, 0], [10, 12, 3])
    np.testing.assert_array_equal(cohort.ever, [False, False, True])


def test_sequential_trials_do_not_depend_on_the_order_of_the_rows() -> None:
    """The groups of the jackknife go with the patients, not with their places."""
    cohort = _confounded(600, 11, np.log(0.7))
    order = np.random.default_rng(2).permutation(cohort.n)
    assert cohort.x is not None
    shuffled = follow_up(
        cohort.time_hours[order],
        cohort.event[order],
        cohort.start_hours[order],
        cohort.x[order],
        names=["severity", "other"],
    )
    first, again = sequential_trials(cohort), sequential_trials(shuffled)
    assert (again.estimate, again.se, again.p) == pytest.approx(
        (first.estimate, first.se, first.p), rel=1e-9
    )
    assert "jackknife over 20 groups" in first.variance
    assert "corrected for the bias of few events" in first.notes
    width = np.log(first.hi / first.lo) / (2 * first.se)
    assert width == pytest.approx(2.0930240544, rel=1e-6)  # t with 19 degrees of freedom


def test_with_many_deaths_sequential_trials_need_no_correction() -> None:
    large = sequential_trials(_confounded(40_000, 7))
    assert large.variance.startswith("robust")
    assert large.notes == ("n and events count person-trials",)


def test_percentile_limits_are_at_rank_tail_times_one_more_than_the_replicates() -> None:
    """39 replicates at 95%: the smallest and the largest (Davison and Hinkley 1997)."""
    result = clone_censor_weight(_confounded(1_000, 3), bootstraps=39, seed=4)
    draws = result.replicates[:, 0] - result.replicates[:, 1]
    effect = result.risk_difference
    assert (effect.lo, effect.hi) == pytest.approx((draws.min(), draws.max()))


def _leaving(n: int, seed: int) -> tuple[np.ndarray, ...]:
    """A world without effect in which the healthy leave early, and nobody starts after leaving."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    death = rng.exponential(24 * np.exp(4.2 - 0.9 * x))
    leaves = 24 * np.exp(0.3 + 0.9 * x + 0.5 * rng.normal(size=n))
    start = rng.exponential(60 * np.exp(-0.5 * x))
    start = np.where(start < np.minimum(leaves, death), start, np.nan)
    return np.minimum(death, 672), death <= 672, start, leaves, x[:, None]


def test_who_left_could_not_start_any_more() -> None:
    """Censored as if they had departed, who left alive take their good prognosis with them."""
    differences = []
    for seed in range(4):
        time, event, start, leaves, x = _leaving(4_000, seed)
        known = follow_up(time, event, start, x, leaves_hours=leaves)
        blind = follow_up(time, event, start, x)
        found = [clone_censor_weight(c, bootstraps=2) for c in (known, blind)]
        differences.append([one.risk_start - one.risk_wait for one in found])
    right, wrong = np.mean(differences, axis=0)
    assert abs(right) < 0.02
    assert wrong > 0.03


def test_who_left_is_in_no_landmark_and_no_later_trial() -> None:
    time, event, start, leaves = (
        [100.0] * 4,
        [True] * 4,
        [10.0, np.nan, np.nan, 30.0],
        [12, 60, 5, 60],
    )
    cohort = follow_up(time, event, start, leaves_hours=leaves)
    assert cohort.leaves_hours.tolist() == [12, 60, 5, 60]
    trials = nested_trials(cohort, 24.0, 2)
    assert trials.patient.tolist() == [1, 3, 1, 3]
    assert trials.exposed.tolist() == [False, False, False, True]


def test_an_unknown_end_of_the_stay_excludes_nobody() -> None:
    cohort = follow_up([100.0, 100.0], [True, False], [np.nan, 50.0], leaves_hours=[np.nan, 40.0])
    assert cohort.leaves_hours.tolist() == [np.inf, 50.0]
    with pytest.raises(AnalysisError, match="leaves_hours"):
        follow_up([100.0], [True], [np.nan], leaves_hours=[1.0, 2.0])


def test_truncation_is_of_the_weights_that_stand_for_others() -> None:
    """Of `last_interval` most weights are one; they must not clip the few that carry the rest."""
    cohort = simulate_null(5_000, 4).follow_up
    grace = grace_period(48, 6)
    rows, copies = at_risk_of_start(cohort, grace), clones(cohort, grace, 672.0)
    terms, ones = interval_terms(rows, grace), np.ones(cohort.n)
    last = (copies.arm == START) & (copies.interval == 9) & (copies.started_in == 8)
    whole, cut = (
        clone_weights(cohort, copies, rows, terms, ones, limits, grace, "last_interval")[last]
        for limits in ((0.0, 1.0), (0.01, 0.99))
    )
    np.testing.assert_allclose(cut, whole)  # alike without covariates: nothing to clip


def test_what_cannot_vary_has_no_interval() -> None:
    """Who starts dies and nobody else does, in every sample: 1 (1 to 1) says nothing."""
    start = np.where(np.arange(60) % 2 == 0, 1.0, np.nan)
    dies = ~np.isnan(start)
    cohort = follow_up(np.where(dies, 20.0, 700.0), dies, start)
    with pytest.raises(AnalysisError, match="the same in every bootstrap sample"):
        clone_censor_weight(cohort, grace_hours=12, horizon_hours=100, bootstraps=20)
    everybody = follow_up(np.full(60, 20.0), np.ones(60), start)
    difference, ratio, *_ = landmark(everybody, 5, 100)
    for effect in (difference, ratio):
        assert np.isnan(effect.estimate)
        assert "no interval has a width" in effect.notes[0]


def test_a_landmark_lies_before_the_horizon() -> None:
    cohort = _confounded(200, 1)
    with pytest.raises(AnalysisError, match="not between 0 and the horizon"):
        landmark(cohort, 48, 48)


def test_a_death_as_an_interval_of_grace_ends_is_one_death() -> None:
    """Each copy that lives until it has it once, in the interval that ends then."""
    made = follow_up([6.0, 12.0, 30.0], [1, 1, 1], [np.nan] * 3)
    copies = clones(made, Grace(12.0, 6.0), 100)
    for arm, deaths in ((START, [1, 1, 0]), (WAIT, [1, 1, 1])):
        mine = copies.arm == arm
        assert [int(copies.event[mine & (copies.patient == i)].sum()) for i in range(3)] == deaths


def test_limits_of_a_risk_are_those_of_its_survival_turned() -> None:
    """Greenwood by hand: of 4 in each arm 1 dies at 10 h, 2 live through: S = 3/4."""
    time, event = np.array([10.0, 50, 50, 50] * 2), np.array([1, 0, 0, 0] * 2) > 0
    arm = np.repeat([True, False], 4)
    time[4] = 20.0
    for effect in risk_effects(
        time, event, arm, 40.0, event_label="death", method="m", estimand="e"
    ):
        assert effect.risks is not None
        for risk in effect.risks:
            assert 0 <= risk.lo < risk.estimate < risk.hi <= 1
            assert risk.estimate == pytest.approx(0.25)


def test_departures_are_people_who_start_and_copies_that_never_did() -> None:
    """Half of 40 start within grace; of the others one dies within it, and 19 leave START."""
    start = np.array([3.0, 9.0, NAN, 40.0] * 10)
    time, event = np.full(40, 100.0), np.arange(40) % 5 == 0
    time[event] -= np.arange(8)
    time[2], event[2] = 4.0, True
    made = follow_up(time, event, start)
    found = clone_censor_weight(
        made, grace_hours=12.0, interval_hours=6.0, horizon_hours=90.0, bootstraps=20
    )
    assert found.n_censored == (19, 20)


@pytest.mark.parametrize("covariates", [False, True])
@pytest.mark.parametrize("few", ["starters", "others"])
def test_a_replicate_in_which_a_strategy_has_nobody_has_no_risks(
    few: str, covariates: bool
) -> None:
    """4 of 30 start, or do not: in 6 of 200 samples none of them is drawn, and these failed."""
    n, seed, replicates = 30, 5, 200
    mine = np.arange(n) < 4
    start = np.where(mine == (few == "starters"), np.where(np.arange(n) % 2, 9.0, 3.0), NAN)
    time = np.where(np.arange(n) % 3 == 0, 20.0 + np.arange(n), 100.0)
    x = (np.arange(n) % 7)[:, None] if covariates else None
    made = follow_up(time, time < 100, start, x)
    found = clone_censor_weight(
        made,
        grace_hours=12.0,
        interval_hours=6.0,
        horizon_hours=90.0,
        bootstraps=replicates,
        seed=seed,
    )
    drawn = [
        np.random.default_rng(child).integers(0, n, n)
        for child in np.random.SeedSequence(seed).spawn(replicates)
    ]
    nobody = np.array([not mine[people].any() for people in drawn])
    assert nobody.sum() == 6
    assert np.isnan(found.replicates[nobody]).all()
    if not covariates:
        assert not np.isnan(found.replicates[~nobody]).any()


def test_a_moving_column_that_says_nothing_new_changes_nothing() -> None:
    """One is time itself, one the baseline's; the third alone tells who starts."""
    rng = np.random.default_rng(3)
    n, steps = 300, 4
    x, own = rng.normal(size=(n, 1)), rng.normal(size=(n, steps))
    started = rng.random((n, steps)) < expit(-1.5 + own)
    weight = np.ones((n, steps))
    terms = np.arange(1.0, steps + 1)[:, None]
    time, same = np.broadcast_to(terms[:, 0], (n, steps)), np.repeat(x, steps, axis=1)
    alone = pooled_chance(started, weight, terms, x, ["x", "own"], moving=own[:, :, None])
    three = np.stack((time, own, same), axis=2)
    names = ["x", "time again", "own", "x again"]
    found = pooled_chance(started, weight, terms, x, names, moving=three)
    np.testing.assert_allclose(found, alone, rtol=1e-7)
    fixed = pooled_chance(started, weight, terms, x, ["x"])
    assert np.corrcoef(found.ravel(), own.ravel())[0, 1] > 0.9
    assert abs(np.corrcoef(fixed.ravel(), own.ravel())[0, 1]) < 0.2
    two = np.stack((time, same), axis=2)
    nothing = pooled_chance(started, weight, terms, x, ["x", "time again", "x again"], moving=two)
    np.testing.assert_allclose(nothing, fixed, rtol=1e-7)
