"""Where the usual programs are wrong, with the proof; we must not agree with them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from ehrivig.match import nearest
from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.gray import gray_test
from tests.parity.golden.simulate import simulate

HERE = Path(__file__).parent
pytestmark = pytest.mark.parity


def _drawn(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The data of survival_overflow.R."""
    i = np.arange(n)
    u = (i * 7919) % 10007
    return 1 + u % 4, (u // 4) % 3, (i + (u % 5 == 0)) % 2


def _gray_score(n: int, cause: int, *, wrap: bool) -> float:
    """The score of Gray's test for group 0, as `crst` computes it, with or without its int32."""
    time, status, group = _drawn(n)
    before, incidence, score = np.ones(2), np.zeros(2), 0.0
    for t in np.unique(time):
        n_risk = np.array([np.sum((time >= t) & (group == k)) for k in (0, 1)], dtype=np.int32)
        now = time == t
        died = np.array([np.sum(now & (status == cause) & (group == k)) for k in (0, 1)])
        left = np.array([np.sum(now & (status > 0) & (group == k)) for k in (0, 1)])
        nd1 = np.int32(died.sum())
        with np.errstate(over="ignore"):
            product = np.int64(nd1 * n_risk[0]) if wrap else np.int64(nd1) * np.int64(n_risk[0])
        pooled = float(np.sum(n_risk * (1 - incidence) / before))
        score += died[0] - product * (1 - incidence[0]) / (before[0] * pooled)
        incidence = incidence + before * died / n_risk
        before = before * (n_risk - left) / n_risk
    return score


@pytest.mark.parametrize("cause", [1, 2])
@pytest.mark.parametrize("run", [0, 1])
def test_cmprsk_overflows_its_integers(run: int, cause: int) -> None:
    """R's chi-square is score^2 / variance with the score wrapped at 2^31; ours does not wrap."""
    stored = json.loads((HERE / "overflow_gray.json").read_text())["runs"][run]
    n, theirs = stored["n"], stored["stat"][cause - 1]
    time, status, group = _drawn(n)
    ours = gray_test(time, status, group, cause=cause)
    variance = float(ours.covariance[0, 0])
    np.testing.assert_allclose(ours.score[0], _gray_score(n, cause, wrap=False), rtol=1e-6)
    np.testing.assert_allclose(theirs, _gray_score(n, cause, wrap=True) ** 2 / variance, rtol=1e-6)
    if n == 60_000:
        np.testing.assert_allclose(ours.chi2, theirs, rtol=1e-9)
    else:
        assert theirs > 50_000
        assert ours.chi2 < 0.1


def test_p_does_not_round_to_zero() -> None:
    """cmprsk prints 1 - pchisq, 0 beyond a chi-square of about 70; ours does not round."""
    rng = np.random.default_rng(1)
    group = np.arange(4000) % 2
    time = rng.exponential(1 / (1 + group), 4000)
    test = gray_test(time, np.ones(4000, int), group)
    assert test.chi2 > 80
    assert 1 - chi2.cdf(test.chi2, 1) < 1e-15
    assert 0 < test.p < 1e-18


@pytest.mark.slow
def test_gray_at_a_million_rows_with_day_ties() -> None:
    """cmprsk gives 140,238 for these data; the truth is 2,493.2."""
    d = simulate(1_000_000, 3)
    tests = [gray_test(d["fday"], d["fstatus"], d["treat"], cause=c).chi2 for c in (1, 2)]
    assert any(round(value, 1) == 2493.2 for value in tests), tests


def test_lifelines_breaks_ties_at_random() -> None:
    """By hand: F(3) = 1/10 + (8/10)(1/7) + (8/10)(5/7)(2/3); lifelines depends on its seed."""
    stored = json.loads((HERE / "jitter_lifelines.json").read_text())
    truth = Fraction(1, 10) + Fraction(8, 10) * (Fraction(1, 7) + Fraction(5, 7) * Fraction(2, 3))
    curve = cumulative_incidence(stored["time"], stored["status"]).curve(1)
    np.testing.assert_allclose(curve.incidence[-1], float(truth), rtol=1e-14)
    assert len({round(value, 6) for value in stored["last"]}) > 1
    assert min(abs(value - float(truth)) for value in stored["last"]) > 1e-3


def test_debians_matchit_keeps_no_caliper() -> None:
    """MatchIt 4.5.1 pairs scores 0.10 and 0.80 at a caliper of 0.02; one pair lies within it."""
    stored = json.loads((HERE / "err_matchit_caliper.json").read_text())
    score, arm = np.array(stored["score"]), np.array(stored["treated"])
    gap = np.abs(score[arm == 1] - score[np.array(stored["control"]) - 1])
    assert gap.max() > 30 * stored["caliper"]
    ours = nearest(score, arm, stored["caliper"], order="largest")
    assert ours.treated.tolist() == [0]
    assert ours.control.tolist() == [5]
