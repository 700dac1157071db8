"""What every registry is made of, and how a key of the study file is held to its names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Entry:
    """One thing that a study file may name: its name there, a caption, what it is in one line."""

    name: str
    caption: str
    doc: str


E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Registry(Generic[E]):
    """All things of one kind, in the order in which they are listed to a reader."""

    kind: str
    entries: tuple[E, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, in order."""
        return tuple(entry.name for entry in self.entries)

    def __getitem__(self, name: str) -> E:
        """The entry of that name; KeyError when there is none."""
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise KeyError(f"no {self.kind} {name!r} (known: {', '.join(self.names)})")

    def __iter__(self) -> Iterator[E]:
        return iter(self.entries)

    @property
    def described(self) -> str:
        """Every entry on a line of its own, with what it is."""
        return "\n".join(f"{entry.name}: {entry.doc}" for entry in self)


@dataclass(frozen=True)
class OneOf:
    """Holds a key of the study file to the names of a registry, and lists them in the schema.

    `Annotated[str, OneOf(COVARIATES)]` is a text that is one of these names.
    """

    registry: Registry[Any]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.literal_schema(list(self.registry.names))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "description": self.registry.described}
