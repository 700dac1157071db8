"""Mutations drawn at random: how many no test notices (`make mutants`).

    python -m tests.mutants [--seed 1] [--size 60] [--within ehrivig/stats] [--anew]

Nothing is changed in the work tree: each of two workers has a copy of the checkout. Exit code 1
when 8% or more survive.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.mutants import checkout, record, sample
from tests.mutants.choice import Choice
from tests.mutants.mutation import Mutation
from tests.mutants.trial import Trials, Verdict

LIMIT = 0.08


def main() -> int:
    """Draw, try, print; the share that survives decides the exit code."""
    options = _options()
    drawn = sample.drawn(
        sample.everything(checkout.ROOT, options.within), options.size, options.seed
    )
    choice = Choice(checkout.ROOT, record.load(options.anew), options.seconds)
    trials = Trials()
    with _copies(options.workers) as free, ThreadPoolExecutor(options.workers) as pool:

        def one(mutation: Mutation) -> Verdict:
            folder = free.get()
            try:
                tests = choice.tests(mutation)
                verdict = trials.judge(mutation, folder, tests, choice.seconds(tests))
            finally:
                free.put(folder)
            print(_line(verdict), flush=True)
            return verdict

        verdicts = list(pool.map(one, drawn))
    return _summary(verdicts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--size", type=int, default=60, help="mutations to draw")
    parser.add_argument("--within", default="", help="only files whose path begins so")
    parser.add_argument("--seconds", type=float, default=90, help="what one mutation may cost")
    parser.add_argument("--workers", type=int, default=2, help="copies at work")
    parser.add_argument("--anew", action="store_true", help="measure all tests anew first")
    return parser.parse_args()


@contextmanager
def _copies(n: int) -> Iterator[queue.Queue[Path]]:
    """Copies of the checkout that nobody works in."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        free: queue.Queue[Path] = queue.Queue()
        for number in range(n):
            folder = checkout.copy(Path(place) / str(number) / "checkout")
            checkout.compile_package(folder)
            free.put(folder)
        yield free


def _line(verdict: Verdict) -> str:
    mutation = verdict.mutation
    word = "killed" if verdict.killed else "SURVIVED"
    place = f"{mutation.path}:{mutation.line}"
    return f"{word:8}  {place:52}  {mutation.kind}: {mutation.shown()}  ({verdict.by})"


def _summary(verdicts: list[Verdict]) -> int:
    survived = [verdict for verdict in verdicts if not verdict.killed]
    share = len(survived) / len(verdicts) if verdicts else 0.0
    print(f"\n{len(survived)} of {len(verdicts)} survived ({share:.1%}, limit {LIMIT:.0%})")
    for verdict in survived:
        print(_line(verdict))
    return int(share >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
