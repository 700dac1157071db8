"""Rejected rows are kept with their reasons, and every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ehrivig import contract, validate
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.study import Study
from ehrivig.validate import quarantined, rules

START = datetime(2020, 1, 10, 9, 30)
Open = Callable[[], Database]


def gate(db: Database, plan: Study, folder: Path) -> dict[str, int]:
    """Table -> rows in quarantine."""
    account = validate.quarantine(db, plan, ["H"], folder)
    assert account["hospital_id"].unique().to_list() == ["H"]
    return dict(account.select("table", "rows_quarantined").iter_rows())


def rejected(folder: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "quarantine" / f"{table}.parquet")


def test_a_row_is_kept_as_read_with_all_its_reasons(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.add("medication", dose=10.0)
    hospital.add("medication", medication_id="bad", dose=-4.0, status="not_given", dose_unit="mL")
    assert gate(opened(), plan, tmp_path)["medication"] == 1
    frame = rejected(tmp_path, "medication")
    assert frame.columns == [*contract.MEDICATION.names, "reason"]
    row = frame.row(0, named=True)
    assert row["reason"] == "not given;dose zero or negative"
    assert (row["medication_id"], row["dose"], row["dose_unit"]) == ("bad", -4.0, "mL")


def test_the_rows_of_a_rejected_admission_follow_it(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.change("admission", 2, discharged_at=START - timedelta(days=3))
    for table in contract.EVENT_TABLES:
        hospital.add(table.name)
        hospital.add(table.name, admission_id="3")
    db = opened()
    counts = gate(db, plan, tmp_path)
    assert {name: n for name, n in counts.items() if n} == {
        "admission": 1,
        **{table.name: 1 for table in contract.EVENT_TABLES},
    }
    for table in contract.EVENT_TABLES:
        assert rejected(tmp_path, table.name)["reason"].to_list() == ["admission quarantined"]
        kept = db.frame(f"SELECT admission_id FROM {table.name}")["admission_id"].to_list()
        assert kept == ["1"]


def test_an_ambiguous_patient_takes_all_admissions_away(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.add("patient", patient_id="3", sex="male")
    hospital.add("lab", admission_id="3")
    counts = gate(opened(), plan, tmp_path)
    assert (counts["patient"], counts["admission"], counts["lab"]) == (2, 1, 1)
    assert rejected(tmp_path, "admission")["reason"].to_list() == ["patient quarantined"]


def test_a_wrong_value_is_taken_away_and_its_row_stays(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.change("admission", 1, weight_kg=0.0)
    hospital.add("medication", stopped_at=START, started_at=START + timedelta(hours=3))
    db = opened()
    counts = gate(db, plan, tmp_path)
    assert (counts["admission"], counts["medication"]) == (0, 0)
    weights = db.frame("SELECT weight_kg FROM admission ORDER BY admission_id")["weight_kg"]
    assert weights.to_list() == [70.0, None, 70.0]
    assert db.frame("SELECT stopped_at FROM medication")["stopped_at"].to_list() == [None]
    values = pl.read_parquet(tmp_path / "quarantine" / "values" / "admission.parquet")
    assert values["weight_kg"].to_list() == [0.0]
    assert values["reason"].to_list() == ["weight_kg sentinel"]


def test_the_death_before_admission_becomes_null(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.change("patient", 2, death_at=datetime(2019, 12, 1))
    hospital.add("medication", admission_id="3")
    db = opened()
    gate(db, plan, tmp_path)
    assert db.frame("SELECT death_at FROM patient")["death_at"].null_count() == 3
    assert db.frame("SELECT * FROM admission").height == 3
    assert db.frame("SELECT * FROM medication").height == 1  # not "after death"


def test_of_identical_administrations_the_first_stays(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    for minutes in (0, 4, 60):
        hospital.add(
            "medication",
            medication_id=f"a{minutes}",
            started_at=START + timedelta(hours=5, minutes=minutes),
        )
    db = opened()
    assert gate(db, plan, tmp_path)["medication"] == 1
    kept = db.frame("SELECT medication_id FROM medication ORDER BY ALL")["medication_id"]
    assert kept.to_list() == ["a0", "a60"]


def test_parts_of_a_dose_whose_time_is_lost_are_no_duplicates(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    for _ in range(3):
        hospital.add("medication", started_at=datetime(2020, 1, 12))
    assert gate(opened(), plan, tmp_path)["medication"] == 0


def test_a_cancelled_copy_does_not_take_the_given_dose_away(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    at = START + timedelta(hours=5)
    hospital.add("medication", medication_id="a", started_at=at, status="cancelled")
    hospital.add("medication", medication_id="b", started_at=at + timedelta(minutes=2))
    db = opened()
    gate(db, plan, tmp_path)
    assert db.frame("SELECT medication_id FROM medication")["medication_id"].to_list() == ["b"]


def test_a_return_takes_back_one_dose_of_its_order(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    for number, (dose, hours) in enumerate(((5.0, 1), (5.0, 9), (-5.0, 10), (5.0, 20))):
        hospital.add(
            "medication",
            medication_id=f"r{number}",
            order_id="one" if number < 3 else "two",
            dose=dose,
            started_at=START + timedelta(hours=hours),
        )
    db = opened()
    gate(db, plan, tmp_path)
    kept = db.frame("SELECT medication_id FROM medication ORDER BY ALL")["medication_id"]
    assert kept.to_list() == ["r0", "r3"]


def test_a_clean_table_is_read_as_it_is(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    hospital.add("lab")
    db = opened()
    gate(db, plan, tmp_path)
    view = db.rows(
        "SELECT sql FROM duckdb_views() WHERE schema_name = 'main' AND view_name = 'lab'"
    )
    assert "gate.lab" not in view[0][0]
    assert db.columns("lab") == db.columns("resolved.lab")


def test_severities_of_the_study_decide_what_is_rejected(
    hospital: Any, opened: Open, with_quality: Callable[..., Study], tmp_path: Path
) -> None:
    hospital.add("lab", value=9000.0, value_std=9000.0)
    off = with_quality(severities={"lab.hard_range": "warn"})
    assert gate(opened(), off, tmp_path)["lab"] == 0
    strict = with_quality(severities={"lab.soft_range": "quarantine"})
    assert gate(opened(), strict, tmp_path)["lab"] == 1
    assert "soft_range" in rejected(tmp_path, "lab")["reason"][0]


@pytest.mark.parametrize("seed", range(5))
def test_read_is_kept_and_rejected_in_every_table(
    seed: int, hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    times = [START, datetime(1900, 1, 1), datetime(2021, 1, 1), START + timedelta(days=3), None]
    for table in contract.EVENT_TABLES:
        time = next((c.name for c in table.columns if c.kind == "time"), None)
        for _ in range(20):
            who = ["1", "2", "3", "nobody", None][rng.integers(5)]
            hospital.add(table.name, admission_id=who, **{str(time): times[rng.integers(5)]})
    hospital.change("admission", 1, discharged_at=datetime(2019, 1, 1))
    db = opened()
    account = validate.quarantine(db, plan, ["H"], tmp_path)
    assert account.columns == ["hospital_id", "table", "rows_read", "rows_quarantined"]
    assert account["hospital_id"].to_list() == ["H"] * len(contract.TABLES)
    assert account["table"].to_list() == [table.name for table in contract.TABLES]
    for table, (read, out) in zip(
        contract.TABLES, account.select("rows_read", "rows_quarantined").iter_rows(), strict=True
    ):
        assert read == len(hospital.rows[table.name])
        assert out == rejected(tmp_path, table.name).height
        assert db.rows(f"SELECT count(*) FROM {table.name}")[0][0] == read - out


def test_an_account_that_does_not_add_up_is_an_error(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital.add("lab")
    hospital.add("lab", admission_id="none")
    db = opened()
    validate.measure(db, plan, ["H"])
    real = rules.as_read
    monkeypatch.setattr(
        quarantined.rules, "as_read", lambda *a: f"SELECT * FROM ({real(*a)}) WHERE FALSE"
    )
    with pytest.raises(EhrivigError, match="account is not exact"):
        validate.quarantine(db, plan, ["H"], tmp_path)


def test_row_order_does_not_change_a_byte(
    hospital: Any, opened: Open, plan: Study, tmp_path: Path
) -> None:
    for number in range(30):
        hospital.add("lab", value=9000.0 + number, value_std=9000.0 + number)
        hospital.add("medication", started_at=START + timedelta(minutes=3 * number))
    gate(opened(), plan, tmp_path / "a")
    for made in hospital.rows.values():
        made.reverse()
    gate(opened(), plan, tmp_path / "b")
    names = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.parquet"))
    assert len(names) > 13
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
