"""One small change of one file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mutation:
    """Bytes `start` to `end` of a file become `after`.

    `path` is relative to the checkout; `line` counts from 1; `scope` is the qualified name of the
    function that the change lies in ("" outside functions), `names` the names that an assignment
    outside functions binds.
    """

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str
    kind: str
    scope: str = ""
    names: tuple[str, ...] = ()

    def apply(self, source: bytes) -> bytes:
        """The changed file."""
        assert source[self.start : self.end] == self.before.encode(), self
        return source[: self.start] + self.after.encode() + source[self.end :]

    def shown(self) -> str:
        """The change for a reader, on one line."""
        before, after = (" ".join(text.split()) or "nothing" for text in (self.before, self.after))
        return f"{_short(before)} -> {_short(after)}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
