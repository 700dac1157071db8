"""Errors of DuckDB in words of the user: no value that a message quotes leaves this module."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ehrivig import interrupts
from ehrivig.errors import (
    EhrivigError,
    ExtractError,
    OutOfReach,
    RefusedValue,
    UnreadableValue,
    UsageError,
    stopped_by_hand,
)


def first_line(error: BaseException) -> str:
    """The first line of a message, or the name of the error."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _asked_for(message: str) -> str:
    """A message of DuckDB about a file: what it quotes goes, unless it is the path of one."""
    return _QUOTED.sub(lambda found: _path(found[1] or found[2] or "") or "a file", message)


def _damaged(message: str) -> str:
    """The path of a file that is there, which a message quotes; nothing where it quotes none."""
    quoted = (found[1] or found[2] or "" for found in _QUOTED.finditer(message))
    return next((_path(name) for name in quoted if os.path.isfile(name)), "")


def _path(quoted: str) -> str:
    """The end of a path that is there, or whose folder is; nothing of anything else."""
    path = Path(quoted)
    there = path.is_absolute() and os.path.isdir(path.parent)
    return "/".join(path.parts[-3:]) if there or quoted.startswith("s3://") else ""


def user_error(error: BaseException | None) -> EhrivigError | None:
    """The user's part of an error that another engine got from this database; None without one."""
    found = _translate(error) if isinstance(error, duckdb.Error) else error
    known = isinstance(found, EhrivigError) and not isinstance(found, UnreadableValue)
    return found if known else None  # type: ignore[return-value]


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Errors of DuckDB are the user's where they can be; a signal in a statement is a signal."""
    interrupts.refuse_told()
    try:
        yield
    except Exception as error:
        interrupts.refuse_told()
        if stopped_by_hand(error):
            raise KeyboardInterrupt from error
        if isinstance(error, duckdb.Error):
            raise _translate(error) from error.__cause__
        raise


def _translate(error: duckdb.Error) -> EhrivigError | duckdb.Error:
    """The user's part of a DuckDB error: unreadable files and values, exhausted memory; else it."""
    message = first_line(error)
    if isinstance(error, duckdb.PermissionException):
        return OutOfReach(f"reads {_what_is_barred(message)}, which is no part of the extract")
    if isinstance(error, duckdb.OutOfMemoryException):
        return UsageError(f"memory: {message}. Give more with --memory, or free disk for spilling.")
    if isinstance(error, duckdb.IOException):
        return ExtractError(f"extract: {_asked_for(message)}. Replace the file and run again.")
    if isinstance(error, duckdb.TransactionException) and "Could not write" in message:
        return UsageError("disk: a database file cannot be written. Free disk.")
    if isinstance(error, duckdb.DataError):
        return UnreadableValue(f"a value {_what_is_wrong(message)}")
    if isinstance(error, duckdb.InvalidInputException | duckdb.NotSupportedError):
        if file := _damaged(message):
            return ExtractError(f"extract: {file} cannot be read. Replace the file and run again.")
        return RefusedValue(_why_refused(message))
    return error


def _what_is_barred(message: str) -> str:
    """The file, folder or address that a statement may not name."""
    named = _BARRED.search(message)
    return repr(named[1]) if named else "from outside"


def _what_is_wrong(message: str) -> str:
    """What an error says of a value, without the value."""
    wanted = [name for name in _WANTED.findall(message) if _TYPES.fullmatch(name)]
    if wanted:
        return f"is no {wanted[-1]}"
    return "is out of range" if "out of range" in message.lower() else "cannot be read"


def _why_refused(message: str) -> str:
    """What a function says of its values: a message that may hold any of them, so none of it."""
    if "More than one row returned by a subquery" in message:
        return "a subquery gives several rows where one value is asked for"
    return "a value cannot be read"


_BARRED = re.compile(r'Cannot access \w+ "(.*?)" - ')
_QUOTED = re.compile(r"""\"([^"]*)\"|'([^']*)'""")
_WANTED = re.compile(r"\bto (?:type |the type )?([A-Z][A-Z0-9_]+)")
"""The type that a value was to become; a message of DuckDB quotes the value before it."""
_TYPES = re.compile(
    r"BOOL(EAN)?|(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|U?INT(8|16|32|64|128)|U(TINY|SMALL|BIG|HUGE)INT"
    r"|FLOAT|DOUBLE|DECIMAL|VARCHAR|BLOB|BIT|DATE|TIME(STAMP(_S|_MS|_NS)?)?|INTERVAL|UUID|JSON"
    r"|ENUM|STRUCT|LIST|MAP|UNION"
)
"""What may be told as a type: a value that looks like one is not."""
