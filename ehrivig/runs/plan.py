"""Which hospitals are worked on together: small ones in batches, a large one alone or in shares.

Nothing in a result depends on it. Hospitals whose files differ in columns or types are not read
together, nor those for which a person signed mappings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ehrivig import extract
from ehrivig.batch.share import Share
from ehrivig.errors import ExtractError
from ehrivig.extract import Source
from ehrivig.runs import memory, workers
from ehrivig.runs.state import Options
from ehrivig.runs.task import Task
from ehrivig.study import Study
from ehrivig.validate import mapping

_KEPT_AT_ONCE = 2_000_000
"""Rows of hospitals that are read once and kept: more are no cheaper together."""
_KEPT_PER_MIB = 2_500
"""The same for each MiB that DuckDB may use: about 150 bytes a row, twice, and the work on them."""


_KEPT_ON_CLUSTER = 250_000
"""The same on a cluster, whose machines shall all have some; each batch costs about a second."""


def tasks(
    source: Source,
    study: Study,
    use: Options,
    hospitals: Sequence[str],
    folder: Path,
    *,
    gate_only: bool = False,
    ungated: bool = False,
) -> list[Task]:
    """What is to be done for some hospitals, in their order; each task has a folder of its own."""
    limit = memory.engine_limit(use.memory, use.workers if use.cluster is None else 1)
    found: list[Task] = []
    for names, keep in _batches(source, study, use, hospitals, limit):
        task = Task(
            source,
            names,
            study,
            folder / f"{len(found) + 1:05}",
            gate_only,
            keep,
            memory=limit,
            threads=workers.threads_each(use.workers, use.threads),
            ungated=ungated,
        )
        found.append(task)
    return found


def shares(use: Options, task: Task, mark: str) -> list[Task]:
    """The task itself; of a hospital with many rows one task for each share of it."""
    if len(task.hospitals) > 1 or (task.keep and not use.share_rows):
        return [task]
    alone = use.workers == 1 and use.cluster is None
    most = use.share_rows or memory.rows_at_once(task.memory, alone=alone)
    number = -(-_rows(task.source, task.hospitals[0]) // most)
    if number < 2:
        return [task]
    return [
        replace(
            task,
            share=Share(one, number),
            folder=task.folder / f"share-{one}",
            keep=False,
            mark=mark,
        )
        for one in range(1, number + 1)
    ]


def _batches(
    source: Source, study: Study, use: Options, hospitals: Sequence[str], limit: str | None
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Hospitals that are worked on together, and whether their rows are kept."""
    rows = {name: _rows(source, name) for name in hospitals}
    most = use.batch_rows
    if most is None:
        most = _KEPT_AT_ONCE
        if limit is not None:
            most = min(most, _KEPT_PER_MIB * memory.parse(limit) // memory.MIB)
        if use.cluster is not None:
            most = min(most, _KEPT_ON_CLUSTER)
        elif use.workers > 1:
            most = min(most, -(-sum(rows.values()) // use.workers))
    share = use.share_rows
    alone = _signed(study) | {name for name in hospitals if share and rows[name] > share}
    small = [name for name in hospitals if rows[name] <= most and name not in alone]
    together = {name: group for group in _alike(source, small, rows, most) for name in group}
    done: set[str] = set()
    for name in hospitals:
        if name in together and name not in done:
            done.update(together[name])
            yield together[name], True
        elif name not in together:
            yield (name,), False


def _alike(
    source: Source, hospitals: Iterable[str], rows: dict[str, int], most: int
) -> list[tuple[str, ...]]:
    """Hospitals that are read in the same way, in groups of at most so many rows."""
    groups: list[_Group] = []
    for name in hospitals:
        kinds = _kinds(source, name)
        group = next((one for one in groups if one.takes(kinds, rows[name], most)), None)
        if group is None:
            group = _Group()
            groups.append(group)
        group.add(name, kinds, rows[name])
    return [tuple(group.names) for group in groups]


class _Group:
    """Hospitals that are worked on together: how their files look, and their rows."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.kinds: dict[str, str] = {}
        self.rows = 0

    def takes(self, kinds: dict[str, str], rows: int, most: int) -> bool:
        """Whether a hospital has room, and agrees with the others in the tables both send."""
        agrees = ("" in kinds) == ("" in self.kinds) and all(
            self.kinds.get(table, kind) == kind for table, kind in kinds.items()
        )
        return agrees and self.rows + rows <= most

    def add(self, name: str, kinds: dict[str, str], rows: int) -> None:
        """Take a hospital in."""
        self.names.append(name)
        self.kinds |= kinds
        self.rows += rows


def _kinds(source: Source, hospital_id: str) -> dict[str, str]:
    """How the files of a hospital look; like no other where one of them cannot be opened."""
    try:
        return extract.kinds_of_files(source, hospital_id)
    except ExtractError:
        return {"": hospital_id}


def _signed(study: Study) -> set[str]:
    """The hospitals for which a person signed mappings."""
    path = study.extract.mappings
    if path is None:
        return set()
    return {entry["hospital_id"] for entry in mapping.listing(mapping.load(Path(path)))}


def _rows(source: Source, hospital_id: str) -> int:
    """About how many rows a hospital has; 0 when a file of it cannot be opened."""
    try:
        return extract.rows(source, hospital_id)
    except ExtractError:
        return 0
