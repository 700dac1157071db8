"""What each chart of the page draws: of tables drawn by hand, in the order of the page."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ehrivig.results.view.charts import specifications

ONE, TWO = ["one"], ["one", "two"]
Chart = dict[str, Any]


def squares(hospitals: list[str], **other: Any) -> pl.DataFrame:
    """A check of each hospital, and a second one of the first."""
    of = [(name, "lab.b") for name in hospitals] + [(hospitals[0], "lab.a")]
    row = {"run": "one", "table": "lab", "severity": "warn", "share": 0.1, "verdict": "warn"}
    return pl.DataFrame([row | {"hospital": name, "check": check, **other} for name, check in of])


FLOW = pl.DataFrame(
    {
        **{"run": "one", "hospital": ["B", "all", "B", "all"], "step": [1, 1, 0, 0]},
        **{"label": ["Adults", "Adults", "Read", "Read"], "admissions": [None, 9, 10, 20]},
        "excluded": [None, 11, 0, 0],
    }
)
DOSING = pl.DataFrame(
    {"run": "one", "label": ["g/day", "days"], "lo": [0.0, 0], "hi": [1.0, 1], "n": [5, None]}
)
BALANCE = pl.DataFrame(
    {
        **{"run": "one", "label": ["Age"], "level": [None], "smd_unmatched": [0.3]},
        **{"smd_matched": [0.01], "in_score": [True]},
    }
)
OVERLAP = pl.DataFrame({"run": "one", "lo": [0.0], "hi": [0.1], "exposed": [5], "control": [None]})


def chart(name: str, table: str, frame: pl.DataFrame, runs: list[str] = ONE) -> Chart:
    return specifications({table: frame}, runs)[name]


def chosen(spec: Chart) -> dict[str, Any]:
    """What each list of the chart has chosen at first."""
    return {one["name"]: one["value"] for one in spec["params"] if "bind" in one}


def rules(spec: Chart) -> list[str]:
    """What filters the rows, as a whole or in a layer."""
    parts = [spec, *spec.get("layer", [])]
    return [
        step["filter"] for part in parts for step in part.get("transform", []) if "filter" in step
    ]


def test_charts_are_of_the_tables_that_are_there() -> None:
    tables = {"flow": FLOW, "checks": squares(["A"]), "overlap": OVERLAP}
    assert list(specifications(tables, ONE)) == ["flow", "checks", "overlap"]
    assert list(specifications(tables, TWO)) == ["flow", "checks", "trends", "overlap"]
    assert specifications({}, ONE) == {}
    every = (
        tables | {"complete": squares(["A"], complete=0.9), "dosing": DOSING} | {"balance": BALANCE}
    )
    for name, spec in specifications(every, ONE).items():
        assert spec["config"]["view"]["stroke"] is None, name


def test_the_flow_has_its_steps_in_order_and_all_hospitals_at_first() -> None:
    spec = chart("flow", "flow", FLOW)
    bars, hidden = spec["layer"]
    assert spec["width"] == 480
    for layer in (bars, hidden):
        assert layer["encoding"]["y"]["sort"] == ["Read", "Adults"]
        assert layer["encoding"]["y"]["title"] is None
        assert "yOffset" not in layer["encoding"]
    assert bars["encoding"]["x"]["field"] == "admissions"
    assert hidden["encoding"]["text"] == {"value": "not shown"}
    assert hidden["encoding"]["x"] == {"value": 0}
    assert "!isValid(datum.admissions)" in rules(spec)
    assert chosen(spec) == {"chosen_hospital": "all"}
    assert "chosen_hospital == 'every' || datum['hospital'] == chosen_hospital" in rules(spec)
    both = chart("flow", "flow", FLOW, TWO)["layer"]
    assert all(layer["encoding"]["yOffset"]["sort"] == TWO for layer in both)


@pytest.mark.parametrize("name", ["checks", "complete"])
@pytest.mark.parametrize(("n", "names"), [(1, True), (24, True), (25, False), (400, False)])
def test_squares_of_many_hospitals_are_narrow_and_without_names(
    name: str, n: int, names: bool
) -> None:
    """Who is no hospital has a square and is not counted."""
    hospitals = [f"H{number:03}" for number in range(n)]
    frame = squares(["whole extract", "other hospitals", "all", *hospitals], complete=0.9)
    spec = chart(name, name, frame)
    x = spec["encoding"]["x"]
    assert x["title"] == f"hospitals: {n}"
    assert (x["axis"]["labels"], x["axis"]["ticks"]) == (names, names)
    assert x["sort"] == sorted(["whole extract", "other hospitals", "all", *hospitals])
    assert spec["width"] == {"step": {1: 26, 24: 26, 25: 32, 400: 3}[n]}
    assert spec["encoding"]["y"]["sort"] == ["lab.b", "lab.a"]
    assert spec["encoding"]["y"]["title"] is None
    assert "column" not in spec["encoding"]
    panels = chart(name, name, frame, TWO)["encoding"]["column"]
    assert (panels["field"], panels["sort"]) == ("run", TWO)


def test_checks_are_coloured_by_verdict_and_chosen_by_table_and_hospital() -> None:
    spec = chart("checks", "checks", squares(["A", "B"]))
    colour = spec["encoding"]["color"]
    assert colour["field"] == "verdict"
    assert colour["scale"]["domain"] == ["pass", "warn", "fail"]
    assert len(set(colour["scale"]["range"])) == 3
    assert chosen(spec) == {"chosen_table": "every", "chosen_hospital": "every"}
    assert len(rules(spec)) == 2
    tips = [one["field"] for one in spec["encoding"]["tooltip"]]
    assert tips == ["run", "hospital", "check", "verdict", "severity", "share"]


def test_completeness_is_a_share_from_none_to_all() -> None:
    spec = chart("complete", "complete", squares(["A"], complete=0.9))
    assert spec["encoding"]["color"]["scale"]["domain"] == [0, 1]
    assert spec["encoding"]["color"]["field"] == "complete"
    assert chosen(spec) == {"chosen_table": "every"}


@pytest.mark.parametrize(("n", "legend"), [(24, True), (25, False)])
def test_a_trend_is_of_one_check_through_the_runs(n: int, legend: bool) -> None:
    frame = squares([f"H{number:03}" for number in range(n)])
    spec = chart("trends", "checks", frame, TWO)
    encoding = spec["encoding"]
    assert (encoding["x"]["field"], encoding["x"]["sort"]) == ("run", TWO)
    assert (encoding["y"]["field"], encoding["y"]["axis"]["format"]) == ("share", "%")
    assert encoding["color"]["legend"] == ({"title": "hospital"} if legend else None)
    assert spec["mark"] == {"type": "line", "point": True}
    assert chosen(spec) == {"chosen_check": "lab.b"}


@pytest.mark.parametrize(("runs", "opacity"), [(ONE, 1.0), (TWO, 0.7)])
def test_the_dose_of_several_runs_shines_through(runs: list[str], opacity: float) -> None:
    spec = chart("dosing", "dosing", DOSING, runs)
    hidden, bars = spec["layer"]
    assert bars["mark"]["opacity"] == opacity
    assert bars["encoding"]["y"]["stack"] is None  # runs stand in one place, not upon each other
    assert hidden["encoding"]["opacity"]["condition"] == {
        **{"test": "isValid(datum.n)", "value": 0},
    }
    assert hidden["encoding"]["opacity"]["value"] == 1
    for layer in (hidden, bars):
        x, to = layer["encoding"]["x"], layer["encoding"]["x2"]
        assert (x["field"], x["bin"], to["field"]) == ("lo", "binned", "hi")
    assert chosen(spec) == {"chosen_label": "g/day"}
    assert (spec["width"], spec["height"]) == (640, 220)


def test_balance_before_and_after_matching_and_what_is_in_the_score() -> None:
    spec = chart("balance", "balance", BALANCE)
    fold, when, name, score, _ = spec["transform"]
    assert fold == {"fold": ["smd_unmatched", "smd_matched"], "as": ["when", "smd"]}
    assert [one["as"] for one in (when, name, score)] == ["when", "name", "score"]
    assert chosen(spec) == {"chosen_score": "every"}
    assert "chosen_score == 'every' || datum.score == chosen_score" in rules(spec)
    (choice,) = (one for one in spec["params"] if one["name"] == "chosen_score")
    assert choice["bind"]["options"] == ["every", "in the score", "not in the score"]
    assert spec["encoding"]["y"]["sort"] is None
    assert "column" not in spec["encoding"]
    assert chart("balance", "balance", BALANCE, TWO)["encoding"]["column"]["sort"] == TWO


def test_scores_of_both_arms_by_run() -> None:
    spec = chart("overlap", "overlap", OVERLAP)
    hidden, bars = spec["layer"]
    assert (spec["width"], spec["height"]) == (640, 200)
    assert {layer["title"] for layer in (hidden, bars)} == {"Propensity scores by arm"}
    assert bars["encoding"]["y"]["stack"] is None
    assert bars["encoding"]["color"]["scale"]["domain"] == ["exposed", "control"]
    assert hidden["encoding"]["opacity"]["condition"]["test"] == "isValid(datum.people)"
    rows = chart("overlap", "overlap", OVERLAP, TWO)
    assert rows["title"] == "Propensity scores by arm"
    assert (rows["facet"]["row"]["field"], rows["facet"]["row"]["sort"]) == ("run", TWO)
    assert not any("title" in layer for layer in rows["spec"]["layer"])


def estimates(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Role, outcome and measure of each estimate."""
    row: dict[str, Any] = {"run": "one", "analysis": "main", "row": "any", "population": "all"}
    row |= {"estimate": 1.5, "lo": 0.5, "hi": 2.0, "n_exposed": 5, "n_control": 6}
    names = ("role", "outcome", "measure")
    return pl.DataFrame([row | dict(zip(names, one, strict=True)) for one in rows])


@pytest.mark.parametrize(
    ("role", "outcome", "measure"), [("primary", "death", "RD"), ("safe", "aki", "OR")]
)
def test_effects_begin_with_the_answer_or_else_the_first(
    role: str, outcome: str, measure: str
) -> None:
    frame = estimates(("other", "aki", "OR"), (role, "death", "RD"))
    spec = chart("effects", "effects", frame)
    wanted = {"chosen_outcome": outcome, "chosen_measure": measure}
    assert chosen(spec) == wanted | {"chosen_role": "every", "chosen_population": "every"}
    assert {
        f"chosen_{of} == 'every' || datum['{of}'] == chosen_{of}"
        for of in ("outcome", "measure", "role", "population")
    } == set(rules(spec))


def test_effects_of_one_run_are_coloured_by_the_answer_and_of_several_by_run() -> None:
    frame = estimates(("primary", "death", "RD"))
    for runs in (ONE, TWO):
        none, limits, points = chart("effects", "effects", frame, runs)["layer"]
        assert limits["encoding"]["x"]["scale"] == {"zero": False}
        assert (limits["encoding"]["x"]["field"], limits["encoding"]["x2"]["field"]) == (
            *("lo_at", "hi_at"),
        )
        assert points["encoding"]["x"]["field"] == "estimate_at"
        axis = limits["encoding"]["x"]["axis"]  # of ratios round numbers at their logarithms
        assert "format(exp(datum.value), '~g') : datum.label" in axis["labelExpr"]
        ticks = axis["values"]["expr"].partition("[")[2].partition("? [")[2].partition("]")[0]
        assert [float(one[4:-1]) for one in ticks.split(", ")] == [
            *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100),
        ]
        assert (
            points["encoding"]["size"]["value"] < points["encoding"]["size"]["condition"]["value"]
        )
        assert none["encoding"]["x"]["field"] == "none"
        assert limits["encoding"]["y"]["sort"] is None  # the order of the table, the answer first
        colour = points["encoding"]["color"]
        assert ("condition" in colour) == (runs == ONE)
        assert colour.get("scale", {}).get("domain") == (None if runs == ONE else TWO)
