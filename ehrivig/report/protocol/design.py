"""The design diagram: what is looked for when, around time zero.

The rows are those of Schneeweiss et al. (Ann Intern Med 2019;170:398): eligibility, washout,
covariates, exposure, follow-up. Hours are drawn on a scale that shortens what is far away.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass

from matplotlib.patches import Polygon, Rectangle

from ehrivig.figures.style import (
    BLUE,
    GREY,
    INK,
    LIGHT,
    VERMILION,
    WHOLE_PAGE,
    Axes,
    drawing,
    svg_text,
)
from ehrivig.report.protocol import hours
from ehrivig.study import Study
from ehrivig.study.registries import CRITERIA

_LEFT, _RIGHT, _WIDTH = 2.75, 8.0, 8.2
_ROW = 0.62
_BEFORE = 0.24
"""Which part of the drawing lies before time zero."""


@dataclass(frozen=True)
class Bar:
    """One window of the design in hours from time zero.

    `start` None: the beginning of the stay, or before; `end` None: its end. Where both are 0 it is
    a moment. `ends_known`: what comes after time zero is drawn apart, for it was not known then.
    """

    label: str
    start: float | None
    end: float | None
    words: str
    colour: str = BLUE
    ends_known: bool = False


def bars(study: Study) -> list[Bar]:
    """Every window of a study, from top to bottom."""
    found = [*_eligible(study), *_washout(study), *_covariates(study), *_exposure(study)]
    return [*found, *_follow_up(study)]


def _eligible(study: Study) -> list[Bar]:
    criteria = study.cohort.criteria
    by_zero = study.cohort.time_zero == "eligible"
    late = [
        c
        for c in criteria
        if CRITERIA[c.rule].timed
        and not by_zero
        and not (c.rule == "severity" and study.cohort.time_zero == "severity_onset")
    ]
    known = [c for c in criteria if c not in late and c.rule != "untreated_before"]
    start = 0.0 if study.cohort.time_zero == "admission" else None
    said = f"{len(known)} criteria, met by time zero" if start is None else f"{len(known)} criteria"
    found = [Bar("Eligibility", start, 0.0, said)] if known else []
    if late:
        names = f"{len(late)} criteria, also after time zero"
        found.append(Bar("Eligibility looked for in the whole stay", 0.0, None, names, VERMILION))
    return found


def _washout(study: Study) -> list[Bar]:
    if not any(c.rule == "untreated_before" for c in study.cohort.criteria):
        return []
    end = study.exposure.start_hours
    return [Bar("Washout", None, end, f"no {study.exposure.label} before")]


def _covariates(study: Study) -> list[Bar]:
    windows: dict[tuple[float, float | None] | None, int] = {}
    for variable in study.covariates.variables:
        found = hours.of_covariate(study, variable)
        windows[found] = windows.get(found, 0) + 1
    rows = []
    for found, number in windows.items():
        if found is None:
            said = f"{number} of the record (age, sex, coded history)"
            rows.append(Bar("Covariates of the record", None, 0.0, said))
        else:
            said = f"{number} in {hours.window(*found)}"
            rows.append(Bar("Covariates measured", *found, said, ends_known=True))
    return rows


def _exposure(study: Study) -> list[Bar]:
    drug = study.exposure
    said = f"first {drug.label} in {hours.window(drug.start_hours, drug.end_hours)}"
    found = [Bar("Exposure window", drug.start_hours, drug.end_hours, said)]
    if study.answer == "clone_censor_weight":
        said = f"may start until {study.grace_hours:g} h"
        found.append(Bar("Grace period", 0.0, study.grace_hours, said))
    if study.answer == "landmark":
        first = study.analysis.landmark_hours[0]
        found.append(Bar("Until the landmark", 0.0, first, f"exposed by {first:g} h"))
    return found


def _follow_up(study: Study) -> list[Bar]:
    end = hours.horizon(study)
    return [Bar("Follow-up", 0.0, end, f"{study.primary.event_label}, to {hours.moment(end)}")]


def diagram(study: Study) -> str:
    """The design of a study as SVG text, its words being words."""
    rows = bars(study)
    height = (len(rows) + 1.9) * _ROW
    with drawing(_WIDTH, height, margins=WHOLE_PAGE) as (figure, axes):
        axes.set(xlim=(0, _WIDTH), ylim=(len(rows) + 0.75, -1.15))
        axes.axis("off")
        scale = _Scale(rows)
        _axis(axes, scale, study, len(rows))
        for number, row in enumerate(rows):
            _row(axes, scale, row, number)
        return svg_text(figure, f"Design of {study.study.title}")


class _Scale:
    """Where an hour stands from left to right, in inches."""

    def __init__(self, rows: list[Bar]) -> None:
        ends = [e for row in rows for e in (row.start, row.end) if e is not None]
        self.ticks = sorted({0.0, *ends})
        self.before = max(24.0, -min(self.ticks)) * 1.3
        self.after = max(24.0, *self.ticks) * 1.25

    def x(self, hour: float) -> float:
        """The place of an hour; beyond the drawing, its edge."""
        zero = _LEFT + _BEFORE * (_RIGHT - _LEFT)
        reach = zero - _LEFT if hour < 0 else _RIGHT - zero
        far = self.before if hour < 0 else self.after
        part = min(1.0, math.log1p(abs(hour) / 24) / math.log1p(far / 24))
        return zero + math.copysign(part * reach, hour)

    def start(self, row: Bar) -> float:
        return _LEFT if row.start is None else self.x(row.start)

    def end(self, row: Bar) -> float:
        return _RIGHT if row.end is None else self.x(row.end)


def _axis(axes: Axes, scale: _Scale, study: Study, lines: int) -> None:
    """The line of time zero, and the moments at which a window begins or ends."""
    zero = scale.x(0)
    axes.plot((zero, zero), (-0.55, lines - 0.1), color=INK, lw=1.2, zorder=1)
    words = textwrap.fill(f"Time zero: {hours.time_zero(study)}", 58)
    axes.text(zero, -0.68, words, ha="center", va="bottom", fontsize=8.8, weight="bold")
    axes.plot((_LEFT, _RIGHT), (lines - 0.1,) * 2, color=INK, lw=0.9)
    shown = zero
    for tick in [0.0, *(t for t in scale.ticks if t > 0), *(t for t in scale.ticks if t < 0)]:
        x = scale.x(tick)
        if tick and abs(x - shown) < 0.42:
            continue
        shown = zero if tick <= 0 else x
        axes.plot((x, x), (lines - 0.1, lines), color=INK, lw=0.9)
        text = hours.moment(tick) if tick else "0"
        axes.text(x, lines + 0.12, text, ha="center", va="top", fontsize=8.2)
    axes.text(_RIGHT, lines + 0.42, "not to scale", ha="right", va="top", fontsize=7.4, color=GREY)


def _row(axes: Axes, scale: _Scale, row: Bar, number: int) -> None:
    """The name of a window, its bar, and what it is under the bar."""
    axes.plot((0.06, _RIGHT), (number + 0.5,) * 2, color=LIGHT, lw=0.6, zorder=0)
    label = textwrap.fill(row.label, 26)
    axes.text(0.06, number, label, ha="left", va="center", fontsize=9, parse_math=False)
    start, end = scale.start(row), scale.end(row)
    if end - start < 0.02:
        corners = [(start - 0.08, number - 0.14), (start, number - 0.34)]
        corners += [(start + 0.08, number - 0.14), (start, number + 0.06)]
        axes.add_patch(Polygon(corners, closed=True, color=row.colour, lw=0, zorder=2))
    else:
        zero = min(end, scale.x(0)) if row.ends_known and start < scale.x(0) else end
        _bar(axes, number, start, zero, row.colour)
        _bar(axes, number, zero, end, VERMILION)
    _open(axes, row, number, start, end)
    _words(axes, row, number, start, end)


def _bar(axes: Axes, number: int, start: float, end: float, colour: str) -> None:
    corner = (start, number - 0.32)
    axes.add_patch(Rectangle(corner, end - start, 0.32, color=colour, lw=0, alpha=0.85))


def _open(axes: Axes, row: Bar, number: int, start: float, end: float) -> None:
    """A tip at an end that lies wherever the stay begins or ends."""
    for known, edge, step in ((row.start, start, -0.1), (row.end, end, 0.1)):
        if known is None:
            corners = [(edge, number - 0.32), (edge + step, number - 0.16), (edge, number)]
            axes.add_patch(Polygon(corners, closed=True, color=row.colour, lw=0, alpha=0.85))


def _words(axes: Axes, row: Bar, number: int, start: float, end: float) -> None:
    """What a window is, under its bar, from its left end on where there is room."""
    width = 0.068 * len(row.words)
    x, side = (start + 0.04, "left") if start + width < _WIDTH else (_RIGHT, "right")
    y = number + 0.28
    axes.text(
        x, y, row.words, ha=side, va="center", fontsize=8, color=INK, parse_math=False, zorder=3,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )  # fmt: skip
