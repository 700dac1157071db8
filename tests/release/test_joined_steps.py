"""Steps of the attrition that are told as one, and no more of them than it needs."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.release import copies, hidden
from ehrivig.release.steps import joined, window_of


def attrition(excluded: dict[str, list[int]]) -> pl.DataFrame:
    """Of each hospital 200 read, and what each step excludes; then of all."""
    whole = {**excluded, "all": [sum(one) for one in zip(*excluded.values(), strict=True)]}
    rows = []
    for hospital, gone in whole.items():
        left = 200 * (len(excluded) if hospital == "all" else 1)
        for step, count in enumerate(gone):
            left -= count
            rows.append(
                {
                    "step": step,
                    "criterion": f"c{step}",
                    "label": f"Step {step}",
                    "hospital_id": hospital,
                    "patients": left,
                    "admissions": left,
                    "excluded": count,
                    "excluded_not_measured": 0,
                }
            )
    return pl.DataFrame(rows).sort("step", maintain_order=True)


@pytest.mark.parametrize(
    ("step", "width", "window"),
    [(3, 2, [3, 4]), (5, 2, [4, 5]), (5, 3, [3, 4, 5]), (1, 2, [1, 2]), (1, 4, [1, 2, 3, 4])],
)
def test_a_window_ends_with_the_next_step_and_grows_before_it(
    step: int, width: int, window: list[int]
) -> None:
    assert window_of([0, 1, 2, 3, 4, 5], step, width) == window


def test_steps_are_joined_until_they_exclude_more_than_few() -> None:
    steps = [0, 1, 2, 3, 4]
    assert joined(steps, 4, [0, 60, 40, 0, 2], 5) == [2, 3, 4]
    assert joined(steps, 4, [0, 60, 40, 9, 2], 5) == [3, 4]
    assert joined(steps, 2, [0, 1, 2, 1, 2], 5) == [1, 2, 3, 4]


def test_one_small_exclusion_leaves_the_sum_over_hospitals_and_the_others() -> None:
    made = attrition({"A": [0, 94, 36, 0, 10], "B": [0, 81, 29, 0, 5], "C": [0, 69, 20, 0, 2]})
    first = {"attrition.csv": copies.first("attrition.csv", made, 5)}
    safe, _, cells = hidden.until_safe(first, 5)
    assert not any(cell.disclosed for cell in cells)
    shown = safe["attrition.csv"]
    for hospital in ("A", "all"):
        kept = shown.filter(hospital_id=hospital)
        assert kept.equals(made.filter(hospital_id=hospital).cast(kept.schema))
    for hospital in "BC":
        row = shown.filter(hospital_id=hospital)["excluded"].to_list()
        assert row[:2] == made.filter(hospital_id=hospital)["excluded"].to_list()[:2]
        assert row[2:] == [None] * 3


def test_of_many_hospitals_those_with_few_are_told_together() -> None:
    few = {f"H{number:03}": [0, 190, 8, 0, number % 2] for number in range(120)}
    made = attrition({**few, "A": [0, 60, 40, 0, 20]})
    first = copies.first("attrition.csv", made, 5)
    assert sorted(first["hospital_id"].unique()) == ["A", "all", "other hospitals"]
    at = first.filter(hospital_id="other hospitals").sort("step")
    assert at["admissions"].to_list() == [24_000, 1_200, 240, 240, 180]
    assert first.filter(hospital_id="A")["excluded"].to_list() == [0, 60, 40, 0, 20]
    safe, _, cells = hidden.until_safe({"attrition.csv": first}, 5)
    assert not any(cell.disclosed for cell in cells)
    assert safe["attrition.csv"].filter(hospital_id="all")["admissions"].null_count() == 0


def test_of_a_few_hospitals_each_has_its_own_rows() -> None:
    made = attrition({f"H{number}": [0, 190, 8, 0, 1] for number in range(6)})
    assert copies.first("attrition.csv", made, 5)["hospital_id"].n_unique() == 7
