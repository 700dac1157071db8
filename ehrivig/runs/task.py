"""Hospitals to be worked on, by whichever process or machine takes them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ehrivig import extract
from ehrivig.batch.alike import Unalike
from ehrivig.batch.share import Share
from ehrivig.errors import ExtractError
from ehrivig.runs import batch, ungated
from ehrivig.runs.batch import BatchResult
from ehrivig.study import Study


@dataclass(frozen=True)
class Task:
    """Some hospitals (or a share of one) to be worked on, and how much of the machine may be used.

    `memory` is the limit of DuckDB, not of the whole run. `mark`: of the hospital of a share.
    `ungated`: only look at what a study would find, without the gate.
    """

    source: extract.Source
    hospitals: tuple[str, ...]
    study: Study
    folder: Path
    gate_only: bool
    keep: bool
    mark: str = ""
    memory: str | None = None
    threads: int | None = None
    share: Share | None = None
    ungated: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of the hospitals of a task: results, and why others cannot be read.

    The policy decides what to do then.
    """

    results: tuple[BatchResult, ...] = ()
    unreadable: dict[str, ExtractError] = field(default_factory=dict)


def perform(task: Task) -> Outcome:
    """Work on some hospitals here and now.

    Where one cannot be read, or they cannot be read together, they are taken apart: what a hospital
    leaves does not depend on the others.
    """
    try:
        return Outcome((_processed(task),))
    except Unalike as found:
        groups: Sequence[tuple[str, ...]] = found.groups
    except ExtractError as error:
        if len(task.hospitals) == 1:
            return Outcome((), {task.hospitals[0]: error})
        half = len(task.hospitals) // 2
        groups = (task.hospitals[:half], task.hospitals[half:])
    shutil.rmtree(task.folder, ignore_errors=True)
    parts = [
        replace(task, hospitals=group, folder=task.folder / str(number))
        for number, group in enumerate(groups, start=1)
    ]
    return together(perform(part) for part in parts)


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcomes of several tasks as one."""
    every = list(outcomes)
    results = tuple(result for one in every for result in one.results)
    return Outcome(results, {name: why for one in every for name, why in one.unreadable.items()})


def _processed(task: Task) -> BatchResult:
    if task.ungated:
        return ungated.process(
            task.source,
            task.hospitals,
            task.study,
            task.folder,
            keep=task.keep,
            memory=task.memory,
            threads=task.threads,
        )
    return batch.process(
        task.source,
        task.hospitals,
        task.study,
        task.folder,
        memory=task.memory,
        threads=task.threads,
        gate_only=task.gate_only,
        keep=task.keep,
        mark=task.mark,
        share=task.share,
    )
