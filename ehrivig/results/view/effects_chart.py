"""The chart of estimates: differences as they are, ratios on a logarithmic axis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from ehrivig.figures.style import BLUE, LIGHT, VERMILION
from ehrivig.results.view.chart_parts import (
    EVERY,
    WIDE,
    Tables,
    beside,
    by_run,
    choice_of,
    data,
)
from ehrivig.stats.result import DIFFERENCES

_RATIO = f"indexof({json.dumps(DIFFERENCES)}, chosen_measure) < 0"
_ROUND = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_TICKS = f"{_RATIO} ? [{', '.join(f'log({value})' for value in _ROUND)}] : null"
_LABEL = f"{_RATIO} ? format(exp(datum.value), '~g') : datum.label"


def _placed(name: str) -> str:
    """Where a number is drawn: ratios by their logarithm, as far as a thousandth or a thousand."""
    log = f"log(clamp(datum.{name}, 0.001, 1000))"
    return f"isValid(datum.{name}) ? ({_RATIO} ? {log} : datum.{name}) : null"


def effects_chart(tables: Tables, runs: Sequence[str]) -> Any:
    """Estimates of one outcome and measure, those of the answer first."""
    effects = tables["effects"]
    primary = effects.filter(pl.col("role") == "primary")
    first = primary if primary.height else effects
    chart: Any = (
        alt.Chart(data("effects"), width=WIDE - 220)
        .transform_calculate(
            none="0", **{f"{name}_at": _placed(name) for name in ("estimate", "lo", "hi")}
        )
        .encode(
            y=alt.Y("row:N", sort=None, title=None, axis=alt.Axis(labelLimit=420)),
            tooltip=["run:N", "role:N", "row:N", "population:N", "measure:N",
                     *(alt.Tooltip(f"{name}:Q", format=".3g") for name in ("estimate", "lo", "hi")),
                     "n_exposed:Q", "n_control:Q"],
            **beside(runs),
        )
    )  # fmt: skip
    limits = chart.mark_rule(size=2).encode(
        x=alt.X(
            "lo_at:Q",
            title="estimate with its interval",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(labelExpr=_LABEL, values=alt.ExprRef(expr=_TICKS)),
        ),
        x2="hi_at:Q",
        **by_run(runs),
    )
    answer = "datum.role === 'primary'"
    points = chart.mark_point(filled=True, opacity=1).encode(
        x="estimate_at:Q",
        shape=alt.Shape("role:N", title="role"),
        size=alt.condition(answer, alt.value(160), alt.value(60)),
        **(
            by_run(runs)
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
        choice = choice_of(effects, column, label, start)
        field = f"datum[{column!r}]"
        rule = f"{choice.name} == '{EVERY}' || {field} == {choice.name}"
        layered = layered.add_params(choice).transform_filter(rule)
    return layered
