"""A signal that asks this process to end: raised where it is met, and noted in case that is lost.

Python raises it between two steps of whatever runs. In a finaliser or a callback that is printed
and forgotten, and an engine in the middle of a query makes an error of its own of it. So it is
noted as well, and looked for before each statement and before a run takes its place.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass

HEARD = (signal.SIGINT, signal.SIGTERM)


@dataclass
class _Told:
    """The signal that was met, or none; `late`: what is done is being put in its place."""

    number: int | None = None
    late: bool = False


_told = _Told()


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Meanwhile SIGINT and SIGTERM are noted, and end what runs with 130 and 143."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _met) for number in HEARD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _told.number = None


def _met(number: int, frame: object) -> None:
    """Note a signal, and raise it; SIGTERM, asked again, ends the process at once."""
    if _told.late:
        return
    _told.number = number
    if number == signal.SIGTERM:
        signal.signal(number, signal.SIG_DFL)
    _end(number)


def _end(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def refuse_told() -> None:
    """Raise the signal that was met, once more."""
    if _told.number is not None:
        _end(_told.number)


@contextlib.contextmanager
def too_late() -> Iterator[None]:
    """The last look for a signal; what comes in the block comes too late, for all is done."""
    refuse_told()
    _told.late = True
    try:
        yield
    finally:
        _told.late = False


def exit_code(code: object) -> object:
    """The exit code of a command that ended well, or by the signal that it lost."""
    return 128 + _told.number if not code and _told.number is not None else code
