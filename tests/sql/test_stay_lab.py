"""What scores read of the laboratory: the analytes that are asked for, in the stay."""

from __future__ import annotations

import pytest
from drawn import Hospital

from ehrivig.concepts import concept, severity

HEAD = "admission_id | analyte | value_std | unit | collected_at\n"


def read(
    hospital: Hospital, rows: str, *analytes: str
) -> list[tuple[str | None, float, float | None]]:
    """Analyte, value and value in mg/dL of what is read of stay 1."""
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 10:00 | 01-05 10:00")
    hospital.draw("lab", HEAD + rows)
    severity.prepare(hospital.db, "stay_lab")
    found = hospital.db.frame(concept("stay_lab"), {"analytes": list(analytes)})
    return sorted(found.select("analyte", "value", "value_mg_dl").rows(), key=str)


def test_no_other_analyte_is_read(hospital: Hospital) -> None:
    rows = "1 | wbc | 5 | 10^9/L | 01-02 11:00\n1 | lactate | 2 | mmol/L | 01-02 11:00"
    assert read(hospital, rows, "lactate", "platelets") == [("lactate", 2, None)]


@pytest.mark.parametrize(
    ("at", "n"),
    [("01-02 09:59", 0), ("01-02 10:00", 1), ("01-05 10:00", 1), ("01-05 10:01", 0)],
)
def test_results_of_the_stay(hospital: Hospital, at: str, n: int) -> None:
    assert len(read(hospital, f"1 | lactate | 2 | mmol/L | {at}", "lactate")) == n


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "mg_dl"),
    [
        *(("creatinine", 88.4, unit, 1.0) for unit in ("mg/dL", "MG/DL", " mg / dl ", "mg/100ml")),
        *(
            ("creatinine", 88.4, unit, 1.0)
            for unit in ("ｍｇ／ｄＬ", "毫克/dL", "㎎/㎗", "mg/dL {creat}")
        ),
        *(("creatinine", 88.4, unit, None) for unit in ("umol/L", "-", "g/L", "mg/L", "mmol/L")),
        ("total_bilirubin", 17.1, "mg/dL", 1.0),
        ("total_bilirubin", 17.1, "umol/L", None),
        ("lactate", 17.1, "mg/dL", None),
    ],
)
def test_creatinine_and_bilirubin_in_the_unit_of_the_laboratory(
    hospital: Hospital, analyte: str, value: float, unit: str, mg_dl: float | None
) -> None:
    found = read(hospital, f"1 | {analyte} | {value} | {unit} | 01-02 11:00", analyte)
    assert found == [(analyte, value, mg_dl)]
