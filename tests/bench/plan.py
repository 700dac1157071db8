"""Cores, memory, network and hours for more rows than this machine holds, from measured slopes.

Run: `python -m tests.bench.plan HISTORY.csv` (the file that `python -m tests.bench` leaves).

Three parts. (1) CPU of a stage is a fixed part plus a slope times the event rows: the line through
the two smallest sizes must foretell the largest one. (2) The clock time of hospitals on workers is
simulated: a large one in shares, each of which also reads the patients, admissions and codes of the
whole; the longest first, each worker takes the next. It must agree with the bound CPU / cores
wherever no single share is longer than that. (3) Both give the table of docs/scale.md.
"""

from __future__ import annotations

import argparse
import csv
import heapq
import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ehrivig.runs import memory
from tests.bench.extract import HOSPITALS

STAGE = "run, 2GB"
BYTES_A_ROW = 20.0  # of Parquet, zstd: an upper bound of what the demo (7) and real files show
WORKER_MB = 2000  # resident memory of one worker process: `--memory 2GB`
CORES_A_WORKER = 2
OF_THE_WHOLE = 0.06  # of a hospital's CPU: what every share of it costs beside its own rows
TOLERANCE = 0.25  # of the forecast; CPU seconds of one machine vary by a tenth from run to run
BILLIONS = (1, 10, 100)


@dataclass(frozen=True)
class Line:
    """CPU seconds of a stage: `fixed` + `slope` * event rows."""

    fixed: float
    slope: float

    def cpu(self, rows: float) -> float:
        """CPU seconds for some event rows."""
        return self.fixed + self.slope * rows


def through(points: list[tuple[float, float]]) -> Line:
    """The least-squares line through (rows, CPU seconds), each weighted by 1 / CPU."""
    rows, cpu = np.array(points).T
    slope, fixed = np.polyfit(rows, cpu, 1, w=1 / cpu)
    return Line(float(fixed), float(slope))


def measured(history: Path) -> dict[str, list[tuple[float, float]]]:
    """Stage -> (event rows, CPU seconds), the last run of each size, sorted by size."""
    latest: dict[str, dict[float, float]] = defaultdict(dict)
    with history.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            latest[row["stage"]][float(row["event_rows"])] = float(row["cpu"])
    return {stage: sorted(points.items()) for stage, points in latest.items()}


def forecast_error(points: list[tuple[float, float]]) -> float:
    """By how much the line through all but the largest size misses the largest (relative)."""
    rows, cpu = points[-1]
    return through(points[:-1]).cpu(rows) / cpu - 1


def makespan(seconds: list[float], workers: int) -> float:
    """Clock seconds until all hospitals are done: the longest first, next free worker takes it."""
    free = [0.0] * workers
    for one in sorted(seconds, reverse=True):
        heapq.heappush(free, heapq.heappop(free) + one)
    return max(free)


def pieces(line: Line, rows: float, hospitals: int, seed: int = 1) -> list[float]:
    """CPU seconds of each hospital or share, for hospitals that differ as hospitals do.

    Their sizes are log-normal (sigma 0.8). The fixed part of `line` is that of `HOSPITALS`.
    """
    size = np.random.default_rng(seed).lognormal(0.0, 0.8, hospitals)
    found = []
    for own in rows * size / size.sum():
        shares = math.ceil(own / memory.ROWS_OF_A_CREW)
        more = OF_THE_WHOLE if shares > 1 else 0.0
        one = line.fixed / HOSPITALS + line.slope * own * (1 / shares + more)
        found += [one] * shares
    return found


def table(line: Line, hospitals: int) -> list[str]:
    """One line for each size and number of workers."""
    told = ["| event rows | workers | cores | memory GB | CPU hours | hours | even split | MB/s |"]
    told.append("|---|---|---|---|---|---|---|---|")
    for billions in BILLIONS:
        rows = billions * 1e9
        cpu = pieces(line, rows, hospitals)
        cpu_hours = sum(cpu) / 3600
        for workers in (1, 8, 64):
            hours = makespan([one / CORES_A_WORKER for one in cpu], workers) / 3600
            cores = workers * CORES_A_WORKER
            rate = rows * BYTES_A_ROW / (hours * 3600) / 1e6
            told.append(
                f"| {billions:,} billion | {workers} | {cores} | {workers * WORKER_MB / 1000:g} | "
                f"{cpu_hours:.1f} | {hours:.2f} | {cpu_hours / cores:.2f} | {rate:.0f} |"
            )
    return told


def main() -> None:
    """Check the derivation on the measured sizes, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("history", type=Path)
    parser.add_argument("--hospitals", type=int, default=200)
    options = parser.parse_args()
    stages = measured(options.history)
    wrong = 0
    for stage, points in stages.items():
        if len(points) > 2:
            error = forecast_error(points)
            wrong += abs(error) > TOLERANCE
            print(f"{stage:<24} largest size foretold with an error of {error:+.1%}")
    line = through(stages[STAGE])
    print(f"{STAGE}: {line.fixed:.1f} s + {line.slope * 1e6:.3f} s per million event rows")
    print(f"DuckDB's part of {WORKER_MB} MB: {memory.engine_limit(f'{WORKER_MB}MB')}\n")
    print("\n".join(table(line, options.hospitals)))
    if wrong:
        sys.exit(f"{wrong} stage(s) do not grow along a line")


if __name__ == "__main__":
    main()
