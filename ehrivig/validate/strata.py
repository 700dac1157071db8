"""Whether a table has rows of some people and none of others: of one sex, age, end, arm or month.

Asked of each table, of the doses of the exposure, and of each item of a table (a sign, an analyte).

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
from ehrivig.validate.chance import at_most
from ehrivig.validate.gate_tables import gate_query
from ehrivig.validate.measurement import ALL
from ehrivig.validate.network import Network

LEAST_STAYS = 20
"""Fewer stays of a part, or of the rest, say nothing of it."""
_MOST, _HARDLY_ANY = 0.5, 0.25
_BY_CHANCE = 1e-4
"""The probability of so few that is none of chance: many items of many hospitals are asked."""
_ONE, _BOTH, _MOST_OTHERS = 0.95, 0.8, 0.75
_OF_ALL = 100
"""Stays of all hospitals of which both sexes are expected."""
_HEALTHIER = ("discharged", "not given")
"""The parts of which nobody need have rows: intensive care charts who dies, and who is treated."""
BY_ITEM = ("lab", "vital", "score")
"""The tables of which each item is asked for."""
EXPOSURE = "the exposure"
_OF_EXPOSURE = ("sex", "month")
"""Strata by which nobody decides whom to treat."""
CHECKED = tuple(table.name for table in EVENT_TABLES)
NAME = "quality/covered_by"
_SCHEMA = {
    "hospital_id": pl.String,
    "table": pl.String,
    "item": pl.String,
    "stratum": pl.String,
    "part": pl.String,
    "n_stays": pl.Int64,
    "n_covered": pl.Int64,
}
Counts = Iterator[tuple[str, int, int]]


def count(db: Database, *, months: bool = True) -> None:
    """Table `gate.covered_by`: stays of each part of each stratum, and those with rows of a table.

    `months`: whether there are any, by a calendar.

    Of an item (else ''): those with some; n_stays is then 0, and that of the table counts. Needs
    `gate.came_<table>` of every table of events; lets go of them.
    """
    db.load("gate.covered_by", pl.DataFrame(schema=_SCHEMA))
    db.table("gate.stratum", gate_query("stratum"), {"calendar": months})
    for name in CHECKED:
        _count(db, name, f"SELECT DISTINCT '' AS item, admission_id FROM gate.came_{name}", "LEFT")
        db.execute(f"DROP TABLE gate.came_{name}")
    for name in BY_ITEM:
        _count(db, name, f"SELECT item, admission_id FROM gate.charted_{name}", "INNER")
    given = f"SELECT DISTINCT '{EXPOSURE}' AS item, admission_id FROM GIVEN('gate.exposure_row')"
    _count(db, "medication", given, "INNER")


def _count(db: Database, table: str, rows: str, join: str) -> None:
    """Count the stays that some rows have, by part: item, admission_id, each once."""
    stays = "count(*)" if join == "LEFT" else "0"
    db.execute(
        f"INSERT INTO gate.covered_by SELECT t.hospital_id, '{table}', coalesce(c.item, ''), "
        f"t.stratum, t.part, {stays}, count(c.admission_id) FROM gate.stratum AS t "
        f"{join} JOIN ({rows}) AS c ON t.admission_id = c.admission_id GROUP BY ALL"
    )


@dataclass(frozen=True)
class Part:
    """Stays of one part of a stratum beside the rest of it, and those with rows of a table.

    `item`: of which item of the table; empty: of any.
    """

    hospital_id: str
    table: str
    item: str
    stratum: str
    value: str
    stays: int
    covered: int
    rest: int
    rest_covered: int

    @property
    def missing(self) -> int:
        """Stays without rows that would have some, were the part as the rest; else 0."""
        if min(self.stays, self.rest) < LEAST_STAYS:
            return 0
        share = self.rest_covered / self.rest
        expected = share * self.stays
        few = self.covered < _HARDLY_ANY * expected
        usual = share >= _MOST or (self.stratum == "sex" and expected >= LEAST_STAYS)
        if self.item == EXPOSURE:
            usual = True
        few = few and at_most(self.covered, expected) < _BY_CHANCE
        return round(expected) - self.covered if usual and few else 0

    def told(self, smallest: int) -> str:
        """What is missing of whom."""
        of = f" of {self.item}" if self.item else ""
        return (
            f"Hospital {self.hospital_id}, {self.table}: of the stays with {self.stratum} "
            f"{self.value} {shown(self.covered, smallest)} of {self.stays:,} have rows{of}, of the "
            f"others {self.rest_covered / self.rest:.0%}."
        )


def parts(frame: pl.DataFrame, table: str) -> Iterable[Part]:
    """Every part of every stratum of a table, by hospital; of its items those that have few."""
    mine = _completed(frame.filter(pl.col("table") == table))
    mine = mine.sort("hospital_id", "item", "stratum", "part")
    of_stratum = ["hospital_id", "item", "stratum"]
    totals = mine.with_columns(
        pl.col("n_stays", "n_covered").sum().over(of_stratum).name.suffix("_all"),
        # what begins or ends with a month is asked elsewhere
        first=pl.col("part").filter(pl.col("n_covered") > 0).min().over(of_stratum),
        last=pl.col("part").filter(pl.col("n_covered") > 0).max().over(of_stratum),
    )
    for row in totals.filter(_asked(table) & _worth_a_look()).iter_rows(named=True):
        yield Part(
            row["hospital_id"],
            table,
            row["item"],
            row["stratum"],
            row["part"],
            row["n_stays"],
            row["n_covered"],
            row["n_stays_all"] - row["n_stays"],
            row["n_covered_all"] - row["n_covered"],
        )


def _completed(frame: pl.DataFrame) -> pl.DataFrame:
    """The parts of a table, and those of each of its items, also of which none has any."""
    whole = frame.filter(pl.col("item") == "").group_by(pl.exclude("n_stays", "n_covered")).sum()
    some = frame.filter(pl.col("item") != "").drop("n_stays")
    keys = ["hospital_id", "item", "stratum", "part"]
    of_items = (
        whole.drop("item", "n_covered")
        .join(some.select("hospital_id", "item").unique(), on="hospital_id")
        .join(some.select(*keys, "n_covered"), on=keys, how="left")
        .filter((pl.col("stratum") != "month") | (pl.col("item") == EXPOSURE))
        .with_columns(pl.col("n_covered").fill_null(0))
    )
    return pl.concat([whole, of_items.select(whole.columns)])


def _asked(table: str) -> pl.Expr:
    """The parts of which rows are asked for, of a table or of its items."""
    stratum, part = pl.col("stratum"), pl.col("part")
    inside = (part > pl.col("first")) & (part < pl.col("last"))
    of_month = (stratum != "month") | (inside & (table in arrived.ALWAYS))
    of_exposure = (pl.col("item") != EXPOSURE) | stratum.is_in(_OF_EXPOSURE)
    return of_month & of_exposure & ~part.is_in(_HEALTHIER)


def _worth_a_look() -> pl.Expr:
    """Whole tables, and the items that hardly any stay of a part has beside the rest of it."""
    rest = pl.col("n_stays_all") - pl.col("n_stays")
    others = (pl.col("n_covered_all") - pl.col("n_covered")) / rest
    few = pl.col("n_covered") < _HARDLY_ANY * others * pl.col("n_stays")
    return (pl.col("item") == "") | few


def _found(frame: pl.DataFrame, table: str) -> list[Part]:
    """The parts of a table that count; of the exposure, only of a sex that others treat as well."""
    treated = _treated(frame)
    return [
        part
        for part in parts(frame, table)
        if (part.item, part.stratum) != (EXPOSURE, "sex")
        or treated.get(part.value, set()) - {part.hospital_id}
    ]


def _treated(frame: pl.DataFrame) -> dict[str, set[str]]:
    """Sex -> the hospitals that give it the exposure."""
    some = (pl.col("item") == EXPOSURE) & (pl.col("stratum") == "sex") & (pl.col("n_covered") > 0)
    found: dict[str, set[str]] = {}
    for part, hospital in frame.filter(some).select("part", "hospital_id").iter_rows():
        found.setdefault(part, set()).add(hospital)
    return found


def of_everybody(table: str) -> Callable[[Network], Counts]:
    """The check of one table: stays of the part that lacks most, per hospital with any row."""

    def measure(network: Network) -> Counts:
        worst: dict[str, tuple[int, int]] = {}
        for part in _found(network.table(NAME), table):
            of = part.stays + part.rest
            if part.covered + part.rest_covered:
                counts = part.missing, of
                worst[part.hospital_id] = max(worst.get(part.hospital_id, (0, of)), counts)
        for hospital, (missing, of) in sorted(worst.items()):
            yield hospital, missing, of

    return measure


def one_sex(network: Network) -> Counts:
    """Stays of the one sex that nearly all of a hospital are, where most others have both.

    Of all hospitals together too.
    """
    stays = network.table(NAME).filter((pl.col("stratum") == "sex") & (pl.col("item") == ""))
    parts_of = stays.group_by("hospital_id", "part").agg(pl.col("n_stays").max())
    sums = parts_of.group_by("hospital_id").agg(
        most=pl.col("n_stays").max(), of=pl.col("n_stays").sum()
    )
    enough = sums.filter(pl.col("of") >= 2 * LEAST_STAYS).sort("hospital_id").rows()
    for hospital, most, of in enough:
        both = [m < _BOTH * n for other, m, n in enough if other != hospital]
        usual = len(both) >= 2 and sum(both) >= _MOST_OTHERS * len(both)
        yield hospital, most if usual and most >= _ONE * of else 0, of
    if sums.height > 1 and (every := int(sums["of"].sum())) >= _OF_ALL:
        by_sex = parts_of.group_by("part").agg(pl.col("n_stays").sum())
        most = max(by_sex["n_stays"])
        yield ALL, most if most >= _ONE * every else 0, every


def told(table: str) -> Callable[[Network], str]:
    """Whose rows are missing, in words."""

    def tell(network: Network) -> str:
        smallest = network.study.report.smallest_cell
        found = [part for part in _found(network.table(NAME), table) if part.missing]
        return " ".join(part.told(smallest) for part in found[:3])

    return tell
