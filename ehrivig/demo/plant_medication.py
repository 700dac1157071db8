"""Bad medication rows: kinds 3 to 13, 16, 17, 34, 35."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from ehrivig.demo.block_rows import Bench
from ehrivig.demo.untidiness import IVIG_CODE, never_given

FEW = 20
PLAIN_IVIG = "Human Immunoglobulin (pH4) for Intravenous Injection"
AMBIGUOUS = "丙种球蛋白"
_NAME = "静注人免疫球蛋白(pH4)"
MOJIBAKE = (
    _NAME.encode("gb18030").decode("latin-1"),
    "闈欐敞浜哄厤鐤悆铔嬬櫧(pH4)",  # UTF-8 read as GB18030
    _NAME.encode("gb18030").decode("utf-8", errors="replace"),
)
_GIVEN = pl.col("status") == "given"
_TIMES = ("started_at", "stopped_at")


def _later(minutes: int) -> dict[str, pl.Expr]:
    return {name: pl.col(name) + pl.duration(minutes=minutes) for name in _TIMES}


def duplicates(bench: Bench) -> None:
    """3: the same administration again, two minutes later."""
    rows = bench.rows("medication", IVIG_CODE & _GIVEN, FEW)
    bench.add(3, "medication", rows, **_later(2))


def orders_as_given(bench: Bench) -> None:
    """4: orders without any status, or of unknown status."""
    never_given(bench, 4, "unknown", FEW)
    rows = bench.rows("medication", _GIVEN, FEW)
    bench.add(4, "medication", rows, status=None, **_later(31))


def not_administered(bench: Bench) -> None:
    """5: cancelled and not given, and the same in a hospital's own words."""
    for status in ("cancelled", "not_given", "未执行", "退药"):
        never_given(bench, 5, status, FEW / 4)


def stop_before_start(bench: Bench) -> None:
    """6: the infusion stops an hour before it starts."""
    rows = bench.rows("medication", _GIVEN, FEW)
    stopped = pl.col("started_at") - pl.duration(hours=1)
    bench.change(6, "medication", rows, stopped_at=stopped)


def zero_and_negative(bench: Bench) -> None:
    """7: a dose of zero, and a return under the same order."""
    bench.add(7, "medication", bench.rows("medication", _GIVEN, FEW / 2), dose=0.0, **_later(9))
    rows = bench.rows("medication", _GIVEN, FEW / 2)
    bench.add(7, "medication", rows, dose=-pl.col("dose"), **_later(50))


def vials_without_strength(bench: Bench) -> None:
    """8: four 支, of unknown strength."""
    nothing: dict[str, Any] = {"concentration_g_per_l": None, "strength_g": None}
    rows = bench.rows("medication", IVIG_CODE & _GIVEN, FEW)
    bench.change(8, "medication", rows, dose=4.0, dose_unit="支", drug_name=PLAIN_IVIG, **nothing)


def millilitres_as_grams(bench: Bench) -> None:
    """9: 400 mL under the unit g."""
    nothing: dict[str, Any] = {"concentration_g_per_l": None, "strength_g": None}
    rows = bench.rows("medication", IVIG_CODE & _GIVEN, FEW)
    bench.change(9, "medication", rows, dose=400.0, dose_unit="g", **nothing)


def billing_units(bench: Bench) -> None:
    """10: every IVIG row of the hospital as HCPCS units of 500 mg, called g."""
    rows = bench.rows("medication", IVIG_CODE & _GIVEN, 1e12)
    values: dict[str, Any] = {"concentration_g_per_l": None, "strength_g": None}
    values |= {"drug_code": "J1569", "vocabulary": "HCPCS", "dose_unit": "g", "dose": 20.0}
    bench.change(10, "medication", rows, **values)


def prescribed_and_given(bench: Bench) -> None:
    """11: the prescribed amount, twice what was given, beside the given row of the order."""
    rows = bench.rows("medication", _GIVEN & ~IVIG_CODE, FEW)
    bench.add(11, "medication", rows, dose=pl.col("dose") * 2, status="unknown", **_later(-40))


def look_alikes(bench: Bench) -> None:
    """12: hepatitis B and IM immunoglobulin, and a name that may be either IV or IM."""
    products: tuple[dict[str, Any], ...] = (
        {
            "drug_code": "J06BB04",
            "drug_name": "Hepatitis B Immune Globulin (Nabi-HB)",
            "route": "im",
        },
        {
            "drug_code": "J06BA01",
            "drug_name": "Human Immunoglobulin for Injection (IM)",
            "route": "im",
        },
        {"drug_code": "90101", "drug_name": AMBIGUOUS, "vocabulary": "local", "route": "unknown"},
    )
    treated = bench.tables["medication"].filter(IVIG_CODE)["admission_id"].unique()
    untreated = ~pl.col("admission_id").is_in(treated.implode()) & _GIVEN
    for product in products:
        rows = bench.rows("medication", untreated, FEW / 2)
        values = {"dose": 300.0, "dose_unit": "mg", **product}
        bench.add(12, "medication", rows, **values, **_later(23))


def eight_hours(bench: Bench) -> None:
    """16: three tables of the hospital in UTC, the others local."""
    columns = {"medication": _TIMES, "vital": ("measured_at",), "pathogen_test": ("collected_at",)}
    for table, names in columns.items():
        rows = np.arange(bench.tables[table].height)
        earlier = {name: pl.col(name) - pl.duration(hours=8) for name in names}
        bench.change(16, table, rows, **earlier)


def date_only(bench: Bench) -> None:
    """17: 30% of start times lose their hour."""
    rows = bench.rows("medication", None, 0.3)
    day = pl.col("started_at").dt.truncate("1d")
    bench.change(17, "medication", rows, started_at=day)


def mojibake(bench: Bench) -> None:
    """34: the product's name read with the wrong encoding, two ways back, one without."""
    for text in MOJIBAKE:
        rows = bench.rows("medication", IVIG_CODE & _GIVEN, FEW / 2)
        bench.change(34, "medication", rows, drug_name=text)


def full_width(bench: Bench) -> None:
    """35: full-width letters in a name; other ways to write 10^9/L."""
    rows = bench.rows("medication", IVIG_CODE & _GIVEN, FEW)
    bench.change(35, "medication", rows, drug_name="静注人免疫球蛋白（ｐＨ４）")
    for unit in ("x10^9/L", "×10⁹/L", "X10^9/L"):
        rows = bench.rows("lab", pl.col("unit") == "10^9/L", FEW)
        bench.change(35, "lab", rows, unit=unit)


PLANTERS: dict[str, Callable[[Bench], None]] = {
    "duplicate_administration": duplicates,
    "order_as_given": orders_as_given,
    "not_administered": not_administered,
    "stop_before_start": stop_before_start,
    "zero_or_negative_dose": zero_and_negative,
    "vial_without_strength": vials_without_strength,
    "ml_as_g": millilitres_as_grams,
    "hcpcs_units_as_g": billing_units,
    "prescribed_and_given": prescribed_and_given,
    "look_alike_product": look_alikes,
    "eight_hour_shift": eight_hours,
    "date_only_times": date_only,
    "mojibake": mojibake,
    "full_width": full_width,
}
