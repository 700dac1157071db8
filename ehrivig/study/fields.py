"""Every key of the study file: where it stands, and what its section says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ehrivig.study.lines import Path
from ehrivig.study.whole import Study


@dataclass(frozen=True)
class Key:
    """One key. `path`: its place, without the numbers of lists; `field`: its name in `section`."""

    path: tuple[str, ...]
    section: type[BaseModel]
    field: str

    @property
    def info(self) -> FieldInfo:
        """What the section declares of it."""
        return self.section.model_fields[self.field]

    @property
    def inner(self) -> type[BaseModel] | None:
        """The section that its value is, or whose list it holds; None for a plain value."""
        return _inner(self.info.annotation)


@cache
def keys() -> tuple[Key, ...]:
    """Every key, in the order of the classes, those of a section after the section."""
    return tuple(_keys(Study, ()))


def _keys(section: type[BaseModel], at: tuple[str, ...]) -> Iterator[Key]:
    for field, info in section.model_fields.items():
        key = Key((*at, info.alias or field), section, field)
        yield key
        if key.inner is not None:
            yield from _keys(key.inner, key.path)


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner(part) for part in get_args(annotation))
    return next((section for section in found if section is not None), None)


def key_at(path: Path) -> Key | None:
    """The key at a place of the study file; None where there is none."""
    words = tuple(part for part in path if isinstance(part, str))
    return next((key for key in keys() if key.path == words), None)


def keys_in(path: Path) -> tuple[str, ...]:
    """The keys that may stand in the section at a place (the whole file at the empty place)."""
    words = tuple(part for part in path if isinstance(part, str))
    return tuple(key.path[-1] for key in keys() if key.path[:-1] == words)
