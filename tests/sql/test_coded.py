"""What was coded before time zero: each kind, without what came too late or was not given."""

from __future__ import annotations

from drawn import Hospital

STAYS = """hospital_id | admission_id | admitted_at | time_zero | discharged_at
    H | 1 | 01-02 08:00 | 01-02 10:00 | 01-20 10:00
    H | 2 | 01-02 08:00 | 01-02 10:00 | 01-20 10:00
    """


def test_diagnoses_that_were_there_by_time_zero(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "diagnosis",
        """admission_id | code | vocabulary | present_on_admission | diagnosed_at
        1 | J44.9 | ICD10 | true | 01-20 10:00
        1 | I10 | ICD10 | - | 01-02 10:00
        1 | I11 | ICD10CM | - | 01-02 00:00
        1 | N17.9 | ICD10 | - | 01-02 10:01
        1 | N17.8 | ICD10 | false | 01-02 09:00
        1 | E11.9 | ICD10 | - | -
        1 | 77 | - | true | -
        2 | 4280 | ICD9CM | - | 01-03 10:00
        3 | I10 | ICD10 | true | -""",
    )
    assert hospital.rows("coded_diagnosis", until_hours=0) == [
        (1, "H", "ICD10", "I10"),
        (1, "H", "ICD10", "J44.9"),
        (1, "H", "ICD10CM", "I11"),
        (1, "H", None, "77"),
    ]
    later = hospital.rows("coded_diagnosis", until_hours=24)
    assert {row[3] for row in later} == {"I10", "J44.9", "I11", "77", "N17.9", "4280"}


def test_drugs_given_before_time_zero_but_not_the_exposure(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "ref.drug",
        """drug | vocabulary | drug_code | drug_name
        1 | ATC | J01CA04 | Amoxicillin
        2 | local | 17 | Paracetamol
        5 | ATC | J06BA02 | IVIG
        6 | ATC | B01AB01 | Heparin""",
    )
    hospital.draw(
        "ref.drug_class",
        """drug | codelist | verdict
        2 | antipyretic | include
        2 | analgesic | include
        5 | ivig | include
        5 | immunoglobulin | include
        1 | antiviral | exclude""",
    )
    hospital.draw(
        "medication",
        """admission_id | drug | status | started_at
        1 | 1 | given | 01-02 09:59
        1 | 1 | given | 01-02 09:00
        1 | 2 | given | 01-02 09:00
        1 | 5 | given | 01-02 09:00
        1 | 6 | not_given | 01-02 09:00
        2 | 6 | given | 01-02 10:00
        2 | 1 | given | -""",
    )
    assert hospital.rows("coded_medication", codelist="ivig") == [
        (1, "H", "ATC", "J01CA04", "Amoxicillin", None),
        (1, "H", "local", "17", "Paracetamol", "analgesic"),
        (1, "H", "local", "17", "Paracetamol", "antipyretic"),
    ]


def test_procedures_and_devices_before_time_zero(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "procedure",
        """admission_id | procedure_code | started_at
        1 | crrt | 01-02 09:00
        1 | crrt | 01-02 08:00
        1 | prone_position | 01-02 10:00
        2 | ecmo | -""",
    )
    hospital.draw(
        "respiratory_support",
        """admission_id | device | started_at | stopped_at
        1 | hfnc | 01-02 09:00 | 01-05 10:00
        1 | imv | 01-02 10:00 | -
        2 | - | 01-02 09:00 | -""",
    )
    assert hospital.rows("coded_care") == [
        (1, "device", "hfnc", None),
        (1, "procedure", "crrt", None),
    ]


def test_the_last_number_by_time_zero_else_the_first_after_it(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | crp | 10 | 01-02 09:00
        1 | crp | 30 | 01-02 10:00
        1 | crp | 20 | 01-02 10:00
        1 | crp | 90 | 01-02 11:00
        1 | pct | - | 01-02 09:00
        1 | - | 5 | 01-02 09:00
        2 | crp | 70 | 01-02 12:00
        2 | crp | 60 | 01-02 11:00""",
    )
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | sbp | 120 | 01-02 09:00
        2 | sbp | 80 | 01-02 10:01""",
    )
    hospital.draw(
        "finding",
        """admission_id | finding_code | present | observed_at
        1 | fever | true | 01-02 10:00
        1 | fever | true | 01-02 09:00
        1 | cough | false | 01-02 09:00
        1 | sputum | - | 01-02 09:00
        2 | dyspnea | true | 01-02 10:01""",
    )
    assert hospital.rows("coded_measurement", until_hours=0) == [
        (1, "finding", "fever", None),
        (1, "lab", "crp", 20),
        (1, "lab", "pct", None),
        (1, "vital", "sbp", 120),
    ]
    assert hospital.rows("coded_measurement", until_hours=2)[-4:] == [
        (1, "vital", "sbp", 120),
        (2, "finding", "dyspnea", None),
        (2, "lab", "crp", 60),
        (2, "vital", "sbp", 80),
    ]
