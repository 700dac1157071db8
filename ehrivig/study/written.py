"""A study as a commented TOML file: every key under the sentence that says what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from textwrap import wrap
from typing import Any

from ehrivig.study.fields import Key, keys

_WIDTH = 100
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
Content = Mapping[str, Any]


def toml(content: Content, header: Sequence[str], hints: Sequence[tuple[str, ...]] = ()) -> str:
    """The text of a study file.

    `content`: as TOML gives it; `header`: lines of the comment before it; `hints`: keys that are
    not set and are shown all the same, commented out, with their example.
    """
    parts = ["\n".join(f"# {line}".rstrip() for line in header)]
    for name, section in content.items():
        parts.append("\n".join(_section((name,), section, hints)))
    return "\n\n".join(parts) + "\n"


def _section(
    path: tuple[str, ...], section: Content, hints: Sequence[tuple[str, ...]]
) -> list[str]:
    """A section with its keys, then the sections in it."""
    said = [f"[{'.'.join(path)}]"]
    inner = [
        name for name, value in section.items() if isinstance(value, Mapping) and _of((*path, name))
    ]
    for name, value in section.items():
        if name not in inner:
            said += [*_comment((*path, name)), f"{_key(name)} = {_value(value)}"]
    for hint in hints:
        if hint[:-1] == path and hint[-1] not in section:
            said += [*_comment(hint), f"# {hint[-1]} = {_value(_example(hint))}"]
    for name in inner:
        said += ["", *_section((*path, name), section[name], hints)]
    return said


def _of(path: tuple[str, ...]) -> Key | None:
    """The key at a place, when its value is a section of its own."""
    found = _find(path)
    return found if found is not None and found.inner is not None else None


def _find(path: tuple[str, ...]) -> Key | None:
    return next((key for key in keys() if key.path == path), None)


def _comment(path: tuple[str, ...]) -> Iterator[str]:
    """What a key is, as comment lines; its first sentence only."""
    key = _find(path)
    text = (key.info.description or "") if key is not None else ""
    first = text.split("\n")[0]
    yield from (f"# {line}" for line in wrap(first, _WIDTH - 2))


def _example(path: tuple[str, ...]) -> Any:
    key = _find(path)
    return key.info.examples[0] if key is not None and key.info.examples else ""


def _value(value: Any) -> str:
    """A value as TOML; a list of tables with one table on each line."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        rows = "".join(f"  {_inline(row)},\n" for row in value)
        return f"[\n{rows}]"
    return _plain(value)


def _inline(value: Any) -> str:
    return "{ " + ", ".join(f"{_key(k)} = {_plain(v)}" for k, v in value.items()) + " }"


def _plain(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | int | float) or _DAY.fullmatch(str(value)):
        return str(value)
    if isinstance(value, Mapping):
        return _inline(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return name if bare else json.dumps(name, ensure_ascii=False)
