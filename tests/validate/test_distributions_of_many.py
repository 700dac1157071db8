"""The distribution of an analyte in more hospitals than there are lines to tell apart."""

from __future__ import annotations

import polars as pl
import pytest

from ehrivig.figures.style import drawing
from ehrivig.validate.quality import figures


def test_all_hospitals_are_one_line_and_each_median_a_tick() -> None:
    """Forty hospitals: 3 results in bin 8 and 18 in bin 16 each; one of another unit, one small."""
    names = [f"H{number:02}" for number in range(38)]
    rows = [(name, bin_, n) for name in names for bin_, n in ((8, 3), (16, 18))]
    rows += [("other unit", 40, 20), ("small", 24, 4)]
    counts = pl.DataFrame(rows, schema=["hospital_id", "bin", "n"], orient="row")
    assert counts["hospital_id"].n_unique() > figures.MANY
    with drawing(3, 2) as (_, axes):
        figures._draw_together(axes, counts, 5)
        line, ticks = axes.get_lines()
    total = 38 * 21 + 24
    shown = {8: 38 * 3, 16: 38 * 18, 40: 20}  # 4 results in bin 24 are not shown
    assert list(line.get_xdata()) == pytest.approx([2 ** ((b + 0.5) / 8) for b in shown])
    assert list(line.get_ydata()) == pytest.approx([100 * n / total for n in shown.values()])
    assert list(ticks.get_xdata()) == pytest.approx([2 ** (16.5 / 8), 2 ** (40.5 / 8)])
