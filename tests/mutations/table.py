"""The table of verdicts as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .verdict import Verdict

OUTCOMES = ("equal", "said", "silent")
WIDTH = 160


def line(verdict: Verdict) -> str:
    """One mutation: what came of it."""
    one = verdict.mutation
    note = " ".join(verdict.note.split())[:WIDTH]
    return f"{verdict.what:6} {verdict.code} {one.layout:6} {one.name:60} {note}"


def written(verdicts: Sequence[Verdict], *, everything: bool = False) -> str:
    """The counts of each layout and table, and the silent ones (or everything) line by line."""
    shown = [v for v in verdicts if everything or v.what == "silent"]
    return "\n".join([*map(line, shown), "", *_counts(verdicts)])


def _counts(verdicts: Iterable[Verdict]) -> list[str]:
    counted = Counter((v.mutation.layout, v.mutation.table, v.what) for v in verdicts)
    places = list(dict.fromkeys((layout, table) for layout, table, _ in counted))
    rows = [
        (f"{layout:6} {table}", [counted[layout, table, w] for w in OUTCOMES])
        for layout, table in places
    ]
    sums = [sum(row[1][i] for row in rows) for i in range(len(OUTCOMES))]
    head = f"{'':48}" + "".join(f"{name:>8}" for name in OUTCOMES)
    return [
        head,
        *(f"{name:48}" + "".join(f"{n:8}" for n in ns) for name, ns in [*rows, ("all", sums)]),
    ]
