"""Rejected rows as read with all their reasons, and the exact account of every row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import contract
from ehrivig.batch import keys, relative
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.study import Study
from ehrivig.study.clock import Clock
from ehrivig.validate import aggregates, measures, rules, suspects


def quarantine(db: Database, study: Study, hospitals: Sequence[str], folder: Path) -> pl.DataFrame:
    """Write what the gate takes out; hospital_id, table, rows_read, rows_quarantined.

    Under `<folder>/quarantine/`: `<table>.parquet`, rejected rows with the columns of the contract
    as read, and `reason` (several joined by ';'); `values/<table>.parquet`, rows that stay in the
    study but lost a value; without dates their moments are minutes since the admission.
    `<folder>/quality/`: counts for the quality report. Measures first when
    that was not done on `db`. Raises EhrivigError unless, in every table, rows read = rows kept +
    rows rejected.
    """
    if not db.exists("gate.rule"):
        measures.measure(db, study, hospitals)
    target = folder / "quarantine"
    target.mkdir(parents=True, exist_ok=True)
    active = rules.stored(db)
    for table in contract.TABLES:
        own = [rule for rule in active if rule.table == table.name]
        parts = [(rules.of_rows(own), target)]
        if rules.of_values(own):
            (target / "values").mkdir(exist_ok=True)
            parts.append((rules.of_values(own), target / "values"))
        for some, place in parts:
            _write(db, table.name, some, place / f"{table.name}.parquet", study.clock)
    account = _account(db, target)
    aggregates.write(db, hospitals, folder / "quality", study.clock)
    return account


def _write(db: Database, table: str, own: list[rules.Rule], path: Path, clock: Clock) -> None:
    columns = keys.as_read(db, table)
    if clock == "offsets":
        columns = relative.as_minutes(table, columns)
    with suspects.alone(db, table):
        db.copy(rules.as_read(columns, table, own), path)


def _account(db: Database, quarantine: Path) -> pl.DataFrame:
    """What was read and rejected of each hospital's tables; kept and rejected are counted apart."""
    sizes = db.frame('SELECT hospital_id, "table", rows_read, rows_kept FROM gate.size')
    rejected = [
        pl.scan_parquet(quarantine / f"{table.name}.parquet")
        .group_by(pl.col("hospital_id").cast(pl.String))
        .agg(pl.len().cast(pl.Int64).alias("rows_quarantined"))
        .with_columns(pl.lit(table.name).alias("table"))
        .collect()
        for table in contract.TABLES
    ]
    account = sizes.join(
        pl.concat(rejected), on=["hospital_id", "table"], how="left", maintain_order="left"
    ).with_columns(pl.col("rows_quarantined").fill_null(0))
    sums = pl.col("rows_kept") + pl.col("rows_quarantined")
    for row in account.filter(pl.col("rows_read") != sums).iter_rows(named=True):
        raise EhrivigError(
            f"ledger: {row['table']}: {row['rows_read']} rows read, {row['rows_kept']} kept, "
            f"{row['rows_quarantined']} in quarantine. The account is not exact; please report it."
        )
    return account.drop("rows_kept")
