"""The answer in words: its foot, the number needed, and whether it may be read as an effect."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.report import answer
from ehrivig.study import load
from ehrivig.study.registries import ANSWERS

LIU = load("ivig_covid19")
ROW: dict[str, Any] = {
    **{"contrast": "any against none", "estimand": "ATE", "note": None, "p": None},
    **{"measure": "OR", "estimate": 0.5, "lo": 0.25, "hi": 1.0},
}
CAPTION = ANSWERS[LIU.answer].caption


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({}, "any against none; ATE."),
        ({"estimand": None}, "any against none."),
        ({"note": "cut; 3 people left out; more"}, "any against none; ATE; 3 people left out."),
        ({"note": "weights cut"}, "any against none; ATE."),
        ({"p": 0.04}, "any against none; ATE; p 0.040."),
        (
            {"measure": "RD", "estimate": -0.1, "lo": -0.2, "hi": -0.05},
            f"any against none; ATE; {answer.NEEDED}benefit 10 (5 to 20).",
        ),
        ({"measure": "RD", "estimate": 0.0, "lo": -0.1, "hi": 0.1}, "any against none; ATE."),
        ({"measure": "RD", "estimate": None, "lo": None, "hi": None}, "any against none; ATE."),
    ],
)  # fmt: skip
def test_the_foot_of_the_answer(cells: dict[str, Any], said: str) -> None:
    assert answer._foot(ROW | cells, LIU) == f"{CAPTION}; {said}"


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.1, 0.05, 0.2), "harm 10 (5 to 20)"),
        ((-0.1, -0.2, -0.05), "benefit 10 (5 to 20)"),
        ((-0.1, -0.2, 0.05), "benefit 10 (benefit 5 to infinity to harm 20)"),
        ((0.1, -0.05, 0.2), "harm 10 (benefit 20 to infinity to harm 5)"),
        ((0.1, 0.0, 0.2), "harm 10"),
        ((-0.1, -0.2, 0.0), "benefit 10"),
        ((0.1, None, 0.2), "harm 10"),
        ((0.1, 0.05, None), "harm 10"),
    ],
)
def test_the_number_needed(numbers: tuple[float, float | None, float | None], said: str) -> None:
    assert answer.needed(*numbers) == f"{answer.NEEDED}{said}"


def checks(*rows: tuple[str, str, bool]) -> pl.DataFrame:
    names = ["diagnostic", "verdict", "decides"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [("a_b", "pass", True), ("c", "pass", False)],
            "Nothing that was checked speaks against it: 2 of 2 diagnostics pass.",
        ),
        (
            [("a_b", "fail", False), ("c", "pass", True)],
            "Read with care: a b (1 of 2 diagnostics pass).",
        ),
        (
            [("a_b", "fail", True), ("c", "fail", False), ("d", "pass", False)],
            "The estimate should not be read as an effect: a b (1 of 3 diagnostics pass; fails as "
            "well: c).",
        ),
        (
            [("a_b", "fail", True), ("c", "pass", False)],
            "The estimate should not be read as an effect: a b (1 of 2 diagnostics pass).",
        ),
        (
            [("a", "not assessed", True), ("b", "not assessed", False), ("c", "pass", True)],
            "Nothing that was checked speaks against it: 1 of 1 diagnostics pass; nobody can say "
            "of a.",
        ),
        (
            [("a", "not shown", True), ("c", "pass", True)],
            "Nobody can say from here whether the estimate may be read as an effect: 1 of 1 "
            "diagnostics pass; not shown, for it is of few people: a.",
        ),
        (
            [("a", "not shown", False), ("c", "fail", False)],
            "Read with care: c (0 of 1 diagnostics pass; not shown, for it is of few people: a).",
        ),
    ],
)
def test_whether_the_answer_may_be_read_as_an_effect(
    rows: list[tuple[str, str, bool]], said: str
) -> None:
    assert answer.verdict(checks(*rows)) == said


@pytest.mark.parametrize(
    ("measure", "numbers", "said"),
    [
        ("OR", (0.51234, 0.3, 1.1), ["0.51", "0.30", "1.10"]),
        ("RD", (0.0512, -0.01, 0.2), ["+5.1 points", "\u22121.0", "+20.0"]),
        ("RD", (0.0512, None, None), ["+5.1 points", "?", "?"]),
        ("MD", (-1.4, -3.46, 0.673), ["\u22121.40", "\u22123.46", "0.67"]),
    ],
)
def test_the_numbers_of_the_answer(
    measure: str, numbers: tuple[float | None, ...], said: list[str]
) -> None:
    row = dict(zip(("estimate", "lo", "hi"), numbers, strict=True))
    assert answer._numbers(row | {"measure": measure}) == said


def test_bars_are_percentages() -> None:
    risks = {
        f"risk_{arm}{end}": 0.25 for arm in ("exposed", "control") for end in ("", "_lo", "_hi")
    }
    bars = answer._bars(risks | {"risk_control_hi": None}, LIU)
    assert [(bar.label, *vars(bar).values())[0] for bar in bars] == [LIU.exposure.label]
    assert len(answer._bars(risks, LIU)) == 2
