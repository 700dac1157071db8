"""Bad hospitals, patients and admissions: kinds 14, 20 to 22, 24, 25, 28, 29, 37, 38."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from ehrivig.demo.block_rows import Bench

FEW = 10
_LB_PER_KG = 1 / 0.453592
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643, of the first 17 digits
_CHECK = "10X98765432"


def no_time_zone(bench: Bench) -> None:
    """14: the hospital's time zone is not known."""
    if "hospital" not in bench.tables:  # it is in the first block only
        return
    hospital = bench.tables["hospital"]
    bench.tables["hospital"] = hospital.with_columns(timezone=pl.lit(None, pl.String))
    bench.note(14, "hospital", 1)


def discharge_first(bench: Bench) -> None:
    """20: discharged a day before admission."""
    rows = bench.rows("admission", None, FEW)
    before = pl.col("admitted_at") - pl.duration(days=1)
    bench.change(20, "admission", rows, discharged_at=before)


def death_first(bench: Bench) -> None:
    """21: dead five days before admission."""
    first = bench.tables["admission"].group_by("patient_id").agg(pl.col("admitted_at").min())
    frame = bench.tables["patient"].join(first, on="patient_id", how="left", maintain_order="left")
    rows = bench.rows("patient", pl.col("death_at").is_null(), FEW)
    days = frame["admitted_at"][rows].dt.offset_by("-5d")
    bench.change(21, "patient", rows, death_at=days)


def two_deaths(bench: Bench) -> None:
    """22: the register's date of death three days after the death in hospital."""
    rows = bench.rows("patient", _of_dead(bench), FEW)
    bench.change(22, "patient", rows, death_at=pl.col("death_at") + pl.duration(days=3))


def _of_dead(bench: Bench) -> pl.Expr:
    """The patients who died in this hospital."""
    died = bench.tables["admission"].filter(pl.col("discharge_status") == "died")["patient_id"]
    return pl.col("patient_id").is_in(died.implode())


def died_but_home(bench: Bench) -> None:
    """24: discharged alive at the time of death."""
    rows = bench.rows("admission", pl.col("discharge_status") == "died", FEW)
    bench.change(24, "admission", rows, discharge_status="alive")


def moribund(bench: Bench) -> None:
    """25: taken home to die; the death itself is not recorded."""
    rows = bench.rows("admission", pl.col("discharge_status") == "died", FEW)
    bench.change(25, "admission", rows, discharge_status="against_advice")
    left = bench.tables["admission"]["patient_id"][rows]
    patients = bench.tables["patient"].select(pl.col("patient_id").is_in(left.implode()))
    bench.change(25, "patient", np.flatnonzero(patients.to_series().to_numpy()), death_at=None)


def two_identities(bench: Bench) -> None:
    """28: a second row for a patient, of the other sex or born another day."""
    rows = bench.rows("patient", None, FEW)
    other = pl.when(pl.col("sex") == "male").then(pl.lit("female")).otherwise(pl.lit("male"))
    bench.add(28, "patient", rows, sex=other)
    rows = bench.rows("patient", None, FEW)
    bench.add(28, "patient", rows, birth_date=pl.col("birth_date") + pl.duration(days=400))


def bad_national_id(bench: Bench) -> None:
    """29: identity numbers of region 999999 (which does not exist) with a wrong check digit."""
    rows = bench.rows("patient", None, FEW)
    frame = bench.tables["patient"][rows]
    born = frame["birth_date"].dt.strftime("%Y%m%d")
    numbers = [
        _wrong_check(f"999999{day}{serial:03d}") for serial, day in enumerate(born, start=100)
    ]
    bench.change(29, "patient", rows, person_id=pl.Series(numbers, dtype=pl.Int64))


def _wrong_check(body: str) -> int:
    """17 digits and a check digit that is not theirs."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    right = _CHECK[total % 11]
    return int(body + ("1" if right != "1" else "2"))


def swapped_size(bench: Bench) -> None:
    """37: height in the place of weight."""
    rows = bench.rows("admission", pl.col("weight_kg").is_not_null(), FEW)
    bench.change(
        37, "admission", rows, weight_kg=pl.col("height_cm"), height_cm=pl.col("weight_kg")
    )


def pounds(bench: Bench) -> None:
    """38: every weight of the hospital in pounds."""
    rows = bench.rows("admission", pl.col("weight_kg").is_not_null(), 1e12)
    bench.change(38, "admission", rows, weight_kg=(pl.col("weight_kg") * _LB_PER_KG).round(1))


PLANTERS: dict[str, Callable[[Bench], None]] = {
    "no_time_zone": no_time_zone,
    "discharge_before_admission": discharge_first,
    "death_before_admission": death_first,
    "two_death_dates": two_deaths,
    "died_but_home": died_but_home,
    "moribund_discharge": moribund,
    "two_identities": two_identities,
    "bad_national_id": bad_national_id,
    "swapped_body_size": swapped_size,
    "pounds": pounds,
}
