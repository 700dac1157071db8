"""Rows read and checked, hospital by hospital: told anew only when enough patients came or went.

The difference of two nights is the record of who is new: how many results, drugs, stays.
"""

from __future__ import annotations

import math

import polars as pl

from ehrivig.release.attack.nights import FEWEST, gap

Tables = dict[str, pl.DataFrame]
LEDGER, QUALITY = "ledger.csv", "quality.csv"
_OF = {LEDGER: ("hospital_id", "table"), QUALITY: ("hospital_id", "table", "check")}
_ROWS = ("rows_read", "rows_used", "rows_out_of_scope", "rows_quarantined")
_TOLD = {LEDGER: _ROWS, QUALITY: ("violated", "denominator")}


def steady(tables: Tables, before: Tables, *older: Tables) -> Tables:
    """Tables whose counts of rows are those of the release before where few patients are new.

    Of a hospital whose patients are not as many as before, or at least `FEWEST` more or fewer;
    what is told of all hospitals is of these few as well. A row that was not there has no count;
    but of a hospital that no release before named, `older` ones included, everybody is new.
    """
    few = _few(tables, before, {name for one in (before, *older) for name in _named(one)})
    found = dict(tables)
    for file in (name for name in _OF if not tables.get(name, pl.DataFrame()).is_empty()):
        found[file] = _as_before(tables[file], before.get(file), file, few)
    return found


def _named(tables: Tables) -> set[str]:
    """The hospitals of which a release tells rows or checks, hidden ones included."""
    frames = (tables.get(file, pl.DataFrame()) for file in _OF)
    return {str(name) for one in frames if not one.is_empty() for name in one["hospital_id"]}


def _few(tables: Tables, before: Tables, named: set[str]) -> list[str]:
    """The hospitals of which few patients are new, or nobody; "all" where there is one.

    `named`: those of which the releases before told something.
    """
    now, then = _patients(tables), _patients(before)
    slack = max(_rounded_down(some) for some in (tables, before)) - 1
    checked, rounded = _checked(before)
    if named:
        then |= dict.fromkeys(now.keys() - named, 0)
    changed = {name: gap(now[name], then.get(name), slack) for name in now}
    for name in (name for name, people in changed.items() if people is None):
        changed[name] = gap(now[name], checked.get(name), slack + rounded - 1)
    found = [name for name, people in changed.items() if people is None or people < FEWEST]
    return [*found, "all"] if found else []


def _rounded_down(tables: Tables) -> int:
    """To multiples of what the rows of a ledger are rounded down; 1 where they are exact."""
    frame = tables.get(LEDGER, pl.DataFrame())
    told = frame["rounded_down_to"].max() if "rounded_down_to" in frame.columns else None
    return told if isinstance(told, int) else 1


def _patients(tables: Tables) -> dict[str, int | None]:
    """Hospital -> its patients as read."""
    frame = tables.get(LEDGER, pl.DataFrame())
    if frame.is_empty():
        return {}
    rows = frame.filter(pl.col("table") == "patient").select("hospital_id", "rows_read").iter_rows()
    return {str(name): None if n is None else int(n) for name, n in rows}


def _checked(tables: Tables) -> tuple[dict[str, int], int]:
    """Hospital -> its patients as the checks count them, rounded down, and to multiples of what.

    All that a run tells that the gate blocked.
    """
    frame = tables.get(QUALITY, pl.DataFrame())
    if not {"table", "denominator"} <= set(frame.columns):
        return {}, 1
    told = [int(n) for n in frame["denominator"].drop_nulls()]
    of = frame.filter(pl.col("table") == "patient").drop_nulls("denominator")
    most = of.group_by("hospital_id").agg(pl.col("denominator").max())
    return {str(name): int(n) for name, n in most.iter_rows()}, max(math.gcd(*told), 1)


def _as_before(
    frame: pl.DataFrame, before: pl.DataFrame | None, file: str, few: list[str]
) -> pl.DataFrame:
    """A table whose counts of some hospitals are those of before; null where none was told."""
    keys = list(_OF[file])
    told = [name for name in _TOLD[file] if name in frame.columns]
    then = frame.select(*keys, *told).clear() if before is None else before
    then = then.select(
        *(pl.col(key).cast(frame.schema[key]) for key in keys),
        *(pl.col(name).cast(frame.schema[name]).alias(f"{name}_then") for name in told),
    ).unique(keys, keep="first", maintain_order=True)
    beside = frame.join(then, on=keys, how="left", maintain_order="left")
    here = pl.col("hospital_id").is_in(few)
    return beside.with_columns(
        pl.when(here).then(pl.col(f"{name}_then")).otherwise(pl.col(name)).alias(name)
        for name in told
    ).select(frame.columns)
