"""What the charts of the page share: their data, choices, and how several runs stand in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from ehrivig.figures.style import BLUE, SERIES_COLOURS

Tables = dict[str, pl.DataFrame]
EVERY = "every"
"""What a choice says that filters nothing."""
WIDE = 640


def data(name: str) -> alt.NamedData:
    """The table of the page that a chart draws."""
    return alt.NamedData(name=name)


def values_of(frame: pl.DataFrame, column: str) -> list[str]:
    """The values of a column as text, in the order of the table; no null."""
    return [str(value) for value in frame[column].unique(maintain_order=True).drop_nulls()]


def choice_of(frame: pl.DataFrame, column: str, label: str, first: str = EVERY) -> alt.Parameter:
    """A list of the values of a column to choose from, `first` before them."""
    every = [first] if first == EVERY else []
    options = [*every, *[v for v in values_of(frame, column) if v != EVERY]]
    chosen = first if first in options else options[0]
    name = f"chosen_{column}"
    return alt.param(name=name, value=chosen, bind=alt.binding_select(options=options, name=label))


def filtered(chart: Any, choice: alt.Parameter, column: str) -> Any:
    """A chart of the rows that were chosen."""
    field, name = f"datum[{column!r}]", choice.name
    rule = f"{name} == '{EVERY}' || {field} == {name}"
    return chart.add_params(choice).transform_filter(rule)


def by_run(runs: Sequence[str]) -> dict[str, Any]:
    """Colour by run, where there are several."""
    if len(runs) < 2:
        return {"color": alt.value(BLUE)}
    scale = alt.Scale(domain=[*runs], range=list(SERIES_COLOURS))
    return {"color": alt.Color("run:N", title="run", scale=scale)}


def beside(runs: Sequence[str]) -> dict[str, Any]:
    """Several runs one below the other in each line."""
    return {"yOffset": alt.YOffset("run:N", sort=[*runs])} if len(runs) > 1 else {}
