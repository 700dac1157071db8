"""What the page to explore runs shows of their tables: rows drawn by hand."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.results.view import _columns, _json
from ehrivig.results.view.chart_parts import EVERY, beside, by_run, choice_of, values_of
from ehrivig.results.view.tables import hidden_estimates, of_runs


def run(**tables: list[dict[str, Any]]) -> Run:
    frames = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    return cast(Run, SimpleNamespace(tables=set(frames), table=frames.__getitem__))


CHECK = {"hospital_id": "A", "table": "lab", "check": "lab.unit_known", "severity": "block"}
CHECK |= {"violated": 0, "denominator": 10, "verdict": "pass"}
EFFECT = {"analysis": "main", "contrast": "any", "model": "logistic", "variance": "robust"}
EFFECT |= {"outcome": "death", "measure": "OR", "estimate": 1.0, "lo": 0.5, "hi": 2.0}
EFFECT |= {"n_exposed": 5, "n_control": 6, "role": None, "population": "all", "note": None}


def test_checks_that_did_not_pass_everywhere_are_told_worst_first() -> None:
    rows = [
        CHECK | {"check": "a.good"},
        CHECK | {"check": "b.warns", "verdict": "warn", "violated": 1},
        CHECK | {"check": "b.warns", "hospital_id": "B"},
        CHECK | {"check": "d.fails", "verdict": "fail", "violated": 5},
        CHECK | {"check": "c.fails", "verdict": "fail", "violated": 5},
        CHECK | {"check": "e.fails_twice", "verdict": "fail", "violated": 5},
        CHECK | {"check": "e.fails_twice", "verdict": "fail", "hospital_id": None},
        CHECK | {"check": "f.nothing", "verdict": "warn", "denominator": 0},
    ]
    found = of_runs({"one": run(quality=rows)})["checks"]
    assert found["check"].unique(maintain_order=True).to_list() == [
        *("e.fails_twice", "c.fails", "d.fails", "b.warns", "f.nothing")
    ]
    assert found.columns == ["run", "hospital", "table", "check", "severity", "share", "verdict"]
    of = {(row["check"], row["hospital"]): row["share"] for row in found.to_dicts()}
    assert of["b.warns", "A"] == 0.1
    assert of["b.warns", "B"] == 0.0
    assert ("e.fails_twice", "whole extract") in of
    assert of["f.nothing", "A"] is None
    assert set(found["run"]) == {"one"}


def test_what_is_there_of_columns_that_lack_something() -> None:
    rows = [
        CHECK | {"check": "lab.unit_known", "violated": 3},
        CHECK | {"check": "lab.unit_known", "hospital_id": "B"},
        CHECK | {"check": "lab.value_present"},
        CHECK | {"check": "lab.sex_recorded", "verdict": "warn"},  # of fewer rows than are told
        CHECK | {"check": "lab.status_given", "denominator": 0},
        CHECK | {"check": "lab.known_range", "violated": 3},
    ]
    found = of_runs({"one": run(quality=rows)})["complete"]
    told = [(row["check"], row["hospital"], row["complete"]) for row in found.to_dicts()]
    assert told == [
        ("lab.unit_known", "A", pytest.approx(0.7)),
        ("lab.unit_known", "B", 1.0),
        ("lab.sex_recorded", "A", 1.0),
    ]


def test_estimates_that_look_alike_are_told_apart() -> None:
    rows = [
        EFFECT,
        EFFECT | {"analysis": "other"},
        EFFECT | {"analysis": "other", "variance": "model"},
        EFFECT | {"measure": "RD"},
        EFFECT | {"population": "ATT", "role": "primary"},
        EFFECT | {"model": None, "contrast": "high"},
        EFFECT | {"estimate": None},
    ]
    found = of_runs({"one": run(effects=rows)})["effects"]
    assert found["row"].to_list() == [
        "any \u00b7 logistic \u00b7 ATT",  # the answer stands first
        "any \u00b7 logistic \u00b7 main",
        "any \u00b7 logistic \u00b7 other \u00b7 robust",
        "any \u00b7 logistic \u00b7 other \u00b7 model",
        "any \u00b7 logistic",
        "high",
    ]
    assert found["role"].to_list() == ["primary", *["other"] * 5]
    assert found["population"].to_list() == ["ATT", *["all"] * 5]
    old = [{k: v for k, v in EFFECT.items() if k not in ("role", "population")}]
    assert of_runs({"one": run(effects=old)})["effects"]["population"].to_list() == ["all"]


def test_runs_stand_one_below_the_other_and_of_another_version_are_refused() -> None:
    step = {"hospital_id": None, "step": 0, "label": "Read", "admissions": 5, "excluded": 0}
    runs = {"b": run(attrition=[step]), "a": run(attrition=[step | {"step": 1}]), "c": run()}
    found = of_runs(runs)
    assert list(found) == ["flow"]
    assert found["flow"]["run"].to_list() == ["b", "a"]
    del step["label"]
    with pytest.raises(UsageError, match=r"view: attrition.csv of 'b' lacks a column"):
        of_runs({"b": run(attrition=[step])})


@pytest.mark.parametrize(
    ("notes", "hidden", "impossible"),
    [
        ([None, "suppressed"], 2, 0),
        (["no estimate: no event", "few people"], 1, 1),
        (["no estimate: few people are left", "no estimate: x; suppressed"], 2, 0),
        ([], 0, 0),
    ],
)
def test_what_is_hidden_and_what_could_not_be_estimated(
    notes: list[str | None], hidden: int, impossible: int
) -> None:
    rows = [EFFECT, *[EFFECT | {"estimate": None, "note": note} for note in notes]]
    runs = {"one": run(effects=rows), "two": run(effects=rows), "three": run()}
    assert hidden_estimates(runs) == (2 * hidden, 2 * impossible)
    old = {name: value for name, value in EFFECT.items() if name != "note"}
    runs["four"] = run(effects=[old | {"estimate": None}])  # which does not say why
    assert hidden_estimates(runs) == (2 * hidden + 1, 2 * impossible)


def test_numbers_are_short_and_words_are_told_once() -> None:
    frame = pl.DataFrame(
        {
            "w": ["b", "a", None, "b"],
            "x": [1.23456789, float("nan"), None, 2.0],
            "n": [1, 2, 3, None],
        }
    )
    assert _columns(frame) == {
        "w": {"words": ["b", "a", None], "rows": [0, 1, 2, 0]},
        "x": [1.23457, None, None, 2.0],
        "n": [1, 2, 3, None],
    }


def test_nothing_in_a_script_ends_it() -> None:
    text = str(_json({"a": "</script>&\u00e9", "b": [1, None]}))
    assert not set("<>&\u00e9 ") & set(text)
    assert json.loads(text) == {"a": "</script>&\u00e9", "b": [1, None]}
    with pytest.raises(ValueError, match="not JSON"):
        _json(float("nan"))


@pytest.mark.parametrize(
    ("values", "first", "options", "chosen"),
    [
        (["b", "a", None, "b"], EVERY, [EVERY, "b", "a"], EVERY),
        (["b", EVERY, "a"], EVERY, [EVERY, "b", "a"], EVERY),
        (["b", "a"], "a", ["b", "a"], "a"),
        (["b", "a"], "c", ["b", "a"], "b"),
    ],
)
def test_what_can_be_chosen(
    values: list[str | None], first: str, options: list[str], chosen: str
) -> None:
    frame = pl.DataFrame({"x": values})
    choice = choice_of(frame, "x", "X", first)
    made = cast(Any, choice.param).to_dict()
    assert (choice.name, made["value"], made["bind"]["options"]) == ("chosen_x", chosen, options)
    assert values_of(frame, "x") == [v for v in dict.fromkeys(values) if v is not None]


def test_one_run_has_no_colours_of_its_own() -> None:
    assert set(by_run(["a"])["color"]) == {"value"}
    assert by_run(["b", "a"])["color"]["scale"]["domain"] == ["b", "a"]
    assert beside(["a"]) == {}
    assert beside(["b", "a"])["yOffset"]["sort"] == ["b", "a"]
