"""The seal of a released folder: its manifest has the hash of every file, and its own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ehrivig.errors import UsageError
from ehrivig.resources import file_digest

MANIFEST = "manifest.json"
RELEASE = "release"
"""The folder of a run that may leave."""
KEY, _SEAL = "files", "seal"
_NAMED = 5


def seal(release: Path) -> None:
    """Write into the manifest of a release what its files are, by name and hash."""
    path = release / MANIFEST
    if not path.is_file():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    content[KEY] = hashes(release)
    content[_SEAL] = _seal_of(content)
    text = json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _seal_of(content: dict[str, Any]) -> str:
    """SHA-256 of a manifest but for its seal: that nobody edited it by mistake, no signature."""
    told = {name: value for name, value in content.items() if name != _SEAL}
    text = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_sealed(place: Path) -> bool:
    """Whether the manifest of a released folder is as the run sealed it."""
    told = manifest(place)
    return isinstance(told.get(KEY), dict) and told.get(_SEAL) == _seal_of(told)


def manifest(place: Path) -> dict[str, Any]:
    """The manifest of a released folder; empty where there is none."""
    try:
        content = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        return {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"release: {place.name}/{MANIFEST} is not JSON. Replace it.") from error
    return content if isinstance(content, dict) else {}


def is_simulated(source: Path) -> bool:
    """Whether a run, a released folder, or a file of one, is of synthetic data, as it says."""
    return manifest(released(source)).get("synthetic") is True


def released(source: Path) -> Path:
    """The released folder that a run, a released folder, or a file of one is or has."""
    if not source.is_dir():
        return source.parent
    return source / RELEASE if (source / RELEASE).is_dir() else source


def refuse_edited(source: Path, command: str = "pool") -> None:
    """UsageError where a file of a released folder was edited since the run wrote it.

    `source`: a run, a released folder, or a file of one. What was sent without its manifest, or
    without some of its files, is read: nothing is known of it. `command`: who refuses.
    """
    folder, place = source if source.is_dir() else source.parent, released(source)
    if source.is_file() and (folder / RELEASE / source.name).is_file():
        raise UsageError(
            f"{command}: {source.name} of {folder.name!r} is the run's own; what leaves is in its "
            f"{RELEASE}/. Give that, or the run."
        )
    told = manifest(place)
    written = told.get(KEY)
    if not told:
        return
    if not isinstance(written, dict) or not is_sealed(place):
        raise UsageError(
            f"{command}: {MANIFEST} in {place.name!r} of {folder.name!r} was edited since the run "
            "wrote it. Ask the hospital to send its folder as it was released."
        )
    asked = names(place) if source.is_dir() else [source.name]
    found = {name: file_hash(place, name) for name in asked if name in written}
    edited = [name for name in found if written[name] != found[name]]
    if edited:
        raise UsageError(
            f"{command}: {', '.join(some(edited))} in {place.name!r} of {folder.name!r} was edited "
            "since the run wrote it. Ask the hospital to send its folder as it was released."
        )


def some(names: list[str]) -> list[str]:
    """The first names of a list, and how many more there are."""
    more = len(names) - _NAMED
    return [*names[:_NAMED], *([f"{more} more"] if more > 0 else [])]


def names(place: Path) -> list[str]:
    """What lies in a released folder, sorted: files, links, and folders without any."""
    files = (path for path in sorted(place.rglob("*")) if _is_told(path))
    return [path.relative_to(place).as_posix() for path in files]


def _is_told(path: Path) -> bool:
    """A file, a link, or a folder without any, whose name tells something too."""
    return path.is_symlink() or not path.is_dir() or not any(path.iterdir())


def hashes(place: Path) -> dict[str, str]:
    """SHA-256 of every file but the manifest; a link is none."""
    return {name: file_hash(place, name) for name in names(place) if name != MANIFEST}


def file_hash(place: Path, name: str) -> str:
    """SHA-256 of a file; of a link or a pipe what it is."""
    path = place / name
    linked = path.is_symlink() or not path.is_file()
    return "no file" if linked else file_digest(path)
