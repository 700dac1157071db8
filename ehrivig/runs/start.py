"""How a run begins: what the extract holds, and whether the run would only repeat the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.extract import COPIES
from ehrivig.runs import earlier, fingerprint, manifest, same_files
from ehrivig.runs.state import Command, Options, Progress, Run
from ehrivig.store.folder import RunFolder, last_attempt
from ehrivig.study import Study


def begin(
    study: Study,
    extract_folder: Path,
    target: RunFolder,
    options: Options | None,
    progress: Progress,
    command: Command,
    declared: str = "",
) -> Run:
    """A run that has looked at the extract's files and read none of their events.

    `declared`: the hash of the protocol that it is held to.
    """
    progress("reading the list of files")
    try:
        source = extract.inspect(extract_folder, study, target.path / COPIES)
    except PermissionError as error:
        name = Path(error.filename or extract_folder).name
        raise ExtractError(f"extract: {name} may not be read. Mend its permissions.") from error
    if outside := len(source.linked):
        are = "lies outside the extract, by a link in it, and is read as a part of it"
        if outside > 1:
            are = "lie outside the extract, by links in it, and are read as parts of it"
        progress(f"{outside} of the files {are}")
    files = same_files.marks(source)
    inputs = fingerprint.of_inputs(source)
    marks = fingerprint.of_hospitals(study, inputs, gate_only=command == "check")
    mark = fingerprint.of_run(study, marks, source, declared)
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
        inputs=inputs,
        files=files,
        declared=declared,
    )


def unchanged(run: Run, target: RunFolder) -> dict[str, Any] | None:
    """The manifest of the last run when this one would repeat it; it is then left alone.

    The last run is the one that lies beside `out` when it ended with 3 or 5, else the one in `out`,
    however it ended: the same would come out again.
    """
    last = last_attempt(run.earlier) if target.has_later_attempt else run.earlier
    found = manifest.of_same_run(last, run.fingerprint)
    target.unchanged = found is not None
    if found is not None:
        target.exit_code = run.exit_code = int(found["exit_code"])
        run.message = str(found["message"])
    return found
