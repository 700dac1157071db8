"""Every statement that was executed for the hospitals of a run, batch by batch.

The one file of `hospitals/` that tells who was worked on together. What a hospital taken over from
the run before was made with stays in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ehrivig.runs import datasets
from ehrivig.runs.batch import BatchResult

FILE = "statements.sql"
_HEAD = "-- batch of hospitals "
_HEADS = re.compile(rf"^{_HEAD}(\[.*\])$", re.MULTILINE)


def write(run: Path, earlier: Path, kept: frozenset[str], made: Iterable[BatchResult]) -> None:
    """Write the log of a run: of its batches, and those of the run before that `kept` came from."""
    parts = {one.hospitals: (one.folder / FILE).read_text(encoding="utf-8") for one in made}
    before = earlier / datasets.FOLDER / FILE
    if kept and before.is_file():
        for hospitals, text in _parts(before.read_text(encoding="utf-8")):
            if kept & {*hospitals}:
                parts.setdefault(hospitals, text)
    with (run / datasets.FOLDER / FILE).open("w", encoding="utf-8") as file:
        for hospitals in sorted(parts):
            file.write(f"{_HEAD}{json.dumps(hospitals)}\n{parts[hospitals]}")


def _parts(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The batches of a log: hospitals, statements."""
    _, *found = _HEADS.split(text)
    for names, statements in zip(found[::2], found[1::2], strict=True):
        yield tuple(json.loads(names)), statements.removeprefix("\n")
