"""What the files say that a study file names: they are of the protocol, as the study file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ehrivig import resources
from ehrivig.study.registries.names import LAYOUTS, REGIMENS
from ehrivig.study.whole import Study


def hashes(study: Study) -> dict[str, str]:
    """SHA-256 of signed mappings, of a layout and of regimens of one's own, by name.

    Code lists have hashes of their own (`study.lists.hashes`). What is no file is not there.
    """
    named = dict(_named(study))
    return {
        name: resources.file_digest(path) for name, path in sorted(named.items()) if path.is_file()
    }


def _named(study: Study) -> Iterator[tuple[str, Path]]:
    """Each file by what it is and its name; those of a layout by their place in its folder."""
    if study.extract.mappings is not None:
        path = Path(study.extract.mappings)
        yield f"mappings/{path.name}", path
    if study.extract.layout not in LAYOUTS.names:
        folder = Path(study.extract.layout)
        for path in folder.rglob("*"):
            yield f"layout/{path.relative_to(folder).as_posix()}", path
    for name in study.regimen.names if study.regimen else ():
        if name not in REGIMENS.names:
            yield f"regimen/{Path(name).name}", Path(name)
