"""How a run begins: what the extract holds, and whether the run would only repeat the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.runs import earlier, fingerprint, manifest
from ehrivig.runs.state import Command, Options, Progress, Run
from ehrivig.store.folder import RunFolder
from ehrivig.study import Study


def begin(
    study: Study,
    extract_folder: Path,
    target: RunFolder,
    options: Options | None,
    progress: Progress,
    command: Command,
) -> Run:
    """A run that has looked at the extract's files and read none of their events."""
    progress("reading the list of files")
    try:
        source = extract.inspect(extract_folder, study)
    except PermissionError as error:
        name = Path(error.filename or extract_folder).name
        raise ExtractError(f"extract: {name} may not be read. Mend its permissions.") from error
    marks = fingerprint.of_hospitals(study, source, gate_only=command == "check")
    mark = fingerprint.of_run(marks, source)
    return Run(
        study,
        source,
        target.path,
        target.earlier,
        options or Options(),
        progress,
        command,
        mark,
        before=earlier.read(target.earlier, mark),
        marks=marks,
    )


def unchanged(run: Run, target: RunFolder) -> dict[str, Any] | None:
    """The manifest of the good run in `out` when this one would repeat it; it is then left alone.

    Not when a later attempt lies beside it: that one is to be cleared, and kept in the history.
    """
    found = manifest.of_same_run(run.earlier, run.fingerprint)
    target.unchanged = found is not None and not target.has_later_attempt
    return found if target.unchanged else None
