"""Doses by day from time zero: against plain Python on drawn administrations."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ehrivig import study as studies
from ehrivig.features.dose_course import dose_course
from ehrivig.study import Study

PER_UNIT = {"g": 1.0, "mg": 1e-3, "g/kg": None, "IU": None}
KINDS = {
    "dose": pl.Float64,
    "concentration_g_per_l": pl.Float64,
    "strength_g": pl.Float64,
    "billing_unit_g": pl.Float64,
    "weight_kg": pl.Float64,
    "stopped_at": pl.Datetime("us"),
    "discharged_at": pl.Datetime("us"),
}


def given(rng: random.Random, admission: int) -> list[dict[str, object]]:
    """The administrations of one admission: some before time zero, after the stay, or unknown."""
    admitted = datetime(2020, 3, 1, rng.randrange(24), rng.randrange(60))
    zero = admitted + timedelta(hours=rng.choice([0, 0, 30]))
    leaves = admitted + timedelta(hours=rng.choice([40, 200, 900]))
    if rng.random() < 0.2:
        leaves = leaves.replace(hour=0, minute=0)
    weight = rng.choice([None, 40.0, 80.0])
    rows = []
    for _ in range(rng.randrange(12)):
        starts = admitted + timedelta(minutes=rng.randrange(-600, 50_000))
        unit = rng.choice(list(PER_UNIT))
        rows.append(
            {
                "hospital_id": "A",
                "admission_id": admission,
                "patient_id": admission,
                "medication_id": rng.randrange(10**6),
                "dose": rng.choice([None, 0.4, 5.0, 10.0, 2500.0]),
                "dose_unit": unit,
                "concentration_g_per_l": None,
                "strength_g": None,
                "billing_unit_g": None,
                "product_type": "standard",
                "started_at": starts,
                "stopped_at": None,
                "weight_kg": weight,
                "time_zero": zero,
                "discharged_at": leaves if rng.random() < 0.8 else None,
            }
        )
    known = rows[0]["discharged_at"] if rows else None
    return [row | {"discharged_at": known} for row in rows]


def by_hand(rows: list[dict[str, object]], horizon: float) -> dict[tuple[int, int], float | None]:
    """(admission, day) -> grams, None where one amount of the day is not known."""
    amounts: dict[tuple[int, int], list[float | None]] = defaultdict(list)
    for row in rows:
        zero, starts, leaves = row["time_zero"], row["started_at"], row["discharged_at"]
        assert isinstance(zero, datetime)
        assert isinstance(starts, datetime)
        if starts < zero:
            continue
        if isinstance(leaves, datetime):
            bare = leaves.hour == leaves.minute == 0
            if starts > leaves + (timedelta(days=1, microseconds=-1) if bare else timedelta()):
                continue
        day = (starts - zero) // timedelta(days=1)
        if day >= horizon:
            continue
        key = (int(str(row["admission_id"])), day)
        amounts[key].append(in_grams(row))
    return {
        key: None if None in parts else round(sum(p for p in parts if p is not None), 6)
        for key, parts in amounts.items()
    }


def in_grams(row: dict[str, object]) -> float | None:
    """None without a dose, a weight, or a unit of grams; nobody is given more than 100 kg."""
    dose, unit, weight = row["dose"], str(row["dose_unit"]), row["weight_kg"]
    per = weight if unit == "g/kg" else PER_UNIT[unit]
    if not isinstance(dose, float) or not isinstance(per, float) or dose * per > 100_000:
        return None
    return dose * per


@pytest.fixture(scope="module")
def plan() -> Study:
    return studies.load("ivig_covid19")


@pytest.mark.parametrize("seed", range(4))
def test_every_day_is_that_of_plain_python(plan: Study, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = [row for admission in range(300) for row in given(rng, admission)]
    path = tmp_path / "given.parquet"
    pl.DataFrame(rows, schema_overrides=KINDS).write_parquet(path)
    found = dose_course(path, plan)
    assert found.schema == {"admission_id": pl.Int64, "day": pl.Int64, "grams": pl.Float64}
    expected = by_hand(rows, plan.horizon_days)
    assert found.height == len(expected) > 300
    for admission, day, grams in found.iter_rows():
        assert grams == expected[admission, day]
    assert found["grams"].null_count() > 20
    assert found.sort("admission_id", "day").equals(found)


def test_nobody_given_anything_is_an_empty_table(plan: Study, tmp_path: Path) -> None:
    rng = random.Random(9)
    rows = next(one for number in range(50) if (one := given(rng, number)))
    path = tmp_path / "given.parquet"
    pl.DataFrame(rows, schema_overrides=KINDS).clear().write_parquet(path)
    assert dose_course(path, plan).is_empty()


def test_an_infusion_over_two_days_is_shared_by_time(plan: Study, tmp_path: Path) -> None:
    """On the clock from time zero, where the study file shares at midnight."""
    zero = datetime(2020, 3, 1, 8)
    row = next(one for number in range(50) if (one := given(random.Random(number), 1)))[0]
    row |= {"time_zero": zero, "started_at": zero + timedelta(hours=18), "dose": 10.0}
    row |= {"dose_unit": "g", "stopped_at": zero + timedelta(hours=30), "discharged_at": None}
    path = tmp_path / "given.parquet"
    pl.DataFrame([row], schema_overrides=KINDS).write_parquet(path)
    shared = plan.exposure.model_copy(update={"midnight": "pro_rata"})
    found = dose_course(path, plan.model_copy(update={"exposure": shared}))
    assert found.rows() == [(1, 0, 5.0), (1, 1, 5.0)]
    assert dose_course(path, plan).rows() == [(1, 0, 10.0)]


def test_a_day_of_what_may_be_a_dose_has_no_known_amount(plan: Study, tmp_path: Path) -> None:
    zero = datetime(2020, 3, 1, 8)
    row = next(one for number in range(50) if (one := given(random.Random(number), 1)))[0]
    row |= {"time_zero": zero, "started_at": zero + timedelta(hours=1), "dose": 10.0}
    row |= {"dose_unit": "g", "stopped_at": None, "discharged_at": None}
    path = tmp_path / "given.parquet"
    pl.DataFrame([row], schema_overrides=KINDS).write_parquet(path)
    doubtful = pl.DataFrame({"admission_id": [1, 1, 1], "day": [0, 2, 2]})
    assert dose_course(path, plan, doubtful).rows() == [(1, 0, None), (1, 2, None)]
