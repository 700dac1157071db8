"""What the statistics promised against other programs, and seconds of rivals that are not here.

A rival that is installed is measured in the same run. One that is not (Debian's MatchIt is broken,
comprisk and lifelines are no dependencies) may have stored seconds in `rivals.csv`, measured on two
cores by the script named there; a ratio to stored seconds says so. They are multiplied by how much
longer than stored the rivals take that are measured in this run: no two machines are as fast.
"""

from __future__ import annotations

import csv
import statistics
from dataclasses import dataclass
from pathlib import Path

STORED = Path(__file__).with_name("rivals.csv")


@dataclass(frozen=True)
class Promise:
    """A task at some rows must be at least `factor` times as fast as a rival."""

    task: str
    rows: int
    rival: str
    factor: float


PROMISES = (
    Promise("score and nearest", 1_000_000, "R glm + MatchIt 4.7.2", 15),
    Promise("logit", 1_000_000, "R glm", 4),
    Promise("conditional logit of pairs", 1_000_000, "R clogit", 14),
    Promise("cox", 1_000_000, "R coxph", 4),
    Promise("cox", 1_000_000, "lifelines", 20),
    Promise("fine_gray", 10_000, "R crr", 1000),
    Promise("fine_gray", 1_000_000, "comprisk, naive SE", 1),
    Promise("cuminc_gray", 1_000_000, "R cuminc", 1),
)


def stored() -> dict[tuple[str, int, str], float]:
    """(task, rows, rival) -> seconds that were measured once."""
    with STORED.open(encoding="utf-8", newline="") as stream:
        return {
            (row["task"], int(row["rows"]), row["rival"]): float(row["seconds"])
            for row in csv.DictReader(stream)
        }


def slower_than_stored(
    rivals: dict[tuple[str, int, str], float], kept: dict[tuple[str, int, str], float]
) -> float:
    """How many times longer than stored the rivals take that are here; 1 where none is."""
    times = [seconds / kept[key] for key, seconds in rivals.items() if key in kept]
    return statistics.median(times) if times else 1.0


def verdicts(
    ours: dict[tuple[str, int], float], rivals: dict[tuple[str, int, str], float]
) -> list[str]:
    """A line for each promise about a task that was measured: PASS, FAIL, or nobody to compare."""
    kept = stored()
    slower = slower_than_stored(rivals, kept)
    told = []
    for promise in PROMISES:
        key = (promise.task, promise.rows, promise.rival)
        mine = ours.get((promise.task, promise.rows))
        if mine is None:
            continue
        seconds, source = rivals.get(key), "measured in this run"
        if seconds is None:
            seconds, source = kept.get(key), f"stored, times {slower:.2g} for this machine"
            seconds = None if seconds is None else seconds * slower
        name = (
            f"{promise.task}, {promise.rows:,} rows, at least {promise.factor:g} x {promise.rival}"
        )
        if seconds is None:
            told.append(f"  ----  {name}: rival not here")
            continue
        verdict = "PASS" if seconds >= promise.factor * mine else "FAIL"
        told.append(
            f"  {verdict}  {name}: {seconds / mine:.1f} x ({mine:.3f} s; {seconds:.2f} s {source})"
        )
    return told
