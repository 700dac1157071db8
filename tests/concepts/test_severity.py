"""Definitions in their order, scores beside recorded ones, incident concepts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from drawn import Hospital
from polars.testing import assert_frame_equal

from ehrivig import resources
from ehrivig.concepts import concept, severity
from ehrivig.errors import UsageError
from ehrivig.study.registries import CONCEPTS


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(
        """admission_id | admitted_at | discharged_at | time_zero | age_years
        1 | 01-02 00:00 | 01-20 00:00 | 01-03 00:00 | 70
        2 | 01-02 00:00 | 01-20 00:00 | 01-03 00:00 | 50
        """
    )
    yield drawn
    drawn.db.close()


def test_every_step_is_a_file_and_comes_after_what_it_reads() -> None:
    files = {path.stem for path in (resources.sql_folder() / "concept").glob("*/*.sql")}
    for name in severity.BUILDS_ON:
        order = severity.build_order(name)
        assert set(order) <= files
        assert len(order) == len(set(order))
        for place, step in enumerate(order):
            assert set(severity.BUILDS_ON.get(step, ())) <= set(order[:place])
    assert severity.build_order("infection") == ["infection"]


@pytest.mark.parametrize("name", CONCEPTS.names)
def test_a_criterion_has_three_columns_and_a_row_per_admission(
    hospital: Hospital, name: str
) -> None:
    severity.prepare(hospital.db, name)
    found = hospital.db.frame(concept(name))
    assert found.schema == pl.Schema(
        {"admission_id": pl.Int64, "met": pl.Boolean, "first_at": pl.Datetime("us")}
    )
    assert found["admission_id"].sort().to_list() == [1, 2]
    assert found["met"].null_count() == 2
    hospital.db.execute("DELETE FROM eligible")
    severity.prepare(hospital.db, name)
    assert_frame_equal(hospital.db.frame(concept(name)), found.head(0))


@pytest.mark.parametrize("name", CONCEPTS.names)
def test_text_keys_work_as_well(hospital: Hospital, name: str) -> None:
    for table in hospital.db.rows(
        "SELECT table_name FROM information_schema.columns "
        "WHERE column_name = 'admission_id' AND table_schema = 'main'"
    ):
        hospital.db.execute(f"ALTER TABLE {table[0]} ALTER admission_id TYPE VARCHAR")
    severity.prepare(hospital.db, name)
    assert hospital.db.frame(concept(name)).schema["admission_id"] == pl.String


def test_incident_follows_time_zero(hospital: Hospital) -> None:
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | unit | collected_at
        1 | alt | 300 | U/L | 01-03 00:00
        2 | alt | 300 | U/L | 01-02 23:59""",
    )
    found = severity.incident(hospital.db, "hepatic_injury").sort("admission_id")
    assert found.rows() == [(1, True), (2, False)]


def test_an_unknown_definition_is_named(hospital: Hospital) -> None:
    with pytest.raises(UsageError, match="no concept 'sepsis_9'"):
        severity.incident(hospital.db, "sepsis_9")


def test_first_day_scores_have_a_row_per_candidate(hospital: Hospital) -> None:
    found = severity.first_day_scores(hospital.db)
    assert found["admission_id"].to_list() == [1, 2]
    assert found["apache_ii"].to_list() == [5, 2]
    assert found["sofa"].null_count() == 2


def test_row_order_never_matters(hospital: Hospital) -> None:
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | respiratory_rate | 31 | 01-03 00:00
        1 | spo2 | 92 | 01-03 00:00
        1 | fio2 | 0.5 | 01-03 00:00
        1 | fio2 | 0.6 | 01-03 00:00
        2 | spo2 | 98 | 01-03 00:00
        2 | respiratory_rate | 20 | 01-03 00:00""",
    )
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | pao2 | 150 | 01-03 00:00
        1 | pao2 | 160 | 01-03 00:00""",
    )
    before = hospital.rows("severe_china_v6"), hospital.rows("pf_ratio")
    for table in ("vital", "lab"):
        hospital.db.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY ALL DESC"
        )
    assert (hospital.rows("severe_china_v6"), hospital.rows("pf_ratio")) == before
