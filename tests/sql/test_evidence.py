"""Evidence of disease: pathogen tests and coded conditions, three-valued."""

from __future__ import annotations

from datetime import datetime

from drawn import Hospital

STAYS = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 10:00 | 01-20 10:00
    2 | 01-02 10:00 | 01-20 10:00
    3 | 01-02 10:00 | 01-20 10:00
    4 | 01-02 10:00 | 01-20 10:00
    5 | 01-02 10:00 | 01-20 10:00
    6 | 01-02 10:00 | 01-20 10:00
    7 | 01-02 10:00 | 01-20 10:00
"""
TESTS = """
    admission_id | organism_code | method   | specimen    | result        | collected_at
    1            | sars_cov_2    | rna      | respiratory | negative      | 01-02 11:00
    1            | sars_cov_2    | rna      | respiratory | positive      | 01-04 00:00
    1            | sars_cov_2    | rna      | stool       | positive      | 01-03 09:00
    2            | sars_cov_2    | rna      | respiratory | negative      | 01-02 11:00
    2            | sars_cov_2    | rna      | respiratory | not_done      | 01-03 11:00
    2            | sars_cov_2    | antigen  | respiratory | positive      | 01-03 11:00
    3            | sars_cov_2    | rna      | respiratory | not_done      | 01-02 11:00
    4            | sars_cov_2    | rna      | respiratory | negative      | 01-02 11:00
    4            | sars_cov_2    | rna      | respiratory | indeterminate | 01-03 11:00
    5            | influenza_a   | rna      | respiratory | positive      | 01-02 11:00
    6            | sars_cov_2    | antibody | blood       | positive      | 01-02 11:00
    7            | sars_cov_2    | rna      |             | positive      | 01-01 08:00
    9            | sars_cov_2    | rna      | respiratory | positive      | 01-02 11:00
"""


def test_only_rna_confirms_and_only_negatives_refute(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw("pathogen_test", TESTS)
    assert hospital.rows("evidence_pathogen", organism="sars_cov_2", method="rna") == [
        (1, True, datetime(2020, 1, 3, 9)),
        (2, False, None),
        (3, None, None),
        (4, None, None),
        (5, None, None),
        (6, None, None),
        (7, True, datetime(2020, 1, 1, 8)),
    ]


def test_without_a_method_every_method_counts(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw("pathogen_test", TESTS)
    met = hospital.met("evidence_pathogen", organism="sars_cov_2", method=None)
    assert met == {1: True, 2: True, 3: None, 4: None, 5: None, 6: True, 7: True}


def test_a_hospital_without_tests_measures_nothing(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    met = hospital.met("evidence_pathogen", organism="sars_cov_2", method="rna")
    assert set(met.values()) == {None}


def test_condition_is_false_only_where_something_was_coded(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "ref.condition",
        """
        vocabulary | code  | condition
        ICD10      | U07.1 | covid19
        ICD10CM    | U07.1 | covid19
        ICD10      | I10   | hypertension
        """,
    )
    hospital.draw(
        "diagnosis",
        """
        admission_id | code  | vocabulary | present_on_admission | diagnosed_at
        1            | U07.1 | ICD10      | true                 | 01-03 00:00
        1            | U07.1 | ICD10      | false                | 01-02 12:00
        2            | I10   | ICD10      | true                 | 01-02 12:00
        3            | U07.1 | local      | true                 | 01-02 12:00
        4            | U07.1 | ICD10CM    | -                    | -
        9            | U07.1 | ICD10      | true                 | 01-03 00:00
        """,
    )
    assert hospital.rows("evidence_condition", condition="covid19") == [
        (1, True, datetime(2020, 1, 2, 12)),
        (2, False, None),
        (3, False, None),
        (4, True, None),
        (5, None, None),
        (6, None, None),
        (7, None, None),
    ]
