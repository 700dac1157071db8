"""A whole `ehrivig run` from bucket to bucket: the bytes of a run on a disk, or one message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import object_store
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import Marks, marks, needed_bytes, objects, upload
from result_files import hashes

from ehrivig import resources
from ehrivig.demo import write_demo
from ehrivig.store.path import filesystem

pytestmark = pytest.mark.slow
BUCKETS = ("data", "runs", "closed", "readonly")
OF_ONE_RUN = {"inputs", "fingerprint", "outputs", "steps"}
"""Of the manifest: a store names content by its ETag, and steps have times."""


@dataclass
class Place:
    """A store, an extract on the disk and in the store, and a good run of it in both."""

    proxy: type[object_store.Proxy]
    folder: Path
    extract: Path
    study: Path
    temporary: Path

    def start(
        self, extract: str | Path, out: str | Path, study: Path | None = None
    ) -> subprocess.Popen[str]:
        """`ehrivig run` in a process of its own."""
        call = [sys.executable, "-m", "ehrivig.cli", "run", str(study or self.study), "--json"]
        call += ["--quiet", "--extract", str(extract), "--out", str(out)]
        place = os.environ | {"TMPDIR": str(self.temporary), "OPENBLAS_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        return subprocess.Popen(call, stdout=pipe, stderr=pipe, text=True, env=place)

    def run(
        self, extract: str | Path, out: str | Path, study: Path | None = None
    ) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of such a run."""
        with self.start(extract, out, study) as running:
            said, complained = running.communicate(timeout=600)
        return running.returncode, said, complained


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The same extract on the disk and in s3://data/extract, with a good run of it in both."""
    folder = tmp_path_factory.mktemp("stores")
    with object_store.running() as (address, proxy), pytest.MonkeyPatch.context() as patch:
        for name, value in object_store.environment(address).items():
            patch.setenv(name, value)
        filesystem.cache_clear()
        object_store.make_buckets(address, *BUCKETS)
        (folder / "tmp").mkdir()
        found = Place(proxy, folder, folder / "extract", _study(folder, 40), folder / "tmp")
        _extract_with_a_column_of_no_use(found.extract)
        upload(found.extract, "data/extract")
        done = found.run(found.extract, folder / "here")
        assert done[0] == 0, done[2]
        proxy.fetched.clear()
        done = found.run("s3://data/extract", "s3://runs/study")
        assert done[0] == 0, done[2]
        yield found
        filesystem.cache_clear()


def _study(folder: Path, bootstraps: int) -> Path:
    """The packaged study with few bootstraps and imputations."""
    text = (resources.studies_folder() / "ivig_covid19.toml").read_text(encoding="utf-8")
    assert "bootstrap = 500" in text
    path = folder / f"study{bootstraps}.toml"
    few = f"bootstrap = {bootstraps}\nimputations = 2"
    path.write_text(text.replace("bootstrap = 500", few), encoding="utf-8")
    return path


def _extract_with_a_column_of_no_use(folder: Path) -> None:
    write_demo(folder, patients=1_500, hospitals=2)
    noise = np.random.default_rng(1)
    for path in folder.glob("[a-z]*/*/*.parquet"):
        table = pq.read_table(path, partitioning=None)
        text = [noise.bytes(100).hex() for _ in range(table.num_rows)]
        table = table.append_column("value_of_no_use", pa.array(text, pa.string()))
        pq.write_table(table, path, row_group_size=20_000)


def manifest_of(content: bytes) -> dict[str, Any]:
    """What a manifest says whatever the place and time of the run."""
    found = json.loads(content)
    kept = {name: value for name, value in found.items() if name not in OF_ONE_RUN}
    names = ("path", "size", "rows")
    kept["inputs"] = [{name: file[name] for name in names} for file in found["inputs"]]
    kept["outputs"] = sorted(found["outputs"])
    return kept


def test_a_run_from_store_to_store_has_the_bytes_of_a_run_on_disk(place: Place) -> None:
    """Every result file; the manifest but for times and ETags; nothing left on this machine."""
    copy = place.folder / "copy"
    for name, content in objects("runs").items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
    here, there = hashes(place.folder / "here"), hashes(copy / "study")
    assert there == here
    assert {"effects.csv", "report.html", "matched.parquet", "quality/checks.csv"} <= set(here)
    told = [(f / "manifest.json").read_bytes() for f in (place.folder / "here", copy / "study")]
    assert manifest_of(told[0]) == manifest_of(told[1])
    assert sorted(p.name for p in copy.iterdir()) == ["study", "study.attempts"]
    assert left_here(place) == []
    print(f"\n{len(here)} result files from s3:// to s3:// have the bytes of the run on disk")


def test_a_run_fetches_little_more_than_the_needed_columns(place: Place) -> None:
    """Of a large object its needed columns, once; one of less than 2 MB comes whole."""
    needed = needed_bytes(place.extract)
    sizes = {name: (place.extract / name).stat().st_size for name in needed}
    fetched = {name: place.proxy.fetched.get(f"/data/extract/{name}", 0) for name in needed}
    large = [name for name in needed if sizes[name] > 2 * 2**20]
    for name, of in (("large", large), ("all", list(needed))):
        parts = [f"{sum(d[n] for n in of):,}" for d in (needed, fetched, sizes)]
        print(f"\n{name} objects: needed {parts[0]}, fetched {parts[1]}, whole {parts[2]} bytes")
    assert len(large) >= 2
    assert sum(fetched[n] for n in large) < 0.15 * sum(sizes[n] for n in large)
    assert all(fetched[n] <= sizes[n] + 128 * 1024 for n in needed)


def results() -> Marks:
    """The objects of runs; every attempt is put on record beside them (`.attempts`)."""
    return {name: mark for name, mark in marks("runs").items() if ".attempts/" not in name}


@pytest.mark.parametrize(
    ("extract", "out", "code", "message"),
    [
        ("s3://closed/extract", "s3://runs/study", 4, "access is denied"),
        ("s3://nowhere/extract", "s3://runs/study", 4, "there is no bucket"),
        ("s3://data/extract", "s3://closed/study", 2, "access is denied"),
        ("s3://data/extract", "s3://readonly/study", 2, "access is denied"),
    ],
)
def test_a_bucket_without_permission_is_one_message_and_leaves_nothing(
    extract: str, out: str, code: int, message: str, place: Place
) -> None:
    place.proxy.denied, place.proxy.read_only = ("closed",), ("readonly",)
    before = results()
    exit_code, _, told = place.run(extract, out)
    print(f"\n{extract} -> {out}: exit code {exit_code}\n{told.strip()}")
    assert exit_code == code
    assert message in told
    assert len(told.splitlines()) == 1
    assert results() == before
    assert marks("readonly") == {}
    assert left_here(place) == []


def test_permission_that_ends_during_the_upload_leaves_the_earlier_run(place: Place) -> None:
    """Refused when the results are put there, after all work; the next run mends it."""
    before = results()
    place.proxy.writes_left = {"runs": 12}
    exit_code, _, told = place.run("s3://data/extract", "s3://runs/study", _study(place.folder, 41))
    place.proxy.writes_left = {}
    print(f"\npermission withdrawn: exit code {exit_code}\n{told.strip()}")
    assert (exit_code, len(told.splitlines())) == (2, 1)
    assert "access is denied" in told
    assert left_here(place) == []
    _the_earlier_run_stays(place, before)


def test_a_killed_run_leaves_the_earlier_run(place: Place) -> None:
    before = results()
    study = _study(place.folder, 42)
    with place.start("s3://data/extract", "s3://runs/study", study) as running:
        end = time.monotonic() + 120
        while time.monotonic() < end and not begun(place):
            assert running.poll() is None
            time.sleep(0.02)
        running.kill()
    assert running.returncode == -signal.SIGKILL
    assert left_here(place)
    _the_earlier_run_stays(place, before)
    assert left_here(place) == []


def begun(place: Place) -> list[Path]:
    """The hospitals of which a run on this machine has something."""
    return list(place.temporary.glob("ehrivig-*/.*.partial/batches/*/*"))


def left_here(place: Place) -> list[Path]:
    """The files that runs left on this machine."""
    return [path for path in place.temporary.rglob("*") if path.is_file()]


def _the_earlier_run_stays(place: Place, before: Marks) -> None:
    """Not an object of it changed; the next run knows it, and removes what was left aside."""
    after = results()
    assert {name: mark for name, mark in after.items() if name in before} == before
    assert all(name.startswith(".study.partial/") for name in after.keys() - before.keys())
    exit_code, said, told = place.run("s3://data/extract", "s3://runs/study")
    assert (exit_code, json.loads(said)["message"]) == (0, "unchanged"), told
    assert results() == before


def test_no_credential_is_in_what_a_run_leaves_or_says(place: Place) -> None:
    """Neither of the environment, nor of an address that holds them."""
    secrets = [part.encode() for part in (object_store.KEY_ID, object_store.SECRET)]
    out = place.folder / "denied"
    said = [place.run("s3://closed/extract", out), place.run(place.extract, "s3://closed/study")]
    own = f"s3://{object_store.KEY_ID}:{object_store.SECRET.replace('/', '%2F')}@data/extract"
    said.append(place.run(own, out))
    said.append(place.run(place.extract, own.replace("extract", "study")))
    assert [code for code, *_ in said] == [4, 2, 2, 2]
    assert "Take the credentials out of it" in said[-1][2]
    texts = [text.encode() for one in said for text in one[1:]]
    texts += [path.read_bytes() for path in place.folder.rglob("*") if path.is_file()]
    texts += objects("runs").values()
    assert len(texts) > 200
    assert not [text for text in texts for secret in secrets if secret in text]
    assert not any(b"s3cr3t" in text for text in texts)
