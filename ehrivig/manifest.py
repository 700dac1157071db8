"""The manifest: what went in, by which code, what each step did, how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ehrivig import extract, resources
from ehrivig.hospital import HospitalResult
from ehrivig.study import Study

ENGINES = ("duckdb", "polars", "pyarrow", "numpy", "scipy", "statsmodels", "great_expectations")


@dataclass(frozen=True)
class RunRecord:
    """What a run knows of itself when it ends."""

    study: Study
    source: extract.Source
    results: list[HospitalResult]
    dropped: list[str]
    steps: list[dict[str, Any]]
    exit_code: int
    message: str


def package_version() -> str:
    """The installed version of this package."""
    try:
        return version("ehrivig")
    except PackageNotFoundError:
        return "0+checkout"


def write(folder: Path, record: RunRecord) -> None:
    """Write `manifest.json`."""
    content = {
        "package": "ehrivig",
        "version": package_version(),
        "engines": {name: version(name) for name in ENGINES},
        "study": record.study.study.name,
        "study_hash": record.study.digest,
        "study_file": json.loads(record.study.model_dump_json(by_alias=True)),
        "seed": record.study.study.seed,
        "synthetic": record.source.synthetic,
        "layout": record.source.layout,
        "code": code_hashes(),
        "inputs": _inputs(record),
        "hospitals": [result.hospital_id for result in record.results],
        "dropped_hospitals": record.dropped,
        "steps": record.steps + [asdict(step) for r in record.results for step in r.steps],
        "exit_code": record.exit_code,
        "message": record.message,
    }
    text = json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def fingerprint(study: Study, source: extract.Source, hospital_id: str, *, gate_only: bool) -> str:
    """SHA-256 of all that one hospital's result depends on: files, study, code, version."""
    content = [
        [asdict(file) for file in extract.input_files(source, hospital_id)],
        study.digest,
        code_hashes(),
        {p.name: resources.file_digest(p) for p in sorted(Path(__file__).parent.rglob("*.py"))},
        {name: version(name) for name in ENGINES},
        hospital_id,
        gate_only,
    ]
    return resources.digest(json.dumps(content, sort_keys=True, default=str).encode())


def _inputs(record: RunRecord) -> list[dict[str, Any]]:
    """Relative path, size, rows and hash of every file that was read."""
    files = [
        asdict(file)
        for result in record.results
        for file in extract.input_files(record.source, result.hospital_id)
    ]
    unique = {file["path"]: file for file in files}
    return [unique[path] for path in sorted(unique)]


def code_hashes() -> dict[str, dict[str, str]]:
    """SHA-256 of each shipped SQL file, suite and code list, by relative path."""
    kinds = {
        "sql": (resources.sql_folder(), "*.sql"),
        "suites": (resources.expectations_folder(), "*.json"),
        "codelists": (resources.codelists_folder(), "*.csv"),
    }
    return {
        kind: {
            path.relative_to(folder).as_posix(): resources.file_digest(path)
            for path in sorted(folder.rglob(pattern))
        }
        for kind, (folder, pattern) in kinds.items()
    }
