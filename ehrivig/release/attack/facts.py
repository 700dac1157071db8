"""What is told of counts: facts, and the parts into which facts join cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehrivig.release.attack.memory import World
    from ehrivig.release.attack.search import Program


class UndecidedError(Exception):
    """The search for an answer took too long."""


@dataclass
class Fact:
    """lo <= sum of coefficient x cell <= hi. `assumed`: an attacker's guess, not told."""

    terms: dict[str, int]
    lo: float
    hi: float
    assumed: bool = False


@dataclass
class Part:
    """Cells that facts join, however indirectly; shown cells join nothing.

    `key`: what answers of the part depend on. `sought`: whether values were looked for in all of
    its cells at once. `guessed`: whether the attacker's guesses agree with what is told. `worlds`:
    answers that fulfil all facts, a value of each cell.
    """

    cells: list[str]
    facts: list[Fact]
    key: str
    sought: bool = False
    guessed: bool = True
    programs: dict[bool, Program] = field(default_factory=dict)
    worlds: list[World] = field(default_factory=list)
