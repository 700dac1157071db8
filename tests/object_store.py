"""An S3 store on this machine for tests: moto behind a proxy that counts bytes and refuses."""

from __future__ import annotations

import hashlib
import http.client
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ehrivig.contract import BY_NAME
from ehrivig.store.path import filesystem

Marks = dict[str, tuple[str, int]]
"""Key below a bucket -> SHA-256 and time of change of the object."""
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Proxy(BaseHTTPRequestHandler):
    """Hands a request on to the store, and notes the bytes of objects that came back."""

    protocol_version = "HTTP/1.1"
    store = ("", 0)
    denied: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    writes_left: dict[str, int]
    fetched: dict[str, int]
    lock = threading.Lock()

    def _hand_on(self) -> None:
        body = self._body()
        bucket = urllib.parse.urlsplit(self.path).path.split("/")[1]
        writes = self.command in ("PUT", "POST", "DELETE")
        if bucket in self.denied or (writes and self._may_not_write(bucket)):
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

    def _may_not_write(self, bucket: str) -> bool:
        """Whether the bucket is for reading only, or its permitted writes are used up."""
        with self.lock:
            left = self.writes_left.get(bucket)
            if left:
                self.writes_left[bucket] = left - 1
        return bucket in self.read_only or left == 0

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


class Server(ThreadingHTTPServer):
    """The proxy's server; it has nothing to say of a client that was killed."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running() -> Iterator[tuple[str, type[Proxy]]]:
    """The address of the proxy of an empty store, and the proxy with its counts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(call, stdout=quiet, stderr=quiet) as moto:
        try:
            _wait(port, moto)
            own = {"store": ("127.0.0.1", port), "fetched": {}, "writes_left": {}}
            proxy = type("OneProxy", (Proxy,), own)
            server = Server(("127.0.0.1", 0), proxy)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}", proxy
            server.shutdown()
            server.server_close()
        finally:
            moto.kill()


KEY_ID, SECRET = "AKIAOFEHRIVIGSTESTS", "s3cr3t/of+the/tests+of+ehrivig"


def environment(address: str) -> dict[str, str]:
    """The variables that point a process at the store."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }


def make_buckets(address: str, *names: str) -> None:
    """Buckets without an object."""
    from pyarrow import fs

    maker: Any = fs.S3FileSystem(
        endpoint_override=address, region="us-east-1", allow_bucket_creation=True
    )
    for name in names:
        maker.create_dir(name)


def upload(folder: Path, prefix: str) -> None:
    """Put all files of a folder below "bucket/key"."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with filesystem().open_output_stream(
            f"{prefix}/{path.relative_to(folder).as_posix()}", compression=None
        ) as stream:
            stream.write(path.read_bytes())


def objects(bucket: str) -> dict[str, bytes]:
    """Key below the bucket -> content, of every object there."""
    from pyarrow import fs

    store = filesystem()
    found = store.get_file_info(fs.FileSelector(bucket, recursive=True))
    keys = [info.path for info in found if info.is_file]
    return {
        key.removeprefix(f"{bucket}/"): store.open_input_file(key).readall() for key in sorted(keys)
    }


def marks(bucket: str) -> Marks:
    """Key below the bucket -> SHA-256 and time of change, of every object there."""
    from pyarrow import fs

    found = filesystem().get_file_info(fs.FileSelector(bucket, recursive=True))
    times = {info.path.removeprefix(f"{bucket}/"): info.mtime_ns for info in found if info.is_file}
    contents = objects(bucket)
    return {key: (hashlib.sha256(contents[key]).hexdigest(), times[key]) for key in sorted(times)}


def needed_bytes(folder: Path) -> dict[str, int]:
    """File -> compressed bytes of the columns of the contract."""
    found = {}
    for path in sorted(folder.glob("[a-z]*/*/*.parquet")):
        names = BY_NAME[path.parts[-3]].names
        footer = pq.read_metadata(path)
        groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
        found[path.relative_to(folder).as_posix()] = sum(
            group.column(i).total_compressed_size
            for group in groups
            for i in range(group.num_columns)
            if group.column(i).path_in_schema in names
        )
    return found


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
