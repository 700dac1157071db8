"""Planted defects are really there, listed, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from ehrivig.contract import BY_NAME, TABLES
from ehrivig.demo import DEFECTS, write_demo
from ehrivig.demo import defects as catalogue
from ehrivig.demo.plant_medication import MOJIBAKE
from ehrivig.errors import UsageError

KEY = ["hospital_id", "admission_id"]
PATIENTS = 1200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("defects")


@pytest.fixture(scope="module")
def clean(folder: Path) -> Path:
    write_demo(folder / "none", patients=PATIENTS, defects="none")
    return folder / "none"


def planted(folder: Path, name: str) -> tuple[Path, pl.DataFrame]:
    """An extract with one kind, and the list of what was planted."""
    target = folder / name
    if not target.exists():
        write_demo(target, patients=PATIENTS, defects=name)
    return target, pl.read_csv(target / "_truth" / "defects.csv")


def read(extract: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(str(extract / table / "*" / "*.parquet"), hive_partitioning=True)


def files(extract: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(extract)): path.read_bytes()
        for path in sorted(extract.rglob("*"))
        if path.is_file()
    }


def test_the_catalogue_has_45_kinds_with_distinct_names() -> None:
    assert [kind.number for kind in DEFECTS] == list(range(1, 46))
    assert len({kind.name for kind in DEFECTS}) == 45
    assert {kind.severity for kind in DEFECTS} == {"block", "quarantine", "warn"}
    assert all(kind.description and kind.treatment for kind in DEFECTS)
    assert all(kind.table in BY_NAME or kind.table in ("study", "extract") for kind in DEFECTS)


@pytest.mark.parametrize("name", [kind.name for kind in DEFECTS])
def test_each_kind_alone_changes_only_the_tables_it_lists(
    folder: Path, clean: Path, name: str
) -> None:
    extract, listed = planted(folder, name)
    kind = catalogue.BY_NAME[name]
    assert listed["number"].unique().to_list() == [kind.number]
    assert (listed["rows"] > 0).all()
    assert listed["severity"].unique().to_list() == [kind.severity]
    if name in catalogue.POPULATION:
        return  # other patients or infusions: not comparable file by file
    before, after = files(clean), files(extract)
    hospital = {f"{row['table']}/hospital_id={row['hospital_id']}" for row in listed.to_dicts()}
    if name == "daylight_saving":
        hospital.add("hospital/hospital_id=" + listed["hospital_id"][0])
    changed = {
        path
        for path in before.keys() | after.keys()
        if not path.startswith("_truth") and before.get(path) != after.get(path)
    }
    data = {str(Path(path).parent) for path in changed if path != "extract.json"}
    assert data == {place for place in hospital if place.split("/")[0] in BY_NAME}


def test_a_clean_extract_holds_none_of_it(clean: Path) -> None:
    assert pl.read_csv(clean / "_truth" / "defects.csv").is_empty()
    medication, lab = read(clean, "medication"), read(clean, "lab")
    admission, patient = read(clean, "admission"), read(clean, "patient")
    assert medication["status"].unique().to_list() == ["given"]
    assert (medication["dose"] > 0).all()
    assert (medication["stopped_at"] >= medication["started_at"]).all()
    assert lab["value"].null_count() == 0
    assert lab["value_text"].null_count() == lab.height
    assert (lab["value"] >= 0).all()
    assert admission["weight_kg"].null_count() == 0
    assert admission.height == patient.height == PATIENTS
    ivig = medication.filter(pl.col("drug_code") == "J06BA02")
    known = pl.col("concentration_g_per_l").is_not_null() | (pl.col("dose_unit") != "mL")
    assert ivig.select(known.all()).item()
    day = pl.col("started_at").dt.date()
    assert not ivig.select(pl.struct(*KEY, day.alias("day")).is_duplicated().any()).item()


def test_clean_values_lie_within_the_soft_limits(clean: Path) -> None:
    vital = read(clean, "vital")
    limits = {"temperature": (34, 41.5), "sbp": (60, 230), "respiratory_rate": (6, 60)}
    limits |= {"spo2": (70, 100)}
    for code, (low, high) in limits.items():
        values = vital.filter(pl.col("vital_code") == code)
        celsius = values.with_columns(
            value=pl.when(pl.col("unit") == "F")
            .then((pl.col("value") - 32) / 1.8)
            .otherwise("value")
        )["value"]
        assert low <= celsius.min(), code
        assert celsius.max() <= high, code
    fio2 = vital.filter(pl.col("vital_code") == "fio2")
    percent = pl.when(pl.col("unit") == "%").then(pl.col("value") / 100)
    share = fio2.select(percent.otherwise("value")).to_series()
    assert share.is_between(0.21, 1.0).all()


def test_columns_and_types_are_those_of_the_contract(clean: Path) -> None:
    kinds = {
        "time": pl.Datetime("us"),
        "date": pl.Date,
        "number": pl.Float64,
        "flag": pl.Boolean,
        "text": pl.String,
        "key": pl.Int64,
    }
    for table in TABLES:
        path = next((clean / table.name).glob("*/*.parquet"))
        schema = pl.read_parquet(path, hive_partitioning=False).schema
        expected = {
            column.name: kinds[column.kind]
            for column in table.columns
            if column.name != "hospital_id"
        }
        assert dict(schema) == expected, table.name


def one(folder: Path, name: str, table: str) -> tuple[pl.DataFrame, int]:
    """A table of the hospital with the kind, and how many rows were planted in it."""
    extract, listed = planted(folder, name)
    listed = listed.filter(pl.col("table") == table)
    rows = read(extract, table).filter(pl.col("hospital_id").is_in(listed["hospital_id"].implode()))
    return rows, int(listed["rows"].sum())


ROW_CONDITIONS = {
    "order_as_given": ("medication", pl.col("status").fill_null("unknown") == "unknown"),
    "not_administered": (
        "medication",
        pl.col("status").is_in(["cancelled", "not_given", "未执行", "退药"]),
    ),
    "stop_before_start": ("medication", pl.col("stopped_at") < pl.col("started_at")),
    "zero_or_negative_dose": ("medication", pl.col("dose") <= 0),
    "vial_without_strength": (
        "medication",
        (pl.col("dose_unit") == "支") & pl.col("strength_g").is_null(),
    ),
    "ml_as_g": ("medication", (pl.col("dose_unit") == "g") & (pl.col("dose") > 30)),
    "hcpcs_units_as_g": (
        "medication",
        (pl.col("vocabulary") == "HCPCS") & (pl.col("dose_unit") == "g"),
    ),
    "prescribed_and_given": ("medication", pl.col("status") == "unknown"),
    "look_alike_product": (
        "medication",
        pl.col("drug_code").is_in(["J06BB04", "J06BA01"]) | (pl.col("drug_name") == "丙种球蛋白"),
    ),
    "no_time_zone": ("hospital", pl.col("timezone").is_null()),
    "daylight_saving": ("lab", pl.col("collected_at") == pl.datetime(2020, 3, 8, 2, 30)),
    "after_extract_date": ("lab", pl.col("collected_at") >= pl.datetime(2020, 7, 1)),
    "discharge_before_admission": ("admission", pl.col("discharged_at") < pl.col("admitted_at")),
    "bad_national_id": ("patient", pl.col("person_id") > 10**17),
    "censored_result": ("lab", pl.col("value_text").str.contains("[<＜≤>]")),
    "decimal_comma": ("lab", pl.col("value_text").str.contains(",")),
    "qualitative_result": ("lab", pl.col("value_text").is_in(["阴性", "阳性", "+", "未查"])),
    "mojibake": ("medication", pl.col("drug_name").is_in(list(MOJIBAKE))),
    "full_width": ("lab", pl.col("unit").is_in(["x10^9/L", "×10⁹/L", "X10^9/L"])),
    "missing_weight": ("admission", pl.col("weight_kg").is_null()),
    "swapped_body_size": ("admission", pl.col("height_cm") < pl.col("weight_kg")),
    "free_text_comorbidity": ("diagnosis", pl.col("code").str.starts_with("否认")),
}


@pytest.mark.parametrize("name", sorted(ROW_CONDITIONS))
def test_the_rows_say_what_the_catalogue_describes(folder: Path, clean: Path, name: str) -> None:
    table, condition = ROW_CONDITIONS[name]
    rows, expected = one(folder, name, table)
    assert rows.filter(condition).height == expected
    assert read(clean, table).filter(condition).is_empty()


def test_unit_mixup_is_one_hospital_one_month_one_analyte(folder: Path, clean: Path) -> None:
    rows, expected = one(folder, "unit_mixup", "lab")
    before = read(clean, "lab").filter(
        pl.col("hospital_id").is_in(rows["hospital_id"].unique().implode())
    )
    changed = rows.filter(rows["value"] != before["value"])
    assert changed.height == expected
    assert changed["lab_code"].unique().to_list() == ["14682-9"]
    assert changed["unit"].unique().to_list() == ["umol/L"]
    assert changed["value"].median() < 2
    assert changed["collected_at"].dt.month().unique().to_list() == [2]


def test_duplicates_are_within_five_minutes_and_of_the_same_dose(folder: Path) -> None:
    rows, expected = one(folder, "duplicate_administration", "medication")
    rows = rows.sort(*KEY, "started_at")
    near = pl.col("started_at").diff().over(*KEY, "drug_code", "dose") <= pl.duration(minutes=5)
    assert rows.filter(near).height == expected


def test_eight_hours_shift_three_tables_of_one_hospital(folder: Path, clean: Path) -> None:
    extract, listed = planted(folder, "eight_hour_shift")
    assert listed["table"].to_list() == ["medication", "pathogen_test", "vital"]
    hospital = listed["hospital_id"][0]
    here = pl.col("hospital_id") == hospital
    shift = (
        read(clean, "vital").filter(here)["measured_at"]
        - read(extract, "vital").filter(here)["measured_at"]
    )
    assert shift.unique().dt.total_hours().to_list() == [8]


def test_more_than_a_fifth_of_starts_are_at_midnight(folder: Path) -> None:
    rows, _ = one(folder, "date_only_times", "medication")
    midnight = pl.col("started_at") == pl.col("started_at").dt.truncate("1d")
    assert rows.select(midnight.mean()).item() > 0.2


def test_times_of_death_are_wrong_as_described(folder: Path) -> None:
    for name, days in (("death_before_admission", -5), ("two_death_dates", 3)):
        patient, expected = one(folder, name, "patient")
        extract, _ = planted(folder, name)
        stays = read(extract, "admission").join(patient, on=["hospital_id", "patient_id"])
        start = "admitted_at" if days < 0 else "discharged_at"
        apart = (pl.col("death_at") - pl.col(start)).dt.total_hours() == 24 * days
        died = pl.col("discharge_status") == "died"
        assert stays.filter(apart & (died if days > 0 else ~died)).height == expected


def test_events_after_death_are_thirty_hours_late(folder: Path) -> None:
    extract, listed = planted(folder, "event_after_death")
    patient = read(extract, "patient").select("hospital_id", "patient_id", "death_at")
    stays = read(extract, "admission").join(patient, on=["hospital_id", "patient_id"])
    for table, time in (("lab", "collected_at"), ("medication", "started_at")):
        rows = read(extract, table).join(stays.select(*KEY, "death_at"), on=KEY)
        late = rows.filter(pl.col(time) > pl.col("death_at") + pl.duration(hours=24))
        assert late.height == listed.filter(pl.col("table") == table)["rows"].sum()


def test_discharge_kinds(folder: Path) -> None:
    extract, listed = planted(folder, "died_but_home")
    stays = read(extract, "admission").join(
        read(extract, "patient"), on=["hospital_id", "patient_id"]
    )
    home = (pl.col("discharge_status") == "alive") & (pl.col("death_at") == pl.col("discharged_at"))
    assert stays.filter(home).height == listed["rows"].sum()
    extract, listed = planted(folder, "moribund_discharge")
    truth = pl.read_parquet(extract / "_truth" / "admission.parquet")
    left = read(extract, "admission").filter(pl.col("discharge_status") == "against_advice")
    assert left.height == listed.filter(pl.col("table") == "admission")["rows"].sum()
    assert left.join(truth.filter("death_in_hospital"), on=KEY, how="semi").height == left.height


def test_identities_and_episodes(folder: Path) -> None:
    patient, expected = one(folder, "two_identities", "patient")
    per = patient.group_by("hospital_id", "patient_id").agg(
        pl.col("sex").n_unique(), pl.col("birth_date").n_unique().alias("births")
    )
    assert per.filter((pl.col("sex") > 1) | (pl.col("births") > 1)).height == expected
    extract, listed = planted(folder, "hospital_transfer")
    people = read(extract, "patient").select("hospital_id", "patient_id", "person_id")
    stays = read(extract, "admission").join(people, on=["hospital_id", "patient_id"])
    stays = stays.sort("person_id", "admitted_at").with_columns(
        before=pl.col("discharged_at").shift(1).over("person_id"),
        from_hospital=pl.col("hospital_id").shift(1).over("person_id"),
    )
    again = stays.filter(pl.col("before").is_not_null())
    gap = (again["admitted_at"] - again["before"]).dt.total_minutes() / 60
    assert again.height == listed["rows"].sum()
    assert gap.is_between(0, 24).all()
    assert (again["from_hospital"] != again["hospital_id"]).all()


def test_readmissions_follow_within_thirty_days(folder: Path) -> None:
    extract, listed = planted(folder, "readmission")
    stays = read(extract, "admission").sort("hospital_id", "patient_id", "admitted_at")
    gap = pl.col("admitted_at") - pl.col("discharged_at").shift(1)
    days = stays.select(gap.over("hospital_id", "patient_id").dt.total_days()).to_series()
    assert days.drop_nulls().len() == listed["rows"].sum()
    assert days.drop_nulls().is_between(0, 30).all()


def test_misread_dates_in_three_ways(folder: Path) -> None:
    rows, _ = one(folder, "misread_dates", "lab")
    assert rows.filter(pl.col("collected_at") < pl.datetime(1971, 1, 1)).height == 20
    stays, _ = one(folder, "misread_dates", "admission")
    assert stays.filter(pl.col("symptom_onset_at") == pl.datetime(1900, 1, 1)).height == 20
    gap = (rows["resulted_at"] - rows["collected_at"]).dt.total_days().abs()
    swapped = gap.is_between(5, 1000).sum()
    assert 15 <= swapped <= 20  # some swaps land near the true day


def test_a_single_negative_remains(folder: Path, clean: Path) -> None:
    extract, listed = planted(folder, "single_negative")
    swab = (pl.col("method") == "rna") & (pl.col("specimen") == "respiratory")
    negative = swab & (pl.col("result") == "negative")
    before = read(clean, "pathogen_test").filter(negative).group_by(KEY).len("before")
    after = read(extract, "pathogen_test").filter(negative).group_by(KEY).len("after")
    both = before.join(after, on=KEY, how="left")
    changed = both.filter(pl.col("before") != pl.col("after"))
    assert changed.height == listed["rows"].sum()
    assert changed["after"].unique().to_list() == [1]


def test_unreadable_files(folder: Path) -> None:
    extract, listed = planted(folder, "truncated_file")
    hospital = listed["hospital_id"][0]
    with pytest.raises(Exception, match=r"(?i)parquet"):
        pq.ParquetFile(extract / "vital" / f"hospital_id={hospital}" / "part-00000.parquet")
    for path in (extract / "lab").glob("*/*.parquet"):
        assert pq.ParquetFile(path).metadata.num_rows > 0
    extract, listed = planted(folder, "shifted_columns")
    hospital = listed["hospital_id"][0]
    path = extract / "finding" / f"hospital_id={hospital}" / "part-00000.parquet"
    names = pq.ParquetFile(path).schema_arrow.names
    assert names[0] == "\ufeffadmission_id"
    assert names.count("present") == 2


def test_hospital_set_and_study_fragment(folder: Path) -> None:
    extract, _ = planted(folder, "hospital_set_differs")
    named = json.loads((extract / "extract.json").read_text(encoding="utf-8"))["hospitals"]
    there = {path.name.split("=")[1] for path in (extract / "hospital").iterdir()}
    assert set(named) - there == {"Z9"}
    extract, _ = planted(folder, "post_baseline_covariate")
    text = (extract / "_truth" / "post_baseline_covariate.toml").read_text(encoding="utf-8")
    assert "glucocorticoid" in text


def test_all_plants_every_kind(folder: Path) -> None:
    _, listed = planted(folder, "all")
    assert set(range(1, 46)) <= set(listed["number"].to_list())
    reserved = listed.filter(pl.col("number").is_in([43, 45]))["hospital_id"].to_list()
    assert reserved == ["C", "D"]


def test_default_untidiness_is_small_and_the_same_in_both_arms(tmp_path: Path) -> None:
    write_demo(tmp_path / "x", patients=6000)
    truth = pl.read_parquet(tmp_path / "x" / "_truth" / "admission.parquet").filter("in_cohort")
    bad = {
        "medication": pl.col("status") != "given",
        "lab": pl.col("value").is_in([9999.0, -1.0, 1300.0, 5200.0, 330.0, 7100.0]),
        "vital": pl.col("value").is_in([999.0, -1.0, 3.7, 1250.0, 9.0, 180.0]),
    }
    for table, condition in bad.items():
        rows = read(tmp_path / "x", table).join(truth.select(*KEY, "exposed"), on=KEY)
        share = rows.group_by("exposed").agg(condition.fill_null(False).mean().alias("share"))
        assert share["share"].min() > 0, table
        assert share["share"].max() < 0.01, table


def test_same_arguments_same_bytes_and_another_seed_another_extract(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_demo(tmp_path / name, patients=400, hospitals=3, defects="all", block=100)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    write_demo(tmp_path / "c", patients=400, hospitals=3, defects="all", block=100, seed=2)
    assert files(tmp_path / "a") != files(tmp_path / "c")


def test_blocks_share_the_margins(tmp_path: Path) -> None:
    summary = write_demo(tmp_path / "x", block=150)
    assert (summary.confirmed, summary.severe, summary.exposed) == (2346, 850, 421)
    assert (summary.deaths_28d_exposed, summary.deaths_28d_control) == (164, 154)
    assert len(list((tmp_path / "x" / "lab" / "hospital_id=A").iterdir())) > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patients": 10}, "patients must be at least 50"),
        ({"patients": 10**20}, "patients must be .* at most 100,000,000"),
        ({"hospitals": 0}, "hospitals must be 1 to"),
        ({"patients": 60, "hospitals": 9}, "10 patients each"),
        ({"seed": -1}, "seed"),
        ({"block": 1}, "block"),
        ({"effect_log_or": 9.0}, "effect_log_or"),
        ({"defects": "no_such"}, "unit_mixup"),
    ],
)
def test_wrong_arguments_are_said(tmp_path: Path, arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        write_demo(tmp_path / "x", **arguments)
    assert not list(tmp_path.iterdir())


def test_only_synthetic_extracts_are_replaced(tmp_path: Path) -> None:
    target = tmp_path / "with space ü"
    target.mkdir()
    write_demo(target, patients=60, hospitals=1)
    first = files(target)
    write_demo(target, patients=60, hospitals=1, seed=5)
    assert files(target) != first
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="not a synthetic extract"):
        write_demo(tmp_path / "mine", patients=60, hospitals=1)
    assert (tmp_path / "mine" / "notes.txt").read_text(encoding="utf-8") == "keep"
    with pytest.raises(UsageError, match="is a file"):
        write_demo(tmp_path / "mine" / "notes.txt", patients=60, hospitals=1)


@pytest.mark.parametrize("hospitals", [1, 2, 3, 27])
def test_any_number_of_hospitals(tmp_path: Path, hospitals: int) -> None:
    summary = write_demo(tmp_path / "x", patients=600, hospitals=hospitals)
    assert len(list((tmp_path / "x" / "lab").iterdir())) == hospitals
    assert summary.severe == 170


def test_progress_speaks_of_hospitals(tmp_path: Path) -> None:
    said: list[str] = []
    write_demo(tmp_path / "x", patients=60, hospitals=2, progress=said.append)
    assert said[0].startswith("hospital A")
    assert any(message.startswith("hospital B") for message in said)
