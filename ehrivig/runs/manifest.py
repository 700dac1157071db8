"""The manifest: what went in, by which code, what each step did, how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ehrivig import extract, resources
from ehrivig.errors import ExtractError
from ehrivig.extract.layouts import SHIPPED
from ehrivig.runs.hospital import HospitalResult
from ehrivig.study import Study
from ehrivig.study.immortal_time import warnings_of
from ehrivig.validate import mapping

ENGINES = (
    "duckdb",
    "polars",
    "pyarrow",
    "numpy",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "matplotlib",
    "great_expectations",
)
FILE = "manifest.json"


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
    fingerprint: str = ""
    numbers: dict[str, int] = field(default_factory=dict)


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
        "warnings": warnings_of(record.study),
        "synthetic": record.source.synthetic,
        "layout": record.source.layout,
        "code": code_hashes(),
        "mappings": _signed_mappings(record.study),
        "inputs": _inputs(record),
        "hospitals": [result.hospital_id for result in record.results],
        "dropped_hospitals": record.dropped,
        "steps": record.steps + [asdict(step) for r in record.results for step in r.steps],
        "exit_code": record.exit_code,
        "message": record.message,
        "fingerprint": record.fingerprint,
        "numbers": record.numbers,
    }
    _dump(folder, content)


def seal(folder: Path) -> None:
    """Add `outputs` to the manifest: every file of the finished run with its size in bytes."""
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    _dump(folder, content | {"outputs": _outputs(folder)})


def of_same_run(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The manifest in `folder` when it holds, whole, the good run that this one would repeat."""
    content = _read(folder)
    if content.get("exit_code") != 0:
        return None
    same = bool(fingerprint) and content.get("fingerprint") == fingerprint
    return content if same and content.get("outputs") == _outputs(folder) else None


def fingerprint_of(folder: Path) -> str:
    """The fingerprint of the run in `folder`, finished well or not; empty without one."""
    return str(_read(folder).get("fingerprint", ""))


def _read(folder: Path) -> dict[str, Any]:
    """The manifest in `folder`; empty when there is none, or none that can be read."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _outputs(folder: Path) -> dict[str, int]:
    """Bytes of every file of a run but the manifest, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / FILE
    }


def _dump(folder: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def fingerprint(
    study: Study, source: extract.Source, hospital_id: str, program: str, *, gate_only: bool
) -> str:
    """SHA-256 of all that one hospital's result depends on: files, study, code, version.

    `program`: the `program_fingerprint`, which is the same for all hospitals and not cheap.
    """
    content = [
        [asdict(file) for file in extract.input_files(source, hospital_id)],
        study.digest,
        _files_of_settings(study),
        program,
        hospital_id,
        gate_only,
    ]
    return _digest(content)


def program_fingerprint() -> str:
    """SHA-256 of the package, of what ships with it, and of the versions of its engines."""
    return _digest([code_hashes(), _program(), {name: version(name) for name in ENGINES}])


def run_fingerprint(study: Study, source: extract.Source, *, gate_only: bool) -> str:
    """SHA-256 of all that a run depends on: every hospital's, and whether the data are real.

    Empty, which equals no other, when a file of the extract cannot be read.
    """
    program = program_fingerprint()
    try:
        hospitals = [
            fingerprint(study, source, name, program, gate_only=gate_only)
            for name in source.hospitals
        ]
    except ExtractError:
        return ""
    return _digest([hospitals, list(source.hospitals), source.synthetic, package_version()])


def _digest(content: list[Any]) -> str:
    return resources.digest(json.dumps(content, sort_keys=True, default=str).encode())


def _program() -> dict[str, str]:
    """SHA-256 of every file of the package (modules, templates), by relative path."""
    folder = Path(__file__).resolve().parents[1]
    return {
        path.relative_to(folder).as_posix(): resources.file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def _files_of_settings(study: Study) -> dict[str, str]:
    """SHA-256 of the user's files that the study names: layout, signed mappings, regimens."""
    files = [Path(study.extract.mappings)] if study.extract.mappings else []
    if study.extract.layout not in SHIPPED:
        layout = Path(study.extract.layout)
        files += [*layout.glob("*.*"), *layout.glob("prepare/*.sql")]
    files += [Path(name) for name in study.regimen.names] if study.regimen else []
    return {p.as_posix(): resources.file_digest(p) for p in sorted(files) if p.is_file()}


def _signed_mappings(study: Study) -> list[dict[str, Any]]:
    """Every mapping that a person signed for this study: what it says, who, when and why."""
    path = study.extract.mappings
    return mapping.listing(mapping.load(Path(path))) if path else []


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
    """SHA-256 of each shipped SQL file, suite and code list, by relative path.

    Beside its SQL a layout has the list of the columns that it reads (CSV).
    """
    kinds = {
        "sql": (resources.sql_folder(), "*.[sc][qs][lv]"),  # .sql and .csv
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
