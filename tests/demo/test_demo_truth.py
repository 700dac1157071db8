"""The truth of the demo, recomputed from its raw events by a few plain Polars expressions."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ehrivig.demo import DemoSummary, write_demo

KEY = ["hospital_id", "admission_id"]


@pytest.fixture(scope="module", params=["messy-default", "none"])
def extract(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "extract"
    write_demo(folder, defects=request.param)
    return folder


@pytest.fixture(scope="module")
def truth(extract: Path) -> pl.DataFrame:
    return pl.read_parquet(extract / "_truth" / "admission.parquet").sort(KEY)


def read(extract: Path, table: str) -> pl.DataFrame:
    files = extract / table / "*" / "*.parquet"
    return pl.read_parquet(str(files), hive_partitioning=True)


def gated(extract: Path, table: str, time: str) -> pl.DataFrame:
    """The rows a correct gate keeps: of known admissions, not after the extract."""
    known = read(extract, "admission").select(KEY)
    rows = read(extract, table).join(known, on=KEY, how="semi")
    return rows.filter(pl.col(time) < pl.datetime(2020, 7, 1))


def given_ivig(extract: Path) -> pl.DataFrame:
    """Administered immunoglobulin for infusion, copies within five minutes removed, with grams."""
    rows = gated(extract, "medication", "started_at").filter(
        (pl.col("drug_code") == "J06BA02")
        & (pl.col("route") == "iv")
        & (pl.col("status") == "given")
    )
    rows = rows.sort(*KEY, "started_at", "medication_id")
    near = pl.col("started_at").diff().over(*KEY, "dose", "dose_unit") <= pl.duration(minutes=5)
    unit, dose = pl.col("dose_unit"), pl.col("dose")
    grams = (
        pl.when(unit == "g")
        .then(dose)
        .when(unit == "mg")
        .then(dose / 1000)
        .when(unit.is_in(["vial", "支"]))
        .then(dose * pl.col("strength_g"))
        .when(unit == "mL")
        .then(dose * pl.col("concentration_g_per_l") / 1000)
    )
    return rows.filter(~near.fill_null(False)).with_columns(grams=grams)


def test_exposure_features_follow_from_the_raw_rows(extract: Path, truth: pl.DataFrame) -> None:
    rows = given_ivig(extract).with_columns(day=pl.col("started_at").dt.date())
    assert rows["dose_unit"].is_in(["g", "mg", "vial", "支", "mL"]).all()
    daily = rows.group_by(*KEY, "day").agg(
        pl.col("grams").sum().alias("g"), known=pl.col("grams").count()
    )
    gap = pl.col("day").sort().diff() > pl.duration(days=7)
    usable = pl.col("g").filter(pl.col("known") > 0)
    features = daily.group_by(KEY).agg(
        max_daily_g=usable.max(),
        mean_daily_g=usable.mean(),
        total_g=pl.when(pl.col("known").sum() > 0).then(usable.sum()),
        n_dose_days=pl.len().cast(pl.Int64),
        duration_days=(pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1,
        n_courses=gap.sum().cast(pl.Int64) + 1,
    )
    per_stay = rows.group_by(KEY).agg(
        first_dose_at=pl.col("started_at").min(),
        dose_coverage=pl.col("grams").count() / pl.len(),
    )
    admitted = read(extract, "admission").select(*KEY, "admitted_at")
    found = (
        admitted.join(per_stay, on=KEY, how="left")
        .join(features, on=KEY, how="left")
        .with_columns(
            exposed=pl.col("first_dose_at").is_not_null(),
            hours_to_first_dose=(pl.col("first_dose_at") - pl.col("admitted_at")).dt.total_minutes()
            / 60,
        )
        .sort(KEY)
    )
    names = [*KEY, "exposed", "first_dose_at", "hours_to_first_dose", "dose_coverage"]
    names += [name for name in features.columns if name not in KEY]
    assert_frame_equal(found.select(names), truth.select(names), rel_tol=1e-9)
    assert found["exposed"].sum() > 421


def test_severity_follows_from_the_raw_rows(extract: Path, truth: pl.DataFrame) -> None:
    vital = gated(extract, "vital", "measured_at").with_columns(
        value=pl.when(pl.col("unit") == "%", pl.col("vital_code") == "fio2")
        .then(pl.col("value") / 100)
        .otherwise("value")
    )
    rate = vital.filter(
        pl.col("vital_code") == "respiratory_rate", pl.col("value").is_between(30, 120)
    )
    spo2 = vital.filter(pl.col("vital_code") == "spo2", pl.col("value").is_between(20, 93))
    fio2 = vital.filter(pl.col("vital_code") == "fio2").rename({"value": "fio2"})
    gas = gated(extract, "lab", "collected_at").filter(pl.col("lab_code").is_in(["pao2", "2703-7"]))
    pairs = gas.join(fio2.select(*KEY, "fio2"), on=KEY)  # every PaO2 with every FiO2 of the stay
    ratio = pairs.with_columns(ratio=pl.col("value") / pl.col("fio2"))
    same = gas.join(
        fio2.select(*KEY, "fio2", pl.col("measured_at").alias("collected_at")),
        on=[*KEY, "collected_at"],
    ).filter(pl.col("value") / pl.col("fio2") <= 300)
    found = pl.concat([rate.select(KEY), spo2.select(KEY), same.select(KEY)]).unique()
    found = found.with_columns(found=pl.lit(True))
    both = truth.join(found, on=KEY, how="left").with_columns(pl.col("found").fill_null(False))
    assert both.filter(pl.col("found") != pl.col("severe")).is_empty()
    mild = ratio.join(truth.filter(~pl.col("severe")), on=KEY, how="semi")
    assert mild.height > 50
    assert mild["ratio"].min() > 300  # however blood gas and FiO2 are paired


def test_low_saturation_of_severe_patients_is_on_room_air(extract: Path) -> None:
    low = gated(extract, "vital", "measured_at").filter(
        pl.col("vital_code") == "spo2", pl.col("value").is_between(20, 93)
    )
    devices = read(extract, "respiratory_support")
    held = low.join(devices, on=KEY).filter(
        pl.col("measured_at") >= pl.col("started_at"), pl.col("measured_at") < pl.col("stopped_at")
    )
    assert held.height == low.height
    assert held["device"].unique().to_list() == ["room_air"]


def test_confirmation_index_and_outcomes_follow_from_the_raw_rows(
    extract: Path, truth: pl.DataFrame
) -> None:
    tests = read(extract, "pathogen_test").filter(
        pl.col("method") == "rna", pl.col("result") == "positive"
    )
    coded = read(extract, "diagnosis").filter(pl.col("code") == "U07.1")
    confirmed = pl.concat([tests.select(KEY), coded.select(KEY)]).unique()
    confirmed = confirmed.with_columns(confirmed=pl.lit(True))
    stays = read(extract, "admission").join(
        read(extract, "patient"), on=["hospital_id", "patient_id"], how="left", validate="m:1"
    )
    stays = stays.join(confirmed, on=KEY, how="left").with_columns(
        pl.col("confirmed").fill_null(False), adult=pl.col("age_years") >= 18
    )
    qualifying = pl.col("confirmed") & pl.col("adult")
    first = pl.col("admitted_at") == pl.col("admitted_at").filter(qualifying).min().over(
        "person_id"
    )
    days = (pl.col("death_at") - pl.col("admitted_at")).dt.total_minutes() / 1440
    found = stays.with_columns(
        index=(qualifying & first).fill_null(False),
        death_28d=(days <= 28).fill_null(False),
        death_in_hospital=pl.col("discharge_status") == "died",
    ).sort(KEY)
    names = [*KEY, "patient_id", "confirmed", "adult", "index", "death_28d", "death_in_hospital"]
    assert_frame_equal(found.select(names), truth.select(names))
    cohort = truth["index"] & truth["severe"]
    assert cohort.equals(truth["in_cohort"], null_equal=True)


def test_nothing_happens_outside_the_stay(extract: Path) -> None:
    stays = read(extract, "admission").select(*KEY, "admitted_at", "discharged_at")
    times = {
        "lab": ("collected_at", "collected_at"),
        "vital": ("measured_at", "measured_at"),
        "respiratory_support": ("started_at", "stopped_at"),
        "icu_stay": ("started_at", "stopped_at"),
        "procedure": ("started_at", "stopped_at"),
        "score": ("scored_at", "scored_at"),
        "finding": ("observed_at", "observed_at"),
        "pathogen_test": ("collected_at", "collected_at"),
        "diagnosis": ("diagnosed_at", "diagnosed_at"),
    }
    for table, (start, stop) in times.items():
        rows = gated(extract, table, start).join(stays, on=KEY)
        assert rows.height > 0, table
        assert (rows[start] >= rows["admitted_at"]).all(), table
        assert (rows[stop] <= rows["discharged_at"]).all(), table
        assert (rows[start] <= rows[stop]).all(), table
    doses = gated(extract, "medication", "started_at").filter(pl.col("status") == "given")
    doses = doses.join(stays, on=KEY)
    assert (doses["started_at"] >= doses["admitted_at"]).all()
    assert (doses["started_at"] <= doses["discharged_at"]).all()


def test_keys_are_unique_and_rows_sorted(extract: Path) -> None:
    for table, key in (("admission", "admission_id"), ("medication", "medication_id")):
        rows = read(extract, table)
        assert not rows.select(pl.struct("hospital_id", key).is_duplicated()).to_series().any()
    for path in extract.glob("[a-z]*/*/*.parquet"):
        frame = pl.read_parquet(path, hive_partitioning=False)
        assert "hospital_id" not in frame.columns
        key = "patient_id" if path.parts[-3] == "patient" else "admission_id"
        if key in frame.columns:
            assert frame[key].is_sorted(), path.parts[-3]


def test_truth_file_and_summary_agree(tmp_path: Path) -> None:
    summary = write_demo(tmp_path / "x", patients=300, hospitals=2)
    assert isinstance(summary, DemoSummary)
    content = json.loads((tmp_path / "x" / "_truth" / "truth.json").read_text(encoding="utf-8"))
    truth = pl.read_parquet(tmp_path / "x" / "_truth" / "admission.parquet")
    assert content["sizes"]["admissions"] == truth.height == summary.admissions
    assert content["sizes"]["exposed"] == truth.filter("in_cohort", "exposed").height
    assert content["effect"]["conditional_log_odds_ratio"] == 0.0
    assert "simulated" in content["statement"]
    for table, rows in summary.rows.items():
        assert read(tmp_path / "x", table).height == rows
    extract = json.loads((tmp_path / "x" / "extract.json").read_text(encoding="utf-8"))
    assert extract["synthetic"] is True
    assert extract["hospitals"] == ["A", "B"]
