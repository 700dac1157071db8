"""The 24 h windows of a stay."""

from __future__ import annotations

import pytest
from drawn import Hospital

from ehrivig.concepts import concept, severity

STAYS = """
    admission_id | admitted_at | discharged_at | time_zero
    1 | 01-02 10:00 | 01-04 10:00 | 01-03 09:00
    2 | 01-02 10:00 | 01-04 10:00:01 | -
    3 | 01-02 10:00 | 01-02 10:00 | -
    4 | 01-02 10:00 | - | -
"""


def spans(hospital: Hospital, **settings: object) -> list[int]:
    severity.prepare(hospital.db, "stay_lab", **settings)  # type: ignore[arg-type]
    return [
        n for _, n in hospital.db.rows("SELECT admission_id, n_days FROM score_span ORDER BY 1")
    ]


def test_windows_cover_the_stay_with_one_at_least(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    assert spans(hospital) == [2, 3, 1, 28]


def test_windows_may_be_limited_and_anchored(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    assert spans(hospital, days=1) == [1, 1, 1, 1]
    assert spans(hospital, anchor="candidate.time_zero") == [2, 3, 1, 28]


def test_day_of_a_result(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | unit | collected_at
        1 | creatinine | 1 | umol/L | 01-02 09:59
        1 | creatinine | 2 | umol/L | 01-02 10:00
        1 | creatinine | 3 | umol/L | 01-03 08:59
        1 | creatinine | 4 | umol/L | 01-03 09:00
        1 | creatinine | 5 | umol/L | 01-04 08:59
        1 | creatinine | 6 | umol/L | 01-04 09:00
        1 | creatinine | 7 | umol/L | 01-04 10:01""",
    )
    severity.prepare(hospital.db, "sofa_value", anchor="candidate.time_zero", days=1)
    rows = hospital.db.rows("SELECT value FROM stay_lab ORDER BY collected_at")
    assert rows == [(2,), (3,), (4,), (5,), (6,)]
    assert hospital.db.frame(concept("sofa_value")).rows() == [(1, 1, "creatinine", 5)]


def test_mg_dl_is_kept_as_reported(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | unit | collected_at
        1 | creatinine | 106.08 | mg/dL | 01-02 10:00
        1 | creatinine | 106.08 | umol/L | 01-02 11:00
        1 | total_bilirubin | 20.52 | MG/DL | 01-02 12:00
        1 | total_bilirubin | 20.52 | - | 01-02 13:00
        1 | lactate | 2 | mg/dL | 01-02 14:00""",
    )
    severity.prepare(hospital.db, "stay_lab")
    rows = hospital.rows("stay_lab", analytes=["creatinine", "total_bilirubin", "lactate"])
    assert [row[4] for row in sorted(rows, key=lambda row: row[2])] == [1.2, None, 1.2, None, None]


@pytest.mark.parametrize("unit", ["mg/dL", "MG/DL", " mg / dL ", "mg／dL", "mg/100mL"])
def test_mg_dl_however_it_is_written(hospital: Hospital, unit: str) -> None:
    """1.2 mg/dL is 106.08 umol/L: one point on its own scale, none on the other."""
    hospital.admit(STAYS)
    hospital.draw(
        "lab",
        f"""admission_id | analyte | value_std | unit | collected_at
        1 | creatinine | 106.08 | {unit} | 01-02 10:00""",
    )
    severity.prepare(hospital.db, "stay_lab")
    rows = hospital.rows("stay_lab", analytes=["creatinine"])
    assert [row[4] for row in rows] == [1.2]


def test_where_the_windows_end(hospital: Hospital) -> None:
    """The last window may be shorter; whole ones end before the discharge."""
    hospital.admit(STAYS)
    severity.prepare(hospital.db, "stay_lab")
    rows = hospital.db.rows(
        "SELECT strftime(ends_at, '%m-%d %H:%M'), strftime(whole_until, '%m-%d %H:%M'), "
        "strftime(left_at, '%Y-%m-%d'), strftime(fio2_from, '%m-%d %H:%M') "
        "FROM score_span ORDER BY admission_id"
    )
    assert rows == [
        ("01-04 10:00", "01-04 10:00", "2020-01-04", "01-02 06:00"),
        ("01-05 10:00", "01-04 10:00", "2020-01-04", "01-02 06:00"),
        ("01-03 10:00", "01-02 10:00", "2020-01-02", "01-02 06:00"),
        ("01-30 10:00", "01-30 10:00", "9999-12-31", "01-02 06:00"),
    ]


def test_whole_windows_are_counted_from_the_anchor(hospital: Hospital) -> None:
    hospital.admit(STAYS)
    severity.prepare(hospital.db, "stay_lab", anchor="candidate.time_zero", days=1)
    rows = hospital.db.rows(
        "SELECT strftime(ends_at, '%m-%d %H:%M'), strftime(whole_until, '%m-%d %H:%M') "
        "FROM score_span WHERE admission_id = 1"
    )
    assert rows == [("01-04 09:00", "01-04 09:00")]
