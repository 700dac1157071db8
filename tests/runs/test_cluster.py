"""A run on a cluster: a scheduler and worker processes on this machine, one of them killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from result_files import hashes

from ehrivig import extract, pipeline, resources
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, UsageError
from ehrivig.runs import cluster, fingerprint
from ehrivig.runs.task import Outcome, Task
from ehrivig.study import Study, load

pytestmark = pytest.mark.slow


HOSPITALS = 3


@pytest.fixture(scope="module")
def study() -> Study:
    return load("ivig_covid19")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cluster") / "extract"
    write_demo(place, patients=300, hospitals=HOSPITALS)
    return place


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Dask command line program, ended with the block."""
    call = [sys.executable, "-W", "ignore", "-m", "dask", *arguments, "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(call, **quiet)  # type: ignore[call-overload]
    try:
        yield running
    finally:
        running.kill()
        running.wait()


Machines = tuple[str, list[subprocess.Popen[bytes]]]
"""The address of a scheduler, and its two workers."""


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with started(tmp_path) as found:
        yield found


@contextmanager
def started(place: Path, *more: str) -> Iterator[Machines]:
    """A scheduler with two workers that know each other by loopback; `more` options of workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(process("scheduler", "--host", "127.0.0.1", "--port", port))
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(place / "dask"))
        options += more
        workers = [stack.enter_context(process("worker", address, *options)) for _ in range(2)]
        yield address, workers


def task(source: extract.Source, study: Study, target: Path) -> Task:
    return Task(source, source.hospitals[:1], study, target, gate_only=True, keep=False)


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_killed_worker_changes_nothing(
    machines: Machines,
    study: Study,
    folder: Path,
    tmp_path: Path,
) -> None:
    """Same bytes as in this process, though one of two workers is killed in the middle."""
    address, workers = machines
    here, there = tmp_path / "here", tmp_path / "there"
    alone = pipeline.check(study, folder, here)
    call = "from ehrivig import pipeline; import sys; "
    call += "done = pipeline.check('ivig_covid19', *sys.argv[1:3], "
    call += "options=pipeline.Options(cluster=sys.argv[3], batch_rows=0)); sys.exit(done.exit_code)"
    arguments = [sys.executable, "-W", "ignore", "-c", call, str(folder), str(there), address]
    workshop = tmp_path / ".there.partial" / "batches"
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        # Both workers write: each has a folder of its own beside the wanted ones.
        until(lambda: running.poll() is not None or len(list(workshop.glob(".*"))) == 2)
        workers[0].send_signal(signal.SIGKILL)
        _, said = running.communicate(timeout=300)
    assert running.returncode == alone.exit_code == 0, said
    assert hashes(there) == hashes(here)
    _assert_every_hospital_and_no_debris(there)


def test_a_worker_killed_in_a_share_of_a_hospital_changes_nothing(
    machines: Machines, study: Study, folder: Path, tmp_path: Path
) -> None:
    """Hospitals are split by ranges of patients; the shares of one go to both workers."""
    address, workers = machines
    here, there = tmp_path / "here", tmp_path / "there"
    alone = pipeline.check(study, folder, here)
    call = "from ehrivig import pipeline; import sys; "
    call += "options = pipeline.Options(cluster=sys.argv[3], share_rows=8_000); "
    call += "done = pipeline.check('ivig_covid19', *sys.argv[1:3], options=options); "
    call += "sys.exit(done.exit_code)"
    arguments = [sys.executable, "-W", "ignore", "-c", call, str(folder), str(there), address]
    workshop, begun = tmp_path / ".there.partial" / "batches", []
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        until(lambda: running.poll() is not None or len(list(workshop.glob("00001/.*"))) == 2)
        begun = sorted(path.name.split(".")[1] for path in workshop.glob("*/.*"))
        workers[0].send_signal(signal.SIGKILL)
        _, said = running.communicate(timeout=300)
    assert running.returncode == alone.exit_code == 0, said
    assert begun == ["share-1", "share-2"], "both workers were on the same hospital"
    assert workers[0].wait(10) == -signal.SIGKILL
    assert hashes(there) == hashes(here)
    _assert_every_hospital_and_no_debris(there)


def _assert_every_hospital_and_no_debris(out: Path) -> None:
    assert not (out / "batches").exists()
    assert not list(out.rglob(".*"))
    found = pl.read_parquet(out / "hospitals" / "measurement.parquet")["hospital_id"]
    assert sorted(found.unique()) == ["A", "B", "C"][:HOSPITALS]


@pytest.fixture(scope="module")
def short_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged study with few bootstraps and imputations."""
    text = (resources.studies_folder() / "ivig_covid19.toml").read_text(encoding="utf-8")
    assert "bootstrap = 500" in text
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(text.replace("bootstrap = 500", "bootstrap = 40\nimputations = 2"))
    return path


def ehrivig_run(*arguments: object) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", "ehrivig.cli", "run", *map(str, arguments)]


def test_a_whole_run_with_a_worker_killed_in_the_middle_of_a_hospital(
    machines: Machines, short_study: Path, tmp_path: Path
) -> None:
    """Cohort, effects, report: every result file has the bytes of a run in one process."""
    address, workers = machines
    folder, here, there = (tmp_path / name for name in ("extract", "here", "there"))
    write_demo(folder, patients=1_200, hospitals=HOSPITALS)
    alone = ehrivig_run(short_study, "--extract", folder, "--quiet", "--out", here)
    assert subprocess.run(alone, timeout=600).returncode == 0
    call = ehrivig_run(short_study, "--extract", folder, "--quiet", "--out", there)
    workshop = tmp_path / ".there.partial" / "batches"
    with subprocess.Popen(
        [*call, "--cluster", address, "--batch-rows", "0"], stderr=subprocess.PIPE
    ) as running:
        until(lambda: running.poll() is not None or len(list(workshop.glob(".*/*"))) > 1)
        begun = sorted(path.name.split(".")[1] for path in workshop.glob(".*"))
        workers[0].send_signal(signal.SIGKILL)
        _, said = running.communicate(timeout=600)
    assert running.returncode == 0, said
    assert len(begun) == 2, "both workers were in the middle of a hospital"
    assert workers[0].wait(10) == -signal.SIGKILL
    assert hashes(there) == hashes(here)
    assert {"effects.csv", "report.html", "matched.parquet"} <= set(hashes(here))
    _assert_every_hospital_and_no_debris(there)
    print(f"\nkilled while {begun} were worked on: {len(hashes(here))} files have the same bytes")


def test_delimited_text_is_checked_on_a_cluster_as_here(
    machines: Machines, study: Study, folder: Path, tmp_path: Path
) -> None:
    """Its Parquet copies lie in the folder of the run, which all workers see."""
    text = tmp_path / "text"
    for table in {path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet")}:
        if not table.startswith("_"):
            rows = pl.read_parquet(folder / table / "**" / "*.parquet", hive_partitioning=True)
            text.mkdir(exist_ok=True)
            rows.write_csv(text / f"{table}.csv")
    plan = study.model_copy(
        update={"extract": study.extract.model_copy(update={"hospitals": ("A", "B", "C")})}
    )
    here, there = tmp_path / "here", tmp_path / "there"
    alone = pipeline.check(plan, text, here)
    options = pipeline.Options(cluster=machines[0], batch_rows=0)
    spread = pipeline.check(plan, text, there, options=options)
    assert spread.exit_code == alone.exit_code == 0, spread.message
    assert hashes(there) == hashes(here)
    _assert_every_hospital_and_no_debris(there)


def test_a_run_whose_workers_lack_the_extract_is_one_message(folder: Path, tmp_path: Path) -> None:
    """Workers to whom the folder does not exist: exit code 2 and no output."""
    shim = tmp_path / "dask" / "hide.py"
    shim.parent.mkdir()
    shim.write_text(
        "from pathlib import Path\n"
        "there = Path.exists\n"
        f"Path.exists = lambda path, **how: str(path) != {str(folder)!r} and there(path, **how)\n"
    )
    with started(tmp_path, "--preload", str(shim)) as (address, _):
        call = ehrivig_run("ivig_covid19", "--extract", folder, "--quiet", "--cluster", address)
        call += ["--out", str(tmp_path / "out")]
        done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    print(f"\nexit code {done.returncode}: {done.stderr.strip()}")
    assert done.returncode == 2
    assert done.stderr.startswith("ehrivig: cluster: the worker on ")
    assert "does not see the folder of the extract" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["dask"]


def test_no_scheduler_ends_with_code_2_and_no_output(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    call = (
        "from ehrivig import cli; from ehrivig.runs import cluster; "
        "cluster.SCHEDULER_SECONDS = 1; cli.entry()"
    )
    arguments = [sys.executable, "-c", call, "run", "ivig_covid19", "--quiet"]
    arguments += ["--extract", str(folder), "--out", str(tmp_path / "out"), "--cluster", address]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("ehrivig: cluster: no scheduler answers at")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of distributed
def test_no_scheduler_is_told_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SCHEDULER_SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UsageError, match="no scheduler answers"):
        cluster._connect(address)


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://x", "tcp:/"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        cluster._refuse_open_network(address)


def test_an_open_network_is_refused() -> None:
    with pytest.raises(UsageError, match="tls://"):
        cluster._refuse_open_network("tcp://10.0.0.5:8786")
    for address in ("tcp://localhost:1", "tcp://[::1]:1", "tcp://127.0.0.1:1", "tls://10.0.0.5:1"):
        cluster._refuse_open_network(address)


def test_a_worker_without_the_data_says_so(study: Study, folder: Path, tmp_path: Path) -> None:
    source = replace(extract.inspect(folder, study), root=tmp_path / "not-there")
    found = cluster.work_aside(task(source, study, tmp_path / "A"), fingerprint.of_program())
    assert isinstance(found, UsageError)
    assert "does not see the folder" in str(found)


def test_a_worker_with_another_version_says_so(study: Study, folder: Path, tmp_path: Path) -> None:
    source = extract.inspect(folder, study)
    found = cluster.work_aside(task(source, study, tmp_path / "A"), "another")
    assert isinstance(found, UsageError)
    assert "another version" in str(found)
    assert not os.listdir(tmp_path)


def test_work_aside_leaves_one_folder(
    study: Study, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first finished attempt counts; a second one and an unreadable extract leave nothing."""
    source = extract.inspect(folder, study)
    wanted, program = task(source, study, tmp_path / "A"), fingerprint.of_program()
    first = cluster.work_aside(wanted, program)
    second = cluster.work_aside(wanted, program)
    assert first == second
    assert isinstance(first, Outcome)
    assert [one.hospitals for one in first.results] == [("A",)]
    assert os.listdir(tmp_path) == ["A"]
    lost = Outcome((), {"A": ExtractError("lab: unreadable")})
    monkeypatch.setattr(cluster, "perform", lambda task: lost)
    assert cluster.work_aside(replace(wanted, folder=tmp_path / "B"), program) == lost
    assert os.listdir(tmp_path) == ["A"]
