"""Files and folders that a study file names: beside it, else from where the command is given."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from ehrivig.study.named import part
from ehrivig.study.registries.names import LAYOUTS, REGIMENS


def with_paths(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The content with the path of each file that lies beside the study file, in `folder`.

    Names of shipped layouts and regimens are no paths; own code lists are looked for there alone
    (`known_names`).
    """
    if folder == Path():
        return content
    found = deepcopy(content)
    extract, plan = part(found, "extract"), part(found, "regimen")
    for key, names in (("mappings", ()), ("layout", LAYOUTS.names)):
        if isinstance(value := part(extract, key), str) and value not in names:
            extract[key] = _beside(value, folder)
    if isinstance(listed := part(plan, "names"), list):
        plan["names"] = [
            _beside(n, folder) if isinstance(n, str) and n not in REGIMENS.names else n
            for n in listed
        ]
    return found


def _beside(name: str, folder: Path) -> str:
    """The path of what a study file names, where it is there; else the name as it is."""
    try:
        path = folder / name
        there = bool(name.strip()) and path.exists() and path.resolve() != folder.resolve()
    except (OSError, ValueError):
        return name
    return path.as_posix() if there else name
