"""The figures of the quality report as SVG: distributions, and the trend over runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import polars as pl

from ehrivig.figures.axes import logarithmic
from ehrivig.figures.style import (
    BLUE,
    QUIET,
    SERIES_COLOURS,
    SERIES_LINES,
    VERMILION,
    Axes,
    drawing,
    series_styles,
    svg_text,
)

_MARGINS = {"left": 0.15, "right": 0.98, "bottom": 0.21, "top": 0.89}
"""Fixed: to fit them anew draws every figure several times."""
_POINTS = 9
MANY = len(SERIES_COLOURS) * len(SERIES_LINES)
_FEWEST = 20  # results of a hospital that has a distribution


def distribution(
    analyte: str,
    counts: pl.DataFrame,
    limits: dict[str, float | None],
    unit: str,
    smallest: int,
) -> str:
    """The distribution of one analyte per hospital on a logarithmic axis, with its limits.

    `counts`: hospital_id, bin (eighths of an octave), n. Bins with fewer than `smallest` results
    are left out. More hospitals than there are lines to tell apart are drawn together, with the
    median of each.
    """
    with drawing(3.6, 2.2, margins=_MARGINS, points=_POINTS) as (figure, axes):
        if counts["hospital_id"].n_unique() > MANY:
            _draw_together(axes, counts, smallest)
        else:
            _draw_proportions(axes, counts, smallest)
        for key in ("soft_lo", "soft_hi"):
            value = limits.get(key)
            if value is not None and value > 0 and math.isfinite(value):
                axes.axvline(value, color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)))
        logarithmic(axes, fine=30)
        axes.set_title(analyte.replace("_", " "), fontsize=10)
        axes.set_xlabel(unit)
        axes.set_ylabel("% of results")
        return svg_text(figure, f"Distribution of {analyte} by hospital")


def _draw_proportions(axes: Axes, counts: pl.DataFrame, smallest: int) -> None:
    """One line per hospital: the part of its results in each bin that may be shown."""
    hospitals = sorted(set(counts["hospital_id"]))
    for name, (colour, line) in series_styles(hospitals).items():
        own = counts.filter(pl.col("hospital_id") == name).sort("bin")
        shown = own.filter(pl.col("n") >= max(smallest, 1))
        if shown.is_empty():
            continue
        percent = [100 * n / own["n"].sum() for n in shown["n"]]
        axes.plot(
            _centres(shown["bin"]), percent, color=colour, linestyle=line, linewidth=1.3, label=name
        )


def _draw_together(axes: Axes, counts: pl.DataFrame, smallest: int) -> None:
    """The results of all hospitals as one line, and a tick where the median of any of them lies.

    Medians are those of hospitals with at least 20 results, exact to a bin.
    """
    bins = counts.group_by("bin").agg(pl.col("n").sum()).sort("bin")
    shown = bins.filter(pl.col("n") >= max(smallest, 1))
    percent = [100 * n / bins["n"].sum() for n in shown["n"]]
    axes.plot(_centres(shown["bin"]), percent, color=BLUE, linewidth=1.3)
    up_to, all_of = pl.col("n").cum_sum().over("hospital_id"), pl.col("n").sum().over("hospital_id")
    halves = counts.sort("bin").filter((2 * up_to >= all_of) & (all_of >= _FEWEST))
    medians = halves.group_by("hospital_id").agg(pl.col("bin").min())["bin"].unique().sort()
    base = [0.0] * len(medians)
    axes.plot(_centres(medians), base, "|", color=VERMILION, markersize=9, clip_on=False)
    axes.set_ylim(bottom=0)


def _centres(bins: pl.Series) -> list[float]:
    """The middle of each bin, an eighth of an octave."""
    return [2.0 ** ((one + 0.5) / 8) for one in bins]


def trend(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], title: str) -> str:
    """One line per hospital over the runs, oldest first; None where a run lacks the hospital."""
    with drawing(6.4, 2.4, points=_POINTS) as (figure, axes):
        for name, (colour, line) in series_styles(sorted(series)).items():
            values = [math.nan if v is None else v for v in series[name]]
            axes.plot(
                range(len(labels)),
                values,
                color=colour,
                linestyle=line,
                marker="o",
                label=name,
                clip_on=False,
            )
        axes.set_xticks(range(len(labels)), labels, rotation=20, ha="right")
        axes.set_title(title, fontsize=10)
        axes.set_ylim(bottom=0)
        return svg_text(figure, title)
