"""One finding about numbers, published or our own: what every check of them returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal


@dataclass(frozen=True)
class Lint:
    """A stable code, how bad it is, a sentence, and the numbers behind it.

    `where`: the row or table it is about, unless the sentence says so.
    """

    code: str
    severity: Literal["info", "warn", "error"]
    message: str
    numbers: Mapping[str, float | int | str | None] = field(default_factory=dict)
    where: str = ""


def plain(found: Sequence[Lint]) -> list[Lint]:
    """Findings on published estimates with the place in the sentence, as an audit prints them."""
    return [replace(one, message=f"{one.where}: {one.message}", where="") for one in found]
