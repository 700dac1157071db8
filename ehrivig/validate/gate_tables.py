"""Schema `gate`: every table as read, with what its checks need beside each row.

`gate.<table>` is `resolved.<table>` plus columns (limits, product, flags, stay) from `sql/gate/`;
patients and admissions are small and kept as tables, events are views. The order matters: the
events of a table are judged against the admissions that the gate kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from ehrivig import resources
from ehrivig.batch import keys, share
from ehrivig.batch.alike import Unalike, grouped
from ehrivig.database import Database, Query
from ehrivig.errors import EhrivigError
from ehrivig.literals import Parameters
from ehrivig.study import Study
from ehrivig.validate import copies, drugs, local_time

_COUNTED_STAYS = 2_000  # enough to see that half of something is missing
_SAMPLED_STAYS = 20_000  # a share or a distribution does not need every row
_FEW = 4  # one in so many stays: to read their rows apart costs less than to ask all rows
_EVENT_TABLES_BY_STAY = (
    "icu_stay",
    "diagnosis",
    "respiratory_support",
    "procedure",
    "score",
    "finding",
    "pathogen_test",
)
_EXPOSED = "exposure_row"
_COMPARISON = (
    ("medication_read", "TABLE"),
    ("medication_repeated", "TABLE"),
    ("medication_listed", "VIEW"),
    (_EXPOSED, "TABLE"),
    ("medication_timed", "VIEW"),
    ("medication_close", "TABLE"),
    ("medication_near", "TABLE"),
    ("medication_exposed", "TABLE"),
    ("medication_once", "VIEW"),
    ("medication_returned", "VIEW"),
    ("medication_heavy_day", "VIEW"),
    ("medication_unsaid", "VIEW"),
    ("medication_twice", "VIEW"),
)
"""What administrations are compared by, in order; a view is asked but once or twice. Of the rows of
the exposure checks of the table ask too."""
_LAST_MOMENT = datetime(9999, 12, 31)
_SETTING = {
    "hospital_id": pl.String,
    "timezone_known": pl.Boolean,
    "utc_offset_hours": pl.Int64,
    "sample_stride": pl.Int64,
    "count_stride": pl.Int64,
}
_CLOCK_TEXT = {"text": pl.String}


def gate_query(name: str) -> Query:
    """The query `sql/gate/<name>.sql`."""
    return Query.load(resources.sql_folder() / "gate" / f"{name}.sql")


_UNREAD = "prepared.words_unread"
_NOTHING_UNREAD = (
    "SELECT NULL::VARCHAR AS hospital_id, NULL::VARCHAR AS about, 0 AS violated, 0 AS denominator "
    "WHERE FALSE"
)
"""What a layout leaves out because nobody reads it: nothing, where it does not count it."""


def begin(db: Database, study: Study, hospitals: Sequence[str]) -> Parameters:
    """Open schema `gate`; the values of the `$names` that suites and queries may use.

    Table `gate.setting`: one row per hospital. Raises Unalike for hospitals in several time zones.
    """
    db.execute("CREATE SCHEMA IF NOT EXISTS gate")
    if not db.exists(_UNREAD):
        db.execute("CREATE SCHEMA IF NOT EXISTS prepared")
        db.table(_UNREAD, _NOTHING_UNREAD)
    zones = local_time.zones_of(db, study, hospitals)
    groups = grouped(zones)
    if len(groups) > 1:
        raise Unalike(groups)
    zone = zones[hospitals[0]]
    admissions = _admissions(db)
    setting = [
        {
            "hospital_id": name,
            "timezone_known": zone is not None,
            "utc_offset_hours": local_time.offset_hours(zone, study),
            "sample_stride": max(1, admissions.get(name, 0) // _SAMPLED_STAYS),
            "count_stride": max(1, admissions.get(name, 0) // _COUNTED_STAYS),
        }
        for name in hospitals
    ]
    db.load("gate.setting", pl.DataFrame(setting, schema=_SETTING))
    db.load(
        "gate.clock_change_text",
        pl.DataFrame({"text": local_time.clock_changes(zone)}, _CLOCK_TEXT),
    )
    db.table(
        "gate.clock_change", "SELECT text::TIMESTAMP AS clock_hour FROM gate.clock_change_text"
    )
    return {
        "extract_end": _extract_end(study),
        "codelist": study.exposure.codelist,
        "utc_midnight_us": local_time.utc_midnight_us(local_time.offset_hours(zone, study)),
    }


def prepare(db: Database, table: str, study: Study) -> None:
    """Create `gate.<table>` and what it is made of."""
    if table == "hospital":
        db.table(
            "gate.hospital",
            "SELECT *, row_number() OVER (PARTITION BY hospital_id "
            "ORDER BY hospital_name, timezone, country) AS copy_number FROM resolved.hospital",
        )
    elif table in ("patient", "admission"):
        db.table(f"gate.{table}", gate_query(table))
    elif table in _EVENT_TABLES_BY_STAY:
        db.view(f"gate.{table}", _with_stay(copies.marked(db, table)))
    else:
        if table == "medication":
            compare_medication(db, study)
        db.view(f"gate.{table}", gate_query(table))
        if table == "medication" and _has_copies(db):
            db.execute("ALTER VIEW gate.medication RENAME TO medication_copied")
            db.view("gate.medication", gate_query("medication_copies"))
        _profile(db, table, study)


def _with_stay(rows: str) -> str:
    """SELECT of the rows of an event table with their stay."""
    return (
        f"SELECT r.*, s.* EXCLUDE (admission_id) FROM ({rows}) AS r "
        "LEFT JOIN gate.stay AS s ON r.admission_id = s.admission_id"
    )


def compare_medication(db: Database, study: Study) -> None:
    """Table `gate.drug`, of products; table `gate.medication_flag`, of rows beside other rows."""
    drugs.load(db)
    wanted = study.exposure
    asked = {"codelist": wanted.codelist, "routes": list(wanted.routes), "typed": _typed(study)}
    db.table("gate.drug", gate_query("drug"), asked)
    share.repeated_medication(db, "gate.repeated_elsewhere")
    for name, kind in _COMPARISON:
        make_one = db.table if kind == "TABLE" else db.view
        make_one(f"gate.{name}", gate_query(name))
    db.table("gate.medication_flag", gate_query("medication_flag"))
    for name, kind in (one for one in reversed(_COMPARISON) if one[0] != _EXPOSED):
        db.execute(f"DROP {kind} gate.{name}")


def _typed(study: Study) -> bool:
    """Whether the code list of the exposure states product types."""
    rows = study.lists.drug_rows(study.exposure.codelist)
    return any(row.get("product_type") for row in rows)


def _has_copies(db: Database) -> bool:
    """Whether some administration is an exact copy of another."""
    return bool(db.rows("SELECT 1 FROM gate.medication_flag WHERE copied LIMIT 1"))


def _profile(db: Database, table: str, study: Study) -> None:
    """The distributions of laboratory results and vital signs."""
    if table == "lab":
        dated = {"calendar": study.clock == "calendar"}
        db.table("gate.lab_profile", gate_query("lab_profile"), dated)
        db.table("gate.lab_median", gate_query("lab_median"))
    if table == "vital":
        db.table("gate.vital_profile", gate_query("vital_profile"))


def stays(db: Database) -> None:
    """Table `gate.stay`, once the admissions are judged."""
    own = share.of_own(db, "gate.admission_judged")
    source_id = f"{keys.SOURCE}admission_id" if keys.are_numbered(db) else "admission_id"
    db.view("gate.stay_row", f"SELECT *, {source_id} AS sampled_by FROM ({own})")
    db.table("gate.stay", gate_query("stay"))


def sampled_rows(db: Database) -> str:
    """The condition of the rows of sampled stays, where these are few; else empty."""
    (stride,) = db.rows("SELECT min(sample_stride) FROM gate.setting")[0]
    return "stay_sampled OR stay_counted" if stride >= _FEW else ""


def release(db: Database) -> None:
    """Let go of the tables of patients and admissions with what only their checks ask for."""
    for table in ("patient", "admission"):
        db.execute(f"DROP VIEW gate.{table}_judged")
        db.execute(f"DROP TABLE gate.{table}")


def count(db: Database, table: str) -> int:
    """Rows of a table as read."""
    return int(db.rows(f"SELECT count(*) FROM {as_read(db, table)}")[0][0])


def as_read(db: Database, table: str) -> str:
    """The relation with the rows of a table as read and the fewest joins."""
    schema = "mapped" if db.exists(f"mapped.{table}") else "resolved"
    return f"{schema}.{table}"


def _admissions(db: Database) -> dict[str, int]:
    """Hospital -> its rows of admissions as read."""
    read = as_read(db, "admission")
    return dict(db.rows(f"SELECT hospital_id, count(*) FROM {read} GROUP BY hospital_id"))


def _extract_end(study: Study) -> datetime:
    """The first moment after the extract date."""
    last = study.extract.extract_date
    if last is None:
        return _LAST_MOMENT
    return datetime(last.year, last.month, last.day) + timedelta(days=1)


def assert_no_row_added(db: Database, table: str, rows: int) -> None:
    """The joins of the gate must neither lose nor repeat a row."""
    read = count(db, table)
    if read != rows:
        raise EhrivigError(
            f"gate: {table}: {read} rows read, {rows} gated. An internal table of the gate "
            "repeats a key; please report it."
        )
