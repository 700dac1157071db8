"""Outcome columns of a study: values, times, and three values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from drawn import Hospital
from drawn_study import BEGIN, parsed
from polars.testing import assert_frame_equal

from ehrivig import study as studies
from ehrivig.features.outcomes import extract_end, outcomes

STUDY = (
    BEGIN
    + """
[extract]
extract_date = 2020-06-30
[outcomes]
primary = "death_28d"
variables = [
  { name = "ecmo", label = "ECMO", from = "procedure" },
  { name = "steroid", label = "S", from = "medication", code = "glucocorticoid" },
  { name = "death_28d", label = "Death", from = "death", within_days = 28 },
  { name = "died", label = "Death in hospital", from = "in_hospital_death" },
  { name = "los", label = "Days", from = "length_of_stay" },
  { name = "icu", label = "Days in intensive care", from = "icu_length_of_stay" },
  { name = "rna_clearance", label = "C", from = "clearance", code = "sars_cov_2" },
  { name = "ards", label = "ARDS", from = "condition" },
  { name = "ventilated", label = "V", from = "device", code = "imv" },
  { name = "failure", label = "F", from = "concept", code = "severe_respiratory_failure" },
]
[covariates]
variables = [{ name = "age", label = "Age", from = "age" }]
[match]
covariates = ["age"]
"""
)


def drawn_study(text: str = STUDY) -> studies.Study:
    return parsed(text)


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(
        """admission_id|symptom_onset_at|admitted_at|discharged_at|discharge_status|death_at
        2 | 01-01 10:00 | 01-02 10:00 | 01-20 10:00 | alive | 02-20 10:00
        1 | 01-01 10:00 | 01-02 10:00 | 01-12 10:00 | died | -
        3 | - | 01-02 10:00 | 01-07 10:00 | alive | -
        """
    )
    drawn.draw("patient", "patient_id | death_at\n2 | 02-20 10:00")
    drawn.draw("icu_stay", "admission_id|started_at|stopped_at\n1|01-03 10:00|01-05 22:00")
    drawn.draw(
        "respiratory_support",
        """admission_id | device | started_at | stopped_at
        1 | ecmo | 01-03 10:00 | 01-05 10:00
        1 | imv | 01-03 10:00 | -
        2 | nasal_cannula | 01-02 10:00 | -""",
    )
    drawn.draw("ref.condition", "vocabulary|code|condition\nICD10|J80|ards")
    drawn.draw(
        "diagnosis",
        """admission_id | code | vocabulary | present_on_admission | diagnosed_at
        1 | J80 | ICD10 | false | 01-04 10:00
        2 | I10 | ICD10 | true | -""",
    )
    drawn.draw("ref.drug_class", "drug|codelist|verdict\n1|glucocorticoid|include")
    drawn.draw("medication", "admission_id|drug|status|started_at\n2|1|given|01-10 10:00")
    drawn.draw(
        "pathogen_test",
        """admission_id | organism_code | method | specimen | result | collected_at
        1 | sars_cov_2 | rna | respiratory | positive | 01-02 12:00
        2 | sars_cov_2 | rna | respiratory | positive | 01-02 12:00
        2 | sars_cov_2 | rna | respiratory | negative | 01-10 10:00
        2 | sars_cov_2 | rna | respiratory | negative | 01-11 10:00""",
    )
    yield drawn
    drawn.db.close()


def rows(frame: pl.DataFrame) -> dict[int, dict[str, Any]]:
    return {row["admission_id"]: row for row in frame.to_dicts()}


def test_values_by_hand(hospital: Hospital) -> None:
    found = outcomes(hospital.db, drawn_study())
    assert found["admission_id"].to_list() == [1, 2, 3]
    by_admission = rows(found)
    assert by_admission[1] == {
        "admission_id": 1,
        "ecmo": True,
        "steroid": False,
        "death_28d": True,
        "died": True,
        "los": 10,
        "icu": 2.5,
        "rna_clearance": False,
        "ards": True,
        "ventilated": True,
        "failure": True,
        "days_to_death": 10,
        "time_days": 10,
        "event": True,
        "death_28d in hospital": True,
        "days_to_death in hospital": 10,
        "time_days in hospital": 10,
        "event in hospital": True,
        "stay_days": 10,
        "stay_end": 1,
        "clearance_entry_days": 1,
        "clearance_days": 11,
        "clearance_status": 2,
    }
    assert by_admission[2] == {
        "admission_id": 2,
        "ecmo": None,
        "steroid": True,
        "death_28d": False,
        "died": False,
        "los": 18,
        "icu": None,
        "rna_clearance": True,
        "ards": False,
        "ventilated": False,
        "failure": False,
        "days_to_death": 49,
        "time_days": 28,
        "event": False,
        "death_28d in hospital": False,
        "days_to_death in hospital": None,
        "time_days in hospital": 28,
        "event in hospital": False,
        "stay_days": 18,
        "stay_end": 2,
        "clearance_entry_days": 1,
        "clearance_days": 9,
        "clearance_status": 1,
    }
    third = by_admission[3]
    assert (third["ards"], third["rna_clearance"], third["clearance_status"]) == (None,) * 3
    assert (third["death_28d"], third["time_days"], third["failure"]) == (False, 28, None)


def test_types_also_without_any_candidate(hospital: Hospital) -> None:
    full = outcomes(hospital.db, drawn_study())
    for variable in drawn_study().outcomes.variables:
        days = variable.source in ("length_of_stay", "icu_length_of_stay")
        assert full.schema[variable.name] == (pl.Float64 if days else pl.Boolean), variable.name
    assert full.schema["event"] == pl.Boolean
    assert full.schema["clearance_status"] == pl.Int64
    hospital.db.execute("DELETE FROM candidate")
    assert_frame_equal(outcomes(hospital.db, drawn_study()), full.head(0))


def test_a_procedure_known_absent_needs_procedures(hospital: Hospital) -> None:
    hospital.draw("procedure", "admission_id|procedure_code|started_at\n2|crrt|01-05 10:00")
    found = rows(outcomes(hospital.db, drawn_study()))
    assert [found[n]["ecmo"] for n in (1, 2, 3)] == [True, False, False]


def test_times_follow_the_primary_outcome(hospital: Hospital) -> None:
    study = drawn_study(STUDY.replace('primary = "death_28d"', 'primary = "died"'))
    found = rows(outcomes(hospital.db, study))
    names = ("stay_days", "stay_end", "event", "days_to_death")
    assert tuple(found[2][name] for name in names) == (18, 2, False, None)
    assert found[2]["time_days"] == pytest.approx(180 + 14 / 24)  # to the end of the extract


def test_a_primary_that_is_no_death_has_no_times(hospital: Hospital) -> None:
    study = drawn_study(STUDY.replace('primary = "death_28d"', 'primary = "ards"'))
    assert "time_days" not in outcomes(hospital.db, study).columns


def test_the_extract_ends_at_the_end_of_its_date() -> None:
    assert extract_end(drawn_study()) == datetime(2020, 7, 1)
    text = STUDY.replace("extract_date = 2020-06-30", "")
    assert extract_end(drawn_study(text)) is None


def test_a_treatment_that_is_asked_about_counts_from_time_zero(hospital: Hospital) -> None:
    hospital.db.execute("UPDATE candidate SET time_zero = admitted_at + INTERVAL 9 DAY")
    assert rows(outcomes(hospital.db, drawn_study()))[2]["steroid"] is True  # a row of table S4
    for asks in ('primary = "steroid"', 'primary = "death_28d"'):
        text = STUDY.replace('primary = "death_28d"', asks)
        text += '[analysis]\nnegative_controls = ["steroid"]\n' * ("death" in asks)
        assert rows(outcomes(hospital.db, drawn_study(text)))[2]["steroid"] is False
