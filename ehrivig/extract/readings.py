"""What the categories and codes of some hospitals are read as, before anything is made of them.

Only distinct values leave the database. Where all of them are words of the contract, a table stays
as it is; where some are not but can be read, a view shows the table with these read. A code
without a vocabulary gets the one in which it exists, where that is clear, and so does a code of no
known vocabulary, or a "local" one, that cannot be mistaken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from ehrivig.codes.dose_units import dose_unit
from ehrivig.codes.lists import CodeLists
from ehrivig.codes.vocabularies import vocabulary_behind
from ehrivig.codes.words import is_missing, read
from ehrivig.database import Database
from ehrivig.literals import literal

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "patient": ("sex",),
    "admission": ("discharge_status",),
    "diagnosis": ("vocabulary", "code"),
    "lab": ("lab_code", "vocabulary", "unit"),
    "vital": ("vital_code", "unit"),
    "medication": ("vocabulary", "drug_code", "drug_name", "route", "status", "dose_unit"),
    "respiratory_support": ("device",),
    "procedure": ("procedure_code",),
    "score": ("score_code",),
    "finding": ("finding_code",),
    "pathogen_test": ("organism_code", "method", "specimen", "result"),
}
"""The columns whose distinct values are read, by table."""
_CODES = {"diagnosis": "code", "lab": "lab_code", "medication": "drug_code"}
_FREE = {"lab.lab_code", "lab.unit", "vital.unit", "diagnosis.code"} | {
    f"medication.{name}" for name in ("drug_code", "drug_name")
}
"""Columns of codes and names: only what stands for nothing is read in them."""
Spelled = Mapping[str, str | None]
Stated = tuple[str, str | None]


@dataclass(frozen=True)
class Reading:
    """How one table is read.

    `values`: its distinct combinations, as read; `columns`: column -> written -> what is read
    instead; `vocabularies`: code and its stated vocabulary (None: none) -> its own.
    """

    table: str
    values: pl.DataFrame
    columns: Mapping[str, Spelled]
    vocabularies: Mapping[Stated, str]

    def apply(self, db: Database) -> None:
        """Let `mapped.<table>` show what is read; as it is where nothing needs reading."""
        shown = [f"{_case(name, spelled)} AS {name}" for name, spelled in self.columns.items()]
        if shown:
            self._replace(db, f"SELECT * REPLACE ({', '.join(shown)}) FROM", "written")
        if self.vocabularies:
            code = _CODES[self.table]
            db.load(f"ref.vocabulary_of_{code}", self._meant("code"))
            self._replace(
                db,
                "SELECT t.* REPLACE (coalesce(v.meant, t.vocabulary) AS vocabulary) FROM",
                "unstated",
                f"AS t LEFT JOIN ref.vocabulary_of_{code} AS v "
                f"ON t.{code} = v.code AND t.vocabulary IS NOT DISTINCT FROM v.vocabulary",
            )

    def _meant(self, code: str) -> pl.DataFrame:
        """One row per code of another vocabulary than it states: `code`, vocabulary, meant."""
        rows = [(one, stated, meant) for (one, stated), meant in self.vocabularies.items()]
        columns = (code, "vocabulary", "meant")
        return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row").sort(
            columns, nulls_last=False
        )

    def behind(self) -> Reading:
        """The same, with the values of the vocabularies that are meant."""
        meant = self._meant(code := _CODES[self.table])
        joined = self.values.join(
            meant, on=[code, "vocabulary"], how="left", nulls_equal=True, maintain_order="left"
        )
        values = joined.with_columns(pl.coalesce("meant", "vocabulary").alias("vocabulary"))
        return replace(self, values=values.drop("meant"))

    def _replace(self, db: Database, head: str, before: str, tail: str = "") -> None:
        db.execute(f"ALTER VIEW mapped.{self.table} RENAME TO {before}_{self.table}")
        db.view(f"mapped.{self.table}", f"{head} mapped.{before}_{self.table} {tail}")


def of(db: Database, lists: CodeLists) -> dict[str, Reading]:
    """Table -> how it is read, from the distinct values of stage `mapped`."""
    return {table: _reading(db, lists, table) for table in COLUMNS}


def _reading(db: Database, lists: CodeLists, table: str) -> Reading:
    names = COLUMNS[table]
    written = db.frame(f"SELECT DISTINCT {', '.join(names)} FROM mapped.{table}")
    columns = {
        name: spelled
        for name in names
        if (spelled := _spelled(lists, f"{table}.{name}", written[name].unique().to_list()))
    }
    values = written.with_columns(
        pl.col(name).replace_strict(spelled, default=pl.col(name), return_dtype=pl.String)
        for name, spelled in columns.items()
    )
    code = _CODES.get(table)
    if code is None:
        return Reading(table, values, columns, {})
    stated = values.select(code, "vocabulary").unique().drop_nulls(code)
    vocabularies = {
        (one, vocabulary): meant
        for one, vocabulary in stated.iter_rows()
        if (meant := vocabulary_behind(lists, table, vocabulary, one)) != vocabulary
        and meant is not None
    }
    reading = Reading(table, values, columns, vocabularies)
    return reading.behind() if vocabularies else reading


def _spelled(lists: CodeLists, column: str, written: Iterable[str | None]) -> dict[str, str | None]:
    """Written -> what is read instead, of the values of a column that are not read as they are."""
    found = {text: _read(lists, column, text) for text in written if text is not None}
    return {text: word for text, word in sorted(found.items()) if word != text}


def _read(lists: CodeLists, column: str, text: str) -> str | None:
    """What one value is read as."""
    if column == "medication.dose_unit":
        return dose_unit(text) or (None if is_missing(lists, text) else text)
    if column in _FREE:
        return None if is_missing(lists, text) else text
    return read(lists, column, text)


def _case(name: str, spelled: Spelled) -> str:
    """SQL of a column with some of its values read otherwise."""
    cases = " ".join(
        f"WHEN {literal(text)} THEN {'NULL' if word is None else literal(word)}"
        for text, word in spelled.items()
    )
    return f"CASE {name} {cases} ELSE {name} END"
