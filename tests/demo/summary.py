"""What stands in each column of a synthetic extract, in few numbers.

    python -m tests.demo.summary

writes `extract_summary.csv` anew, after a change of the demo that was meant: whoever works with the
demo of a seed then gets other patients, which CHANGELOG.md must say.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import polars as pl

from ehrivig.demo import write_demo
from tests import columns

STORED = Path(__file__).with_name("extract_summary.csv")
PLANS = {
    "messy": {"patients": 500, "hospitals": 4, "effect_log_or": -0.7, "block": 120},
    "clean": {"patients": 280, "hospitals": 28, "defects": "none"},
    "all": {"patients": 600, "hospitals": 4, "defects": "all"},
}
"""The extracts that are held to the stored numbers."""


def summary(folder: Path, plan: str) -> list[dict[str, object]]:
    """One row per table and column of a demo written to `folder`."""
    said = write_demo(folder, seed=11, **PLANS[plan])  # type: ignore[arg-type]
    rows: list[dict[str, object]] = []
    for table, frame in (*_tables(folder), ("summary", _numbers(folder, asdict(said)))):
        rows += columns.summary(frame, plan=plan, table=table)
    return rows


def _tables(folder: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every table with the rows of all files that can be read, the truth included."""
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        frames = []
        for path in sorted(place.rglob("*.parquet")):
            try:
                frames.append(pl.read_parquet(path, hive_partitioning=False))
            except pl.exceptions.PolarsError:
                frames.append(pl.DataFrame({"cut off": [path.parent.name]}))
        yield place.name, pl.concat(frames, how="diagonal_relaxed")
    yield "defects.csv", pl.read_csv(folder / "_truth" / "defects.csv")


def _numbers(folder: Path, said: dict[str, object]) -> pl.DataFrame:
    """The numbers that the demo says of itself, in its summary and in `truth.json`."""
    truth = json.loads((folder / "_truth" / "truth.json").read_text(encoding="utf-8"))
    found = {f"truth {name}": value for name, value in (truth["effect"] | truth["sizes"]).items()}
    found |= {f"said {name}": value for name, value in said.items()}
    return pl.DataFrame({k: [v] for k, v in found.items() if isinstance(v, int | float)})


def everything() -> str:
    """The text of the stored file."""
    with tempfile.TemporaryDirectory() as place:
        rows = [row for plan in PLANS for row in summary(Path(place) / plan, plan)]
    return pl.DataFrame(rows).write_csv()


if __name__ == "__main__":
    STORED.write_text(everything(), encoding="utf-8")
