"""One stage of a run on an extract, measured in a process of its own; prints one line of JSON.

Run: `python -m tests.bench.stage STAGE EXTRACT FOLDER [--memory 2GB]`.

STAGE: scan (the bare scan of the columns that the gate reads), scan4 (of four columns of labs and
vital signs, those of a cohort query), gate, hospitals (gate, cohort, features), run (until the
cohort stands), study (a run with its matching, analysis and report).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from ehrivig import extract, pipeline
from ehrivig.database import Database
from ehrivig.runs import batch, memory, step_clock
from ehrivig.study import load

STUDY = "ivig_covid19"
FOUR = {
    "lab": ("admission_id", "lab_code", "value", "collected_at"),
    "vital": ("admission_id", "vital_code", "value", "measured_at"),
}
READ = {
    "lab": (*FOUR["lab"], "vocabulary", "value_text", "unit", "resulted_at"),
    "vital": (*FOUR["vital"], "unit"),
    "medication": (
        *("admission_id", "medication_id", "order_id", "drug_code", "vocabulary", "drug_name"),
        *("dose", "dose_unit", "concentration_g_per_l", "strength_g", "route", "status"),
        *("started_at", "stopped_at"),
    ),
}
Measured = dict[str, float]


def scan(folder: Path, columns: dict[str, tuple[str, ...]]) -> None:
    """Read the columns of all hospitals' tables, and do nothing with them but a maximum."""
    with Database(within=[folder]) as db:
        for table, names in columns.items():
            db.parquet(table, sorted((folder / table).rglob("*.parquet")))
            db.rows(f"SELECT {', '.join(f'max({name})' for name in names)} FROM {table}")


def hospitals(source_folder: Path, target: Path, limit: str | None, gate: bool) -> Measured:
    """Every hospital, one after the other; CPU seconds of each step over all of them."""
    study = load(STUDY)
    source = extract.inspect(source_folder, study)
    done = [
        batch.process(
            source,
            [name],
            study,
            target / name,
            memory=memory.engine_limit(limit),
            gate_only=gate,
        )
        for name in source.hospitals
    ]
    steps: dict[str, float] = defaultdict(float)
    for step in (step for result in done for step in result.steps):
        steps[f"cpu_{step.step}"] += step.cpu_seconds
    return dict(steps)


class _Enough(Exception):
    """The cohort stands: what follows does not grow with the rows of the extract."""


def to_cohort(source_folder: Path, target: Path, limit: str | None) -> None:
    """Extract, gate, features and cohort of a run, with all that it writes until then."""

    def stop(message: str) -> None:
        if message == "matching":
            raise _Enough

    options = pipeline.Options(memory=limit)
    with contextlib.suppress(_Enough):
        pipeline.run(STUDY, source_folder, target / "run", options=options, progress=stop)
        raise RuntimeError("the run ended without a cohort")


def whole(source_folder: Path, target: Path, limit: str | None) -> Measured:
    """A whole run; its cohort and pairs."""
    options = pipeline.Options(memory=limit)
    found = pipeline.run(STUDY, source_folder, target / "run", options=options)
    return {"cohort": found.cohort, "pairs": found.pairs}


def cpu_seconds() -> float:
    """CPU seconds of this process and its children so far, all threads."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def measured(work: Callable[[], Measured | None]) -> Measured:
    """CPU and wall seconds of some work, the peak memory of the process, and what it returns."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    found = work() or {}
    spent = {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall}
    return {**spent, "peak_mib": float(step_clock.peak_memory_mib()), **found}


def main() -> None:
    """Parse the command line, run the stage, print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["scan", "scan4", "gate", "hospitals", "run", "study"])
    parser.add_argument("extract", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--memory")
    options = parser.parse_args()
    target, limit = options.folder / f"stage-{options.stage}", options.memory
    shutil.rmtree(target, ignore_errors=True)
    works: dict[str, Callable[[], Measured | None]] = {
        "scan": lambda: scan(options.extract, READ),
        "scan4": lambda: scan(options.extract, FOUR),
        "gate": lambda: hospitals(options.extract, target, limit, gate=True),
        "hospitals": lambda: hospitals(options.extract, target, limit, gate=False),
        "run": lambda: to_cohort(options.extract, target, limit),
        "study": lambda: whole(options.extract, target, limit),
    }
    print(json.dumps(measured(works[options.stage])))
    shutil.rmtree(target, ignore_errors=True)


if __name__ == "__main__":
    main()
