"""The rows of one block of patients, into which bad ones are planted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from ehrivig.demo.build import Tables
from ehrivig.demo.defects import Planted, planted
from ehrivig.demo.margins import Flags, Ints
from ehrivig.demo.sites import Part


@dataclass
class Bench:
    """The tables of one block while rows are changed or added; a row is used by one kind only."""

    tables: Tables
    part: Part
    rng: np.random.Generator
    log: list[Planted] = field(default_factory=list)
    used: dict[str, Flags] = field(default_factory=dict)

    def rows(self, table: str, where: pl.Expr | None, count: float) -> Ints:
        """Row numbers of about `count` rows (a share when below 1) not used so far, at random."""
        frame = self.tables[table]
        free = ~self._used(table)
        if where is not None:
            free &= frame.select(where.fill_null(False)).to_series().to_numpy()
        candidates = np.flatnonzero(free)
        wanted = count if count >= 1 else np.floor(count * len(candidates) + self.rng.random())
        chosen = self.rng.choice(candidates, size=min(int(wanted), len(candidates)), replace=False)
        chosen.sort()
        self._used(table)[chosen] = True
        return np.asarray(chosen, dtype=np.int64)

    def _used(self, table: str) -> Flags:
        if table not in self.used:
            self.used[table] = np.zeros(self.tables[table].height, dtype=np.bool_)
        return self.used[table]

    def change(self, number: int, table: str, rows: Ints, **values: Any) -> None:
        """Overwrite columns of some rows; values are expressions, constants or series per row."""
        self._plain(table, values)
        frame = self.tables[table]
        changed = _with(frame[rows], values)
        mask = np.zeros(frame.height, dtype=np.bool_)
        mask[rows] = True
        for name in values:
            frame = frame.with_columns(frame[name].scatter(rows, changed[name]))
        self.tables[table] = frame
        self.note(number, table, len(rows))

    def add(self, number: int, table: str, rows: Ints, **values: Any) -> None:
        """Append copies of some rows with other values."""
        self._plain(table, values)
        frame = self.tables[table]
        copies = _with(frame[rows], values)
        self.used[table] = np.append(self._used(table), np.ones(len(rows), dtype=np.bool_))
        self.tables[table] = pl.concat([frame, copies])
        self.note(number, table, len(rows))

    def remove(self, number: int, table: str, rows: Ints, affected: int) -> None:
        """Take rows away."""
        keep = np.ones(self.tables[table].height, dtype=np.bool_)
        keep[rows] = False
        self.used[table] = self._used(table)[keep]
        self.tables[table] = self.tables[table].filter(pl.Series(keep))
        self.note(number, table, affected)

    def note(self, number: int, table: str, count: int) -> None:
        """Write down what was planted."""
        if count:
            self.log.append(planted(number, table, self.part.site.hospital_id, count))

    def _plain(self, table: str, values: dict[str, Any]) -> None:
        """Coded text becomes plain text where another text is to be written."""
        frame = self.tables[table]
        coded = [name for name in values if isinstance(frame.schema[name], pl.Enum)]
        self.tables[table] = frame.with_columns(pl.col(coded).cast(pl.String))


def _with(frame: pl.DataFrame, values: dict[str, Any]) -> pl.DataFrame:
    """The frame with columns replaced, each in its own type."""
    columns = [
        (value if isinstance(value, pl.Expr | pl.Series) else pl.lit(value))
        for value in values.values()
    ]
    named = dict(zip(values, columns, strict=True))
    result = frame.with_columns(**named)
    return result.with_columns(pl.col(name).cast(frame.schema[name]) for name in values)
