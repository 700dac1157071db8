"""Whether a released folder is whole: its files are those that the run wrote, and none beside."""

from __future__ import annotations

from pathlib import Path

from ehrivig.release.files import FOLDER, what
from ehrivig.store.sealed import KEY, MANIFEST, hashes, is_sealed, manifest, names, some


def changes(place: Path) -> tuple[str, ...]:
    """What of a released folder is not as the run left it, a line each."""
    told = manifest(place)
    written = told.get(KEY)
    if not told:
        return ()
    if not isinstance(written, dict) or not is_sealed(place):
        strange = [n for n in names(place) if what(f"{FOLDER}/{n}") is None]
        unsealed = _lines("has not the seal of the run", [MANIFEST])
        return (*unsealed, *_lines("is no file of a release", strange))
    found = hashes(place)
    edited = [name for name in written.keys() & found.keys() if written[name] != found[name]]
    return (
        *_lines("is missing", list(written.keys() - found.keys())),
        *_lines("was added", list(found.keys() - written.keys())),
        *_lines("was edited", edited),
    )


def _lines(words: str, names: list[str]) -> tuple[str, ...]:
    return (f"{', '.join(some(sorted(names)))} {words}",) if names else ()
