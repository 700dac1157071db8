"""Counts of each hospital for the quality report: completeness, distributions, dose units.

Aggregates only, but for the stays of persons known by a network-wide id, which the network needs to
see transfers; small cells are suppressed where they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig.batch import keys, relative, share
from ehrivig.database import Database
from ehrivig.study.clock import Clock
from ehrivig.validate import charted
from ehrivig.validate.gate_tables import gate_query

QUERIES = {
    "lab_distribution": (
        "SELECT hospital_id, analyte, bin, sum(n)::BIGINT AS n FROM gate.lab_profile "
        "WHERE analyte IS NOT NULL AND bin IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ),
    "lab_unit": (
        "SELECT hospital_id, analyte, unit, sum(n)::BIGINT AS n FROM gate.lab_profile "
        "WHERE analyte IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ),
    "lab_median": (
        "SELECT hospital_id, analyte, n, median, n_stays FROM gate.lab_median "
        "WHERE scope = 'all' ORDER BY ALL"
    ),
    "vital_distribution": (
        "SELECT hospital_id, vital_code, step, sum(n)::BIGINT AS n FROM gate.vital_profile "
        "WHERE step IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ),
    "dose_unit": (
        "SELECT m.hospital_id, m.dose_unit, count(*) AS n, count(m.dose) AS n_dose, "
        "count(m.concentration_g_per_l) AS n_concentration, count(m.strength_g) AS n_strength "
        "FROM main.medication AS m INNER JOIN gate.drug AS d ON m.drug = d.drug "
        "WHERE d.exposure GROUP BY ALL ORDER BY ALL"
    ),
    "unread_exposure": (
        "SELECT hospital_id, count(*) AS n FROM unread_exposure WHERE named "
        "GROUP BY ALL ORDER BY ALL"
    ),
    "exposure_hour": (
        "SELECT hospital_id, hour, count(*) AS n FROM (SELECT hospital_id, admission_id, "
        "hour(started_at)::BIGINT AS hour, count(*) AS doses FROM GIVEN('gate.exposure_row') "
        "WHERE epoch_us(started_at) % 86400000000 <> 0 GROUP BY 1, 2, 3 "
        "QUALIFY row_number() OVER (PARTITION BY hospital_id, admission_id "
        "ORDER BY doses DESC, hour) = 1) AS usual GROUP BY ALL ORDER BY ALL"
    ),
    "course": gate_query("course").text,
    "dose_of_unit": gate_query("dose_of_unit").text,
    "known_number": gate_query("known_number").text,
    "behind": "SELECT * FROM gate.behind ORDER BY ALL",
    "month": "SELECT * FROM gate.month ORDER BY ALL",
    "covered": "SELECT * FROM gate.covered ORDER BY ALL",
    "charted": charted.KEPT,
    "died_of": "SELECT * FROM gate.died_of ORDER BY ALL",
    "clock": "SELECT * FROM gate.clock ORDER BY ALL",
    "covered_by": "SELECT * FROM gate.covered_by ORDER BY ALL",
    "stay_month": (
        "SELECT hospital_id, year(admitted_at) * 12 + month(admitted_at) AS month, count(*) AS n "
        "FROM main.admission WHERE admitted_at IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ),
}
_KNOWN_PERSON = (
    "SELECT a.admission_id, p.person_id, a.admitted_at, a.discharged_at "
    "FROM main.admission AS a INNER JOIN main.patient AS p USING (patient_id) "
    "WHERE p.person_id IS NOT NULL"
)
_OVER_MONTHS = ("month", "stay_month")
_EMPTY: dict[Clock, tuple[str, ...]] = {
    "calendar": (),
    "shifted": _OVER_MONTHS,
    "offsets": (*_OVER_MONTHS, "clock", "exposure_hour"),
}
"""Clock -> the aggregates over calendar time, or the hours of the day, that are then empty."""
OF_PROFILES = ("lab_distribution", "lab_unit", "lab_median", "vital_distribution")
"""The aggregates that follow from the distributions alone."""
_OF_SHARE = {
    "charted": "SELECT * FROM gate.charted ORDER BY ALL",
    "lab_profile": "SELECT * FROM gate.lab_profile ORDER BY ALL",
    "vital_profile": "SELECT * FROM gate.vital_profile ORDER BY ALL",
}


def write(db: Database, hospitals: Sequence[str], folder: Path, clock: Clock) -> None:
    """Write each aggregate of gated hospitals as `<folder>/<name>.parquet`, sorted by hospital.

    What needs more than the `clock` tells is empty.

    Of a share of a hospital the whole distributions too, from which those of the hospital are made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = QUERIES if share.is_whole(db) else QUERIES | _OF_SHARE
    for name, query in wanted.items():
        asked = f"SELECT * FROM ({query}) WHERE FALSE" if name in _EMPTY[clock] else query
        db.frame(asked).write_parquet(folder / f"{name}.parquet")
    known = keys.Restored(db, tuple(hospitals))(db.frame(_KNOWN_PERSON))
    if clock == "offsets":
        known = relative.spans(known)
    known.sort(known.columns).write_parquet(folder / "known_person.parquet")
    completeness(db).write_parquet(folder / "completeness.parquet")


def completeness(db: Database) -> pl.DataFrame:
    """One row per hospital and column: rows of its table, and rows that have a value."""
    found = db.frame('SELECT hospital_id, "table", "column", rows_read, n FROM gate.present')
    found = found.sort("hospital_id", maintain_order=True)
    return found.rename({"rows_read": "n_rows", "n": "n_present"})
