"""A PostgreSQL server of this machine, started for a test and stopped after it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

USER, PASSWORD, DATABASE = "reader", "s3cret-word", "warehouse"


def programs() -> Path | None:
    """The folder of initdb and postgres; None where they are not installed."""
    found = shutil.which("initdb") or shutil.which(
        "initdb", path=":".join(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))))
    )
    return Path(os.path.realpath(found)).parent if found else None


class Server:
    """A server that was started: its port, and how to end it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self._process = port, process

    @property
    def address(self) -> str:
        """Where it is, without who asks."""
        return f"postgresql://127.0.0.1:{self.port}/{DATABASE}"

    def end(self) -> None:
        """Stop it in the middle of its work."""
        self._process.send_signal(3)
        self._process.wait(timeout=30)


@contextmanager
def server() -> Iterator[Server]:
    """A new server with one database and one user with a password."""
    home = programs()
    assert home is not None
    own = _unprivileged()
    with TemporaryDirectory(prefix="ehrivig-pg-", dir="/tmp") as name:
        place = Path(name)
        if own is not None:
            os.chown(place, own, -1)
        data, secret = place / "data", place / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        as_user = {"user": own} if own is not None else {}
        _run(
            [home / "initdb", "-D", data, "-U", USER, f"--pwfile={secret}",
             "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"], as_user,
        )  # fmt: skip
        port = _free_port()
        started = subprocess.Popen(
            [home / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", place,
             "-c", "fsync=off"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
        )  # fmt: skip
        try:
            _wait(home, port)
            yield Server(port, started)
        finally:
            if started.poll() is None:
                started.send_signal(2)
                started.wait(timeout=30)


def _run(command: list[object], as_user: dict[str, int]) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True, cwd="/tmp", **as_user)


def _unprivileged() -> int | None:
    """The user to run it as, which must not be the superuser; None for whoever runs this."""
    if os.geteuid():
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return pwd.getpwnam("nobody").pw_uid


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(home: Path, port: int) -> None:
    """Until the server takes connections: it hears before it does."""
    asked = [home / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if subprocess.run(asked, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")
