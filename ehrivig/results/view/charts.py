"""The charts of the page, as specifications of Vega-Lite: one per question that it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
import polars as pl

from ehrivig.figures.style import BLUE, CONTROL, EXPOSED, GREY, LIGHT, SERIES_COLOURS, VERMILION

Tables = dict[str, pl.DataFrame]
EVERY = "every"
"""What a choice says that filters nothing."""
NO_HOSPITAL = ("all", "whole extract", "other hospitals")
_WIDE = 640
_MOST_HOSPITALS = 24
"""Of more, the squares of the checks are narrow, and their names are told by the pointer alone."""
_HIDDEN = "#e3e3e3"
_VERDICTS = {"pass": "#dfe7e2", "warn": "#E69F00", "fail": VERMILION}


def specifications(tables: Tables, runs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Name of a chart -> its specification; its data are named as the table that it draws.

    `runs`: their names in the order given, which is that of every chart, with a colour for each.
    """
    found = {}
    for name, (table, draw) in _CHARTS.items():
        chart = draw(tables, runs) if table in tables else None
        if chart is not None:
            found[name] = chart.configure_view(stroke=None).to_dict()
    return found


def _data(name: str) -> alt.NamedData:
    return alt.NamedData(name=name)


def _values(frame: pl.DataFrame, column: str) -> list[str]:
    return [str(value) for value in frame[column].unique(maintain_order=True).drop_nulls()]


def _choice(frame: pl.DataFrame, column: str, label: str, first: str = EVERY) -> alt.Parameter:
    """A list of the values of a column to choose from, `first` before them."""
    every = [first] if first == EVERY else []
    options = [*every, *[v for v in _values(frame, column) if v != EVERY]]
    chosen = first if first in options else options[0]
    name = f"chosen_{column}"
    return alt.param(name=name, value=chosen, bind=alt.binding_select(options=options, name=label))


def _filtered(chart: Any, choice: alt.Parameter, column: str) -> Any:
    """A chart of the rows that were chosen."""
    field, name = f"datum[{column!r}]", choice.name
    rule = f"{name} == '{EVERY}' || {field} == {name}"
    return chart.add_params(choice).transform_filter(rule)


def _by_run(runs: Sequence[str]) -> dict[str, Any]:
    """Colour by run, where there are several."""
    if len(runs) < 2:
        return {"color": alt.value(BLUE)}
    scale = alt.Scale(domain=[*runs], range=list(SERIES_COLOURS))
    return {"color": alt.Color("run:N", title="run", scale=scale)}


def _beside(runs: Sequence[str]) -> dict[str, Any]:
    """Several runs one below the other in each line."""
    return {"yOffset": alt.YOffset("run:N", sort=[*runs])} if len(runs) > 1 else {}


def _flow(tables: Tables, runs: Sequence[str]) -> Any:
    flow = tables["flow"]
    steps = flow.unique("label", maintain_order=True).sort("step")["label"].to_list()
    base = alt.Chart(
        _data("flow"), width=_WIDE - 160, title="Admissions left after each criterion"
    ).encode(
        y=alt.Y("label:N", sort=steps, title=None, axis=alt.Axis(labelLimit=280)),
        **_beside(runs),
    )
    bars = base.mark_bar().encode(
        x=alt.X("admissions:Q", title="admissions"),
        tooltip=["run:N", "hospital:N", "label:N", "admissions:Q", "excluded:Q"],
        **_by_run(runs),
    )
    hidden = (
        base.transform_filter("!isValid(datum.admissions)")
        .mark_text(align="left", dx=4, fontStyle="italic", color="#555")
        .encode(x=alt.value(0), text=alt.value("not shown"), tooltip=["run:N", "label:N"])
    )
    return _filtered(
        alt.layer(bars, hidden), _choice(flow, "hospital", "Hospital ", "all"), "hospital"
    )


def _squares(name: str, tables: Tables, runs: Sequence[str]) -> Any:
    """A square per check and hospital, in as many panels as runs."""
    frame = tables[name]
    hospitals = sorted(_values(frame, "hospital"))
    n = sum(name not in NO_HOSPITAL for name in hospitals)
    many = n > _MOST_HOSPITALS
    axis = alt.Axis(labels=not many, ticks=not many, labelAngle=-40)
    return alt.Chart(
        _data(name), width=alt.Step(max(3, _WIDE * 1.25 // n) if many else 26), height=alt.Step(15)
    ).mark_rect(stroke="white", strokeWidth=0.4).encode(
        x=alt.X("hospital:N", sort=hospitals, title=f"hospitals: {n}", axis=axis),
        y=alt.Y("check:N", sort=_values(frame, "check"), title=None, axis=alt.Axis(labelLimit=320)),
        **({"column": alt.Column("run:N", sort=[*runs])} if len(runs) > 1 else {}),
    )  # fmt: skip


def _checks(tables: Tables, runs: Sequence[str]) -> Any:
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(_VERDICTS), range=list(_VERDICTS.values())),
        title="verdict",
    )
    chart = _squares("checks", tables, runs).encode(
        color=colour,
        tooltip=["run:N", "hospital:N", "check:N", "verdict:N", "severity:N",
                 alt.Tooltip("share:Q", format=".1%", title="share violated, at least")],
    )  # fmt: skip
    chart = _filtered(chart, _choice(tables["checks"], "table", "Table "), "table")
    return _filtered(chart, _choice(tables["checks"], "hospital", "Hospital "), "hospital")


def _complete(tables: Tables, runs: Sequence[str]) -> Any:
    chart = _squares("complete", tables, runs).encode(
        color=alt.Color(
            "complete:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), title="share there"
        ),
        tooltip=["run:N", "hospital:N", "check:N", alt.Tooltip("complete:Q", format=".1%")],
    )
    return _filtered(chart, _choice(tables["complete"], "table", "Table "), "table")


def _trends(tables: Tables, runs: Sequence[str]) -> Any:
    """The share violated run by run: what has changed since."""
    checks = tables["checks"]
    if len(runs) < 2:
        return None
    first = _values(checks, "check")[0]
    many = checks["hospital"].n_unique() > _MOST_HOSPITALS
    chart = (
        alt.Chart(_data("checks"), width=_WIDE, height=220, title="Share violated, run by run")
        .mark_line(point=True)
        .encode(
            x=alt.X("run:N", sort=[*runs], title=None),
            y=alt.Y("share:Q", axis=alt.Axis(format="%"), title="share violated, at least"),
            color=alt.Color(
                "hospital:N",
                scale=alt.Scale(scheme="tableau10"),
                legend=None if many else alt.Legend(title="hospital"),
            ),
            tooltip=["run:N", "hospital:N", alt.Tooltip("share:Q", format=".2%"), "verdict:N"],
        )
    )
    return _filtered(chart, _choice(checks, "check", "Check ", first), "check")


def _not_shown(base: Any, count: str, *told: str) -> Any:
    """The bins of which the release hides the count, in full height: they are not empty."""
    known = f"isValid(datum.{count})"
    return (
        base.transform_calculate(told=f"{known} ? datum.{count} : 'not shown'")
        .mark_rect(color=_HIDDEN)
        .encode(
            opacity=alt.condition(known, alt.value(0), alt.value(1)),
            tooltip=["run:N", *told, "lo:Q", "hi:Q", alt.Tooltip("told:N", title=count)],
        )
    )


def _dosing(tables: Tables, runs: Sequence[str]) -> Any:
    dosing = tables["dosing"]
    base = alt.Chart(
        _data("dosing"), width=_WIDE, height=220, title="How the exposed were dosed"
    ).encode(x=alt.X("lo:Q", bin="binned", title=None), x2="hi:Q")
    bars = base.mark_bar(opacity=0.7 if len(runs) > 1 else 1.0).encode(
        y=alt.Y("n:Q", stack=None, title="admissions"),
        tooltip=["run:N", "label:N", "lo:Q", "hi:Q", "n:Q"],
        **_by_run(runs),
    )
    first = _values(dosing, "label")[0]
    layered = alt.layer(_not_shown(base, "n", "label:N"), bars)
    return _filtered(layered, _choice(dosing, "label", "Feature ", first), "label")


def _balance(tables: Tables, runs: Sequence[str]) -> Any:
    fold: list[Any] = ["smd_unmatched", "smd_matched"]
    says = "datum.when == 'smd_matched' ? 'after matching' : 'before'"
    base = (
        alt.Chart(_data("balance"), width=_WIDE - 200, title="Standardised mean differences")
        .transform_fold(fold, as_=["when", "smd"])
        .transform_calculate(
            when=says,
            name="datum.level ? datum.label + ': ' + datum.level : datum.label",
            score="datum.in_score ? 'in the score' : 'not in the score'",
        )
    )
    points = base.mark_point(filled=True, size=60).encode(
        x=alt.X("smd:Q", title="standardised mean difference"),
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=280)),
        shape=alt.Shape("when:N", title=None),
        tooltip=["run:N", "name:N", "when:N", "score:N", alt.Tooltip("smd:Q", format=".3f")],
        color=alt.Color("when:N", scale=alt.Scale(range=[BLUE, GREY]), title=None),
        **({"column": alt.Column("run:N", sort=[*runs])} if len(runs) > 1 else {}),
    )
    score = alt.param(
        name="chosen_score",
        value=EVERY,
        bind=alt.binding_select(
            options=[EVERY, "in the score", "not in the score"], name="Variables "
        ),
    )
    rule = f"chosen_score == '{EVERY}' || datum.score == chosen_score"
    return points.add_params(score).transform_filter(rule)


def _overlap(tables: Tables, runs: Sequence[str]) -> Any:
    shown: Any = {} if len(runs) > 1 else {"title": "Propensity scores by arm"}
    base: Any = (
        alt.Chart(width=_WIDE, height=200, **shown)
        .transform_fold(["exposed", "control"], as_=["arm", "people"])
        .encode(x=alt.X("lo:Q", bin="binned", title="propensity score"), x2="hi:Q")
    )
    bars = base.mark_bar(opacity=0.6).encode(
        y=alt.Y("people:Q", stack=None, title="admissions"),
        color=alt.Color(
            "arm:N",
            scale=alt.Scale(domain=["exposed", "control"], range=[EXPOSED, CONTROL]),
            title="arm",
        ),
        tooltip=["run:N", "arm:N", "lo:Q", "hi:Q", "people:Q"],
    )
    layered = alt.layer(_not_shown(base, "people", "arm:N"), bars, data=_data("overlap"))
    if len(runs) < 2:
        return layered
    return layered.facet(row=alt.Row("run:N", sort=[*runs]), title="Propensity scores by arm")


def _effects(tables: Tables, runs: Sequence[str]) -> Any:
    """Estimates of one outcome and measure, those of the answer first."""
    effects = tables["effects"]
    primary = effects.filter(pl.col("role") == "primary")
    first = primary if primary.height else effects
    chart: Any = (
        alt.Chart(_data("effects"), width=_WIDE - 220)
        .transform_calculate(none="datum.measure in {RD: 1, MD: 1, RMSTD: 1, RMTL: 1} ? 0 : 1")
        .encode(
            y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelLimit=420)),
            tooltip=["run:N", "role:N", "row:N", "population:N", "measure:N",
                     *(alt.Tooltip(f"{name}:Q", format=".3g") for name in ("estimate", "lo", "hi")),
                     "n_exposed:Q", "n_control:Q"],
            **_beside(runs),
        )
    )  # fmt: skip
    limits = chart.mark_rule(size=2).encode(
        x=alt.X("lo:Q", title="estimate with its interval", scale=alt.Scale(zero=False)),
        x2="hi:Q",
        **_by_run(runs),
    )
    answer = "datum.role === 'primary'"
    points = chart.mark_point(filled=True, opacity=1).encode(
        x="estimate:Q",
        shape=alt.Shape("role:N", title="role"),
        size=alt.condition(answer, alt.value(160), alt.value(60)),
        **(
            _by_run(runs)
            if len(runs) > 1
            else {"color": alt.condition(answer, alt.value(VERMILION), alt.value(BLUE))}
        ),
    )
    none = chart.mark_tick(color=LIGHT, thickness=1, size=30).encode(x="none:Q", tooltip=[])
    layered: Any = alt.layer(none, limits, points)
    for column, label, start in (
        ("outcome", "Outcome ", first["outcome"][0]),
        ("measure", "Measure ", first["measure"][0]),
        ("role", "Role ", EVERY),
        ("population", "Population ", EVERY),
    ):
        choice = _choice(effects, column, label, start)
        field = f"datum[{column!r}]"
        rule = f"{choice.name} == '{EVERY}' || {field} == {choice.name}"
        layered = layered.add_params(choice).transform_filter(rule)
    return layered


Draw = Callable[[Tables, Sequence[str]], Any]
_CHARTS: dict[str, tuple[str, Draw]] = {
    "effects": ("effects", _effects),
    "flow": ("flow", _flow),
    "checks": ("checks", _checks),
    "trends": ("checks", _trends),
    "complete": ("complete", _complete),
    "dosing": ("dosing", _dosing),
    "balance": ("balance", _balance),
    "overlap": ("overlap", _overlap),
}
