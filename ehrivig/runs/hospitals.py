"""Every hospital of an extract: taken over from the run before, or processed anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from ehrivig import extract, share
from ehrivig.errors import ExtractError
from ehrivig.runs import fingerprint, hospital, join, memory, workers
from ehrivig.runs.state import Run
from ehrivig.runs.task import Outcome, Task, perform
from ehrivig.validate import gate
from ehrivig.validate.result import HospitalResult

_SHARES = "shares"


def read(run: Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it."""
    program = fingerprint.of_program()
    tasks = {name: _task(run, name, program, gate_only) for name in run.source.hospitals}
    kept = {name: found for name, task in tasks.items() if (found := _kept(run, task))}
    run.reused = len(kept)
    fresh = {name: _shares(run, task) for name, task in tasks.items() if name not in kept}
    every = [task for shares in fresh.values() for task in shares]
    with closing(workers.work(every, run.options.workers, run.options.cluster)) as made:
        for number, hospital_id in enumerate(run.source.hospitals, start=1):
            run.progress(f"hospital {number} of {len(run.source.hospitals)}")
            outcome = kept.get(hospital_id) or _made(run, tasks[hospital_id], fresh, made)
            if not isinstance(outcome, ExtractError):
                run.results.append(outcome)
            elif gate.stops_run(run.study, hospital_id):
                raise outcome
            else:
                run.unreadable[hospital_id] = str(outcome)
    shutil.rmtree(run.folder / _SHARES, ignore_errors=True)
    if not run.results:
        raise ExtractError("extract: no hospital could be read. Mend the extract.")


def _made(run: Run, task: Task, fresh: dict[str, list[Task]], made: Iterator[Outcome]) -> Outcome:
    """What became of one hospital: the outcome of its task, or of its shares together."""
    outcomes = [next(made) for _ in fresh[task.hospital_id]]
    failed = [one for one in outcomes if isinstance(one, ExtractError)]
    results = [one for one in outcomes if isinstance(one, HospitalResult)]
    if failed or len(results) == 1:
        return failed[0] if failed else results[0]
    if join.needs_one_piece(results) and not task.gate_only:
        return perform(task)
    whole = join.join(results, run.study, task.folder, memory=task.memory)
    join.remove(results)
    return whole


def _task(run: Run, hospital_id: str, program: str, gate_only: bool) -> Task:
    """What is to be done for one hospital, and with how much of the machine."""
    use = run.options
    return Task(
        run.source,
        hospital_id,
        run.study,
        run.folder / "hospitals" / hospital.folder_name(hospital_id),
        gate_only,
        _mark(run, hospital_id, program, gate_only),
        memory.engine_limit(use.memory, use.workers if use.cluster is None else 1),
        workers.threads_each(use.workers, use.threads),
    )


def _shares(run: Run, task: Task) -> list[Task]:
    """The task itself; of a hospital with many rows one task for each share of it."""
    use = run.options
    alone = use.workers == 1 and use.cluster is None
    most = use.share_rows or memory.rows_at_once(task.memory, alone=alone)
    number = -(-_rows(task) // most)
    if number < 2:
        return [task]
    folder = run.folder / _SHARES / task.folder.name
    return [
        replace(task, share=share.Share(one, number), folder=folder / str(one))
        for one in range(1, number + 1)
    ]


def _rows(task: Task) -> int:
    """About how many rows a hospital has; 0 when a file of it cannot be opened."""
    try:
        return extract.rows(task.source, task.hospital_id)
    except ExtractError:
        return 0


def _mark(run: Run, hospital_id: str, program: str, gate_only: bool) -> str:
    """What a hospital's result depends on; empty when a file of it cannot even be opened."""
    try:
        return fingerprint.of_hospital(
            run.study, run.source, hospital_id, program, gate_only=gate_only
        )
    except ExtractError:
        return ""


def _kept(run: Run, task: Task) -> HospitalResult | None:
    """A hospital's result of the earlier run, when nothing it depends on has changed."""
    earlier = run.earlier / "hospitals" / task.folder.name
    return hospital.reuse(earlier, task.folder, task.fingerprint)
