"""What the release loses of the published tables: `python tests/release/utility.py RUN`.

Rows of the paper's tables and of effects.csv without a number, beside those that the rule "hide
all counts below the smallest and their complements" alone loses. The tables of the run follow it,
but for complements of who is left out: both sides of a subgroup are all but those who were not
measured, and the matched all but the unmatched.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polars as pl

from ehrivig.release.attack.attack import of_tables
from ehrivig.store.cells import read

_LEFT_OUT = re.compile(
    r": (yes|no|yes against no), .*: (who is left out|the other side)|: (n|events) of the unmatched"
)
_NO_RESULT = ("n", "missing")


def told(frame: pl.DataFrame) -> int:
    """Rows that tell a number beside how many people they are of."""
    numbers = [
        name
        for name, kind in frame.schema.items()
        if kind.is_numeric() and not name.startswith("n_") and name not in _NO_RESULT
    ]
    hides = frame.schema.get("suppressed") == pl.Boolean  # of an empty table: text
    rows = frame.filter(~pl.col("suppressed")) if hides else frame
    return rows.filter(pl.any_horizontal(pl.col(numbers).is_not_null())).height


def rows_lost(run: Path) -> dict[str, tuple[int, int, int]]:
    """Table -> its rows, those that the rule loses, those that the release loses."""
    found, more = {}, complements(run)
    for path in sorted((*run.glob("table*.csv"), run / "effects.csv")):
        local, released = read(path), read(run / "release" / path.name)
        rows, of_few = local.height, more if path.stem == "effects" else 0
        found[path.stem] = rows, rows - told(local) + of_few, rows - told(released)
    return found


def complements(run: Path, smallest: int = 5) -> int:
    """Crude comparisons of a run that tell all but few: who is left out, or is in no pair."""
    tables = {name: read(run / name) for name in ("effects.csv", "table2.csv")}
    effects = tables["effects.csv"]
    adjusted = effects["adjusted"].to_list()
    disclosed = [cell.place for cell in of_tables(tables, smallest) if cell.disclosed]
    found = {place.row for place in disclosed if _LEFT_OUT.search(place.words)}
    return sum(not adjusted[row] and told(effects[row : row + 1]) for row in found)


if __name__ == "__main__":
    lost = rows_lost(Path(sys.argv[1]))
    for name, numbers in lost.items():
        print(f"{name}: {numbers[0]} rows, {numbers[1]} lost by the rule, {numbers[2]} released")
    print("all:", *(sum(one[place] for one in lost.values()) for place in range(3)))
