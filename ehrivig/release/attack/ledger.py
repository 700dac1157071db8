"""What the ledger tells: rows set aside, and rows of procedures, which few people have."""

from __future__ import annotations

import polars as pl

from ehrivig.release.attack.arms import OUTCOMES, name
from ehrivig.release.attack.known import Known, Place
from ehrivig.release.attack.puzzle import MOST
from ehrivig.study.registries.names import PROCEDURES

_ALL = "all"
_PARTS = ("rows_used", "rows_out_of_scope", "rows_quarantined")


def ledger(known: Known, file: str, frame: pl.DataFrame) -> None:
    """Read = used + out of scope + quarantined; what is quarantined are rows of few people."""
    for number, row in enumerate(frame.iter_rows(named=True)):
        where = f"{row['table']}|{row['hospital_id']}"
        down = 1 if row["table"] == "hospital" else int(row.get("rounded_down_to") or 1)
        for part in ("rows_read", *_PARTS):
            known.puzzle.cell(f"{part}|{where}")
            if row.get(part) is not None:
                known.told_down(f"{part}|{where}", int(row[part]), down)
        known.puzzle.equal({f"rows_read|{where}": 1, **{f"{n}|{where}": -1 for n in _PARTS}})
        if row["table"] != "hospital":
            words = f"{row['table']}: rows quarantined, {row['hospital_id']}"
            known.people(f"rows_quarantined|{where}", Place(file, number, words))


def procedures(known: Known) -> None:
    """Each who had a procedure has a row of it that was used; as a guess no more than one."""
    used = [cell for cell in known.puzzle.lo if cell.startswith("rows_used|procedure|")]
    had = [name(OUTCOMES, procedure, _ALL) for procedure in PROCEDURES.names]
    people = {cell: -1 for cell in had if cell in known.where}
    if used and people:
        known.puzzle.between({**dict.fromkeys(used, 1), **people}, 0, MOST)
        known.puzzle.equal({**dict.fromkeys(used, 1), **people}, assumed=True)
