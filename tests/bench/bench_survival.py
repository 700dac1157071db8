"""Prints how much faster the survival estimators are than R, lifelines and comprisk, in one run.

    python tests/bench/bench_survival.py [--million] [--crr-rows N]     (crr: a minute at 10,000)

Programs that are not installed are left out. Seconds are processor seconds (user and system), which
other work on the machine disturbs less than the clock, the best of three (one for slow rivals).
Quote the ratios. R is timed inside R, so its start-up does not count.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rivals import verdicts

from ehrivig.stats.survival.competing import cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_tests
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank

P = 17
NAMES = ("R", "lifelines", "comprisk, naive SE")
RIVAL = {
    ("cox", "R"): "R coxph",
    ("cuminc_gray", "R"): "R cuminc",
    ("fine_gray", "R"): "R crr",
}
R_SCRIPT = """
suppressMessages({library(survival); library(cmprsk)}); a <- commandArgs(TRUE)
n <- as.integer(a[2])
once <- function(f) { s <- system.time(f()); s[[1]] + s[[2]] }
best <- function(k, f) min(sapply(seq_len(k), function(i) once(f)))
m <- matrix(readBin(a[1], "double", n * 22), nrow = n); x <- m[, 1:17]; arm <- m[, 18]
time <- m[, 19]; event <- m[, 20]; ctime <- m[, 21]; status <- m[, 22]
say <- function(name, s) cat(name, s, "\\n")
say("cox", best(3, function() coxph(Surv(time, event) ~ x, ties = "efron")))
say("km_logrank", best(2, function() {
  survfit(Surv(time, event) ~ arm); survdiff(Surv(time, event) ~ arm) }))
say("cuminc_gray", best(2, function() cuminc(ctime, status, arm)))
k <- seq_len(as.integer(a[3]))
if (length(k)) say("fine_gray", best(1, function() crr(ctime[k], status[k], x[k, ])))
"""


def best_of(times: int, run: Callable[[], object]) -> float:
    """Return the fewest processor seconds of `times` runs."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds)


def draw(n: int, seed: int) -> dict[str, np.ndarray]:
    """Return covariates (n, 17), arm, and two outcomes: one cause to day 28, two causes in days."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, P))
    arm = rng.integers(0, 2, n).astype(float)
    lp = x @ np.full(P, 0.12) - 0.2 * arm
    death, discharge = rng.exponential(60 * np.exp(-lp)), rng.exponential(50 * np.exp(0.3 * lp))
    ctime = np.minimum(np.minimum(death, discharge), rng.uniform(10, 120, n))
    status = np.select([ctime == death, ctime == discharge], [1.0, 2.0], 0.0)
    return {
        "x": x,
        "arm": arm,
        "time": np.minimum(death, 28),
        "event": (death <= 28).astype(float),
        "ctime": ctime,
        "status": status,
    }


def ours(d: dict[str, np.ndarray], crr_rows: int) -> dict[str, float]:
    """Return our seconds for each task."""

    def survival() -> None:
        kaplan_meier(d["time"], d["event"], group=d["arm"])
        logrank(d["time"], d["event"], d["arm"])

    def incidence() -> None:
        cumulative_incidence(d["ctime"], d["status"], group=d["arm"])
        gray_tests(d["ctime"], d["status"], d["arm"])

    few = slice(0, crr_rows)
    seconds = {
        "cox": best_of(3, lambda: cox(d["time"], d["event"], d["x"])),
        "km_logrank": best_of(3, survival),
        "cuminc_gray": best_of(3, incidence),
        "fine_gray (all rows)": best_of(3, lambda: fine_gray(d["ctime"], d["status"], d["x"])),
    }
    if crr_rows:
        seconds["fine_gray"] = best_of(
            3, lambda: fine_gray(d["ctime"][few], d["status"][few], d["x"][few])
        )
    return seconds


def in_r(d: dict[str, np.ndarray], crr_rows: int) -> dict[str, float]:
    """Return R's seconds for each task, or nothing where R is not installed."""
    if shutil.which("Rscript") is None:
        return {}
    columns = [d[name] for name in ("arm", "time", "event", "ctime", "status")]
    table = np.asfortranarray(np.column_stack([d["x"], *columns]))
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder, "d.bin"), Path(folder, "b.R")
        data.write_bytes(table.tobytes(order="F"))
        script.write_text(R_SCRIPT)
        command = ["Rscript", str(script), str(data), str(d["arm"].size), str(crr_rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print("R failed:", done.stderr.strip().splitlines()[-1:])
    return {name: float(s) for name, s in (line.split() for line in done.stdout.splitlines())}


def in_lifelines(d: dict[str, np.ndarray]) -> dict[str, float]:
    """Return lifelines' seconds, or nothing where it is not installed."""
    if importlib.util.find_spec("lifelines") is None:
        return {}
    import lifelines
    import pandas as pd

    frame = pd.DataFrame(d["x"]).add_prefix("x")
    frame["time"], frame["event"] = d["time"], d["event"]
    exposed = d["arm"] == 1

    def survival() -> None:
        for arm in (exposed, ~exposed):
            lifelines.KaplanMeierFitter().fit(d["time"][arm], d["event"][arm])
        groups = [d[k][a] for k in ("time", "event") for a in (exposed, ~exposed)]
        lifelines.statistics.logrank_test(*groups)

    return {
        "cox": best_of(1, lambda: lifelines.CoxPHFitter().fit(frame, "time", "event")),
        "km_logrank": best_of(1, survival),
    }


def in_comprisk(d: dict[str, np.ndarray]) -> dict[str, float]:
    """Return comprisk's seconds for Fine-Gray with naive SE, or nothing without it."""
    if importlib.util.find_spec("comprisk") is None:
        return {}
    from comprisk import FineGrayRegression

    def fit(rows: slice) -> None:
        FineGrayRegression().fit(
            d["x"][rows], time=d["ctime"][rows], event=d["status"][rows].astype(int)
        )

    fit(slice(0, 500))  # compiles
    return {"fine_gray (all rows)": best_of(2, lambda: fit(slice(None)))}


def main() -> None:
    """Print one line per size and task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--million", action="store_true", help="also 1,000,000 rows")
    parser.add_argument("--crr-rows", type=int, default=2000, help="rows for cmprsk crr (slow)")
    given = parser.parse_args()
    sizes = [10_000, 100_000, *([1_000_000] if given.million else [])]
    mine_all: dict[tuple[str, int], float] = {}
    rivals: dict[tuple[str, int, str], float] = {}
    print(f"{'rows':>9} {'task':22} {'ours s':>9} {'R':>16} {'lifelines':>16} {'comprisk':>16}")
    for n in sizes:
        data = draw(n, seed=n)
        crr_rows = given.crr_rows if n == 10_000 else 0
        mine = ours(data, crr_rows)
        others = (in_r(data, crr_rows), in_lifelines(data), in_comprisk(data))
        for task, seconds in mine.items():
            rows, name = (crr_rows if task == "fine_gray" else n), task.split(" ")[0]
            mine_all[name, rows] = seconds
            cells = []
            for found, label in zip(others, NAMES, strict=True):
                if task in found:
                    rivals[name, rows, RIVAL.get((name, label), label)] = found[task]
                cells.append(
                    f"{found[task]:.2f} s = {found[task] / seconds:.1f} x" if task in found else "-"
                )
            print(f"{rows:>9} {task:22} {seconds:9.4f} " + " ".join(f"{c:>16}" for c in cells))
    print("\n".join(verdicts(mine_all, rivals)))


if __name__ == "__main__":
    main()
