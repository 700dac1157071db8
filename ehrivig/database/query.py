"""SQL files as checked queries: one SELECT each, with the named parameters it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from ehrivig import resources
from ehrivig.database.refusals import first_line
from ehrivig.errors import UsageError
from ehrivig.literals import Parameters


@dataclass(frozen=True)
class Query:
    """One SELECT from an SQL file, with the named parameters it needs."""

    name: str
    text: str
    parameters: frozenset[str]

    @classmethod
    def load(cls, path: Path, name: str | None = None) -> Query:
        """The query in `path`; raises UsageError unless the file is exactly one SELECT."""
        return cls.parse(_text_of(path, name or path.stem), name or path.stem)

    @classmethod
    def parse(cls, text: str, name: str) -> Query:
        """The query in `text`; raises UsageError unless it is exactly one SELECT."""
        try:
            parameters = _parameters_of_select(text)
        except duckdb.Error as error:
            raise UsageError(f"sql: {name}: {first_line(error)}. Mend the SQL file.") from error
        if parameters is None:
            raise UsageError(f"sql: {name}: must hold exactly one SELECT. Mend the SQL file.")
        return cls(name, text.strip().rstrip(";"), parameters)

    def bind(self, values: Parameters) -> dict[str, Any]:
        """Just the parameters this query needs; raises UsageError when one is missing."""
        missing = sorted(self.parameters - set(values))
        if missing:
            raise UsageError(f"sql: {self.name}: no value for {', '.join(missing)}.")
        return {key: values[key] for key in sorted(self.parameters)}


def _text_of(path: Path, name: str) -> str:
    """The text of an SQL file; UsageError when there is none that can be read."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError(f"sql: {name} is a pipe or a device, not a file. Put a text file there.")
    try:
        return resources.text(path).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(
            f"sql: {name}: line {line} is not UTF-8. Save the file as UTF-8."
        ) from error
    except OSError as error:
        raise UsageError(f"sql: {name} cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=1_000)
def _parameters_of_select(text: str) -> frozenset[str] | None:
    """The named parameters of one SELECT; None unless the text is that.

    The same files are read for every hospital, and parsed once.
    """
    statements = duckdb.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return None
    return frozenset(statements[0].named_parameters)
