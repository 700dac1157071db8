"""A cluster with certificates on loopback: tasks are done, and who has none is not listened to."""

from __future__ import annotations

import datetime
import ipaddress
import os
import pickle
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ehrivig.demo import write_demo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
_TODAY = datetime.datetime.now(datetime.UTC)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def authority(folder: Path) -> Path:
    """A folder with an authority and its certificate for loopback: ca.pem, cert.pem, key.pem."""
    folder.mkdir()
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def signed(subject: str, public: Any, *, ca: bool) -> x509.Certificate:
        one = x509.CertificateBuilder(
            _name("authority"), _name(subject), public, x509.random_serial_number(),
            _TODAY - datetime.timedelta(1), _TODAY + datetime.timedelta(1),
        )  # fmt: skip
        place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        one = one.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        return one.add_extension(place, critical=False).sign(ca_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(
        signed("authority", ca_key.public_key(), ca=True).public_bytes(pem)
    )
    (folder / "cert.pem").write_bytes(
        signed("ehrivig", key.public_key(), ca=False).public_bytes(pem)
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


def configured(certificates: Path) -> dict[str, str]:
    """Dask's settings for a process with these certificates, as environment."""
    own = {"CERT": certificates / "cert.pem", "KEY": certificates / "key.pem"}
    tls = {
        f"{who}__{what}": path
        for who in ("SCHEDULER", "WORKER", "CLIENT")
        for what, path in own.items()
    }
    tls["CA_FILE"] = certificates / "ca.pem"
    head = "DASK_DISTRIBUTED__COMM__"
    return {f"{head}TLS__{name}": str(path) for name, path in tls.items()} | {
        f"{head}REQUIRE_ENCRYPTION": "true"
    }


@contextmanager
def machines(certificates: Path, place: Path) -> Iterator[int]:
    """A scheduler and a worker with certificates; the port of the scheduler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-W", "ignore", "-m", "dask"]
    scheduler = ["scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["worker", f"tls://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", str(place / "dask")]
    with ExitStack() as stack:
        for words in (scheduler, worker):
            call = [*dask, *words, "--no-dashboard"]
            one = subprocess.Popen(call, env=os.environ | configured(certificates), **quiet)  # type: ignore[call-overload]
            stack.callback(one.wait)
            stack.callback(one.kill)
        yield port


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("tls") / "trusted")


@pytest.fixture(scope="module")
def port(trusted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with machines(trusted, tmp_path_factory.mktemp("machines")) as found:
        yield found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("data") / "extract"
    write_demo(found, patients=60, hospitals=1)
    return found


def checked(data: Path, out: Path, port: int, certificates: Path) -> tuple[int, str]:
    """Exit code and messages of `ehrivig check --cluster` with certificates of an authority."""
    words = [sys.executable, "-m", "ehrivig.cli", "check", "ivig_covid19", "--extract", str(data)]
    words += ["--out", str(out), "--cluster", f"tls://127.0.0.1:{port}", "--quiet"]
    environment = os.environ | configured(certificates)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


def test_hospitals_are_gated_by_those_with_certificates(
    port: int, data: Path, trusted: Path, tmp_path: Path
) -> None:
    code, said = checked(data, tmp_path / "out", port, trusted)
    assert code == 0, said
    assert (tmp_path / "out" / "quality" / "checks.csv").is_file()
    assert str(trusted) not in (tmp_path / "out" / "manifest.json").read_text()


def test_a_scheduler_of_another_authority_is_no_scheduler(
    port: int, data: Path, tmp_path: Path
) -> None:
    code, said = checked(data, tmp_path / "out", port, authority(tmp_path / "other"))
    assert code == 2
    assert said.startswith(f"ehrivig: cluster: no scheduler answers at tls://127.0.0.1:{port}.")
    assert not (tmp_path / "out").exists()


class Payload:
    """What unpickling it does: a file appears."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (str(self.path), "w")


def frames(path: Path) -> bytes:
    """A message of Dask's protocol with a pickle in it, and the pickle alone."""
    content = pickle.dumps(Payload(path))
    head = (1).to_bytes(8, "little") + len(content).to_bytes(8, "little")
    whole = head + content
    return len(whole).to_bytes(8, "little") + whole + content


@pytest.mark.parametrize("how", ["in plain", "encrypted, without a certificate", "with another's"])
def test_nothing_is_unpickled_from_who_has_no_certificate(
    how: str, port: int, trusted: Path, tmp_path: Path
) -> None:
    answer = b""
    with suppress(OSError), ExitStack() as open_:
        stream: Any = open_.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        if how != "in plain":
            context = ssl.create_default_context(cafile=str(trusted / "ca.pem"))
            if how == "with another's":
                other = authority(tmp_path / "other")
                context.load_cert_chain(str(other / "cert.pem"), str(other / "key.pem"))
            stream = open_.enter_context(context.wrap_socket(stream, server_hostname="127.0.0.1"))
        stream.sendall(frames(tmp_path / "unpickled"))
        answer = stream.recv(1000)
    assert answer == b""  # hung up
    assert not (tmp_path / "unpickled").exists()


def test_the_payload_would_do_what_it_says(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "unpickled"))).close()
    assert (tmp_path / "unpickled").exists()
