"""Which tables a dump seems to hold, before any is read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ehrivig.extract import file_names
from ehrivig.extract.draft import names as draft_names
from ehrivig.extract.folder import database_in

_DEEPEST = 3
_PART = re.compile(
    r"(part|chunk|file|data)?[-_. ]*[0-9a-f-]*[0-9].*|.*[-_. ][0-9]+|data|[0-9a-f-]{8,}"
)
"""How a file is called that is one of several of a table: part-0003, lab_2, a digest."""


def table_names(root: Path) -> tuple[str, ...]:
    """The names of the tables of a folder: of its files, of folders of parts, of known dumps.

    A folder in which files have names of their own is a schema, and each of them a table. None of
    a DuckDB file, of which all tables are read.
    """
    if os.path.isfile(database_in(root)):
        return ()
    names = {table for known in draft_names.signatures() for table in known.tables}
    if not os.path.isdir(root):
        return tuple(sorted(names))
    for folder, folders, files in os.walk(root):
        place = Path(folder).relative_to(root).parts
        if len(place) >= _DEEPEST:
            folders.clear()
        for file in filter(file_names.is_part, files):
            name, above = file_names.table_of(file), [p for p in place if "=" not in p]
            is_part = bool(above) and (len(above) < len(place) or _PART.fullmatch(name))
            names.add(above[-1].lower() if is_part else name)
    return tuple(sorted(names))
