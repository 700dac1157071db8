"""Names of what was coded: one for a code however it is written, and the group it belongs to."""

from __future__ import annotations

from itertools import pairwise

import pytest
from drawn import Hospital

from ehrivig import study
from ehrivig.features.coded_names import of_diagnosis, of_product
from ehrivig.features.large_scale import large_scale


@pytest.mark.parametrize(
    ("vocabulary", "code", "names"),
    [
        ("ICD10", "J44.9", ["diagnosis ICD10 J44.9", "diagnosis_group ICD10 J44"]),
        ("ICD-10", " j449 ", ["diagnosis ICD10 J44.9", "diagnosis_group ICD10 J44"]),
        ("icd10cm", "J44.9", ["diagnosis ICD10CM J44.9", "diagnosis_group ICD10 J44"]),
        ("ICD10", "J44", ["diagnosis ICD10 J44", "diagnosis_group ICD10 J44"]),
        ("ICD9CM", "4280", ["diagnosis ICD9CM 428.0", "diagnosis_group ICD9 428"]),
        ("ICD9CM", "E849.0", ["diagnosis ICD9CM E849.0", "diagnosis_group ICD9 E849"]),
        ("ICD9CM", "V58.61", ["diagnosis ICD9CM V58.61", "diagnosis_group ICD9 V58"]),
        ("ICD9CM", "J44.9", ["diagnosis ICD9CM J449"]),
        ("ICD10", "=1+1", ["diagnosis ICD10 =1+1"]),
        ("ICD10PCS", "30233S1", ["diagnosis ICD10PCS 30233S1"]),
        ("ICD11", "CA22.0", ["diagnosis ICD11 CA220"]),
        ("SNOMED", "22298006", ["diagnosis SNOMED 22298006"]),
        ("local", "77", ["diagnosis H 77"]),
        ("LOCAL", "J44 x", ["diagnosis H j44_x"]),
        (None, "J44.9", ["diagnosis H j44.9"]),
        ("", "77", ["diagnosis H 77"]),
        ("ICD10", " ", []),
    ],
)
def test_a_diagnosis(vocabulary: str | None, code: str, names: list[str]) -> None:
    assert [" ".join(name) for name in of_diagnosis("H", vocabulary, code)] == names


@pytest.mark.parametrize(
    ("product", "names"),
    [
        (("ATC", "J01CA04", "Amoxicillin"), ["drug ATC J01CA04", "drug_group ATC J01C"]),
        (("atc", "j01ca04 ", None), ["drug ATC J01CA04", "drug_group ATC J01C"]),
        (("ATC", "J01C", None), ["drug ATC J01C", "drug_group ATC J01C"]),
        (("ATC", "J01", None), ["drug ATC J01"]),
        (("NDC", "0944-2700-02", None), ["drug NDC 00944270002"]),
        (("RxNorm", "723", "x"), ["drug RXNORM 723"]),
        (("Local", "17", " Para  CETAMOL"), ["drug para cetamol"]),
        ((None, None, "Heparin"), ["drug heparin"]),
        (("ATC", None, "Heparin"), ["drug heparin"]),
        (("ATC", " ", " "), []),
        (("local", "18", " "), ["drug H 18"]),
        ((None, None, None), []),
    ],
)
def test_a_product(product: tuple[str | None, ...], names: list[str]) -> None:
    assert [" ".join(name) for name in of_product("H", *product)] == names


def test_who_is_coded_twice_has_it_once(hospital: Hospital) -> None:
    hospital.admit(
        """hospital_id | admission_id | admitted_at | time_zero
        H | 1 | 01-02 08:00 | 01-02 10:00
        G | 2 | 01-02 08:00 | 01-02 10:00"""
    )
    hospital.draw(
        "diagnosis",
        """admission_id | code | vocabulary | present_on_admission
        1 | J44.9 | ICD10 | true
        1 | j449 | ICD10CM | true
        1 | 5 | - | true
        2 | j449 | ICD-10 | true
        2 | 5 | local | true""",
    )
    hospital.draw("ref.drug", "drug | vocabulary | drug_code | drug_name\n1 | - | - | Heparin")
    hospital.draw("ref.drug_class", "drug | codelist | verdict\n1 | anticoagulant | include")
    hospital.draw(
        "medication", "admission_id | drug | status | started_at\n2 | 1 | given | 01-02 09:00"
    )
    rows = large_scale(hospital.db, study.load("ivig_covid19")).rows()
    assert rows == [
        (1, "diagnosis", "H 5", None),
        (1, "diagnosis", "ICD10 J44.9", None),
        (1, "diagnosis", "ICD10CM J44.9", None),
        (1, "diagnosis_group", "ICD10 J44", None),
        (2, "diagnosis", "G 5", None),
        (2, "diagnosis", "ICD10 J44.9", None),
        (2, "diagnosis_group", "ICD10 J44", None),
        (2, "drug", "heparin", None),
        (2, "drug_list", "anticoagulant", None),
    ]
    assert all(one < other for one, other in pairwise(row[:3] for row in rows))
