"""The shares of a hospital, put together to the result of the hospital in one piece."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from ehrivig import contract, validate
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.runs import row_order
from ehrivig.study import Study
from ehrivig.validate import gate
from ehrivig.validate.result import HospitalResult, Step

_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)


def join(
    shares: Sequence[HospitalResult], study: Study, folder: Path, *, memory: str | None = None
) -> HospitalResult:
    """The result of a hospital in `folder`, from those of all its shares in order.

    `memory`: DuckDB's limit. Raises EhrivigError unless the rows of the shares are those of the
    hospital.
    """
    _assert_every_row_read(shares)
    folder.mkdir(parents=True, exist_ok=True)
    places = [Path(share.folder) for share in shares]
    found = validate.merge(places, [share.measurements for share in shares], folder, study.lists)
    _quarantine(places, folder, memory)
    if not gate.is_blocked(found, study):
        _features(places, folder)
    (folder / "statements.sql").write_text(_statements(places), encoding="utf-8")
    result = replace(
        shares[0],
        folder=str(folder),
        measurements=found,
        rows_read=_rows([share.rows_read for share in shares]),
        rows_quarantined=_rows([share.rows_quarantined for share in shares]),
        rows_whole={},
    )
    result = replace(result, steps=_steps(shares, result))
    result.write()
    return result


def needs_one_piece(shares: Sequence[HospitalResult]) -> bool:
    """Whether the gate kept no row of an event table that the hospital sends.

    Then nobody has it measured, which no share could know: it took the others to have rows.
    """
    read, rejected = (
        _rows([getattr(share, name) for share in shares])
        for name in ("rows_read", "rows_quarantined")
    )
    return any(0 < read[name] == rejected[name] for name in _EVENTS)


def _assert_every_row_read(shares: Sequence[HospitalResult]) -> None:
    """Every row of an event table is in exactly one share: the sums are those of the whole."""
    read = _rows([share.rows_read for share in shares])
    for name, rows in shares[0].rows_whole.items():
        if read[name] != rows:
            raise EhrivigError(
                f"ledger: {name}: hospital {shares[0].hospital_id} has {rows} rows, its "
                f"{len(shares)} shares {read[name]}. The account is not exact; please report it."
            )


def _rows(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    """Rows per table: events of all shares; the other tables are whole in each."""
    return {
        name: sum(one[name] for one in counts) if name in _EVENTS else rows
        for name, rows in counts[0].items()
    }


def _quarantine(places: Sequence[Path], folder: Path, memory: str | None) -> None:
    """The rows in quarantine, in the order of a hospital in one piece."""
    with Database(memory=memory, temporary=folder / "spill") as db:
        for part in ("quarantine", "quarantine/values"):
            for table in contract.TABLES:
                wanted = places if table.name in _EVENTS else places[:1]
                paths = [place / part / f"{table.name}.parquet" for place in wanted]
                there = [path for path in paths if path.is_file()]
                if there:
                    (folder / part).mkdir(parents=True, exist_ok=True)
                    db.parquet("part", there)
                    target = folder / part / f"{table.name}.parquet"
                    db.copy("SELECT * FROM part ORDER BY ALL", target)
    shutil.rmtree(folder / "spill", ignore_errors=True)


def _features(places: Sequence[Path], folder: Path) -> None:
    """The tables of the cohort and its features, sorted like those of a hospital in one piece."""
    for path in sorted(places[0].glob("*.parquet")):
        parts = pl.concat([pl.read_parquet(place / path.name) for place in places], rechunk=True)
        row_order.by_columns(parts).write_parquet(folder / path.name)


def _statements(places: Sequence[Path]) -> str:
    """What was executed, share by share."""
    texts = [(place / "statements.sql").read_text(encoding="utf-8") for place in places]
    heads = [f"-- share {number} of {len(places)}" for number in range(1, len(places) + 1)]
    return "\n".join(f"{head}\n{text}" for head, text in zip(heads, texts, strict=True))


def _steps(shares: Sequence[HospitalResult], whole: HospitalResult) -> list[Step]:
    """What the steps did in all shares: sums; the largest of the memory peaks."""
    steps = []
    for name in dict.fromkeys(step.step for share in shares for step in share.steps):
        own = [step for share in shares for step in share.steps if step.step == name]
        rows_in, rows_out = sum(s.rows_in for s in own), sum(s.rows_out for s in own)
        if name == "gate":
            rows_in = sum(whole.rows_read.values())
            rows_out = rows_in - sum(whole.rows_quarantined.values())
        seconds = round(sum(s.seconds for s in own), 3)
        cpu = round(sum(s.cpu_seconds for s in own), 3)
        peak = max(s.peak_memory_mib for s in own)
        steps.append(Step(whole.hospital_id, name, rows_in, rows_out, seconds, cpu, peak))
    return steps


def remove(shares: Sequence[HospitalResult]) -> None:
    """Remove what the shares left, once it is put together."""
    for share in shares:
        shutil.rmtree(share.folder, ignore_errors=True)
