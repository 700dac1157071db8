"""The table kinds x planted x found x false, and what is wrong in it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ehrivig.demo import DEFECTS
from ehrivig.demo.defects import Defect

from . import catalogue
from .planted import PATIENTS, Gated, apart, declared, gate, gate_network, plant, study_of

RANK = {"warn": 0, "quarantine": 1, "block": 2}
PLACE = {40: "study", 43: "finding/", 44: "study", 45: "vital/"}
STRICTER = {32: "block"}
"""Kinds whose planted rows hold the case that is judged harder: 1,234 may be 1.234 or 1234."""
IN_PARTS = {13, 16}
"""Kinds of which only a part of the planted rows shows: a day's parts that cross midnight; events
that the shift moves out of their stay. The kind is found, not every row of it."""


@dataclass(frozen=True)
class Row:
    """One kind: rows planted and found, what the gate said, and what of it was wrong.

    `false`: rows that the checks of the kind find in the clean extract.
    """

    number: int
    name: str
    planted: int
    found: int
    false: int
    severity: str
    reasons: tuple[str, ...]
    problems: tuple[str, ...]


def rows(
    folder: Path,
    patients: int = PATIENTS,
    kinds: Collection[int] = (),
    *,
    together: bool = False,
) -> list[Row]:
    """One row per kind of the catalogue (or those named); the first one is the clean extract.

    Each kind is planted alone, or `together` with kinds whose rows lie in other tables.
    """
    root, _ = plant(folder, "none", patients)
    plan = study_of(root)
    clean = gate(root, plan, folder / "work" / "none")
    wrong = [f"{h} {check}" for h, check in sorted(clean.spoken())]
    wrong += [f"{n} rows {key}" for key, n in sorted(clean.rejected.items())] + clean.refused
    wanted = [kind for kind in DEFECTS if not kinds or kind.number in kinds]
    first = Row(0, "none", 0, len(wrong), len(wrong), "", (), tuple(wrong))
    shared = apart(folder, patients) if together else []
    network = gate_network(folder, shared, patients) if shared else []
    made = [
        row
        for group, (listed, found) in zip(shared, network, strict=True)
        for row in _rows_of(group, listed, found, clean)
    ]
    known = {row.number: row for row in made}
    return [
        first,
        *(known.get(kind.number) or _row(folder, kind, clean, patients) for kind in wanted),
    ]


def _rows_of(names: tuple[str, ...], listed: pl.DataFrame, found: Gated, clean: Gated) -> list[Row]:
    """The rows of kinds that were planted together."""
    numbers = [kind for kind in DEFECTS if kind.name in names]
    made = []
    for kind in numbers:
        own = listed.filter(pl.col("number") == kind.number)
        made.append(_judged(kind, int(own["rows"].sum()), found, clean, own))
    return made


def _row(folder: Path, kind: Defect, clean: Gated, patients: int) -> Row:
    root, listed = plant(folder, kind.name, patients)
    work = folder / "work" / kind.name
    hospitals = sorted(set(listed["hospital_id"]) & {"A", "B", "C"}) or ["A"]
    wanted = None if kind.name == "hospital_transfer" else hospitals
    found = gate(root, study_of(root, kind.name), work, wanted)
    planted = int(listed["rows"].sum())
    if found.refused:
        return _refused(kind, planted, found)
    return _judged(kind, planted, found, clean, listed)


def _refused(kind: Defect, planted: int, found: Gated) -> Row:
    """A file that cannot be read: all its rows are found when the message names it."""
    place = PLACE.get(kind.number, "?")
    named = [m for m in found.refused if m.startswith(place)]
    problems = () if named else (f"no message names {place}: {found.refused}",)
    reasons = tuple(message.partition(": ")[2] for message in named)
    return Row(
        kind.number, kind.name, planted, planted if named else 0, 0, "block", reasons, problems
    )


def _judged(kind: Defect, planted: int, found: Gated, clean: Gated, listed: pl.DataFrame) -> Row:
    """What the checks of the kind say, beyond what they say of the clean extract."""
    own = set(catalogue.checks_of_kinds()[kind.number])
    before = {(c.hospital_id, c.check): c.violated for c in clean.checks}
    said = [
        (c, c.violated - before.get((c.hospital_id, c.check), 0))
        for c in found.checks
        if c.check in own and c.verdict != "pass"
    ]
    said = [(c, more) for c, more in said if more > 0]
    severities = [c.severity for c, _ in said]
    expected = STRICTER.get(kind.number, kind.severity)
    problems = [] if expected in severities else [f"no {expected}, but {sorted(set(severities))}"]
    if expected == "block" and "fail" not in [c.verdict for c, _ in said]:
        problems.append("the hospital is not blocked")
    n = _rows_found(said, found, listed)
    if n < planted and kind.number not in IN_PARTS:
        problems.append(f"{planted - n} planted rows not found")
    if kind.severity == "quarantine" and expected == "quarantine":
        problems += _not_rejected(said, found)
    false = sum(c.violated for c in clean.checks if c.check in own and c.verdict != "pass")
    reasons = tuple(sorted({c.check for c, _ in said}))
    strongest = max(severities, key=RANK.__getitem__, default="")
    return Row(kind.number, kind.name, planted, n, false, strongest, reasons, tuple(problems))


def _rows_found(said: list, found: Gated, listed: pl.DataFrame) -> int:  # type: ignore[type-arg]
    """Planted rows found, at most those planted in each table of each hospital.

    A table in which nothing was said but whose hospital is blocked counts as found.
    """
    total = 0
    blocked = {c.hospital_id for c, _ in said if c.verdict == "fail"}
    for table, hospital_id, planted in listed.select("table", "hospital_id", "rows").iter_rows():
        spread = [m for c, m in said if c.hospital_id in (hospital_id, "all")]
        here = [m for c, m in said if c.table == table and c.hospital_id == hospital_id]
        kept = sum(n for (h, t, _), n in found.rejected.items() if (h, t) == (hospital_id, table))
        enough = hospital_id in blocked or (not here and bool(spread))
        total += planted if enough else min(planted, max(sum(here), kept))
    return total


def _not_rejected(said: list, found: Gated) -> list[str]:  # type: ignore[type-arg]
    """Quarantine checks whose rows are not in quarantine with the reason that the suite states."""
    problems = []
    for check, more in said:
        if check.severity != "quarantine":
            continue
        reason = declared()[check.check].reason
        kept = found.rejected[check.hospital_id, check.table, reason]
        if kept < more:
            problems.append(f"{check.check}: {kept} of {more} rows in quarantine as {reason!r}")
    return problems


def written(table: list[Row]) -> str:
    """The table as text."""
    lines = [
        f"{'kind':>4}  {'name':<26}  {'planted':>7}  {'found':>6}  {'false':>5}  "
        f"{'severity':<10}  checks"
    ]
    for row in table:
        mark = "".join(f"\n      WRONG: {problem}" for problem in row.problems)
        lines.append(
            f"{row.number:>4}  {row.name:<26}  {row.planted:>7}  {row.found:>6}  {row.false:>5}  "
            f"{row.severity:<10}  {', '.join(row.reasons)}{mark}"
        )
    good = sum(row.found > 0 and not row.problems for row in table[1:])
    false = sum(row.false for row in table)
    lines.append(f"{good} of {len(table) - 1} kinds found as they should be, {false} false alarms")
    return "\n".join(lines)


def whole(patients: int = PATIENTS, kinds: Collection[int] = ()) -> list[Row]:
    """The table, made in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ehrivig-defects-") as place:
        return rows(Path(place), patients, kinds)
