"""The usual untidiness: rows added at small rates to every block, the same for either arm.

Every added row is beyond doubt wrong, and none replaces a right one: after a correct gate the
truth is what it was. Only results below the limit of detection replace a number by a text.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ehrivig.demo.block_rows import Bench
from ehrivig.demo.defects import ORPHAN
from ehrivig.demo.labs import recording
from ehrivig.demo.margins import Ints

NO_SUCH_ADMISSION = 900_000_000
IVIG_CODE = pl.col("drug_code") == "J06BA02"
# Values that no unit in use at any hospital makes plausible.
_IMPOSSIBLE_LAB = {"hemoglobin": 1300.0, "wbc": 5200.0, "albumin": 330.0, "crp": 7100.0}
_SENTINEL_LAB = ("wbc", "hemoglobin", "albumin", "crp", "aptt")
_IMPOSSIBLE_VITAL = {"temperature": 3.7, "sbp": 1250.0, "spo2": 9.0, "respiratory_rate": 180.0}


def untidy(bench: Bench) -> None:
    """Plant the default untidiness into one block."""
    _labs(bench)
    _vitals(bench)
    _medications(bench)


def _labs(bench: Bench) -> None:
    """Below-limit texts, sentinels, impossible values, orphans, dates after the extract."""
    if bench.part.site.profile in (0, 3):
        low = (pl.col("lab_code") == code(bench, "procalcitonin")) & (pl.col("value") < 0.05)
        rows = bench.rows("lab", low, 1e12)
        bench.change(31, "lab", rows, value=None, value_text="<0.05")
    minute = pl.duration(minutes=1)
    later = {
        "collected_at": pl.col("collected_at") + minute,
        "resulted_at": pl.col("resulted_at") + minute,
    }
    codes = [code(bench, name) for name in _SENTINEL_LAB]
    rows = bench.rows("lab", pl.col("lab_code").is_in(codes), 0.0012)
    bench.add(30, "lab", rows, value=_alternating(rows, (9999.0, -1.0)), **later)
    for name, value in _IMPOSSIBLE_LAB.items():
        rows = bench.rows("lab", pl.col("lab_code") == code(bench, name), 0.0008)
        bench.add(2, "lab", rows, value=value, **later)
    rows = bench.rows("lab", None, 0.0002)
    bench.add(18, "lab", rows, **_in_days(400, "collected_at", "resulted_at"))
    orphans(bench, "lab", 0.0002)


def _vitals(bench: Bench) -> None:
    """Sentinels, impossible values and orphans."""
    later = {"measured_at": pl.col("measured_at") + pl.duration(minutes=1)}
    for name, value in _IMPOSSIBLE_VITAL.items():
        where = pl.col("vital_code") == name
        rows = bench.rows("vital", where, 0.0008)
        bench.add(30, "vital", rows, value=_alternating(rows, (999.0, -1.0)), **later)
        rows = bench.rows("vital", where, 0.0006)
        bench.add(2, "vital", rows, value=value, **later)
    orphans(bench, "vital", 0.0002)


def _medications(bench: Bench) -> None:
    """Copies, orders that were never given, orphans."""
    shift = _minutes("started_at", "stopped_at", bench.rng.integers(0, 5, 1)[0])
    bench.add(3, "medication", bench.rows("medication", None, 0.002), **shift)
    bench.add(3, "medication", bench.rows("medication", IVIG_CODE, 0.003), **shift)
    for number, status in ((5, "cancelled"), (5, "not_given"), (4, "unknown")):
        rows = bench.rows("medication", None, 0.0012)
        values = {"status": status, "order_id": pl.col("order_id") + 30}
        bench.add(number, "medication", rows, **values, **_minutes("started_at", "stopped_at", 37))
        never_given(bench, number, status, 0.003)
    orphans(bench, "medication", 0.0003)


def never_given(bench: Bench, number: int, status: str, proportion: float) -> None:
    """Orders of IVIG for patients without any, none of them given."""
    frame = bench.tables["medication"]
    treated = frame.filter(IVIG_CODE)["admission_id"].unique()
    first = pl.col("admission_id").is_first_distinct() & ~pl.col("admission_id").is_in(
        treated.implode()
    )
    rows = bench.rows("medication", first, proportion)
    bench.add(
        number,
        "medication",
        rows,
        drug_code="J06BA02",
        drug_name="Human Immunoglobulin (pH4) for Intravenous Injection",
        dose=10.0,
        dose_unit="g",
        route="iv",
        status=status,
        order_id=pl.col("order_id") + 60,
        **_minutes("started_at", "stopped_at", 11),
    )


def orphans(bench: Bench, table: str, proportion: float) -> None:
    """Copies of rows under admissions that do not exist."""
    rows = bench.rows(table, None, proportion)
    bench.add(
        ORPHAN.number, table, rows, admission_id=pl.Series(np.arange(len(rows)) + NO_SUCH_ADMISSION)
    )


def code(bench: Bench, analyte: str) -> str:
    """The code of an analyte at the bench's hospital."""
    return recording(bench.part.site, analyte).code


def _alternating(rows: Ints, values: tuple[float, float]) -> pl.Series:
    return pl.Series(np.resize(np.array(values), len(rows)))


def _minutes(start: str, stop: str, minutes: int) -> dict[str, pl.Expr]:
    """Both times of a row, some minutes later."""
    step = pl.duration(minutes=int(minutes))
    return {start: pl.col(start) + step, stop: pl.col(stop) + step}


def _in_days(days: int, *columns: str) -> dict[str, pl.Expr]:
    return {name: pl.col(name) + pl.duration(days=days) for name in columns}
