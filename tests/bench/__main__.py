"""Speed and memory of the whole package, as ratios, against what the project promised.

Run: `make bench`, or `python -m tests.bench [--large] [--million] [--sizes 5 50] [--folder DIR]`.

Writes extracts of some millions of laboratory results (with two thirds as many vital signs and a
fifth as many administrations) into a folder that is removed at the end: about 15 bytes a row, 8 GB
for 300 million. Each stage runs in a process of its own, so its peak memory is its own. The table
gives CPU seconds, their multiple of a bare DuckDB scan of the columns that the gate reads, rows per
CPU second, and the exponent with which CPU grows over the sizes. Seconds differ from machine to
machine: compare the multiples. One line per run goes to the history file; a stage that became 25%
dearer than the median of the earlier runs is pointed out, and the exit code is then 1.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.extract import write_extract
from tests.bench.limits import verdicts

ROOT = Path(__file__).resolve().parents[2]
HISTORY = ROOT / "tests" / "bench" / "history.csv"
COLUMNS = (
    "million_labs",
    "event_rows",
    "stage",
    "cpu",
    "multiple",
    "rows_per_cpu_second",
    "peak_mib",
)
EVENTS = ("lab", "vital", "medication")
SLOWER = 1.25
SCRIPTS = (
    ("bench_statistics.py", ("--rows", "100000", "1000000", "--memory")),
    ("bench_survival.py", ("--million",)),
    ("bench_dosing.py", ("--rows", "6000000")),
    ("bench_severity.py", ("--rows", "50000000")),
    ("bench_large_scale.py", ()),
)
Row = dict[str, Any]


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python process in the checkout; its errors end the benchmark."""
    call = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if "Error" in line]
        raise Failed(f"{' '.join(arguments)} ended with {done.returncode}: {' '.join(told[-1:])}")
    return done


class Failed(SystemExit):
    """A measured process ended with an error: the end of the benchmark, unless it is caught."""


def stage(name: str, extract: Path, memory: str | None = None) -> dict[str, float]:
    """What one stage cost, in a process of its own."""
    limit = ("--memory", memory) if memory else ()
    done = child("-m", "tests.bench.stage", name, str(extract), str(extract.parent), *limit)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def one_size(folder: Path, millions: float) -> tuple[list[Row], dict[str, float]]:
    """The rows of the table for one size, and the quantities that have limits."""
    extract = folder / "extract"
    rows = write_extract(extract, round(millions * 1e6))
    total = sum(rows[name] for name in EVENTS)
    print(
        f"\n{millions:g} million labs: {total:,} event rows, {_disk_gb(extract):.2f} GB", flush=True
    )
    scan, scan4 = (stage(name, extract) for name in ("scan", "scan4"))
    gate = stage("gate", extract, "2GB")
    hospitals = stage("hospitals", extract, "2GB")
    run = stage("run", extract, "2GB")
    small = _attempted("run", extract, "500MB")
    cohort = hospitals["cpu_cohort"] + hospitals["cpu_baseline"]
    cost = {
        "bare scan": scan,
        "bare scan, 4 columns": scan4,
        "extract (codes)": {"cpu": hospitals["cpu_extract"]},
        "gate": {"cpu": gate["cpu_gate"], "peak_mib": gate["peak_mib"]},
        "cohort and baseline": {"cpu": cohort, "peak_mib": hospitals["peak_mib"]},
        "outcomes": {"cpu": hospitals["cpu_outcomes"]},
        "dosing": {"cpu": hospitals["cpu_dosing"]},
        "run, 2GB": run,
        **({"run, 500MB": small} if small else {}),
    }
    table = [_row(millions, total, name, found, scan["cpu"]) for name, found in cost.items()]
    for row in table:
        print(_line(row), flush=True)
    limits = {
        "whole run, multiple of the bare scan of the columns it reads": run["cpu"] / scan["cpu"],
        "whole run, peak resident memory with --memory 2GB": _megabytes(run),
        "cohort and baseline, multiple of the bare scan of four columns": cohort / scan4["cpu"],
        "gate, multiple of the bare scan of the columns it reads": gate["cpu_gate"] / scan["cpu"],
        "dosing, million administrations per CPU second": rows["medication"]
        / hospitals["cpu_dosing"]
        / 1e6,
    }
    if small:
        limits["whole run, CPU at 500 MB against CPU at 2 GB"] = small["cpu"] / run["cpu"]
    return table, limits


def _attempted(name: str, extract: Path, memory: str) -> dict[str, float] | None:
    """What a stage cost; None, and a line that says why, when it could not be done."""
    try:
        return stage(name, extract, memory)
    except Failed as failure:
        print(f"  NOT DONE with {memory}: {failure}", flush=True)
        return None


def _row(millions: float, total: int, name: str, found: dict[str, float], scan: float) -> Row:
    return {
        "million_labs": millions,
        "event_rows": total,
        "stage": name,
        "cpu": found["cpu"],
        "multiple": found["cpu"] / scan,
        "rows_per_cpu_second": total / found["cpu"],
        "peak_mib": found.get("peak_mib"),
    }


def _line(row: Row) -> str:
    peak = "" if row["peak_mib"] is None else f"{row['peak_mib']:,.0f}"
    return (
        f"{row['million_labs']:>7g} {row['stage']:<22} {row['cpu']:>8.2f} {row['multiple']:>8.2f} "
        f"{row['rows_per_cpu_second'] / 1e6:>9.2f} {peak:>9}"
    )


def exponents(table: list[Row]) -> dict[str, float]:
    """Stage -> the slope of log CPU over log rows between the smallest and the largest size."""
    found = {}
    for name in dict.fromkeys(row["stage"] for row in table):
        own = sorted((r["million_labs"], r["cpu"]) for r in table if r["stage"] == name)
        (small, first), (large, last) = own[0], own[-1]
        if large > small:
            found[name] = math.log(last / first) / math.log(large / small)
    return found


def start_up(folder: Path) -> dict[str, float]:
    """Wall seconds of the command line where it has little to do."""
    cli = ("-m", "ehrivig.cli")
    tiny, demo = folder / "tiny", folder / "demo"
    child(*cli, "demo", str(tiny), "--patients", "100", "--quiet")
    for _ in range(2):  # the first call may have to compile the modules
        helped = _wall(lambda: child(*cli, "--help"))
    small = _run_of(tiny, folder / "tiny-out", allowed=(0, 5))
    made = _wall(lambda: child(*cli, "demo", str(demo), "--quiet"))
    study = made + _run_of(demo, folder / "demo-out")
    return {
        "ehrivig --help": helped,
        "ehrivig run on 100 patients": small,
        "make study (demo and run, from an empty folder)": study,
    }


def _run_of(extract: Path, out: Path, allowed: tuple[int, ...] = (0,)) -> float:
    """Wall seconds of a whole run; a tiny cohort may end without a pair (exit code 5)."""
    call = [sys.executable, "-m", "ehrivig.cli", "run", "ivig_covid19", "--quiet"]
    call += ["--extract", str(extract), "--out", str(out)]
    started = time.perf_counter()
    done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT)
    if done.returncode not in allowed:
        sys.exit(f"a run ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


def _wall(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def million(folder: Path) -> dict[str, float]:
    """The demo extract of one million patients, run within 2 GB."""
    extract = folder / "million"
    child("-m", "ehrivig.cli", "demo", str(extract), "--patients", "1000000", "--quiet")
    found = stage("study", extract, "2GB")
    print(
        f"\n1 million demo patients: cohort {found['cohort']:,.0f}, {found['cpu']:.0f} CPU s, "
        f"{found['wall']:.0f} s, {found['peak_mib']:,.0f} MiB"
    )
    return {
        "demo of 1 million patients: run, peak resident memory with --memory 2GB": _megabytes(found)
    }


def _megabytes(found: dict[str, float]) -> float:
    return found["peak_mib"] * 2**20 / 1e6


def _disk_gb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e9


def statistics_benches() -> None:
    """The scripts that hold the statistics against R and the Python packages, where installed."""
    for name, arguments in SCRIPTS:
        path = ROOT / "tests" / "bench" / name
        print(f"\n{name}" + ("" if path.is_file() else ": not there"))
        if path.is_file():
            print(child(str(path), *arguments).stdout.rstrip(), flush=True)


def compare(history: Path, table: list[Row]) -> list[str]:
    """What became dearer than the median of the earlier runs, by its multiple of the bare scan."""
    if not history.is_file():
        return []
    with history.open(encoding="utf-8", newline="") as stream:
        earlier = list(csv.DictReader(stream))
    told = []
    for row in table:
        same = [
            float(e["multiple"])
            for e in earlier
            if e["stage"] == row["stage"] and float(e["million_labs"]) == row["million_labs"]
        ]
        usual = statistics.median(same) if same else math.inf
        if row["multiple"] > SLOWER * usual:
            told.append(
                f"  SLOWER {row['stage']} at {row['million_labs']:g} million: "
                f"{row['multiple']:.2f} x, was {usual:.2f} x"
            )
    return told


def append(history: Path, table: list[Row]) -> None:
    """Add a run to the history; no clock and no name of a machine."""
    history.parent.mkdir(parents=True, exist_ok=True)
    fresh = not history.is_file()
    with history.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerows(
            {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in table
        )


def main() -> None:
    """Parse the command line, measure, print the tables and the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=float, nargs="*", default=[5, 50])
    parser.add_argument("--large", action="store_true", help="add 300 million labs")
    parser.add_argument("--million", action="store_true", help="add the demo of 1 million patients")
    parser.add_argument("--no-statistics", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--history", type=Path, default=HISTORY)
    options = parser.parse_args()
    sizes = sorted({*options.sizes, *([300.0] if options.large else [])})
    print("M labs  stage                     CPU s  x scan  M rows/CPU s  peak MiB")
    table: list[Row] = []
    measured: dict[str, float] = {}
    for millions in sizes:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="ehrivig-bench-") as place:
            rows, limits = one_size(Path(place), millions)
        table += rows
        measured |= limits  # of the largest size: fixed costs vanish there
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="ehrivig-bench-") as place:
        measured |= start_up(Path(place))
        if options.million:
            measured |= million(Path(place))
    for name, slope in exponents(table).items():
        print(f"growth exponent {name:<24} {slope:.3f}")
        if name == "run, 2GB":
            measured["whole run, growth exponent"] = slope
    if not options.no_statistics:
        statistics_benches()
    print("\nPromises (at the largest size measured):")
    slower = compare(options.history, table)
    print("\n".join([*verdicts(measured), *slower]))
    append(options.history, table)
    sys.exit(bool(slower))


if __name__ == "__main__":
    main()
