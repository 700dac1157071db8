"""Ten runs of one extract, each on another machine and of other files: one hash.

`python -m tests.ten_runs` writes a demo extract and runs the whole study on it with everything
undisturbed, and then with random threads, memory limits, processes, files per table, names of
files, orders of rows and shares of hospitals. It prints the settings and the hash of each; exit
code 1 when they differ.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parent))
from result_files import hashes

from ehrivig import pipeline
from ehrivig.calibrate.replicate import trimmed
from ehrivig.demo import write_demo
from ehrivig.errors import NumericalWarning
from ehrivig.study import Study, load

ORDERS = ("shuffled", "by admission", "by admission, descending", "by time", "by time, descending")


@dataclass(frozen=True)
class Setting:
    """How one run is made: what must not show in its result."""

    memory: str = "4GB"
    threads: int = 1
    workers: int = 1
    files: int = 1
    order: str = "as written"
    share_rows: int | None = None

    def line(self, number: int, mark: str, seconds: float) -> str:
        """One row of what is printed."""
        settings = f"{self.memory:>6} {self.threads:>7} {self.workers:>7} {self.files:>5}"
        settings += f" {self.share_rows or '-':>6}"
        return f"{number:>3} {settings}  {self.order:<25} {mark[:16]}  {seconds:6.1f}"


def drawn(rng: np.random.Generator) -> Setting:
    """A setting by chance; two processes get at least 1 GB, of which each has half."""
    workers = int(rng.integers(1, 3))
    memories = ["600MB", "1GB", "2GB", "4GB"][workers - 1 :]
    return Setting(
        str(rng.choice(memories)),
        int(rng.integers(1, 9)),
        workers,
        int(rng.integers(1, 12)),
        str(rng.choice(ORDERS)),
        int(rng.integers(20_000, 120_000)) if rng.integers(2) else None,
    )


def rewritten(extract: Path, folder: Path, setting: Setting, rng: np.random.Generator) -> Path:
    """The same rows in another order, in other files whose names sort in another order."""
    for source in sorted(extract.glob("[a-z]*/hospital_id=*")):
        target = folder / source.parent.name / source.name
        target.mkdir(parents=True)
        rows = pl.concat([pl.read_parquet(path) for path in sorted(source.glob("*.parquet"))])
        rows = _ordered(rows, setting.order, rng)
        cuts = np.sort(rng.integers(0, rows.height + 1, setting.files - 1)).tolist()
        names = rng.permutation(setting.files)
        for name, start, stop in zip(names, [0, *cuts], [*cuts, rows.height], strict=True):
            size = int(rng.integers(500, 50_000))
            path = target / f"part-{name:02}.parquet"
            rows[start:stop].write_parquet(path, row_group_size=size)
    (folder / "extract.json").write_bytes((extract / "extract.json").read_bytes())
    return folder


def _ordered(rows: pl.DataFrame, order: str, rng: np.random.Generator) -> pl.DataFrame:
    """Shuffled, then sorted by a column where the order asks for it and the table has one."""
    rows = rows[rng.permutation(rows.height)]
    times = [name for name, kind in rows.schema.items() if kind == pl.Datetime]
    ids = [name for name in ("admission_id", "patient_id") if name in rows.columns]
    columns = times if "time" in order else ids
    if order == "shuffled" or not columns:
        return rows
    return rows.sort(columns[0], descending="descending" in order, maintain_order=True)


def one_hash(study: Study, extract: Path, out: Path, setting: Setting) -> tuple[str, int]:
    """SHA-256 over the names and hashes of all result files of a whole run, and their number."""
    options = pipeline.Options(
        setting.memory, setting.threads, setting.workers, share_rows=setting.share_rows
    )
    done = pipeline.run(study, extract, out, options=options)
    if done.exit_code or not done.pairs:
        raise RuntimeError(f"the run ended with {done.exit_code}: {done.message}")
    files = hashes(out)
    listed = "\n".join(f"{name} {mark}" for name, mark in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest(), len(files)


def compare(folder: Path, patients: int, runs: int, seed: int) -> int:
    """The number of runs whose hash is not that of the undisturbed run; prints each."""
    study = trimmed(load("ivig_covid19"))
    few = study.analysis.model_copy(update={"bootstrap": 5, "imputations": 2})
    study = study.model_copy(update={"analysis": few})
    write_demo(folder / "extract", patients=patients, hospitals=2)
    wanted, differing = "", 0
    print("run memory threads workers files  share  order of rows             hash", end="")
    print("               seconds")
    for number in range(runs + 1):
        rng = np.random.default_rng([seed, number])
        setting = drawn(rng) if number else Setting()
        extract, started = folder / "extract", time.perf_counter()
        if number:
            extract = rewritten(extract, folder / f"extract{number}", setting, rng)
        found, files = one_hash(study, extract, folder / f"out{number}", setting)
        wanted = wanted or found
        differing += found != wanted
        print(setting.line(number, found, time.perf_counter() - started), flush=True)
    print(f"{runs} runs and the undisturbed one (0), {files} result files each: ", end="")
    print(f"{differing} differ" if differing else f"one hash, {wanted}")
    return differing


def main() -> int:
    """Exit code 0 when all runs have one hash, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    warnings.simplefilter("ignore", NumericalWarning)
    with tempfile.TemporaryDirectory() as folder:
        return int(compare(Path(folder), given.patients, given.runs, given.seed) > 0)


if __name__ == "__main__":
    sys.exit(main())
