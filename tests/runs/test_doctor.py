"""What a planned run would meet, before it begins."""

from __future__ import annotations

import errno
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ehrivig import demo, study
from ehrivig.cli import main
from ehrivig.runs import doctor
from ehrivig.runs.doctor import Finding
from ehrivig.store.folder import locked

LIU = study.load("ivig_covid19")
ROOT = Path(__file__).resolve().parents[2]


def by_what(found: list[Finding]) -> dict[str, Finding]:
    return {one.what: one for one in found}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("doctor") / "dump"
    demo.write_demo(folder, patients=60, hospitals=2)
    return folder


def test_a_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = by_what(doctor.doctor())
    assert set(found) == {
        *("python", "ehrivig", "engines", "extras", "memory", "temporary folder"),
    }
    assert not any(one.exit_code for one in found.values())
    monkeypatch.setattr(doctor, "find_spec", lambda name: name == "fsspec" or None)
    missing = "cluster, delta, docx, export, iceberg, postgresql, review, view"
    assert by_what(doctor.doctor())["extras"].said == f"s3 (not installed: {missing})"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(project["project"]["optional-dependencies"]) - {"dev", "docs"}
    assert extras == set(doctor._EXTRAS)


def test_an_extract_and_a_place_for_the_run(data: Path, tmp_path: Path) -> None:
    found = by_what(doctor.doctor(LIU, data, tmp_path / "new" / "out"))
    assert found["extract"].said.startswith("2 hospital(s), ")
    assert "of 13 tables" in found["extract"].said
    assert found["out"].exit_code == 0
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "code", "warn", "said"),
    [
        ("10MB", 2, False, "below 250 MiB"),
        ("400MB", 0, False, "1,000 MiB; --memory 400MB fits"),
        ("2GB", 0, True, "less than --memory 2GB"),
    ],
)
def test_memory_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, text: str, code: int, warn: bool, said: str
) -> None:
    monkeypatch.setattr(doctor, "_available", lambda: 1000 * 2**20)
    found = by_what(doctor.doctor(memory=text))["memory"]
    assert (found.exit_code, found.warn) == (code, warn)
    assert said in found.said


def test_a_container_has_the_memory_of_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, none = tmp_path / "memory.max", tmp_path / "other"
    limit.write_text("1048576\n")
    none.write_text("max\n")
    monkeypatch.setattr(doctor, "_CGROUPS", (limit, none, tmp_path / "nothing"))
    assert doctor._available() == 2**20
    limit.write_text("max\n")
    assert doctor._available() > 2**20


def test_what_a_run_would_refuse_has_its_exit_code(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = by_what(doctor.doctor(LIU, tmp_path / "nowhere"))["extract"]
    assert lost.exit_code == 4
    assert lost.line.startswith("fail  extract: no folder 'nowhere'. Give the folder of ")
    inside = by_what(doctor.doctor(LIU, data, data / "out"))["out"]
    assert inside.exit_code == 2
    (tmp_path / "file").write_text("")
    assert by_what(doctor.doctor(out=tmp_path / "file"))["out"].exit_code == 2

    def refuse(*_: Any, **__: Any) -> str:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    shut = by_what(doctor.doctor(out=tmp_path / "out"))["out"]
    assert (shut.exit_code, "Read-only file system" in shut.said) == (2, True)


def test_a_database_is_one_file_of_its_size(data: Path, tmp_path: Path) -> None:
    place = tmp_path / "dump"
    place.mkdir()
    with duckdb.connect(str(place / "dump.duckdb")) as db:
        for name in ("patient", "admission"):
            rows = f"read_parquet('{data / name}/*/*.parquet', hive_partitioning = true)"
            db.execute(f"CREATE TABLE {name} AS FROM {rows}")
    found = by_what(doctor.doctor(LIU, place))["extract"]
    assert found.said == "2 hospital(s), 1 file(s) of 2 tables, 1 MiB, layout native"


def test_a_run_replaces_a_folder_in_the_one_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written beside --out: there a place must be free, and no other run may hold it."""
    earlier = tmp_path / "runs" / "out"
    earlier.mkdir(parents=True)
    asked: list[Path] = []
    made = tempfile.mkdtemp

    def note(*, prefix: str, dir: Path) -> str:
        asked.append(dir)
        return str(made(prefix=prefix, dir=dir))

    monkeypatch.setattr(tempfile, "mkdtemp", note)
    assert by_what(doctor.doctor(out=earlier))["out"].exit_code == 0
    assert asked == [earlier.parent]
    with locked(earlier):
        held = by_what(doctor.doctor(out=earlier))["out"]
    assert (held.exit_code, held.said[:26]) == (6, "out: another run holds out")
    assert [path.name for path in earlier.parent.iterdir()] == ["out"]


def test_a_small_disk_is_told(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage)
    found = by_what(doctor.doctor(LIU, data, tmp_path / "out"))
    assert found["out"].warn
    assert "the run may need" in found["out"].said
    assert found["temporary folder"].line.startswith("warn  ")


@pytest.fixture
def asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    def ask(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ehrivig", "doctor", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ask


def test_the_command(asked: Callable[..., tuple[int, str, str]], data: Path) -> None:
    code, out, err = asked("ivig_covid19", "--extract", str(data))
    assert (code, err) == (0, "")
    assert "\nok    extract: 2 hospital(s)" in out
    code, out, _ = asked("ivig_covid19", "--extract", str(data), "--layout", "omop")
    assert code == 4
    assert "\nfail  extract: " in out
    code, out, _ = asked("--extract", str(data))
    assert code == 0
    assert "not looked at: name the study" in out
