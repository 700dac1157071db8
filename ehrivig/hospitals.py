"""Every hospital of an extract: taken over from the run before, or processed anew."""

from __future__ import annotations

from contextlib import closing

from ehrivig import crew, gatekeeping, hospital, manifest, memory
from ehrivig.errors import ExtractError
from ehrivig.hospital import HospitalResult
from ehrivig.running import Run
from ehrivig.task import Task


def read(this: Run, *, gate_only: bool = False) -> None:
    """Every hospital on its own; an unreadable one is left out where the policy allows it."""
    tasks = {name: _task(this, name, gate_only) for name in this.source.hospitals}
    kept = {name: found for name, task in tasks.items() if (found := _kept(this, task))}
    this.reused = len(kept)
    fresh = [task for name, task in tasks.items() if name not in kept]
    with closing(crew.work(fresh, this.options.workers, this.options.cluster)) as made:
        for number, hospital_id in enumerate(this.source.hospitals, start=1):
            this.progress(f"hospital {number} of {len(this.source.hospitals)}")
            outcome = kept.get(hospital_id) or next(made)
            if not isinstance(outcome, ExtractError):
                this.results.append(outcome)
            elif gatekeeping.policy(this.study, hospital_id) == "block_run":
                raise outcome
            else:
                this.unreadable[hospital_id] = str(outcome)
    if not this.results:
        raise ExtractError("extract: no hospital could be read. Mend the extract.")


def _task(this: Run, hospital_id: str, gate_only: bool) -> Task:
    """What is to be done for one hospital, and with how much of the machine."""
    use = this.options
    return Task(
        this.source,
        hospital_id,
        this.study,
        this.folder / "hospitals" / hospital.folder_name(hospital_id),
        gate_only,
        _mark(this, hospital_id, gate_only),
        memory.engine_limit(use.memory, use.workers if use.cluster is None else 1),
        crew.threads_each(use.workers, use.threads),
    )


def _mark(this: Run, hospital_id: str, gate_only: bool) -> str:
    """What a hospital's result depends on; empty when a file of it cannot even be opened."""
    try:
        return manifest.fingerprint(this.study, this.source, hospital_id, gate_only=gate_only)
    except ExtractError:
        return ""


def _kept(this: Run, task: Task) -> HospitalResult | None:
    """A hospital's result of the earlier run, when nothing it depends on has changed."""
    earlier = this.earlier / "hospitals" / task.folder.name
    return hospital.reuse(earlier, task.folder, task.fingerprint)
