"""Every hospital of an extract: taken over from the run before, or worked on anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from ehrivig.errors import ExtractError
from ehrivig.runs import batch, datasets, join, log, plan, workers
from ehrivig.runs.batch import BatchResult
from ehrivig.runs.datasets import Part
from ehrivig.runs.same_files import refuse_changed
from ehrivig.runs.state import Run
from ehrivig.runs.task import Outcome, Task, perform, together
from ehrivig.validate import gate
from ehrivig.validate.result import results

_BATCHES = "batches"
MARKS = "fingerprints.json"


def read(run: Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it."""
    kept = _unchanged(run.earlier, run.marks)
    run.reused = len(kept)
    fresh = [name for name in run.source.hospitals if name not in kept]
    batches = run.folder / _BATCHES
    tasks = plan.tasks(run.source, run.study, run.options, fresh, batches, gate_only=gate_only)
    made = _work(run, tasks)
    refuse_changed(run)
    for name in (name for name in run.source.hospitals if name in made.unreadable):
        if gate.stops_run(run.study, name):
            raise made.unreadable[name]
        run.unreadable[name] = str(made.unreadable[name])
    if not kept and not made.results:
        first, *others = made.unreadable.values()
        more = f" ({len(others)} more could not be read either.)" if others else ""
        raise ExtractError(f"{first}{more}")
    _put_together(run, kept, made.results)


def _work(run: Run, tasks: Sequence[Task]) -> Outcome:
    """What became of all tasks; nothing more is begun once a hospital fails that stops the run."""
    parts = [plan.shares(run.options, task, run.marks[task.hospitals[0]]) for task in tasks]
    every = [part for of_task in parts for part in of_task]
    done, outcomes = 0, []
    with closing(workers.work(every, run.options.workers, run.options.cluster)) as made:
        for task, of_task in zip(tasks, parts, strict=True):
            done += len(task.hospitals)
            run.progress(f"hospital {done} of {len(run.source.hospitals)}")
            one = _made(run, task, len(of_task), made)
            outcomes.append(one)
            if any(gate.stops_run(run.study, name) for name in one.unreadable):
                break
    return together(outcomes)


def _made(run: Run, task: Task, number: int, made: Iterator[Outcome]) -> Outcome:
    """What became of one task: its outcome, or that of the shares of its hospital together."""
    outcome = together(next(made) for _ in range(number))
    if number == 1:
        return outcome
    shares = outcome.results
    if outcome.unreadable:
        join.remove(shares)
        return Outcome((), outcome.unreadable)
    if join.needs_one_piece(shares) and not task.gate_only:
        join.remove(shares)
        return perform(task)
    whole = join.join(shares, run.study, task.folder, memory=task.memory)
    join.remove(shares)
    return Outcome((whole,))


def _unchanged(earlier: Path, marks: dict[str, str]) -> frozenset[str]:
    """The hospitals of the earlier run that nothing has changed of which their result depends."""
    path = earlier / datasets.FOLDER / MARKS
    try:
        before = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return frozenset()
    return frozenset(name for name, mark in before.items() if mark and marks.get(name) == mark)


def _put_together(run: Run, kept: frozenset[str], made: Sequence[BatchResult]) -> None:
    """The datasets of the run, and what they say of each hospital."""
    parts = [Part(one.folder, frozenset(one.hospitals)) for one in made]
    if kept:
        parts.append(Part(run.earlier, kept, of_run=True))
    mixed = datasets.write(run.folder, parts)
    home = run.folder / datasets.FOLDER
    measured, spent = (pl.read_parquet(home / name) for name in (batch.MEASUREMENTS, batch.ROWS))
    run.results = results(measured, spent)
    run.steps = join.summed(step for one in made for step in one.steps)
    # ids that became text beside those of others are not what a later run would find alone
    of = {one.hospital_id: "" if mixed else run.marks[one.hospital_id] for one in run.results}
    (home / MARKS).write_text(json.dumps(of, indent=1) + "\n", encoding="utf-8")
    log.write(run.folder, run.earlier, kept, made)
    shutil.rmtree(run.folder / _BATCHES, ignore_errors=True)
