"""What counts as given, and which products a code list includes: what all queries read."""

from __future__ import annotations

import pytest
from drawn import Hospital

from ehrivig.concepts import concept, severity

ROWS = """
    medication_id | status    | dose
    a             | given     | 10
    b             | stopped   | 10
    c             | given     | -
    d             | stopped   | -
    e             | given     | 0.001
    f             | given     | 0
    g             | stopped   | 0
    h             | given     | -5
    i             | stopped   | -5
    j             | -         | 10
    k             | unknown   | 10
    l             | not_given | 10
    m             | cancelled | 10
    n             | Given     | 10
    o             | -         | -
"""


def test_given_by_status_and_by_dose(hospital: Hospital) -> None:
    hospital.draw("medication", ROWS)
    found = hospital.db.rows("SELECT medication_id FROM GIVEN('medication') ORDER BY ALL")
    assert [row[0] for row in found] == ["a", "b", "c", "e"]


@pytest.mark.parametrize(
    ("dose", "ends", "given"),
    [
        ("-", "-", False),  # ends what was begun: no administration of its own
        ("-", "01-01 09:00", False),
        ("-", "01-01 09:01", True),  # begun and stopped: an infusion of unknown amount
        ("1", "-", True),
    ],
)
def test_a_stop_without_a_dose_is_no_administration(
    hospital: Hospital, dose: str, ends: str, given: bool
) -> None:
    hospital.draw(
        "medication",
        "medication_id | status | dose | started_at | stopped_at\n"
        f"a | stopped | {dose} | 01-01 09:00 | {ends}",
    )
    assert bool(hospital.db.rows("SELECT 1 FROM GIVEN('medication')")) is given


def test_given_keeps_every_column_and_follows_a_narrowed_table(hospital: Hospital) -> None:
    hospital.draw("medication", ROWS)
    db = hospital.db
    every = db.columns("medication")
    db.view("whole", "SELECT * FROM GIVEN('medication')")
    assert db.columns("whole") == every
    db.execute("ALTER TABLE medication RENAME TO every_medication")
    db.view(
        "medication",
        "SELECT status, dose, medication_id, started_at, stopped_at "
        "FROM every_medication WHERE dose = 10",
    )
    found = db.rows("SELECT medication_id FROM GIVEN('medication') ORDER BY ALL")
    assert found == [("a",), ("b",)]


CLASSES = """
    drug | codelist | verdict    | product_type  | concentration_g_per_l | strength_g
    1    | ivig     | include    | standard      | 50                    | 2.5
    2    | ivig     | include    | -             | -                     | -
    3    | ivig     | exclude    | hyperimmune   | -                     | -
    4    | ivig     | quarantine | -             | -                     | -
    5    | ivig     | include    | standard      | 50                    | -
    5    | ivig     | exclude    | -             | -                     | -
    6    | ivig     | include    | igma_enriched | 50                    | 1
    6    | ivig     | include    | igma_enriched | 100                   | 1
    1    | other    | exclude    | -             | -                     | -
    3    | other    | include    | -             | -                     | -
"""


def test_a_list_includes_what_no_line_of_it_refuses(hospital: Hospital) -> None:
    hospital.draw("ref.drug_class", CLASSES)
    assert hospital.db.rows("SELECT * FROM ref.included ORDER BY codelist, drug") == [
        (1, "ivig", "standard", 50.0, 2.5, False),
        (2, "ivig", "unknown", None, None, False),
        (6, "ivig", "igma_enriched", None, 1.0, False),
        (3, "other", "unknown", None, None, False),
    ]


def test_a_signed_product_shows_at_once(hospital: Hospital) -> None:
    hospital.draw("ref.drug_class", CLASSES)
    hospital.db.execute("UPDATE ref.drug_class SET verdict = 'include' WHERE drug = 4")
    included = hospital.db.rows("SELECT drug FROM ref.included WHERE codelist = 'ivig' ORDER BY 1")
    assert included == [(1,), (2,), (4,), (6,)]


@pytest.mark.parametrize(
    ("status", "dose", "met"),
    [
        ("given", "1", True),
        ("stopped", "1", True),
        ("given", "-", True),
        ("given", "0", False),
        ("stopped", "0", False),
        ("given", "-1", False),
        ("unknown", "1", False),
    ],
)
def test_only_a_given_antibiotic_makes_a_culture_a_suspicion(
    hospital: Hospital, status: str, dose: str, met: bool
) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 00:00 | 01-20 00:00")
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|antibiotic|include")
    hospital.draw(
        "medication",
        f"admission_id|drug|status|dose|started_at\n1|1|{status}|{dose}|01-05 10:00",
    )
    hospital.draw(
        "pathogen_test",
        "admission_id|organism_code|method|result|collected_at\n1|x|culture|negative|01-05 11:00",
    )
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|I10|ICD10")
    assert hospital.met("infection") == {1: met}


@pytest.mark.parametrize(
    ("status", "dose", "n"),
    [
        ("given", "0.1", 1),
        ("stopped", "0.1", 1),
        ("given", "-", 1),
        ("given", "0", 0),
        ("stopped", "0", 0),
        ("given", "-0.1", 0),
        ("cancelled", "0.1", 0),
    ],
)
def test_only_a_given_rate_is_an_infusion(
    hospital: Hospital, status: str, dose: str, n: int
) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 00:00 | 01-20 00:00")
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|norepinephrine|include")
    hospital.draw(
        "medication",
        "admission_id | drug | status | dose | dose_unit | started_at | stopped_at\n"
        f"1 | 1 | {status} | {dose} | ug/kg/min | 01-05 10:00 | 01-05 12:00",
    )
    assert len(hospital.rows("vasoactive")) == n


@pytest.mark.parametrize(
    ("status", "dose", "n"),
    [
        ("given", "3000", 1),
        ("stopped", "3000", 1),
        ("given", "-", 0),
        ("cancelled", "3000", 0),
        ("given", "-3000", 0),
    ],
)
def test_only_given_fluids_of_a_known_volume_fill(
    hospital: Hospital, status: str, dose: str, n: int
) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 00:00 | 01-20 00:00")
    hospital.draw("admission", "admission_id | weight_kg\n1 | 80")
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|iv_fluid|include\n2|iv_fluid|exclude")
    hospital.draw(
        "medication",
        "admission_id | drug | status | dose | dose_unit | started_at\n"
        f"1 | 1 | {status} | {dose} | mL | 01-05 10:00\n1 | 2 | given | 3000 | mL | 01-05 10:00",
    )
    hospital.draw(
        "vital",
        "admission_id | vital_code | value_std | measured_at\n1 | sbp | 80 | 01-05 12:00",
    )
    severity.prepare(hospital.db, "septic_shock_proxy")
    hospital.db.table(
        "severe_sepsis",
        "SELECT 1::BIGINT AS admission_id, TRUE AS met, TIMESTAMP '2020-01-05' AS first_at",
    )
    assert hospital.db.frame(concept("septic_shock_proxy")).height == n


@pytest.mark.parametrize(("verdict", "met"), [("include", False), ("exclude", None)])
def test_without_a_fluid_that_the_list_includes_hypotension_stays_open(
    hospital: Hospital, verdict: str, met: bool | None
) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 00:00 | 01-20 00:00")
    hospital.draw("ref.drug_class", f"drug|codelist|verdict\n1|iv_fluid|{verdict}")
    hospital.draw("admission", "admission_id | weight_kg\n1 | 80")
    hospital.draw(
        "medication",
        "admission_id|drug|dose|dose_unit|status|started_at\n1|1|500|mL|given|01-05 10:00",
    )
    hospital.draw(
        "vital",
        "admission_id | vital_code | value_std | measured_at\n1 | sbp | 80 | 01-05 12:00",
    )
    severity.prepare(hospital.db, "septic_shock")
    hospital.db.table(
        "severe_sepsis",
        "SELECT 1::BIGINT AS admission_id, TRUE AS met, TIMESTAMP '2020-01-05' AS first_at",
    )
    rows = hospital.db.frame(concept("septic_shock")).rows()
    assert [row[1] for row in rows] == [met]
