"""What a hospital may send instead of patients: one row per estimate, and the pool of such files.

An aggregate file (`aggregate.csv`) has the columns of `HospitalEffect`. Counts that disclosure
rules suppress are empty. Numbers are written in full, so that a pool of files equals the pool of
the estimates they came from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from ehrivig.errors import UsageError, many
from ehrivig.meta.hospitals import HospitalPool, pool_hospitals
from ehrivig.meta.measures import Interval, Tau2, measure_named
from ehrivig.meta.tables import csv_text
from ehrivig.meta.trials import read_table
from ehrivig.stats.shown import Shown
from ehrivig.store.cells import as_written
from ehrivig.store.sealed import RELEASE

AGGREGATE_FILE = "aggregate.csv"
_NUMBERS = ("estimate", "lo", "hi", "se")
RISKS = ("risk_exposed", "risk_control")
_MEASURED = (*_NUMBERS, *RISKS, "within_days")
_LATER = ("note", "role", *RISKS, "within_days", "estimand", "protocol_hash")
"""Columns that files of earlier versions lack."""
COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")
_MATCHED = re.compile(r"^ATM \(.*\)$")
_HOW_MANY = re.compile(r"(adjusted for) \d+ (covariates)")
KEY = ("analysis", "contrast", "outcome", "model", "measure")


@dataclass(frozen=True)
class HospitalEffect:
    """One estimate of one hospital. `estimate`, `lo`, `hi` on the measure's scale, `se` on the
    analysis scale (log for ratios); NaN where it has none. Counts are None where suppressed.
    `within_days`: the horizon of the answer (NaN: none, or not known), `estimand`: what it
    compares, `protocol_hash`: of the protocol that the run was declared by.
    """

    hospital_id: str
    analysis: str
    contrast: str
    outcome: str
    event_label: str
    model: str
    measure: str
    estimate: float
    lo: float
    hi: float
    se: float
    n_exposed: int | None = None
    events_exposed: int | None = None
    n_control: int | None = None
    events_control: int | None = None
    note: str = ""
    role: str = ""
    risk_exposed: float = math.nan
    risk_control: float = math.nan
    within_days: float = math.nan
    estimand: str = ""
    protocol_hash: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What must be the same for two hospitals to be pooled.

        How many covariates a model has is not: one that nobody of a hospital has is left out there.
        """
        return tuple(_HOW_MANY.sub(r"\1 \2", getattr(self, name)) for name in KEY)


@dataclass(frozen=True, repr=False)
class AnalysisPool(Shown):
    """The pool of one analysis over hospitals, or why there is none."""

    rows: tuple[HospitalEffect, ...]
    pooled: HospitalPool | None
    note: str = ""


def aggregate_text(effects: Sequence[HospitalEffect]) -> str:
    """An aggregate file's text, one row per estimate."""
    return csv_text(
        [asdict(effect) for effect in effects], [f.name for f in fields(HospitalEffect)]
    )


def aggregate_file(path: Path) -> Path:
    """The aggregate file itself, or that of a folder: of a run the one that may leave."""
    if not path.is_dir():
        return path
    released = path / RELEASE / AGGREGATE_FILE
    return released if released.is_file() else path / AGGREGATE_FILE


def read_aggregate(path: Path) -> tuple[HospitalEffect, ...]:
    """The estimates of an aggregate file, or of `aggregate.csv` in a folder.

    Raises UsageError for missing columns, and for a cell that is not a number.
    """
    file = aggregate_file(path)
    table, lines, _ = read_table(file)
    wanted = [f.name for f in fields(HospitalEffect)]
    missing = [name for name in wanted if name not in table and name not in _LATER]
    if missing:
        raise UsageError(f"{file}: not an aggregate file; it lacks {', '.join(missing)}.")
    return tuple(_effect(file, table, row, line) for row, line in enumerate(lines))


def _effect(file: Path, table: dict[str, tuple[str, ...]], row: int, line: int) -> HospitalEffect:
    """One row of an aggregate file."""
    names = [f.name for f in fields(HospitalEffect) if f.name in table]
    cells = {name: as_written(table[name][row]) for name in names}
    values: dict[str, object] = dict(cells)
    for name in (*_MEASURED, *COUNTS):
        try:
            number = float(cells[name]) if cells.get(name) else math.nan
            whole = None if math.isnan(number) else int(number)
        except (ValueError, OverflowError):
            raise UsageError(
                f"{file}: line {line}: {name} is {cells[name]!r}, not a number."
            ) from None
        values[name] = number if name in _MEASURED else whole
    if not cells["hospital_id"]:
        raise UsageError(f"{file}: line {line}: hospital_id is empty.")
    measure_named(cells["measure"])
    return HospitalEffect(**values)  # type: ignore[arg-type]


def pool_estimates(
    effects: Sequence[HospitalEffect], *, tau2: Tau2 = "REML", ci: Interval = "hksj"
) -> tuple[AnalysisPool, ...]:
    """The pool over hospitals of every analysis, in order of first appearance.

    An analysis with fewer than two estimates keeps its rows and says why it has no pool. Raises
    UsageError when hospitals counted different events for the same outcome, or one comes twice.
    """
    pools = []
    for key in dict.fromkeys(effect.key for effect in effects):
        rows = tuple(effect for effect in effects if effect.key == key)
        _refuse_different_questions(key, rows)
        pools.append(_pool_rows(rows, tau2, ci))
    return tuple(pools)


def _refuse_different_questions(key: tuple[str, ...], rows: Sequence[HospitalEffect]) -> None:
    """Raise UsageError where hospitals count other events, by another day, or compare otherwise.

    What a file of an earlier version does not say is not held against it.
    """
    asked = {
        "count different events": {row.event_label for row in rows},
        "follow people for different times": {
            many(row.within_days, "day") for row in rows if not math.isnan(row.within_days)
        },
        "compare different things": {_asked(row.estimand) for row in rows if row.estimand},
    }
    for what, told in asked.items():
        if len(told) > 1:
            raise UsageError(
                f"pool: {', '.join(key)}: hospitals {what} ({'; '.join(sorted(told))}). Run the "
                "same study file everywhere."
            )


def _asked(estimand: str) -> str:
    """What an estimand asks for: of how many exposed there was a match is no question."""
    return _MATCHED.sub("ATT", estimand)


def _pool_rows(rows: tuple[HospitalEffect, ...], tau2: Tau2, ci: Interval) -> AnalysisPool:
    """The pool of one analysis."""
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in _NUMBERS}
    known = int(np.isfinite(columns["estimate"]).sum())
    if known < 2:
        told = f"{known} of {many(len(rows), 'hospital')} has an estimate; a pool needs two"
        return AnalysisPool(rows, None, told)
    pooled = pool_hospitals(
        [row.hospital_id for row in rows],
        columns["estimate"],
        columns["lo"],
        columns["hi"],
        measure=rows[0].measure,
        se=columns["se"],
        tau2=tau2,
        ci=ci,
    )
    return AnalysisPool(rows, pooled)
