"""A dose of zero was not given, whoever asks; an unknown dose was. Each question by hand.

Admissions 1 to 3 have a dose of zero or less, 4 to 6 really got the drug, 7 has a cancelled one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from drawn import Hospital
from drawn_study import BEGIN, parsed

from ehrivig import cohort, use
from ehrivig import study as studies
from ehrivig.concepts import event_rows
from ehrivig.features.baseline import baseline
from ehrivig.features.dosing import administrations, dosing
from ehrivig.features.outcomes import outcomes

STUDY = (
    BEGIN
    + """
[outcomes]
primary = "death_28d"
variables = [
  { name = "death_28d", label = "Death", from = "death", within_days = 28 },
  { name = "later", label = "S", from = "medication", code = "glucocorticoid" },
]
[covariates]
variables = [
  { name = "age", label = "Age", from = "age" },
  { name = "early", label = "S", from = "medication", code = "glucocorticoid" },
]
[match]
covariates = ["age"]
[utilisation]
[regimen]
names = ["gbs"]
"""
)
GIVEN = [4, 5, 6]


@pytest.fixture
def study() -> studies.Study:
    return parsed(STUDY)


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    keys = "hospital_id | admission_id | patient_id | person_id | admitted_at | discharged_at"
    stays = [f"A | {n} | {n} | p{n} | 01-02 10:00 | 01-20 10:00 | 50 | 60" for n in range(1, 8)]
    drawn.admit("\n".join([f"{keys} | age_years | weight_kg", *stays]))
    drawn.draw(
        "ref.drug_class",
        """drug | codelist | verdict
        1 | ivig | include
        1 | glucocorticoid | include""",
    )
    drawn.db.execute("CREATE OR REPLACE TABLE ref.drug AS SELECT 1 AS drug, 'iv' AS route")
    drawn.draw(
        "medication",
        """
        hospital_id | admission_id | drug | dose | dose_unit | status    | started_at
        A           | 1            | 1    | 0    | g         | given     | 01-02 11:00
        A           | 2            | 1    | 0    | g         | stopped   | 01-02 11:00
        A           | 3            | 1    | -5   | g         | given     | 01-02 11:00
        A           | 4            | 1    | -    | g         | given     | 01-02 11:00
        A           | 5            | 1    | 10   | g         | given     | 01-02 11:00
        A           | 5            | 1    | 0    | g         | stopped   | 01-09 11:00
        A           | 6            | 1    | 5    | g         | stopped   | 01-02 11:00
        A           | 7            | 1    | 10   | g         | cancelled | 01-02 11:00
        """,
    )
    yield drawn
    drawn.db.close()


def true_of(frame: pl.DataFrame, column: str) -> list[Any]:
    assert frame[column].null_count() == 0
    return frame.filter(column)["admission_id"].sort().to_list()


def test_exposure(hospital: Hospital, study: studies.Study, tmp_path: Path) -> None:
    path = administrations(hospital.db, study, tmp_path)
    assert pl.read_parquet(path)["admission_id"].sort().to_list() == GIVEN
    people = hospital.db.frame("SELECT * FROM candidate").lazy()
    found = dosing(pl.scan_parquet(path), people, study.exposure).collect()
    assert true_of(found, "ivig_any") == GIVEN
    columns = ("n_administrations", "n_dose_days", "n_courses", "total_g", "dose_coverage")
    assert found.select(columns).rows() == [
        (0, None, None, None, None),
        (0, None, None, None, None),
        (0, None, None, None, None),
        (1, 1, 1, None, 0.0),
        (1, 1, 1, 10.0, 1.0),
        (1, 1, 1, 5.0, 1.0),
        (0, None, None, None, None),
    ]


def test_covariate(hospital: Hospital, study: studies.Study) -> None:
    assert true_of(baseline(hospital.db, study), "early") == GIVEN


def test_outcome(hospital: Hospital, study: studies.Study) -> None:
    assert true_of(outcomes(hospital.db, study), "later") == GIVEN


def test_untreated_before(hospital: Hospital) -> None:
    hospital.db.execute(
        "CREATE TABLE criterion AS "
        "SELECT 'severe' AS name, admission_id, TRUE AS met, TIMESTAMP '2020-01-15' AS first_at "
        "FROM eligible"
    )
    hospital.db.table("moment", cohort.cohort_query("moment"), {"names": ["severe"]})
    values = {"codelist": "ivig", "routes": ["iv"], "start_hours": 0}
    found = hospital.db.frame(cohort.cohort_query("rule_untreated_before"), values)
    assert true_of(found.with_columns(treated=~pl.col("met")), "treated") == GIVEN


def test_utilisation_and_regimen(hospital: Hospital, study: studies.Study, tmp_path: Path) -> None:
    hospital.db.table("screened", "SELECT * EXCLUDE (time_zero) FROM candidate")
    kept: dict[str, pl.DataFrame] = {}

    def keep(frame: pl.DataFrame, name: str) -> int:
        kept[name] = frame.sort("admission_id", maintain_order=True)
        return frame.height

    assert use.prepare(hospital.db, study, tmp_path, keep) == len(GIVEN)
    assert sorted(kept) == ["course", "dose_day"]
    assert list(tmp_path.iterdir()) == []
    assert kept["course"].select("admission_id", "n_administrations", "total_g").rows() == [
        (4, 1, None),
        (5, 1, 10.0),
        (6, 1, 5.0),
    ]
    days = kept["dose_day"].filter(pl.col("drug") == "ivig")
    assert days.select("admission_id", "dose_g").rows() == [(4, None), (5, 10.0), (6, 5.0)]


def test_the_answers_of_a_narrowed_hospital_are_the_same(
    hospital: Hospital, study: studies.Study, tmp_path: Path
) -> None:
    db = hospital.db
    whole = [baseline(db, study), outcomes(db, study)]
    db.execute("ALTER TABLE medication RENAME TO clean")
    db.view("medication", "SELECT * FROM clean")
    db.table("screened", "SELECT range AS admission_id FROM range(100)")
    event_rows.to_candidates(db, "medication")
    assert db.exists("narrow.medication")
    for before, after in zip(whole, [baseline(db, study), outcomes(db, study)], strict=True):
        assert before.equals(after)
    kept = pl.read_parquet(administrations(db, study, tmp_path))
    assert kept["admission_id"].sort().to_list() == GIVEN


def test_without_any_row_nothing_is_known_and_with_a_zero_dose_it_is(
    hospital: Hospital, study: studies.Study
) -> None:
    """A hospital that sends administrations says that a drug was not given; one that sends none
    says nothing."""
    hospital.db.execute("DELETE FROM medication WHERE admission_id <> 1")
    assert true_of(baseline(hospital.db, study), "early") == []
    hospital.db.execute("DELETE FROM medication")
    assert baseline(hospital.db, study)["early"].null_count() == 7
