"""Every hospital of an extract: taken over from the run before, or worked on anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from ehrivig import validate
from ehrivig.errors import ExtractError, UsageError
from ehrivig.runs import batch, datasets, join, log, plan, workers
from ehrivig.runs.batch import BatchResult
from ehrivig.runs.datasets import Part
from ehrivig.runs.same_files import refuse_changed
from ehrivig.runs.state import Run
from ehrivig.runs.task import Outcome, Task, perform, together
from ehrivig.store.folder import last_attempt
from ehrivig.validate import Measurement, gate
from ehrivig.validate.result import results

_BATCHES = "batches"
MARKS = "fingerprints.json"


def read(run: Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it.

    A run that the gate blocked is gone on from: only hospitals that it blocked, and now lets pass
    (or the other way round), are read again.
    """
    found = [(place, _kept(place, run)) for place in (run.earlier, last_attempt(run.earlier))]
    before, kept = max(found, key=lambda one: len(one[1]))
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
    _put_together(run, before, kept, made.results)


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


def _kept(before: Path, run: Run) -> frozenset[str]:
    """The hospitals of a run before of which nothing has changed that their result depends on."""
    home = before / datasets.FOLDER
    try:
        marks = dict(json.loads((home / MARKS).read_text(encoding="utf-8")))
        measured = validate.read_measurements(home / batch.MEASUREMENTS)
    except (OSError, ValueError, TypeError, UsageError):
        return frozenset()  # no such run, or one that was cut by hand
    now = _marks(run, measured)
    return frozenset(name for name, mark in marks.items() if mark and now.get(name) == mark)


def _marks(run: Run, measured: Sequence[Measurement]) -> dict[str, str]:
    """Hospital -> what its result depends on, and whether it went further than the gate."""
    blocked = gate.blocked(measured, run.study)
    return {
        name: f"{mark} blocked" if mark and name in blocked else mark
        for name, mark in run.marks.items()
    }


def _put_together(
    run: Run, before: Path, kept: frozenset[str], made: Sequence[BatchResult]
) -> None:
    """The datasets of the run, and what they say of each hospital; `kept` are those of `before`."""
    parts = [Part(one.folder, frozenset(one.hospitals)) for one in made]
    if kept:
        parts.append(Part(before, kept, of_run=True))
    mixed = datasets.write(run.folder, parts)
    home = run.folder / datasets.FOLDER
    measured, spent = (pl.read_parquet(home / name) for name in (batch.MEASUREMENTS, batch.ROWS))
    run.results = results(measured, spent)
    run.steps = join.summed(step for one in made for step in one.steps)
    marks = _marks(run, [m for one in run.results for m in one.measurements])
    # ids that became text beside those of others are not what a later run would find alone
    of = {one.hospital_id: "" if mixed else marks[one.hospital_id] for one in run.results}
    (home / MARKS).write_text(json.dumps(of, indent=1) + "\n", encoding="utf-8")
    log.write(run.folder, before, kept, made)
    shutil.rmtree(run.folder / _BATCHES, ignore_errors=True)
