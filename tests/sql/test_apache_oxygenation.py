"""Oxygenation of APACHE II: which gases of the first day count, and as what."""

from __future__ import annotations

from drawn import Hospital

from ehrivig.concepts import concept, severity


def test_gases_of_the_first_day_with_an_fio2(hospital: Hospital) -> None:
    hospital.admit("admission_id | admitted_at | discharged_at\n1 | 01-02 00:00 | 01-06 00:00")
    hospital.draw(
        "vital",
        """admission_id | vital_code | value_std | measured_at
        1 | fio2 | 0.5 | 01-02 10:00
        1 | fio2 | 0.4 | 01-02 15:00
        1 | fio2 | 0.5 | 01-02 23:00""",
    )
    # 0.5 x 713 = 356.5; at 10:00 the lower of two PaCO2; at 12:00 none; at 20:00 no FiO2 of 4 h
    hospital.draw(
        "lab",
        """admission_id | analyte | value_std | collected_at
        1 | pao2  | 80 | 01-02 10:00
        1 | paco2 | 48 | 01-02 10:00
        1 | paco2 | 40 | 01-02 10:00
        1 | pao2  | 70 | 01-02 12:00
        1 | paco2 | 40 | 01-02 12:01
        1 | pao2  | 60 | 01-02 15:00
        1 | pao2  | 50 | 01-02 20:00
        1 | pao2  | 90 | 01-02 23:59
        1 | paco2 | 32 | 01-02 23:59
        1 | pao2  | 55 | 01-03 00:00
        1 | paco2 | 32 | 01-03 00:00""",
    )
    severity.prepare(hospital.db, "apache_oxygenation", anchor="candidate.admitted_at", days=None)
    found = hospital.db.frame(concept("apache_oxygenation")).sort("variable", "value")
    assert found.rows() == [
        (1, "aado2", None),
        (1, "aado2", 226.5),
        (1, "aado2", 226.5),
        (1, "pao2", 60.0),
    ]
