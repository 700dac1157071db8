"""The SQL files of the clinical concepts, found by name whatever folder they lie in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ehrivig import resources
from ehrivig.database import Query
from ehrivig.errors import UsageError


@cache
def files() -> dict[str, Path]:
    """Name of each concept -> its file (`sql/concept/<folder>/<name>.sql`), sorted."""
    found = (resources.sql_folder() / "concept").glob("*/*.sql")
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def concept(name: str) -> Query:
    """The query of one clinical concept; UsageError when there is none of that name."""
    path = files().get(name)
    if path is None:
        raise UsageError(f"sql: no concept {name!r}. Known: {', '.join(files())}.")
    return Query.load(path)
