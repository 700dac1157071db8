"""On which line of a TOML file each key and each item of a list stands.

`tomllib` gives values without places. This scan goes over a text that `tomllib` has read already,
so it need not judge: it only counts lines. A place is the path to a value, as in
`("covariates", "variables", 3, "code")`.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")'
    r"|'''.*?'{3,5}(?!')"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Path, int]:
    """Place -> line (1, 2, ...) of every key, table and item of a valid TOML text.

    A table that only longer names imply (`[a.b]` implies `a`) has the line of the first of them.
    """
    return _Scan(text).whole()


def spans_of(text: str) -> dict[Path, tuple[int, int]]:
    """Place -> [first character, end) of every key with its value, and of every item of a list.

    A table under a header of its own has none.
    """
    scan = _Scan(text)
    scan.whole()
    return scan.spans


def why(error: Exception) -> str:
    """What tomllib found, in one sentence."""
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f"line {line} is not UTF-8. Save the file as UTF-8."
    if isinstance(error, RecursionError):
        return "its lists lie too deep in each other."
    said = str(error).split(";")[0].rstrip(".")
    cure = next((cure for start, cure in _CURES.items() if said.startswith(start)), "Mend it.")
    return f"{said}. {cure}"


_CURES = {
    "Cannot overwrite": "Remove one of the two.",
    "Cannot declare": "Write each section once, with all its keys.",
    "Expected '='": "Write key = value.",
    "Invalid value": "Text stands in quotation marks, a list in [ ], a table in { }.",
    "Unclosed array": "Close the list with ], with a comma between its items.",
    "Unclosed inline table": "Close the table with }, on the line on which it begins.",
    "Unterminated string": "Close the quotation mark on its line.",
    "Illegal character": "Close the quotation mark on its line.",
    "Expected newline": "One key a line; text stands in quotation marks.",
}
"""How what tomllib finds begins -> how it is mended."""


class _Scan:
    """One pass over the text: `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        self.sizes: dict[Path, int] = {}
        self.ends = [place.start() for place in re.finditer("\n", text)]

    def whole(self) -> dict[Path, int]:
        """All tables and key-value pairs of the text."""
        table: Path = ()
        while self._after(_BLANK) < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path of the table that begins here."""
        line, many = self._line(), self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        names = self._key()
        self.at += 2 if many else 1
        path = (*self._resolved(names[:-1], line), names[-1])
        self.found.setdefault(path, line)
        if many:
            path = self._next_item(path)
            self.found[path] = line
            return path
        return self._last_item(path)

    def _resolved(self, names: list[str], line: int) -> Path:
        """The path of some names from the root; an array of tables means its last table."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            self.found.setdefault(path, line)
            path = self._last_item(path)
        return path

    def _last_item(self, path: Path) -> Path:
        return (*path, self.sizes[path] - 1) if path in self.sizes else path

    def _next_item(self, path: Path) -> Path:
        position = self.sizes.get(path, 0)
        self.sizes[path] = position + 1
        return (*path, position)

    def _pair(self, table: Path) -> None:
        """`a.b = value`."""
        line, path, first = self._line(), table, self.at
        for name in self._key():
            path = (*path, name)
            self.found.setdefault(path, line)
        self.at += 1  # the equals sign
        self._after(_SPACE)
        self._value(path)
        self._spans(path, first)

    def _spans(self, path: Path, first: int) -> None:
        """Keep where a value that ends here began, without the blanks after it."""
        self.spans[path] = first, len(self.text[: self.at].rstrip())

    def _key(self) -> list[str]:
        """The parts of a dotted key, and the blanks after it."""
        names = []
        while True:
            self._after(_SPACE)
            names.append(self._name())
            self._after(_SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _name(self) -> str:
        quoted = _STRING.match(self.text, self.at) if self.text[self.at] in "\"'" else None
        found = quoted or _BARE_KEY.match(self.text, self.at)
        if found is None:
            raise ValueError("not a key")
        self.at = found.end()
        return str(tomllib.loads(f"x = {found[0]}")["x"]) if quoted else found[0]

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline(path)
        else:
            self._after(_STRING if first in "\"'" else _SCALAR)

    def _array(self, path: Path) -> None:
        position, self.at = 0, self.at + 1
        while self.text[self._after(_BLANK)] != "]":
            self.found[(*path, position)], first = self._line(), self.at
            self._value((*path, position))
            self._spans((*path, position), first)
            position += 1
            self._comma()
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while self.text[self._after(_BLANK)] != "}":
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        if self.text[self._after(_BLANK)] == ",":
            self.at += 1

    def _after(self, pattern: re.Pattern[str]) -> int:
        """Go over what a pattern matches; where that ends."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _line(self) -> int:
        return bisect_left(self.ends, self.at) + 1
