"""The study of a run, from its manifest, or else from the protocol that a release has."""

from __future__ import annotations

import json
import re
from typing import Any

from ehrivig.results.run import Run
from ehrivig.store.sealed import manifest

_WORD = re.compile(r'(\w+) = "([^"]*)"')
_NAMED = {"cohort": "criteria", "outcomes": "variables", "covariates": "variables"}
"""Section -> its list of named things, each of which is one setting of a protocol."""


def study_of(run: Run) -> dict[str, Any]:
    """The study as the run read it; of a release what its protocol says of it."""
    return whole(run) or _of_settings(settings(run))


def whole(run: Run) -> dict[str, Any]:
    """The study as a manifest has it; empty of a release alone."""
    return dict(run.manifest.get("study_file") or manifest(run.folder).get("study_file") or {})


def setting(told: dict[str, Any], key: str) -> Any:
    """One setting of a protocol; a list or a text in quotes as what it is."""
    value = told.get(key)
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in '["' else value
    except ValueError:
        return value


def settings(run: Run) -> dict[str, Any]:
    """The settings of a protocol: key -> value in words."""
    path = run.folder / "protocol.json"
    if not path.is_file():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    told = content.get("settings") if isinstance(content, dict) else None
    return dict(told) if isinstance(told, dict) else {}


def _of_settings(told: dict[str, Any]) -> dict[str, Any]:
    """The sections with their named things: what is needed to tell SQL files."""
    found: dict[str, Any] = {}
    for section, things in _NAMED.items():
        names = str(told.get(f"{section}.{things} (order)", "")).split(", ")
        listed = [
            {"name": name, **_inline(told.get(f"{section}.{things}.{name}"))} for name in names
        ]
        found[section] = {things: listed}
    found["cohort"]["severity"] = str(told.get("cohort.severity", "")).strip('"')
    return found


def _inline(text: Any) -> dict[str, Any]:
    """The words of a named thing, as a protocol writes them: rule = "age", min = 18."""
    return dict(_WORD.findall(str(text)))
