"""Values on two days: Wilcoxon's p is the sum of ranks of those who changed the other way."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ehrivig.release.attack.attack import of_tables
from ehrivig.release.attack.signs import AGAINST, against
from ehrivig.release.copies import first
from ehrivig.release.hidden import until_safe
from ehrivig.stats.tables.rank import wilcoxon_signed_rank

SMALLEST = 5


def table(n: int, ranks: tuple[int, ...]) -> pl.DataFrame:
    """People of whom those with such ranks of change went up, and all others down."""
    change = np.array([rank if rank in ranks else -rank for rank in range(1, n + 1)], dtype=float)
    p = wilcoxon_signed_rank(change, np.zeros(n)).p
    named = {"variable": "crp", "label": "CRP", "arm": "exposed", "n_pairs": n, "note": ""}
    told = {"median_day1": 70.4, "median_day3": 54.5, "shift": -12.7, "p_paired_t": 2.8e-12}
    return pl.DataFrame([{**named, **told, "p_wilcoxon": p}])


def found(frame: pl.DataFrame, smallest: int = SMALLEST) -> bool:
    cells = of_tables({"table_s5.csv": frame}, smallest)
    return any(cell.place.words.endswith(AGAINST) for cell in cells)


@pytest.mark.parametrize(
    ("n", "ranks", "few"),
    [
        (70, (1,), True),
        (33, (2, 3, 5), True),
        (70, (), True),
        (70, (30,), False),
        (20, (9, 8), False),
    ],
)
def test_a_small_sum_of_ranks_is_of_few_people(n: int, ranks: tuple[int, ...], few: bool) -> None:
    frame = table(n, ranks)
    assert against(frame.row(0, named=True), SMALLEST) is few
    assert found(frame) is few
    copy = first("table_s5.csv", frame, SMALLEST)
    assert copy["p_wilcoxon"].is_null().to_list() == [few]
    assert copy.drop("p_wilcoxon").equals(frame.drop("p_wilcoxon"))
    assert not found(copy)


def test_of_a_larger_smallest_cell_more_is_too_few() -> None:
    frame = table(70, (30,))
    assert not found(frame, 7)
    assert found(frame, 8)


def test_the_attack_takes_the_p_alone() -> None:
    safe, _, _ = until_safe({"table_s5.csv": table(70, (1,))}, SMALLEST)
    row = safe["table_s5.csv"].row(0, named=True)
    assert row["p_wilcoxon"] is None
    assert row["p_paired_t"] == 2.8e-12
