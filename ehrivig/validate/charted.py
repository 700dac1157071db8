"""What of each table stays have: its items (an analyte, a sign, a device), and one value of each.

Counted of about 2,000 stays of a hospital, from the rows that were taken for the counts of what
arrived; of admissions one stay of each patient. `gate.charted_<table>`: one row per counted stay
and item.
"""

from __future__ import annotations

from ehrivig.database import Database
from ehrivig.validate.gate_tables import gate_query

NAME = "quality/charted"
REPEATED = 3
"""Readings of one stay that are rarely all the same."""
VENTILATION = "ventilation"
_NUMBER = (
    "SELECT hospital_id, admission_id, {code} AS item, value + 0.0 AS value "  # no -0.0
    "FROM gate.counted_{table}"
)
_ROWS = {
    "lab": (
        "SELECT c.hospital_id, c.admission_id, m.analyte AS item, c.value + 0.0 AS value "
        "FROM gate.counted_lab AS c INNER JOIN "
        "(SELECT lab_code, min(analyte) AS analyte FROM ref.lab_map GROUP BY lab_code) AS m "
        "USING (lab_code)"
    ),
    "vital": _NUMBER.format(code="vital_code", table="vital"),
    "score": _NUMBER.format(code="score_code", table="score"),
    "respiratory_support": (
        "SELECT * FROM (SELECT hospital_id, admission_id, "
        f"unnest(['device', 'fio2', '{VENTILATION}']) AS item, "
        "unnest([device, (fio2 + 0.0)::VARCHAR, "
        "CASE WHEN device IN ('imv', 'niv', 'ecmo') THEN device END]) AS value "
        "FROM gate.counted_respiratory_support) WHERE value IS NOT NULL"
    ),
}
"""Table -> its rows by item."""
TABLES = tuple(_ROWS)
"""The tables of which nearly every stay has some items."""
OF_DEAD = " of the dead"
_ANSWER = (
    "SELECT hospital_id, admission_id, {item} AS item, {value}::VARCHAR AS value "
    "FROM gate.counted_{table}"
)
_WORDS = (
    "SELECT hospital_id, admission_id, unnest(['result', 'method', 'specimen', 'organism_code']) "
    "AS item, unnest([result, method, specimen, organism_code]) AS value "
    "FROM gate.counted_pathogen_test"
)
_LENGTH = "CASE WHEN {0}::TIME <> '00:00' AND {1}::TIME <> '00:00' THEN epoch({1} - {0}) END"
"""Seconds between two moments that both have a time of day."""
_ALSO = {
    "diagnosis": _ANSWER.format(
        item="'present_on_admission'", value="present_on_admission", table="diagnosis"
    ),
    "icu_stay": _ANSWER.format(
        item="'length of stay'", value=_LENGTH.format("started_at", "stopped_at"), table="icu_stay"
    ),
    "procedure": _ANSWER.format(item="'procedure_code'", value="procedure_code", table="procedure"),
    "finding": (
        "SELECT hospital_id, admission_id, unnest([finding_code, 'present']) AS item, "
        "present::VARCHAR AS value FROM gate.counted_finding"
    ),
    "pathogen_test": _WORDS,
}
"""Tables of which few stays have rows, or rows of all items: what they are of, and their values."""
_ADMISSIONS = (
    "SELECT hospital_id, admission_id, "
    "unnest(['weight_kg', 'height_cm', 'age_years', 'current_smoker', 'discharge_status', "
    "'length of stay']) AS item, unnest([weight_kg::VARCHAR, height_cm::VARCHAR, "
    "floor(age_years)::VARCHAR, current_smoker::VARCHAR, nullif(discharge_status, 'unknown'), "
    f"({_LENGTH.format('admitted_at', 'discharged_at')})::VARCHAR]) AS value "
    "FROM (SELECT a.* FROM main.admission AS a SEMI JOIN "
    "(SELECT admission_id FROM gate.stay WHERE stay_counted) AS s "
    "ON a.admission_id = s.admission_id "
    "QUALIFY row_number() OVER ("
    "PARTITION BY a.patient_id ORDER BY a.admitted_at, a.admission_id) = 1)"
)
_DOSES = (
    "SELECT e.hospital_id, e.admission_id, 'dose of the exposure' AS item, e.dose + 0.0 AS value "
    "FROM GIVEN('gate.exposure_row') AS e SEMI JOIN (SELECT admission_id FROM gate.stay "
    "WHERE stay_counted) AS s ON e.admission_id = s.admission_id"
)
_LATER = {"admission": _ADMISSIONS, "medication": _DOSES}
"""The same of what is there only once all tables are settled."""
VALUED = (*TABLES, *_ALSO, *_LATER)
"""The tables of which the values are asked for."""
_FEW_VALUES = {"respiratory_support": ("device", "fio2"), "vital": ("gcs",)}
"""Table -> items of few values, which those who die have others of."""
_SUMS = """
    SELECT hospital_id, '{table}' AS "table", item, 'with' AS what, NULL AS value, count(*) AS n
    FROM gate.charted_{table} GROUP BY ALL
    UNION ALL
    SELECT hospital_id, '{table}', item, 'repeated', NULL, count(*)
    FROM gate.charted_{table} WHERE n >= {repeated} GROUP BY ALL
    UNION ALL
    SELECT hospital_id, '{table}', item, 'one', lo::VARCHAR, count(*)
    FROM gate.charted_{table} WHERE lo = hi GROUP BY ALL
    UNION ALL
    SELECT hospital_id, '{table}', item, 'repeated one', lo::VARCHAR, count(*)
    FROM gate.charted_{table} WHERE lo = hi AND n >= {repeated} GROUP BY ALL
"""
_ENDS = """
    UNION ALL
    SELECT hospital_id, '{table}', item, 'least', lo::VARCHAR, count(*) FROM gate.charted_{table}
    GROUP BY hospital_id, item, lo QUALIFY lo = min(lo) OVER (PARTITION BY hospital_id, item)
    UNION ALL
    SELECT hospital_id, '{table}', item, 'greatest', hi::VARCHAR, count(*) FROM gate.charted_{table}
    GROUP BY hospital_id, item, hi QUALIFY hi = max(hi) OVER (PARTITION BY hospital_id, item)
"""
_NUMBERS = ("lab", "vital", "score")
"""Tables whose values are numbers: of words no end is asked."""
KEPT = """
    SELECT * FROM gate.charted
    WINDOW of_item AS (
        PARTITION BY hospital_id, "table", item, what ORDER BY TRY_CAST(value AS DOUBLE), value
    )
    QUALIFY CASE
        WHEN what = 'least' THEN row_number() OVER of_item = 1
        WHEN what = 'greatest' THEN lead(n) OVER of_item IS NULL
        ELSE value IS NULL OR n >= 3
    END
    ORDER BY ALL
"""
"""Of the values those of several stays, the least and the greatest."""


def take(db: Database, table: str) -> None:
    """Table `gate.charted_<table>`, of `gate.counted_<table>`: how often, lowest, highest value."""
    rows = _ROWS.get(table) or _ALSO.get(table)
    if rows:
        _take(db, table, rows, "item IS NOT NULL" if table in _ROWS else _KNOWN)


_KNOWN = "item IS NOT NULL AND value IS NOT NULL"


def _take(db: Database, table: str, rows: str, which: str) -> None:
    db.table(
        f"gate.charted_{table}",
        "SELECT hospital_id, admission_id, item, count(*) AS n, min(value) AS lo, "
        f"max(value) AS hi FROM ({rows}) WHERE {which} GROUP BY ALL",
    )


def _add_the_dead(db: Database) -> None:
    """Add the items of few values anew, of the stays that ended by death."""
    for table, names in _FEW_VALUES.items():
        items = ", ".join(f"'{name}'" for name in names)
        db.execute(
            f"INSERT INTO gate.charted_{table} SELECT c.* REPLACE (c.item || '{OF_DEAD}' AS item) "
            f"FROM gate.charted_{table} AS c SEMI JOIN (SELECT admission_id FROM gate.stratum "
            "WHERE stratum = 'end' AND part = 'died') AS d ON c.admission_id = d.admission_id "
            f"WHERE c.item IN ({items})"
        )


def count(db: Database) -> None:
    """Table `gate.charted`: hospital, table, item, what, value, n counted stays.

    what: 'stays', all of the hospital; 'with' the item; 'repeated', with several readings; 'one'
    and 'repeated one', those of which all readings are one value; 'least', 'greatest', those with
    the least and the greatest value. Table `gate.died_of`. Lets go of what `take` made. Needs
    `gate.stratum`.
    """
    for table, rows in _LATER.items():
        _take(db, table, rows, _KNOWN)
    _add_the_dead(db)
    sums = (
        (_SUMS + _ENDS * (table in _NUMBERS)).format(table=table, repeated=REPEATED)
        for table in VALUED
    )
    stays = (
        "SELECT t.hospital_id, '' AS \"table\", '' AS item, 'stays' AS what, NULL AS value, "
        "count(*) AS n FROM main.admission AS a INNER JOIN gate.stay AS s "
        "ON a.admission_id = s.admission_id AND s.stay_counted "
        "INNER JOIN gate.setting AS t ON a.hospital_id = t.hospital_id GROUP BY t.hospital_id"
    )
    db.table("gate.charted", " UNION ALL ".join([stays, *sums]))
    db.table("gate.died_of", gate_query("died_of"))
    for table in VALUED:
        db.execute(f"DROP TABLE gate.charted_{table}")
