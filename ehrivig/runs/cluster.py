"""The same hospital function on many machines, by Dask distributed (extra `cluster`).

Workers read the extract and write their results through a folder that every machine sees at the
same path; the scheduler passes on tasks and answers, never a row. A worker writes aside and renames
at the end, so one that is killed leaves nothing that counts, and its hospitals are done again by
another. The scheduler asks nobody for a password: `tcp://` is taken for this machine only (a tunnel
ends there as well), and `tls://` for all others.
"""

from __future__ import annotations

import ipaddress
import logging
import shutil
import socket
import uuid
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ehrivig.errors import EhrivigError, UsageError
from ehrivig.extract.source_view import named
from ehrivig.runs import fingerprint
from ehrivig.runs.batch import FILE, BatchResult
from ehrivig.runs.task import Outcome, Task, perform

RETRIES = 3
SCHEDULER_SECONDS = 10
WORKER_SECONDS = 30


def work(tasks: list[Task], address: str) -> Generator[Outcome, None, None]:
    """The outcome of every task, in order, worked out by the workers of a scheduler.

    Raises UsageError when the scheduler cannot be reached, has no worker, or loses its workers
    again and again; or when a worker cannot see the folders or has another version of the package.
    """
    if not tasks:
        return
    client = _connect(address)
    for task in tasks:
        task.folder.parent.mkdir(parents=True, exist_ok=True)
    program = fingerprint.of_program()
    futures = [
        client.submit(
            work_aside, _absolute(task), program, retries=RETRIES, pure=False, key=_key(task)
        )
        for task in tasks
    ]
    try:
        for task, future in zip(tasks, futures, strict=True):
            yield _outcome(future, task)
    finally:
        client.cancel(futures, force=True)
        client.close()
        _sweep(tasks)


def work_aside(task: Task, program: str) -> Outcome | EhrivigError:
    """Work on some hospitals in a folder beside the wanted one, which then gets its name.

    A user's mistake comes back as a value: to try it again would not mend it.
    """
    try:
        _refuse_stranger(task, program)
        aside = task.folder.with_name(f".{task.folder.name}.{uuid.uuid4().hex}")
        found = perform(replace(task, folder=aside))
        if not found.results:
            shutil.rmtree(aside, ignore_errors=True)
            return found
        return replace(found, results=_settled(aside, task.folder))
    except EhrivigError as error:
        return error


def _settled(aside: Path, folder: Path) -> tuple[BatchResult, ...]:
    """The results under their final names; the first of two finished attempts counts."""
    try:
        aside.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(aside, ignore_errors=True)
    return tuple(BatchResult.read(path.parent) for path in sorted(folder.rglob(FILE)))


def _refuse_stranger(task: Task, program: str) -> None:
    """UsageError on a worker that would give another answer, or none."""
    host = socket.gethostname()
    for what, path in (("extract", task.source.root), ("--out", task.folder.parent)):
        if not path.exists():
            raise UsageError(
                f"cluster: the worker on {host} does not see the folder of the {what} "
                f"({path.name!r}). Share it between all machines, at the same path."
            )
    if fingerprint.of_program() != program:
        raise UsageError(
            f"cluster: the worker on {host} has another version of ehrivig or of its engines. "
            "Install the same on all machines."
        )


def _connect(address: str) -> Any:
    """A client of the scheduler at `address` that has at least one worker."""
    _refuse_open_network(address)
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "cluster: the package distributed is missing. Install ehrivig[cluster]."
        ) from error
    for name in ("distributed", "distributed.scheduler", "distributed.worker"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what fails is told once, below
    try:
        client = distributed.Client(address, timeout=SCHEDULER_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"cluster: no scheduler answers at {address}. Start one (dask scheduler), or mend the "
            "address."
        ) from error
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError as error:
        client.close()
        raise UsageError(
            f"cluster: the scheduler at {address} has no worker. Start some (dask worker ...)."
        ) from error
    return client


def _refuse_open_network(address: str) -> None:
    """UsageError for an address without encryption that is not of this machine."""
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("tcp", "tls") and parts.hostname and parts.port
    except ValueError:
        known = False
    if not known:
        raise UsageError(
            f"cluster: {address!r} is no address. Write it such as tcp://127.0.0.1:8786."
        )
    if parts.scheme == "tcp" and not _is_loopback(str(parts.hostname)):
        raise UsageError(
            "cluster: tcp:// is not encrypted and asks for no password, so it is taken for this "
            "machine only. Use tls:// with certificates, or a tunnel to 127.0.0.1."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _outcome(future: Any, task: Task) -> Outcome:
    """What a worker answered; a mistake that concerns the whole run is raised."""
    import distributed

    try:
        found = future.result()
    except distributed.KilledWorker as error:
        raise UsageError(
            f"cluster: the workers on {named(task.hospitals)} were killed {RETRIES + 1} times, "
            "most likely for want of memory. Give them more, or a smaller --memory."
        ) from error
    except (distributed.CancelledError, distributed.comm.CommClosedError, OSError) as error:
        raise UsageError(
            "cluster: the connection to the scheduler was lost. Look at its log and run again."
        ) from error
    if isinstance(found, EhrivigError):
        raise found
    outcome: Outcome = found
    return outcome


def _absolute(task: Task) -> Task:
    """The task with paths that do not depend on where a process was started."""
    here = Path.cwd()
    parts = {
        name: tuple(
            replace(file, path=_from(here, file.path), copy=file.copy and _from(here, file.copy))
            for file in files
        )
        for name, files in task.source.parts.items()
    }
    source = replace(task.source, root=_from(here, task.source.root), parts=parts)
    return replace(task, source=source, folder=here / task.folder)


def _from(here: Path, path: Path) -> Path:
    """A path seen from a folder; one that is absolute stays as it is."""
    return path if path.is_absolute() else here / path


def _key(task: Task) -> str:
    return f"ehrivig-{task.folder.name}-{uuid.uuid4().hex}"


def _sweep(tasks: list[Task]) -> None:
    """Remove what killed attempts left beside the results."""
    for folder in {task.folder.parent for task in tasks}:
        for left in folder.glob(".*"):
            shutil.rmtree(left, ignore_errors=True)  # of folders: a file or a link stays
