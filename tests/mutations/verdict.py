"""The verdict on one mutation: equal to the clean extract, said, or silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from .mutation import Mutation
from .trial import Seen

ALLOWED = (2, 3, 4, 5)
PEOPLE = {
    "cohort": ("time_zero", "exposed", "death_at", "discharge_status"),
    "analysis": ("exposed", "death_28d", "death_in_hospital"),
    "dosing": (
        *("first_dose_at", "hours_to_first_dose", "total_g", "max_daily_g", "mean_daily_g"),
        *("n_dose_days", "duration_days", "n_courses", "dose_coverage"),
    ),
}
"""Columns for which a warning alone is too little: who is studied, treated, how much, who died."""
ENDS = ("discharge_status", "death_at", "death_28d", "death_in_hospital")
"""How a stay ended: what may become unknown."""
WITHOUT_CLOCK = {"cohort": ("exposed",), "analysis": PEOPLE["analysis"]}
"""The same where a change takes the time of day: what needs it may differ, with a warning."""


@dataclass(frozen=True)
class Verdict:
    """`what`: equal, said or silent; `code`: exit code; `note`: the sentence, or what changed."""

    mutation: Mutation
    what: str
    code: int
    note: str


def judge(mutation: Mutation, clean: Seen, seen: Seen) -> Verdict:
    """Equal, said (by an exit code and a sentence that names the place) or silent."""
    if seen.exit_code:
        return _stopped(mutation, clean, seen)
    columns = WITHOUT_CLOCK if mutation.takes_the_clock else PEOPLE
    people = changed_people(clean, seen, columns)
    rest = [name for name, frame in clean.tables.items() if not frame.equals(seen.tables[name])]
    if not people and not rest:
        return Verdict(mutation, "equal", 0, "")
    spoken = [line for line in new(clean, seen) if names(mutation, line)]
    if not people and spoken:
        return Verdict(mutation, "said", 0, spoken[0])
    heard = f"; warned: {spoken[0][:110]}" if spoken else ""
    return Verdict(mutation, "silent", 0, f"{', '.join(people or _how(clean, seen, rest))}{heard}")


def _stopped(mutation: Mutation, clean: Seen, seen: Seen) -> Verdict:
    """A run that ended: with an exit code of its own, and a sentence that names the place."""
    named = [line for line in (*seen.said, *new(clean, seen)) if names(mutation, line)]
    if seen.exit_code in ALLOWED and named:
        return Verdict(mutation, "said", seen.exit_code, named[0])
    said = seen.said[0] if seen.said else "nothing"
    return Verdict(mutation, "silent", seen.exit_code, f"the place is not named: {said}")


def names(mutation: Mutation, line: str) -> bool:
    """Whether a sentence names the table and the column of a mutation, by any of their names."""
    low = line.casefold()
    return any(word in low for word in mutation.table_words) and any(
        word in low for word in mutation.column_words
    )


def new(clean: Seen, seen: Seen) -> Iterable[str]:
    """The warnings that concern more rows than in the clean extract."""
    for check, (rows, line) in seen.warned.items():
        if rows > clean.warned.get(check, (0, ""))[0]:
            yield line


def changed_people(clean: Seen, seen: Seen, of: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What changed of who is studied, treated, how, and who died, in words."""
    found = []
    for name, columns in of.items():
        one, other = (
            tables[name].select(c for c in columns if c in tables[name].columns)
            for tables in (clean.tables, seen.tables)
        )
        if not _equal_or_unknown(one, other):
            found.append(f"{name} {_sums(one)} -> {_sums(other)}")
    return found


def _equal_or_unknown(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether rows are the same, but for an end that nobody knows any more: that is no wrong one.

    A warning is then enough, and without one it is silent all the same.
    """
    if one.sort(one.columns).equals(other.sort(other.columns)):
        return True
    return one.height == other.height and all(
        _less_known(one[name], other[name])
        if name in ENDS
        else one[name].sort().equals(other[name].sort())
        for name in one.columns
    )


def _less_known(one: pl.Series, other: pl.Series) -> bool:
    """Whether some values became unknown, and no other changed."""
    before, after = (
        Counter(v for v in values.to_list() if v not in (None, "unknown"))
        for values in (one, other)
    )
    return after <= before


def _sums(frame: pl.DataFrame) -> str:
    """Rows, how often each yes/no is yes (and unknown), and grams."""
    flags = [n for n, kind in frame.schema.items() if kind == pl.Boolean]
    counts = [f"{n} {frame[n].sum()} ({frame[n].null_count()} unknown)" for n in flags]
    grams = [f"{frame['total_g'].sum():.0f} g"] if "total_g" in frame.columns else []
    return ", ".join([f"{frame.height} rows", *counts, *grams])


def _how(clean: Seen, seen: Seen, rest: list[str]) -> list[str]:
    """Which columns changed of tables that hold neither people nor doses."""
    found = []
    for name in rest:
        one, other = clean.tables[name], seen.tables[name]
        if one.columns != other.columns or one.height != other.height:
            found.append(f"{name} rows or columns")
            continue
        columns = [c for c in one.columns if not one[c].sort().equals(other[c].sort())]
        found.append(f"{name}: {' '.join(columns[:6]) or 'rows'}")
    return found
