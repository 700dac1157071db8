"""What is installed is known by hash, version and licence, and the wheel is the same each time."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tomllib
from pathlib import Path

import sbom
from hatchling import build

ROOT = Path(__file__).parents[1]


def test_the_lock_file_is_the_constraints_with_hashes_and_names_no_host() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if line.strip())
    locked = sbom.locked()
    assert {name: version for name, (version, _) in locked.items()} == {
        sbom.plain(name): version for name, version in pinned.items()
    }
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []
    text = sbom.LOCK.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)


def test_the_bill_has_every_package_that_runs_with_hash_and_licence() -> None:
    made = sbom.bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    names = {one["name"] for one in made["components"]}
    content = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {re.split(r"[<>=]", one)[0] for one in content["project"]["dependencies"]}
    assert {sbom.plain(name) for name in asked} <= names
    assert {"pandas", "pydantic-core"} <= names  # needed by what is asked for
    assert not {"moto", "pytest", "distributed"} & names
    unknown = [
        o["name"] for o in made["components"] if o["licenses"][0]["license"]["name"] == "unknown"
    ]
    assert unknown == []
    assert "timestamp" not in str(made)


def _wheel(place: Path, moment: int) -> str:
    """SHA-256 of the wheel of a copy of the package, whose files were written at some moment."""
    copy = place / "copy"
    for name in ("ehrivig", "sql", "expectations"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    for path in copy.rglob("*"):
        os.utime(path, (moment, moment))
    before = Path.cwd()
    os.chdir(copy)
    try:
        name = build.build_wheel(str(place))
    finally:
        os.chdir(before)
    return hashlib.sha256((place / name).read_bytes()).hexdigest()


def test_the_wheel_is_the_same_whenever_and_wherever_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "other").mkdir()
    assert _wheel(tmp_path / "a", 1_000_000_000) == _wheel(tmp_path / "other", 1_700_000_000)
