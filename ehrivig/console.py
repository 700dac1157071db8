"""What a terminal sees: progress, a summary, and one message with an exit code for each error."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import re
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import typer

from ehrivig import interrupts
from ehrivig.errors import (
    EhrivigError,
    NumericalWarning,
    UsageError,
    out_of_memory,
    plain,
    stopped_by_hand,
    too_little_memory,
)

_COUNTED = re.compile(r"\b(\d+) of (\d+)$")
_COLLECT_AFTER = (50_000, 20, 50)
"""Objects between two searches for garbage in cycles, and how seldom the older ones are searched.

Python's own 700 would search the many objects of the engines' modules again and again, which takes
a tenth of a small run and frees next to nothing.
"""


def progress(quiet: bool, expected: float | None = None) -> Callable[[str], None]:
    """A function that shows a step on stderr: in place on a terminal, a line each elsewhere.

    With the seconds that have passed; of a step "k of n" how long the rest of it will take, of
    another one how long the whole took the last time (`expected`, seconds).
    """
    if quiet:
        return lambda message: None
    clock = _Clock(time.monotonic(), expected)
    if not sys.stderr.isatty():
        return lambda message: typer.echo(plain(clock.told(message)), err=True)
    from rich.console import Console

    status = Console(stderr=True).status("starting")
    status.start()
    return lambda message: status.update(plain(clock.told(message)))


@dataclass
class _Clock:
    """When a command began, and how long it took the last time."""

    began: float
    expected: float | None

    def told(self, message: str) -> str:
        """The message, with what has passed and what is to come."""
        passed = time.monotonic() - self.began
        words = [span(passed)]
        counted = _COUNTED.search(message)
        if counted:
            done, whole = int(counted[1]), int(counted[2])
            left = passed / done * (whole - done) if done else 0.0
            words.insert(0, f"{100 * done // whole}%")
            words += [f"about {span(left)} of it left"] if left >= 1 else []
        elif self.expected:
            words.append(f"{span(self.expected)} the last time")
        return f"{message} ({', '.join(words)})"


def span(seconds: float) -> str:
    """A length of time for a reader: 12 s, 3 min, 1 h 5 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def print_summary(summary: object, as_json: bool) -> None:
    """A result as one line of JSON on stdout, or as readable lines on stderr."""
    content = asdict(summary)  # type: ignore[call-overload]
    if as_json:
        typer.echo(json.dumps(content, default=str, sort_keys=True))
        return
    for key, value in content.items():
        if value not in (None, "", [], {}, ()):
            typer.echo(f"{key.replace('_', ' ')}: {plain(_in_words(value))}", err=True)


def _in_words(value: object) -> str:
    """A value of a summary for a reader; of a list of records, how many there are."""
    if not isinstance(value, list | tuple):
        return str(value)
    records = [item for item in value if isinstance(item, dict)]
    return str(len(records)) if records else ", ".join(map(str, value))


def end_process(command: Callable[[], None]) -> None:
    """Run a command, then end the process with its exit code.

    The process ends here and not in the interpreter's shutdown, where DuckDB's binding would print
    a report of its own constants as leaks on the user's terminal.
    """
    code: object = 0
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        command()
    except SystemExit as end:
        code = end.code
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def guarded(command: Callable[[], None]) -> None:
    """Run a command; leaves by SystemExit with the exit code of the contract."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    # sums of several BLAS threads differ in the last digit from run to run, and are no faster here
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    warnings.showwarning = _warn
    for engine in ("great_expectations", "sqlalchemy"):
        logging.getLogger(engine).setLevel(logging.CRITICAL + 1)  # their traces hold values
    try:
        _refuse_stripped()
        with interrupts.heard():
            _heard_to_the_end(command)
    except EhrivigError as error:
        typer.echo(f"ehrivig: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of Polars is no Exception
        if os.environ.get("EHRIVIG_DEBUG"):
            raise
        if stopped_by_hand(error):
            raise SystemExit(128 + signal.SIGINT) from None
        if out_of_memory(error):
            typer.echo(f"ehrivig: {too_little_memory()}", err=True)
            raise SystemExit(UsageError.exit_code) from None
        where = _where(error)
        typer.echo(
            f"ehrivig: internal error ({type(error).__name__} at {where}). Earlier results are "
            "untouched. Run again with EHRIVIG_DEBUG=1 for the trace, and report it.",
            err=True,
        )
        raise SystemExit(1) from None


def _refuse_stripped() -> None:
    """UsageError under python -OO, which takes away texts that Great Expectations reads."""
    if sys.flags.optimize > 1:
        raise UsageError(
            "python: -OO (PYTHONOPTIMIZE=2) takes away texts that the engines read. Use -O or none."
        )


LEAST_ADDRESSES = 4 * 2**30
"""Bytes of addresses that the engines ask for at once, used or not; below it they may just end."""


def refuse_few_addresses() -> None:
    """UsageError where a limit of this process (ulimit -v) lets the engines end without a word."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST_ADDRESSES:
        raise too_little_memory()


def _heard_to_the_end(command: Callable[[], None]) -> None:
    """Run a command; one that ended well although it was told to stop ends by that signal.

    So does one whose engine made of SIGTERM what it makes of any signal: an interrupt by hand.
    """
    try:
        command()
    except SystemExit as end:
        raise SystemExit(interrupts.exit_code(end.code)) from None
    except BaseException as error:
        by_hand = isinstance(error, KeyboardInterrupt) or stopped_by_hand(error)
        if by_hand and (code := interrupts.exit_code(0)):
            raise SystemExit(code) from None
        raise
    if code := interrupts.exit_code(0):
        raise SystemExit(code)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as one line, without the path and the code that it came from."""
    if issubclass(category, NumericalWarning):
        typer.echo(plain(f"warning: {message}"), err=True)


def _where(error: BaseException) -> str:
    """The last line of this package that an error came through; no values."""
    found, trace = "unknown", error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(Path(__file__).parent):
            found = f"{path.relative_to(Path(__file__).parent).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
