"""The figures of a study: each takes the run's tables and writes one SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ehrivig.figures.forest import ForestHead, ForestRow, forest_svg
from ehrivig.figures.style import (
    COLOUR,
    CONTROL,
    EXPOSED,
    INK,
    LIGHT,
    LINE,
    QUIET,
    Axes,
    drawing,
    save,
)
from ehrivig.report import findings
from ehrivig.report.table import estimate_text
from ehrivig.stats.no_estimate import word
from ehrivig.stats.result import DIFFERENCES

NAMES = {"exposed": "exposed", "control": "unexposed"}
ROW_INCHES = 0.21
"""Of a line of the love plot."""
UNGROUPED = "General"
"""The heading of variables without a group."""
RISK_DAYS = (0, 7, 14, 21, 28)
_COUNTS = ("events_exposed", "n_exposed", "events_control", "n_control")


def love_plot(balance: pl.DataFrame, path: Path) -> None:
    """Absolute standardised mean differences before and after matching, largest first.

    With a column `group` the variables of a group stand together, its largest difference deciding
    which comes first; what `in_score` marks has a dot before its name.
    """
    numbers = pl.col("smd_unmatched", "smd_matched").cast(pl.Float64)  # all null: read as text
    table = balance.with_columns(numbers).filter(pl.col("smd_unmatched").is_not_null())
    table = _in_groups(table)
    with drawing(7.2, max(2.5, ROW_INCHES * table.height + 1.1)) as (figure, axes):
        rows = np.arange(table.height)
        before = table["smd_unmatched"].abs().to_numpy()
        after = table["smd_matched"].abs().to_numpy()
        axes.hlines(rows, np.fmin(before, after), np.fmax(before, after), color=LIGHT, zorder=1)
        axes.scatter(
            before,
            rows,
            marker="o",
            s=34,
            facecolors="none",
            edgecolors=CONTROL,
            linewidths=1.5,
            label="before matching",
            zorder=2,
        )
        axes.scatter(after, rows, marker="D", s=26, color=EXPOSED, label="after matching", zorder=3)
        axes.axvline(findings.BALANCED, color=INK, linestyle=":", linewidth=1)
        axes.set_yticks(rows, _names(table))
        axes.set_xlabel("|standardised mean difference|; dotted line: 0.1")
        axes.set_ylim(-0.8, table.height - 0.2)
        axes.set_xlim(left=0)
        _headings(axes, table)
        axes.legend(loc="lower right")
        save(figure, path, findings.of_balance(table.filter(pl.col("label").is_not_null())))


def _in_groups(table: pl.DataFrame) -> pl.DataFrame:
    """The rows from the foot of the plot upwards, groups together, each below its heading."""
    size = pl.col("smd_unmatched").abs()
    if "group" not in table.columns:
        return table.sort(size)
    groups = table.group_by("group", maintain_order=True).agg(size.max().alias("most")).sort("most")
    parts = []
    for name in groups["group"].to_list():
        part = table.filter(pl.col("group").eq_missing(pl.lit(name))).sort(size)
        parts += [part, part.clear(1).with_columns(pl.lit(name or UNGROUPED).alias("group"))]
    return pl.concat(parts) if parts else table


def _names(table: pl.DataFrame) -> list[str]:
    marked = table["in_score"].to_list() if "in_score" in table.columns else [None] * table.height
    pairs = zip(table["label"].to_list(), marked, strict=True)
    return ["" if label is None else f"\u2022 {label}" if m else label for label, m in pairs]


def _headings(axes: Axes, table: pl.DataFrame) -> None:
    """The name of each group on the line above its variables."""
    if "group" not in table.columns:
        return
    for row, (label, group) in enumerate(table.select("label", "group").iter_rows()):
        if label is None:
            axes.text(
                -0.01,
                row,
                group,
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                fontweight="bold",
                fontsize=9,
            )


def overlap(table: pl.DataFrame, path: Path) -> None:
    """Propensity scores of both arms, one above and one below the axis."""
    with drawing(7.2, 3.2) as (figure, axes):
        both_arms(axes, table, "propensity score")
        save(figure, path, findings.of_overlap(table, NAMES))


def both_arms(axes: Axes, table: pl.DataFrame, score: str) -> None:
    """How many of each arm have which score, one above and one below the axis."""
    middle = ((table["lo"] + table["hi"]) / 2).to_numpy()
    width = float((table["hi"] - table["lo"])[0]) if table.height else 0.05
    for name, sign in (("exposed", 1), ("control", -1)):
        counts = table[name].cast(pl.Float64).fill_null(0).to_numpy()
        axes.bar(
            middle,
            sign * counts,
            width=0.92 * width,
            color=COLOUR[name],
            hatch="" if name == "exposed" else "////",
            edgecolor="white",
            linewidth=0.3,
            label=NAMES[name],
        )
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.set_xlabel(score)
    axes.set_ylabel("admissions")
    axes.set_xlim(0, 1)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def curves(
    table: pl.DataFrame,
    path: Path,
    *,
    y_label: str,
    x_label: str,
    notes: str = "",
    names: dict[str, str] | None = None,
    whole: bool = True,
) -> None:
    """Step curves of both arms with 95% bands, and the numbers at risk where known.

    `names`: the arms', in the legend, which says of one from when on it is not shown.
    `whole`: the axis runs to 1, else as far as the curves do.
    """
    names = names or NAMES
    days = [d for d in RISK_DAYS if d <= table["time"].to_numpy().max()]
    at_risk = table["at_risk"].is_not_null().any()
    with drawing(7.2, 4.4 if at_risk else 3.6) as (figure, axes):
        for name in ("exposed", "control"):
            part = _interrupted(table.filter(pl.col("group") == name).sort("time"))
            time, value = part["time"].to_numpy(), part["estimate"].to_numpy()
            axes.step(
                time,
                value,
                where="post",
                color=COLOUR[name],
                linestyle=LINE[name],
                linewidth=1.8,
                label=f"{names[name]}{_until(part)}",
            )
            axes.fill_between(
                time,
                part["lo"].cast(pl.Float64).to_numpy(),
                part["hi"].cast(pl.Float64).to_numpy(),
                step="post",
                color=COLOUR[name],
                alpha=0.13,
                linewidth=0,
            )
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.set_ylim(0, 1.02 if whole else None)
        axes.set_xlim(left=0)
        axes.legend(loc="lower left" if "urvi" in y_label else "upper left")
        if notes:
            axes.set_title(notes, fontsize=9, fontweight="normal", color=QUIET)
        if at_risk:
            axes.set_xticks(days)
            _risk_table(axes, table, days)
        save(figure, path, findings.of_curves(table, names, y_label, x_label))


def _interrupted(part: pl.DataFrame) -> pl.DataFrame:
    """A curve that ends where its next value is not shown: that it stays as it was is not known."""
    known = pl.col("estimate").is_not_null()
    unknown = pl.lit(None, pl.Float64)
    ends = part.filter(known & ~known.shift(-1, fill_value=True)).with_columns(
        estimate=unknown, lo=unknown, hi=unknown
    )
    return pl.concat([part.cast({"lo": pl.Float64, "hi": pl.Float64}), ends]).sort(
        "time", maintain_order=True
    )


def _until(part: pl.DataFrame) -> str:
    """From when on a curve is not shown, in words; nothing where it is shown to its end."""
    shown = part.filter(pl.col("estimate").is_not_null())
    if shown.height and part["estimate"][-1] is not None:
        return ""
    last = float(shown["time"].to_numpy()[-1]) if shown.height else 0.0
    return f": not shown{f' after day {last:.3g}' if last else ''} (few people)"


def _risk_table(axes: Axes, table: pl.DataFrame, days: Sequence[int]) -> None:
    """Numbers at risk under the time axis."""
    axes.text(
        -0.01, -0.24, "at risk", transform=axes.transAxes, fontsize=8, ha="right", color=QUIET
    )
    for line, name in enumerate(("exposed", "control")):
        part = table.filter(pl.col("group") == name)
        y = -0.27 - 0.07 * line
        axes.text(
            -0.05,
            y,
            NAMES[name],
            transform=axes.transAxes,
            fontsize=8,
            ha="right",
            color=COLOUR[name],
        )
        for day in days:
            nearest = part.sort((pl.col("time") - day).abs()).head(1)["at_risk"]
            text = "" if nearest.is_empty() else "<" if nearest[0] is None else f"{nearest[0]:,}"
            axes.text(day, y, text, transform=axes.get_xaxis_transform(), fontsize=8, ha="center")


def forest(effects: pl.DataFrame, path: Path, *, label: str) -> None:
    """Effects with 95% intervals, one row each, with their numbers beside; `label` says of what."""
    ratio = not bool(effects["measure"].is_in(DIFFERENCES).any())
    counted = bool(effects["events_exposed"].is_not_null().any())
    arms = tuple((name.capitalize(), 2) for name in NAMES.values()) if counted else ()
    effect = "Ratio (95% CI)" if ratio else "Difference (95% CI)"
    columns = (*("Events", "Total") * len(arms), effect)
    head = ForestHead("Contrast", columns, arms, axis=label)
    rows = [_forest_row(row, counted) for row in effects.iter_rows(named=True)]
    finding = findings.of_forest(rows, label, ratio)
    path.write_text(forest_svg(rows, head, finding, ratio=ratio), encoding="utf-8")


def _forest_row(effect: dict[str, Any], counted: bool) -> ForestRow:
    """A contrast as a line of the plot; without an estimate it keeps its name and says why."""
    counts = tuple(_count(effect, name) for name in _COUNTS) if counted else ()
    estimate, lo, hi = (effect[name] for name in ("estimate", "lo", "hi"))
    if estimate is None:
        return ForestRow("study", effect["contrast"], (*counts, word(effect["note"])))
    shown = f"{effect['measure']} {estimate_text(effect)}"
    return ForestRow("study", effect["contrast"], (*counts, shown), estimate, lo, hi)


def _count(effect: dict[str, Any], name: str) -> str:
    """A count beside its estimate; empty where it is not shown, or no events are."""
    events = (effect["events_exposed"], effect["events_control"])
    return "" if effect[name] is None or events == (None, None) else f"{effect[name]:,}"


def dosing_histograms(counts: pl.DataFrame, path: Path) -> None:
    """How the exposed were dosed: one panel per feature, cells below the limit left empty."""
    counts = counts.filter((pl.col("n") > 0).any().over("feature"))
    features = counts["feature"].unique(maintain_order=True).to_list()
    with drawing(7.2, 2.1 * max(1, len(features))) as (figure, axes):
        axes.remove()
        for number, name in enumerate(features, start=1):
            panel = figure.add_subplot(len(features), 1, number)
            part = counts.filter(pl.col("feature") == name)
            panel.bar(
                part["lo"].to_numpy(),
                part["n"].cast(pl.Float64).fill_null(0).to_numpy(),
                width=(part["hi"] - part["lo"]).to_numpy() * 0.92,
                align="edge",
                color=EXPOSED,
            )
            panel.set_xlabel(part["label"][0])
            panel.set_ylabel("admissions")
        save(figure, path, findings.of_doses(counts))
