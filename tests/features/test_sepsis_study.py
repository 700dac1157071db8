"""What the sepsis studies add: the change of a score, the product, the country, the newborn."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from drawn import Hospital

from ehrivig import codes, cohort
from ehrivig.concepts import bands
from ehrivig.features import baseline
from ehrivig.features.score_change import score_change
from ehrivig.study import load


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    yield drawn
    drawn.db.close()


def test_the_change_of_a_recorded_score(hospital: Hospital) -> None:
    hospital.admit("""
        admission_id | patient_id | admitted_at | discharged_at | age_years
        1            | 1          | 03-01 08:00 | 03-20 08:00   | 60
        2            | 2          | 03-01 08:00 | 03-05 08:00   | 60
        3            | 3          | 03-01 08:00 | 03-20 08:00   | 60
        4            | 4          | 03-01 08:00 | -             | 60
    """)
    hospital.draw(
        "score",
        """
        admission_id | score_code | value | scored_at
        1            | apache_ii  | 24    | 03-01 10:00
        1            | apache_ii  | 15    | 03-08 10:00
        1            | apache_ii  | 9     | 03-10 10:00
        1            | sofa       | 2     | 03-08 10:00
        2            | apache_ii  | 20    | 03-01 10:00
        2            | apache_ii  | 20    | 03-08 10:00
        3            | apache_ii  | 20    | 03-01 10:00
        4            | apache_ii  | 10    | 03-02 07:59
        4            | apache_ii  | 13    | 03-08 08:00
        """,
    )
    # 2 left before day 7; 3 was not scored then, and nothing can be computed
    found = dict(score_change(hospital.db, "apache_ii", 7).rows())
    assert found == {1: -9.0, 2: None, 3: None, 4: 3.0}
    assert dict(score_change(hospital.db, "apache_ii", 9).rows())[1] == -15.0


@pytest.mark.parametrize(
    ("first", "later", "discharged", "change"),
    [
        ("03-01 08:00", "03-09 07:59", "03-20 08:00", 5.0),  # the last minutes of the seventh day
        ("03-01 07:59", "03-08 10:00", "03-20 08:00", None),  # before time zero
        ("03-02 07:59", "03-08 08:00", "03-20 08:00", 5.0),
        ("03-02 08:00", "03-08 08:00", "03-20 08:00", None),
        ("03-01 08:00", "03-09 08:00", "03-20 08:00", None),
        ("03-01 08:00", "03-08 10:00", "03-08 08:00", None),  # left as the day began
        ("03-01 08:00", "03-08 10:00", "03-08 08:01", 5.0),
        ("03-01 08:00", "03-08 10:00", "03-08 00:00", 5.0),  # a bare date lasts its day
        ("03-01 08:00", "03-08 10:00", "03-07 00:00", None),
        ("03-01 08:00", "03-08 10:00", "-", 5.0),
    ],
)
def test_the_days_of_a_change_are_of_24_hours_each(
    hospital: Hospital, first: str, later: str, discharged: str, change: float | None
) -> None:
    hospital.admit(f"""
        admission_id | patient_id | admitted_at | discharged_at | age_years
        1            | 1          | 03-01 08:00 | {discharged}  | 60
    """)
    hospital.draw(
        "score",
        f"""
        admission_id | score_code | value | scored_at
        1            | apache_ii  | 10    | {first}
        1            | apache_ii  | 15    | {later}
        """,
    )
    assert score_change(hospital.db, "apache_ii", None).rows() == [(1, change)]


def test_product_types_are_exposure_groups() -> None:
    plan = load("ivig_sepsis")
    features = pl.DataFrame(
        {
            "product_type": ["igma_enriched", "standard", "mixed", "unknown", None],
            "total_g_per_kg": [0.75, 2.0, 1.0, None, None],
            "dose_complete": [True, True, True, False, None],
        }
    )
    groups = features.select(bands.bands(plan.exposure))
    assert groups["band_product"].to_list() == ["high", "low", None, None, None]
    assert groups["band_dose"].to_list() == ["low", "high", "low", None, None]
    assert groups["band_high_dose"].to_list() == ["low", "high", "low", None, None]
    (band,) = [b for b in plan.exposure.bands if b.name == "product"]
    assert bands.boundary_count(features, band) == 0


@pytest.mark.parametrize(
    ("country", "high"),
    [("US", True), ("jp ", True), ("CN", False), ("", None), (None, None)],
)
def test_income_of_the_hospitals_country(
    hospital: Hospital, country: str | None, high: bool | None
) -> None:
    hospital.admit("hospital_id | admission_id | admitted_at\nA | 1 | 01-02 10:00")
    hospital.db.execute(
        "INSERT INTO hospital (hospital_id, country) VALUES ('A', $country)", {"country": country}
    )
    found = pl.select(baseline._in_group(hospital.db, codes.SHIPPED, "high_income")).item()
    assert found is high


def test_every_admission_has_the_income_of_its_own_hospitals_country(hospital: Hospital) -> None:
    hospital.admit("""
        hospital_id | admission_id | admitted_at
        C           | 5            | 01-02 10:00
        A           | 2            | 01-02 10:00
        B           | 3            | 01-02 10:00
        D           | 4            | 01-02 10:00
        A           | 1            | 01-02 10:00
    """)
    hospital.draw("hospital", "hospital_id | country\nA | US\nB | CN\nC | DE\nC | CN")
    found = pl.select(high=baseline._in_group(hospital.db, codes.SHIPPED, "high_income"))
    # admissions 1 to 5; C states two countries, D none
    assert found["high"].to_list() == [True, True, False, None, None]


@pytest.mark.parametrize(
    ("born", "adult", "newborn"),
    [
        ("2020-02-28", False, True),
        ("2020-02-02", False, False),  # 28 days
        ("2020-02-03", False, True),  # 27 days
        ("2019-03-02", False, False),
        ("2002-03-02", False, False),
        ("2002-03-01", True, False),
    ],
)
def test_newborns_and_adults_are_apart(
    hospital: Hospital, born: str, adult: bool, newborn: bool
) -> None:
    hospital.draw(
        "admission",
        "hospital_id | admission_id | patient_id | admitted_at\nA | 1 | 1 | 03-01 08:00",
    )
    hospital.draw("patient", f"hospital_id | patient_id | birth_date\nA | 1 | {born}")
    hospital.db.table("eligible", cohort.cohort_query("screened"))
    for name, wanted in (("ivig_sepsis", adult), ("ivig_sepsis_neonates", newborn)):
        rule = next(c for c in load(name).cohort.criteria if c.rule == "age")
        values = {"min": rule.min, "max": rule.max}
        found = hospital.db.frame(cohort.cohort_query("rule_age"), values)
        assert found["met"].to_list() == [wanted], name
