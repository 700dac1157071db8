"""Processes that run cases, so that a hang or a crash ends one case and not the fuzz."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.queues import SimpleQueue
from pathlib import Path

from .judge import SECONDS
from .run import KINDS, OUTSIDE, Result, kind_of, perform

RECYCLE = 60
"""Cases after which a worker begins anew, so that no case lives on the state of many others."""


@dataclass(frozen=True)
class Plan:
    """The seed, the folder of the base extracts, how many workers, and where to keep bad cases."""

    seed: int
    base: Path
    workers: int
    keep: Path | None


def run_all(numbers: list[int], plan: Plan) -> Iterator[Result]:
    """The results of all cases, by some workers at a time."""
    shares = [numbers[i :: plan.workers] for i in range(plan.workers)]
    with ThreadPoolExecutor(plan.workers) as pool:
        queue: SimpleQueue[Result | None] = multiprocessing.get_context("spawn").SimpleQueue()
        futures = [pool.submit(_share, share, plan, queue) for share in shares]
        running = len(futures)
        while running:
            result = queue.get()
            if result is None:
                running -= 1
            else:
                yield result
        for future in futures:
            future.result()


def _share(numbers: list[int], plan: Plan, queue: SimpleQueue[Result | None]) -> None:
    """One worker's cases, in a process that is killed and replaced when a case hangs."""
    try:
        for begin in range(0, len(numbers), RECYCLE):
            waiting = list(numbers[begin : begin + RECYCLE])
            while waiting:
                for result in _batch(tuple(waiting), plan):
                    waiting.remove(result.number)
                    queue.put(result)
    finally:
        queue.put(None)


def _batch(numbers: tuple[int, ...], plan: Plan) -> Iterator[Result]:
    """Results of some cases in one new process; ends early after one that hung or crashed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_worker, args=(theirs, numbers, plan.seed, plan.base, plan.keep), daemon=True
    )
    process.start()
    theirs.close()
    for number in numbers:
        try:
            if not ours.poll(2 * SECONDS):
                process.kill()
                yield Result(number, kind_of(number), None, SECONDS, False, ["hangs: killed"], "")
                break
            yield ours.recv()
        except EOFError:
            process.join()
            crash = f"crashed the process: {process.exitcode}"
            yield Result(number, kind_of(number), process.exitcode, 0, False, [crash], "")
            break
    process.join(timeout=10)


def _worker(
    pipe: Connection, numbers: tuple[int, ...], seed: int, base: Path, keep: Path | None
) -> None:
    for number in numbers:
        outside = number % OUTSIDE == number // len(KINDS) % OUTSIDE
        pipe.send(perform(number, seed, base, outside=outside, keep=keep))
