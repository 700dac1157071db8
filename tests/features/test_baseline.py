"""Baseline columns of a study: windows, units, three-valued combinations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from drawn import Hospital
from drawn_study import BEGIN, parsed
from polars.testing import assert_frame_equal

from ehrivig import study as studies
from ehrivig.errors import StudyError
from ehrivig.features.baseline import any_of, baseline, repeat_labs

STUDY = (
    BEGIN
    + """
[outcomes]
primary = "death_28d"
variables = [{ name = "death_28d", label = "Death", from = "death", within_days = 28 }]
[covariates]
window_hours = [-24, 24]
variables = [
  { name = "immune", label = "Immune", from = "any_of", any_of = ["cancer", "weak"] },
  { name = "weak", label = "Weak", from = "any_of", any_of = ["cirrhosis"] },
  { name = "age", label = "Age", from = "age", unit = "y" },
  { name = "male", label = "Male", from = "male" },
  { name = "smoking", label = "Smoker", from = "current_smoker" },
  { name = "cancer", label = "Cancer", from = "condition", code = "malignancy" },
  { name = "cirrhosis", label = "Cirrhosis", from = "condition" },
  { name = "fever", label = "Fever", from = "finding" },
  { name = "sbp", label = "SBP", from = "vital", unit = "mmHg" },
  { name = "sofa", label = "SOFA", from = "score", unit = "points" },
  { name = "creatinine", label = "Creatinine", from = "lab", unit = "mg/dL" },
  { name = "crp", label = "CRP", from = "lab", unit = "mg/L" },
  { name = "crp_late", label = "CRP later", from = "lab", code = "crp", window_hours = [24, 48] },
  { name = "steroid_early", label = "S early", from = "medication", code = "glucocorticoid" },
  { name = "steroid", label = "S", from = "medication", code = "glucocorticoid" },
]
[match]
covariates = ["age", "steroid"]
allow_post_baseline = ["steroid"]
[analysis]
repeat_labs = ["creatinine", "crp"]
"""
)


def drawn_study(text: str = STUDY) -> studies.Study:
    return parsed(text)


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    drawn.admit(
        """admission_id | admitted_at | discharged_at | age_years | male | current_smoker
        3 | 01-02 10:00 | 01-20 10:00 | 50 | - | -
        1 | 01-02 10:00 | 01-20 10:00 | 70 | true | false
        2 | 01-02 10:00 | 01-20 10:00 | - | false | true
        """
    )
    drawn.draw(
        "ref.unit",
        """variable | unit | factor | shift
        creatinine | umol/L | 1 | 0
        creatinine | mg/dL | 88.4 | 0
        crp | mg/L | 1 | 0
        sbp | mmHg | 1 | 0""",
    )
    drawn.draw(
        "ref.condition",
        "vocabulary|code|condition\nICD10|C34.9|malignancy\nICD10|K74.6|cirrhosis",
    )
    drawn.draw(
        "diagnosis",
        """admission_id | code | vocabulary | present_on_admission
        1 | C34.9 | ICD10 | true
        2 | I10 | ICD10 | true""",
    )
    drawn.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | creatinine | 176.8 | 01-02 11:00
        1 | crp | 10 | 01-02 11:00
        1 | crp | 20 | 01-03 10:00
        1 | crp | 30 | 01-04 10:00
        2 | crp | 40 | 01-04 11:00""",
    )
    drawn.draw(
        "vital",
        "admission_id|vital_code|value_std|measured_at\n1|sbp|120|01-02 10:00",
    )
    drawn.draw("score", "admission_id|score_code|value|scored_at\n2|sofa|7|01-02 10:00")
    drawn.draw("finding", "admission_id|finding_code|present|observed_at\n2|fever|no|01-02 10:00")
    drawn.draw("ref.drug_class", "drug|codelist|verdict\n1|glucocorticoid|include")
    drawn.draw("medication", "admission_id|drug|status|started_at\n2|1|given|01-10 10:00")
    yield drawn
    drawn.db.close()


def rows(frame: pl.DataFrame) -> dict[int, dict[str, Any]]:
    return {row["admission_id"]: row for row in frame.to_dicts()}


def test_one_row_per_admission_in_the_order_of_the_study(hospital: Hospital) -> None:
    study = drawn_study()
    found = baseline(hospital.db, study)
    assert found.columns == ["admission_id", *(v.name for v in study.covariates.variables)]
    assert found["admission_id"].to_list() == [1, 2, 3]
    for variable in study.covariates.variables:
        expected = pl.Boolean if variable.binary else pl.Float64
        assert found.schema[variable.name] == expected, variable.name


def test_values_by_hand(hospital: Hospital) -> None:
    found = rows(baseline(hospital.db, drawn_study()))
    assert found[1] == {
        "admission_id": 1,
        "immune": True,
        "weak": False,
        "age": 70,
        "male": True,
        "smoking": False,
        "cancer": True,
        "cirrhosis": False,
        "fever": None,
        "sbp": 120,
        "sofa": None,
        "creatinine": 2,
        "crp": 10,
        "crp_late": 20,
        "steroid_early": False,
        "steroid": False,
    }
    assert found[2] | {"immune": False, "steroid": True, "fever": False, "sofa": 7} == found[2]
    assert found[2]["steroid_early"] is False
    assert found[3]["immune"] is None
    assert found[3]["cancer"] is None


def test_any_of_is_true_or_false_only_when_known() -> None:
    frame = pl.DataFrame(
        {
            "a": [True, False, False, None, None, True],
            "b": [None, None, False, True, None, False],
        }
    )
    found = frame.select(any_of(["a", "b"]).alias("any"))["any"]
    assert found.to_list() == [True, None, False, True, None, True]


def test_an_unrecorded_score_is_computed_where_enough_was_measured(hospital: Hospital) -> None:
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | unit | collected_at
        2 | platelets | 10 | 10^9/L | 01-02 11:00
        3 | platelets | 90 | 10^9/L | 01-02 11:00
        3 | creatinine | 400 | umol/L | 01-02 11:00
        3 | total_bilirubin | 10 | umol/L | 01-02 11:00""",
    )
    assert rows(baseline(hospital.db, drawn_study()))[3]["sofa"] is None
    hospital.draw("vital", "admission_id|vital_code|value_std|measured_at\n3|map|60|01-02 11:00")
    found = rows(baseline(hospital.db, drawn_study()))
    assert (found[2]["sofa"], found[3]["sofa"]) == (7, 6)
    late = STUDY.replace('unit = "points"', 'unit = "points", window_hours = [24, 48]')
    assert rows(baseline(hospital.db, drawn_study(late)))[3]["sofa"] is None


def test_any_of_in_a_circle_is_refused() -> None:
    circle = STUDY.replace('any_of = ["cirrhosis"]', 'any_of = ["immune"]')
    with pytest.raises(StudyError, match=r"covariates\.(immune|weak)\.any_of: goes in a circle"):
        drawn_study(circle)


def test_an_unknown_unit_is_refused_with_the_known_ones() -> None:
    wrong = STUDY.replace('from = "lab", unit = "mg/dL"', 'from = "lab", unit = "mg/hL"')
    with pytest.raises(StudyError, match=r"covariates\.creatinine.*Did you mean 'mg/dL'"):
        drawn_study(wrong)


def timed_from(anchor: str) -> studies.Study:
    return drawn_study(f'{STUDY}repeat_anchor = "{anchor}"\n')


def test_repeat_labs_at_day_three_from_time_zero_or_the_admission(hospital: Hospital) -> None:
    hospital.db.execute("UPDATE candidate SET time_zero = admitted_at + INTERVAL 1 DAY")
    day3 = rows(repeat_labs(hospital.db, timed_from("admission"), 48, 72))
    assert day3[1] == {"admission_id": 1, "creatinine": None, "crp": 30}
    assert day3[2]["crp"] == 40
    assert day3[3]["crp"] is None
    later = rows(repeat_labs(hospital.db, drawn_study(), 24, 48))
    assert later[1]["crp"] == 30
    assert rows(repeat_labs(hospital.db, drawn_study(), 48, 72))[1]["crp"] is None


def test_repeat_labs_from_the_first_dose(hospital: Hospital) -> None:
    hospital.db.execute(
        "CREATE OR REPLACE TABLE ref.drug AS SELECT 1 AS drug, 'iv' AS route UNION SELECT 2, 'iv'"
    )
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n2|ivig|include")
    hospital.draw("medication", "admission_id|drug|status|started_at\n1|2|given|01-03 09:00")
    late = rows(repeat_labs(hospital.db, timed_from("first_dose"), 0, 24))
    assert late[1]["crp"] == 20
    assert late[2]["crp"] is None  # never given


def test_no_candidate_keeps_the_columns(hospital: Hospital) -> None:
    full = baseline(hospital.db, drawn_study())
    hospital.db.execute("DELETE FROM candidate")
    assert_frame_equal(baseline(hospital.db, drawn_study()), full.head(0))
    assert repeat_labs(hospital.db, drawn_study(), 0, 24).height == 0


def test_row_order_never_matters(hospital: Hospital) -> None:
    before = baseline(hospital.db, drawn_study())
    for table in ("lab", "diagnosis", "vital", "medication", "candidate"):
        hospital.db.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {table} ORDER BY ALL DESC"
        )
    assert_frame_equal(baseline(hospital.db, drawn_study()), before)


def test_a_study_may_ask_for_the_last_value_by_time_zero(hospital: Hospital) -> None:
    """crp of 1 is later than time zero only: then the first after it, in the window."""
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | creatinine | 88.4 | 01-02 08:00
        1 | creatinine | 176.8 | 01-02 10:00
        1 | creatinine | 265.2 | 01-02 11:00
        1 | crp | 10 | 01-02 11:00
        1 | crp | 20 | 01-02 12:00""",
    )
    asked = STUDY.replace("window_hours = [-24, 24]", 'window_hours = [-24, 24]\nvalue = "last"')
    first, last = (rows(baseline(hospital.db, drawn_study(text)))[1] for text in (STUDY, asked))
    assert (first["creatinine"], last["creatinine"]) == (1, 2)
    assert (first["crp"], last["crp"]) == (10, 10)
