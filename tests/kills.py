"""Runs that are stopped at random moments: `python -m tests.kills --kills 200`.

Each by SIGKILL, SIGTERM or SIGINT, with one worker or two, over nothing or an earlier run. Then
no process of it is alive, the last good run is whole, and the next run gives the results of an
undisturbed one and leaves no row of a patient beside it, nor in the folder for temporary files.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from fuzz.base import call, short_study, small_extract, start
from result_files import hashes

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
STOPPED = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
PATIENCE = 30.0


@dataclass(frozen=True)
class Base:
    """What every stopped run begins with: an extract, two studies, the results of both."""

    place: Path
    seconds: float

    def words(self, out: Path, workers: int, study: str = "study") -> tuple[str | Path, ...]:
        """The command of a run."""
        plan, data = self.place / f"{study}.toml", self.place / "extract"
        return "run", plan, "--extract", data, "--out", out, "--workers", str(workers)


def base(place: Path) -> Base:
    """The undisturbed runs: `alone` of the study, `first` of another, `after` of both in turn."""
    small_extract(place / "extract", patients=300, hospitals=2)
    short_study(place / "study.toml")
    short_study(place / "other.toml", report={"authors": "another"})
    found = Base(place, 0.0)
    began = time.monotonic()
    _done(*found.words(place / "alone", 1))
    seconds = time.monotonic() - began
    _done(*found.words(place / "first", 1, "other"))
    shutil.copytree(place / "first", place / "after")
    _done(*found.words(place / "after", 1))
    return Base(place, seconds)


def _done(*words: str | Path) -> None:
    ended = call(*words, seconds=600)
    assert ended.returncode == 0, ended.stderr


@dataclass(frozen=True)
class Stopped:
    """How one run was stopped, its exit code, and what was wrong afterwards (nothing: empty)."""

    how: str
    code: int
    wrong: tuple[str, ...]


def stop_one(
    base: Base, number: signal.Signals, workers: int, moment: float, over: bool
) -> Stopped:
    """One run that is stopped after some seconds, and the next one."""
    with tempfile.TemporaryDirectory(dir=base.place) as there:
        place, temporary = Path(there) / "place", Path(there) / "tmp"
        place.mkdir()
        temporary.mkdir()
        out, reference = place / "out", base.place / ("after" if over else "alone")
        if over:
            shutil.copytree(base.place / "first", out)
        mark = f"ehrivig-kill-{os.getpid()}-{time.monotonic_ns()}"
        environment = {"TMPDIR": str(temporary), "EHRIVIG_MARK": mark}
        process = start(*base.words(out, workers), **environment)
        time.sleep(moment)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
        wrong = list(_at_once(base, out, mark, number, process.returncode))
        wrong += [said[-200:]] if wrong else []
        _done(*base.words(out, workers))
        wrong += _afterwards(place, temporary, reference)
        how = f"{number.name}, {workers} worker(s), {'over a run' if over else 'over nothing'}"
        return Stopped(how, process.returncode, tuple(wrong))


def _at_once(base: Base, out: Path, mark: str, number: signal.Signals, code: int) -> list[str]:
    """What is wrong when a run has just been stopped."""
    wrong = []
    end = time.monotonic() + PATIENCE
    while (left := processes(mark)) and time.monotonic() < end:
        time.sleep(0.1)
    if left:
        wrong.append(f"{len(left)} processes are left")
    if code not in (0, STOPPED[number], -number):
        wrong.append(f"exit code {code}")
    whole = [hashes(base.place / name) for name in ("alone", "first", "after")]
    if out.exists() and hashes(out) not in whole:
        wrong.append("the run in place is no whole one")
    debris = [p.name for p in out.parent.glob(".out.*")]
    if code == STOPPED[number] and number != signal.SIGKILL and debris:
        wrong.append(f"left behind at once: {debris}")
    return wrong


def _afterwards(place: Path, temporary: Path, reference: Path) -> list[str]:
    """What is wrong when the next run has ended."""
    wrong = []
    if hashes(place / "out") != hashes(reference):
        wrong.append("other bytes than those of an undisturbed run")
    beside = {path.name for path in place.iterdir()} - {"out", "out.attempts"}
    if beside:
        wrong.append(f"left beside the run: {sorted(beside)}")
    rows = [
        p.name for p in (place, temporary) for p in p.rglob("*.parquet") if "out" not in p.parts
    ]
    if rows:
        wrong.append(f"rows of patients left: {rows}")
    return wrong


def processes(mark: str) -> list[int]:
    """The processes that were started with a mark in their environment, and are no zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def stop_many(base: Base, kills: int, seed: int) -> list[Stopped]:
    """Runs stopped in every way in turn, at random moments."""
    rng = np.random.default_rng(seed)
    ways = cycle(product((False, True), (1, 2), SIGNALS))
    found = []
    for _, (over, workers, number) in zip(range(kills), ways, strict=False):
        moment = float(rng.uniform(0.0, 1.05 * base.seconds))
        found.append(stop_one(base, number, workers, moment, over))
        if found[-1].wrong:
            print(f"{found[-1].how} after {moment:.2f} s: {'; '.join(found[-1].wrong)}", flush=True)
        if len(found) % 20 == 0:
            print(f"... {len(found)} of {kills}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Exit code 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20260101)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ehrivig-kills-") as place:
        found = stop_many(base(Path(place)), options.kills, options.seed)
    for (how, code), number in sorted(Counter((one.how, one.code) for one in found).items()):
        print(f"{how}: exit code {code}: {number}")
    wrong = sum(bool(one.wrong) for one in found)
    print(f"{len(found)} runs stopped, {wrong} with something wrong afterwards")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
