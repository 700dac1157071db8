"""An S3 store on this machine for tests: moto behind a proxy that counts bytes and denies buckets.

`python -m tests.object_store` installs moto into `.moto` (it needs packages in other versions than
this project pins, so it has an environment of its own) and runs the tests of object stores.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import venv
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".moto"
PYTHON = os.environ.get("EHRIVIG_MOTO_PYTHON", str(FOLDER / "bin" / "python"))
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Proxy(BaseHTTPRequestHandler):
    """Hands a request on to the store, and notes the bytes of objects that came back."""

    protocol_version = "HTTP/1.1"
    store = ("", 0)
    denied: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    fetched: dict[str, int]
    lock = threading.Lock()

    def _hand_on(self) -> None:
        body = self._body()
        bucket = urllib.parse.urlsplit(self.path).path.split("/")[1]
        writes = self.command in ("PUT", "POST", "DELETE")
        if bucket in self.denied or (bucket in self.read_only and writes):
            self._answer(403, [("Content-Type", "application/xml")], DENIED)
            return
        with closing(http.client.HTTPConnection(*self.store, timeout=60)) as connection:
            connection.request(self.command, self.path, body, self._headers())
            told = connection.getresponse()
            content = told.read()
        key = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if self.command == "GET" and key.endswith(".parquet"):
            with self.lock:
                self.fetched[key] = self.fetched.get(key, 0) + len(content)
        self._answer(told.status, told.getheaders(), content)

    def _body(self) -> bytes | None:
        """The body of a request, whole, whether it came with its length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else None
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _headers(self) -> dict[str, str]:
        dropped = ("transfer-encoding", "expect", "connection")
        return {n: v for n, v in self.headers.items() if n.lower() not in dropped}

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        told = {n.lower(): v for n, v in headers}.get("content-length", "0")
        self.send_header("Content-Length", told if self.command == "HEAD" else str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _hand_on

    def log_message(self, *_: object) -> None:
        """Nothing: a test says what it looked at."""


def available() -> bool:
    """Whether moto is installed where the tests look for it."""
    return Path(PYTHON).is_file()


@contextmanager
def running() -> Iterator[tuple[str, type[Proxy]]]:
    """The address of the proxy of an empty store, and the proxy with its counts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(call, stdout=quiet, stderr=quiet) as moto:
        try:
            _wait(port, moto)
            proxy = type("OneProxy", (Proxy,), {"store": ("127.0.0.1", port), "fetched": {}})
            server = ThreadingHTTPServer(("127.0.0.1", 0), proxy)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}", proxy
            server.shutdown()
            server.server_close()
        finally:
            moto.kill()


def _wait(port: int, moto: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and moto.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("moto did not start")


def main() -> int:
    """Install moto apart, and run the tests that need it."""
    if not available():
        venv.create(FOLDER, with_pip=True, clear=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "moto[server]"], check=True)
    tests = [sys.executable, "-m", "pytest", "-p", "no:xdist", "-rs", "tests/test_store.py"]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
