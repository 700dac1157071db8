"""Who works on the hospitals of a run: this process, a pool of processes, or a cluster.

All of them call the same function (`batch.process`) and give the results in the order of the
tasks, so that nothing in a run depends on who worked, or on who was done first.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ehrivig.errors import UsageError
from ehrivig.runs.task import Outcome, Task, perform

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 1.0


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
    _hear_ctrl_c()
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, initializer=_begin, initargs=(os.getpid(),))
    try:
        yield from pool.map(perform, tasks)
    except BrokenProcessPool as error:
        raise UsageError(
            "workers: a worker process was ended from outside, most likely for want of memory. "
            "Run again with fewer --workers, or a smaller --memory so that more is spilled."
        ) from error
    except (SystemExit, KeyboardInterrupt, GeneratorExit):
        _stop(pool)  # the run is over: nobody wants what they still work on
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _hear_ctrl_c() -> None:
    """Let Ctrl-C end a wait for the workers at once.

    Polars puts a handler before Python's under which the system goes on with a wait, so that the
    run would end only with the hospital that is worked on.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the workers of a pool in the middle of their work."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def _begin(parent: int) -> None:
    """Let this process end when its parent does, and without taking its modules apart.

    DuckDB's binding complains of the latter. The system tells of the parent's death where it can
    (Linux); a thread looks for it as well.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: the parent decides
    atexit.register(os._exit, 0)
    _end_with_parent()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _end_with_parent() -> None:
    """Ask the system to end this process when its parent ends, however that was."""
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _watch(parent: int) -> None:
    """End this process once its parent is another one."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
