"""Pairs: the score interval of the difference, and what has no width is refused."""

from __future__ import annotations

from math import exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehrivig.errors import AnalysisError, UsageError
from ehrivig.stats.tables.contingency import discordant, mcnemar
from ehrivig.stats.tables.paired import paired_risk_difference, paired_risk_ratio

cells = st.integers(0, 30)


@given(cells, cells, cells, cells)
def test_the_difference_of_pairs(a: int, b: int, c: int, d: int) -> None:
    n = a + b + c + d
    if n == 0:
        return
    found = paired_risk_difference(a, b, c, d)
    assert found.estimate == pytest.approx((b - c) / n)
    assert -1 <= found.lo <= found.estimate <= found.hi <= 1
    assert found.hi - found.lo > 0.01
    variance = (b + c - (b - c) ** 2 / n) / n**2
    assert found.se > 0
    if variance > 1e-12:
        assert found.se == pytest.approx(sqrt(variance))
    other = paired_risk_difference(a, c, b, d)
    assert (other.lo, other.hi) == pytest.approx((-found.hi, -found.lo), abs=1e-9)
    assert (found.n_exposed, found.events_exposed, found.events_control) == (n, a + b, a + c)


@given(cells, cells, cells, cells, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_p_and_interval_are_of_one_test(a: int, b: int, c: int, d: int, level: float) -> None:
    if a + b + c + d == 0 or b + c == 0:
        return
    found = paired_risk_difference(a, b, c, d, level=level)
    assert found.p == pytest.approx(mcnemar(b, c, "chi_square").p)
    if abs(found.p - (1 - level)) > 1e-9:
        assert (found.p < 1 - level) == (found.lo > 0 or found.hi < 0)


def test_no_discordant_pair_has_an_interval() -> None:
    """Six pairs without an event: the limits are -/+ z^2 / (n + z^2)."""
    found = paired_risk_difference(0, 0, 0, 6)
    assert (found.lo, found.estimate, found.hi) == pytest.approx((-0.3903343, 0.0, 0.3903343))
    assert found.p == 1.0


def test_all_pairs_discordant_one_way() -> None:
    found = paired_risk_difference(0, 8, 0, 0)
    assert (found.estimate, found.hi) == (1.0, 1.0)
    assert found.lo == pytest.approx(0.3511849)
    assert found.p == pytest.approx(mcnemar(8, 0, "chi_square").p)


@given(cells, st.integers(1, 30), st.integers(1, 30), cells)
def test_the_ratio_of_pairs_inverts(a: int, b: int, c: int, d: int) -> None:
    ratio, mirror = paired_risk_ratio(a, b, c, d), paired_risk_ratio(a, c, b, d)
    assert ratio.estimate * mirror.estimate == pytest.approx(1)
    assert ratio.lo * mirror.hi == pytest.approx(1)


def test_what_has_no_width_is_refused() -> None:
    with pytest.raises(AnalysisError, match="no width"):
        paired_risk_ratio(5, 0, 0, 3)
    with pytest.raises(AnalysisError, match="zero"):
        paired_risk_ratio(0, 3, 0, 4)
    with pytest.raises(AnalysisError, match="none"):
        paired_risk_difference(0, 0, 0, 0)
    with pytest.raises(UsageError, match="from 0"):
        paired_risk_difference(-1, 0, 0, 3)


def test_an_unknown_outcome_is_no_pair_without_one() -> None:
    with pytest.raises(AnalysisError, match="missing"):
        discordant([1.0, float("nan")], [0.0, 1.0])


@pytest.mark.parametrize("counts", [(0, 0, 15, 7), (0, 1, 16, 5), (0, 24, 2, 43), (3, 0, 0, 9)])
def test_a_level_next_to_zero_has_the_estimate_as_its_limits(
    counts: tuple[int, int, int, int],
) -> None:
    """The score at the estimate itself is 0 but for rounding, which ended in SciPy's error."""
    found = paired_risk_difference(*counts, level=5e-324)
    assert found.lo == pytest.approx(found.estimate, abs=1e-12)
    assert found.hi == pytest.approx(found.estimate, abs=1e-12)
    assert paired_risk_difference(*counts).lo < found.lo
    assert found.se > 0


def test_the_ratio_of_pairs_has_the_interval_of_its_level() -> None:
    """12 and 9 of 20, 7 discordant: the log has variance 7 / 108."""
    for level, z in ((0.8, 1.2815516), (0.95, 1.9599640)):
        found = paired_risk_ratio(7, 5, 2, 6, level=level)
        half = z * sqrt(7 / 108)
        assert (found.estimate, found.level) == (pytest.approx(12 / 9), level)
        assert (found.lo, found.hi) == pytest.approx((12 / 9 * exp(-half), 12 / 9 * exp(half)))
