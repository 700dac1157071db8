"""All tables of one block of stays, and the truth about each admission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ehrivig.demo import dosing, drugs, events, incidental, labs, respiration, study_drugs, vitals
from ehrivig.demo.sites import Counters, Part

Tables = dict[str, pl.DataFrame]
DAY = 1440


@dataclass(frozen=True)
class Mess:
    """How untidy the extract is. The default of every field is: not at all."""

    readmissions: bool = False
    transfers: bool = False
    split_infusions: bool = False
    look_alikes: bool = False
    extra_rows: bool = False
    lost_concentration: float = 0.0
    without_weight: float = 0.0


CLEAN = Mess()
MESSY = Mess(
    readmissions=True,
    transfers=True,
    split_infusions=True,
    look_alikes=True,
    extra_rows=True,
    lost_concentration=0.006,
    without_weight=0.05,
)


def numbered(stays: pl.DataFrame, counters: Counters) -> pl.DataFrame:
    """Stays sorted by patient and time, with patient_id and admission_id counted up."""
    stays = stays.sort("member", "admitted", "person")
    patient = stays["person"].rle_id().cast(pl.Int64)
    first_patient, first_admission = counters.patient + 1, counters.admission + 1
    counters.patient += int(patient.n_unique())
    counters.admission += stays.height
    return stays.with_columns(
        (patient + first_patient).alias("patient_id"),
        pl.Series("admission_id", np.arange(stays.height) + first_admission),
    )


@dataclass(frozen=True)
class Built:
    """The tables of a block (medication without medication_id), their truth, the infusions."""

    tables: Tables
    truth: pl.DataFrame
    given: dosing.Infusions


def build(part: Part, stays: pl.DataFrame, mess: Mess, study: str | None = None) -> Built:
    """The event tables of the stays and the truth about them; with the drugs of a study."""
    stays = respiration.criteria(part, stays)
    devices = respiration.support(part, stays)
    times = labs.draws(part, stays)
    given = dosing.infusions(part, stays, split=mess.split_infusions, lost=mess.lost_concentration)
    medication = pl.concat(
        [
            drugs.treatments(part, stays, mess.look_alikes),
            dosing.administrations(part, stays, given),
            *([study_drugs.of_study(part, stays, study)] if study else []),
        ]
    )
    result = {
        **({"hospital": events.hospital(part.site)} if part.number == 0 else {}),
        "patient": events.patient(part, stays),
        "admission": events.admission(part, stays, mess.without_weight),
        "icu_stay": events.icu_stay(part, stays),
        "diagnosis": incidental.added(events.diagnosis(part, stays), part, stays),
        "lab": labs.lab(part, stays, times, devices),
        "vital": vitals.vital(part, stays, times, devices),
        "medication": medication,
        "respiratory_support": respiration.respiratory_support(stays, devices),
        "procedure": events.procedure(part, stays),
        "score": events.score(part, stays),
        "finding": events.finding(part, stays),
        "pathogen_test": events.pathogen_test(part, stays),
    }
    return Built(result, _truth(part, stays, given), given)


def _truth(part: Part, stays: pl.DataFrame, given: dosing.Infusions) -> pl.DataFrame:
    """What is true of every admission: in the cohort or not, exposed how, died or not."""
    who = stays.select(
        pl.lit(part.site.hospital_id).alias("hospital_id"),
        "admission_id",
        "patient_id",
        "confirmed",
        pl.Series("adult", events.full_years(stays) >= 18),
        "severe",
        pl.col("index_stay").alias("index"),
        (pl.col("index_stay") & pl.col("severe")).alias("in_cohort"),
    )
    end = stays.select(
        death_28d=(pl.col("death") >= 0) & (pl.col("death") - pl.col("admitted") <= 28 * DAY),
        death_in_hospital="in_hospital",
    )
    return pl.concat([who, dosing.features(stays, given), end], how="horizontal")


def finished(tables: Tables, counters: Counters) -> Tables:
    """The tables in the order in which they are written: by admission; keys of medication set."""
    result = {}
    for name, frame in tables.items():
        key = next((k for k in ("admission_id", "patient_id") if k in frame.columns), None)
        ordered = key is None or frame[key].is_sorted()
        result[name] = frame if ordered else frame.sort(str(key), maintain_order=True)
    medication = result["medication"].sort("admission_id", "started_at", maintain_order=True)
    numbers = np.arange(medication.height) + counters.medication + 1
    counters.medication += medication.height
    order = medication["order_id"].rank("dense").cast(pl.Int64) + counters.order
    counters.order = int(order.max() or counters.order)  # type: ignore[arg-type]
    result["medication"] = medication.with_columns(order.alias("order_id")).insert_column(
        1, pl.Series("medication_id", numbers)
    )
    for name, frame in result.items():
        counters.rows[name] = counters.rows.get(name, 0) + frame.height
    return result
