"""What is hidden in a table of each kind for a count that can be had from it, least harm first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl

from ehrivig.release.attack import outside
from ehrivig.release.attack.arms import ARMS
from ehrivig.release.attack.attack import Cell, kind
from ehrivig.release.attack.doses import OF_DOSES
from ehrivig.release.attack.flows import AGAIN, ALL
from ehrivig.release.attack.left_out import SIZES
from ehrivig.release.attack.pairs import CLUSTERS, OF_PAIRS
from ehrivig.release.attack.ratios import told_by_risk
from ehrivig.release.attack.signs import AGAINST
from ehrivig.release.copies import HIDDEN, half
from ehrivig.release.steps import hide_patients, hide_step, window_of

_ARM = re.compile(rf"\b(events|counts) ({'|'.join(ARMS)})$")
_RISKS = re.compile(r"risk [\d.]+% to ")
"""The part of a note that gives shares of people: between what bounds of a risk lie."""
_NOTE = "not shown: it would tell a count of few people"
"""Of a comparison, which itself may be of many: what it leaves of another one is not."""
_PAIRED = "no estimate is shown: its variance would tell few pairs"
_OF_TIMES = ("HR", "SHR")
"""Ratios that rest on when people had the event: counts do not give them, nor they counts."""
_MUCH = 3
"""How often a row is mended before what it is a part of is hidden as well."""
Remedy = Callable[[pl.DataFrame, Cell, int], pl.DataFrame]


def remedy_of(frame: pl.DataFrame) -> Remedy:
    """What mends a table of its kind: frame, cell and how often its row was mended before."""
    return _REMEDIES.get(kind_of(frame), _numbers)


def kind_of(frame: pl.DataFrame) -> str:
    """Which kind of table a frame is, by its columns."""
    return kind(set(frame.columns))


def _blank(frame: pl.DataFrame, row: int, values: dict[str, Any]) -> pl.DataFrame:
    """A table with other values in one row."""
    there = [name for name in values if frame.schema.get(name, pl.Null) != pl.Null]
    # one series after the other: an expression over all of them costs ten times as much
    return frame.with_columns(frame[name].clone().scatter(row, values[name]) for name in there)


def _descriptive(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """All counts of the row, then of how many; of doses by the outcome first what tells them."""
    if OF_DOSES in cell.place.words and level == 1:
        told = {f"{what}_{arm}": None for what in ("mean", "sd") for arm in ARMS}
        return _blank(frame, cell.place.row, {**told, "smd": None, "p": None, "test": HIDDEN})
    names = ("events", "percent", "mean", "sd", "median", "q1", "q3")
    gone: dict[str, Any] = {f"{what}_{arm}": None for what in names for arm in ("all", *ARMS)}
    gone |= {f"text_{arm}": HIDDEN for arm in ("all", *ARMS)}
    gone |= {"p": None, "smd": None, "test": HIDDEN, "suppressed": True}
    if level > 5 or cell.shown:
        gone |= {f"n_{arm}": None for arm in ("all", *ARMS)}
    return _blank(frame, cell.place.row, gone)


def _balance(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """What is told of the matched; then also of everybody, or at once what is of them."""
    everybody = level > 3 or (not cell.values and ": all, " in cell.place.words)
    whens = ("matched", "unmatched") if everybody else ("matched",)
    return _blank(frame, cell.place.row, {name: None for when in whens for name in half(when)})


_JOINED = ((0, 3), (1, 3), (1, 99), (2, 99))
"""How many other hospitals lose as many steps, level by level, before all do."""


def _attrition(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """More steps together; then of one and two other hospitals as well, so that the sum over all
    stays; then of all; then nothing of the step and its column.

    For who was admitted again only patients are hidden.
    """
    if cell.place.words.endswith(AGAIN):
        return _patients(frame, cell.place.row, level)
    rows = frame.to_dicts()
    step, hospital = rows[cell.place.row]["step"], rows[cell.place.row]["hospital_id"]
    shown = {(row["step"], row["hospital_id"]): row for row in rows}
    steps = sorted({row["step"] for row in rows})
    names = {row["hospital_id"] for row in rows}
    hide = hide_patients if "patients" in cell.place.words else hide_step
    further = level - len(_JOINED) - 1
    if further <= 0:
        n_others, width = _JOINED[level - 1] if further < 0 else (0, 2)
        few = [hospital, *_others(rows, step, hospital)[:n_others]]
        for name in few if further < 0 else sorted(names):
            if all((one, name) in shown for one in steps):
                hide(shown, window_of(steps, step, width), name)
    else:
        for row in rows:
            row |= {"patients": None} if further == 1 else {"patients": None, "admissions": None}
            row |= {} if further == 1 else {"excluded": None, "excluded_not_measured": None}
    return pl.DataFrame(rows, frame.schema)


def _patients(frame: pl.DataFrame, row: int, level: int) -> pl.DataFrame:
    """The patients of a row; then of the smallest hospitals of its step, of all of them, of all."""
    same = pl.col("step") == frame["step"][row]
    if level > _MUCH:
        gone = pl.lit(True) if level > _MUCH + 1 else same
        return frame.with_columns(pl.when(~gone).then("patients").alias("patients"))
    for _ in range(level):
        frame = _blank(frame, row, {"patients": None})
        of_hospital = pl.col("hospital_id") != ALL
        row = next(iter(_smallest_of(frame, "patients", same & of_hospital)), row)
    return frame


def _others(rows: list[dict[str, Any]], step: int, hospital: str) -> list[str]:
    """The other hospitals of a step, those of which it left out fewest first, and nobody last."""
    there = [row for row in rows if row["step"] == step]
    there = [row for row in there if row["hospital_id"] not in (hospital, ALL) and row["excluded"]]
    there.sort(key=lambda row: (row["excluded"], row["hospital_id"]))
    return [row["hospital_id"] for row in there]


def _ledger(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """Rows used, then rows read as well."""
    names = ("rows_quarantined", "rows_out_of_scope", "rows_used", "rows_read")[: level + 2]
    return _blank(frame, cell.place.row, dict.fromkeys(names))


def _bins(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The smallest count that is still shown beside it, of the same arm."""
    for arm in [name for name in ARMS if name in cell.place.words]:
        frame = _blank(frame, cell.place.row, {arm: None})
        left = frame.with_row_index("number").filter(pl.col(arm) > 0).sort(arm)
        if not left.is_empty():
            frame = _blank(frame, int(left["number"][0]), {arm: None})
    return frame


def _histogram(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The count, and the smallest of the same feature that is still shown and not 0; then all."""
    frame = _blank(frame, cell.place.row, {"n": None})
    same = pl.lit(True)
    if "feature" in frame.columns:
        same = pl.col("feature").eq_missing(pl.lit(frame["feature"][cell.place.row]))
    left = frame.with_row_index("number").filter(same & (pl.col("n") > 0)).sort("n")
    if left.is_empty():  # which bins are empty tells of those that are not
        return frame.with_columns(pl.when(~same).then("n").alias("n"))
    return _blank(frame, int(left["number"][0]), {"n": None})


def _follow_up(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """Who is unknown or transferred; how long they were followed, where that is what tells."""
    gone = ("unknown", "share_unknown", "transferred")
    if "left alive" in cell.place.words:
        return frame.with_columns(pl.lit("suppressed").alias("evidence"))
    if cell.place.words.endswith("than before"):
        gone = ("median_days", "q1_days", "q3_days")
    return _blank(frame, cell.place.row, dict.fromkeys(gone))


def _effects(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The events of an arm, with a crude estimate; then every number of the comparison."""
    if cell.place.words.endswith(SIZES):
        return _blank(frame, cell.place.row, {f"n_{arm}": None for arm in ARMS})
    if cell.place.words.endswith(OF_PAIRS):
        return _without_variance(frame, cell.place.row)
    numbers = [name for name, kind_ in frame.schema.items() if kind_.is_numeric()]
    found = _ARM.search(cell.place.words)
    if found and level <= len(ARMS):
        counts = [f"{what}_{found[2]}" for what in ("n", "events")]
        frame = _of_arm(frame, cell, found[2], numbers)
        return _blank(frame, cell.place.row, dict.fromkeys(counts if found[1] == "counts" else ()))
    gone: dict[str, Any] = dict.fromkeys(numbers)
    return _blank(frame, cell.place.row, gone | {"note": _NOTE})


def _without_variance(frame: pl.DataFrame, row: int) -> pl.DataFrame:
    """A comparison with its counts and risks alone; its note does not say of how many pairs."""
    kept = ("n_", "events_", "risk_")
    numbers = [name for name, kind_ in frame.schema.items() if kind_.is_numeric()]
    said = CLUSTERS.sub("from few clusters", str(frame["note"][row] or ""))
    gone = {name: None for name in numbers if not name.startswith(kept)}
    return _blank(frame, row, {**gone, "note": "; ".join(filter(None, (said, _PAIRED)))})


def _of_arm(frame: pl.DataFrame, cell: Cell, arm: str, numbers: list[str]) -> pl.DataFrame:
    """A comparison without the events of one arm, nor the estimate where it is of counts alone."""
    row, (other,) = cell.place.row, (one for one in ARMS if one != arm)
    mine = (f"events_{arm}", f"risk_{arm}")
    kept = ("n_", "percent", f"events_{other}", f"risk_{other}")
    told = frame.row(row, named=True)
    note, said = _NOTE, str(told.get("note") or "")
    if not told.get("adjusted") and told.get("measure") not in _OF_TIMES:
        gone = [n for n in numbers if n.startswith(mine) or not n.startswith(kept)]
    else:
        hidden = [one for one in ARMS if one == arm or told.get(f"events_{one}") is None]
        risks = ("risk_",) if told_by_risk(told, hidden) else ()
        gone = [n for n in numbers if n.startswith((f"events_{arm}", *risks))]
        said = "; ".join(part for part in said.split("; ") if not _RISKS.match(part))
        note = said if note in said else "; ".join(filter(None, (said, note)))
    return _blank(frame, row, {**dict.fromkeys(gone), "note": note})


def _coefficients(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """Of how many people, and of how many events, the model is; then every number of the row."""
    if level > 1:
        return _numbers(frame, cell, level)
    same = pl.col("outcome") == frame["outcome"][cell.place.row]
    return frame.with_columns(
        pl.when(~same).then(pl.col(name)).alias(name) for name in ("n", "events")
    )


def _days(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The p that tells who changed against the others; every number of the row."""
    if cell.place.words.endswith(AGAINST):
        return _blank(frame, cell.place.row, {"p_wilcoxon": None})
    return _numbers(frame, cell, level)


def _numbers(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """Every number of the row."""
    numbers = [name for name, kind_ in frame.schema.items() if kind_.is_numeric()]
    return _blank(frame, cell.place.row, dict.fromkeys(numbers))


def _use(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """Every number of the part; then all courses, and the smallest part beside it; then more.

    Of amounts given to few outside the cohort: those of all, and of the smallest part of each
    dimension, from which all would follow.
    """
    if cell.place.words == outside.WORDS:
        return _amounts(frame, cell.place.row)
    numbers = [name for name, kind_ in frame.schema.items() if kind_.is_numeric()]
    frame = _blank(frame, cell.place.row, dict.fromkeys(numbers) | {"suppressed": True})
    if level > 1:
        courses = [name for name in ("courses", "courses_per_kg") if name in numbers]
        frame = frame.with_columns(pl.lit(None, frame.schema[n]).alias(n) for n in courses)
    if level > 1 and "dimension" in frame.columns:
        own = frame["dimension"][cell.place.row]
        every = own == outside.ALL or level > _MUCH
        for name in frame["dimension"].unique(maintain_order=True).to_list() if every else [own]:
            for row in _smallest_of(frame, "patients", pl.col("dimension") == name):
                frame = _blank(frame, row, dict.fromkeys(numbers) | {"suppressed": True})
    return frame


def _amounts(frame: pl.DataFrame, total: int) -> pl.DataFrame:
    """A table of use without the amounts of all, and of the smallest part of each dimension."""
    gone: dict[str, Any] = dict.fromkeys((*outside.AMOUNTS, "courses_per_kg"))
    frame = _blank(frame, total, gone)
    for name in frame["dimension"].unique(maintain_order=True).to_list():
        of_it = pl.col("dimension") == name
        if not frame.select((of_it & pl.col("grams").is_null()).any()).item():
            for row in _smallest_of(frame, "grams", of_it):
                frame = _blank(frame, row, gone)
    return frame


def _smallest_of(frame: pl.DataFrame, name: str, where: pl.Expr) -> list[int]:
    """The row with the smallest number of some; none where no number is told."""
    left = frame.with_row_index("number").filter(where & pl.col(name).is_not_null()).sort(name)
    return [int(left["number"][0])] if left.height else []


def _regimens(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The smallest count that is still shown of the same regimen; without one, all of the table."""
    what = "persons" if "persons" in frame.columns else "cycles"
    regimen = frame["regimen"][cell.place.row]
    frame = _blank(frame, cell.place.row, {what: None, "suppressed": True})
    same = pl.col("regimen").eq_missing(pl.lit(regimen)) & pl.col(what).is_not_null()
    left = frame.with_row_index("number").filter(same).sort(what)
    if left.is_empty():
        gone = pl.lit(None, frame.schema[what])
        return frame.with_columns(gone.alias(what), pl.lit(True).alias("suppressed"))
    return _blank(frame, int(left["number"][0]), {what: None, "suppressed": True})


def _curves(frame: pl.DataFrame, cell: Cell, level: int) -> pl.DataFrame:
    """The curve that has the step."""
    if cell.place.row >= frame.height:  # it went with another step of its curve
        return frame
    row = frame.row(cell.place.row, named=True)
    same = [pl.col(n).eq_missing(pl.lit(row[n])) for n in ("curve", "population", "group")]
    return frame.filter(~pl.all_horizontal(same))


_REMEDIES: dict[str, Remedy] = {
    "descriptive": _descriptive,
    "balance": _balance,
    "attrition": _attrition,
    "ledger": _ledger,
    "bins": _bins,
    "follow_up": _follow_up,
    "histogram": _histogram,
    "effects": _effects,
    "coefficients": _coefficients,
    "curves": _curves,
    "use": _use,
    "days": _days,
    "regimens": _regimens,
}
