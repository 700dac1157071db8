"""Several hospitals in one set of tables, under ids that are unique among them.

Ids mean something inside a hospital only. Where hospitals are worked on together, each id is
replaced by a whole number: in the order of the hospitals and, inside one, of the ids, so that
nothing that sorts by an id changes. The tables are read once and kept; the id as it was stays
beside the number (`source_admission_id`), and `restored` puts it back. Whatever joins rows by an
admission, a patient or an administration can thus never take those of another hospital.
"""

from __future__ import annotations

import polars as pl

from ehrivig import contract
from ehrivig.database import Database

KEYS = ("admission_id", "patient_id", "medication_id")
SOURCE = "source_"
"""What the name of the column begins with that has an id as the hospital writes it."""


def keep(db: Database, hospitals: tuple[str, ...]) -> None:
    """Read the tables of stage `mapped` once, and keep them; ids are unique among the hospitals.

    The ids of a single hospital stay as they are.
    """
    db.execute("CREATE SCHEMA IF NOT EXISTS kept")
    for table in contract.TABLES:
        db.table(f"kept.{table.name}", f"SELECT * FROM mapped.{table.name}")
    if len(hospitals) > 1:
        for key in KEYS:
            db.table(f"kept.{key}", _numbers(key))
        for table in contract.TABLES:
            own = [key for key in KEYS if key in table.names]
            if own:
                db.table(f"kept.{table.name}", _numbered(table.name, own))
    for table in contract.TABLES:
        db.view(f"mapped.{table.name}", f"SELECT * FROM kept.{table.name}")


def _numbers(key: str) -> str:
    """SELECT of a number for every id: hospital_id, source_id, id."""
    tables = [table.name for table in contract.TABLES if key in table.names]
    rows = " UNION ".join(f"SELECT DISTINCT hospital_id, {key} FROM kept.{name}" for name in tables)
    return (
        f"SELECT hospital_id, {key} AS source_id, "
        f"row_number() OVER (ORDER BY hospital_id, {key}) AS id "
        f"FROM ({rows}) WHERE {key} IS NOT NULL"
    )


def _numbered(table: str, own: list[str]) -> str:
    """SELECT of the rows of a table with the numbers of its ids, and the ids themselves."""
    numbers = ", ".join(f"{key}.id AS {key}" for key in own)
    sources = ", ".join(f"t.{key} AS {SOURCE}{key}" for key in own)
    joins = " ".join(
        f"LEFT JOIN kept.{key} AS {key} "
        f"ON t.hospital_id = {key}.hospital_id AND t.{key} = {key}.source_id"
        for key in own
    )
    return f"SELECT t.* REPLACE ({numbers}), {sources} FROM kept.{table} AS t {joins}"


def are_numbered(db: Database) -> bool:
    """Whether ids are numbers that are unique among several hospitals."""
    return db.exists("kept.admission_id")


def as_read(db: Database, table: str) -> list[str]:
    """The columns of a table of the contract, as SQL that gives ids as the hospital writes them."""
    names = contract.BY_NAME[table].names
    if not are_numbered(db):
        return [f'"{name}"' for name in names]
    return [f'{SOURCE}{name} AS "{name}"' if name in KEYS else f'"{name}"' for name in names]


class Restored:
    """Puts ids as hospitals write them, and the hospital, into the tables of one database."""

    def __init__(self, db: Database, hospitals: tuple[str, ...]) -> None:
        self._hospital = hospitals[0]
        self._known: dict[str, pl.DataFrame] = {}
        if are_numbered(db):
            for key in ("admission_id", "patient_id"):
                source = f"{SOURCE}{key}"
                self._known[key] = db.frame(
                    f"SELECT DISTINCT {key} AS id, hospital_id, {source} AS source_id "
                    f"FROM mapped.admission WHERE {key} IS NOT NULL"
                )

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A table with `admission_id`: hospital_id in front, ids as they were."""
        names = ["hospital_id", *(name for name in frame.columns if name != "hospital_id")]
        if not self._known:
            return frame.with_columns(pl.lit(self._hospital).alias("hospital_id")).select(names)
        hospital = self._known["admission_id"].select(
            pl.col("id").alias("admission_id"), pl.col("hospital_id").alias("_hospital")
        )
        frame = frame.join(hospital, on="admission_id", how="left", maintain_order="left")
        frame = frame.with_columns(pl.col("_hospital").alias("hospital_id"))
        for key in (key for key in self._known if key in frame.columns):
            given = self._known[key].select(pl.col("id").alias(key), "source_id")
            frame = frame.join(given, on=key, how="left", maintain_order="left")
            frame = frame.with_columns(pl.col("source_id").alias(key)).drop("source_id")
        return frame.select(names)
