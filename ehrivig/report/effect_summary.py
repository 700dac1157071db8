"""The effects on the primary outcome side by side, one line per analysis, the answer first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from ehrivig.figures import digits, mini
from ehrivig.report.table import minus, p_text, signed
from ehrivig.study import Study
from ehrivig.study.immortal_time import immortal_time

Row = dict[str, Any]
_ROLES = {
    "primary": "Answer",
    "safe": "Free of immortal time",
    "sensitivity": "Beside the answer",
    "crude": "Crude",
    "reproduction": "As published",
}
"""What the reader is told of each role, in this order."""
_ANALYSES = ("time_zero", "follow_up", "main", "weighting", "large_scale", "hospital")
_BY_MODEL = ("weighting", "hospital")
"""Analyses whose rows of one contrast are told apart by their model."""
_DIFFERENCES = ("RD", "MD")
_RATIOS = ("RR", "OR", "HR")
_MOST_REACH = 3
"""How much wider than the answer the scale may be: what lies beyond ends in an arrow."""


@dataclass(frozen=True)
class Line:
    """One analysis: what is compared, both risks, the difference with its drawing, the ratio, p."""

    name: str
    detail: str
    exposed: str
    control: str
    difference: str
    drawn: Markup
    ratio: str
    p: str


@dataclass(frozen=True)
class Group:
    """The analyses of one role."""

    name: str
    lines: list[Line]


def summary(effects: pl.DataFrame, study: Study) -> list[Group]:
    """The analyses of the primary outcome by role; none where a run has no answer."""
    if effects.is_empty() or "role" not in effects.columns:
        return []
    asked = effects.filter(
        pl.col("outcome") == study.primary.name, pl.col("analysis").is_in(_ANALYSES)
    )
    lines = _lines(asked.to_dicts())
    reach = _reach(lines)
    names = _ROLES | _no_effects(study)
    return [
        Group(name, [_line(rows, reach) for rows in lines if _role(rows) == role])
        for role, name in names.items()
        if any(_role(rows) == role for rows in lines)
    ]


def _no_effects(study: Study) -> dict[str, str]:
    """The headings of what is no effect; only a reproduction sets apart what contrasts ever with
    never."""
    role = "reproduction" if study.study.reproduction else "crude"
    said = _ROLES[role] if study.study.reproduction else "Crude, or ever against never"
    return {role: f"{said}: contains immortal time" if immortal_time(study) else said}


def _lines(rows: list[Row]) -> list[list[Row]]:
    """Rows that are measures of one analysis, of those with any estimate; no hospital by itself."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        people = str(row["population"])
        if row["analysis"] == "hospital" and people != "all hospitals":
            continue
        model = row["model"] if row["analysis"] in _BY_MODEL else None
        key = (row["analysis"], row["contrast"], people, bool(row["adjusted"]), model)
        found.setdefault(key, []).append(row)
    return [same for same in found.values() if _first(same, (*_DIFFERENCES, *_RATIOS))]


def _role(rows: list[Row]) -> str:
    roles = {str(row["role"]) for row in rows}
    return "primary" if "primary" in roles else str(rows[0]["role"])


def _first(rows: list[Row], measures: tuple[str, ...]) -> Row | None:
    """The first row of the first of these measures that has an estimate; the answer before all."""
    for measure in measures:
        same = [r for r in rows if r["measure"] == measure and r["estimate"] is not None]
        if same:
            return min(same, key=lambda row: row["role"] != "primary")
    return None


def _reach(lines: list[list[Row]]) -> float:
    """How far the scale of differences goes to either side."""
    ends, answer = [], 0.0
    for rows in lines:
        if row := _first(rows, _DIFFERENCES):
            far = max(abs(row[name] or 0.0) for name in ("estimate", "lo", "hi"))
            ends.append(far)
            answer = far if _role(rows) == "primary" else answer
    widest = max(ends, default=1.0)
    return min(widest, _MOST_REACH * answer) if answer else widest or 1.0


def _line(rows: list[Row], reach: float) -> Line:
    difference, ratio = _first(rows, _DIFFERENCES), _first(rows, _RATIOS)
    role = _role(rows)
    answer = [row for row in rows if row["role"] == "primary" and row["estimate"] is not None]
    shown = next(iter(answer), None) or difference or ratio or rows[0]
    drawn = Markup("")
    if difference:
        values = (difference["estimate"], difference["lo"], difference["hi"])
        drawn = mini.interval(*values, reach or 1.0, doubtful=role in ("crude", "reproduction"))
    risks = [_risk(rows, arm) for arm in ("exposed", "control")]
    return Line(
        str(shown["contrast"]),
        _detail(shown),
        risks[0],
        risks[1],
        _difference(difference),
        drawn,
        _ratio(ratio),
        p_text(shown["p"]),
    )


def _detail(row: Row) -> str:
    """The people where they are not all, the model where it tells lines apart."""
    parts = [] if row["population"] in ("all", "all hospitals") else [str(row["population"])]
    if row["analysis"] in _BY_MODEL:
        parts.append(str(row["model"] or ""))
    elif row["analysis"] in ("main", "time_zero"):
        parts.append("adjusted" if row["adjusted"] else "crude")
    return ", ".join(filter(None, parts))


def _risk(rows: list[Row], arm: str) -> str:
    known = [row[f"risk_{arm}"] for row in rows if row.get(f"risk_{arm}") is not None]
    return f"{known[0]:.1%}" if known else ""


def _difference(row: Row | None) -> str:
    """A difference in risk in percentage points, of means in the unit of the outcome."""
    if row is None:
        return ""
    values = [row[name] for name in ("estimate", "lo", "hi")]
    if row["measure"] == "RD":
        texts = ["" if value is None else signed(100 * value, ".1f") for value in values]
    else:
        texts = [_with_sign(text) for text in digits.alike(*values)]
    return f"{texts[0]} ({texts[1]} to {texts[2]})" if all(texts) else texts[0]


def _with_sign(text: str) -> str:
    return minus(text) if text.startswith("-") or not text else f"+{text}"


def _ratio(row: Row | None) -> str:
    if row is None:
        return ""
    texts = digits.ratios(row["estimate"], row["lo"], row["hi"])
    limits = f" ({texts[1]}-{texts[2]})" if all(texts) else ""
    return f"{row['measure']} {texts[0]}{limits}"
