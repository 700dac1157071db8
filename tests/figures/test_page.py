"""Pages: one skeleton, values escaped, drawings that do not meet in their ids."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from ehrivig.figures.page import inline, page
from ehrivig.figures.style import drawing, save, series_styles, svg_text

PACKAGE = Path(__file__).resolve().parents[2] / "ehrivig"


def test_every_page_has_the_one_skeleton_and_style_sheet() -> None:
    for path in PACKAGE.rglob("templates/*"):
        text = path.read_text(encoding="utf-8")
        if path.parent.parent.name == "figures":
            continue
        assert path.suffix == ".html"
        assert "<html" not in text, path
        assert "<style" not in text, path
        assert "font: " not in text, path


def test_a_value_is_escaped_and_a_missing_one_is_an_error() -> None:
    values = {"hospitals": ["<script>"], "sections": [], "missing": [], "protocols": []}
    values |= {"version": "1", "simulated": "", "immortal": False}
    text = page("ehrivig.meta", "pool.html", title="<b>", **values)
    assert "&lt;script&gt;" in text
    assert "<b>" not in text
    with pytest.raises(jinja2.UndefinedError):
        page("ehrivig.meta", "pool.html", title="no hospitals")


def test_what_nobody_sees_in_a_value_is_written_out() -> None:
    """A unit or a hospital of an extract is data: it clears no terminal and turns no text."""
    values = {"hospitals": ["a\x1b[2J\u202eb"], "sections": [], "missing": [], "protocols": []}
    values |= {"version": "1", "simulated": "", "immortal": False}
    text = page("ehrivig.meta", "pool.html", title="t", **values)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"a\x1b[2J\u202eb" in text


def test_ids_in_a_page_are_unique_and_words_are_left_alone() -> None:
    with drawing(2, 2) as (figure, axes):
        axes.set_title('id="mine" url(#x) href="#y"')
        axes.plot([0, 1], [0, 1], marker="o")
        text = svg_text(figure, "a line")
    both = inline(text, "one") + inline(text, "two")
    ids = re.findall(r'\sid="([^"]*)"', re.sub(r"<text.*?</text>", "", both))
    assert len(ids) == len(set(ids)) > 10
    used = re.findall(r'(?:xlink:href="#|url\(#)([\w.-]*)', re.sub(r"<text.*?</text>", "", both))
    assert used
    assert set(used) <= set(ids)
    assert both.count('>id="mine" url(#x) href="#y"</text>') == 2


def test_a_name_that_the_font_lacks_is_drawn_without_a_warning(tmp_path: Path) -> None:
    with drawing(2, 2) as (figure, axes):
        axes.set_title("静注人免疫球蛋白")
        assert "静注人免疫球蛋白" in svg_text(figure, "a name")
        save(figure, tmp_path / "name.svg")
    assert (tmp_path / "name.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_28_hospitals_have_a_look_of_their_own() -> None:
    looks = series_styles([f"h{number}" for number in range(28)])
    assert len(set(looks.values())) == 28
