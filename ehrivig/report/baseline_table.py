"""Table 1 before and after matching side by side: arms, how far apart they are, who is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from ehrivig.disclosure import small
from ehrivig.figures import digits, mini
from ehrivig.report.table import RunTables, minus, with_unit
from ehrivig.study import Study

BALANCED = 0.1
_SCALE = 1.0
"""Where the scale of the drawings ends."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Variable:
    """A variable in both arms before matching, in both after it, and how far apart they were."""

    label: str
    in_score: bool
    exposed: str
    control: str
    smd: str
    matched_exposed: str
    matched_control: str
    matched_smd: str
    missing: str
    drawn: Markup
    group: str = ""


def side_by_side(run: RunTables, study: Study) -> list[Variable]:
    """Every variable of Table 1 with its balance; none where a run has no such table."""
    table, balance = run.read("table1.csv"), run.read("balance.csv")
    if table.is_empty() or "text_exposed" not in table.columns:
        return []
    after = {} if balance.is_empty() else {r["covariate"]: r for r in balance.to_dicts()}
    everybody = table["n_all"].cast(pl.Float64).max() if "n_all" in table.columns else None
    people = everybody if isinstance(everybody, float) else None
    smallest = study.report.smallest_cell
    return [
        _variable(row, after.get(row["variable"], {}), people, smallest) for row in table.to_dicts()
    ]


def _variable(row: Row, balance: Row, people: float | None, smallest: int) -> Variable:
    binary = row["kind"] == "binary"
    before, after = row["smd"], balance.get("smd_matched")
    means = _means(
        (balance.get("mean_exposed_matched"), balance.get("mean_control_matched")), binary
    )
    return Variable(
        label=with_unit(row["label"], row["unit"]),
        in_score=bool(balance.get("in_score")),
        exposed=row["text_exposed"] or "",
        control=row["text_control"] or "",
        smd=_smd(before),
        matched_exposed=means[0],
        matched_control=means[1],
        matched_smd=_smd(after),
        missing=_missing(row.get("n_all"), people, smallest),
        drawn=_drawn(before, after),
        group=row["group"] or "",
    )


def _smd(value: Any) -> str:
    return "" if value is None else minus(digits.fixed(float(value), 2))


def _means(values: tuple[Any, Any], binary: bool) -> list[str]:
    """Shares of both arms in percent, or their means with as many digits."""
    known = [None if value is None else float(value) for value in values]
    if binary:
        return ["" if value is None else f"{value:.1%}" for value in known]
    return [minus(text) for text in digits.alike(*known)]


def _missing(known: Any, people: float | None, smallest: int) -> str:
    """The share of everybody of whom a variable is not known; of few people only that."""
    if known is None or not people:
        return ""
    missing = max(round(people - float(known)), 0)
    if small(missing, smallest):
        return f"<{smallest} people"
    return "0" if not missing else f"{missing / people:.1%}"


def _drawn(before: Any, after: Any) -> Markup:
    if before is None and after is None:
        return Markup("")
    sizes = [None if value is None else abs(float(value)) for value in (before, after)]
    last = sizes[1] if sizes[1] is not None else sizes[0]
    inside = last is not None and last <= BALANCED
    return mini.before_after(sizes[0], sizes[1], _SCALE, BALANCED, inside=inside)
