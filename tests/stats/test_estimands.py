"""The registry of estimands: laws of every entry, and everything that is read from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ehrivig.errors import StudyError, UsageError
from ehrivig.stats.regression.standardise import g_computation
from ehrivig.stats.weighting.estimands import ESTIMANDS, Estimand, estimand_of, estimand_over
from ehrivig.stats.weighting.weight import entropy_balance, inverse_probability
from ehrivig.study import parse

DOCS = Path(__file__).resolve().parents[2] / "docs/statistics.md"
SCORE = np.linspace(0.02, 0.98, 49)
EVERY = pytest.mark.parametrize("aim", ESTIMANDS.values(), ids=list(ESTIMANDS))


@EVERY
def test_both_arms_are_weighted_to_the_same_people(aim: Estimand) -> None:
    """A row counts e x its treated weight, or (1 - e) x its control weight: the same, or the arms
    stand for different populations."""
    treated, control = aim.weights(SCORE)
    np.testing.assert_allclose(SCORE * treated, (1 - SCORE) * control, rtol=1e-12)


@EVERY
def test_slopes_are_derivatives_in_the_log_odds(aim: Estimand) -> None:
    def at(log_odds: np.ndarray) -> np.ndarray:
        return np.array(aim.weights(1 / (1 + np.exp(-log_odds))))

    log_odds, h = np.log(SCORE / (1 - SCORE)), 1e-5
    numerical = (at(log_odds + h) - at(log_odds - h)) / (2 * h)
    np.testing.assert_allclose(np.array(aim.slopes(SCORE)), numerical, rtol=1e-7, atol=1e-9)


@EVERY
def test_shares_bring_the_mean_weight_of_an_arm_to_one(aim: Estimand) -> None:
    """With one score for all, exactly; overlap weights are bounded and have none."""
    p = 0.3
    treated, control = aim.weights(np.array([p]))
    if aim.shares is None:
        assert max(treated[0], control[0]) < 1
        return
    assert np.array(aim.shares(p)) * [treated[0], control[0]] == pytest.approx([1, 1])


@EVERY
def test_the_people_are_rows_or_refused(aim: Estimand) -> None:
    arm = np.array([True, False, True])
    expected = {"all": [True] * 3, "exposed": arm.tolist(), "control": (~arm).tolist()}
    if aim.people not in expected:
        with pytest.raises(UsageError, match=f"{aim.name} averages over no group"):
            aim.members(arm)
        return
    assert aim.members(arm).tolist() == expected[aim.people]
    assert estimand_over(aim.people) is aim


def test_an_estimand_that_is_not_registered_is_refused_everywhere() -> None:
    t, x = np.array([1, 1, 0, 0]), np.array([[1.0], [2.0], [1.0], [2.0]])
    known = "ATE, ATT, ATC, ATO"
    with pytest.raises(UsageError, match=f"'ATM' is none of {known}"):
        estimand_of("ATM")
    with pytest.raises(UsageError, match=known):
        inverse_probability(t, np.full(4, 0.5), "ATM")
    with pytest.raises(UsageError, match=known):
        entropy_balance(t, x, "ATM")
    with pytest.raises(UsageError, match="ATO averages over no group"):
        entropy_balance(t, x, "ATO")
    with pytest.raises(UsageError, match="'everybody' is none of all, exposed, control"):
        g_computation([1, 0, 1, 0], t, x, population="everybody")
    with pytest.raises(StudyError, match=r"estimand.target: 'ATM' is none of ATE, ATT, ATO\."):
        parse({"study": {"estimand": {"target": "ATM"}}})


@EVERY
def test_the_documentation_has_its_line(aim: Estimand) -> None:
    cells = (aim.name, aim.population, aim.line, aim.analysis or "none")
    assert "| " + " | ".join(cells) + " |" in DOCS.read_text(encoding="utf-8").splitlines()
