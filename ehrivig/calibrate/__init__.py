"""Are the intervals and tests of a study right? Simulated cohorts with a known effect will tell.

`calibrate` draws cohorts from two worlds (`worlds`), once without and once with an effect, runs the
analyses of the study file on each, and reports bias, coverage and error rates against the truth.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from ehrivig.calibrate.replicate import Replicate, batch, trimmed
from ehrivig.calibrate.summary import SCHEMA, summarise
from ehrivig.calibrate.worlds import WORLDS, Model, model
from ehrivig.errors import UsageError
from ehrivig.study import Study
from ehrivig.study.registries import OUTCOMES, SENSITIVITY

EFFECT = -0.5  # log odds or hazard ratio in the worlds with an effect
PATIENTS = 850
FILE = "calibration.csv"
_BATCHES = 40  # per scenario: enough for an even load and a moving progress bar
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")

Progress = Callable[[int, int], None]
Keep = Callable[[pl.DataFrame], None]


@dataclass(frozen=True)
class CalibrationSummary:
    """What a calibration did: size, analyses, and how many valid ones kept their promise.

    `valid` ones have a coverage to judge; `valid_in_range` of them cover 93.5 to 96.5% (at least
    93.5% where theory promises no more), `valid_covered` do so but for two Monte-Carlo errors;
    `valid_biased` lean by more than 0.4 standard errors, which fails them too; `invalid_failing` of
    the others do not. `not_run` names what calibration leaves out.
    """

    study: str
    out: str
    replicates: int
    patients: int
    effect: float
    analyses: int
    valid: int
    valid_covered: int
    valid_in_range: int
    valid_biased: int
    invalid_failing: int
    not_run: tuple[str, ...]


def calibrate(
    study: Study,
    replicates: int,
    *,
    patients: int = PATIENTS,
    effect: float = EFFECT,
    seed: int | None = None,
    workers: int = 1,
    progress: Progress = lambda done, whole: None,
    stopped: Keep = lambda table: None,
) -> pl.DataFrame:
    """One row per world, effect and analysis: see `summary.SCHEMA`.

    Every replicate has a random stream of its own, spawned from `seed` (default: the study's), so
    the numbers do not depend on `workers` (processes). `progress(done, whole)` counts cohorts.
    The worlds advance together: stopped by hand (KeyboardInterrupt), `stopped` is given the table
    of the cohorts that were done. Raises UsageError for numbers out of range, and where the primary
    outcome is no death.
    """
    _refuse(replicates, patients, effect, workers)
    if not OUTCOMES[study.primary.source].follow_up:
        raise UsageError(
            f"calibrate: the worlds that it draws have deaths only, and {study.primary.name} is "
            "none. Calibrate a study whose primary outcome is a death."
        )
    plan = trimmed(study)
    scenarios = [model(plan, world, e) for world in WORLDS for e in (0.0, effect)]
    roots = np.random.SeedSequence(study.study.seed if seed is None else seed).spawn(len(scenarios))
    parts = [_batches(root.spawn(replicates)) for root in roots]
    together = zip(*parts, strict=True)
    tasks = [(number, seeds) for each in together for number, seeds in enumerate(each)]
    found: list[list[Replicate]] = [[] for _ in scenarios]
    whole = replicates * len(scenarios)
    try:
        for number, made in _made(scenarios, patients, tasks, workers):
            found[number] += made
            progress(sum(map(len, found)), whole)
    except KeyboardInterrupt:
        stopped(_table(scenarios, found))
        raise
    return _table(scenarios, found)


def _made(
    scenarios: list[Model],
    patients: int,
    tasks: list[tuple[int, list[np.random.SeedSequence]]],
    workers: int,
) -> Iterator[tuple[int, list[Replicate]]]:
    """Scenario and replicates of each task, in order; none is waited for once this is left."""
    spawn = get_context("spawn")
    with _single_threads(), ProcessPoolExecutor(workers, spawn, initializer=_deaf) as pool:
        running = [
            pool.submit(batch, scenarios[number], patients, seeds) for number, seeds in tasks
        ]
        try:
            for (number, _), future in zip(tasks, running, strict=True):
                yield number, future.result()
        except (KeyboardInterrupt, GeneratorExit):
            for process in list((pool._processes or {}).values()):
                process.kill()
            raise


def _deaf() -> None:
    """Let the parent alone answer to Ctrl-C, which reaches all processes of a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _table(scenarios: list[Model], found: list[list[Replicate]]) -> pl.DataFrame:
    """What the replicates of each world show, of those that have two."""
    parts = [
        summarise(world, made)
        for world, made in zip(scenarios, found, strict=True)
        if len(made) > 1
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def _refuse(replicates: int, patients: int, effect: float, workers: int) -> None:
    """Raise UsageError for numbers that make no calibration."""
    wrong = []
    if not 2 <= replicates <= 1_000_000:
        wrong.append("replicates must be 2 to 1,000,000")
    if not 100 <= patients <= 1_000_000:
        wrong.append("patients must be 100 to 1,000,000")
    if not 0 < abs(effect) <= 3:
        wrong.append("effect must be within -3 to 3, and not 0 (no effect is always run)")
    if workers < 1:
        wrong.append("workers must be at least 1")
    if wrong:
        raise UsageError(f"calibrate: {'; '.join(wrong)}.")


def _batches(seeds: list[np.random.SeedSequence]) -> list[list[np.random.SeedSequence]]:
    """The seeds in parts, in order."""
    size = -(-len(seeds) // _BATCHES)
    return [seeds[at : at + size] for at in range(0, len(seeds), size)]


@contextmanager
def _single_threads() -> Iterator[None]:
    """Child processes started inside use one thread each: they share the cores among themselves."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_calibration(
    study: Study,
    replicates: int,
    out: Path | None,
    *,
    patients: int = PATIENTS,
    effect: float = EFFECT,
    seed: int | None = None,
    workers: int = 1,
    progress: Progress = lambda done, whole: None,
) -> tuple[pl.DataFrame, CalibrationSummary]:
    """`calibrate`, written to `out`/calibration.csv when a folder is given; table and summary.

    Stopped by hand, the file holds the cohorts that were done; the column `replicates` counts them.
    """
    keep: Keep = (lambda table: None) if out is None else partial(_write, out)
    table = calibrate(
        study,
        replicates,
        patients=patients,
        effect=effect,
        seed=seed,
        workers=workers,
        progress=progress,
        stopped=keep,
    )
    keep(table)
    return table, _summary(study, table, str(out or ""), replicates, patients, effect)


def _summary(
    study: Study, table: pl.DataFrame, out: str, replicates: int, patients: int, effect: float
) -> CalibrationSummary:
    """How many analyses of a table kept their promise."""
    judged = table.filter(pl.col("holds").is_not_null())
    covered = judged.filter("holds")
    return CalibrationSummary(
        study=study.study.name,
        out=out,
        replicates=replicates,
        patients=patients,
        effect=effect,
        analyses=table.height,
        valid=judged.filter("valid").height,
        valid_covered=covered.filter("valid").height,
        valid_in_range=judged.filter("valid", "in_range").height,
        valid_biased=judged.filter("valid", pl.col("biased")).height,
        invalid_failing=judged.filter(~pl.col("valid") & ~pl.col("holds")).height,
        not_run=_not_run(study),
    )


def _not_run(study: Study) -> tuple[str, ...]:
    """What calibration leaves out: analyses that it cannot run, and whatever moves, by its key."""
    names = tuple(n for n in study.analysis.sensitivity if not SENSITIVITY[n].calibrated)
    return (*names, "time_varying") if study.analysis.time_varying else names


def _write(out: Path, table: pl.DataFrame) -> None:
    """The table as a file of the folder; UsageError where it cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        table.write_csv(out / FILE)
    except OSError as error:
        message = f"calibrate: {out}: cannot be written. Choose another folder."
        raise UsageError(message) from error
