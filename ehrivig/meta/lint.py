"""One finding about numbers, published or our own: what every check of them returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
