"""Runs inside a copy of the checkout, as `_hits`: which functions and SQL files a test used.

Every function of the copy calls `hit` with its number. A process writes what it saw to a file of
its own, one line "number or path, tab, context"; a context is a test, or a fixture of many tests.
Imports nothing of the project, for the command line in a child process has it too.
"""

from __future__ import annotations

import os
import sys
from typing import Any

FOLDER, CONTEXT = "EHRIVIG_HITS", "EHRIVIG_CONTEXT"
_seen: set[int | str] = set()
_context = os.environ.get(CONTEXT, "")


def enter(context: str) -> str:
    """From now on this context is at work, in child processes too; the one before."""
    global _context
    before, _context = _context, context
    os.environ[CONTEXT] = context
    _seen.clear()
    return before


def hit(what: int | str) -> None:
    """A function or a file was used."""
    if what in _seen:
        return
    _seen.add(what)
    folder = os.environ.get(FOLDER)
    if folder and _context:
        with open(f"{folder}/{os.getpid()}", "a", encoding="utf-8") as stream:
            stream.write(f"{what}\t{_context}\n")


def _opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and str(arguments[0]).endswith(".sql"):
        hit(str(arguments[0]))


sys.addaudithook(_opened)
