"""The files of an extract are those of the beginning: what changed while it was read is refused.

A transfer that goes on while a run reads gives half of last night and half of tonight.
"""

from __future__ import annotations

from pathlib import Path

from ehrivig import extract
from ehrivig.errors import ExtractError
from ehrivig.extract.files import Mark, is_another, mark
from ehrivig.runs.state import Run
from ehrivig.store import StorePath

_NAMED = 3


def marks(source: extract.Source) -> dict[Path, Mark]:
    """What each file of an extract on this machine looks like; a store hands out whole objects."""
    files = source.files(source.hospitals)
    return {path: mark(path) for path in files if not isinstance(path, StorePath)}


def refuse_changed(run: Run) -> None:
    """ExtractError where a file of the extract has another content than when the run began."""
    changed = [path for path, before in run.files.items() if is_another(path, before)]
    if changed:
        root = run.source.root
        names = [p.name if p == root else p.relative_to(root).as_posix() for p in changed[:_NAMED]]
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        raise ExtractError(
            f"{', '.join(names)}{more}: changed while the run read the extract. Let the transfer "
            "finish, then run again."
        )
