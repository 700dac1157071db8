"""What differs between the protocols of two studies, key by key and variable by variable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ehrivig.study.whole import Study

NOTHING = "(nothing)"


def difference(one: Study, other: Study) -> list[str]:
    """One line for each value that differs: place, the value of `one`, the value of `other`.

    Items of a list that have names are held against each other by name, so that an order that
    differs is told as an order.
    """
    return between(values(one), values(other))


def between(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """One line for each place whose words differ, as `values` gives them."""
    places = list(dict.fromkeys((*before, *after)))
    said = []
    for place in places:
        old, new = before.get(place, NOTHING), after.get(place, NOTHING)
        if old != new:
            said.append(f"{place}: {old} -> {new}")
    return said


def values(study: Study) -> dict[str, str]:
    """Every value of a study in words by its place, and the hash of each own code list."""
    content = json.loads(study.model_dump_json(by_alias=True, exclude_none=True))
    found = {place: _told(value) for place, value in _values("", content)}
    own = {f"code list {path}": digest[:12] for path, digest in study.lists.hashes.items()}
    return {**found, **own}


def _values(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The values below a place; a list of named items by name, with their order beside them."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _values(f"{place}.{key}".lstrip("."), inner)
    elif isinstance(value, list) and value and all(_named(item) for item in value):
        yield f"{place} (order)", tuple(item["name"] for item in value)
        for item in value:
            yield f"{place}.{item['name']}", _words(item)
    else:
        yield place, value


def _named(item: Any) -> bool:
    return isinstance(item, Mapping) and "name" in item


def _words(item: Mapping[str, Any]) -> str:
    """A variable, band or criterion in one line, without its name."""
    return ", ".join(
        f"{key} = {json.dumps(v, ensure_ascii=False)}"
        for key, v in item.items()
        if key != "name" and v not in ("", [], {})
    )


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
