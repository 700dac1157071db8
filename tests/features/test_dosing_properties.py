"""Dosing of any administrations: the sums of a loop in decimals, whatever their order."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from doses_drawn import ADMITTED, WHO, drawn, exposure, row
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig.features.courses import day_sums, survey
from ehrivig.features.dosing import dosing

AMOUNTS = st.one_of(
    st.decimals(min_value="0.001", max_value="200", places=3).map(lambda d: (float(d), "g")),
    st.decimals(min_value="0.1", max_value="90000", places=1).map(lambda d: (float(d), "mg")),
    st.decimals(min_value="0.1", max_value="2000", places=1).map(lambda d: (float(d), "mL")),
    st.integers(1, 20).map(lambda n: (float(n), "支")),
)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 6),
        AMOUNTS,
        st.integers(0, 30 * 24 * 60),
        st.integers(0, 3 * 24 * 60),
        st.sampled_from([None, 50.0, 100.0]),
        st.sampled_from([None, 2.5, 5.0]),
    ),
    max_size=40,
)


def built(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        row(
            1,
            "08:00",
            dose,
            unit,
            admission_id=admission,
            concentration_g_per_l=concentration,
            strength_g=strength,
            started_at=ADMITTED + timedelta(minutes=start),
            stopped_at=ADMITTED + timedelta(minutes=start + length),
        )
        for admission, (dose, unit), start, length, concentration, strength in rows
    ]


def naive_grams(given: dict[str, Any]) -> Decimal | None:
    """The amount in decimal arithmetic, from the definitions alone."""
    dose = Decimal(str(given["dose"]))
    factor = {
        "g": Decimal(1),
        "mg": Decimal("0.001"),
        "mL": given["concentration_g_per_l"]
        and Decimal(str(given["concentration_g_per_l"])) / 1000,
        "支": given["strength_g"] and Decimal(str(given["strength_g"])),
    }[given["dose_unit"]]
    return dose * factor if factor else None


def naive(rows: list[dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
    """Any, total, largest day, dose days, duration, courses, coverage per admission, by loops."""
    result = {}
    for admission in sorted({r["admission_id"] for r in rows}):
        mine = [r for r in rows if r["admission_id"] == admission]
        days = sorted({r["started_at"].date() for r in mine})
        usable = [r for r in mine if naive_grams(r) is not None]
        sums: dict[date, Decimal] = {}
        for r in usable:
            amount, day = naive_grams(r), r["started_at"].date()
            assert amount is not None
            sums[day] = sums.get(day, Decimal(0)) + amount
        gaps = [(b - a).days for a, b in pairwise(days)]
        micro = Decimal("0.000001")
        result[admission] = (
            float(sum(sums.values()).quantize(micro, ROUND_HALF_UP)) if sums else None,
            float(max(sums.values()).quantize(micro, ROUND_HALF_UP)) if sums else None,
            len(days),
            (days[-1] - days[0]).days + 1,
            1 + sum(gap > 7 for gap in gaps),
            len(usable) / len(mine),
            len(mine),
        )
    return result


CHECKED = [
    "total_g",
    "max_daily_g",
    "n_dose_days",
    "duration_days",
    "n_courses",
    "dose_coverage",
    "n_administrations",
]


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_features_equal_naive_decimal_sums(rows: list[Any]) -> None:
    mine = built(rows)
    got = dosing(drawn(*mine), WHO, exposure()).collect().filter("ivig_any")
    found = {r["admission_id"]: tuple(r[name] for name in CHECKED) for r in got.to_dicts()}
    assert found == naive(mine)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.sampled_from(["start_day", "pro_rata"]))
def test_row_order_file_order_and_key_type_never_matter(
    rows: list[Any], chance: random.Random, midnight: str
) -> None:
    setting = exposure(midnight=midnight)
    straight, shuffled = built(rows), built(rows)
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    files = pl.concat([drawn(*shuffled[cut:]), drawn(*shuffled[:cut])])
    expected = dosing(drawn(*straight), WHO, setting).collect()
    assert dosing(files, WHO, setting).collect().equals(expected)
    text = pl.col("admission_id").cast(pl.String)
    as_text = dosing(files.with_columns(text), WHO.with_columns(text), setting).collect()
    assert as_text.equals(expected.with_columns(text))
    wide = pl.col("admission_id") + 2**50
    as_wide = dosing(files.with_columns(wide), WHO.with_columns(wide), setting).collect()
    assert as_wide.equals(expected.with_columns(wide))


@settings(max_examples=80, deadline=None)
@given(ROWS, st.data())
def test_splitting_an_infusion_conserves_the_dose(rows: list[Any], data: st.DataObject) -> None:
    """An infusion written as several rows of the same day gives the same amounts and days."""
    whole = built(rows)
    split = []
    for given_row in whole:
        n = data.draw(st.integers(1, 4))
        split += [{**given_row, "dose": given_row["dose"] / n} for _ in range(n)]
    kept = [name for name in CHECKED if name not in ("dose_coverage", "n_administrations")]
    one = dosing(drawn(*whole), WHO, exposure()).collect().select(kept)
    many = dosing(drawn(*split), WHO, exposure()).collect().select(kept)
    assert many.equals(one)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_pro_rata_conserves_the_dose_of_each_admission(rows: list[Any]) -> None:
    mine = drawn(*built(rows))
    sums = []
    for midnight in ("start_day", "pro_rata"):
        setting = exposure(midnight=midnight)
        days = day_sums(mine, setting, survey(mine)).group_by("admission_id")
        sums.append(
            days.agg(pl.col("amount_ng").sum(), pl.col("n_given").sum(), pl.col("n_usable").sum())
            .sort("admission_id")
            .collect()
        )
    assert sums[0].equals(sums[1])


def test_many_rows_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    """Large enough for several threads and morsels; parts of grams that floats cannot add up."""
    count = 300_000
    frame = pl.DataFrame({"n": pl.int_range(count, eager=True)}).select(
        pl.lit("A").alias("hospital_id"),
        (pl.col("n") % 20_011).alias("admission_id"),
        (pl.col("n") % 20_011).alias("patient_id"),
        pl.col("n").alias("medication_id"),
        ((pl.col("n") % 97 + 1) / 7).alias("dose"),
        pl.when(pl.col("n") % 3 == 0)
        .then(pl.lit("g"))
        .otherwise(pl.lit("vial"))
        .alias("dose_unit"),
        pl.lit(None, pl.Float64).alias("concentration_g_per_l"),
        pl.lit(0.1).alias("strength_g"),
        pl.lit(None, pl.Float64).alias("billing_unit_g"),
        pl.when(pl.col("n") % 5 == 0)
        .then(pl.lit("igma_enriched"))
        .otherwise(pl.lit("standard"))
        .alias("product_type"),
        (pl.lit(ADMITTED) + pl.duration(minutes=pl.col("n") * 7919 % 60_000)).alias("started_at"),
        pl.lit(None, pl.Datetime("us")).alias("stopped_at"),
        pl.lit(61.3).alias("weight_kg"),
        pl.lit(ADMITTED).cast(pl.Datetime("us")).alias("time_zero"),
        pl.lit(None, pl.Datetime("us")).alias("discharged_at"),
    )
    who = frame.select("hospital_id", "admission_id", "time_zero", "weight_kg").unique().lazy()
    seen = set()
    for seed in range(3):
        part = frame.sample(fraction=1.0, shuffle=True, seed=seed)
        first, second = tmp_path / f"a{seed}.parquet", tmp_path / f"b{seed}.parquet"
        part.head(100_000 * (seed + 1) // 2).write_parquet(first, row_group_size=10_000)
        part.tail(count - 100_000 * (seed + 1) // 2).write_parquet(second, row_group_size=7_000)
        files = pl.scan_parquet([second, first])
        out = tmp_path / f"out{seed}.parquet"
        dosing(files, who, exposure()).collect(engine="streaming").write_parquet(out)
        seen.add(out.read_bytes())
    assert len(seen) == 1
    naive_days = (
        frame.with_columns(day=pl.col("started_at").dt.date())
        .group_by("admission_id")
        .agg(pl.col("day").unique().sort())
        .sort("admission_id")
    )
    got = pl.read_parquet(tmp_path / "out0.parquet")
    by_loop = [
        1 + sum((b - a).days > 7 for a, b in pairwise(days)) for days in naive_days["day"].to_list()
    ]
    assert got["n_courses"].to_list() == by_loop
    assert got["n_dose_days"].to_list() == naive_days["day"].list.len().to_list()


def test_the_large_part_runs_in_the_streaming_engine(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    drawn(row(1, "09:00", 5.0, "g")).collect().write_parquet(path)
    for midnight in ("start_day", "pro_rata"):
        plan = dosing(pl.scan_parquet(path), WHO, exposure(midnight=midnight)).show_graph(
            engine="streaming", plan_stage="physical", raw_output=True
        )
        nodes = [line for line in (plan or "").splitlines() if "[label=" in line]
        assert len(nodes) > 5
        assert not [n for n in nodes if "in-memory-map" in n or 'fillcolor="0.0 0.3 1.0"' in n]
