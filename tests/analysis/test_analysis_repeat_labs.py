"""Table S5: the change of a lab within each arm, and between the arms."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig import study
from ehrivig.analysis.repeat_labs import table_s5


def labs(plan: study.Study, smallest: int = 0) -> study.Study:
    analysis = plan.analysis.model_copy(update={"repeat_labs": ("crp",)})
    report = plan.report.model_copy(update={"smallest_cell": smallest})
    return plan.model_copy(update={"analysis": analysis, "report": report})


@pytest.fixture
def table() -> pl.DataFrame:
    """Unexposed: every value falls by 10. Exposed: by 20. One pair is incomplete in each arm."""
    first = [50.0, 61.0, 73.0, 84.0, 97.0, 99.0]
    arms = []
    for exposed, fall in ((False, 10.0), (True, 20.0)):
        second = [x - fall + i % 3 - 1 for i, x in enumerate(first)]
        arms.append(
            pl.DataFrame({"crp": [*first, None], "crp_repeat": [*second, 30.0]}).with_columns(
                exposed=pl.lit(exposed)
            )
        )
    return pl.concat(arms)


def test_paired_change_by_hand(table: pl.DataFrame, plan: study.Study) -> None:
    """Differences -11, -10, -9, -11, -10, -9: the Hodges-Lehmann shift is -10."""
    control, exposed = table_s5(table, labs(plan)).to_dicts()
    assert (control["n_pairs"], exposed["n_pairs"]) == (6, 6)
    assert control["median_day1"] == pytest.approx(78.5)
    assert control["shift"] == pytest.approx(-10.0, abs=1e-9)
    assert exposed["shift"] == pytest.approx(-20.0, abs=1e-9)
    assert control["shift_lo"] <= -10 <= control["shift_hi"] < 0
    assert 0 < control["p_wilcoxon"] < 0.05
    assert control["p_paired_t"] < 1e-4


def test_between_arms_is_the_difference_given_day_one(
    table: pl.DataFrame, plan: study.Study
) -> None:
    control, exposed = table_s5(table, labs(plan)).to_dicts()
    assert control["ancova_difference"] is None
    assert exposed["ancova_difference"] == pytest.approx(-10.0, abs=1e-9)
    assert exposed["ancova_lo"] < -10 < exposed["ancova_hi"]


def test_few_pairs_are_not_shown(table: pl.DataFrame, plan: study.Study) -> None:
    rows = table_s5(table, labs(plan, smallest=10)).to_dicts()
    assert all(row["n_pairs"] is None and row["shift"] is None for row in rows)
    assert all(row["note"] == "fewer than 10 pairs" for row in rows)


def test_no_values_at_all(table: pl.DataFrame, plan: study.Study) -> None:
    empty = table.with_columns(crp_repeat=pl.lit(None, pl.Float64))
    rows = table_s5(empty, labs(plan)).to_dicts()
    assert [row["n_pairs"] for row in rows] == [None, None]
