"""The forest plot: rows at their places, and arrows where an interval leaves the axis."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from ehrivig.figures.axes import effect_axis
from ehrivig.figures.forest import ForestHead, ForestRow, Kind, forest_svg
from ehrivig.report.figures import forest

HEAD = ForestHead("Study", ("Effect",), sides=("less", "more"))
NARROW = ForestRow("study", "narrow", ("1.10",), 1.1, 0.8, 1.5)


def drawn(*rows: ForestRow, ratio: bool = True) -> str:
    return forest_svg(rows, HEAD, "a forest", ratio=ratio)


def arrows(svg: str, left: bool | None = None) -> int:
    """How many triangles are drawn; only those that point left or right where asked."""
    found = 0
    for path in re.findall(r'<path d="([^"]*)"', svg):
        corners = [tuple(map(float, pair)) for pair in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path)]
        if len(corners) == 3:
            found += left is None or (corners[0][0] < corners[1][0]) == left
    return found


def test_an_interval_within_the_axis_has_no_arrow() -> None:
    assert arrows(drawn(NARROW)) == 0


@pytest.mark.parametrize("kind", ["study", "subtotal", "total", "ours", "prediction"])
@pytest.mark.parametrize(
    ("lo", "hi", "left", "right"),
    [
        (0.9, math.inf, 0, 1),
        (0.0, 1.3, 1, 0),
        (0.0, math.inf, 1, 1),
        (1e-9, 1e9, 1, 1),
        (0.9, 101.0, 0, 1),
        (0.0099, 99.0, 1, 0),
        (0.9, 1.3, 0, 0),
    ],
)
def test_limits_beyond_the_axis_are_drawn_with_an_arrow(
    kind: Kind, lo: float, hi: float, left: int, right: int
) -> None:
    svg = drawn(NARROW, ForestRow(kind, "wide", ("1.20",), 1.2, lo, hi))
    assert (arrows(svg, left=True), arrows(svg, left=False)) == (left, right)


def test_infinite_differences_have_arrows_too() -> None:
    svg = drawn(ForestRow("study", "wide", ("0.2",), 0.2, -math.inf, math.inf), ratio=False)
    assert arrows(svg) == 2


def test_a_row_without_an_interval_has_words_only() -> None:
    svg = drawn(NARROW, ForestRow("study", "nothing known", ("no estimate",)))
    assert arrows(svg) == 0
    words = " ".join(ElementTree.fromstring(svg).itertext())
    assert "nothing known" in words
    assert "no estimate" in words


def test_the_axis_is_as_long_as_the_finite_limits() -> None:
    alone = effect_axis(True, [(1.1, 0.8, 1.5)])
    assert effect_axis(True, [(1.1, 0.8, 1.5), (1.2, 0.0, math.inf)]) == alone
    assert effect_axis(True, [(1.1, 0.8, 1.5), (math.nan,) * 3]) == alone
    assert (alone.place(1.0), alone.place(0.0), alone.place(math.inf)) == (0.5, 0.0, 1.0)
    assert effect_axis(True, [(3.0, 0.5, math.inf)]).beyond(3.0) is False


def test_the_same_rows_give_the_same_bytes() -> None:
    assert drawn(NARROW) == drawn(NARROW)


def effects(**changes: object) -> pl.DataFrame:
    row = {
        "contrast": "IVIG vs none", "measure": "OR", "estimate": 0.5, "lo": 0.2, "hi": 1.2,
        "events_exposed": 1074, "n_exposed": 1220, "events_control": 89, "n_control": 220,
        "note": "",
    }  # fmt: skip
    return pl.DataFrame([row, row | {"contrast": "another"} | changes], infer_schema_length=None)


def words_of(table: pl.DataFrame, folder: Path) -> list[str]:
    forest(table, folder / "forest.svg", label="odds ratio of death")
    return list(ElementTree.parse(folder / "forest.svg").getroot().itertext())


def test_contrasts_of_a_study_stand_with_their_counts(tmp_path: Path) -> None:
    words = words_of(effects(), tmp_path)
    for word in ("IVIG vs none", "1,074", "1,220", "OR 0.50 (0.20 to 1.20)", "odds ratio of death"):
        assert word in words
    assert (words.count("Exposed"), words.count("Unexposed")) == (1, 1)


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("a cell is below 5: counts are suppressed", "not shown"),
        ("no estimate: everybody has the same value", "no estimate"),
    ],
)
def test_a_contrast_without_an_estimate_says_why(tmp_path: Path, note: str, shown: str) -> None:
    none = dict.fromkeys(("estimate", "lo", "hi", "events_exposed", "events_control"))
    words = words_of(effects(note=note, n_exposed=8, **none), tmp_path)
    assert words.count(shown) == 1
    assert "8" not in words
    assert "another" in words


def test_columns_of_counts_need_a_count(tmp_path: Path) -> None:
    none = dict.fromkeys(("events_exposed", "n_exposed", "events_control", "n_control"))
    table = effects().with_columns(pl.lit(None).alias(name) for name in none)
    words = words_of(table, tmp_path)
    assert "Events" not in words
    assert "OR 0.50 (0.20 to 1.20)" in words
