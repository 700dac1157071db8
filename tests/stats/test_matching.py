"""Nearest-neighbour matching: rules by hand, a slow and plain twin, properties, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, NumericalWarning, UsageError
from ehrivig.match import Matches, caliper_width, logit, nearest
from ehrivig.stats.matching.mahalanobis import whitened

ORDERS = ("largest", "smallest", "data", "random", "closest")
RULES = ("matchit-4.7", "matchit-4.5")


def plain(
    distance: np.ndarray, treated: np.ndarray, caliper: float, order: str, rule: str
) -> list[tuple[int, int]]:
    """The same match by looking at every control for every treated unit."""
    place = np.argsort(np.argsort(distance, kind="stable"), kind="stable")
    free = [i for i in range(len(treated)) if not treated[i]]
    queue = [i for i in range(len(treated)) if treated[i]]
    if order != "data":
        queue.sort(key=lambda i: -distance[i] if order == "largest" else distance[i])
    pairs = []
    for t in queue:

        def rank(c: int, t: int = t) -> tuple[float, ...]:
            right = place[c] > place[t]
            steps = abs(int(place[c]) - int(place[t]))
            gap = abs(distance[c] - distance[t])
            # On one side the nearest position is met first; the rule chooses between the sides.
            return (gap, steps, right) if rule == "matchit-4.7" else (gap, right, steps)

        near = [c for c in free if abs(distance[c] - distance[t]) <= caliper]
        if near:
            best = min(near, key=rank)
            free.remove(best)
            pairs.append((t, best))
    return sorted(pairs)


def pairs_of(m: Matches) -> list[tuple[int, int]]:
    return list(zip(m.treated.tolist(), m.control.tolist(), strict=True))


units = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=2, max_size=40).filter(
    lambda u: 0 < sum(t for _, t in u) < len(u)
)


def arrays(unit: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    # Multiples of 1/32 are exact: distances that look equal are equal.
    return np.array([d / 32 for d, _ in unit]), np.array([t for _, t in unit])


@given(
    units,
    st.integers(0, 12),
    st.sampled_from(("largest", "smallest", "data")),
    st.sampled_from(RULES),
)
@settings(max_examples=300, deadline=None)
def test_the_plain_twin_finds_the_same_pairs(
    unit: list[tuple[int, bool]], width: int, order: str, rule: str
) -> None:
    d, t = arrays(unit)
    got = nearest(d, t, width / 32, order=order, tie_rule=rule)  # type: ignore[arg-type]
    assert pairs_of(got) == plain(d, t, width / 32, order, rule)


@given(units, st.integers(0, 12), st.sampled_from(ORDERS), st.integers(1, 3), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_control_twice_and_the_caliper_never_exceeded(
    unit: list[tuple[int, bool]], width: int, order: str, ratio: int, grouped: bool
) -> None:
    d, t = arrays(unit)
    hospital = np.arange(len(d)) % 3
    got = nearest(
        d,
        t,
        width / 32,
        order=order,
        ratio=ratio,
        seed=1,
        exact=hospital if grouped else None,  # type: ignore[arg-type]
    )
    assert len(set(got.control.tolist())) == len(got)
    assert t[got.treated].all()
    assert not t[got.control].any()
    assert (got.distance <= width / 32).all()
    assert np.array_equal(got.distance, np.abs(d[got.treated] - d[got.control]))
    assert np.bincount(got.treated, minlength=1).max(initial=0) <= ratio
    assert (np.diff(got.treated) >= 0).all()
    if grouped:
        assert (hospital[got.treated] == hospital[got.control]).all()
    unmatched = np.setdiff1d(np.flatnonzero(t), got.treated)
    spare = np.setdiff1d(np.flatnonzero(~t), got.control)
    for a in unmatched:  # nobody is left out who could still have had a control
        near = spare[np.abs(d[spare] - d[a]) <= width / 32]
        assert not (hospital[near] == hospital[a]).any() if grouped else len(near) == 0


@given(st.integers(0, 10_000), st.sampled_from(("largest", "smallest", "closest")))
@settings(max_examples=60, deadline=None)
def test_row_order_is_irrelevant_without_ties(seed: int, order: str) -> None:
    rng = np.random.default_rng(seed)
    d, t = rng.random(60), rng.random(60) < 0.4
    where = rng.permutation(60)
    a = nearest(d, t, 0.05, order=order)  # type: ignore[arg-type]
    b = nearest(d[where], t[where], 0.05, order=order)  # type: ignore[arg-type]
    assert set(pairs_of(a)) == {(int(where[x]), int(where[y])) for x, y in pairs_of(b)}


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_mirrored_distances_mirror_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d, t = rng.random(60), rng.random(60) < 0.5
    assert pairs_of(nearest(d, t, 0.05, order="largest")) == pairs_of(
        nearest(-d, t, 0.05, order="smallest")
    )


def test_equal_distance_on_both_sides() -> None:
    """Controls at 0.25 and 0.75, treated at 0.5: fewer positions decide in 4.7, the left in 4.5."""
    d = np.array([0.5, 0.75, 0.25, 0.375])
    t = np.array([1, 0, 0, 1])  # the treated unit at 0.375 stands between 0.25 and 0.5
    assert pairs_of(nearest(d, t, 0.25, order="data"))[0] == (0, 1)
    assert pairs_of(nearest(d, t, 0.25, order="data", tie_rule="matchit-4.5"))[0] == (0, 2)
    for rule, control in (("matchit-4.7", 1), ("matchit-4.5", 2)):
        again = nearest(d, t, 0.25, replace=True, tie_rule=rule)
        assert (0, control) in pairs_of(again)


def test_a_pair_exactly_at_the_caliper_is_made() -> None:
    assert len(nearest([0.5, 0.25], [1, 0], 0.25)) == 1
    assert len(nearest([0.5, 0.25], [1, 0], np.nextafter(0.25, 0))) == 0


def test_closest_takes_the_nearest_pair_of_all_first() -> None:
    d, t = np.array([0.50, 0.55, 0.57, 0.30]), np.array([1, 0, 1, 0])
    assert pairs_of(nearest(d, t, order="data")) == [(0, 1), (2, 3)]
    assert pairs_of(nearest(d, t, order="closest")) == [(0, 3), (2, 1)]


def test_random_order_needs_a_seed_and_repeats() -> None:
    rng = np.random.default_rng(0)
    d, t = rng.random(200), rng.random(200) < 0.5
    with pytest.raises(UsageError, match="seed"):
        nearest(d, t, 0.05, order="random")
    a, b = (nearest(d, t, 0.05, order="random", seed=3) for _ in range(2))
    assert pairs_of(a) == pairs_of(b)
    assert pairs_of(a) != pairs_of(nearest(d, t, 0.05, order="random", seed=4))


def test_with_replacement_nobody_is_matched_without_controls() -> None:
    d, exact = np.arange(6.0), np.array([0, 0, 0, 1, 1, 1])
    with pytest.warns(NumericalWarning, match="no controls"):
        assert not len(nearest(d, np.ones(6), None, replace=True).treated)
    got = nearest(d, [1, 0, 1, 1, 1, 1], None, replace=True, exact=exact)
    assert pairs_of(got) == [(0, 1), (2, 1)]


def test_with_replacement_everyone_has_the_nearest_control() -> None:
    rng = np.random.default_rng(1)
    d, t = rng.random(300), rng.random(300) < 0.5
    got = nearest(d, t, None, replace=True)
    controls = np.flatnonzero(~t)
    for row, control in pairs_of(got):
        gaps = np.abs(d[controls] - d[row])
        assert abs(d[control] - d[row]) == gaps.min()
    three = nearest(d, t, 0.1, replace=True, ratio=3)
    for row in np.flatnonzero(t):
        gaps = np.sort(np.abs(d[controls] - d[row]))[:3]
        mine = np.sort(three.distance[three.treated == row])
        np.testing.assert_array_equal(mine, gaps[gaps <= 0.1])


@given(units, st.integers(1, 3), st.booleans())
@settings(max_examples=100, deadline=None)
def test_weights_have_known_sums(unit: list[tuple[int, bool]], ratio: int, replace: bool) -> None:
    d, t = arrays(unit)
    got = nearest(d, t, 0.2, ratio=ratio, replace=replace)
    w, n = got.weights(), len(set(got.treated.tolist()))
    assert w[t].sum() == n
    assert w[~t].sum() == pytest.approx(n)
    scaled = got.weights(normalise=True)
    assert scaled[~t].sum() == pytest.approx(len(set(got.control.tolist())))
    sets = got.set_id()
    assert (sets >= 0).sum() == n + len(set(got.control.tolist()))
    if not replace:
        assert np.array_equal(sets[got.treated], sets[got.control])


def test_exact_groups_in_several_columns_and_as_text() -> None:
    rng = np.random.default_rng(2)
    d, t = rng.random(400), rng.random(400) < 0.5
    hospital, sex = rng.integers(0, 4, 400), rng.integers(0, 2, 400)
    both = nearest(d, t, 0.05, exact=np.column_stack([hospital, sex]))
    name = np.array([f"{h}/{s}" for h, s in zip(hospital, sex, strict=True)])
    assert pairs_of(both) == pairs_of(nearest(d, t, 0.05, exact=name))
    apart = set()
    for g in np.unique(name):
        rows = np.flatnonzero(name == g)
        apart |= {
            (int(rows[a]), int(rows[b])) for a, b in pairs_of(nearest(d[rows], t[rows], 0.05))
        }
    assert set(pairs_of(both)) == apart


def test_mahalanobis_within_the_caliper_by_listing() -> None:
    rng = np.random.default_rng(3)
    n = 120
    d, t, x = rng.random(n), rng.random(n) < 0.4, rng.normal(size=(n, 3)) * [1, 10, 0.1]
    got = dict(pairs_of(nearest(d, t, 0.1, mahalanobis=x)))
    within = x.copy()
    for arm in (t, ~t):
        within[arm] -= within[arm].mean(0)
    inverse = np.linalg.inv(within.T @ within / (n - 2))
    free = set(np.flatnonzero(~t).tolist())
    for row in np.flatnonzero(t)[np.argsort(-d[t])]:
        near = [c for c in free if abs(d[c] - d[row]) <= 0.1]
        best = min(near, key=lambda c: (x[c] - x[row]) @ inverse @ (x[c] - x[row]), default=None)
        assert got.get(int(row)) == best
        free.discard(best)
    with pytest.raises(AnalysisError, match="collinear"):
        nearest(d, t, 0.1, mahalanobis=np.column_stack([x, x[:, 0]]))


@pytest.mark.parametrize("arm", [[1, 1, 1], [0, 0, 0], []])
def test_an_empty_arm_is_an_empty_match_and_a_warning(arm: list[int]) -> None:
    with pytest.warns(NumericalWarning, match="there are no"):
        got = nearest(np.linspace(0.1, 0.3, len(arm)), arm, 0.1)
    assert (len(got), got.treated.dtype, got.n) == (0, np.int64, len(arm))
    assert got.weights().shape == (len(arm),)
    assert got.total_distance == 0.0


def test_nobody_within_the_caliper() -> None:
    got = nearest([0.1, 0.9], [1, 0], 0.02)
    assert len(got) == 0
    assert (got.weights(normalise=True) == 0).all()


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        (([0.1, np.nan], [1, 0], 0.1), {}, AnalysisError),
        (([0.1, np.inf], [1, 0], 0.1), {}, AnalysisError),
        (([0.1, 0.2], [1, 2], 0.1), {}, UsageError),
        (([0.1, 0.2], [1], 0.1), {}, UsageError),
        (([0.1, 0.2], [1, 0], -0.1), {}, UsageError),
        (([0.1, 0.2], [1, 0], np.nan), {}, UsageError),
        (([0.1, 0.2], [1, 0], 0.1), {"order": "best"}, UsageError),
        (([0.1, 0.2], [1, 0], 0.1), {"ratio": 0}, UsageError),
        (([0.1, 0.2], [1, 0], 0.1), {"tie_rule": "matchit-5"}, UsageError),
        (([0.1, 0.2], [1, 0], 0.1), {"exact": [1]}, UsageError),
        (([0.1, 0.2], [1, 0], 0.1), {"exact": [1, np.nan]}, AnalysisError),
        (([0.1, 0.2], [1, 0], 0.1), {"mahalanobis": [[1.0], [np.nan]]}, AnalysisError),
    ],
)
def test_bad_input_is_named(arguments: tuple, options: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        nearest(*arguments, **options)


def test_caliper_scales() -> None:
    rng = np.random.default_rng(4)
    p, t = rng.uniform(0.1, 0.9, 500), rng.random(500) < 0.5
    assert caliper_width(p, 0.02, "probability") == 0.02
    assert caliper_width(p, 0.2, "probability_sd") == pytest.approx(0.2 * np.std(p, ddof=1))
    odds = np.log(p / (1 - p))
    assert caliper_width(p, 0.2) == pytest.approx(0.2 * np.std(odds, ddof=1))
    pooled = np.sqrt((odds[t].var(ddof=1) + odds[~t].var(ddof=1)) / 2)
    assert caliper_width(p, 0.2, treated=t) == pytest.approx(0.2 * pooled)
    np.testing.assert_allclose(logit(p), odds, rtol=1e-12)
    with pytest.raises(AnalysisError, match="0 or 1"):
        caliper_width([0.0, 0.5, 0.7], 0.2)
    with pytest.raises(AnalysisError, match="does not vary"):
        caliper_width([0.5, 0.5], 0.2, "probability_sd")
    with pytest.raises(UsageError):
        caliper_width(p, 0.2, "sd")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        caliper_width(p, -0.2)


@pytest.mark.slow
def test_time_grows_with_the_rows_and_not_faster() -> None:
    from time import process_time

    def seconds(n: int) -> float:
        rng = np.random.default_rng(0)
        score = 1 / (1 + np.exp(-rng.normal(size=n)))
        arm = rng.random(n) < score
        best = np.inf
        for _ in range(3):
            start = process_time()
            nearest(score, arm, 0.02)
            best = min(best, process_time() - start)
        return best

    assert seconds(400_000) < 16 * seconds(50_000)


def test_mahalanobis_takes_a_control_exactly_at_the_caliper() -> None:
    x = np.array([[0.0, 1.0], [3.0, 2.0], [1.0, 5.0], [0.5, 0.5], [2.0, 0.0]])
    for side in (1, -1):
        d = np.array([0.5, 0.5 + side * 0.125, 0.5 + side * 0.126, 0.9, 0.95])
        arm = np.array([1, 0, 0, 1, 1], dtype=bool)
        assert pairs_of(nearest(d, arm, 0.125, mahalanobis=x)) == [(0, 1)]


@pytest.mark.parametrize(("n", "within"), [(3, 1), (40, 38)])
def test_whitened_covariates_have_unit_spread_within_the_arms(n: int, within: int) -> None:
    """Their sums of squares about the arms' means, over n - 2, are 1; they go together no more."""
    rng = np.random.default_rng(2)
    arm = np.arange(n) % 3 == 0 if n > 3 else np.array([True, True, False])
    x = rng.normal(size=(n, 1 if n == 3 else 2)) * 7 + arm[:, None] * 3
    turned = whitened(x, arm)
    for side in (arm, ~arm):
        turned[side] -= turned[side].mean(axis=0)
    np.testing.assert_allclose(turned.T @ turned / within, np.eye(x.shape[1]), atol=1e-9)


@pytest.mark.parametrize("order", ["largest", "closest"])
def test_rounds_of_mahalanobis_by_hand(order: str) -> None:
    """Near 0.5 are three controls for two exposed; the exposed at 0.9 has none, in no round."""
    distance = np.array([0.51, 0.50, 0.9, 0.52, 0.49, 0.5, 0.1])
    arm = np.array([1, 1, 1, 0, 0, 0, 0])
    x = np.array([0.0, 10.0, 5.0, 1.0, 12.0, 3.0, 5.0])[:, None]
    found = nearest(distance, arm, 0.05, order=order, ratio=2, mahalanobis=x)  # type: ignore[arg-type]
    pairs = sorted(pairs_of(found))
    assert pairs[0] == (0, 3)  # the nearest of each: 0 to 1, 10 to 12
    assert (1, 4) in pairs
    assert {control for _, control in pairs} == {3, 4, 5}
    assert 2 not in {treated for treated, _ in pairs}
    assert (0, 5) in pairs  # 0 is asked before 10 in the second round, or is the nearer to 3
    again = nearest(distance, arm, 0.05, ratio=2, replace=True, mahalanobis=x)
    assert sorted(pairs_of(again)) == [(0, 3), (0, 5), (1, 4), (1, 5)]
