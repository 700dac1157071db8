"""Effects with rounded counts: a crude ratio or difference is that of the counts that are told.

Its interval keeps its width, to two digits, about the estimate; its p is Wald's of both. Every
other estimate has three digits, its p two: they are no function of the counts.
"""

from __future__ import annotations

import math
import re
from typing import Any

import polars as pl

from ehrivig.disclosure import nearest
from ehrivig.release.attack.arms import ARMS
from ehrivig.release.attack.ratios import adjusted
from ehrivig.release.doses import to_digits
from ehrivig.release.families import families
from ehrivig.release.rounded.digits import DIGITS, named
from ehrivig.stats.tables.sensitivity import e_value
from ehrivig.stats.wald import p_value

Row = dict[str, Any]
_RATIO = {"OR", "RR", "HR"}
_NEAR = 1e-6
_E_VALUE = re.compile(r"E-value [\d.]+, of the limit nearer 1 [\d.]+")


def effects(frame: pl.DataFrame, to: int) -> pl.DataFrame:
    """Effects, or Table 3, whose estimates are in the column `or`."""
    value = "estimate" if "estimate" in frame.columns else "or"
    rows = [_row(row, value, to) for row in frame.to_dicts()]
    if "percent" in frame.columns and rows and rows[0]["n_exposed"]:
        whole = rows[0]["n_exposed"]
        for row in rows:
            n = row["n_exposed"]
            row["percent"] = None if n is None else to_digits(100 * n / whole, 3)
    found = families(pl.DataFrame(rows, frame.schema))
    corrected = [name for name in ("p_holm", "p_bh") if name in found.columns]
    return found.with_columns(pl.col(name).round_sig_figs(DIGITS["p"]) for name in corrected)


def _row(row: Row, value: str, to: int) -> Row:
    exact = [row.get(f"{what}_{arm}") for arm in ARMS for what in ("events", "n")]
    told = [None if one is None else nearest(one, to) for one in exact]
    measure = row.get("measure", "OR")
    was, made = _crude(measure, exact), _crude(measure, told)
    shown = {name: _short(name, one) for name, one in row.items()}
    if was is not None and made is not None and _is_crude(row, value, was):
        shown |= _about(row, value, made, measure in _RATIO)
    names = [f"{what}_{arm}" for arm in ARMS for what in ("events", "n")]
    shown |= dict(zip(names, told, strict=True))
    for arm in ARMS:
        shown |= _risk(row, arm, to)
    return shown


def _is_crude(row: Row, value: str, crude: float) -> bool:
    """Whether an estimate is the crude one of its counts."""
    told = row[value]
    return told is not None and not adjusted(row) and math.isclose(told, crude, rel_tol=_NEAR)


def _short(name: str, value: Any) -> Any:
    return named(name, value) if isinstance(value, float) else value


def _crude(measure: str | None, counts: list[Any]) -> float | None:
    """The ratio or difference of events and people of both arms; None where there is none."""
    if None in counts:
        return None
    a, n, c, m = counts
    if measure == "RD":
        return a / n - c / m if n and m else None
    others = (n - a, m - c) if measure == "OR" else (n, m)
    if measure not in ("OR", "RR") or min(a, c, *others) <= 0:
        return None
    return float((a / others[0]) / (c / others[1]))


def _about(row: Row, value: str, made: float, ratio: bool) -> Row:
    """Estimate, limits, se and p about another estimate, as wide as they were."""
    scale, back = (math.log, math.exp) if ratio else (float, float)
    found: Row = {value: to_digits(made, 3)}
    for name in ("lo", "hi"):
        limit = row.get(name)
        if limit is not None and (limit > 0 or not ratio):
            away = to_digits(scale(limit) - scale(row[value]), 2)
            found[name] = to_digits(back(scale(made) + away), 3)
    if row.get("p") is not None:
        se = row.get("se") or _se(row, value, scale)
        found["p"] = to_digits(p_value(scale(made) / to_digits(se, 2)), 2) if se else 1.0
    return found | _noted(row, value, found)


def _noted(row: Row, value: str, found: Row) -> Row:
    """The note, with the E-value of the estimate that is told."""
    note = str(row.get("note") or "")
    if not _E_VALUE.search(note):
        return {}
    e = e_value(found[value], found["lo"], found["hi"], measure=row["measure"])
    said = f"E-value {e.estimate:.2f}, of the limit nearer 1 {e.limit:.2f}"
    return {"note": _E_VALUE.sub(said, note)}


def _se(row: Row, value: str, scale: Any) -> float | None:
    """The standard error that limits imply."""
    lo, hi = row.get("lo"), row.get("hi")
    if lo is None or hi is None or (scale is math.log and lo <= 0):
        return None
    return float((scale(hi) - scale(lo)) / (2 * 1.959963984540054))


def _risk(row: Row, arm: str, to: int) -> Row:
    """The risk of an arm: of rounded counts where it is one of the exact ones."""
    risk = row.get(f"risk_{arm}")
    n, events = row.get(f"n_{arm}"), row.get(f"events_{arm}")
    if risk is None or not n or events is None or abs(events / n - risk) > _NEAR:
        return {}
    whole = nearest(n, to)
    made = min(nearest(events, to) / whole, 1.0) if whole else None
    found: Row = {f"risk_{arm}": made}
    for end in ("lo", "hi"):
        limit = row.get(f"risk_{arm}_{end}")
        if limit is not None and made is not None:
            away = to_digits(limit - risk, 2)
            found[f"risk_{arm}_{end}"] = round(min(max(made + away, 0.0), 1.0), 4)
    return found
