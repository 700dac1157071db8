"""Text can be read: WCAG's contrast of 4.5 to 1 in light, in dark, on paper, and in figures.

Relative luminance and ratio as in WCAG 2.2, success criterion 1.4.3.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from ehrivig.figures import style

CSS = (files("ehrivig.figures") / "templates" / "page.css").read_text(encoding="utf-8")
TEXT = ("ink", "quiet", "accent", "pass", "warn", "fail")
GROUND = ("page", "tint", "head", "bad", "good")
ENOUGH = 4.5
OF_GRAPHICS = 3.0
"""Success criterion 1.4.11: marks that are needed to understand a figure."""


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours() -> list[dict[str, str]]:
    """The colours of each mode by name: light, dark, print; what one does not name is as before."""
    modes: list[dict[str, str]] = []
    for block in re.findall(r":root\s*\{([^}]*)\}", CSS):
        found = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6})", block))
        if found:
            modes.append({**(modes[0] if modes else {}), **found})
    return modes


def test_the_ratio_is_that_of_the_guidelines() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", range(3), ids=["light", "dark", "print"])
def test_text_stands_out(mode: int) -> None:
    named = colours()[mode]
    pairs = {(text, ground): contrast(named[text], named[ground])
             for text in TEXT for ground in GROUND}  # fmt: skip
    assert {pair: round(ratio, 2) for pair, ratio in pairs.items() if ratio < ENOUGH} == {}


def test_marks_and_words_of_figures_stand_out() -> None:
    words = {name: contrast(colour, "#ffffff") for name, colour in
             {"ink": style.INK, "grey": style.GREY}.items()}  # fmt: skip
    assert {name: round(ratio, 2) for name, ratio in words.items() if ratio < ENOUGH} == {}
    marks = {"exposed": style.EXPOSED, "control": style.CONTROL, "quiet": style.QUIET}
    faint = {name: round(contrast(colour, "#ffffff"), 2) for name, colour in marks.items()}
    assert {name: ratio for name, ratio in faint.items() if ratio < OF_GRAPHICS} == {}
