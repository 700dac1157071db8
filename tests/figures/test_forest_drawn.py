"""What a forest plot draws, and where: words, squares, diamonds, lines and the axis."""

from __future__ import annotations

import math
from typing import Any

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from ehrivig.figures import forest
from ehrivig.figures.forest import ForestHead, ForestRow, Kind, forest_svg
from ehrivig.figures.style import BLACK, BLUE, GREY, VERMILION, Figure

HEAD = ForestHead(
    "Study",
    ("Events", "Total", "Effect"),
    groups=(("Exposed", 2), ("", 1)),
    plot=("Odds ratio", "95% CI"),
    sides=("fewer", "more"),
)
ROW = ForestRow("study", "one", ("3", "40", "2.00"), 1.0, 0.5, 2.0, 0.25)


class Drawn:
    """The artists of one forest plot."""

    def __init__(self, figure: Figure) -> None:
        self.axes: Any = figure.axes[0]
        self.inches = figure.get_size_inches()

    def text(self, words: str) -> Text:
        (found,) = (t for t in self.axes.texts if t.get_text() == words)
        return found

    def at(self, words: str) -> tuple[float, float]:
        x, y = self.text(words).get_position()
        return float(x), float(y)

    def patches(self, kind: type) -> list[Any]:
        return [patch for patch in self.axes.patches if isinstance(patch, kind)]

    def lines(self) -> list[tuple[float, float, float, float]]:
        return [(*line.get_xdata(), *line.get_ydata()) for line in self.axes.lines]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    found: list[Figure] = []
    monkeypatch.setattr(forest, "svg_text", lambda figure, title: found.append(figure) or title)
    return found


def draw(
    figures: list[Figure], *rows: ForestRow, head: ForestHead = HEAD, ratio: bool = True
) -> Drawn:
    assert forest_svg(rows, head, "a title", ratio=ratio) == "a title"
    return Drawn(figures[-1])


def letters(count: int) -> float:
    """The inches of so many narrow letters."""
    return count * 0.58 * 8.5 / 72


def test_columns_are_as_wide_as_their_words(figures: list[Figure]) -> None:
    drawn = draw(figures, ROW, ForestRow("study", "a longer name", ("12345678", "7")))
    label = letters(len("  a longer name"))
    events = label + letters(8) + 0.16
    total = events + letters(5) + 0.16
    effect = total + letters(6) + 0.16
    for words, end, line in (
        *(("Events", events, -0.9), ("Total", total, -0.9), ("Effect", effect, -0.9)),
        *(("12345678", events, 1), ("7", total, 1), ("3", events, 0), ("2.00", effect, 0)),
    ):
        assert drawn.at(words) == (pytest.approx(end), line), words
        assert drawn.text(words).get_horizontalalignment() == "right"
    assert drawn.inches[0] == pytest.approx(effect + 3.3 + 0.3)
    assert drawn.inches[1] == pytest.approx(7 * 0.215)
    assert drawn.axes.get_position().bounds == (0, 0, 1, 1)
    assert drawn.axes.get_xlim() == (0, pytest.approx(drawn.inches[0]))
    bottom, top = drawn.axes.get_ylim()
    assert top < -1.8 < 2 + 2 < bottom


def test_wide_scripts_take_more_room(figures: list[Figure]) -> None:
    for name, units in (("静脉注射", 4 + 2 * 0.58), ("abcd", 6 * 0.58), ("\u2e80", 3 * 0.58)):
        head = ForestHead("S", ("Effect",))
        drawn = draw(figures, ForestRow("study", name), head=head)
        end = units * 8.5 / 72 + letters(6) + 0.16
        assert drawn.at("Effect")[0] == pytest.approx(end)


def test_a_group_stands_over_the_middle_of_its_columns(figures: list[Figure]) -> None:
    drawn = draw(figures, ROW)
    low = drawn.at("Events")[0] - letters(6)
    middle = (low + drawn.at("Total")[0]) / 2
    assert drawn.at("Exposed") == (pytest.approx(middle), -1.8)
    assert drawn.text("Exposed").get_horizontalalignment() == "center"


def test_a_long_name_of_a_group_widens_its_first_column(figures: list[Figure]) -> None:
    name = "A group with a name longer than its columns"
    groups = (("", 1), (name, 2))
    drawn = draw(figures, ROW, head=ForestHead("Study", HEAD.columns, groups))
    width = drawn.at("Effect")[0] - drawn.at("Events")[0]
    assert width == pytest.approx(letters(len(name)) + 0.16)
    assert drawn.at("Effect")[0] - drawn.at("Total")[0] == pytest.approx(letters(6) + 0.16)
    assert drawn.at("Events")[0] == pytest.approx(letters(len("  Study")) + letters(6) + 0.16)


def test_over_the_effects_stand_two_lines_of_words(figures: list[Figure]) -> None:
    drawn = draw(figures, ROW)
    middle = drawn.at("Effect")[0] + 0.12 + 3.3 / 2
    assert drawn.at("Odds ratio") == (pytest.approx(middle), -1.8)
    assert drawn.at("95% CI") == (pytest.approx(middle), -0.9)
    assert drawn.at("Study") == (0.06, -0.9)
    assert drawn.text("Study").get_weight() == "bold"
    assert drawn.lines()[0] == (0.06, pytest.approx(middle + 1.65), -0.5, -0.5)


def test_a_ratio_is_drawn_on_a_logarithmic_axis(figures: list[Figure]) -> None:
    drawn = draw(figures, ROW)
    left = drawn.at("Effect")[0] + 0.12
    null, right = left + 1.65, left + 3.3
    _, axis, line, *ticks, interval = drawn.lines()
    assert axis == pytest.approx((left, right, 1.2, 1.2))
    assert line == pytest.approx((null, null, -0.5, 1.2))
    places = {"0.5": left, "0.7": left + 3.3 * (1 + math.log(0.7, 2)) / 2, "1": null, "2": right}
    for words, place in places.items():
        assert drawn.at(words) == pytest.approx((place, 1.92)), words
    assert [tick[0] for tick in ticks] == pytest.approx(
        [places["0.5"], places["0.7"], null, left + 3.3 * (1 + math.log(1.5, 2)) / 2, right]
    )
    assert {tick[2:] for tick in ticks} == {(1.2, 1.42)}
    assert interval == pytest.approx((left, right, 0, 0))


def test_a_difference_is_drawn_about_zero(figures: list[Figure]) -> None:
    drawn = draw(figures, ForestRow("study", "d", (), 0.0, 0.0, 1.0), ratio=False)
    left = drawn.at("Effect")[0] + 0.12
    assert drawn.at("0")[0] == pytest.approx(left + 1.65)
    assert drawn.lines()[-1] == pytest.approx((left + 1.65, left + 1.65 * (1 + 1 / 1.2), 0, 0))


def test_under_the_axis_stands_what_its_sides_mean(figures: list[Figure]) -> None:
    drawn = draw(figures, ROW)
    null = drawn.at("1")[0]
    assert drawn.at("fewer") == pytest.approx((null - 0.12, 2.8))
    assert drawn.at("more") == pytest.approx((null + 0.12, 2.8))
    assert drawn.text("fewer").get_horizontalalignment() == "right"
    assert drawn.text("more").get_horizontalalignment() == "left"


@pytest.mark.parametrize(
    "name", ["short", "a name of the axis that is longer than the axis itself" * 2]
)
def test_the_name_of_the_axis_ends_with_it(figures: list[Figure], name: str) -> None:
    drawn = draw(figures, ROW, head=ForestHead("Study", ("Effect",), axis=name))
    null, right = drawn.at("1")[0], drawn.at("2")[0]
    middle, line = drawn.at(name)
    assert line == pytest.approx(2.8)
    assert middle == pytest.approx(min(null, right + 0.12 - letters(len(name)) / 2))


@pytest.mark.parametrize(
    ("kind", "weight", "color", "indent"),
    [
        ("heading", "bold", BLACK, 0.06),
        ("study", "normal", BLACK, 0.16),
        ("subtotal", "bold", BLACK, 0.06),
        ("total", "bold", BLACK, 0.06),
        ("ours", "bold", BLACK, 0.06),
        ("prediction", "normal", BLACK, 0.06),
        ("note", "normal", GREY, 0.06),
    ],
)
def test_the_words_of_each_kind_of_line(
    figures: list[Figure], kind: Kind, weight: str, color: str, indent: float
) -> None:
    drawn = draw(figures, ForestRow(kind, "the label", ("a cell",)))
    assert drawn.at("the label") == (indent, 0)
    assert drawn.text("the label").get_weight() == weight
    assert drawn.text("the label").get_color() == color
    assert drawn.text("a cell").get_weight() == weight


def test_words_are_no_mathematics(figures: list[Figure]) -> None:
    drawn = draw(figures, ForestRow("study", "$p$ < 0.05", ("$1$",)))
    assert not drawn.text("$p$ < 0.05").get_parse_math()


@pytest.mark.parametrize(
    ("weight", "side"), [(0.25, 0.675), (1.0, 0.9), (0.001, 0.16), (math.nan, 1.35 * 0.05**0.5)]
)
def test_the_area_of_a_square_is_the_weight(
    figures: list[Figure], weight: float, side: float
) -> None:
    row = ForestRow("study", "one", (), 1.0, 0.5, 2.0, weight)
    drawn = draw(figures, row)
    (square,) = drawn.patches(Rectangle)
    assert square.get_height() == pytest.approx(side)
    assert square.get_width() == pytest.approx(side * 0.215)  # square on the page: x is in inches
    assert square.get_x() + square.get_width() / 2 == pytest.approx(drawn.at("1")[0])
    assert square.get_y() + side / 2 == pytest.approx(0)
    assert to_hex(square.get_facecolor()).upper() == BLUE


@pytest.mark.parametrize(
    ("kind", "half", "color"),
    [("subtotal", 0.3, BLACK), ("total", 0.36, BLACK), ("ours", 0.36, VERMILION)],
)
def test_a_diamond_spans_the_interval(
    figures: list[Figure], kind: Kind, half: float, color: str
) -> None:
    drawn = draw(figures, ForestRow("gap"), ForestRow(kind, "pooled", (), 1.0, 0.5, 2.0))
    (diamond,) = drawn.patches(Polygon)
    left, null, right = (drawn.at(words)[0] for words in ("0.5", "1", "2"))
    corners = [(left, 1), (null, 1 - half), (right, 1), (null, 1 + half), (left, 1)]
    assert diamond.get_xy().tolist() == [pytest.approx(corner) for corner in corners]
    assert to_hex(diamond.get_facecolor()).upper() == color
    assert drawn.patches(Rectangle) == []


def test_a_prediction_is_a_bar_without_a_square(figures: list[Figure]) -> None:
    drawn = draw(figures, ForestRow("prediction", "prediction", (), 1.0, 0.5, 2.0))
    bar = drawn.axes.lines[-1]
    assert (bar.get_color(), bar.get_linewidth()) == (GREY, 2.6)
    assert drawn.patches(Rectangle) == []
    plain = draw(figures, ROW).axes.lines[-1]
    assert (plain.get_color(), plain.get_linewidth()) == (BLACK, 0.9)


@pytest.mark.parametrize("missing", ["lo", "hi"])
def test_half_an_interval_is_not_drawn(figures: list[Figure], missing: str) -> None:
    limits = {"lo": 0.5, "hi": 2.0} | {missing: math.nan}
    whole, half = ROW, ForestRow("study", "half", (), 1.0, **limits)
    assert len(draw(figures, whole, half).patches(Rectangle)) == 1


def test_the_arrows_of_a_prediction_have_its_colour(figures: list[Figure]) -> None:
    drawn = draw(figures, ForestRow("prediction", "p", (), 1.0, 0.5, math.inf), ROW)
    (arrow,) = drawn.patches(Polygon)
    assert to_hex(arrow.get_facecolor()) == GREY
    tip, upper, lower, _ = arrow.get_xy().tolist()
    right = drawn.at("2")[0]
    assert tip == pytest.approx([right, 0])
    assert upper == pytest.approx([right - 0.07, -0.22])
    assert lower == pytest.approx([right - 0.07, 0.22])


def test_an_estimate_beyond_the_axis_has_no_square(figures: list[Figure]) -> None:
    beyond = ForestRow("study", "beyond", (), 0.0, 0.0, 1.5)
    assert len(draw(figures, ROW, beyond).patches(Rectangle)) == 1


def test_a_long_label_is_cut_and_a_note_is_not(figures: list[Figure]) -> None:
    name = "n" * 61
    drawn = draw(
        figures, ForestRow("study", name), ForestRow("note", name), ForestRow("study", "x" * 60)
    )
    assert drawn.at("n" * 59 + "…")[1] == 0
    assert drawn.at(name)[1] == 1
    assert drawn.at("x" * 60)[1] == 2
    # the column is as wide as the longest label, however long the note
    assert drawn.at("Events")[0] == pytest.approx(letters(62) + letters(6) + 0.16)
