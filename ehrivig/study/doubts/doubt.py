"""One doubt about a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ehrivig.study.problem import Problem


@dataclass(frozen=True)
class Doubt(Problem):
    """A place of the study file, what to know of it, and the code of its lint."""

    code: str
    severity: Literal["warn", "error"] = "warn"
