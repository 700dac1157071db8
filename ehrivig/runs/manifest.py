"""The manifest: what went in, by which code, what each step did, how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ehrivig import __version__, extract
from ehrivig.errors import EmptyResult
from ehrivig.runs.fingerprint import code_hashes, engines
from ehrivig.runs.state import Run
from ehrivig.study import Study
from ehrivig.study.immortal_time import warnings_of
from ehrivig.validate import mapping, switched_off

FILE = "manifest.json"


def write(run: Run) -> None:
    """Write `manifest.json` of a run that is done but for its seal."""
    content = {
        "package": "ehrivig",
        "version": __version__,
        "engines": engines(),
        "study": run.study.study.name,
        "study_hash": run.study.digest,
        "declared_protocol": run.declared or None,
        "study_file": json.loads(run.study.model_dump_json(by_alias=True)),
        "seed": run.study.study.seed,
        "warnings": warnings_of(run.study),
        "synthetic": run.source.synthetic,
        "layout": run.source.layout,
        "dates": run.study.clock,
        "checks_switched_off": sorted(switched_off.checks(run.study)),
        "code": code_hashes(),
        "own_codelists": run.study.lists.hashes,
        "mappings": _signed_mappings(run.study),
        "inputs": _inputs(run),
        "left_out": [asdict(one) for one in run.source.left_out],
        "unplaced": [asdict(one) for one in run.source.unplaced],
        "hospitals": [result.hospital_id for result in run.results],
        "dropped_hospitals": run.dropped,
        "steps": [asdict(step) for step in run.steps],
        "exit_code": run.exit_code,
        "message": run.message,
        "fingerprint": run.fingerprint,
        "numbers": run.numbers,
    }
    _dump(run.folder, content)


def seal(folder: Path) -> None:
    """Add `outputs` to the manifest: every file of the finished run with its size in bytes."""
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    _dump(folder, content | {"outputs": _outputs(folder)})


def of_same_run(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The manifest in `folder` when it holds, whole, the run that this one would repeat."""
    content = _read(folder)
    same = bool(fingerprint) and content.get("fingerprint") == fingerprint
    return content if same and content.get("outputs") == _outputs(folder) else None


def fingerprint_of(folder: Path) -> str:
    """The fingerprint of the run in `folder`, finished well or not; empty without one."""
    return str(_read(folder).get("fingerprint", ""))


def passed_gate(folder: Path) -> bool:
    """Whether the gate let the data of the run in `folder` through (0, 5)."""
    return _read(folder).get("exit_code", 0) in (0, EmptyResult.exit_code)


def unreadable(folder: Path) -> set[str]:
    """The hospitals that the run in `folder` could not read, and so left out unmeasured."""
    content = _read(folder)
    return set(content.get("dropped_hospitals", ())) - set(content.get("hospitals", ()))


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


def _signed_mappings(study: Study) -> list[dict[str, Any]]:
    """Every mapping that a person signed for this study: what it says, who, when and why."""
    path = study.extract.mappings
    return mapping.listing(mapping.load(Path(path))) if path else []


def _inputs(run: Run) -> list[dict[str, Any]]:
    """Relative path, size, rows and hash of every file that was read."""
    read = [result.hospital_id for result in run.results]
    return [asdict(file) for file in extract.input_files(run.source, read)]
