"""Overlap and positivity: everybody with a score is counted once, by decile of rank."""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.match.diagnostics import overlap_table, positivity_table


def people(n: int, seed: int) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Hospitals of n rows (three quarters "south"), scores, arm."""
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    hospital = np.where(np.arange(n) < n // 4, "north", "south")
    return pl.DataFrame({"hospital_id": hospital}), score, rng.random(n) < score


def test_a_decile_holds_a_tenth_of_all_scores() -> None:
    table, score, arm = people(400, 7)
    score[:] = np.round(score, 1)  # ties do not make one decile larger than another
    found = positivity_table(table, score, arm, 0)
    everybody = pl.col("exposed") + pl.col("control")
    by_decile = found.group_by("decile").agg(everybody.sum().alias("n")).sort("decile")
    assert by_decile["decile"].to_list() == list(range(1, 11))
    assert by_decile["n"].to_list() == [40] * 10
    by_hospital = found.group_by("hospital_id").agg(everybody.sum().alias("n"))
    assert dict(by_hospital.iter_rows()) == {"north": 100, "south": 300}
    assert found["exposed"].sum() == arm.sum()


def test_deciles_run_from_the_lowest_score_up() -> None:
    score = np.array([0.9, 0.1, np.nan, 0.5, 0.3, 0.7, 0.2, 0.4, 0.8, 0.6, 0.95])
    table = pl.DataFrame({"hospital_id": [f"{s:g}" for s in score]})
    found = positivity_table(table, score, np.ones(11, dtype=bool), 0)
    expected = {f"{s:g}": k + 1 for k, s in enumerate(np.sort(score[~np.isnan(score)]))}
    assert dict(found.select("hospital_id", "decile").iter_rows()) == expected


def test_a_hospital_that_never_treats_has_no_support() -> None:
    table, score, arm = people(400, 8)
    arm[:100] = False
    found = positivity_table(table, score, arm, 0)
    assert not found.filter(pl.col("hospital_id") == "north")["supported"].any()
    south = found.filter(pl.col("hospital_id") == "south")
    both = (south["exposed"] > 0) & (south["control"] > 0)
    assert south["supported"].to_list() == both.to_list()
    assert south["supported"].any()


def test_the_bins_of_the_overlap_hold_everybody_with_a_score() -> None:
    _, score, arm = people(400, 9)
    score[::10] = np.nan
    score[1] = 1.0  # the last bin has its upper end
    found = overlap_table(score, arm, 0)
    known = ~np.isnan(score)
    assert found.select("exposed", "control").sum().row(0) == (
        int((known & arm).sum()),
        int((known & ~arm).sum()),
    )
    assert (found["lo"][0], found["hi"][-1], found.height) == (0.0, 1.0, 25)


def test_nobody_with_a_score_keeps_the_schema() -> None:
    table, score, arm = people(20, 1)
    empty = positivity_table(table, score * np.nan, arm, 0)
    assert empty.is_empty()
    assert empty.schema == positivity_table(table, score, arm, 0).schema
