"""One finished result in a folder, or nothing, with a manifest that says where it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ehrivig import __version__
from ehrivig.errors import UsageError
from ehrivig.resources import digest, file_digest
from ehrivig.store.folder import run_folder


def check_folder(out: Path, marker: str) -> None:
    """Refuse an output place that is a file, or a folder that holds something else than `marker`.

    `marker` is the file that every earlier result of the same kind has: a folder of other files,
    also a study run, is never replaced. Raises UsageError before any work is done.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"out: {out.name} is a file. Name a folder.")
    if out.is_dir() and any(out.iterdir()) and not (out / marker).is_file():
        raise UsageError(
            f"out: {out.name} holds other files (no {marker} of an earlier result). Name a new or "
            "empty folder."
        )


def write_result(
    out: Path,
    files: Mapping[str, str],
    *,
    marker: str,
    command: str,
    inputs: Sequence[Path],
    options: Mapping[str, object],
) -> None:
    """Writes all files and manifest.json, and puts them in place of `out` at once.

    Whatever fails, an earlier `out` stays as it was. Raises UsageError for a place that cannot be
    written, FolderBusy when another run holds it.
    """
    check_folder(out, marker)
    manifest = {
        "package": "ehrivig",
        "version": __version__,
        "command": command,
        "options": dict(options),
        "inputs": [{"name": path.name, "sha256": file_digest(path)} for path in inputs],
        "files": {name: digest(text.encode("utf-8")) for name, text in sorted(files.items())},
        "exit_code": 0,
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    with run_folder(out) as run:
        for name, content in (*files.items(), ("manifest.json", text)):
            (run.path / name).write_bytes(content.encode("utf-8"))
