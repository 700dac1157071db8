"""The title of a figure says what it shows, in the numbers that it is of."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig.figures.forest import ForestRow
from ehrivig.report import figures, findings

ARMS = {"exposed": "exposed", "control": "unexposed"}


def test_of_balance() -> None:
    table = pl.DataFrame(
        {
            "label": ["Age", "SOFA", "CRP"],
            "smd_unmatched": [0.3, -0.05, 0.2],
            "smd_matched": [-0.12, 0.02, None],
        }
    )
    assert findings.of_balance(table) == (
        "Standardised mean differences below 0.1: 1 of 3 variables before matching, 1 of 2 after "
        "it; the largest after it is 0.12, of Age."
    )
    none = table.with_columns(smd_matched=pl.lit(None, pl.Float64))
    assert "none is known after it" in findings.of_balance(none)


def test_of_curves() -> None:
    table = pl.DataFrame(
        {"group": ["exposed"] * 3, "time": [0.0, 28.0, 30.0], "estimate": [1.0, 0.754, None]}
    )
    said = findings.of_curves(table, ARMS, "Survival", "days")
    assert said == "Survival by days: exposed 0.75 at 28; unexposed not shown."
    hidden = pl.DataFrame({"group": ["control"] * 2, "time": [0.0, 28.0], "estimate": [0.0, None]})
    said = findings.of_curves(hidden, ARMS, "Deaths", "days")
    assert said == "Deaths by days: exposed not shown; unexposed not shown."


def test_of_a_forest() -> None:
    rows = [
        ForestRow("study", "a", (), 0.5, 0.3, 0.9),
        ForestRow("study", "b", (), 1.1, 0.8, 1.4),
        ForestRow("study", "c", ("not shown",)),
    ]
    said = findings.of_forest(rows, "death", ratio=True)
    assert said == (
        "Forest plot of death: 2 estimates from 0.50 to 1.10; 1 of the intervals exclude 1."
    )
    assert findings.of_forest(rows[2:], "death", ratio=True).endswith("no estimate.")


def test_of_scores_doses_and_flow() -> None:
    scores = pl.DataFrame(
        {"lo": [0.0, 0.5], "hi": [0.5, 1.0], "exposed": [None, 7], "control": [9, 6]}
    )
    said = findings.of_overlap(scores, ARMS)
    assert said == "Propensity scores: exposed from 0.50 to 1.00; unexposed from 0.00 to 1.00."
    doses = pl.DataFrame(
        {"feature": ["g", "g"], "label": ["g a day"] * 2, "lo": [0.0, 5], "hi": [5.0, 10]}
    ).with_columns(n=pl.Series([6, 12]))
    assert findings.of_doses(doses).endswith("g a day: most from 5 to 10.")
    steps = [{"admissions": 3000}, {"admissions": None}]
    said = findings.of_flow(steps, {"IVIG": "120"})
    assert said == (
        "Flow of admissions: 3,000 at first, a number not shown after the last criterion. IVIG: 120"
    )


def test_a_variable_of_which_the_arms_share_no_value_is_named() -> None:
    """Nothing is left to divide by: it is no difference of 0, and no dot."""
    table = pl.DataFrame(
        {
            "label": ["Age", "Ward", "Sex"],
            "smd_unmatched": [0.3, None, None],
            "smd_matched": [0.05, None, None],
            "ks_matched": [0.1, 1.0, 0.2],
        }
    )
    assert findings.of_balance(table).endswith(
        "of Age. Not drawn, for the matched arms share no value of it: Ward."
    )


def test_the_picture_carries_it(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {"label": ["Age"], "smd_unmatched": [0.3], "smd_matched": [0.05], "group": ["Other"]}
    )
    figures.love_plot(table, tmp_path / "love_plot.svg")
    svg = (tmp_path / "love_plot.svg").read_text()
    assert "1 of 1 after it; the largest after it is 0.05, of Age." in svg
