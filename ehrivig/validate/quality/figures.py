"""The figures of the quality report as inline SVG: distributions, and the trend over runs."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = ("-", "--", ":", "-.")
_MARGINS = {"left": 0.15, "right": 0.98, "bottom": 0.21, "top": 0.89}
"""Fixed: to fit them anew draws every figure several times."""
_STYLE: Any = {"svg.hashsalt": "ehrivig", "svg.fonttype": "none", "font.size": 9}


def styles(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour and a line of its own for each hospital, told apart without colour too."""
    pairs = itertools.cycle([(c, line) for line in _LINES for c in _COLOURS])
    return dict(zip(names, pairs, strict=False))


def distribution(
    analyte: str,
    counts: pl.DataFrame,
    limits: dict[str, float | None],
    unit: str,
    smallest: int,
) -> str:
    """The distribution of one analyte per hospital on a logarithmic axis, with its limits.

    `counts`: hospital_id, bin (eighths of an octave), n. Bins with fewer than `smallest` results
    are left out.
    """
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(3.6, 2.2))
        axes = figure.subplots(gridspec_kw=_MARGINS)
        hospitals = sorted(set(counts["hospital_id"]))
        for name, (colour, line) in styles(hospitals).items():
            own = counts.filter(pl.col("hospital_id") == name).sort("bin")
            shown = own.filter(pl.col("n") >= max(smallest, 1))
            if shown.is_empty():
                continue
            centre = [2 ** ((bin_ + 0.5) / 8) for bin_ in shown["bin"]]
            share = [100 * n / own["n"].sum() for n in shown["n"]]
            axes.plot(centre, share, color=colour, linestyle=line, linewidth=1.3, label=name)
        for key, colour in (("soft_lo", "#777"), ("soft_hi", "#777")):
            value = limits.get(key)
            if value is not None and value > 0 and math.isfinite(value):
                axes.axvline(value, color=colour, linewidth=0.8, linestyle=(0, (1, 2)))
        axes.set_xscale("log")
        _plain_numbers(axes)
        axes.set_title(analyte.replace("_", " "), loc="left", fontsize=10)
        axes.set_xlabel(unit)
        axes.set_ylabel("% of results")
        axes.spines[["top", "right"]].set_visible(False)
        return _svg(figure, f"Distribution of {analyte} by hospital")


def _plain_numbers(axes: Any) -> None:
    """Numbers as they are written in a record under a logarithmic axis, few enough not to touch."""
    lo, hi = axes.get_xlim()
    steps = (1.0, 2.0, 5.0) if hi < 30 * lo else (1.0,)
    axes.xaxis.set_major_locator(LogLocator(subs=steps))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())  # they would take most of the drawing


def trend(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], title: str) -> str:
    """One line per hospital over the runs, oldest first; None where a run lacks the hospital."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(6.4, 2.4), layout="constrained")
        axes = figure.subplots()
        for name, (colour, line) in styles(sorted(series)).items():
            values = [math.nan if v is None else v for v in series[name]]
            axes.plot(
                range(len(labels)), values, color=colour, linestyle=line, marker="o", label=name
            )
        axes.set_xticks(range(len(labels)), labels, rotation=20, ha="right")
        axes.set_ylabel(title)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
        return _svg(figure, title)


def _svg(figure: Figure, label: str) -> str:
    """A figure as an SVG element that scales with the page; no date, no random ids."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Title": label})
    text = stream.getvalue()
    return text[text.index("<svg") :].replace("<svg ", '<svg role="img" class="figure" ', 1)
