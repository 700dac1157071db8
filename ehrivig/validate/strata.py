"""Whether a table has rows of some people and none of others: of one sex, age, end, arm or month.

A table that came in part by who people are keeps its size and its months; what is gone shows only
beside the others of the same hospital. Every part of a stratum (`sql/gate/stratum.sql`) is held
against the rest: where most of the rest have rows of a table and next to none of the part have,
its rows are missing; of the sexes also where few have. That fewer of a part have rows (an intensive
care unit takes in more of those who die) is no fault. Counted of about 2,000 stays of a hospital.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from ehrivig.contract import EVENT_TABLES
from ehrivig.database import Database
from ehrivig.disclosure import shown
from ehrivig.validate import arrived
from ehrivig.validate.gate_tables import gate_query
from ehrivig.validate.network import Network

LEAST_STAYS = 20
"""Fewer stays of a part, or of the rest, say nothing of it."""
_MOST, _HARDLY_ANY = 0.5, 0.25
_HEALTHIER = ("discharged", "not given")
"""The parts of which nobody need have rows: intensive care charts who dies, and who is treated."""
CHECKED = tuple(table.name for table in EVENT_TABLES)
NAME = "quality/covered_by"
_SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "stratum": pl.String,
    "part": pl.String,
    "n_stays": pl.Int64,
    "n_covered": pl.Int64,
}
Counts = Iterator[tuple[str, int, int]]


def count(db: Database) -> None:
    """Table `gate.covered_by`: stays of each part of each stratum, and those with rows of a table.

    Needs `gate.came_<table>` of every table of events; lets go of them.
    """
    db.load("gate.covered_by_sampled", pl.DataFrame(schema=_SCHEMA))
    db.table("gate.stratum", gate_query("stratum"))
    for name in CHECKED:
        db.execute(
            f"INSERT INTO gate.covered_by_sampled SELECT t.hospital_id, '{name}', t.stratum, "
            "t.part, count(*), count(c.admission_id) FROM gate.stratum AS t LEFT JOIN "
            f"(SELECT DISTINCT admission_id FROM gate.came_{name}) AS c "
            "ON t.admission_id = c.admission_id GROUP BY ALL"
        )
        db.execute(f"DROP TABLE gate.came_{name}")
    db.table(
        "gate.covered_by",
        "SELECT m.* REPLACE (m.n_stays * s.count_stride AS n_stays, "
        "m.n_covered * s.count_stride AS n_covered) "
        "FROM gate.covered_by_sampled AS m INNER JOIN gate.setting AS s USING (hospital_id)",
    )


@dataclass(frozen=True)
class Part:
    """Stays of one part of a stratum beside the rest of it, and those with rows of a table."""

    hospital_id: str
    table: str
    stratum: str
    value: str
    stays: int
    covered: int
    rest: int
    rest_covered: int

    @property
    def missing(self) -> int:
        """Stays without rows that would have some, were the part as the rest; else 0."""
        enough = min(self.stays, self.rest) >= LEAST_STAYS
        share = self.rest_covered / self.rest if self.rest else 0.0
        few = self.covered < _HARDLY_ANY * share * self.stays
        usual = share >= _MOST or (self.stratum == "sex" and share * self.stays >= LEAST_STAYS)
        return round(share * self.stays) - self.covered if enough and usual and few else 0

    def told(self, smallest: int) -> str:
        """What is missing of whom."""
        return (
            f"Hospital {self.hospital_id}, {self.table}: of the stays with {self.stratum} "
            f"{self.value} {shown(self.covered, smallest)} of {self.stays:,} have rows, of the "
            f"others {self.rest_covered / self.rest:.0%}."
        )


def parts(frame: pl.DataFrame, table: str) -> Iterable[Part]:
    """Every part of every stratum of a table, by hospital."""
    mine = frame.filter(pl.col("table") == table).sort("hospital_id", "stratum", "part")
    of_stratum = ["hospital_id", "stratum"]
    totals = mine.with_columns(
        pl.col("n_stays", "n_covered").sum().over(of_stratum).name.suffix("_all"),
        # what begins or ends with a month is asked elsewhere
        first=pl.col("part").filter(pl.col("n_covered") > 0).min().over(of_stratum),
        last=pl.col("part").filter(pl.col("n_covered") > 0).max().over(of_stratum),
    )
    inside = (pl.col("part") > pl.col("first")) & (pl.col("part") < pl.col("last"))
    wanted = (pl.col("stratum") != "month") | (inside & (table in arrived.ALWAYS))
    for row in totals.filter(wanted & ~pl.col("part").is_in(_HEALTHIER)).iter_rows(named=True):
        yield Part(
            row["hospital_id"],
            table,
            row["stratum"],
            row["part"],
            row["n_stays"],
            row["n_covered"],
            row["n_stays_all"] - row["n_stays"],
            row["n_covered_all"] - row["n_covered"],
        )


def of_everybody(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays of the part that lacks most, per hospital with any row."""

    def measure(network: Network) -> Counts:
        worst: dict[str, tuple[int, int]] = {}
        for part in parts(network.table(NAME), table):
            of = part.stays + part.rest
            if part.covered + part.rest_covered:
                counts = part.missing, of
                worst[part.hospital_id] = max(worst.get(part.hospital_id, (0, of)), counts)
        for hospital, (missing, of) in sorted(worst.items()):
            yield hospital, missing, of

    return measure


def told(table: str) -> Callable[[Network], str]:
    """Whose rows are missing, in words."""

    def tell(network: Network) -> str:
        smallest = network.study.report.smallest_cell
        found = [part for part in parts(network.table(NAME), table) if part.missing]
        return " ".join(part.told(smallest) for part in found[:3])

    return tell
