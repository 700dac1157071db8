"""What the gate found (measurements) and what it means under a policy (checks), as plain rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Literal

import polars as pl

from ehrivig.errors import UsageError
from ehrivig.store.cells import as_written
from ehrivig.validate.suite import Severity

Verdict = Literal["pass", "warn", "fail"]
ALL = "all"
"""The `hospital_id` of what belongs to no single hospital."""
MEASUREMENT_SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "check": pl.String,
    "severity": pl.String,
    "violated": pl.Int64,
    "denominator": pl.Int64,
}
CHECK_SCHEMA = {**MEASUREMENT_SCHEMA, "threshold": pl.Float64, "verdict": pl.String}
_MEASURED, _JUDGED = attrgetter(*MEASUREMENT_SCHEMA), attrgetter(*CHECK_SCHEMA)


@dataclass(frozen=True)
class Measurement:
    """How many rows of one hospital's table violate one check, out of how many it applies to.

    `severity` is the suite's own; the study's policy may give another when it judges.
    """

    hospital_id: str
    table: str
    check: str
    severity: Severity
    violated: int
    denominator: int

    @property
    def proportion(self) -> float:
        """Violated proportion in [0, 1]; 0 where the check applies to no row."""
        return self.violated / self.denominator if self.denominator else 0.0


@dataclass(frozen=True)
class Check:
    """One measurement with the threshold and the verdict of the study's policy."""

    hospital_id: str
    table: str
    check: str
    severity: Severity
    violated: int
    denominator: int
    threshold: float
    verdict: Verdict


def frame_of_measurements(measurements: list[Measurement]) -> pl.DataFrame:
    """One row per measurement, sorted by hospital, table and check."""
    return as_measured(measurements).sort("hospital_id", "table", "check")


def as_measured(measurements: Iterable[Measurement]) -> pl.DataFrame:
    """One row per measurement, in the order given."""
    rows = [_MEASURED(one) for one in measurements]
    return pl.DataFrame(rows, schema=MEASUREMENT_SCHEMA, orient="row")


def frame_of_checks(checks: list[Check]) -> pl.DataFrame:
    """One row per check (the columns of quality/checks.csv), sorted by hospital, table, check."""
    rows = [_JUDGED(one) for one in checks]
    frame = pl.DataFrame(rows, schema=CHECK_SCHEMA, orient="row")
    return frame.sort("hospital_id", "table", "check")


def write_measurements(measurements: list[Measurement], path: Path) -> None:
    """Keep measurements as Parquet, so that they can be judged again without the data."""
    frame_of_measurements(measurements).write_parquet(path)


def read_measurements(path: Path) -> list[Measurement]:
    """The measurements in a Parquet file of `write_measurements`, or in a `checks.csv`."""
    names = [field.name for field in fields(Measurement)]
    try:
        if path.suffix == ".csv":
            frame = pl.read_csv(path, schema_overrides=CHECK_SCHEMA)
        else:
            frame = pl.read_parquet(path)
        rows = frame.select(names).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"rejudge: {path.name} holds no measurements of a run. Name a finished run folder."
        ) from error
    return [Measurement(**{**row, "hospital_id": as_written(row["hospital_id"])}) for row in rows]
