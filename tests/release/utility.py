"""What the release loses of the published tables: `python tests/release/utility.py RUN`.

Rows of the paper's tables and of effects.csv without a number, beside those that the rule "hide all
counts below the smallest and their complements" alone loses, which the tables of the run follow.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from ehrivig.release.attack.attack import table

_NO_RESULT = ("n", "missing")


def told(frame: pl.DataFrame) -> int:
    """Rows that tell a number beside how many people they are of."""
    numbers = [
        name
        for name, kind in frame.schema.items()
        if kind.is_numeric() and not name.startswith("n_") and name not in _NO_RESULT
    ]
    rows = frame.filter(~pl.col("suppressed")) if "suppressed" in frame.columns else frame
    return rows.filter(pl.any_horizontal(pl.col(numbers).is_not_null())).height


def rows_lost(run: Path) -> dict[str, tuple[int, int, int]]:
    """Table -> its rows, those that the rule loses, those that the release loses."""
    found = {}
    for path in sorted((*run.glob("table*.csv"), run / "effects.csv")):
        local, released = table(path), table(run / "release" / path.name)
        rows = local.height
        found[path.stem] = rows, rows - told(local), rows - told(released)
    return found


if __name__ == "__main__":
    lost = rows_lost(Path(sys.argv[1]))
    for name, numbers in lost.items():
        print(f"{name}: {numbers[0]} rows, {numbers[1]} lost by the rule, {numbers[2]} released")
    print("all:", *(sum(one[place] for one in lost.values()) for place in range(3)))
