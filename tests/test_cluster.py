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

import pytest
from result_files import hashes

from ehrivig import cluster, extract, manifest, pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, UsageError
from ehrivig.study import Study, load
from ehrivig.task import Task

pytestmark = pytest.mark.slow


NEEDS_DASK = pytest.mark.skipif(
    subprocess.run([sys.executable, "-c", "import distributed"], capture_output=True).returncode
    != 0,
    reason="the package distributed is not installed",
)
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


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(process("scheduler", "--host", "127.0.0.1", "--port", port))
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path / "dask"))
        workers = [stack.enter_context(process("worker", address, *options)) for _ in range(2)]
        yield address, workers


def task(source: extract.Source, study: Study, target: Path) -> Task:
    return Task(source, source.hospitals[0], study, target, True, "")


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@NEEDS_DASK
@pytest.mark.slow
def test_a_killed_worker_changes_nothing(
    machines: tuple[str, list[subprocess.Popen[bytes]]],
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
    call += "options=pipeline.Options(cluster=sys.argv[3])); sys.exit(done.exit_code)"
    arguments = [sys.executable, "-W", "ignore", "-c", call, str(folder), str(there), address]
    workshop = tmp_path / ".there.partial" / "hospitals"
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as running:
        # Both workers write: each has a folder of its own beside the wanted ones.
        until(lambda: running.poll() is not None or len(list(workshop.glob(".*"))) == 2)
        workers[0].send_signal(signal.SIGKILL)
        _, said = running.communicate(timeout=300)
    assert running.returncode == alone.exit_code == 0, said
    assert hashes(there) == hashes(here)
    left = {path.name for path in (there / "hospitals").iterdir()}
    assert len(left) == HOSPITALS
    assert not any(name.startswith(".") for name in left)


@NEEDS_DASK
def test_no_scheduler_ends_with_code_2_and_no_output(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    call = (
        "import sys; from ehrivig import cluster, cli; cluster.SCHEDULER_SECONDS = 1; cli.entry()"
    )
    arguments = [sys.executable, "-c", call, "run", "ivig_covid19", "--quiet"]
    arguments += ["--extract", str(folder), "--out", str(tmp_path / "out"), "--cluster", address]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("ehrivig: cluster: no scheduler answers at")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@NEEDS_DASK
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
    found = cluster.work_aside(task(source, study, tmp_path / "A"), manifest.program_fingerprint())
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
    wanted, program = task(source, study, tmp_path / "A"), manifest.program_fingerprint()
    first = cluster.work_aside(wanted, program)
    second = cluster.work_aside(wanted, program)
    assert first == second
    assert os.listdir(tmp_path) == ["A"]
    monkeypatch.setattr(cluster, "perform", lambda task: ExtractError("lab: unreadable"))
    assert isinstance(
        cluster.work_aside(replace(wanted, folder=tmp_path / "B"), program), ExtractError
    )
    assert os.listdir(tmp_path) == ["A"]
