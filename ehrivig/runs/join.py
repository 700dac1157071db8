"""The shares of a hospital, put together to the result of the hospital in one piece."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from ehrivig import contract, validate
from ehrivig.database import Database
from ehrivig.errors import EhrivigError
from ehrivig.runs import batch, row_order
from ehrivig.runs.batch import BatchResult
from ehrivig.study import Study
from ehrivig.validate import gate, mapping
from ehrivig.validate.result import Step

_EVENTS = frozenset(table.name for table in contract.EVENT_TABLES)
_OF_GATE = (batch.MEASUREMENTS, batch.ROWS, f"{mapping.FOUND}.parquet")


def join(
    shares: Sequence[BatchResult], study: Study, folder: Path, *, memory: str | None = None
) -> BatchResult:
    """The result of a hospital in `folder`, from those of all its shares in order.

    `memory`: DuckDB's limit. Raises EhrivigError unless the rows of the shares are those of the
    hospital.
    """
    spent = rows_of(shares)
    _assert_every_row_read(shares[0], spent)
    folder.mkdir(parents=True, exist_ok=True)
    places = [share.folder for share in shares]
    found = validate.merge(places, [share.measurements() for share in shares], folder, study.lists)
    batch.write_gate(found, spent, folder)
    _quarantine(places, folder, memory)
    mapping.merge_found(places, folder)
    if not gate.blocked(found, study):
        _features(places, folder)
    (folder / "statements.sql").write_text(_statements(places), encoding="utf-8")
    result = BatchResult(shares[0].hospitals, folder, tuple(_steps(shares, spent)))
    result.write()
    return result


def rows_of(shares: Sequence[BatchResult]) -> pl.DataFrame:
    """Rows per table: events of all shares; the other tables are whole in each."""
    first, *others = (share.rows() for share in shares)
    events = pl.col("table").is_in(_EVENTS)
    counts = pl.concat([first, *(rows.filter(events) for rows in others)])
    return counts.group_by("hospital_id", "table", maintain_order=True).agg(
        pl.col("rows_read", "rows_quarantined").sum()
    )


def needs_one_piece(shares: Sequence[BatchResult]) -> bool:
    """Whether the gate kept no row of an event table that the hospital sends.

    Then nobody has it measured, which no share could know: it took the others to have rows.
    """
    read = pl.col("rows_read")
    none_kept = pl.col("table").is_in(_EVENTS) & (read > 0) & (read == pl.col("rows_quarantined"))
    return not rows_of(shares).filter(none_kept).is_empty()


def _assert_every_row_read(first: BatchResult, spent: pl.DataFrame) -> None:
    """Every row of an event table is in exactly one share: the sums are those of the whole."""
    read = dict(spent.select("table", "rows_read").iter_rows())
    for name, rows in first.rows_whole.items():
        if read[name] != rows:
            raise EhrivigError(
                f"ledger: {name}: hospital {first.hospitals[0]} has {rows} rows, its shares "
                f"{read[name]}. The account is not exact; please report it."
            )


def _quarantine(places: Sequence[Path], folder: Path, memory: str | None) -> None:
    """The rows in quarantine, in the order of a hospital in one piece."""
    with Database(memory=memory, temporary=folder / "spill", within=places) as db:
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
        if path.name not in _OF_GATE:
            parts = [pl.read_parquet(place / path.name) for place in places]
            whole = row_order.by_columns(pl.concat(parts, rechunk=True))
            whole.write_parquet(folder / path.name)
    _evidence(places, folder)


def _evidence(places: Sequence[Path], folder: Path) -> None:
    """How often kinds of evidence are there together, summed; nothing of a gate alone."""
    there = [path for place in places if (path := place / f"{batch.BESIDE}.parquet").is_file()]
    if there:
        beside = pl.concat([pl.read_parquet(path) for path in there])
        pairs = beside.group_by("hospital_id", "kind", "other").agg(pl.col("n_met", "n_both").sum())
        pairs.sort(pl.all()).write_parquet(folder / f"{batch.BESIDE}.parquet")


def _statements(places: Sequence[Path]) -> str:
    """What was executed, share by share."""
    texts = [(place / "statements.sql").read_text(encoding="utf-8") for place in places]
    heads = [f"-- share {number} of {len(places)}" for number in range(1, len(places) + 1)]
    return "\n".join(f"{head}\n{text}" for head, text in zip(heads, texts, strict=True))


def _steps(shares: Sequence[BatchResult], spent: pl.DataFrame) -> list[Step]:
    """What the steps did in all shares; a share reads some tables whole, so the gate's are told."""
    read, rejected = (int(spent[name].sum()) for name in ("rows_read", "rows_quarantined"))
    steps = summed(step for share in shares for step in share.steps)
    return [
        Step("gate", read, read - rejected, s.seconds, s.cpu_seconds, s.peak_memory_mib)
        if s.step == "gate"
        else s
        for s in steps
    ]


def summed(steps: Iterable[Step]) -> list[Step]:
    """Steps of the same name as one: sums; the largest of the memory peaks."""
    every = list(steps)
    found = []
    for name in dict.fromkeys(step.step for step in every):
        own = [step for step in every if step.step == name]
        found.append(
            Step(
                name,
                sum(s.rows_in for s in own),
                sum(s.rows_out for s in own),
                round(sum(s.seconds for s in own), 3),
                round(sum(s.cpu_seconds for s in own), 3),
                max(s.peak_memory_mib for s in own),
            )
        )
    return found


def remove(shares: Sequence[BatchResult]) -> None:
    """Remove what the shares left, once it is put together."""
    for share in shares:
        shutil.rmtree(share.folder, ignore_errors=True)
