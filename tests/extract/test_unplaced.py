"""Rows that belong to nobody, and what no layout reads: said before anything is made of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from extracts import opened, study, write
from test_layout_clif import PLAN as CLIF
from test_layout_clif import clif, lab, stay, utc
from test_layout_omop import PLAN as OMOP
from test_layout_omop import exposure, measured, omop, visit

from ehrivig import extract, validate
from ehrivig.errors import ExtractError


@pytest.mark.parametrize("key", ["", None, "nobody"])
def test_results_of_no_hospitalization_are_said(tmp_path: Path, key: str | None) -> None:
    labs = [lab("creatinine", 1.0, "mg/dL"), lab("creatinine", 2.0, "mg/dL")]
    labs[1]["hospitalization_id"] = key
    folder = clif(tmp_path / "x", stay(labs=labs))
    message = r"clif_labs: 1 of 2 rows \(50.0%, limit 5%\) have no hospitalization_id that"
    with pytest.raises(ExtractError, match=message):
        extract.inspect(folder, study(**CLIF))


def test_events_of_nobody_are_said_unless_their_visit_is_known(tmp_path: Path) -> None:
    rows = [measured(3016723, 1.0, 8840), measured(3016723, 2.0, 8840, person_id=9)]
    folder = omop(tmp_path / "x", measurement=rows)
    assert extract.inspect(folder, study(**OMOP)).hospitals == ("7",)
    rows[1]["visit_occurrence_id"] = 999
    write(folder / "measurement.parquet", rows)
    with pytest.raises(ExtractError, match=r"measurement: 1 of 2 rows .* no person_id that person"):
        extract.inspect(folder, study(**OMOP))
    rows[1]["person_id"] = 2  # somebody without a stay: not of this study, and nothing lost
    write(folder / "measurement.parquet", rows)
    assert extract.inspect(folder, study(**OMOP)).hospitals == ("7",)


def test_what_a_layout_cannot_read_is_counted(tmp_path: Path) -> None:
    visits = [visit(1, "03-01 08:00", "03-09 12:00"), visit(2, "04-01 08:00", "04-02 12:00", 0)]
    deaths = [{"person_id": 1, "death_date": visits[0]["visit_end_date"]}]
    deaths.append({"person_id": 1, "death_date": visits[1]["visit_end_date"]})
    place = {"visit_occurrence_id": 1, "visit_detail_concept_id": 0}
    dates = {f"visit_detail_{end}_date": visits[0]["visit_start_date"] for end in ("start", "end")}
    procedure = {
        "person_id": 1,
        "procedure_concept_id": 0,
        "procedure_date": visits[0]["visit_start_date"],
        "visit_occurrence_id": 1,
    }
    folder = omop(
        tmp_path / "x",
        visit_occurrence=visits,
        death=deaths,
        visit_detail=[{**place, **dates}, {**place, **dates, "visit_detail_concept_id": 32037}],
        procedure_occurrence=[procedure, {**procedure, "procedure_concept_id": 4230167}],
    )
    with opened(folder, study(**OMOP)) as db:
        found = db.rows("SELECT * FROM prepared.words_unread ORDER BY about")
    assert found == [
        ("7", "birth", 0, 1),
        ("7", "death", 1, 1),
        ("7", "death_day", 1, 1),
        ("7", "end", 0, 1),
        ("7", "icu_end", 1, 1),
        ("7", "icu_start", 1, 1),
        ("7", "moment", 0, 1),
        ("7", "person", 0, 2),
        ("7", "place", 1, 2),
        ("7", "procedure", 1, 2),
        ("7", "visit", 1, 2),
    ]


def test_places_that_clif_does_not_have_are_counted(tmp_path: Path) -> None:
    drawn = stay()
    first = drawn["adt"][0]
    drawn["adt"] += [{**first, "location_category": word} for word in ("ICU", "zebra", None)]
    position = {"hospitalization_id": "h", "recorded_dttm": utc("03-01 02:00")}
    drawn["position"] = [
        {**position, "position_category": word} for word in ("Prone", "not prone", "")
    ]
    folder = clif(tmp_path / "x", drawn)
    frame = pl.read_parquet(folder / "clif_adt.parquet")
    assert frame["location_category"].null_count() == 1
    with opened(folder, study(**CLIF)) as db:
        found = db.rows("SELECT * FROM prepared.words_unread ORDER BY about")
    assert found == [("H", "place", 2, 4), ("H", "procedure", 1, 3)]


def test_a_hospital_of_whose_visits_nobody_knows_the_kind_is_said(tmp_path: Path) -> None:
    stays = visit(1, "03-01 08:00", "03-09 12:00")
    unread = [visit(n, "03-01 08:00", "03-09 12:00", 0, care_site_id=8) for n in (2, 3)]
    folder = omop(tmp_path / "x", visit_occurrence=[stays, *unread])
    with pytest.raises(ExtractError, match=r"hospital 8: visit_concept_id is 0, .* in 2 of 2 visi"):
        extract.inspect(folder, study(**OMOP))


def test_repeated_rows_of_visits_double_no_event(tmp_path: Path) -> None:
    visits = [visit(100, "03-01 08:00", "03-09 12:00")] * 2
    folder = omop(
        tmp_path / "x", visit_occurrence=visits, measurement=[measured(3016723, 1.0, 8840)]
    )
    with opened(folder, study(**OMOP)) as db:
        assert db.rows("SELECT value FROM mapped.lab") == [(1.0,)]
    drawn = stay(labs=[lab("creatinine", 1.0, "mg/dL")])
    drawn["hospitalization"] *= 2
    with opened(clif(tmp_path / "y", drawn), study(**CLIF)) as db:
        assert db.rows("SELECT value FROM mapped.lab") == [(1.0,)]


def test_a_concept_column_that_is_left_out_is_unknown(tmp_path: Path) -> None:
    row = visit(100, "03-01 08:00", "03-09 12:00")
    del row["discharged_to_concept_id"]
    with opened(omop(tmp_path / "x", visit_occurrence=[row]), study(**OMOP)) as db:
        assert db.rows("SELECT discharge_status FROM mapped.admission") == [("unknown",)]


def test_moments_of_another_day_than_their_date_are_counted(tmp_path: Path) -> None:
    rows = [measured(3016723, 1.0, 8840), measured(3016723, 2.0, 8840)]
    rows[1]["measurement_date"] = date(2020, 3, 3)
    folder = omop(tmp_path / "x", measurement=rows)
    with opened(folder, study(**OMOP)) as db:
        counts = "SELECT violated, denominator FROM prepared.words_unread WHERE about = 'moment'"
        assert db.rows(counts) == [(1, 2)]  # of the results, not of the visit


def test_a_drug_that_nobody_knows_has_no_code(tmp_path: Path) -> None:
    known, listed, unknown = (exposure(n, code, 1.0) for n, code in enumerate((502, 1506270, 999)))
    folder = omop(tmp_path / "x", drug_exposure=[known, listed, unknown])
    with opened(folder, study(**OMOP)) as db:
        codes = "SELECT drug_code FROM mapped.medication ORDER BY medication_id"
        assert db.rows(codes) == [("502",), ("1506270",), (None,)]


def test_the_gate_says_what_a_layout_does_not_read(tmp_path: Path) -> None:
    visits = [visit(1, "03-01 08:00", "03-09 00:00"), visit(2, "04-01 08:00", "04-02 12:00", 0)]
    deaths = [{"person_id": 1, "death_date": date(2020, 3, day)} for day in (8, 9)]
    folder = omop(tmp_path / "x", visit_occurrence=visits, death=deaths)
    plan = study(**OMOP, extract_date=date(2020, 12, 31))
    with opened(folder, plan) as db:
        found = {m.check: m for m in validate.measure(db, plan, ["7"])}
    said = {check: (one.violated, one.denominator) for check, one in found.items()}
    assert said["admission.visit_kind_read"] == (1, 2)
    assert said["admission.discharged_at_a_day"] == (1, 1)
    assert said["patient.death_rows_agree"] == (1, 1)
    assert said["patient.death_at_a_day"] == (1, 1)
    assert said["admission.moment_of_its_date"] == (0, 1)  # of visit 2 nobody knows what it is
