"""What each step of a batch did: rows, seconds, memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ehrivig.validate.result import Step


class StepClock:
    """Notes what each step did."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Time a step; the block says how many rows went in and came out."""
        started, worked, rows = time.perf_counter(), time.process_time(), [0, 0]

        def done(rows_in: int, rows_out: int) -> None:
            rows[:] = rows_in, rows_out

        yield done
        seconds = round(time.perf_counter() - started, 3)
        cpu_seconds = round(time.process_time() - worked, 3)
        self.steps.append(Step(name, rows[0], rows[1], seconds, cpu_seconds, peak_memory_mib()))


def peak_memory_mib() -> int:
    """The largest resident memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)
