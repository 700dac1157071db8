"""Whether the gate takes more rows from one arm of the study than from the other."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.contract import TABLES
from ehrivig.dataset import KEY
from ehrivig.validate.network import Network


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


def arm_difference(network: Network, scope: pl.DataFrame, table: pl.DataFrame) -> ArmDifference:
    """What the gate took from each arm. `scope`: KEY, n_rows that passed; `table`: KEY, exposed."""
    arms = table.select(*KEY, "exposed")
    kept = _by_arm(arms, scope.group_by(KEY).agg(pl.col("n_rows").sum()))
    lost = _by_arm(arms, rejected_rows(network, arms.schema["admission_id"]))
    return ArmDifference(
        lost[True], kept[True] + lost[True], lost[False], kept[False] + lost[False]
    )


def _by_arm(arms: pl.DataFrame, counts: pl.DataFrame) -> dict[bool, int]:
    """Rows of the exposed and of the unexposed."""
    joined = arms.join(counts, on=KEY, how="left").with_columns(pl.col("n_rows").fill_null(0))
    return {
        arm: int(joined.filter(pl.col("exposed") == arm)["n_rows"].sum()) for arm in (True, False)
    }


def rejected_rows(network: Network, key: pl.DataType) -> pl.DataFrame:
    """Quarantined rows per admission: KEY and n_rows; ids in the type of the analysis table."""
    counts = [
        pl.col("hospital_id").cast(pl.String),
        pl.col("admission_id").cast(key, strict=False),
    ]
    hospitals = [one.hospital_id for one in network.results]
    tables = [table.name for table in TABLES if "admission_id" in table.names]
    rows = [
        network.scan(f"quarantine/{name}", hospitals).select(counts).collect() for name in tables
    ]
    return pl.concat(rows).group_by(KEY).agg(pl.len().cast(pl.Int64).alias("n_rows"))
