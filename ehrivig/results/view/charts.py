"""The charts of the page, as specifications of Vega-Lite: one per question that it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from ehrivig.figures.style import BLUE, CONTROL, EXPOSED, GREY, VERMILION
from ehrivig.results.view.chart_parts import (
    EVERY,
    WIDE,
    Tables,
    beside,
    by_run,
    choice_of,
    data,
    filtered,
    values_of,
)
from ehrivig.results.view.effects_chart import effects_chart

NO_HOSPITAL = ("all", "whole extract", "other hospitals")
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


def _flow(tables: Tables, runs: Sequence[str]) -> Any:
    flow = tables["flow"]
    steps = flow.unique("label", maintain_order=True).sort("step")["label"].to_list()
    base = alt.Chart(
        data("flow"), width=WIDE - 160, title="Admissions left after each criterion"
    ).encode(
        y=alt.Y("label:N", sort=steps, title=None, axis=alt.Axis(labelLimit=280)),
        **beside(runs),
    )
    bars = base.mark_bar().encode(
        x=alt.X("admissions:Q", title="admissions"),
        tooltip=["run:N", "hospital:N", "label:N", "admissions:Q", "excluded:Q"],
        **by_run(runs),
    )
    hidden = (
        base.transform_filter("!isValid(datum.admissions)")
        .mark_text(align="left", dx=4, fontStyle="italic", color="#555")
        .encode(x=alt.value(0), text=alt.value("not shown"), tooltip=["run:N", "label:N"])
    )
    return filtered(
        alt.layer(bars, hidden), choice_of(flow, "hospital", "Hospital ", "all"), "hospital"
    )


def _squares(name: str, tables: Tables, runs: Sequence[str]) -> Any:
    """A square per check and hospital, in as many panels as runs."""
    frame = tables[name]
    hospitals = sorted(values_of(frame, "hospital"))
    n = sum(name not in NO_HOSPITAL for name in hospitals)
    many = n > _MOST_HOSPITALS
    axis = alt.Axis(labels=not many, ticks=not many, labelAngle=-40)
    checks = values_of(frame, "check")
    return alt.Chart(
        data(name), width=alt.Step(max(3, WIDE * 1.25 // n) if many else 26), height=alt.Step(15)
    ).mark_rect(stroke="white", strokeWidth=0.4).encode(
        x=alt.X("hospital:N", sort=hospitals, title=f"hospitals: {n}", axis=axis),
        y=alt.Y("check:N", sort=checks, title=None, axis=alt.Axis(labelLimit=320)),
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
    chart = filtered(chart, choice_of(tables["checks"], "table", "Table "), "table")
    return filtered(chart, choice_of(tables["checks"], "hospital", "Hospital "), "hospital")


def _complete(tables: Tables, runs: Sequence[str]) -> Any:
    chart = _squares("complete", tables, runs).encode(
        color=alt.Color(
            "complete:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), title="share there"
        ),
        tooltip=["run:N", "hospital:N", "check:N", alt.Tooltip("complete:Q", format=".1%")],
    )
    return filtered(chart, choice_of(tables["complete"], "table", "Table "), "table")


def _trends(tables: Tables, runs: Sequence[str]) -> Any:
    """The share violated run by run: what has changed since."""
    checks = tables["checks"]
    if len(runs) < 2:
        return None
    first = values_of(checks, "check")[0]
    many = checks["hospital"].n_unique() > _MOST_HOSPITALS
    chart = (
        alt.Chart(data("checks"), width=WIDE, height=220, title="Share violated, run by run")
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
    return filtered(chart, choice_of(checks, "check", "Check ", first), "check")


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
        data("dosing"), width=WIDE, height=220, title="How the exposed were dosed"
    ).encode(x=alt.X("lo:Q", bin="binned", title=None), x2="hi:Q")
    bars = base.mark_bar(opacity=0.7 if len(runs) > 1 else 1.0).encode(
        y=alt.Y("n:Q", stack=None, title="admissions"),
        tooltip=["run:N", "label:N", "lo:Q", "hi:Q", "n:Q"],
        **by_run(runs),
    )
    first = values_of(dosing, "label")[0]
    layered = alt.layer(_not_shown(base, "n", "label:N"), bars)
    return filtered(layered, choice_of(dosing, "label", "Feature ", first), "label")


def _balance(tables: Tables, runs: Sequence[str]) -> Any:
    fold: list[Any] = ["smd_unmatched", "smd_matched"]
    says = "datum.when == 'smd_matched' ? 'after matching' : 'before'"
    base = (
        alt.Chart(data("balance"), width=WIDE - 200, title="Standardised mean differences")
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
        alt.Chart(width=WIDE, height=200, **shown)
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
    layered = alt.layer(_not_shown(base, "people", "arm:N"), bars, data=data("overlap"))
    if len(runs) < 2:
        return layered
    return layered.facet(row=alt.Row("run:N", sort=[*runs]), title="Propensity scores by arm")


Draw = Callable[[Tables, Sequence[str]], Any]
_CHARTS: dict[str, tuple[str, Draw]] = {
    "effects": ("effects", effects_chart),
    "flow": ("flow", _flow),
    "checks": ("checks", _checks),
    "trends": ("checks", _trends),
    "complete": ("complete", _complete),
    "dosing": ("dosing", _dosing),
    "balance": ("balance", _balance),
    "overlap": ("overlap", _overlap),
}
