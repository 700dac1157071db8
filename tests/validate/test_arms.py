"""What each arm lost: proportions, the arm that lost more, and how it is told."""

from __future__ import annotations

import pytest

from ehrivig.validate.arms import ArmDifference


@pytest.mark.parametrize(
    ("counts", "points", "worse"),
    [
        ((10, 100, 30, 200), 5.0, (30, 200)),  # 10% and 15%
        ((30, 200, 10, 100), 5.0, (30, 200)),
        ((10, 100, 20, 200), 0.0, (10, 100)),  # alike: the exposed are named
        ((0, 0, 30, 200), 0.0, (30, 200)),  # nobody knows how much an arm without rows lost
        ((30, 200, 0, 0), 0.0, (30, 200)),
        ((0, 0, 0, 0), 0.0, (0, 0)),
        ((5, 5, 0, 10), 100.0, (5, 5)),
    ],
)
def test_how_far_the_arms_are_apart(
    counts: tuple[int, int, int, int], points: float, worse: tuple[int, int]
) -> None:
    found = ArmDifference(*counts)
    assert found.points == pytest.approx(points)
    assert found.worse == worse


REASONS = (("lab: a", 900), ("lab: b", 90), ("vital: c", 9), ("score: d", 8))
LIMIT = "they may differ by 5 points (quality.arm_difference_points). "


@pytest.mark.parametrize(
    ("lost", "exposed"),
    [
        (0, "0 of 1,000 rows (0.0%)"),
        (9, "few of 1,000 rows (not told how many)"),  # 0.9% of 1,000 would tell it
        (10, "10 of 1,000 rows (1.0%)"),
        (990, "990 of 1,000 rows (99.0%)"),
        (991, "nearly all of 1,000 rows (not told how many)"),
        (1000, "1,000 of 1,000 rows (100.0%)"),
    ],
)
def test_what_the_arms_lost_is_told_without_small_counts(lost: int, exposed: str) -> None:
    found = ArmDifference(lost, 1000, 3000, 20000, REASONS)
    assert found.told(5.0, 10) == (
        f"Lost: exposed {exposed}, unexposed 3,000 of 20,000 rows (15.0%); {LIMIT}"
        "Most by: lab: a (900); lab: b (90); vital: c (<10)."
    )


def test_an_arm_without_rows_is_told_so() -> None:
    assert "unexposed 0 of 0 rows (0.0%)" in ArmDifference(1, 2, 0, 0).told(5.0, 0)
