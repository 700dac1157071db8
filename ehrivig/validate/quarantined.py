"""Rejected rows as read with all their reasons, and the exact account of every row."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ehrivig import contract
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.study import Study
from ehrivig.validate import aggregates, measures, rules


def quarantine(db: Database, study: Study, hospital_id: str, folder: Path) -> dict[str, int]:
    """Write what the gate takes out; rows rejected per table.

    Under `<folder>/quarantine/`: `<table>.parquet`, rejected rows with the columns of the contract
    as read, and `reason` (several joined by ';'); `values/<table>.parquet`, rows that stay in the
    study but lost a value. `<folder>/quality/`: counts for the quality report. Measures first when
    that was not done on `db`. Raises EhrivigError unless, in every table, rows read = rows kept +
    rows rejected.
    """
    if not db.exists("gate.rule"):
        measures.measure(db, study, hospital_id)
    target = folder / "quarantine"
    target.mkdir(parents=True, exist_ok=True)
    active = rules.stored(db)
    for table in contract.TABLES:
        own = [rule for rule in active if rule.table == table.name]
        _write(db, table.name, rules.of_rows(own), target / f"{table.name}.parquet")
        if rules.of_values(own):
            (target / "values").mkdir(exist_ok=True)
            _write(
                db, table.name, rules.of_values(own), target / "values" / f"{table.name}.parquet"
            )
        _account(db, table.name, target / f"{table.name}.parquet")
    aggregates.write(db, folder / "quality")
    counts = count_rows(db)
    return {name: rejected for name, (_, rejected) in counts.items()}


def _write(db: Database, table: str, own: list[rules.Rule], path: Path) -> None:
    suspects = measures.suspects(table)
    db.copy(rules.as_read(table, own, suspects if db.exists(suspects) else None), path)


def _account(db: Database, table: str, path: Path) -> None:
    """Table `gate.account`: what was read, kept and rejected, each counted by itself."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS gate.account "
        "(table_name VARCHAR PRIMARY KEY, rows_read BIGINT, rows_kept BIGINT, rows_rejected BIGINT)"
    )
    sizes = 'SELECT rows_read, rows_kept FROM gate.size WHERE "table" = $table'
    read, kept = (int(n) for n in db.rows(sizes, {"table": table})[0])
    rejected = pl.scan_parquet(path).select(pl.len()).collect().item()
    if read != kept + rejected:
        raise EhrivigError(
            f"ledger: {table}: {read} rows read, {kept} kept, {rejected} in quarantine. "
            "The account is not exact; please report it."
        )
    db.execute(
        "INSERT OR REPLACE INTO gate.account VALUES ($table, $read, $kept, $rejected)",
        {"table": table, "read": read, "kept": kept, "rejected": rejected},
    )


def count_rows(db: Database) -> dict[str, tuple[int, int]]:
    """Table -> (rows read, rows in quarantine), after `quarantine`."""
    rows = db.rows("SELECT table_name, rows_read, rows_rejected FROM gate.account")
    return {name: (int(read), int(rejected)) for name, read, rejected in rows}
