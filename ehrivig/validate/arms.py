"""Whether the gate takes more rows from one arm of the study than from the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.dataset import KEY
from ehrivig.validate.result import HospitalResult


@dataclass(frozen=True)
class ArmDifference:
    """Rows set aside by the gate, and rows read, of the exposed and of the unexposed."""

    lost_exposed: int
    read_exposed: int
    lost_unexposed: int
    read_unexposed: int

    @property
    def proportion_exposed(self) -> float:
        """Rows set aside of the exposed, in [0, 1]; 0 without rows."""
        return self.lost_exposed / self.read_exposed if self.read_exposed else 0.0

    @property
    def proportion_unexposed(self) -> float:
        """Rows set aside of the unexposed, in [0, 1]; 0 without rows."""
        return self.lost_unexposed / self.read_unexposed if self.read_unexposed else 0.0

    @property
    def points(self) -> float:
        """The absolute difference in percentage points; 0 where an arm has no rows."""
        if not (self.read_exposed and self.read_unexposed):
            return 0.0
        return 100 * abs(self.proportion_exposed - self.proportion_unexposed)

    @property
    def worse(self) -> tuple[int, int]:
        """Rows set aside and read of the arm that lost more of its rows."""
        if self.proportion_exposed >= self.proportion_unexposed:
            return self.lost_exposed, self.read_exposed
        return self.lost_unexposed, self.read_unexposed


def arm_difference(
    results: Sequence[HospitalResult], scope: pl.DataFrame, table: pl.DataFrame
) -> ArmDifference:
    """What the gate took from each arm. `scope`: KEY, n_rows that passed; `table`: KEY, exposed."""
    arms = table.select(*KEY, "exposed")
    kept = _by_arm(arms, scope.group_by(KEY).agg(pl.col("n_rows").sum()))
    lost = _by_arm(arms, rejected_rows(results, arms.schema["admission_id"]))
    return ArmDifference(
        lost[True], kept[True] + lost[True], lost[False], kept[False] + lost[False]
    )


def _by_arm(arms: pl.DataFrame, counts: pl.DataFrame) -> dict[bool, int]:
    """Rows of the exposed and of the unexposed."""
    joined = arms.join(counts, on=KEY, how="left").with_columns(pl.col("n_rows").fill_null(0))
    return {
        arm: int(joined.filter(pl.col("exposed") == arm)["n_rows"].sum()) for arm in (True, False)
    }


def rejected_rows(results: Sequence[HospitalResult], key: pl.DataType) -> pl.DataFrame:
    """Quarantined rows per admission: KEY and n_rows; ids in the type of the analysis table."""
    schema: dict[str, Any] = {"hospital_id": pl.String, "admission_id": key, "n_rows": pl.Int64}
    parts = [pl.DataFrame(schema=schema)]
    for result in results:
        for path in sorted((Path(result.folder) / "quarantine").glob("*.parquet")):
            rows = pl.scan_parquet(path)
            if "admission_id" in rows.collect_schema().names():
                counted = rows.group_by("admission_id").agg(pl.len().cast(pl.Int64).alias("n_rows"))
                parts.append(
                    counted.select(
                        pl.lit(result.hospital_id).alias("hospital_id"),
                        pl.col("admission_id").cast(key, strict=False),
                        "n_rows",
                    ).collect()
                )
    return pl.concat(parts).group_by(KEY).agg(pl.col("n_rows").sum())
