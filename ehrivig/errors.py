"""Every mistake a user can make, with the exit code that the contract gives it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def plain(text: str) -> str:
    """A text with its control characters written out, so that a terminal shows and obeys none.

    Names come from files that somebody else wrote. Line ends and tabs stay; characters that are
    invisible, turn the direction of what follows, or are no text at all are written as \\x1b.
    """
    return "".join(_written(one) if _acts(one) else one for one in text)


def _acts(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\n\t"


def _written(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def many(number: float, one: str, several: str | None = None) -> str:
    """A number with its noun: "1 day", "2 days", "0.5 days", "12,345 rows", "1 person"."""
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {one if number == 1 else several or one + 's'}"


def in_sentence(label: str) -> str:
    """A label as it stands within a sentence: "Length of ICU stay" -> "length of ICU stay".

    Words with a capital or a digit beyond their first letter (ICU, SARS-CoV-2) stay as they are.
    """
    return " ".join(w.lower() if w[1:].islower() else w for w in label.split(" "))


class EhrivigError(Exception):
    """A problem that a user can mend: the message says what, where and how.

    The message never holds a patient-level value. `exit_code` is what the command line returns.
    """

    exit_code = 1

    def __str__(self) -> str:
        return plain(super().__str__())


class UsageError(EhrivigError):
    """A wrong flag, argument or call (exit code 2)."""

    exit_code = 2


class MeasuringError(UsageError):
    """A check that the database refuses to measure: by its suite, or by a damaged file."""


class StudyError(UsageError):
    """A study file that cannot be used; the message lists all its problems (exit code 2)."""


class GateBlocked(EhrivigError):
    """The data gate stopped the run (exit code 3)."""

    exit_code = 3


class ExtractError(EhrivigError):
    """An extract that cannot be read: missing, truncated, wrong columns or types (exit code 4)."""

    exit_code = 4


class UnreadableValue(ExtractError):
    """A value that SQL cannot compute with or convert; the message names its type, never itself."""


class RefusedValue(UnreadableValue):
    """A value that a function of SQL refuses, or the rows of a file that is damaged."""


class OutOfReach(ExtractError):
    """A file or an address that SQL asked for, and that is neither the extract nor the run's own.

    The message is the end of a sentence: "reads '/x', which is no part of the extract".
    """


class EmptyResult(EhrivigError):
    """No admission in the cohort, one arm empty, or no matched pair (exit code 5)."""

    exit_code = 5


class FolderBusy(EhrivigError):
    """Another run holds the output folder (exit code 6)."""

    exit_code = 6


class AnalysisError(EhrivigError):
    """One analysis that cannot give a number (separation, no events, no convergence).

    Recorded in the row of that analysis; it does not stop a run.
    """

    exit_code = 2


class SeparationError(AnalysisError):
    """A model's events are predicted without error by `columns`: its fit runs to infinity.

    `fact` is the message without what a caller of the function can do about it.
    """

    def __init__(self, message: str, columns: str = "", cure: str = "") -> None:
        super().__init__(f"{message} {cure}".rstrip())
        self.fact, self.columns = message, columns


class NumericalWarning(UserWarning):
    """A number that was computed but must be read with care; the message names why."""


_NO_MEMORY = (
    *("cannot allocate memory", "failed to map segment", "malloc of size", "bad_alloc"),
    *("out of memory", "can't start new thread", "unable to allocate"),
)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it; one may be named as its own cause."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one behind it, is for want of memory, whatever an engine calls it."""
    return any(
        isinstance(one, MemoryError) or any(words in str(one).casefold() for words in _NO_MEMORY)
        for one in _behind(error)
    )


def stopped_by_hand(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, also as an engine in the middle of a query tells of it."""
    return any(
        isinstance(one, KeyboardInterrupt)
        or type(one).__name__ == "InterruptException"
        or "query interrupted" in str(one).casefold()
        for one in _behind(error)
    )


def too_little_memory() -> UsageError:
    """What to say where this process may have too little memory."""
    return UsageError(
        "memory: this machine, or a limit set for this process (ulimit, container), gives too "
        "little. Give it more (4 GB for a small extract; none by ulimit -v), or fewer --workers."
    )
