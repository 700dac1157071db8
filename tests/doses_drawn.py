"""Administrations and candidates drawn row by row, and the dosing row that comes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ehrivig.features.dosing import dosing
from ehrivig.study import Exposure

ADMITTED = datetime(2020, 2, 1, 8, 0)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "hospital_id": pl.String,
    "admission_id": pl.Int64,
    "patient_id": pl.Int64,
    "medication_id": pl.Int64,
    "dose": pl.Float64,
    "dose_unit": pl.String,
    "concentration_g_per_l": pl.Float64,
    "strength_g": pl.Float64,
    "billing_unit_g": pl.Float64,
    "product_type": pl.String,
    "started_at": pl.Datetime("us"),
    "stopped_at": pl.Datetime("us"),
    "weight_kg": pl.Float64,
    "time_zero": pl.Datetime("us"),
    "discharged_at": pl.Datetime("us"),
}


def exposure(**settings: Any) -> Exposure:
    return Exposure(name="ivig", label="IVIG", codelist="ivig", **settings)


def row(day: int, clock: str, dose: float | None, unit: str | None, **more: Any) -> dict[str, Any]:
    """One administration on day `day` of February 2020 at hh:mm."""
    hour, minute = map(int, clock.split(":"))
    base = {
        "hospital_id": "A",
        "admission_id": 1,
        "patient_id": 11,
        "medication_id": 1,
        "product_type": "standard",
        "started_at": datetime(2020, 2, 1, hour, minute) + timedelta(days=day - 1),
        "weight_kg": 50.0,
        "time_zero": ADMITTED,
        "discharged_at": datetime(2020, 3, 31),
    }
    return {**base, "dose": dose, "dose_unit": unit, **more}


def drawn(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA).lazy()


def people(**weights: float | None) -> pl.LazyFrame:
    """Candidates a1, a2, ... with their weights."""
    return pl.DataFrame(
        [
            {
                "hospital_id": "A",
                "admission_id": int(name[1:]),
                "patient_id": 10 + int(name[1:]),
                "time_zero": ADMITTED,
                "weight_kg": weight,
            }
            for name, weight in weights.items()
        ],
        schema={
            k: SCHEMA[k]
            for k in ("hospital_id", "admission_id", "patient_id", "time_zero", "weight_kg")
        },
    ).lazy()


def features(*rows: dict[str, Any], weight: float | None = 50.0, **settings: Any) -> dict[str, Any]:
    """The dosing row of the one candidate, admission 1."""
    got = dosing(drawn(*rows), people(a1=weight), exposure(**settings)).collect()
    assert got.height == 1
    return got.row(0, named=True)


WHO = people(a1=50.0, a2=50.0, a3=50.0, a4=50.0, a5=50.0, a6=50.0)
