"""Extracts and runs in an object store: same bytes, few bytes fetched, one message when refused."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import object_store
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from object_store import needed_bytes, upload
from result_files import hashes

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, FolderBusy, UsageError
from ehrivig.extract.folder import find_tables
from ehrivig.extract.footers import schema
from ehrivig.extract.table_file import TableFile
from ehrivig.runs.cluster import _from
from ehrivig.runs.doctor import doctor
from ehrivig.store import StorePath, place
from ehrivig.store.folder import run_folder
from ehrivig.store.path import filesystem

UNUSED = "value_of_no_use"


def test_a_path_of_a_store_keeps_its_slashes() -> None:
    path = place(Path("s3://bucket/a//b/"))
    assert isinstance(path, StorePath)
    assert str(path) == "s3://bucket/a/b"
    assert (path.bucket, path.key, (path / "c").key) == ("bucket", "bucket/a/b", "bucket/a/b/c")
    assert (path / "x" / "y").relative_to(path).as_posix() == "x/y"
    assert str(path.with_name("other")) == "s3://bucket/a/other"
    assert pickle.loads(pickle.dumps(path)) == path
    assert _from(Path("/here"), path) is path
    assert not isinstance(place("folder/s3"), StorePath)


@pytest.fixture(scope="module")
def store() -> Iterator[type[object_store.Proxy]]:
    """An empty store that the environment of this process points at."""
    with object_store.running() as (address, proxy), pytest.MonkeyPatch.context() as patch:
        for name, value in object_store.environment(address).items():
            patch.setenv(name, value)
        filesystem.cache_clear()
        object_store.make_buckets(address, "data", "runs", "closed", "readonly")
        yield proxy
        filesystem.cache_clear()


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo extract whose tables have a large column besides that nobody needs."""
    folder = tmp_path_factory.mktemp("store") / "extract"
    write_demo(folder, patients=1_500, hospitals=2)
    for path in folder.glob("[a-z]*/*/*.parquet"):
        table = pq.read_table(path, partitioning=None)
        noise = np.random.default_rng(1)
        text = [noise.bytes(100).hex() for _ in range(table.num_rows)]
        unused = pa.chunked_array([pa.array(text, pa.string())])
        pq.write_table(table.append_column(UNUSED, unused), path, row_group_size=20_000)
    return folder


@pytest.fixture(scope="module")
def here(extract: Path) -> dict[str, str]:
    """The hashes of a check of it in folders."""
    out = extract.parent / "here"
    assert pipeline.check("ivig_covid19", extract, out).exit_code == 0
    return hashes(out)


def row_groups(path: Path) -> int:
    return int(pq.read_metadata(path).num_row_groups)


def test_only_needed_columns_are_fetched_and_once(
    store: type[object_store.Proxy], extract: Path, here: dict[str, str], tmp_path: Path
) -> None:
    """Same result as from a folder; of a large object its needed columns, of no byte twice.

    DuckDB fetches an object of less than 2 MB whole, in one request.
    """
    upload(extract, "data/extract")
    there = tmp_path / "there"
    store.fetched.clear()
    done = pipeline.check("ivig_covid19", "s3://data/extract", there)
    assert done.exit_code == 0
    assert hashes(there) == here
    needed = needed_bytes(extract)
    sizes = {name: (extract / name).stat().st_size for name in needed}
    fetched = {name: store.fetched.get(f"/data/extract/{name}", 0) for name in needed}
    large = [name for name in needed if sizes[name] > 2 * 2**20]
    for name, of in (("large", large), ("all", list(needed))):
        parts = [f"{sum(d[n] for n in of):,}" for d in (needed, fetched, sizes)]
        print(f"\n{name} objects: needed {parts[0]}, fetched {parts[1]}, whole {parts[2]} bytes")
    footer, ends = 64 * 1024, 2 * 64 * 1024
    assert len(large) >= 2
    assert all(fetched[n] <= needed[n] + footer + ends * row_groups(extract / n) for n in large)
    assert sum(fetched[n] for n in large) < 0.15 * sum(sizes[n] for n in large)
    assert all(fetched[n] <= sizes[n] + footer + 64 * 1024 for n in needed)
    assert not list(there.rglob("objects-*"))


def test_a_run_in_a_store_has_the_bytes_of_a_run_in_a_folder(
    store: type[object_store.Proxy], extract: Path, here: dict[str, str], tmp_path: Path
) -> None:
    """Uploaded whole, manifest last; run again it is unchanged; nothing is left on this machine."""
    there = "s3://runs/study"
    done = pipeline.check("ivig_covid19", extract, there)
    assert (done.exit_code, done.out) == (0, there)
    copy = tmp_path / "copy"
    for path in place(there).rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(place(there))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert hashes(copy) == here
    assert (copy / "manifest.json").is_file()
    assert pipeline.check("ivig_covid19", extract, there).message == "unchanged"
    names = [p.name for p in place("s3://runs").iterdir()]
    assert sorted(names) == ["study", "study.attempts"]


def test_a_good_run_is_not_replaced_by_one_that_did_not_end_well(
    store: type[object_store.Proxy],
) -> None:
    out = place("s3://runs/kept")
    for code, text in ((0, "good"), (3, "blocked")):
        with run_folder(out) as run:
            (run.path / "manifest.json").write_text(f'{{"exit_code": {code}}}')
            (run.path / text).write_text(text)
            run.exit_code = code
    later = out.with_name("kept.last-attempt")
    assert [p.name for p in out.iterdir()] == ["good", "manifest.json"]
    assert [p.name for p in later.iterdir()] == ["blocked", "manifest.json"]
    with run_folder(out) as run:
        assert run.has_later_attempt
        (run.path / "manifest.json").write_text('{"exit_code": 0}')
    assert [p.name for p in out.iterdir()] == ["manifest.json"]
    assert not later.with_name("kept.last-attempt").joinpath("manifest.json").is_file()


def test_an_upload_that_was_cut_off_is_finished_or_forgotten(
    store: type[object_store.Proxy],
) -> None:
    out = place("s3://runs/cut")
    put = filesystem().open_output_stream
    for name in ("runs/.cut.partial/table.csv", "runs/.cut.partial/manifest.json"):
        with put(name) as stream:  # whole, but not yet copied into place
            stream.write(b'{"exit_code": 0}')
    with run_folder(out) as run:
        assert (run.earlier / "table.csv").is_file()
        run.unchanged = True
    assert [p.name for p in out.iterdir()] == ["manifest.json", "table.csv"]
    with put("runs/.cut.partial/half.csv") as stream:
        stream.write(b"half")
    with pytest.raises(RuntimeError, match="stop"), run_folder(out):
        raise RuntimeError("stop")  # a run that failed
    assert "half.csv" not in [p.name for p in place("s3://runs").rglob("*")]


def test_one_run_at_a_time(store: type[object_store.Proxy]) -> None:
    out = place("s3://runs/busy")
    with run_folder(out) as run:
        (run.path / "manifest.json").write_text('{"exit_code": 0}')
        with pytest.raises(FolderBusy), run_folder(out):
            pass
    assert (out / "manifest.json").read_text() == '{"exit_code": 0}'


@pytest.mark.parametrize(
    ("bucket", "message"),
    [("nowhere", "there is no bucket 'nowhere'"), ("closed", "access is denied")],
)
def test_a_bucket_that_refuses_is_told_in_one_message(
    bucket: str, message: str, store: type[object_store.Proxy], extract: Path, tmp_path: Path
) -> None:
    store.denied = ("closed",)
    out = tmp_path / "out"
    with pytest.raises(ExtractError, match=message) as told:
        pipeline.check("ivig_covid19", f"s3://{bucket}/extract", out)
    assert told.value.exit_code == 4
    assert len(str(told.value).splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out.attempts"]
    with pytest.raises(UsageError, match=message) as told:
        pipeline.check("ivig_covid19", extract, f"s3://{bucket}/run")
    assert told.value.exit_code == 2


def test_a_bucket_that_may_not_be_written_is_told_at_once(
    store: type[object_store.Proxy], extract: Path
) -> None:
    store.read_only = ("readonly",)
    with pytest.raises(UsageError, match="access is denied"):
        pipeline.check("ivig_covid19", extract, "s3://readonly/run")
    assert not list(place("s3://readonly").rglob("*"))


def test_the_doctor_asks_the_store_too(store: type[object_store.Proxy]) -> None:
    out = place("s3://runs/planned")
    (found,) = [one for one in doctor(out=out) if one.what == "out"]
    assert found.exit_code == 0
    assert found.said.startswith("may be written; ")
    assert not [path for path in place("s3://runs").rglob("*") if "planned" in str(path)]
    store.read_only = ("readonly",)
    for bucket, why in (("readonly", "access is denied"), ("nowhere", "there is no bucket")):
        (found,) = [one for one in doctor(out=Path(f"s3://{bucket}/x")) if one.what == "out"]
        assert found.exit_code == 2
        assert found.said.startswith(f"out: cannot write s3://{bucket}/x: {why}")


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("_delta_log/00000000000000000000.json", "a Delta"),
        ("metadata/00000-a.metadata.json", "an Iceberg"),
    ],
)
def test_a_table_of_a_lake_is_refused_in_a_store(
    store: type[object_store.Proxy], tmp_path: Path, log: str, told: str
) -> None:
    """Its files are read by its log, and the log of this machine alone."""
    for path in (tmp_path / "lab" / "data" / "part.parquet", tmp_path / "lab" / log):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"value": [1.0]}), path)
    upload(tmp_path, f"data/lake-{told[-4:]}")
    with pytest.raises(ExtractError, match=f"^lab: is {told} table, whose files hold deleted rows"):
        find_tables(place(f"s3://data/lake-{told[-4:]}"))


def test_an_object_that_may_not_be_read_is_named(
    store: type[object_store.Proxy], extract: Path
) -> None:
    store.denied = ("closed",)
    with pytest.raises(ExtractError, match=r"s3://closed/lab\.parquet cannot be read: access is"):
        schema(TableFile(place("s3://closed/lab.parquet"), None), place("s3://closed"))
