"""Cases of the CLIF layout."""

from __future__ import annotations

import polars as pl

from .case import SAME_PEOPLE, Case, Change, null, of_table


def _all(table: str, column: str, value: str) -> Change:
    return of_table(table, pl.lit(value).alias(column))


def _title(table: str, column: str) -> Change:
    return of_table(table, pl.col(column).str.to_titlecase())


CASES = (
    Case(
        "D2",
        "no key",
        of_table("clif_medication_admin_intermittent", *null("med_order_id")),
        SAME_PEOPLE,
    ),
    Case("D5", "Home and Expired", _title("clif_hospitalization", "discharge_category")),
    Case("D26", "format 10", _all("clif_hospital_diagnosis", "diagnosis_code_format", "10")),
    Case(
        "D36",
        "signs in capitals",
        of_table("clif_vitals", pl.col("vital_category").str.to_uppercase()),
    ),
    Case("D36", "specimen blood", _all("clif_labs", "lab_specimen_category", "blood")),
    Case("D36", "devices as titles", _title("clif_respiratory_support", "device_category")),
)
