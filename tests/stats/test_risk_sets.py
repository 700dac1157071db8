"""Sums over risk sets against their definitions, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError
from ehrivig.stats.survival.risk_sets import build_risk_sets, segmented_cumsum, time_ranks


@st.composite
def cohorts(draw: st.DrawFn) -> dict[str, np.ndarray]:
    n = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    time = rng.integers(1, 8, n).astype(float)
    return {
        "time": time,
        "event": rng.random(n) < 0.6,
        "entry": time - rng.integers(1, 6, n),
        "stratum": np.unique(rng.integers(0, 3, n), return_inverse=True)[1],
        "value": rng.normal(size=n),
    }


@settings(max_examples=150, deadline=None)
@given(cohorts(), st.booleans(), st.booleans())
def test_sums_are_what_they_say(c: dict[str, np.ndarray], late: bool, stratified: bool) -> None:
    time, event, value = c["time"], c["event"], c["value"]
    entry = c["entry"] if late else np.full(time.size, -np.inf)
    stratum = c["stratum"] if stratified else np.zeros(time.size, dtype=np.int64)
    sets = build_risk_sets(time, event, stratum=stratum, entry=c["entry"] if late else None)
    pairs = sorted({(int(s), float(t)) for s, t in zip(stratum[event], time[event], strict=True)})
    assert [(int(s), float(t)) for s, t in zip(sets.stratum, sets.event_time, strict=True)] == pairs
    here = [(stratum == s) & (entry < t) & (t <= time) for s, t in pairs]
    np.testing.assert_allclose(sets.at_risk(value), [value[h].sum() for h in here], atol=1e-12)
    np.testing.assert_allclose(sets.at_risk(), [h.sum() for h in here])
    tied = [value[(stratum == s) & (time == t) & event].sum() for s, t in pairs]
    np.testing.assert_allclose(sets.tied(value), tied, atol=1e-12)
    jumps = np.arange(1.0, sets.size + 1)
    until = [sum(j for j, h in zip(jumps, here, strict=True) if h[i]) for i in range(time.size)]
    np.testing.assert_allclose(sets.until(jumps), until)
    # the two sums are transposes of each other
    np.testing.assert_allclose(jumps @ sets.at_risk(value), value @ sets.until(jumps), atol=1e-9)
    ordered = sets.in_order()
    np.testing.assert_allclose(ordered.at_risk(value[sets.order]), sets.at_risk(value), atol=1e-12)
    np.testing.assert_allclose(ordered.tied(value[sets.order]), sets.tied(value), atol=1e-12)


@pytest.mark.parametrize("n_segments", [1, 3, 64, 65, 500])
def test_segmented_cumsum(n_segments: int) -> None:
    rng = np.random.default_rng(n_segments)
    pieces = [rng.normal(size=rng.integers(1, 9)) for _ in range(n_segments)]
    starts = np.cumsum([0] + [p.size for p in pieces[:-1]])
    expected = np.concatenate([np.cumsum(p) for p in pieces])
    np.testing.assert_allclose(segmented_cumsum(np.concatenate(pieces), starts), expected)


def test_many_strata_keep_their_own_precision() -> None:
    """A global running sum would bury the last pair under the first's 1e16."""
    value = np.ones(400)
    value[0] = 1e16
    sets = build_risk_sets(
        np.tile([1.0, 2.0], 200), np.ones(400, bool), stratum=np.repeat(np.arange(200), 2)
    )
    at_risk = sets.at_risk(value)
    np.testing.assert_array_equal(at_risk[2:], np.tile([2.0, 1.0], 199))


def test_near_equal_times_are_one_time() -> None:
    """0.1 + 0.2 and 0.3 differ in the last bit; as dates they are one moment."""
    time = np.array([0.1 + 0.2, 0.3, 1.0])
    assert build_risk_sets(time, np.ones(3, bool)).size == 2
    assert build_risk_sets(time, np.ones(3, bool), timefix=False).size == 3
    with pytest.raises(AnalysisError, match="too short"):
        time_ranks(np.array([0.3, 5.0]), np.array([0.1 + 0.2, 1.0]), timefix=True)


@pytest.mark.parametrize(
    ("times", "ranks"),
    [
        ([1e6, 1e6 + 1e-4, 2e6], [0, 0, 1]),  # near to each other for their size
        ([1e6, 1e6 + 1.0, 2e6], [0, 1, 2]),
        ([1.0, 1.0 + 1e-9, 2.0], [0, 0, 1]),
        ([1.0, 1.0 + 1e-7, 2.0], [0, 1, 2]),
        ([1e-6, 1e-6 + 1e-9, 2e-6], [0, 0, 1]),  # near, however small
        ([0.0, 0.0, 1.0], [0, 0, 1]),
    ],
)
def test_times_that_are_nearly_one(times: list[float], ranks: list[int]) -> None:
    found, _, distinct = time_ranks(np.array(times), None, timefix=True)
    assert found.tolist() == ranks
    assert len(distinct) == len(set(ranks))
    plain, _, _ = time_ranks(np.array(times), None, timefix=False)
    assert plain.tolist() == sorted(plain.tolist())
    assert len(set(plain.tolist())) == len(set(times))
