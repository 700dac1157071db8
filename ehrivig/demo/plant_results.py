"""Bad results, times and findings: kinds 1, 2, 15, 18, 19, 23, 30 to 33, 39, 41, 42."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import polars as pl

from ehrivig.demo.block_rows import Bench
from ehrivig.demo.untidiness import IVIG_CODE, code

FEW = 20
_MIXED_MONTH = (datetime(2020, 2, 1), datetime(2020, 3, 1))
_SKIPPED_HOUR = datetime(2020, 3, 8, 2, 30)  # New York: clocks go from 02:00 to 03:00
_TIMES = ("collected_at", "resulted_at")


def _of(bench: Bench, analyte: str) -> pl.Expr:
    return pl.col("lab_code") == code(bench, analyte)


def unit_mixup(bench: Bench) -> None:
    """1: a month of creatinine in the other unit, the unit string as before."""
    month = pl.col("collected_at").is_between(*_MIXED_MONTH, closed="left")
    rows = bench.rows("lab", _of(bench, "creatinine") & month, 1e12)
    factor = 88.4 if bench.part.site.profile == 2 else 1 / 88.4
    bench.change(1, "lab", rows, value=(pl.col("value") * factor).round(3))


def out_of_range(bench: Bench) -> None:
    """2: lone values beyond the hard limit."""
    for analyte, value in (("hemoglobin", 1300.0), ("wbc", 5200.0)):
        bench.change(2, "lab", bench.rows("lab", _of(bench, analyte), FEW / 2), value=value)
    rows = bench.rows("vital", pl.col("vital_code") == "sbp", FEW / 2)
    bench.change(2, "vital", rows, value=1250.0)


def daylight_saving(bench: Bench) -> None:
    """15: a hospital in New York whose records hold an hour that did not exist."""
    bench.tables["hospital"] = bench.tables["hospital"].with_columns(
        timezone=pl.lit("America/New_York")
    )
    admission = bench.tables["admission"].filter(
        (pl.col("admitted_at") < _SKIPPED_HOUR) & (pl.col("discharged_at") > _SKIPPED_HOUR)
    )
    inside = pl.col("admission_id").is_in(admission["admission_id"].implode())
    rows = bench.rows("lab", inside, FEW)
    resulted = pl.lit(_SKIPPED_HOUR) + pl.duration(hours=2)
    bench.change(15, "lab", rows, collected_at=pl.lit(_SKIPPED_HOUR), resulted_at=resulted)


def after_extract(bench: Bench) -> None:
    """18: results dated after the extract."""
    later = {name: pl.col(name) + pl.duration(days=400) for name in _TIMES}
    bench.change(18, "lab", bench.rows("lab", None, FEW), **later)


def misread_dates(bench: Bench) -> None:
    """19: day and month swapped, an Excel serial read as seconds, and the year 1900."""
    day, month = pl.col("collected_at").dt.day(), pl.col("collected_at").dt.month()
    rows = bench.rows("lab", (day <= 12) & (day != month), FEW)
    swapped = pl.col("collected_at").dt.replace(month=day, day=month)
    bench.change(19, "lab", rows, collected_at=swapped)
    serial = (pl.col("collected_at").dt.epoch("d") + 25_569) * 1_000_000
    rows = bench.rows("lab", None, FEW)
    bench.change(19, "lab", rows, collected_at=serial.cast(pl.Datetime("us")))
    rows = bench.rows("admission", None, FEW)
    bench.change(19, "admission", rows, symptom_onset_at=pl.lit(datetime(1900, 1, 1)))


def after_death(bench: Bench) -> None:
    """23: results and a dose 30 hours after death."""
    died = (
        bench.tables["admission"]
        .filter(pl.col("discharge_status") == "died")
        .select("admission_id", "discharged_at")
    )
    for table, columns in (("lab", _TIMES), ("medication", ("started_at", "stopped_at"))):
        frame = bench.tables[table]
        ends = frame.join(died, on="admission_id", how="left", maintain_order="left")
        of_dead = pl.col("admission_id").is_in(died["admission_id"].implode())
        where = of_dead if table == "lab" else of_dead & IVIG_CODE
        rows = bench.rows(table, where, FEW / 2)
        moment = ends["discharged_at"][rows] + pl.duration(hours=30)
        late = pl.select(moment).to_series()
        values = dict.fromkeys(columns, late)
        bench.add(23, table, rows, **values)


def sentinels(bench: Bench) -> None:
    """30: 999, -1 and 9999 for missing results; a weight of 0."""
    values = np.resize(np.array([999.0, -1.0, 9999.0]), 3 * FEW)
    rows = bench.rows("lab", _of(bench, "wbc") | _of(bench, "creatinine"), 3 * FEW)
    bench.change(30, "lab", rows, value=pl.Series(values[: len(rows)]))
    rows = bench.rows("vital", pl.col("vital_code") == "spo2", FEW)
    bench.change(30, "vital", rows, value=-1.0)
    bench.change(30, "admission", bench.rows("admission", None, FEW / 2), weight_kg=0.0)


def censored(bench: Bench) -> None:
    """31: results beyond the limits of the assay, in four ways of writing."""
    for analyte, text in (
        ("procalcitonin", "<0.05"),
        ("procalcitonin", "＜0.05"),
        ("il_6", "≤1.5"),
        ("creatine_kinase", ">1000"),
    ):
        rows = bench.rows("lab", _of(bench, analyte), FEW / 2)
        bench.change(31, "lab", rows, value=None, value_text=text)


def decimal_comma(bench: Bench) -> None:
    """32: decimal commas; "1,234" may be either."""
    for analyte, text in (("d_dimer", "0,35"), ("creatine_kinase", "1,234")):
        rows = bench.rows("lab", _of(bench, analyte), FEW / 2)
        bench.change(32, "lab", rows, value=None, value_text=text)


def qualitative(bench: Bench) -> None:
    """33: words and signs in place of numbers; 未查 is "not done"."""
    for text in ("阴性", "阳性", "+", "未查"):
        rows = bench.rows("lab", _of(bench, "crp"), FEW / 4)
        bench.change(33, "lab", rows, value=None, value_text=text)


def free_text(bench: Bench) -> None:
    """39: a denied disease written where a code belongs."""
    for text in ("否认高血压", "否认糖尿病"):
        rows = bench.rows("diagnosis", pl.col("present_on_admission"), FEW / 2)
        bench.add(39, "diagnosis", rows, code=text, vocabulary="local")


def single_negative(bench: Bench) -> None:
    """41: only the first of a patient's negative tests stays."""
    frame = bench.tables["pathogen_test"].with_row_index()
    swab = (pl.col("method") == "rna") & (pl.col("specimen") == "respiratory")
    negative = frame.filter(swab & (pl.col("result") == "negative"))
    cleared = frame.filter(swab & (pl.col("result") == "positive"))["admission_id"].unique()
    negative = negative.filter(pl.col("admission_id").is_in(cleared.implode()))
    later = negative.filter(~pl.col("admission_id").is_first_distinct())
    chosen = later["admission_id"].unique(maintain_order=True).head(FEW)
    rows = later.filter(pl.col("admission_id").is_in(chosen.implode()))["index"]
    bench.remove(41, "pathogen_test", rows.to_numpy().astype(np.int64), len(chosen))


def report_times(bench: Bench) -> None:
    """42: a result reported an hour before its sample, or four days after it."""
    for hours in (-1, 96):
        reported = pl.col("collected_at") + pl.duration(hours=hours)
        bench.change(42, "lab", bench.rows("lab", None, FEW), resulted_at=reported)


PLANTERS: dict[str, Callable[[Bench], None]] = {
    "unit_mixup": unit_mixup,
    "out_of_range": out_of_range,
    "daylight_saving": daylight_saving,
    "after_extract_date": after_extract,
    "misread_dates": misread_dates,
    "event_after_death": after_death,
    "sentinel": sentinels,
    "censored_result": censored,
    "decimal_comma": decimal_comma,
    "qualitative_result": qualitative,
    "free_text_comorbidity": free_text,
    "single_negative": single_negative,
    "report_time_as_sample_time": report_times,
}
