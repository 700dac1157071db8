"""The numbers of each hospital that whoever knows it can compare with his own.

What no check can contradict (half of the deaths recorded as alive, half of the treated without
doses) shows in these, to somebody who knows what is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.contract import EVENT_TABLES
from ehrivig.disclosure import shown, small_proportion
from ehrivig.validate import charted, strata
from ehrivig.validate.charted_between_hospitals import Item, items
from ehrivig.validate.quality import numbers

_FEWEST = 20
"""Values that quartiles need to tell of nobody."""
_OF_ITEMS = (
    ("ventilated", "respiratory_support", charted.VENTILATION, "with"),
    ("with nothing but room air", "respiratory_support", "device", "room_air"),
    ("with a GCS of 15 in all readings, of those with some", "vital", "gcs", "15.0"),
    (
        "of which all diagnoses were present on admission",
        "diagnosis",
        "present_on_admission",
        "true",
    ),
)
"""What a row says, table, item, and the value of all readings; "with": any reading."""
_IN_TABLES = (
    ("in intensive care", "icu_stay", ""),
    ("with the exposure", "medication", strata.EXPOSURE),
)
Row = tuple[str, str, str]
"""Hospital, quantity, what is shown."""


def shown_on_page(folder: Path, smallest: int) -> list[dict[str, Any]]:
    """One row per quantity: its name, and what is shown of each hospital (empty: unknown)."""
    found: dict[str, dict[str, str]] = {}
    for hospital, quantity, text in _rows(folder, smallest):
        found.setdefault(quantity, {})[hospital] = text
    return [
        {"quantity": name, "of": of, **_range(of)} for name, of in found.items() if any(of.values())
    ]


def _range(of: dict[str, str]) -> dict[str, str]:
    """How many hospitals have it, the least and most with their hospitals, the median."""
    told = sorted((_number(text), name, _middle(text)) for name, text in of.items() if text)
    if not told:
        return {"n": "0", "low": "", "middle": "", "high": ""}
    (_, first, low), (_, last, high) = told[0], told[-1]
    middle = told[len(told) // 2][2]
    ends = {"low": f"{low} ({first})", "high": f"{high} ({last})"}
    return {"n": str(len(told)), "middle": middle, **ends}


def _middle(text: str) -> str:
    """What is shown of a hospital; of quartiles the median."""
    parts = text.split(" \u2013 ")
    return parts[len(parts) // 2]


def _number(text: str) -> float:
    """What is shown as a number; what says only that it is small comes first."""
    try:
        return float(_middle(text).rstrip("%").replace(",", ""))
    except ValueError:
        return -1.0


def _rows(folder: Path, smallest: int) -> Iterator[Row]:
    yield from _of_stays(numbers.aggregate(folder, "known_number"), smallest)
    yield from _in_tables(numbers.aggregate(folder, "covered_by"), smallest)
    yield from _courses(numbers.aggregate(folder, "course"), smallest)
    yield from _rows_of_a_stay(folder, smallest)
    yield from _of_items(numbers.aggregate(folder, "charted"), smallest)


def _of_stays(frame: pl.DataFrame, smallest: int) -> Iterator[Row]:
    first = pl.col("n_of").is_null() & pl.col("middle").is_null()
    for row in frame.sort(~first, maintain_order=True).iter_rows(named=True):
        if row["middle"] is not None:
            enough = row["n"] >= _FEWEST
            text = "{low:.3g} – {middle:.3g} – {high:.3g}".format(**row) if enough else ""
        elif row["n_of"] is None:
            text = shown(row["n"], smallest)
        else:
            text = _share(row["n"], row["n_of"], smallest)
        yield row["hospital_id"], row["quantity"], text


def _in_tables(frame: pl.DataFrame, smallest: int) -> Iterator[Row]:
    """Stays with rows of a table, of those that were counted."""
    parts = frame.filter(pl.col("stratum") == "exposure")
    of = parts.filter((pl.col("item") == "") & (pl.col("table") == "medication"))
    stays = dict(of.group_by("hospital_id").agg(pl.col("n_stays").sum()).sort("hospital_id").rows())
    for quantity, table, item in _IN_TABLES:
        own = parts.filter((pl.col("table") == table) & (pl.col("item") == item))
        some = dict(own.group_by("hospital_id").agg(pl.col("n_covered").sum()).rows())
        for hospital, n in stays.items():
            yield hospital, quantity, _share(some.get(hospital, 0), n, smallest)


def _courses(frame: pl.DataFrame, smallest: int) -> Iterator[Row]:
    """Doses of those who were given the exposure, and days without one inside of their courses."""
    for row in frame.filter(pl.col("n_several") >= max(smallest, _FEWEST)).iter_rows(named=True):
        hospital, doses = row["hospital_id"], row["n"] / row["n_stays"]
        yield hospital, "doses of the exposure, each", f"{doses:.1f}"
        grams = row["n_mg"] / 1000 / row["n_known"] if row["n_known"] else None
        yield hospital, "grams of a dose", f"{grams:.3g}" if grams is not None else ""
        gaps = 1 - row["n_dosed"] / row["n_span"]
        yield hospital, "days of its courses without a dose", f"{gaps:.1%}"


def _rows_of_a_stay(folder: Path, smallest: int) -> Iterator[Row]:
    """Rows of each table of events as read, on average of the stays as read."""
    sizes = numbers.aggregate(folder, "completeness").filter(pl.col("column") == "hospital_id")
    counted = sizes.select("hospital_id", "table", "n_rows").rows()
    rows = {(hospital, table): n for hospital, table, n in counted}
    for one in EVENT_TABLES:
        for hospital, table in rows:
            stays = rows.get((hospital, "admission"), 0)
            if table == one.name and stays >= max(smallest, _FEWEST):
                yield hospital, f"rows of {table}, each", f"{rows[hospital, table] / stays:.1f}"


def _of_items(frame: pl.DataFrame, smallest: int) -> Iterator[Row]:
    for quantity, table, item, value in _OF_ITEMS:
        for hospital, one in items(frame, table).get(item, {}).items():
            yield hospital, quantity, _of_item(one, value, smallest)


def _of_item(one: Item, value: str, smallest: int) -> str:
    if value == "with":
        return _share(one.having, one.stays, smallest)
    return _share(one.one.get(value, 0), one.having, smallest)


def _share(n: int, of: int, smallest: int) -> str:
    if not of or small_proportion(n, of, smallest):
        return ""
    return f"{n / of:.1%}"
