"""What a hospital may send instead of patients: its estimates, and nothing that points at a person.

`aggregate.csv` holds the hospital rows of the released `effects.csv`; `ehrivig pool DIR...` puts
the files of several networks together. With `--aggregate-only` a run keeps nothing but its release.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from ehrivig.meta.aggregates import HospitalEffect, aggregate_text

_PREFIX = "hospital "
_COUNTS = ("n_exposed", "events_exposed", "n_control", "events_control")


def of_run(effects: pl.DataFrame) -> list[HospitalEffect]:
    """The estimate of each hospital of a run (analysis "hospital"), without those not shown."""
    rows = effects.filter(
        (pl.col("analysis") == "hospital")
        & pl.col("population").str.starts_with(_PREFIX)
        & pl.col("estimate").is_not_null()
    )
    return [_effect(row) for row in rows.iter_rows(named=True)]


def _effect(row: dict[str, Any]) -> HospitalEffect:
    texts = ("analysis", "contrast", "outcome", "event_label", "model", "measure")
    numbers = ("estimate", "lo", "hi", "se")
    values: dict[str, Any] = {name: str(row[name]) for name in texts}
    values |= {name: float(row[name]) for name in numbers}
    values |= {name: row[name] for name in _COUNTS} | {"note": row["note"] or ""}
    return HospitalEffect(hospital_id=row["population"].removeprefix(_PREFIX), **values)


def write(folder: Path) -> None:
    """Write `aggregate.csv` of a run that has hospital rows; nothing otherwise."""
    path = folder / "effects.csv"
    if not path.is_file():
        return
    found = of_run(pl.read_csv(path, infer_schema_length=None))
    if found:
        (folder / "aggregate.csv").write_text(aggregate_text(found), encoding="utf-8")
