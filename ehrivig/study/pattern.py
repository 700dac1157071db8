"""The study after which a new one is written: a packaged one, or one of the user's own."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from ehrivig.study import lines
from ehrivig.study.file import load, locate, packaged, text_of
from ehrivig.study.lines import Path
from ehrivig.study.named import items, part
from ehrivig.study.problem import Problem, report
from ehrivig.study.registries.names import LAYOUTS, REGIMENS

Content = dict[str, Any]


@dataclass
class Pattern:
    """A study that can be loaded: its file, its content as TOML gives it, the line of each value.

    `origin`: of each table of the content that was begun from it, its place in the file.
    """

    path: File
    content: Content
    places: Mapping[Path, int]
    shipped: bool
    origin: dict[int, Path] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """What it is, in words."""
        return f"the {'packaged ' * self.shipped}study {self.content['study']['name']}"

    def begun(self) -> Content:
        """A copy of the content, to be changed into that of a new study."""
        copy = deepcopy(self.content)
        self.origin = {id(part(copy, *path)): path for path in _tables(copy, ())}
        return copy

    def lead_from(self, folder: File, content: Content) -> None:
        """Let paths of files beside this study lead there from another folder."""
        extract, plan = content.get("extract", {}), content.get("regimen", {})
        if "codelists" in extract:
            extract["codelists"] = self._path(extract["codelists"], folder)
        if extract.get("layout") not in (None, *LAYOUTS.names):
            extract["layout"] = self._path(extract["layout"], folder)
        if "names" in plan:
            plan["names"] = [
                name if name in REGIMENS.names else self._path(name, folder)
                for name in plan["names"]
            ]

    def _path(self, name: str, folder: File) -> str:
        there = self.path.parent / name
        if not there.exists():
            return name
        return File(os.path.relpath(there.resolve(), folder.resolve())).as_posix()

    def report(self, problems: list[Problem], content: Content, file: str) -> str:
        """The problems of a new study, each on the line of this one that it comes from."""
        places = {path: line for path in _all(content, ()) if (line := self._line(content, path))}
        where = f"{self.path.name}, after which {file} is written,"
        return report(where, problems, content, places)

    def _line(self, content: Content, path: Path) -> int | None:
        """The line of what stands at a place of the new content; None for what is new."""
        for end in range(len(path), -1, -1):
            found = part(content, *path[:end])
            if isinstance(found, dict) and id(found) in self.origin:
                return self.places.get((*self.origin[id(found)], *path[end:]))
        return self.places.get(path)


def read(name: str) -> Pattern:
    """The study of a packaged name or in a file; StudyError, by its own lines, as of `load`."""
    load(name)
    path = locate(name)
    text = text_of(path)
    return Pattern(path, tomllib.loads(text), lines.lines_of(text), name in packaged())


def _tables(content: Any, at: Path) -> Iterator[Path]:
    """The place of every table."""
    return (path for path in _all(content, at) if isinstance(part(content, *path), dict))


def _all(content: Any, at: Path) -> Iterator[Path]:
    """Every place of the content, the outer before the inner."""
    found = part(content, *at)
    yield at
    for key in found if isinstance(found, dict) else ():
        yield from _all(content, (*at, key))
    for path, _ in items(content, *at):
        yield from _all(content, path)
