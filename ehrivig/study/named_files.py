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
    return {
        f"{kind}/{path.name}": resources.file_digest(path)
        for kind, path in sorted(_named(study))
        if path.is_file()
    }


def _named(study: Study) -> Iterator[tuple[str, Path]]:
    if study.extract.mappings is not None:
        yield "mappings", Path(study.extract.mappings)
    if study.extract.layout not in LAYOUTS.names:
        yield from (("layout", path) for path in Path(study.extract.layout).glob("*"))
    for name in study.regimen.names if study.regimen else ():
        if name not in REGIMENS.names:
            yield "regimen", Path(name)
