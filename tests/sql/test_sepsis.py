"""Severe sepsis, septic shock by proxy, and Sepsis-3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from drawn import Hospital

from ehrivig.concepts import concept, severity

STAY = """
    admission_id | admitted_at | discharged_at
    1 | 01-02 00:00 | 01-20 00:00
"""
CALM = "1 | temperature | 37 | 01-02 10:00\n1 | heart_rate | 80 | 01-02 10:00\n" + (
    "1 | respiratory_rate | 15 | 01-02 10:00"
)
SIRS = "1 | temperature | 39 | 01-03 10:00\n1 | heart_rate | 100 | 01-03 10:00"


def vitals(hospital: Hospital, text: str) -> None:
    hospital.draw("vital", "admission_id | vital_code | value_std | measured_at\n" + text)


def labs(hospital: Hospital, text: str) -> None:
    hospital.draw("lab", "admission_id | analyte | value_std | unit | collected_at\n" + text)


def infected(hospital: Hospital, at: str = "01-03 00:00") -> None:
    hospital.draw("ref.condition", "vocabulary|code|condition\nICD10|A41.9|sepsis")
    hospital.draw("diagnosis", f"admission_id|code|vocabulary|diagnosed_at\n1|A41.9|ICD10|{at}")


def not_infected(hospital: Hospital) -> None:
    hospital.draw("diagnosis", "admission_id|code|vocabulary\n1|I10|ICD10")


@pytest.mark.parametrize(
    ("table", "row", "sign"),
    [
        ("vital", "1 | sbp | 89.9 | 01-04 10:00", "hypotension"),
        ("vital", "1 | sbp | 90 | 01-04 10:00", None),
        ("vital", "1 | gcs | 12 | 01-04 10:00", "dysfunction"),
        ("vital", "1 | gcs | 13 | 01-04 10:00", None),
        ("lab", "1 | lactate | 2.1 | mmol/L | 01-04 10:00", "hypoperfusion"),
        ("lab", "1 | lactate | 2 | mmol/L | 01-04 10:00", None),
        ("lab", "1 | platelets | 99 | 10^9/L | 01-04 10:00", "dysfunction"),
        ("lab", "1 | platelets | 100 | 10^9/L | 01-04 10:00", None),
        ("lab", "1 | total_bilirubin | 33 | umol/L | 01-04 10:00", "dysfunction"),
        ("lab", "1 | total_bilirubin | 34.1 | mg/dL | 01-04 10:00", None),
        ("lab", "1 | total_bilirubin | 34.2 | mg/dL | 01-04 10:00", "dysfunction"),
        ("lab", "1 | creatinine | 171 | umol/L | 01-04 10:00", "dysfunction"),
        ("lab", "1 | creatinine | 176.7 | mg/dL | 01-04 10:00", None),
        ("lab", "1 | creatinine | 176.8 | mg/dL | 01-04 10:00", "dysfunction"),
    ],
)
def test_dysfunction_edges(hospital: Hospital, table: str, row: str, sign: str | None) -> None:
    hospital.admit(STAY)
    (vitals if table == "vital" else labs)(hospital, row)
    found = [r[2] for r in hospital.rows("dysfunction_moment")]
    assert found == ([] if sign is None else [sign])


@pytest.mark.parametrize(("later", "found"), [(109, 1), (110, 0)])
def test_a_fall_of_more_than_40_from_the_first(hospital: Hospital, later: int, found: int) -> None:
    hospital.admit(STAY)
    vitals(hospital, f"1 | sbp | 150 | 01-02 10:00\n1 | sbp | {later} | 01-05 10:00")
    assert len(hospital.rows("dysfunction_moment")) == found


@pytest.mark.parametrize(
    ("lactate_at", "expected"),
    [
        ("01-04 10:00", (True, datetime(2020, 1, 4, 10))),
        ("01-04 10:01", (False, None)),
        ("01-02 10:00", (True, datetime(2020, 1, 3, 10))),
        ("01-02 09:59", (False, None)),
    ],
)
def test_sirs_and_dysfunction_within_24_hours(
    hospital: Hospital, lactate_at: str, expected: tuple[Any, ...]
) -> None:
    hospital.admit(STAY)
    infected(hospital)
    vitals(hospital, SIRS + "\n1 | sbp | 120 | 01-03 10:00")
    labs(hospital, f"1 | lactate | 3 | mmol/L | {lactate_at}")
    assert hospital.rows("severe_sepsis") == [(1, *expected)]


def test_severe_sepsis_in_three_values(hospital: Hospital) -> None:
    hospital.admit(STAY)
    assert hospital.met("severe_sepsis") == {1: None}
    vitals(hospital, SIRS)
    assert hospital.met("severe_sepsis") == {1: None}
    not_infected(hospital)
    assert hospital.met("severe_sepsis") == {1: False}
    infected(hospital)
    assert hospital.met("severe_sepsis") == {1: None}
    vitals(hospital, "1 | sbp | 120 | 01-03 10:00")
    assert hospital.met("severe_sepsis") == {1: False}
    vitals(hospital, "1 | sbp | 80 | 01-03 11:00")
    assert hospital.met("severe_sepsis") == {1: True}


def test_no_sirs_is_no_severe_sepsis(hospital: Hospital) -> None:
    hospital.admit(STAY)
    infected(hospital)
    vitals(hospital, CALM + "\n1 | sbp | 80 | 01-02 10:00")
    assert hospital.met("severe_sepsis") == {1: False}


def severe(hospital: Hospital) -> None:
    hospital.admit(STAY)
    infected(hospital)
    vitals(hospital, SIRS + "\n1 | sbp | 85 | 01-03 10:00")
    hospital.draw("admission", "admission_id | weight_kg\n1 | 80")
    hospital.draw(
        "ref.drug_class",
        "drug|codelist|verdict\n1|norepinephrine|include\n1|vasopressor|include\n2|iv_fluid|include",
    )


def give(hospital: Hospital, text: str) -> None:
    header = "admission_id | drug | dose | dose_unit | status | started_at | stopped_at\n"
    hospital.draw("medication", header + text)


@pytest.mark.parametrize(
    ("started", "stopped", "met"),
    [
        ("01-03 12:00", "01-03 14:00", True),
        ("01-04 10:00", "01-04 12:00", True),
        ("01-05 10:00", "01-05 12:00", False),
        ("01-02 01:00", "01-02 10:00", True),
        ("01-02 01:00", "01-02 09:00", False),
    ],
)
def test_shock_by_a_vasopressor_near_sirs(
    hospital: Hospital, started: str, stopped: str, met: bool
) -> None:
    severe(hospital)
    give(hospital, f"1 | 1 | 0.1 | ug/kg/min | given | {started} | {stopped}")
    assert hospital.met("septic_shock") == {1: met}


@pytest.mark.parametrize(
    ("volumes", "met"),
    [
        ([("2400", "01-03 08:00")], True),
        ([("2399", "01-03 08:00")], False),
        ([("1200", "01-02 11:00"), ("1200", "01-03 08:00")], True),
        ([("1200", "01-02 09:00"), ("1200", "01-03 08:00")], False),
        ([("2400", "01-03 11:00")], False),
    ],
)
def test_shock_by_fluids_before_hypotension(
    hospital: Hospital, volumes: list[tuple[str, str]], met: bool
) -> None:
    severe(hospital)
    give(hospital, "\n".join(f"1 | 2 | {ml} | mL | given | {at} | -" for ml, at in volumes))
    assert hospital.met("septic_shock") == {1: met}


@pytest.mark.parametrize(
    ("given", "weight", "met"),
    [
        ("2399 | mL", "80", False),
        ("2399 | mL", "-", None),  # how much per kg nobody knows
        ("2399 | mL", "0", None),
        ("1 | bag", "80", None),
        ("- | mL", "80", None),
        ("2400 | ML ", "80", True),
    ],
)
def test_fluids_of_an_unknown_volume_per_kg_leave_hypotension_open(
    hospital: Hospital, given: str, weight: str, met: bool | None
) -> None:
    severe(hospital)
    hospital.db.execute("DELETE FROM admission")
    hospital.draw("admission", f"admission_id | weight_kg\n1 | {weight}")
    give(hospital, f"1 | 2 | {given} | given | 01-03 08:00 | -")
    assert hospital.met("septic_shock") == {1: met}


def week_of_norepinephrine(hospital: Hospital, *intervals: str) -> None:
    """An infected stay without any sign of dysfunction but a vasopressor, SIRS on day 4."""
    hospital.admit(STAY)
    infected(hospital)
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|norepinephrine|include")
    vitals(hospital, SIRS.replace("01-03", "01-06") + "\n1 | sbp | 120 | 01-06 10:00")
    give(hospital, "\n".join(f"1 | 1 | 0.1 | ug/kg/min | given | {each}" for each in intervals))


@pytest.mark.parametrize(
    ("intervals", "first_at"),
    [
        # begun four days before SIRS and still running then
        (["01-02 00:00 | 01-09 00:00"], "06 10"),
        # in pieces that adjoin, and with a row of no length between
        (["01-02 00:00 | 01-04 00:00", "01-04 00:00 | 01-09 00:00"], "06 10"),
        (["01-02 00:00 | 01-09 00:00", "01-03 00:00 | 01-03 00:00"], "06 10"),
        # ended 24 h before, and a minute more
        (["01-02 00:00 | 01-05 10:00"], "06 10"),
        (["01-02 00:00 | 01-05 09:59"], None),
        # begun 24 h after, and a minute more
        (["01-07 10:00 | 01-09 00:00"], "07 10"),
        (["01-07 10:01 | 01-09 00:00"], None),
        # of two, the one that runs then
        (["01-02 00:00 | 01-09 00:00", "01-02 00:00 | 01-03 00:00"], "06 10"),
    ],
)
def test_a_vasopressor_counts_for_as_long_as_it_runs(
    hospital: Hospital, intervals: list[str], first_at: str | None
) -> None:
    week_of_norepinephrine(hospital, *intervals)
    at = None if first_at is None else datetime.strptime(f"2020 1 {first_at}", "%Y %m %d %H")
    expected = [(1, at is not None, at)]
    assert hospital.rows("severe_sepsis") == expected
    assert hospital.rows("septic_shock") == expected


def test_shock_is_seen_when_sirs_and_vasopressor_both_are(hospital: Hospital) -> None:
    """Severe sepsis by lactate on day 2; the vasopressor of day 6 meets SIRS on day 7."""
    hospital.admit(STAY)
    infected(hospital)
    hospital.draw("ref.drug_class", "drug|codelist|verdict\n1|norepinephrine|include")
    vitals(hospital, SIRS + "\n" + SIRS.replace("01-03", "01-08"))
    labs(hospital, "1 | lactate | 3 | mmol/L | 01-03 10:00")
    give(hospital, "1 | 1 | 0.1 | ug/kg/min | given | 01-07 12:00 | 01-09 00:00")
    assert hospital.rows("severe_sepsis") == [(1, True, datetime(2020, 1, 3, 10))]
    assert hospital.rows("septic_shock") == [(1, True, datetime(2020, 1, 8, 10))]


@pytest.mark.parametrize(
    ("pressure_at", "met"),
    [("01-04 10:00", False), ("01-02 10:00", False), ("01-04 10:01", None), ("01-02 09:59", None)],
)
def test_absence_needs_a_pressure_within_24_hours_of_sirs(
    hospital: Hospital, pressure_at: str, met: bool | None
) -> None:
    hospital.admit(STAY)
    infected(hospital)
    vitals(hospital, SIRS + f"\n1 | sbp | 120 | {pressure_at}")
    assert hospital.met("severe_sepsis") == {1: met}


def test_fluids_that_no_list_knows_leave_hypotension_open(hospital: Hospital) -> None:
    severe(hospital)
    hospital.db.execute("DELETE FROM ref.drug_class WHERE codelist = 'iv_fluid'")
    give(hospital, "1 | 3 | 1 | g | given | 01-03 12:00 | -")
    assert hospital.met("septic_shock") == {1: None}
    hospital.db.execute("UPDATE vital SET value_std = 95 WHERE vital_code = 'sbp'")
    labs(hospital, "1 | lactate | 3 | mmol/L | 01-03 10:00")
    assert hospital.met("septic_shock") == {1: False}


def test_the_proxy_is_named_and_unknown_without_administrations(hospital: Hospital) -> None:
    severe(hospital)
    assert hospital.met("septic_shock") == {1: None}
    give(hospital, "1 | 1 | 0.1 | ug/kg/min | given | 01-03 12:00 | 01-03 14:00")
    assert hospital.rows("septic_shock_proxy") == [(1, "vasopressor", datetime(2020, 1, 3, 12))]
    assert hospital.rows("septic_shock") == [(1, True, datetime(2020, 1, 3, 12))]
    assert hospital.rows("severe_septic_shock") == [(1, True, datetime(2020, 1, 3, 12))]


def sofa_rows(hospital: Hospital, rows: str) -> list[tuple[Any, ...]]:
    """Sepsis-3 over drawn SOFA days (the parts it builds on, except SOFA, made as ever)."""
    severity.prepare(hospital.db, "sepsis3")
    hospital.db.execute(
        "CREATE OR REPLACE TABLE sofa "
        "(admission_id BIGINT, day BIGINT, sofa INTEGER, sofa_lo INTEGER)"
    )
    hospital.draw("sofa", "admission_id | day | sofa | sofa_lo\n" + rows)
    return hospital.db.frame(concept("sepsis3")).rows()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1|1|1|1\n1|2|3|3", (True, datetime(2020, 1, 5, 12))),
        ("1|3|1|1\n1|4|3|3", (True, datetime(2020, 1, 5, 12))),
        ("1|3|1|1\n1|4|2|2", (False, None)),
        ("1|3|1|1\n1|5|4|4", (True, datetime(2020, 1, 6))),
        ("1|3|1|1\n1|6|4|4", (False, None)),
        ("1|4|-|2", (True, datetime(2020, 1, 5, 12))),
        ("1|4|-|1", (None, None)),
        ("1|2|5|5\n1|4|6|6", (True, datetime(2020, 1, 5, 12))),
        ("1|1|5|5\n1|2|6|6\n1|4|6|6", (False, None)),
    ],
)
def test_sepsis3_rise_near_the_infection(
    hospital: Hospital, rows: str, expected: tuple[Any, ...]
) -> None:
    hospital.admit(STAY)
    infected(hospital, "01-05 12:00")
    assert sofa_rows(hospital, rows) == [(1, *expected)]


def test_sepsis3_without_infection(hospital: Hospital) -> None:
    hospital.admit(STAY)
    assert sofa_rows(hospital, "1|1|9|9") == [(1, None, None)]
    not_infected(hospital)
    assert sofa_rows(hospital, "1|1|9|9") == [(1, False, None)]


def test_sepsis3_from_raw_rows(hospital: Hospital) -> None:
    hospital.admit(STAY)
    infected(hospital, "01-02 12:00")
    labs(hospital, "1 | platelets | 40 | 10^9/L | 01-02 13:00")
    assert hospital.rows("sepsis3") == [(1, True, datetime(2020, 1, 2, 12))]


def test_each_proxy_of_septic_shock_begins_with_its_first_moment(hospital: Hospital) -> None:
    """Two runs of a vasopressor within a day of SIRS: the earlier one counts."""
    severe(hospital)
    give(
        hospital,
        """1 | 1 | 0.1 | ug/kg/min | given | 01-04 06:00 | 01-04 08:00
        1 | 1 | 0.1 | ug/kg/min | given | 01-03 12:00 | 01-03 14:00""",
    )
    assert hospital.rows("septic_shock_proxy") == [(1, "vasopressor", datetime(2020, 1, 3, 12))]
    runs = hospital.db.rows("SELECT seen_at FROM sirs_on_vasopressor ORDER BY 1")
    assert runs == [(datetime(2020, 1, 3, 12),), (datetime(2020, 1, 4, 6),)]
