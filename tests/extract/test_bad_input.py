"""Bad input of real sources, line by line: a clear message or a counted null, never a number.

Beside these: FiO2 of 0 or 40 without a unit (tests/sql/test_pf_ratio.py), a vocabulary table that
is missing and a quantity nobody declared (test_layout_omop.py), mixed CLIF versions
(test_layout_clif.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawn import Hospital
from extracts import at, opened, study, write
from severity_by_hand import daily_sofa
from test_layout_omop import PLAN, omop

from ehrivig.concepts import define_sent, severity
from ehrivig.errors import ExtractError
from ehrivig.extract import layout_check
from ehrivig.features import baseline


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    drawn = Hospital()
    yield drawn
    drawn.db.close()


def measurement(concept: int, value: float, unit: str | None) -> dict[str, Any]:
    return {
        "person_id": 1,
        "measurement_concept_id": concept,
        "measurement_date": at("03-02 08:00").date(),
        "measurement_datetime": at("03-02 08:00"),
        "value_as_number": value,
        "unit_source_value": unit,
        "visit_occurrence_id": 100,
    }


def test_unknown_concept_ids_stay_rows_without_a_meaning(tmp_path: Path) -> None:
    known, unknown, none = (measurement(c, 90.0, "umol/L") for c in (3016723, 2_000_000_001, 0))
    folder = omop(tmp_path / "x", measurement=[known, unknown, unknown, none])
    with opened(folder, study(**PLAN)) as db:
        found = db.rows("SELECT analyte, count(*), count(value_std) FROM resolved.lab GROUP BY ALL")
    assert sorted(found, key=str) == [("creatinine", 1, 1), (None, 3, 0)]
    (report,) = [
        c
        for c in layout_check.check("omop", folder, study(**PLAN)).codes
        if (c.table, c.what) == ("lab", "code of an analyte")
    ]
    assert (report.understood, report.rows) == (1, 4)


@pytest.mark.parametrize(
    ("value", "unit", "fio2"),
    [(40.0, "%", 0.4), (0.4, "fraction", 0.4), (40.0, "fraction", 40.0), (0.0, "%", 0.0)],
)
def test_fio2_in_percent_is_read_by_its_unit_only(
    tmp_path: Path, value: float, unit: str, fio2: float
) -> None:
    """What is no FiO2 then gives no PaO2/FiO2: the ratio takes 0.21 to 1 only."""
    gas = measurement(3027801, 80.0, "mmHg")
    folder = omop(tmp_path / "x", measurement=[measurement(3026238, value, unit), gas])
    with opened(folder, study(**PLAN)) as db:
        read = db.rows("SELECT value_std FROM resolved.vital WHERE vital_code = 'fio2'")
        assert read == [(pytest.approx(fio2),)]
        for table in ("lab", "vital", "respiratory_support", "admission"):
            db.view(table, f"SELECT * FROM resolved.{table}")
        db.table("eligible", "SELECT admission_id, admitted_at, discharged_at FROM admission")
        define_sent(db, {"7": {"respiratory_support", "vital"}})
        severity.prepare(db, "severe_china_v6")
        ((ratio,),) = db.rows("SELECT pf_mmhg FROM pf_ratio")
    assert ratio == (200.0 if 0.21 <= fio2 <= 1 else None)


def test_a_stay_and_a_window_without_length(hospital: Hospital) -> None:
    hospital.admit("""
        admission_id | patient_id | admitted_at | discharged_at | age_years
        1            | 1          | 03-01 08:00 | 03-01 08:00   | 60
    """)
    hospital.draw(
        "lab",
        """
        admission_id | analyte    | value_std | unit   | collected_at
        1            | platelets  | 40        | 10^9/L | 03-01 08:00
        """,
    )
    found = daily_sofa(hospital.db).to_dicts()
    assert [(d["day"], d["coagulation"], d["sofa"], d["sofa_n_missing"]) for d in found] == [
        (1, 3, None, 5)
    ]
    hospital.anchor()
    assert baseline.measured(hospital.db, "lab", ["platelets"], (0, 0)).height == 0
    assert baseline.measured(hospital.db, "lab", ["platelets"], (0, 1)).height == 1


def test_an_admission_without_vitals_is_not_measured(hospital: Hospital) -> None:
    hospital.admit("""
        admission_id | patient_id | admitted_at | discharged_at | age_years
        1            | 1          | 03-01 08:00 | 03-05 08:00   | 60
    """)
    for name in ("severe_china_v6", "severe_who_2020_01", "sirs", "severe_sepsis", "ards_berlin"):
        assert hospital.met(name) == {1: None}, name
        severity.clear(hospital.db)
    (scores,) = severity.first_day_scores(hospital.db).to_dicts()
    assert (scores["sofa"], scores["sofa_n_missing"]) == (None, 6)
    assert (scores["sofa_lo"], scores["sofa_hi"]) == (0, 24)
    assert scores["apache_ii_hi"] > scores["apache_ii"]
    assert all(v is None or math.isfinite(v) for v in scores.values())


def test_a_missing_table_of_a_layout_is_named(tmp_path: Path) -> None:
    folder = omop(tmp_path / "x")
    (folder / "concept_ancestor.parquet").unlink()
    with pytest.raises(ExtractError, match=r"^concept_ancestor: .* no such table"):
        opened(folder, study(**PLAN)).__enter__()


def test_an_empty_hierarchy_leaves_codes_and_names(tmp_path: Path) -> None:
    """Synthea ships `concept_ancestor` without a row: listed concepts and names still count."""
    folder = omop(tmp_path / "x")
    ids = {"ancestor_concept_id": 1, "descendant_concept_id": 1}
    write(folder / "concept_ancestor.parquet", [ids])
    with opened(folder, study(**PLAN)) as db:
        assert db.rows("SELECT count(*) FROM prepared.descendant") == [(0,)]
