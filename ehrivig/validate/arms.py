"""Whether the gate takes more rows from one arm of the study than from the other."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.contract import TABLES
from ehrivig.dataset import KEY
from ehrivig.disclosure import shown, small, small_proportion
from ehrivig.validate.network import Network
from ehrivig.validate.suite import suites

_MOST = 3  # reasons that a message names


@dataclass(frozen=True)
class ArmDifference:
    """Rows lost to the gate, and rows that there were, of the exposed and of the unexposed.

    `reasons`: "table: reason" -> rows lost by it, of both arms.
    """

    lost_exposed: int
    read_exposed: int
    lost_unexposed: int
    read_unexposed: int
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def proportion_exposed(self) -> float:
        """Rows lost of the exposed, in [0, 1]; 0 without rows."""
        return self.lost_exposed / self.read_exposed if self.read_exposed else 0.0

    @property
    def proportion_unexposed(self) -> float:
        """Rows lost of the unexposed, in [0, 1]; 0 without rows."""
        return self.lost_unexposed / self.read_unexposed if self.read_unexposed else 0.0

    @property
    def points(self) -> float:
        """The absolute difference in percentage points; 0 where an arm has no rows."""
        if not (self.read_exposed and self.read_unexposed):
            return 0.0
        return 100 * abs(self.proportion_exposed - self.proportion_unexposed)

    @property
    def worse(self) -> tuple[int, int]:
        """Rows lost, and rows that there were, of the arm that lost more of its rows."""
        if self.proportion_exposed >= self.proportion_unexposed:
            return self.lost_exposed, self.read_exposed
        return self.lost_unexposed, self.read_unexposed

    def told(self, limit_points: float, smallest: int) -> str:
        """Both arms, the real limit, and what most rows were lost by."""
        most = "; ".join(f"{name} ({shown(n, smallest)})" for name, n in self.reasons[:_MOST])
        return (
            f"Lost: exposed {_part(self.lost_exposed, self.read_exposed, smallest)}, unexposed "
            f"{_part(self.lost_unexposed, self.read_unexposed, smallest)}; they may differ by "
            f"{limit_points:g} points (quality.arm_difference_points). Most by: {most}."
        )


def _part(lost: int, read: int, smallest: int) -> str:
    """Rows lost of those that there were; of few, or all but few, no part that tells how many."""
    if small_proportion(lost, read, smallest):
        few = "few" if small(lost, smallest) else "nearly all"
        return f"{few} of {read:,} rows (not told how many)"
    return f"{lost:,} of {read:,} rows ({lost / read if read else 0.0:.1%})"


def arm_difference(network: Network, scope: pl.DataFrame, table: pl.DataFrame) -> ArmDifference:
    """What each arm lost of what the study would have used.

    Rows that say of themselves that they are no loss (copies, doses never given) do not count.
    `scope`: KEY, n_rows that passed; `table`: KEY, exposed.
    """
    arms = table.select(*KEY, "exposed")
    kept = _by_arm(arms, scope.group_by(KEY).agg(pl.col("n_rows").sum()))
    rows = lost_rows(network, arms.schema["admission_id"]).join(arms, on=KEY, how="semi")
    lost = _by_arm(arms, rows.group_by(KEY).agg(pl.col("n_rows").sum()))
    by_reason = rows.group_by("reason").agg(pl.col("n_rows").sum())
    named = by_reason.sort(-pl.col("n_rows"), "reason").iter_rows()
    return ArmDifference(
        lost[True], kept[True] + lost[True], lost[False], kept[False] + lost[False], tuple(named)
    )


def _by_arm(arms: pl.DataFrame, counts: pl.DataFrame) -> dict[bool, int]:
    """Rows of the exposed and of the unexposed."""
    joined = arms.join(counts, on=KEY, how="left").with_columns(pl.col("n_rows").fill_null(0))
    return {
        arm: int(joined.filter(pl.col("exposed") == arm)["n_rows"].sum()) for arm in (True, False)
    }


def lost_rows(network: Network, key: pl.DataType) -> pl.DataFrame:
    """Quarantined rows whose loss is one: KEY, reason ("table: reasons") and n_rows."""
    hospitals = [one.hospital_id for one in network.results]
    tables = [table.name for table in TABLES if "admission_id" in table.names]
    rows = [_lost(network, name, hospitals, key) for name in tables]
    return pl.concat(rows)


def lost_admissions(network: Network, stays: pl.DataFrame) -> pl.DataFrame:
    """Stays set aside whose loss is one: hospital_id, patient_id, admitted_at.

    Without dates nobody knows when they were: admitted_at is null.
    """
    harmless = [check.reason for check in suites()["admission"] if check.harmless]
    reasons = pl.col("reason").str.split(";").list.set_difference(harmless)
    rows = network.scan("quarantine/admission", [one.hospital_id for one in network.results])
    admitted = pl.col("admitted_at")
    if not isinstance(rows.collect_schema()["admitted_at"], pl.Datetime):
        admitted = pl.lit(None, pl.Datetime("us")).alias("admitted_at")
    return (
        rows.filter(reasons.list.len() > 0)
        .select(
            pl.col("hospital_id").cast(pl.String),
            pl.col("patient_id").cast(stays.schema["patient_id"], strict=False),
            admitted,
        )
        .collect()
    )


def _lost(network: Network, table: str, hospitals: list[str], key: pl.DataType) -> pl.DataFrame:
    """As `lost_rows`, of one table; ids in the type of the analysis table."""
    harmless = [check.reason for check in suites()[table] if check.harmless]
    reasons = pl.col("reason").str.split(";").list.set_difference(harmless)
    rows = network.scan(f"quarantine/{table}", hospitals).select(
        pl.col("hospital_id").cast(pl.String),
        pl.col("admission_id").cast(key, strict=False),
        reasons.alias("reasons"),
    )
    lost = rows.filter(pl.col("reasons").list.len() > 0).select(
        *KEY, (table + ": " + pl.col("reasons").list.join(", ")).alias("reason")
    )
    return lost.group_by(*KEY, "reason").agg(pl.len().cast(pl.Int64).alias("n_rows")).collect()
