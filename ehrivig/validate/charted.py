"""What of each table stays have: its items (an analyte, a sign, a device), and one value of each.

Counted of about 2,000 stays of a hospital, from the rows that were taken for the counts of what
arrived. `gate.charted_<table>`: one row per counted stay and item.
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
    UNION ALL
    SELECT hospital_id, '{table}', item, 'least', lo::VARCHAR, count(*) FROM gate.charted_{table}
    GROUP BY hospital_id, item, lo QUALIFY lo = min(lo) OVER (PARTITION BY hospital_id, item)
    UNION ALL
    SELECT hospital_id, '{table}', item, 'greatest', hi::VARCHAR, count(*) FROM gate.charted_{table}
    GROUP BY hospital_id, item, hi QUALIFY hi = max(hi) OVER (PARTITION BY hospital_id, item)
"""
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
    if table in TABLES:
        db.table(
            f"gate.charted_{table}",
            "SELECT hospital_id, admission_id, item, count(*) AS n, min(value) AS lo, "
            f"max(value) AS hi FROM ({_ROWS[table]}) WHERE item IS NOT NULL GROUP BY ALL",
        )


def count(db: Database) -> None:
    """Table `gate.charted`: hospital, table, item, what, value, n counted stays.

    what: 'stays', all of the hospital; 'with' the item; 'repeated', with several readings; 'one'
    and 'repeated one', those of which all readings are one value; 'least', 'greatest', those with
    the least and the greatest value. Table `gate.died_of`. Lets go of what `take` made. Needs
    `gate.stratum`.
    """
    sums = (_SUMS.format(table=table, repeated=REPEATED) for table in TABLES)
    stays = (
        "SELECT t.hospital_id, '' AS \"table\", '' AS item, 'stays' AS what, NULL AS value, "
        "count(*) AS n FROM main.admission AS a INNER JOIN gate.stay AS s "
        "ON a.admission_id = s.admission_id AND s.stay_counted "
        "INNER JOIN gate.setting AS t ON a.hospital_id = t.hospital_id GROUP BY t.hospital_id"
    )
    db.table("gate.charted", " UNION ALL ".join([stays, *sums]))
    db.table("gate.died_of", gate_query("died_of"))
    for table in TABLES:
        db.execute(f"DROP TABLE gate.charted_{table}")
