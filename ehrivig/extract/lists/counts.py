"""The distinct codes of an extract, and how many rows and people have some of them.

Counts of all hospitals together, before the data gate; what fewer than five people have is shown
without its counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ehrivig.codes import Descendants
from ehrivig.codes.drugs import ancestors
from ehrivig.codes.kinds import DRUGS
from ehrivig.database import Database

SMALLEST = 5
COMMONEST = 10
TABLES = {
    DRUGS: ("medication", ("vocabulary", "drug_code", "drug_name", "route")),
    "conditions": ("diagnosis", ("vocabulary", "code")),
    "indications": ("diagnosis", ("vocabulary", "code")),
    "labs": ("lab", ("vocabulary", "lab_code", "unit")),
    "vitals": ("vital", ("vital_code", "unit")),
    "device": ("respiratory_support", ("device",)),
    "procedure": ("procedure", ("procedure_code",)),
    "finding": ("finding", ("finding_code",)),
    "pathogen": ("pathogen_test", ("organism_code",)),
}
"""Kind of codes -> the table that has them, and its columns that make one distinct code."""


@dataclass(frozen=True)
class Count:
    """How many rows and people have something; null: fewer than five people, but some."""

    rows: int | None
    people: int | None


NOTHING = Count(0, 0)


@dataclass(frozen=True)
class LineCount:
    """One line of a list: its number, its text, what it finds (null: nothing that is counted)."""

    number: int
    text: str
    count: Count | None


@dataclass(frozen=True)
class Remark:
    """Something in the extract, in words, with how often it is there."""

    text: str
    count: Count


@dataclass(frozen=True)
class ListReport:
    """One file: its lines, what its lines disagree about, and common names near it, not found.

    `by_name`: rows of the name that a line is of are counted, by whichever code they came.
    """

    path: str
    overrides: int
    lines: tuple[LineCount, ...]
    ambiguous: tuple[Remark, ...]
    near: tuple[Remark, ...]
    by_name: bool = False


class Counted:
    """The distinct codes of each table, with the people that have each."""

    def __init__(self, db: Database, below: Descendants) -> None:
        self.db = db
        self.below = below
        self.above = ancestors(below)
        self._distinct: dict[str, pl.DataFrame] = {}

    def distinct(self, kind: str) -> pl.DataFrame:
        """The distinct codes of a kind's table, numbered; their rows by number are `coded`."""
        table, columns = TABLES[kind]
        if kind not in self._distinct:
            listed = ", ".join(columns)
            self.db.table(
                f"distinct_{table}",
                f"SELECT row_number() OVER (ORDER BY {listed}) AS number, {listed} "
                f"FROM (SELECT DISTINCT {listed} FROM mapped.{table})",
            )
            same = " AND ".join(f"m.{name} IS NOT DISTINCT FROM d.{name}" for name in columns)
            self.db.table(
                f"coded_{table}",
                "SELECT d.number, a.hospital_id, a.patient_id, count(*) AS n_rows "
                f"FROM mapped.{table} AS m INNER JOIN distinct_{table} AS d ON {same} "
                "INNER JOIN (SELECT DISTINCT hospital_id, admission_id, patient_id "
                "FROM mapped.admission) AS a "
                "ON m.hospital_id = a.hospital_id AND m.admission_id = a.admission_id "
                "GROUP BY ALL",
            )
            self._distinct[kind] = self.db.frame(f"SELECT * FROM distinct_{table} ORDER BY number")
        return self._distinct[kind]

    def counts(self, kind: str, groups: dict[int, list[int]]) -> dict[int, Count]:
        """Group -> rows and people of the codes in it."""
        pairs = [(group, number) for group, numbers in groups.items() for number in numbers]
        schema = {"grouped": pl.Int64, "number": pl.Int64}
        self.db.load("code_group", pl.DataFrame(pairs, schema=schema, orient="row"))
        rows = self.db.rows(
            "SELECT grouped, sum(n_rows)::BIGINT, count(DISTINCT (hospital_id, patient_id)) "
            f"FROM coded_{TABLES[kind][0]} INNER JOIN code_group USING (number) GROUP BY 1"
        )
        return {int(group): shown(int(n), int(people)) for group, n, people in rows}

    def remarks(self, kind: str, said: dict[int, str]) -> list[Remark]:
        """The commonest of some codes, by number, those of fewer than five people left out."""
        texts = list(dict.fromkeys(said.values()))
        groups: dict[int, list[int]] = {n: [] for n in range(len(texts))}
        for number, text in said.items():
            groups[texts.index(text)].append(number)
        counts = self.counts(kind, groups)
        kept = [Remark(texts[n], count) for n, count in counts.items() if count.people is not None]
        kept.sort(key=lambda one: (-(one.count.people or 0), one.text))
        return kept[:COMMONEST]


def shown(rows: int, people: int) -> Count:
    """Counts, hidden where fewer than five people have it."""
    return Count(rows, people) if people >= SMALLEST else Count(None, None)
