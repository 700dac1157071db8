"""Who works on the hospitals of a run: this process, a pool of processes, or a cluster.

All of them call the same function (`batch.process`) and give the results in the order of the
tasks, so that nothing in a run depends on who worked, or on who was done first.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ehrivig.errors import UsageError
from ehrivig.runs.task import Outcome, Task, perform


def work(tasks: list[Task], workers: int, cluster: str | None) -> Generator[Outcome, None, None]:
    """The outcome of every task, in order; work that is no longer wanted is called off."""
    if cluster is not None:
        from ehrivig.runs import cluster as machines  # needs an optional package

        yield from machines.work(tasks, cluster)
    elif workers > 1 and len(tasks) > 1:
        yield from _pool(tasks, min(workers, len(tasks)))
    else:
        yield from map(perform, tasks)


def threads_each(workers: int, threads: int | None) -> int | None:
    """Threads of DuckDB in each of some processes on this machine; None: all cores."""
    return threads if threads or workers < 2 else max(1, (os.cpu_count() or 1) // workers)


def _pool(tasks: list[Task], workers: int) -> Generator[Outcome, None, None]:
    """Processes that begin empty: a copy of this one could inherit a lock that nobody opens."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, initializer=_end_quietly)
    try:
        yield from pool.map(perform, tasks)
    except BrokenProcessPool as error:
        raise UsageError(
            "workers: a worker process was ended from outside, most likely for want of memory. "
            "Run again with fewer --workers, or a smaller --memory so that more is spilled."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _end_quietly() -> None:
    """Let this process end without taking its modules apart: DuckDB's binding complains of that."""
    atexit.register(os._exit, 0)
