"""What the gate found in the shares of a hospital, put together to what it finds in the whole.

Counts of rows add up. A finding is made of the sums of its counts; a check on distributions is
asked anew of the distribution of all shares. Hospital, patients and admissions are read whole by
every share: the first one speaks for all.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ehrivig import contract
from ehrivig.codes import CodeLists, tables
from ehrivig.database import Database
from ehrivig.validate import aggregates, charted, findings, gate_tables
from ehrivig.validate.measurement import Measurement
from ehrivig.validate.suite import Declared, check_query, suites

_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)
_PROFILES = ("lab_profile", "vital_profile")
_SEEN = "seen"  # bits of stays, which are laid over each other and not added
_READ_ONCE = ("known_person", "stay_month", "known_number")
_SUMMED = (
    "dose_unit",
    "unread_exposure",
    "behind",
    "month",
    "covered",
    "covered_by",
    "clock",
    "charted",
    "died_of",
    "exposure_hour",
    "course",
    "dose_of_unit",
)


def merge(
    shares: Sequence[Path],
    measured: Sequence[Sequence[Measurement]],
    folder: Path,
    lists: CodeLists,
) -> list[Measurement]:
    """The measurements of a hospital, from those of its shares in order.

    `shares`: the folders that `quarantine` wrote into. Writes the counts for the quality report
    (`<folder>/quality/`), as `quarantine` does for a hospital in one piece.
    """
    with Database(within=[*shares, folder]) as db:
        _load(db, [share / "quality" for share in shares], lists)
        _write(db, shares[0] / "quality", folder / "quality")
        first = {one.check: one for one in measured[0]}
        sums = _sums(measured)
        found = []
        for declared in (check for checks in suites().values() for check in checks):
            one = first[declared.check]
            counts = one.violated, one.denominator
            if declared.table in _EVENTS:
                counts = _counts(db, declared, *sums[declared.check])
            found.append(Measurement(one.hospital_id, one.table, one.check, one.severity, *counts))
    return found


def _sums(measured: Sequence[Sequence[Measurement]]) -> dict[str, tuple[int, int]]:
    """Check -> violated and denominator, summed over the shares."""
    sums: dict[str, tuple[int, int]] = {}
    for one in (one for share in measured for one in share):
        violated, denominator = sums.get(one.check, (0, 0))
        sums[one.check] = violated + one.violated, denominator + one.denominator
    return sums


def _counts(db: Database, declared: Declared, violated: int, denominator: int) -> tuple[int, int]:
    """Violated and denominator of a check on events; the sums, unless it is none of rows."""
    if "finding" in declared.kwargs:
        sums = 'SELECT name, n FROM gate.behind WHERE "check" = $check'
        counts = dict(db.rows(sums, {"check": declared.check}))
        return findings.value(db, declared.kwargs["finding"], counts, {}), denominator
    if "query" in declared.kwargs:
        query = check_query(declared.kwargs["query"])
        if any(f"gate.{name}" in query.text for name in (*_PROFILES, "lab_median")):
            rows = db.rows(query.text)
            return (int(rows[0][1] or 0), int(rows[0][2] or 0)) if rows else (0, 0)
    return violated, denominator


def _load(db: Database, folders: list[Path], lists: CodeLists) -> None:
    """Tables of schema `gate` over all shares: distributions, counts, values present."""
    for schema in ("ref", "gate"):
        db.execute(f"CREATE SCHEMA {schema}")
    tables.load(db, lists)
    for name in (*_PROFILES, *_SUMMED, "completeness"):
        db.parquet("part", [folder / f"{name}.parquet" for folder in folders])
        if name == "behind":
            _of_events_or_once(db, folders[0] / f"{name}.parquet")
        counted = [column for column in db.columns("part") if column == "n" or column[:2] == "n_"]
        keys = [f'"{c}"' for c in db.columns("part") if c not in counted and c != _SEEN]
        sums = [f'sum("{column}")::BIGINT AS "{column}"' for column in counted]
        sums += [f"bit_or({_SEEN}) AS {_SEEN}"] if _SEEN in db.columns("part") else []
        db.table(f"gate.{name}", f"SELECT {', '.join([*keys, *sums])} FROM part GROUP BY ALL")
    db.table("gate.lab_median", gate_tables.gate_query("lab_median"))


def _of_events_or_once(db: Database, first: Path) -> None:
    """Of `part` the counts of event tables; of what every share reads whole, those of one share."""
    db.parquet("once", [first])
    events = ", ".join(f"'{name}'" for name in sorted(_EVENTS))
    db.table(
        "part_of_whole",
        f'SELECT * FROM part WHERE "table" IN ({events}) UNION ALL BY NAME '
        f'SELECT * FROM once WHERE "table" NOT IN ({events})',
    )
    db.view("part", "SELECT * FROM part_of_whole")


def _write(db: Database, first: Path, folder: Path) -> None:
    """The counts for the quality report, in the order of a hospital in one piece."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _READ_ONCE:
        shutil.copyfile(first / f"{name}.parquet", folder / f"{name}.parquet")
    for name in aggregates.OF_PROFILES:
        db.frame(aggregates.QUERIES[name]).write_parquet(folder / f"{name}.parquet")
    for name in _SUMMED:
        query = charted.KEPT if name == "charted" else f"SELECT * FROM gate.{name} ORDER BY ALL"
        db.frame(query).write_parquet(folder / f"{name}.parquet")
    once = pl.read_parquet(first / "completeness.parquet")
    sums = db.frame("SELECT * FROM gate.completeness")
    both = once.join(
        sums, on=["hospital_id", "table", "column"], maintain_order="left", suffix="_sum"
    )
    event = pl.col("table").is_in(_EVENTS)
    summed = [
        pl.when(event).then(f"{name}_sum").otherwise(name).alias(name)
        for name in ("n_rows", "n_present")
    ]
    both.select("hospital_id", "table", "column", *summed).write_parquet(
        folder / "completeness.parquet"
    )
