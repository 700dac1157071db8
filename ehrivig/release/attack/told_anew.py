"""Means, estimates and curves of two nights: told anew only of at least ten people more, or fewer.

n2 x mean2 - n1 x mean1 is the sum over those who are new: of one of them it is the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from ehrivig.release.attack.arms import ARMS
from ehrivig.release.attack.attack import Cell, kind
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.nights import (
    FEWEST,
    Growth,
    Identity,
    Tables,
    gap,
    growth,
    known_of,
    of_matched,
    once,
    rows,
)
from ehrivig.release.attack.steps import at_start

_PEOPLE = ("n_exposed", "n_control", "n", "n_pairs", "patients", "n_people", "people")
"""Columns that say of how many people the other numbers of a row are."""
_COUNTED = ("attrition", "ledger", "bins", "histogram", "curves")
"""Tables of counts alone; curves are compared point by point."""
_OF_ARM = ("unknown", "transferred", "share_unknown", "share_transferred")
"""Counts of the table of follow-up, which beside them has how long it was."""
_UNREAD = ("quality.csv",)
"""Counts that are rounded."""
_OF_OTHERS = ("p_holm", "p_bh", "at_risk")
"""Numbers that follow from other rows that are shown, or are rounded."""
_TEXTS = ("note", "message", "evidence", "meaning")
_SOME = "some"
_WHOLE = re.compile(r"(?<![\d.,])\d[\d,]*(?![\d.]*\d)|\bsome\b")
"""Whole numbers of a sentence, and where one stood that is not told."""
_SHARE = re.compile(r"\d+(?:\.\d+)?\s?%")
Row = dict[str, Any]


def numbers(tables: Tables, before: Tables, smallest: int) -> list[Cell]:
    """The rows of which a number is told anew and describes fewer than ten people more or fewer."""
    apart, sizes = growth(tables, before), (_measured(tables), _measured(before))
    old = _by_key(before)
    found = []
    for key, file, number, row in rows(tables):
        if key in old and file not in _UNREAD and _unsafe(file, row, old[key], apart, sizes):
            label = str(row.get("label") or row.get("contrast") or row.get("diagnostic") or file)
            place = Place(file, number, f"{label}: numbers of few people more than before")
            found.append(Cell(place, True, (), smallest))
    return found


@once
def _by_key(tables: Tables) -> dict[Identity, Row]:
    return {key: row for key, _, _, row in rows(tables)}


_Sizes = dict[tuple[str, str], int | None]


def _unsafe(file: str, row: Row, old: Row, apart: Growth, sizes: tuple[_Sizes, _Sizes]) -> bool:
    what = kind(set(row))
    if what in _COUNTED:
        return False
    if what == "descriptive":
        return row["kind"] != "binary" and _described(row, old, of_matched(file, row), apart)
    if what == "balance":
        return _balanced(row, old, apart, sizes)
    counts = (*_PEOPLE, *_OF_ARM) if what == "follow_up" else _PEOPLE
    told = [name for name in _differ(row, old) if name not in counts]
    if not told:
        return False
    people = [_change(row, old, name, apart.slack) for name in _PEOPLE if name in row]
    if apart.matched_anew and of_matched(file, row):
        return False
    of_few = any(0 < n < FEWEST for n in people if n is not None)
    if row.get("adjusted") or not people or None in people:
        return of_few or not apart.enough
    return of_few or not any(people)


def _described(row: Row, old: Row, matched: bool, apart: Growth) -> bool:
    """A measured variable: each arm by its own number of people."""
    if matched and apart.matched_anew:
        return False
    for arm in ("all", *ARMS):
        told = [name for name in _differ(row, old) if name.endswith(f"_{arm}")]
        change = _change(row, old, f"n_{arm}", apart.slack)
        if change is not None and 0 < change < FEWEST:
            return True
        if told and not change:
            return True
    return False


def _balanced(row: Row, old: Row, apart: Growth, sizes: tuple[_Sizes, _Sizes]) -> bool:
    """A covariate before matching, by who has it measured; after matching by the pairs."""
    told, changed = _differ(row, old), False
    for arm in ARMS:
        now, then = (one.get((str(row["covariate"]), arm)) for one in sizes)
        few = gap(now, then, apart.slack)
        of_arm = apart.arms[ARMS.index(arm)] if few is None else few
        whole = any(name.endswith("_unmatched") for name in told)
        changed |= whole and (of_arm is None or 0 < of_arm < FEWEST)
    after = any(name.endswith("_matched") for name in told)
    still = any(name.endswith("_unmatched") for name in told) and not any(apart.arms)
    return changed or still or (after and not apart.matched_anew)


@once
def _measured(tables: Tables) -> _Sizes:
    """Of how many in each arm a variable of Table 1 is known."""
    found = {}
    for row in tables.get("table1.csv", pl.DataFrame()).iter_rows(named=True):
        for arm in ARMS:
            n = row.get(f"n_{arm}")
            found[str(row["variable"]), arm] = None if n is None else int(n)
    return found


def _differ(row: Row, old: Row) -> list[str]:
    """The numbers that both nights tell, and that are not the same."""
    return [
        name
        for name, value in row.items()
        if name not in _OF_OTHERS
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and isinstance(then := old.get(name), int | float)
        and not math.isclose(value, then, rel_tol=1e-12)
    ]


def _change(row: Row, old: Row, name: str, slack: int) -> int | None:
    """How many people more or fewer a row is of; None where one night does not tell it."""
    now, then = row.get(name), old.get(name)
    return None if now is None or then is None else gap(int(now), int(then), slack)


def points(tables: Tables, before: Tables, smallest: int) -> list[Cell]:
    """The points of curves, and the sentences, that tell of few who are new."""
    found = list[Cell]()
    shown = texts(curves(tables, before, smallest), before, smallest)
    for file, frame in tables.items():
        if shown[file].height < frame.height:
            gone = frame.height - shown[file].height
            place = Place(file, 0, f"{gone} points step by few people more than before")
            found.append(Cell(place, True, (), smallest))
        elif not shown[file].equals(frame):
            place = Place(file, 0, "a sentence counts few people more than before")
            found.append(Cell(place, True, (), smallest))
    return found


def curves(tables: Tables, before: Tables, smallest: int) -> Tables:
    """Tables whose curves step where between two nights nobody or enough had the event.

    They step on days on which the curves before stepped as well.
    """
    then = before.get("curves.csv", pl.DataFrame())
    now = tables.get("curves.csv", pl.DataFrame())
    if now.is_empty() or then.is_empty():
        return tables
    apart, known = growth(tables, before), (known_of(tables), known_of(before))
    old = dict(_curves(then))
    shown = []
    for key, curve in _curves(now):
        other = old.get(key)
        same_people = not (apart.matched_anew and key[1] in ("matched", "unmatched"))
        if other is not None and same_people:
            curve = _at_days(curve, other, key, known, smallest)
        shown.append(curve)
    return {**tables, "curves.csv": pl.concat(shown) if shown else now}


def _curves(frame: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    named = ["curve", "population", "group", "cause"]
    for key, curve in frame.group_by(named, maintain_order=True):
        yield tuple(map(str, key)), curve


def _at_days(
    curve: pl.DataFrame,
    other: pl.DataFrame,
    key: tuple[str, ...],
    known: tuple[Known, Known],
    smallest: int,
) -> pl.DataFrame:
    """A curve on the days that tell of nobody, or of enough, of those who are new."""
    now, then = (_events(c, k, key) for c, k in zip((curve, other), known, strict=True))
    days, last = list[float](), (0.0, 0.0)
    for day in sorted(now.keys() & then.keys()):
        step = tuple(one[day] - at for one, at in zip((now, then), last, strict=True))
        if not 0.5 <= abs(step[0] - step[1]) < smallest - 0.5:
            days.append(day)
            last = now[day], then[day]
    return curve.filter(~pl.col("time").is_in(sorted(now.keys() - set(days))))


def _events(curve: pl.DataFrame, known: Known, key: tuple[str, ...]) -> dict[float, float]:
    """How many had the event by each day of a curve."""
    n = at_start(Known() if key[0] == "ccw" else known, curve, key[1], key[2])
    told = curve.drop_nulls("estimate")
    share = 1 - told["estimate"] if key[0] == "km" else told["estimate"]
    return dict(zip(told["time"].to_list(), (share * n).to_list(), strict=True))


def texts(tables: Tables, before: Tables, smallest: int) -> Tables:
    """Tables in whose sentences no number of people differs by few from the night before."""
    old, found = _by_key(before), dict(tables)
    changed: dict[tuple[str, str], dict[int, str]] = {}
    for key, file, number, row in rows(tables):
        for name in (name for name in _TEXTS if row.get(name) and key in old):
            said = _said(str(row[name]), str(old[key].get(name) or ""), smallest)
            if said != row[name]:
                changed.setdefault((file, name), {})[number] = said
    for (file, name), words in changed.items():
        column = found[file][name].to_list()
        new = [words.get(number, text) for number, text in enumerate(column)]
        found[file] = found[file].with_columns(pl.Series(name, new, pl.String))
    return found


def _said(text: str, before: str, smallest: int) -> str:
    """A sentence without the numbers that differ by few from those of the same sentence before."""
    then = iter(_WHOLE.findall(before))

    def of(found: re.Match[str]) -> str:
        old = next(then, _SOME)
        if _SOME in (old, found[0]):
            return found[0]
        gap = abs(int(found[0].replace(",", "")) - int(old.replace(",", "")))
        return _SOME if 0 < gap < smallest else found[0]

    said = _WHOLE.sub(of, text)
    return said if said == text else _SHARE.sub(_SOME, said)
